"""Enrolments and group members: given before taken, suspended before ended (N7–N16, N24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from passerelle.domain.night.plan.accounts import Accounts
from passerelle.domain.night.plan.actual import Enrolment
from passerelle.domain.night.plan.builder import Places
from passerelle.domain.night.plan.groups import Groups
from passerelle.domain.night.plan.memory import Pair
from passerelle.domain.night.plan.plan import Because, Operation, Phase
from passerelle.domain.offer.desired import STUDENT

ENROL = ("course", "username", "role", "source")
MEMBER = ("course", "group", "username")
SOURCE = "night"


@dataclass(slots=True)
class Access:
    """`suspended`: (course, username) → the first night of a suspension, for the next night's memory."""

    suspended: dict[Pair, date] = field(default_factory=dict)
    leaving: set[Pair] = field(default_factory=set)  # (course, desired username) that lose all access


def plan_access(places: Places, accounts: Accounts, groups: Groups, night: date) -> Access:
    found = Access()
    standing: dict[Pair, Enrolment] = {}
    for row in places.actual.enrolments:
        course = places.open.get(row.courseid)
        if course is not None and row.ours:
            standing[course, accounts.wanted_name(row.username)] = row
    _enrol(places, accounts, standing)
    for key, row in standing.items():
        _take_away(places, accounts, key, row, found, night)
    _members(places, accounts, groups, found)
    return found


def _enrol(places: Places, accounts: Accounts, standing: Mapping[Pair, Enrolment]) -> None:
    open_courses = places.courses
    operations, category_of, present = places.operations, places.category_of, accounts.present
    login = accounts.moodle_name.get
    for key, rows in places.desired.enrolments.items():
        course, username, role = key
        if course not in open_courses or username not in present:
            continue
        row = standing.get((course, username))
        if row is not None and row.active and role in row.roles:
            continue
        because = Because.CAME_BACK if row is not None and not row.active else Because.WANTED
        values = (course, login(username, username), role, SOURCE)
        operations.append(
            Operation(Phase.ENROL, "enrol", ENROL, values, because, rows, course, category_of[course])
        )


def _take_away(
    places: Places, accounts: Accounts, key: Pair, row: Enrolment, found: Access, night: date
) -> None:
    course, username = key
    desired = places.desired
    foad = desired.courses[course].foad
    roles = row.roles or (STUDENT,)
    kept = [role for role in roles if (course, username, role) in desired.enrolments]
    code = accounts.code.get(row.username, "")
    gone = [
        role
        for role in roles
        if role not in kept
        and not (foad and role != STUDENT)  # N15: by hand only
        and row.username not in accounts.unclear
        and not desired.unknown.has_enrolment(course, username, role, code)
    ]
    if not gone:
        return
    wanted_otherwise = bool(kept) or len(gone) < len(roles) or _comes(places, course, username)
    if wanted_otherwise:  # only the role goes; nothing is suspended
        for role in gone:
            _operation(places, accounts, "suspend", key, role, Because.NO_ROW)
        return
    found.leaving.add(key)
    since = night if row.active else places.memory.suspended.get(key, night)
    grace = places.rules.removal_grace
    if (night - since).days >= grace:
        because = Because.GRACE_OVER if grace else Because.NO_ROW
        for role in gone:
            _operation(places, accounts, "unenrol", key, role, because)
        return
    found.suspended[key] = since
    if row.active:
        for role in gone:
            _operation(places, accounts, "suspend", key, role, Because.NO_ROW)


def _comes(places: Places, course: str, username: str) -> bool:
    """Whether the user is wanted there in a role that they do not have yet."""
    enrolments = places.desired.enrolments
    return any((course, username, role) in enrolments for role in ("student", "editingteacher"))


def _operation(places: Places, accounts: Accounts, op: str, key: Pair, role: str, because: Because) -> None:
    course, username = key
    values = (course, accounts.login(username), role, SOURCE)
    places.operations.append(
        Operation(Phase.UNENROL, op, ENROL, values, because, (), course, places.category_of[course])
    )


def _members(
    places: Places,
    accounts: Accounts,
    groups: Groups,
    found: Access,
) -> None:
    desired, operations, category_of = places.desired, places.operations, places.category_of
    there: set[tuple[str, str, str]] = set()
    for row in places.actual.members:
        course = places.open.get(row.courseid)
        if course is None:
            continue
        username = accounts.wanted_name(row.username)
        key = (course, row.group, username)
        there.add(key)
        if not row.ours or key in desired.members or row.username in accounts.unclear:
            continue
        place = (course, row.group)
        if place not in groups.leaving:
            # Who leaves the course is suspended and keeps their groups until unenrolled (N24).
            if place not in groups.usable or (course, username) in found.leaving:
                continue
            code = accounts.code.get(row.username, "")
            if desired.unknown.has_member(course, row.group, username, code):
                continue
        elif desired.unknown.has_user(username, accounts.code.get(row.username, "")):
            continue
        values = (course, row.group, accounts.login(username))
        operations.append(
            Operation(
                Phase.REMOVE_MEMBERS,
                "member_remove",
                MEMBER,
                values,
                Because.NO_ROW,
                (),
                course,
                category_of[course],
            )
        )
    login, usable, present = accounts.moodle_name.get, groups.usable, accounts.present
    for key, rows in desired.members.items():
        course, group, username = key
        if key in there or (course, group) not in usable or username not in present:
            continue
        values = (course, group, login(username, username))
        operations.append(
            Operation(
                Phase.ADD_MEMBERS,
                "member_add",
                MEMBER,
                values,
                Because.WANTED,
                rows,
                course,
                category_of[course],
            )
        )
