"""Every mistake in a folder of extracts, counted by kind, with where it is and what is right.

What makes no row unusable is looked for as well: references to nothing, codes that a spreadsheet changed,
addresses that are none.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from operator import attrgetter
from typing import Any
from unicodedata import combining, normalize

from passerelle.domain.night.policy import Limit
from passerelle.domain.offer.model import (
    Because,
    Extracts,
    FileFault,
    FileProblem,
    Planning,
    Registration,
    Table,
)
from passerelle.domain.offer.model import Kind as PersonKind
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.structure import resolve_structure
from passerelle.sources.layouts import FIELDS, LAYOUTS
from passerelle.sources.manifest import MANIFEST
from passerelle.sources.oneroster import LAYOUTS as ROSTER_LAYOUTS
from passerelle.sources.rosters import COLUMNS as ROSTER_COLUMNS
from passerelle.sources.tables import Column, Holds

SHOWN = 3  # examples of each kind


class Kind(StrEnum):
    """Beside the reasons of `Because`, which refuse rows."""

    OTHER_ENCODING = "other_encoding"
    HEADER_ONLY = "header_only"
    UNPROVED = "unproved"
    NOTHING_PROVED = "nothing_proved"
    NO_MOMENT = "no_moment"
    SHRANK = "shrank"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_COHORT = "unknown_cohort"
    UNKNOWN_ELEMENT = "unknown_element"
    UNKNOWN_COLLECTION = "unknown_collection"
    UNKNOWN_CLASS = "unknown_class"
    OUT_OF_DATES = "out_of_dates"
    DISABLED = "disabled"
    SCIENTIFIC = "scientific"
    A_DATE = "a_date"
    ZEROS_LOST = "zeros_lost"
    FORMULA_ERROR = "formula_error"
    NO_ADDRESS = "no_address"


# Right as it is, most often: a university's codes reach further than its course spaces.
NOTES = frozenset(
    {
        Kind.UNKNOWN_ELEMENT,
        Kind.UNKNOWN_COLLECTION,
        Kind.NOTHING_PROVED,
        Kind.OUT_OF_DATES,
        Kind.DISABLED,
    }
)


@dataclass(frozen=True, slots=True)
class Example:
    line: int
    value: str = ""  # empty: personal, or the row as a whole


@dataclass(frozen=True, slots=True)
class Mistake:
    """`right`: the nearest allowed value, or all of them; a file's encoding, a former number of rows."""

    kind: Kind | Because
    file: str
    column: str = ""
    count: int = 1
    examples: tuple[Example, ...] = ()
    right: str = ""

    @property
    def is_note(self) -> bool:
        return self.kind in NOTES


@dataclass(frozen=True, slots=True)
class Survey:
    """`rows`: per file, read and refused."""

    problems: tuple[FileProblem, ...] = ()
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()


def survey(
    extracts: Extracts, good_rows: Mapping[str, int] | None = None, shrinking: Limit | None = None
) -> Survey:
    """`good_rows`: per file, of the last good night; `shrinking`: how much smaller is too much (N20)."""
    # A row of OneRoster may stand for several of the model.
    refused = Counter(
        file for file, _ in {(row.file, row.line) for row in (*extracts.refused, *extracts.noted)}
    )
    found = [
        *_whole_files(extracts),
        *_shrunk(extracts, good_rows or {}, shrinking),
        *_refused(extracts),
        *_structure(extracts),
        *(_roster(extracts) if extracts.files else _references(extracts)),
        *_changed_codes(extracts),
        *_addresses(extracts),
    ]
    order = {file: place for place, file in enumerate((*extracts.counts, *extracts.files.values()))}
    return Survey(
        extracts.problems,
        {file: (rows, refused[file]) for file, rows in extracts.counts.items()},
        tuple(
            sorted(
                found,
                key=lambda one: (order.get(one.file, -1), one.is_note, -one.count, one.kind, one.column),
            )
        ),
    )


# -- files ------------------------------------------------------------------------------------------


def _whole_files(extracts: Extracts) -> Iterator[Mistake]:
    unread = any(one.file == MANIFEST for one in extracts.problems)
    if extracts.year and extracts.made_at is None and not extracts.files and not unread:
        yield Mistake(Kind.NO_MOMENT, MANIFEST)
    for file, encoding in extracts.encodings.items():
        yield Mistake(Kind.OTHER_ENCODING, file, right=encoding)
    for file, rows in extracts.counts.items():
        if rows == 0:
            yield Mistake(Kind.HEADER_ONLY, file)
    unproved = set(extracts.unproved)
    if unproved and unproved == set(extracts.counts):
        yield Mistake(Kind.NOTHING_PROVED, MANIFEST)
    elif unproved:
        yield Mistake(Kind.UNPROVED, MANIFEST, count=len(unproved), right=", ".join(sorted(unproved)))


