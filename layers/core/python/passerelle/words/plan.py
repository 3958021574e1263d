"""The codes of a plan as whoever reads it on a screen knows them: why an operation, why something stays."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.night.plan.plan import Because, Still
from passerelle.domain.offer.model import Because as Refusal
from passerelle.words.causes import THINGS
from passerelle.words.formatter import Pair, pick
from passerelle.words.night_report import CODES
from passerelle.words.offer import ROWS

REASONS: Mapping[str, Pair] = {
    Because.WANTED: ("voulu", "wanted"),
    Because.CHANGED: ("changé dans les sources", "changed in the sources"),
    Because.CAME_BACK: ("de retour", "came back"),
    Because.NO_ROW: ("plus dans les sources", "no longer in the sources"),
    Because.LEFT_OFFER: ("hors de l’offre", "left the offer"),
    Because.GRACE_OVER: ("délai écoulé", "grace is over"),
    Because.EMPTY: ("vide", "empty"),
    Because.IDNUMBER_BY_HAND: ("numéro d’identification changé à la main", "idnumber changed by hand"),
    Because.TAKEN_OVER: ("adopté", "taken over"),
}
STILLS: Mapping[str, Pair] = {
    Still.NOT_EMPTY: ("n’est pas vide", "is not empty"),
    Still.HANGS_ON: ("quelque chose en dépend", "something hangs on it"),
    Still.NOT_ADOPTED: ("n’est pas adopté", "is not adopted"),
    Still.HELD_TWICE: ("numéro d’identification porté deux fois", "idnumber held twice"),
    Still.IDNUMBER_LOST: ("numéro d’identification vidé ou pris", "idnumber emptied or taken"),
    Still.NAME_TAKEN: ("nom déjà pris", "name taken already"),
    Still.UNKNOWN: ("ligne refusée", "row refused"),
    Still.WAITS: ("attend ce qui le porte", "waits for what holds it"),
}
UNTOUCHED: Mapping[str, Pair] = {code.value: ROWS[code] for code in Refusal if code in ROWS}


def say_reason(code: str, lang: str) -> str:
    return _word(REASONS, code, lang)


def say_still(code: str, lang: str) -> str:
    return _word(STILLS, code, lang)


def say_untouched(code: str, lang: str) -> str:
    return _word(UNTOUCHED, code, lang)


def say_thing(kind: str, lang: str) -> str:
    return _word(THINGS, kind, lang)


def say_refusal(code: str, lang: str) -> str:
    """Why Moodle did not do an operation."""
    return _word(CODES, code, lang)


def _word(words: Mapping[str, Pair], code: str, lang: str) -> str:
    """A code of a later release, in an older plan's reader, stays what it is."""
    return pick(words[code], lang) if code in words else code
