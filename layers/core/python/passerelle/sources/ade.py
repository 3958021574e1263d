"""A timetable tool's export without codes: `ade_map.csv` gives names of teachers and courses their codes."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from passerelle.domain.offer.model import Because, RefusedRow, Table
from passerelle.sources.collecting import Collected, collect
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.tables import Column, Digesting, Fault, Holds, Layout, Record, read_records

FILE = "ade_map.csv"
_TEACHER = Column("teacher_name", Holds.TEXT, may_be_empty=True)
_COURSE = Column("course_label", Holds.TEXT, may_be_empty=True)
_PERSON, _ELEMENT = (Column(name, may_be_empty=True) for name in ("person_code", "element_code"))
MAP = Layout(
    FILE,
    (_TEACHER, _PERSON, _COURSE, _ELEMENT),
    (),
    frozenset({"teacher_name", "person_code", "course_label", "element_code"}),
)
_SHEETS = LAYOUTS[Table.ADE].columns[2:]
NAMED = Layout(
    Table.ADE.value, (_PERSON, _ELEMENT, _TEACHER, _COURSE, *_SHEETS), (), MAP.optional_columns
)  # names, codes, or both


@dataclass(frozen=True, slots=True)
class Names:
    """Folded name → code. A name with two codes has none."""

    teachers: Mapping[str, str]
    courses: Mapping[str, str]
    refused: tuple[RefusedRow, ...] = ()


def read_names(stream: Digesting, encoding: str) -> Names:
    """Raises FileStopped."""
    found = collect(read_records(stream, MAP, encoding), MAP, Table.ADE, FILE)
    teachers, courses = defaultdict(set), defaultdict(set)
    for teacher, person, course, element in found.good:
        if teacher and person:
            teachers[_folded(teacher)].add(person)
        if course and element:
            courses[_folded(course)].add(element)
    return Names(_single(teachers), _single(courses), tuple(found.refused))


def _single(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def collect_named(stream: Digesting, encoding: str, names: Names) -> Collected:
    """ade.csv with names in the place of codes. Raises FileStopped."""
    records = read_records(stream, NAMED, encoding)
    return collect(_with_codes(records, names), LAYOUTS[Table.ADE], Table.ADE, Table.ADE.value)


def _with_codes(records: Iterator[Record], names: Names) -> Iterator[Record]:
    for line, (code, course_code, teacher, course, *sheet), told in records:
        person = code or names.teachers.get(_folded(teacher or ""))
        element = course_code or names.courses.get(_folded(course or ""))
        fault = told
        if fault is None and not person:
            fault = Fault(Because.NOT_MAPPED, "teacher_name", teacher)
        elif fault is None and not element:
            fault = Fault(Because.NOT_MAPPED, "course_label", course)
        yield Record(line, (person or None, element or None, *sheet), fault)


def _folded(name: str) -> str:
    """`DUPONT  Émilie` and `dupont emilie` are one."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(letter for letter in parts if not unicodedata.combining(letter)).split())