def _shrunk(extracts: Extracts, good_rows: Mapping[str, int], limit: Limit | None) -> Iterator[Mistake]:
    for file, before in sorted(good_rows.items()):
        now = extracts.counts.get(file, 0)
        if file in extracts.counts and now < before and limit and limit.exceeded(before - now, before):
            yield Mistake(Kind.SHRANK, file, count=before - now, right=str(before))


# -- rows that are refused --------------------------------------------------------------------------


def _refused(extracts: Extracts) -> Iterator[Mistake]:
    """By file, reason and column. A file wholly in another encoding is one mistake, said already."""
    grouped: defaultdict[tuple[str, Because, str], dict[int, str]] = defaultdict(dict)
    for row in (*extracts.refused, *extracts.noted):
        if row.because is Because.BAD_ENCODING and row.file in extracts.encodings:
            continue
        value = row.value or ("" if row.column else "/".join(filter(None, row.fields.values())))
        grouped[row.file, row.because, row.column or ""].setdefault(row.line, "" if "@" in value else value)
    for (file, because, column), lines in grouped.items():
        examples = tuple(Example(line, value) for line, value in sorted(lines.items())[:SHOWN])
        right = _nearest(_column_of(file, column), [value for value in lines.values() if value])
        yield Mistake(because, file, column, len(lines), examples, right)


def _column_of(file: str, name: str) -> Column | None:
    layouts = [layout for layout in (*LAYOUTS.values(), *ROSTER_LAYOUTS.values()) if layout.file == file]
    return next((column for layout in layouts for column in layout.columns if column.name == name), None)


def _nearest(column: Column | None, values: Collection[str]) -> str:
    """The allowed value that was meant, where all that were written mean one; else all that are allowed."""
    if column is None or not values:
        return ""
    match column.holds:
        case Holds.FLAG:
            return "0, 1"
        case Holds.DATE | Holds.ISO_DATE:
            return "2026-09-01"
        case Holds.ONE_OF:
            plain = {_plain(word): word for word in column.words}
            near = {_meant(_plain(value), plain) for value in values}
            if len(near) == 1 and (meant := next(iter(near))):
                return plain[meant]
            return ", ".join(sorted(column.words))
    return ""


def _meant(value: str, words: Collection[str]) -> str:
    """The nearest word, or none: what stands before a word may mean its contrary (inactive)."""
    near = get_close_matches(value, words, 1, 0.5)
    return near[0] if near and (value == near[0] or not value.endswith(near[0])) else ""


def _plain(text: str) -> str:
    return "".join(letter for letter in normalize("NFKD", text.casefold()) if not combining(letter))


# What is refused because something else is.
_FOLLOW = {Because.REFUSED_PARENT, Because.REFUSED_CATEGORY, Because.REFUSED_CARRIER}


def _structure(extracts: Extracts) -> Iterator[Mistake]:
    """Categories under nothing, elements in no category or carried by nothing: the one named is told."""
    offer = resolve_structure(extracts, Naming())
    names: Mapping[Because, tuple[Table, str, str]] = {
        Because.UNKNOWN_PARENT: (Table.CATEGORIES, "parent_code", "parent"),
        Because.UNKNOWN_CATEGORY: (Table.ELEMENTS, "category_code", "category"),
        Because.UNKNOWN_CARRIER: (Table.ELEMENTS, "carrier_code", "carrier"),
        Because.SAME_IDNUMBER: (Table.ELEMENTS, "code", "code"),
    }
    for table, bad in (
        (Table.CATEGORIES, offer.refused_categories),
        (Table.ELEMENTS, offer.refused_elements),
    ):
        if table in extracts.stopped or (table is Table.ELEMENTS and Table.CATEGORIES in extracts.stopped):
            continue
        by_code = {row.code: row for row in getattr(extracts, FIELDS[table])}
        grouped: defaultdict[Because, list[Any]] = defaultdict(list)
        for code, because in bad.items():
            if code in by_code:
                grouped[because].append(by_code[code])
        for because, rows in grouped.items():
            if because in _FOLLOW:
                continue
            _, column, attribute = names.get(because, (table, "code", "code"))
            if because is Because.LOOP:
                column = "parent_code" if table is Table.CATEGORIES else "carrier_code"
            examples = _examples((row.line, getattr(row, attribute)) for row in rows)
            column = _written(extracts, table, column)
            yield Mistake(because, extracts.file_of(table), column, len(rows), examples)


