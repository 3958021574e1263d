"""OneRoster's objects, once bulk and deltas are laid over each other, as rows of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from passerelle.domain.offer.model import (
    Attachment,
    Category,
    Element,
    Extracts,
    Group,
    Kind,
    OutOfDates,
    Planning,
    RefusedRow,
    Registration,
    Table,
)
from passerelle.sources.collecting import Collected, refuse_shared_usernames
from passerelle.sources.extracts import make_rows
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.tables import read_date

_STUDENT, _TEACHER = "student", "teacher"


@dataclass(frozen=True, slots=True)
class Entry:
    values: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Roster:
    """One file's objects by sourcedId; `unknown` ones are named by refused rows (\"\": by none)."""

    live: Mapping[str, Entry] = field(default_factory=dict)
    unknown: Mapping[str, tuple[RefusedRow, ...]] = field(default_factory=dict)


_FILES = {
    Table.CATEGORIES: "orgs.csv",
    Table.ELEMENTS: "classes.csv",
    Table.COLLECTIONS: "classes.csv",
    Table.GROUPS: "classes.csv",
    Table.PEOPLE: "users.csv",
    Table.IP: "enrollments.csv",
    Table.ADE: "enrollments.csv",
}


# The columns of the model's tables → OneRoster's own, which its reader looks for.
COLUMNS: Mapping[tuple[Table, str], str] = {
    (Table.CATEGORIES, "code"): "sourcedId",
    (Table.CATEGORIES, "parent_code"): "parentSourcedId",
    (Table.ELEMENTS, "code"): "sourcedId",
    (Table.ELEMENTS, "category_code"): "schoolSourcedId",
    (Table.GROUPS, "code"): "sourcedId",
    (Table.PEOPLE, "code"): "sourcedId",
    (Table.IP, "person_code"): "userSourcedId",
    (Table.IP, "element_code"): "classSourcedId",
    (Table.ADE, "person_code"): "userSourcedId",
    (Table.ADE, "element_code"): "classSourcedId",
    (Table.ADE, "sheet_code"): "sourcedId",
}


def to_extracts(rosters: Mapping[str, Roster], year: str, night: date | None = None) -> Extracts:
    def of(file: str) -> Roster:
        return rosters.get(file, Roster())

    sessions = of("academicSessions.csv")
    people, refused_people = _people(of("users.csv"), of("roles.csv"))
    classes = of("classes.csv").live
    elements = tuple(_element(code, entry, sessions) for code, entry in classes.items())
    groups = tuple(Group(row.code, row.title, row.code, row.line) for row in elements)
    enrollments = of("enrollments.csv")
    held, ended = _by_dates(enrollments, night)
    return Extracts(
        year=year or _school_year(sessions),
        categories=tuple(
            Category(code, entry.values["parentSourcedId"], entry.values["name"], entry.line)
            for code, entry in of("orgs.csv").live.items()
        ),
        elements=elements,
        attachments=tuple(Attachment(row.code, row.code, "", row.line) for row in elements),
        groups=groups,
        people=people,
        registrations=tuple(row for row in held.values() if isinstance(row, Registration)),
        plannings=tuple(row for row in held.values() if isinstance(row, Planning)),
        out_of_dates=ended,
        disabled=frozenset(
            code for code, one in of("users.csv").live.items() if one.values["enabledUser"] == "false"
        ),
        refused=(
            *_refused(of("orgs.csv"), Table.CATEGORIES, {"sourcedId": "code"}),
            *_refused(of("classes.csv"), Table.ELEMENTS, {"sourcedId": "code"}),
            *_refused(
                of("classes.csv"), Table.GROUPS, {"sourcedId": "code", "title": "label"}, "collection_code"
            ),
            *_refused(of("classes.csv"), Table.COLLECTIONS, {"sourcedId": "element_code"}, "collection_code"),
            *refused_people,
            *_refused_enrollments(enrollments),
        ),
        noted=tuple(
            row for roster in (sessions, of("roles.csv")) for rows in roster.unknown.values() for row in rows
        ),
        files=_FILES,
    )


