"""What the university's systems say, wherever it came from: the rows of infra/docs/extracts.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Table(StrEnum):
    """The tables, named like the files of infra/docs/extracts.md; LDAP and OneRoster fill the same."""

    CATEGORIES = "categories.csv"
    ELEMENTS = "elements.csv"
    COLLECTIONS = "collections.csv"
    GROUPS = "groups.csv"
    PEOPLE = "people.csv"
    IA = "ia.csv"
    IP = "ip.csv"
    ADE = "ade.csv"
    COHORTS = "cohorts.csv"
    COHORT_MEMBERS = "cohort_members.csv"


# What identifies a row of each table, for `untouched`: its key columns, never a line number, so that
# the order of rows does not show.
KEY_COLUMNS: Mapping[Table, tuple[str, ...]] = {
    Table.CATEGORIES: ("code",),
    Table.ELEMENTS: ("code",),
    Table.COLLECTIONS: ("collection_code", "element_code", "group_code"),
    Table.GROUPS: ("code",),
    Table.PEOPLE: ("code",),
    Table.IA: ("person_code", "year", "step_code"),
    Table.IP: ("person_code", "element_code", "group_code"),
    Table.ADE: ("person_code", "element_code", "sheet_code", "sheet_origin", "sheet_state", "status"),
    Table.COHORTS: ("code",),
    Table.COHORT_MEMBERS: ("cohort_code", "person_code"),
}


class Because(StrEnum):
    """Why a row, or what it names, is left untouched. Ordered: of several, the first is told."""

    UNREADABLE_QUOTES = "unreadable_quotes"
    BAD_ENCODING = "bad_encoding"
    NUL_BYTE = "nul_byte"
    SHORT_ROW = "short_row"
    LONG_ROW = "long_row"
    MISSING_VALUE = "missing_value"
    BAD_VALUE = "bad_value"
    SEVERAL_VALUES = "several_values"  # LDAP: one is wanted, several are there
    DIFFERENT_VALUES = "different_values"  # one key, several rows that disagree
    SAME_USERNAME = "same_username"
    NO_USERNAME = "no_username"
    NO_EMAIL = "no_email"
    NO_FIRSTNAME = "no_firstname"  # and no account yet: Moodle makes none without both names
    NO_LASTNAME = "no_lastname"
    SAME_NUMBER = "same_number"  # LDAP: a student's number is an employee's too
    NOT_MAPPED = "not_mapped"  # ADE: a name that ade_map.csv gives no code
    SAME_IDNUMBER = "same_idnumber"  # two courses would bear one idnumber or one short name
    LOOP = "loop"
    UNKNOWN_PARENT = "unknown_parent"
    REFUSED_PARENT = "refused_parent"
    UNKNOWN_CATEGORY = "unknown_category"
    REFUSED_CATEGORY = "refused_category"
    UNKNOWN_CARRIER = "unknown_carrier"
    REFUSED_CARRIER = "refused_carrier"


@dataclass(frozen=True, slots=True)
class Category:
    table: ClassVar = Table.CATEGORIES
    code: str
    parent: str  # empty at the top
    title: str
    line: int


@dataclass(frozen=True, slots=True)
class Element:
    """An *élément pédagogique* that is a course space."""

    table: ClassVar = Table.ELEMENTS
    code: str
    title: str
    category: str
    distance: bool
    carrier: str  # empty: carried by none
    term_start: date | None  # None only where the source knows no terms (OneRoster)
    line: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A collection of groups attached to an element, or one group of it (Apogée's GPE_OBJ)."""

    table: ClassVar = Table.COLLECTIONS
    collection: str
    element: str
    group: str  # empty: all of the collection
    line: int


@dataclass(frozen=True, slots=True)
class Group:
    table: ClassVar = Table.GROUPS
    code: str
    label: str
    collection: str
    line: int

    @property
    def is_cemu(self) -> bool:
        return "cemu" in self.label.lower()


class Kind(StrEnum):
    STUDENT = "student"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Person:
    table: ClassVar = Table.PEOPLE
    code: str
    username: str  # lower case; empty: D12
    lastname: str
    firstname: str
    email: str  # empty: D12
    kind: Kind
    line: int
    other_codes: tuple[str, ...] = ()  # LDAP: who is student and staff has two

    def __repr__(self) -> str:  # a name or an e-mail must not reach a log by way of a repr
        return f"Person({self.code!r})"