def _written(extracts: Extracts, table: Table, column: str) -> str:
    """As the file that was read calls it."""
    return ROSTER_COLUMNS.get((table, column), column) if extracts.files else column


def _examples(found: Iterable[tuple[int, str]]) -> tuple[Example, ...]:
    """The first lines, of different values where there are."""
    first: dict[str, int] = {}
    for line, value in sorted(found):
        if value not in first and len(first) < SHOWN:
            first[value] = line
    return tuple(Example(line, value) for value, line in first.items())


# -- references to nothing --------------------------------------------------------------------------


def _references(extracts: Extracts) -> Iterator[Mistake]:
    people = {code for row in extracts.people for code in (row.code, *row.other_codes)} | extracts.disabled
    codes: Mapping[Kind, tuple[Table, Collection[str]]] = {
        Kind.UNKNOWN_PERSON: (Table.PEOPLE, people),
        Kind.UNKNOWN_GROUP: (Table.GROUPS, {row.code for row in extracts.groups}),
        Kind.UNKNOWN_ELEMENT: (Table.ELEMENTS, {row.code for row in extracts.elements}),
        Kind.UNKNOWN_COLLECTION: (Table.COLLECTIONS, {row.collection for row in extracts.attachments}),
        Kind.UNKNOWN_COHORT: (Table.COHORTS, {row.code for row in extracts.cohorts}),
    }
    named: tuple[tuple[Kind, Table, str, str], ...] = (
        *((Kind.UNKNOWN_PERSON, table, "person_code", "person") for table in (Table.IP, Table.IA, Table.ADE)),
        (Kind.UNKNOWN_PERSON, Table.COHORT_MEMBERS, "person_code", "person"),
        (Kind.UNKNOWN_COHORT, Table.COHORT_MEMBERS, "cohort_code", "cohort"),
        (Kind.UNKNOWN_GROUP, Table.IP, "group_code", "group"),
        (Kind.UNKNOWN_GROUP, Table.COLLECTIONS, "group_code", "group"),
        *((Kind.UNKNOWN_ELEMENT, table, "element_code", "element") for table in (Table.IP, Table.ADE)),
        (Kind.UNKNOWN_ELEMENT, Table.COLLECTIONS, "element_code", "element"),
        (Kind.UNKNOWN_COLLECTION, Table.GROUPS, "collection_code", "collection"),
    )
    for kind, table, column, attribute in named:
        where, known = codes[kind]
        if where in extracts.stopped or table in extracts.stopped:
            continue
        # What a refused row may have said is not known to be missing.
        perhaps = {
            row.fields.get(column) or row.fields.get("code") for row in extracts.refused if row.table is where
        }
        rows = [
            (row.line, value)
            for row in getattr(extracts, FIELDS[table])
            if (value := getattr(row, attribute)) and value not in known and value not in perhaps
        ]
        if rows:
            examples = _examples(rows)
            yield Mistake(kind, extracts.file_of(table), column, len(rows), examples, extracts.file_of(where))


def _roster(extracts: Extracts) -> Iterator[Mistake]:
    """Of OneRoster's enrolments, which name a user and a class, and hold between dates (N28)."""
    file = extracts.file_of(Table.IP)
    people = {code for row in extracts.people for code in (row.code, *row.other_codes)} | extracts.disabled
    classes = {row.code for row in extracts.elements}
    enrolments: list[Registration | Planning] = [*extracts.registrations, *extracts.plannings]
    named: tuple[tuple[Kind, Table, str, str, Collection[str]], ...] = (
        (Kind.UNKNOWN_PERSON, Table.PEOPLE, "userSourcedId", "person", people),
        (Kind.UNKNOWN_CLASS, Table.ELEMENTS, "classSourcedId", "element", classes),
    )
    for kind, where, column, attribute, known in named:
        if where in extracts.stopped:
            continue
        perhaps = {row.fields.get("code") for row in extracts.refused if row.table is where}
        rows = [
            (row.line, value)
            for row in enrolments
            if (value := getattr(row, attribute)) not in known and value not in perhaps
        ]
        if rows:
            yield Mistake(kind, file, column, len(rows), _examples(rows), extracts.file_of(where))
    if extracts.out_of_dates:
        rows = [(one.row.line, f"{one.begins or ''}/{one.ends or ''}") for one in extracts.out_of_dates]
        yield Mistake(Kind.OUT_OF_DATES, file, "beginDate, endDate", len(rows), _examples(rows))
    if extracts.disabled:
        yield Mistake(Kind.DISABLED, extracts.file_of(Table.PEOPLE), "enabledUser", len(extracts.disabled))