def _element(code: str, entry: Entry, sessions: Roster) -> Element:
    terms = [term.strip() for term in entry.values["termSourcedIds"].split(",")]
    starts = [read_date(sessions.live[term].values["startDate"]) for term in terms if term in sessions.live]
    start: date | None = min(starts, default=None)
    school = entry.values["schoolSourcedId"]
    return Element(code, entry.values["title"], school, False, "", start, entry.line)


def _school_year(sessions: Roster) -> str:
    starts = [
        read_date(entry.values["startDate"])
        for entry in sessions.live.values()
        if entry.values["type"].casefold() == "schoolyear"
    ]
    return str(max(starts).year) if starts else ""


def _people(users: Roster, roles: Roster) -> tuple[tuple[Any, ...], list[RefusedRow]]:
    primary: dict[str, str] = {}
    for entry in roles.live.values():
        user = entry.values["userSourcedId"]
        if entry.values["roleType"] == "primary" or user not in primary:
            primary[user] = entry.values["role"]
    found = Collected(LAYOUTS[Table.PEOPLE], Table.PEOPLE, _FILES[Table.PEOPLE])
    for code, entry in users.live.items():
        said = entry.values
        if said["enabledUser"] == "false":  # as one who left
            continue
        student = (primary.get(code) or said["role"]) == _STUDENT
        kind = Kind.STUDENT if student else Kind.STAFF
        values = (code, said["username"], said["familyName"], said["givenName"], said["email"], kind.value)
        found.good[values] = entry.line
    names = {"sourcedId": "code", "username": "username"}
    found.refused += _refused(users, Table.PEOPLE, names)
    refuse_shared_usernames(found)
    return make_rows(found), found.refused


def _by_dates(
    enrollments: Roster, night: date | None
) -> tuple[dict[tuple[str, ...], Registration | Planning], tuple[OutOfDates, ...]]:
    """Those that hold on the night, each once, and those that do not (N28): a day's both ends included."""
    held: dict[tuple[str, ...], Registration | Planning] = {}
    ended: list[OutOfDates] = []
    for code, entry in enrollments.live.items():
        person, element = entry.values["userSourcedId"], entry.values["classSourcedId"]
        row: Registration | Planning
        if entry.values["role"] == _STUDENT:
            row = Registration(person, element, element, entry.line)
        elif entry.values["role"] == _TEACHER:
            row = Planning(person, element, code, "APOGEE", "CURRENT", "PLANNED", entry.line)
        else:
            continue
        begins, ends = (_date(entry.values[name]) for name in ("beginDate", "endDate"))
        if night is None or ((begins is None or begins <= night) and (ends is None or night <= ends)):
            held.setdefault(_key(row), row)
        else:
            ended.append(OutOfDates(row, begins, ends))
    return held, tuple(one for one in ended if _key(one.row) not in held)


def _key(row: Registration | Planning) -> tuple[str, ...]:
    return (row.person, row.element) if isinstance(row, Registration) else (row.sheet,)


def _date(said: str) -> date | None:
    return read_date(said) if said else None


def _refused(
    roster: Roster, table: Table, names: Mapping[str, str], same_as_code: str = ""
) -> Iterator[RefusedRow]:
    """`names`: OneRoster's columns → the model's; `same_as_code`: a column that repeats the id."""
    for rows in roster.unknown.values():
        for row in rows:
            fields = {ours: row.fields[theirs] for theirs, ours in names.items() if row.fields.get(theirs)}
            if same_as_code and row.fields.get("sourcedId"):
                fields[same_as_code] = row.fields["sourcedId"]
            yield replace(row, table=table, fields=fields)


def _refused_enrollments(enrollments: Roster) -> Iterator[RefusedRow]:
    """Of an unreadable role, both readings are open."""
    names = {"userSourcedId": "person_code", "classSourcedId": "element_code", "sourcedId": "sheet_code"}
    readings = ((Table.IP, _STUDENT, "group_code"), (Table.ADE, _TEACHER, ""))
    for rows in enrollments.unknown.values():
        for row in rows:
            for table, role, group in readings:
                if row.fields.get("role", role) != role:
                    continue
                fields = {
                    ours: row.fields[theirs] for theirs, ours in names.items() if row.fields.get(theirs)
                }
                if group and "element_code" in fields:
                    fields[group] = fields["element_code"]
                yield replace(row, table=table, fields=fields)
