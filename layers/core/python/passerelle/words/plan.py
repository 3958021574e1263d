"""A plan as whoever reads it on a screen knows it: what is added, changed, taken away, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from passerelle.domain.night.plan.names import key_of
from passerelle.domain.night.plan.plan import ADDITIONS, REMOVALS, Because, Names, Still
from passerelle.domain.night.why.effects import say_day
from passerelle.domain.offer.model import Because as Refusal
from passerelle.words.formatter import Pair, fill, pick
from passerelle.words.night_report import CODES
from passerelle.words.offer import ROWS
from passerelle.words.things import say_role, say_thing

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


def say_refusal(code: str, lang: str) -> str:
    """Why Moodle did not do an operation."""
    return _word(CODES, code, lang)


def _word(words: Mapping[str, Pair], code: str, lang: str) -> str:
    """A code of a later release, in an older plan's reader, stays what it is."""
    return pick(words[code], lang) if code in words else code


# -- operations, as `terraform plan` has taught people to read them ----------------------------------------

ADDED, CHANGED, REMOVED = "+", "~", "-"
SIGNS: Mapping[str, Pair] = {
    ADDED: ("ajout", "addition"),
    CHANGED: ("changement", "change"),
    REMOVED: ("retrait", "removal"),
}
DEEDS: Mapping[str, Pair] = {
    "user_create": ("compte {who}", "account {who}"),
    "user_update": ("compte {who}", "account {who}"),
    "user_suspend": ("compte {who} suspendu", "account {who} suspended"),
    "user_unsuspend": ("compte {who} réactivé", "account {who} reactivated"),
    "cohort_create": ("cohorte « {name} » ({idnumber})", "cohort “{name}” ({idnumber})"),
    "cohort_update": ("cohorte {idnumber}", "cohort {idnumber}"),
    "cohort_add": ("{who} dans la cohorte {cohort}", "{who} into the cohort {cohort}"),
    "cohort_remove": ("{who} hors de la cohorte {cohort}", "{who} out of the cohort {cohort}"),
    "category_create": ("catégorie « {name} » ({idnumber})", "category “{name}” ({idnumber})"),
    "category_update": ("catégorie {idnumber}", "category {idnumber}"),
    "category_delete": ("catégorie vide {idnumber} supprimée", "empty category {idnumber} deleted"),
    "course_create": ("cours, caché et vide : {fullname}", "course, hidden and empty: {fullname}"),
    "course_update": ("cours", "course"),
    "course_archive": ("cours archivé sous {newidnumber}", "course archived as {newidnumber}"),
    "group_create": ("groupe « {name} » ({idnumber})", "group “{name}” ({idnumber})"),
    "group_update": ("groupe {idnumber}", "group {idnumber}"),
    "group_delete": ("groupe {idnumber} supprimé", "group {idnumber} deleted"),
    "member_add": ("{who} dans le groupe {group}", "{who} into the group {group}"),
    "member_remove": ("{who} hors du groupe {group}", "{who} out of the group {group}"),
    "enrol": ("{who}, {role}", "{who}, {role}"),
    "suspend": ("{who}, {role} : accès suspendu", "{who}, {role}: access suspended"),
    "unenrol": ("{who}, {role} : désinscription", "{who}, {role}: unenrolled"),
    "adopt": ("adopté ({kind})", "adopted ({kind})"),
}
COLUMNS: Mapping[str, Pair] = {
    "fullname": ("nom complet", "full name"),
    "shortname": ("nom abrégé", "short name"),
    "name": ("nom", "name"),
    "category": ("catégorie", "category"),
    "parent": ("catégorie parente", "parent category"),
    "startdate": ("début", "start"),
    "summary": ("description", "description"),
    "newidnumber": ("numéro d’identification", "idnumber"),
    "idnumber": ("numéro d’identification", "idnumber"),
    "newusername": ("identifiant", "username"),
    "firstname": ("prénom", "first name"),
    "lastname": ("nom de famille", "last name"),
    "email": ("adresse", "e-mail"),
}
SUMMARY: Pair = (
    "{added:rien à ajouter|# à ajouter|# à ajouter}, {changed:rien à changer|# à changer|# à changer}, "
    "{removed:rien à retirer|# à retirer|# à retirer}",
    "{added:nothing to add|# to add|# to add}, {changed:nothing to change|# to change|# to change}, "
    "{removed:nothing to remove|# to remove|# to remove}",
)
NOTHING: Pair = ("Rien à faire.", "Nothing to do.")
_QUIET = frozenset({"phase", "op", "because", "rows", "source", "course", "id", "auth"})
_KEYS = frozenset({"username", "idnumber"})


