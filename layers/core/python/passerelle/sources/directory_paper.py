"""What a directory answered, as a paper: later questions about a night need no directory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from passerelle.domain.offer.model import (
    Because,
    Extracts,
    FileFault,
    FileProblem,
    Kind,
    Person,
    RefusedRow,
    Table,
)

FILE = "LDAP"  # what reports name as the people's source


@dataclass(frozen=True, slots=True)
class PeopleRead:
    people: tuple[Person, ...]
    refused: tuple[RefusedRow, ...]
    read: int


def replace_people(extracts: Extracts, read: PeopleRead | None) -> Extracts:
    """The directory in the place of people.csv; None: nobody knows what it said."""
    problems = tuple(
        replace(problem, tables=problem.tables - {Table.PEOPLE})
        for problem in extracts.problems
        if problem.tables != {Table.PEOPLE}
    )
    others = tuple(row for row in extracts.refused if row.table is not Table.PEOPLE)
    if read is None:
        missing = FileProblem(FILE, FileFault.MISSING_FILE, tables=frozenset({Table.PEOPLE}))
        return replace(extracts, people=(), refused=others, problems=(*problems, missing))
    return replace(
        extracts,
        people=read.people,
        refused=(*others, *read.refused),
        problems=problems,
        counts={**extracts.counts, FILE: read.read},
        sha256={**extracts.sha256, FILE: _sha256(read)},
        files={**extracts.files, Table.PEOPLE: FILE},
    )


def _sha256(read: PeopleRead) -> str:
    digest = hashlib.sha256()
    for row in read.people:
        digest.update(repr(_row(row)).encode())
    for refused in read.refused:
        digest.update(repr((refused.line, refused.because.value, sorted(refused.fields.items()))).encode())
    return digest.hexdigest()


def _row(row: Person) -> list[object]:
    names = [row.code, row.username, row.lastname, row.firstname, row.email]
    return [*names, row.kind.value, row.line, *row.other_codes]


def as_paper(read: PeopleRead) -> dict[str, object]:
    return {
        "read": read.read,
        "people": [_row(row) for row in read.people],
        "refused": [
            [row.line, row.because.value, row.column, row.value, dict(row.fields)] for row in read.refused
        ],
    }


def from_paper(document: Mapping[str, Any]) -> PeopleRead:
    return PeopleRead(
        tuple(
            Person(code, username, lastname, firstname, email, Kind(kind), line, tuple(others))
            for code, username, lastname, firstname, email, kind, line, *others in document["people"]
        ),
        tuple(
            RefusedRow(Table.PEOPLE, FILE, line, Because(because), column, value, fields)
            for line, because, column, value, fields in document["refused"]
        ),
        int(document["read"]),
    )
