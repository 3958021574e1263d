"""What a Moodle holds before the night, as the plugin's `export` tells it with the night's marks (N16)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any, NamedTuple

TABLES = (
    "users",
    "cohorts",
    "cohortmembers",
    "categories",
    "courses",
    "groups",
    "members",
    "enrolments",
    "owned",
)
# Whose rows the night made carry these (infra/docs/design.md, "The plugins' contract").
COHORTS = "local_passerelle"
MEMBERS = "enrol_passerelle"
METHOD = "passerelle"
NIGHT = "night"

Rows = Callable[[str], Iterable[Mapping[str, Any]]]


class Account(NamedTuple):
    """`idnumber` is the person's code, where there is one. Never in a log: it names a person."""

    id: int
    username: str
    idnumber: str
    firstname: str
    lastname: str
    email: str
    auth: str
    suspended: bool
    lastaccess: int

    def __repr__(self) -> str:
        return f"Account({self.id})"


class Cohort(NamedTuple):
    id: int
    idnumber: str
    name: str
    component: str

    @property
    def ours(self) -> bool:
        return self.component == COHORTS


class Category(NamedTuple):
    id: int
    idnumber: str  # empty: made by hand, without one
    name: str
    parent: str  # idnumber; empty at the top, or under a category without idnumber
    visible: bool


class Course(NamedTuple):
    id: int
    idnumber: str
    shortname: str
    fullname: str
    category: str  # idnumber
    summary: str
    visible: bool
    startdate: int
    timecreated: int
    lastchange: int


class Group(NamedTuple):
    id: int
    course: str
    courseid: int
    idnumber: str
    name: str


class Member(NamedTuple):
    course: str
    courseid: int
    group: str
    username: str
    component: str

    @property
    def ours(self) -> bool:
        return self.component == MEMBERS


class Enrolment(NamedTuple):
    course: str
    courseid: int
    username: str
    method: str
    source: str  # night or shop, for Passerelle's own
    roles: tuple[str, ...]
    active: bool
    timestart: int
    timeend: int

    @property
    def ours(self) -> bool:
        return self.method == METHOD and self.source == NIGHT


@dataclass(frozen=True, slots=True)
class Actual:
    """Every row, by its Moodle id or in a tuple; the properties below say what is the night's.

    `owned`: kind (`category`, `course`, `group`, `user`) → the ids that the night made or adopted, with
    whether it adopted them. `sha256`: of what was read, a table at a time, for the plan's inputs.
    """

    users: Mapping[int, Account] = field(default_factory=dict)
    cohorts: Mapping[int, Cohort] = field(default_factory=dict)
    cohort_members: tuple[tuple[str, str, str], ...] = ()  # cohort, username, component
    categories: Mapping[int, Category] = field(default_factory=dict)
    courses: Mapping[int, Course] = field(default_factory=dict)
    groups: Mapping[int, Group] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    owned: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)  # rows per table

    def is_ours(self, kind: str, number: int) -> bool:
        return number in self.owned.get(kind, {})

    def by_idnumber(self, kind: str) -> Mapping[str, tuple[int, ...]]:
        """Of `category` or `course`: which ids hold an idnumber; more than one where it is held twice."""
        tables: Mapping[str, Mapping[int, Category] | Mapping[int, Course]]
        tables = {"category": self.categories, "course": self.courses}
        found: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        for row in tables[kind].values():
            if row.idnumber:
                found[row.idnumber] += (row.id,)
        return dict(found)

    def codes_with_account(self, logins: Mapping[str, str]) -> frozenset[str]:
        """`logins`: code → username, of people in the sources. Who has an account needs no e-mail (D12)."""
        codes = {row.idnumber for row in self.users.values() if row.idnumber}
        names = {row.username for row in self.users.values()}
        return frozenset(codes | {code for code, name in logins.items() if name in names})


