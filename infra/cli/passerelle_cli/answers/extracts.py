"""What `passerelle sync check` and `passerelle sync desired` print with --json."""

from __future__ import annotations

from typing_extensions import TypedDict

from passerelle.domain.offer.model import RowRef
from passerelle.sources.mistakes import Example


class FileFault(TypedDict):
    file: str
    fault: str
    column: str
    sentence: str


class RowsRead(TypedDict):
    read: int
    refused: int


class ExtractMistake(TypedDict):
    kind: str
    file: str
    column: str
    count: int
    examples: list[Example]
    right: str
    note: bool
    sentence: str


class ExtractFinding(TypedDict):
    check: str
    cause: str
    repairs: str
    person: str
    course: str
    rows: list[RowRef]
    sentence: str


class ExtractsChecked(TypedDict):
    problems: list[FileFault]
    files: dict[str, RowsRead]
    mistakes: list[ExtractMistake]
    findings: list[ExtractFinding]


class DesiredLists(TypedDict):
    users: list[tuple[str, str]]
    cohorts: list[tuple[str, str]]
    cohort_members: list[list[str]]
    categories: list[tuple[str, str, str]]
    courses: list[tuple[str, str, str, str]]
    groups: list[tuple[str, str, str]]
    enrolments: list[list[str]]
    members: list[list[str]]
    untouched: list[tuple[str, str, str]]