# -- what a spreadsheet did -------------------------------------------------------------------------

_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_MONTHS = (
    "janv févr fevr mars avr mai juin juil août aout sept oct nov déc dec jan feb mar apr may jun jul aug sep"
)
_DAY = re.compile(rf"\d{{1,2}}[-. ]({'|'.join(_MONTHS.split())})\w*\.?", re.IGNORECASE)
_ERROR = re.compile(r"#(N/A|REF!|NOM\?|NAME\?|VALEUR!|VALUE!|DIV/0!|NULL?!|NOMBRE!|NUM!)")
_SHARE = 0.9  # of one length, before another length is odd
_LEAST = 20  # codes, before lengths are compared


def _changed_codes(extracts: Extracts) -> Iterator[Mistake]:
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        (Kind.SCIENTIFIC, _SCIENTIFIC),
        (Kind.A_DATE, _DAY),
        (Kind.FORMULA_ERROR, _ERROR),
    )
    for table, layout in LAYOUTS.items():
        rows = getattr(extracts, FIELDS[table])
        for column in layout.columns:
            if (
                column.holds is not Holds.CODE
                or column.personal
                or column.name in ("year", "username", "state")
            ):
                continue
            of = attrgetter(_ATTRIBUTES.get(column.name, column.name))
            values = {of(row) for row in rows}
            for kind, pattern in kinds:
                odd = {value for value in values if pattern.fullmatch(value)}
                if odd:
                    yield _where(extracts, table, kind, column.name, of, odd)
            for alike in _alike(extracts, table, column.name, values):
                length, short = _short(alike)
                if short:
                    yield _where(extracts, table, Kind.ZEROS_LOST, column.name, of, short, str(length))


def _alike(extracts: Extracts, table: Table, column: str, values: set[str]) -> Iterator[set[str]]:
    """Codes of which one length is to be expected: students' and staff's apart, and where codes are only
    named, those that nothing has."""
    if table is Table.PEOPLE:
        for kind in PersonKind:
            yield {row.code for row in extracts.people if row.kind is kind}
    elif column in _DEFINED:
        yield values - {row.code for row in getattr(extracts, FIELDS[_DEFINED[column]])}
    else:
        yield values


_DEFINED = {
    "person_code": Table.PEOPLE,
    "element_code": Table.ELEMENTS,
    "carrier_code": Table.ELEMENTS,
    "group_code": Table.GROUPS,
    "category_code": Table.CATEGORIES,
    "parent_code": Table.CATEGORIES,
    "cohort_code": Table.COHORTS,
}


_ATTRIBUTES = {
    "parent_code": "parent",
    "category_code": "category",
    "carrier_code": "carrier",
    "collection_code": "collection",
    "element_code": "element",
    "group_code": "group",
    "person_code": "person",
    "step_code": "step",
    "sheet_code": "sheet",
    "sheet_origin": "origin",
    "cohort_code": "cohort",
}


def _where(
    extracts: Extracts,
    table: Table,
    kind: Kind,
    column: str,
    of: Callable[[Any], str],
    odd: Collection[str],
    right: str = "",
) -> Mistake:
    rows = [(row.line, of(row)) for row in getattr(extracts, FIELDS[table]) if of(row) in odd]
    column = _written(extracts, table, column)
    return Mistake(kind, extracts.file_of(table), column, len(rows), _examples(rows), right)


def _short(values: Collection[str]) -> tuple[int, set[str]]:
    """Of codes in digits: the length that nearly all have, some beginning with 0, and those that are "
    "shorter."""
    digits = [value for value in values if value.isdecimal()]
    if len(digits) < _LEAST:
        return 0, set()
    length, number = Counter(map(len, digits)).most_common(1)[0]
    short = {value for value in digits if len(value) < length}
    return length, short if number >= _SHARE * len(digits) else set()


_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s.,;<>]{2,}")


def _addresses(extracts: Extracts) -> Iterator[Mistake]:
    lines = [row.line for row in extracts.people if row.email and not _ADDRESS.fullmatch(row.email)]
    if lines:
        examples = tuple(Example(line) for line in sorted(lines)[:SHOWN])
        yield Mistake(Kind.NO_ADDRESS, extracts.file_of(Table.PEOPLE), "email", len(lines), examples)


def unreadable(problems: Iterable[FileProblem]) -> bool:
    return any(problem.fault is not FileFault.TOO_OLD for problem in problems)