@dataclass(frozen=True, slots=True)
class Standing:
    """An administrative registration (IA)."""

    table: ClassVar = Table.IA
    person: str
    year: str
    step: str
    tele: bool
    state: str  # E: current
    line: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A pedagogical registration (IP)."""

    table: ClassVar = Table.IP
    person: str
    element: str
    group: str  # empty: in no group
    line: int


@dataclass(frozen=True, slots=True)
class Planning:
    """A teacher on a sheet of the timetable (ADE)."""

    table: ClassVar = Table.ADE
    person: str
    element: str
    sheet: str
    origin: str
    state: str
    status: str
    line: int

    @property
    def enrols(self) -> bool:
        return self.status == "PLANNED" and self.origin == "APOGEE" and self.state == "CURRENT"


@dataclass(frozen=True, slots=True)
class Cohort:
    table: ClassVar = Table.COHORTS
    code: str
    title: str
    line: int


@dataclass(frozen=True, slots=True)
class CohortMember:
    table: ClassVar = Table.COHORT_MEMBERS
    cohort: str
    person: str
    line: int


Row = (
    Category
    | Element
    | Attachment
    | Group
    | Person
    | Standing
    | Registration
    | Planning
    | Cohort
    | CohortMember
)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that could not be used. What it stands for is unknown, not absent (N21).

    `fields` holds what could be read of it, by the column names of infra/docs/extracts.md; a column that is
    missing there could not be read, or holds a name or an e-mail. `value` is the offending value,
    None under the same conditions.
    """

    table: Table
    file: str  # what a person opens: the table's own file, or OneRoster's
    line: int
    because: Because
    column: str | None = None
    value: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


class FileFault(StrEnum):
    MISSING_FILE = "missing_file"
    EMPTY_FILE = "empty_file"
    NO_HEADER = "no_header"
    SPREADSHEET = "spreadsheet"
    MISSING_COLUMN = "missing_column"
    DOUBLE_COLUMN = "double_column"
    ROWS_DISAGREE = "rows_disagree"
    ROWS_MISCOUNTED = "rows_miscounted"  # the file itself is whole: its checksum agrees
    SHA256_DISAGREES = "sha256_disagrees"
    NOT_DECODABLE = "not_decodable"
    BAD_MANIFEST = "bad_manifest"
    MANIFEST_LACKS = "manifest_lacks"
    BAD_MOMENT = "bad_moment"
    BAD_YEAR = "bad_year"
    NO_ROSTER_MANIFEST = "no_roster_manifest"
    TOO_OLD = "too_old"
    DELTA_WITHOUT_BULK = "delta_without_bulk"
    NOT_ANNOUNCED = "not_announced"
    UNKNOWN_VERSION = "unknown_version"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that cannot be trusted as a whole: the stages that read it stop."""

    file: str
    fault: FileFault
    column: str = ""
    expected: str = ""
    found: str = ""
    tables: frozenset[Table] = frozenset()  # what it would have filled


@dataclass(frozen=True, slots=True)
class OutOfDates:
    """A registration or planning that does not hold on the night (N28); None: open on that side."""

    row: Registration | Planning
    begins: date | None
    ends: date | None


@dataclass(frozen=True, slots=True)
class Extracts:
    """One night's sources. Rows are valid, each key once; what was not is in `refused`."""

    year: str  # "2026" is 2026/2027
    made_at: datetime | None = None
    categories: tuple[Category, ...] = ()
    elements: tuple[Element, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    groups: tuple[Group, ...] = ()
    people: tuple[Person, ...] = ()
    standings: tuple[Standing, ...] = ()
    registrations: tuple[Registration, ...] = ()
    plannings: tuple[Planning, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    cohort_members: tuple[CohortMember, ...] = ()
    out_of_dates: tuple[OutOfDates, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    noted: tuple[
        RefusedRow, ...
    ] = ()  # refused too, of files on which no removal can rest (OneRoster's terms)
    problems: tuple[FileProblem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # rows per file, as read
    sha256: Mapping[str, str] = field(default_factory=dict)  # per file, of its bytes
    files: Mapping[Table, str] = field(default_factory=dict)  # where a table's rows came from, if renamed
    encodings: Mapping[str, str] = field(default_factory=dict)  # of files that are in another than was said
    disabled: frozenset[str] = frozenset()  # codes of people whom the source says to be away (OneRoster)
    unproved: tuple[str, ...] = ()  # files of which the manifest says neither rows nor hash

    def file_of(self, table: Table) -> str:
        return self.files.get(table, table.value)

    @property
    def stopped(self) -> frozenset[Table]:
        """Tables of which nothing is known tonight."""
        return frozenset(table for problem in self.problems for table in problem.tables)


@dataclass(frozen=True, slots=True, order=True)
class RowRef:
    file: str
    line: int