def read_actual(rows: Rows, tables: Iterable[str] = TABLES) -> Actual:
    """From an export of each table. The rows are read once, and only what is listed above is kept."""
    read: dict[str, list[Any]] = {name: [] for name in TABLES}
    sums: dict[str, str] = {}
    for table in tables:
        make, kept = _MAKERS[table], read[table]
        digest = hashlib.sha256()
        for row in rows(table):
            made = make(row)
            kept.append(made)
            # When somebody last came by changes all day and decides nothing.
            digest.update(repr(tuple(made)[:-1] if table == "users" else tuple(made)).encode())
        sums[table] = digest.hexdigest()
    owned: defaultdict[str, dict[int, bool]] = defaultdict(dict)
    for kind, number, adopted in read["owned"]:
        owned[kind][number] = adopted
    return Actual(
        users={row.id: row for row in read["users"]},
        cohorts={row.id: row for row in read["cohorts"]},
        cohort_members=tuple(read["cohortmembers"]),
        categories={row.id: row for row in read["categories"]},
        courses={row.id: row for row in read["courses"]},
        groups={row.id: row for row in read["groups"]},
        members=tuple(read["members"]),
        enrolments=tuple(read["enrolments"]),
        owned=dict(owned),
        sha256=sums,
        counts={table: len(found) for table, found in read.items() if table in sums},
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    return intern(str(row.get(name) or ""))


def _number(row: Mapping[str, Any], name: str) -> int:
    return int(row.get(name) or 0)


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        _number(row, "id"),
        _text(row, "username"),
        _text(row, "idnumber"),
        str(row.get("firstname") or ""),
        str(row.get("lastname") or ""),
        str(row.get("email") or ""),
        _text(row, "auth"),
        bool(row.get("suspended")),
        _number(row, "lastaccess"),
    )


def _cohort(row: Mapping[str, Any]) -> Cohort:
    return Cohort(_number(row, "id"), _text(row, "idnumber"), _text(row, "name"), _text(row, "component"))


def _category(row: Mapping[str, Any]) -> Category:
    return Category(
        _number(row, "id"),
        _text(row, "idnumber"),
        _text(row, "name"),
        _text(row, "parent"),
        bool(row.get("visible")),
    )


def _course(row: Mapping[str, Any]) -> Course:
    return Course(
        _number(row, "id"),
        _text(row, "idnumber"),
        _text(row, "shortname"),
        _text(row, "fullname"),
        _text(row, "category"),
        str(row.get("summary") or ""),
        bool(row.get("visible")),
        _number(row, "startdate"),
        _number(row, "timecreated"),
        _number(row, "lastchange"),
    )


def _group(row: Mapping[str, Any]) -> Group:
    return Group(
        _number(row, "id"),
        _text(row, "course"),
        _number(row, "courseid"),
        _text(row, "idnumber"),
        _text(row, "name"),
    )


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        _text(row, "course"),
        _number(row, "courseid"),
        _text(row, "group"),
        _text(row, "username"),
        _text(row, "component"),
    )


def _enrolment(row: Mapping[str, Any]) -> Enrolment:
    return Enrolment(
        _text(row, "course"),
        _number(row, "courseid"),
        _text(row, "username"),
        _text(row, "method"),
        _text(row, "source"),
        _roles(tuple(sorted(row.get("roles") or ()))),
        row.get("status") == "active",
        _number(row, "timestart"),
        _number(row, "timeend"),
    )


_ROLES: dict[tuple[str, ...], tuple[str, ...]] = {}


def _roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for each of the few combinations: there are hundreds of thousands of rows."""
    return _ROLES.setdefault(roles, roles)


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "users": _account,
    "cohorts": _cohort,
    "cohortmembers": lambda row: (_text(row, "cohort"), _text(row, "username"), _text(row, "component")),
    "categories": _category,
    "courses": _course,
    "groups": _group,
    "members": _member,
    "enrolments": _enrolment,
    "owned": lambda row: (_text(row, "kind"), _number(row, "itemid"), bool(row.get("adopted"))),
}