class Said(NamedTuple):
    """`where`: the heading it stands under; `sign`: + ~ -; `why`: with the source rows."""

    where: str
    sign: str
    text: str
    why: str


_FROM_ROWS: Pair = ("{reason} ; {rows}", "{reason}; {rows}")


def say_operation(line: Mapping[str, Any], names: Names, lang: str) -> Said:
    """One line of a plan (plan.serialised), as a person reads it."""
    op, kind = str(line["op"]), kind_of(line)
    login, course = str(line.get("username") or ""), str(line.get("course") or "")
    if op.startswith("course_"):
        course = str(line["idnumber"])
    name = names.people.get(login) or f"{line.get('firstname', '')} {line.get('lastname', '')}".strip()
    details = {
        **{key: value for key, value in line.items() if isinstance(value, str)},
        "who": f"{name} ({login})" if name else login,
        "role": say_role(str(line.get("role")), lang),
        "group": _named(names.groups.get(f"{course}/{line.get('group')}", ""), str(line.get("group") or "")),
        "kind": say_thing(str(line.get("kind") or ""), lang),
    }
    text = fill(DEEDS.get(kind, (kind, kind)), lang, details)
    if sign_of(line) == CHANGED and op.endswith("_update"):
        text += "".join(f"\n    {one}" for one in _changes(line, names, lang))
    rows = ", ".join(f"{file}:{number}" for file, number, *_ in line.get("rows", ()))
    reason = say_reason(line["because"], lang)
    why = fill(_FROM_ROWS, lang, {"reason": reason, "rows": rows}) if rows else reason
    return Said(_heading(op, course, names, lang), sign_of(line), text, why)


def say_sign(sign: str, lang: str) -> str:
    return pick(SIGNS[sign], lang)


def sign_of(line: Mapping[str, Any]) -> str:
    if line["op"] in ADDITIONS:
        return ADDED
    return REMOVED if line["op"] in REMOVALS or kind_of(line) == "course_archive" else CHANGED


def kind_of(line: Mapping[str, Any]) -> str:
    """What it does: its operation, but for the archiving of a course."""
    return (
        "course_archive" if line["op"] == "course_update" and line["phase"] == "archive" else str(line["op"])
    )


def _named(name: str, code: str) -> str:
    return f"{name} ({code})" if name and code not in name else name or code


def _heading(op: str, course: str, names: Names, lang: str) -> str:
    if course:
        return _named(names.courses.get(course, ""), course)
    return pick(HEADINGS[op.partition("_")[0]], lang) if op.partition("_")[0] in HEADINGS else ""


HEADINGS: Mapping[str, Pair] = {
    "user": ("Comptes", "Accounts"),
    "cohort": ("Cohortes", "Cohorts"),
    "category": ("Catégories", "Categories"),
    "adopt": ("Adoption", "Adoption"),
}


def _changes(line: Mapping[str, Any], names: Names, lang: str) -> Iterator[str]:
    """`nom complet : old → new`, of each column that an update sets."""
    before = names.before.get(key_of(str(line["op"]), line), {})
    for column, value in line.items():
        same_key = column in _KEYS and before.get(column, value) == value
        if column in _QUIET or same_key or before.get(column) == value:
            continue
        old = _value(column, before[column], lang) if column in before else ""
        label = pick(COLUMNS.get(column, (column, column)), lang)
        colon = " :" if lang.startswith("fr") else ":"
        yield f"{label}{colon} {f'{old} → ' if old else '→ '}{_value(column, value, lang)}"


def _value(column: str, value: object, lang: str) -> str:
    if column == "startdate" and isinstance(value, int):
        return say_day(datetime.fromtimestamp(value, UTC).date(), lang) if value else "–"
    return str(value) if value != "" else "–"


def say_summary(lines: Iterable[Mapping[str, Any]], lang: str) -> str:
    """`3 à ajouter, 2 à changer, 10 à retirer`."""
    signs = [sign_of(line) for line in lines]
    if not signs:
        return pick(NOTHING, lang)
    details = {"added": signs.count(ADDED), "changed": signs.count(CHANGED), "removed": signs.count(REMOVED)}
    return fill(SUMMARY, lang, details)
