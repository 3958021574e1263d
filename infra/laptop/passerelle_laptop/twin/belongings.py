"""Whose everything becomes that a restore brings, and which permission overrides come along (P19).

As the plugin does it: the archive is given to its person before anything of it is restored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

from passerelle_laptop.twin.archive import Archive, parse, text, write_xml
from passerelle_laptop.twin.records import User
from passerelle_laptop.twin.state import State

OF_NOBODY = "passerelle-content"
ADMIN = "admin"
_OWNER = re.compile(rb"<(userid|ownerid|createdby|modifiedby|usercreated|usermodified)>[^<]*</\1>")
_LISTS = ("files.xml", "questions.xml", "badges.xml", "course/contentbank.xml")
# Some of what Moodle marks with a risk beyond spam: enough to tell both kinds apart.
_RISKY = frozenset(
    {
        "moodle/site:trustcontent",
        "moodle/course:manageactivities",
        "moodle/course:managefiles",
        "moodle/course:viewhiddenuserfields",
        "moodle/user:viewhiddendetails",
        "moodle/role:override",
        "moodle/role:safeoverride",
        "moodle/role:assign",
    }
)
_OVERRIDABLE = frozenset({"student", "teacher", "guest"})  # by an editing teacher, as Moodle is installed


def keeper(state: State, username: str) -> User:
    """The person if known here and no administrator, else the account of Passerelle's own."""
    person = state.user_named(username.strip().lower()) if username.strip() else None
    if person is not None and person.username != ADMIN:
        return person
    kept = state.user_named(OF_NOBODY)
    if kept is None:
        kept = User(
            state.sequences.next("user"),
            OF_NOBODY,
            "Passerelle",
            "(restored content)",
            f"{OF_NOBODY}@passerelle.invalid",
            auth="nologin",
        )
        state.put_user(kept)
    return kept


def given_to(archive: Archive, owner: User) -> Archive:
    """The archive with one owner of everything."""
    named = rb"<\1>%d</\1>" % owner.id
    owned = {name: _OWNER.sub(named, archive.members[name]) for name in _LISTS if name in archive.members}
    return replace(archive, members={**archive.members, **owned})


def may_override(state: State, courseid: int, username: str) -> Callable[[str, str], bool]:
    """Whether the person could override a capability for a role (its short name) in a course."""
    person = state.user_named(username.strip().lower())
    teaches = person is not None and any(
        given.userid == person.id
        and (given.level, given.instance) == ("course", courseid)
        and state.roles[given.roleid].archetype == "editingteacher"
        for given in state.assignments.values()
    )
    return lambda role, capability: teaches and role in _OVERRIDABLE and capability not in _RISKY


def with_overrides(archive: Archive, may_set: Callable[[str, str], bool]) -> tuple[Archive, tuple[str, ...]]:
    """The archive with the overrides that may be set, and those left out, as `capability (role)`."""
    definitions = archive.root("roles.xml")
    roles = {} if definitions is None else {row.get("id", ""): text(row, "shortname") for row in definitions}
    members, left = dict(archive.members), list[str]()
    for name, content in archive.members.items():
        if not name.endswith("/roles.xml"):
            continue
        root = parse(content)
        overrides = root.find("role_overrides")
        for override in list(overrides) if overrides is not None else ():
            role, capability = _said(override, roles)
            if overrides is not None and not may_set(role, capability):
                overrides.remove(override)
                left.append(f"{capability} ({role})")
        members[name] = write_xml(root)
    return replace(archive, members=members), tuple(dict.fromkeys(left))


def _said(override: Element, roles: dict[str, str]) -> tuple[str, str]:
    return roles.get(text(override, "roleid"), "?"), text(override, "capability")
