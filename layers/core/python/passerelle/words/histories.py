"""The moments of a record as a story: why its state changed, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from passerelle.domain.records import Note
from passerelle.words.formatter import Pair, fill
from passerelle.words.notes import note_text
from passerelle.words.sentences import known, say

# What the rules write down beside a state, where it is no sentence's code.
REASONS: Mapping[str, Pair] = {
    "begun": ("commencée", "begun"),
    "by hand": ("à la main", "by hand"),
    "cancelled": ("annulée dans la boutique", "cancelled in the shop"),
    "done": ("tout est fait", "all is done"),
    "found in the drop folder": ("trouvée dans le dossier de dépôt", "found in the drop folder"),
    "no training": ("rien n’y est une formation", "nothing of it is training"),
    "opened by the site": ("ouverte par le site", "opened by the site"),
    "paid": ("payée", "paid"),
    "proved and scrubbed": ("prouvée et nettoyée", "proved and scrubbed"),
    "proved and surveyed": ("prouvée et examinée", "proved and surveyed"),
    "refunded": ("remboursée dans la boutique", "refunded in the shop"),
    "released": ("validée à la main", "released by hand"),
    "restored": ("restaurée", "restored"),
    "started": ("commencée", "started"),
    "undone": ("annulée", "undone"),
    "a fresh backup first": ("une sauvegarde fraîche d’abord", "a fresh backup first"),
    "the backup is at hand": ("la sauvegarde est là", "the backup is at hand"),
    "the hub restores it": ("la plateforme de mutualisation la restaure", "the hub restores it"),
    "the site has it": ("le site l’a prise", "the site has it"),
    "the site restores it": ("le site le restaure", "the site restores it"),
}
# Decisions of people: `parked_by – name – why`, or `withdrawn by name: why`.
DECISIONS: Mapping[str, Pair] = {
    "parked_by": ("mise de côté par {by}", "put aside by {by}"),
    "released_by": ("validée par {by}", "released by {by}"),
    "rescheduled_by": ("déplacée par {by}", "moved by {by}"),
    "link_revoked_by": ("lien de l’acheteur révoqué par {by}", "buyer’s link revoked by {by}"),
    "withdrawn": ("retirée par {by}", "withdrawn by {by}"),
    "released": ("libéré par {by}", "released by {by}"),
    "asked": ("demandé par {by}", "asked for by {by}"),
}
_BY = re.compile(r"(?P<what>\w+_by) – (?P<who>.+?)(?: – (?P<why>.*))?")
_SAID_BY = re.compile(r"(?P<what>withdrawn|released|asked) by (?P<who>[^:]+(?::[^: ]+)?)(?:: (?P<why>.*))?")
_SPAN = re.compile(r"(-?)(\d+) s")


def say_reason(why: str, lang: str, notes: Iterable[Note] = ()) -> str:
    """Of a moment. `notes`: the record's own, with the details that a moment does not keep."""
    if why in REASONS:
        return fill(REASONS[why], lang)
    for note in notes:
        if note.code == why:
            return note_text(note, lang)
    if known(why):
        return say(why, lang)
    found = _BY.fullmatch(why) or _SAID_BY.fullmatch(why)
    if found and found["what"] in DECISIONS:
        said = fill(DECISIONS[found["what"]], lang, {"by": found["who"]})
        colon = "\u00a0: " if lang.startswith("fr") else ": "
        return f"{said}{colon}{_span(found['why'], lang)}" if found["why"] else said
    return why if " " in why else ""  # a word alone is a code that no release words any more


def _span(text: str, lang: str) -> str:
    """`86400 s`, as dates are moved: `+1 jour`."""
    found = _SPAN.fullmatch(text)
    if not found:
        return text
    seconds = int(found[2])
    days, hours = divmod(seconds // 3600, 24)
    sign = "−" if found[1] else "+"
    parts = []
    if days:
        parts.append(fill(("{n:# jour|# jours}", "{n:# day|# days}"), lang, {"n": days}))
    if hours or not days:
        parts.append(fill(("{n:# heure|# heures}", "{n:# hour|# hours}"), lang, {"n": hours}))
    return sign + " ".join(parts)
