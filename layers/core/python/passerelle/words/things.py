"""What people call the things that a Moodle holds, and its roles."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.formatter import Pair, pick

THINGS: Mapping[str, Pair] = {
    "user": ("compte", "account"),
    "cohort": ("cohorte", "cohort"),
    "category": ("catégorie", "category"),
    "course": ("cours", "course"),
    "group": ("groupe", "group"),
    "enrolment": ("inscription", "enrolment"),
    "member": ("membre de groupe", "group member"),
    "element": ("élément", "element"),
    "person": ("personne", "person"),
    "row": ("ligne", "row"),
}
ROLES: Mapping[str, Pair] = {
    "student": ("étudiant", "student"),
    "editingteacher": ("enseignant", "teacher"),
    "teacher": ("enseignant non éditeur", "non-editing teacher"),
}


def say_thing(kind: str, lang: str) -> str:
    """A kind of a later release stays what it is."""
    return pick(THINGS.get(kind, (kind, kind)), lang)


def say_role(shortname: str, lang: str) -> str:
    """Moodle's own three in words; a role of the site's by its short name."""
    return pick(ROLES.get(shortname, (shortname, shortname)), lang)
