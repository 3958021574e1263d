"""A night's plan: each operation with the rows that made it, in one order: two runs are byte-equal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.desired import Untouched
from passerelle.domain.offer.model import KEY_COLUMNS, Row, Table
from passerelle.domain.offer.stages import Stage

Value = str | int


class Phase(IntEnum):
    """The order of applying (infra/docs/design.md): nobody loses access in between."""

    USERS = 1  # and cohorts
    CATEGORIES = 2
    COURSES = 3
    GROUPS = 4
    ENROL = 5
    ADD_MEMBERS = 6
    REMOVE_MEMBERS = 7
    UNENROL = 8  # suspend and unenrol
    ARCHIVE = 9  # and delete what is empty: groups, categories

    @property
    def word(self) -> str:
        return self.name.lower()


class Because(StrEnum):
    """Why an operation stands in the plan. `wanted`: its rows say so."""

    WANTED = "wanted"
    CHANGED = "changed"  # the sources say something else than Moodle: names, place
    CAME_BACK = "came_back"  # archived, suspended or left, and wanted again
    NO_ROW = "no_row"  # nothing in the sources asks for it any more
    LEFT_OFFER = "left_offer"
    GRACE_OVER = "grace_over"  # suspended for removal_grace nights
    EMPTY = "empty"  # left the offer and holds nothing
    IDNUMBER_BY_HAND = "idnumber_by_hand"  # somebody changed it in Moodle
    TAKEN_OVER = "taken_over"  # adoption (N23)


# Operations that take something away (N20).
REMOVALS = frozenset(
    {
        "user_suspend",
        "cohort_remove",
        "category_delete",
        "group_delete",
        "member_remove",
        "suspend",
        "unenrol",
    }
)
ADDITIONS = frozenset(
    {
        "user_create",
        "user_unsuspend",
        "cohort_create",
        "cohort_add",
        "category_create",
        "course_create",
        "group_create",
        "member_add",
        "enrol",
    }
)


class ReasonRow(NamedTuple):
    """A source row as people look it up; `key` holds its key columns, codes only."""

    file: str
    line: int
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of `apply`. `names` and `values` are its columns; `course` and `category` say where
    it takes place, as Moodle has it now (empty for people and cohorts). `rows` are the source rows.
    Within a phase one `wave` is done before the next begins; within a wave courses do not meet.
    """

    phase: Phase
    op: str
    names: tuple[str, ...]
    values: tuple[Value, ...] = field(repr=False)
    because: Because = Because.WANTED
    rows: tuple[Row, ...] = field(default=(), repr=False)
    course: str = ""
    category: str = ""
    wave: int = 0

    def __getitem__(self, name: str) -> Value:
        """A column's value; the empty string where the operation does not have it."""
        return self.values[self.names.index(name)] if name in self.names else ""

    @property
    def columns(self) -> dict[str, Value]:
        """As `apply` takes them, without `id` and `op`."""
        return dict(zip(self.names, self.values, strict=True))

    @property
    def is_archive(self) -> bool:
        return self.op == "course_update" and self.phase is Phase.ARCHIVE

    @property
    def removes(self) -> bool:
        return self.op in REMOVALS or self.is_archive

    @property
    def adds(self) -> bool:
        return self.op in ADDITIONS

    @property
    def kind(self) -> str:
        """What counts and reports call it: the operation's name, `course_archive` apart."""
        return "course_archive" if self.is_archive else self.op

    @property
    def stage(self) -> Stage:
        return STAGE_OF[self.op.partition("_")[0]]


STAGE_OF: Mapping[str, Stage] = {
    "user": Stage.USERS,
    "cohort": Stage.COHORTS,
    "category": Stage.OFFER,
    "course": Stage.OFFER,
    "adopt": Stage.OFFER,
    "enrol": Stage.ENROLMENTS,
    "suspend": Stage.ENROLMENTS,
    "unenrol": Stage.ENROLMENTS,
    "group": Stage.GROUPS,
    "member": Stage.GROUPS,
}


def operation(
    phase: Phase,
    op: str,
    columns: Mapping[str, Value],
    because: Because = Because.WANTED,
    rows: tuple[Row, ...] = (),
    *,
    course: str = "",
    category: str = "",
    wave: int = 0,
) -> Operation:
    names, values = tuple(columns), tuple(columns.values())
    return Operation(phase, op, names, values, because, rows, course, category, wave)


_place_of = attrgetter("phase", "wave", "course")
_within_course = attrgetter("op", "values")


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """As they are to be done: by phase and wave, then course by course.

    A course at a time is sorted, and not all operations at once: these grow with the university, and a course
    does not.
    """
    places: defaultdict[tuple[Phase, int, str], list[Operation]] = defaultdict(list)
    for place, alike in groupby(operations, key=_place_of):
        places[place].extend(alike)
    return [one for place in sorted(places) for one in sorted(places[place], key=_within_course)]


def reason_of(row: Row, files: Mapping[str, str] | None = None) -> ReasonRow:
    """`files`: where a table's rows came from, if not from the file of its name."""
    table = row.table
    file = (files or {}).get(table, table.value)
    return ReasonRow(file, row.line, tuple(str(getattr(row, name)) for name in key_attributes(table)))


# Columns of infra/docs/extracts.md → attributes of the model's rows.
_ATTRIBUTES = {
    "collection_code": "collection",
    "element_code": "element",
    "person_code": "person",
    "step_code": "step",
    "group_code": "group",
    "sheet_code": "sheet",
    "sheet_origin": "origin",
    "sheet_state": "state",
    "cohort_code": "cohort",
}


def key_attributes(table: Table) -> tuple[str, ...]:
    """Of a table's rows: where its key columns are."""
    return tuple(_ATTRIBUTES.get(column, column) for column in KEY_COLUMNS[table])


class Still(StrEnum):
    """Why something stands still, or stays though the sources do not hold it."""

    NOT_EMPTY = "not_empty"  # a category out of the offer, with what keeps it (N4, D10)
    HANGS_ON = "hangs_on"  # a group that left, on which something hangs (N11)
    NOT_ADOPTED = "not_adopted"  # it holds a desired idnumber and is not the night's (N23, D11)
    HELD_TWICE = "held_twice"  # an idnumber (D11)
    IDNUMBER_LOST = "idnumber_lost"  # the night's own, its idnumber emptied or taken by hand (D11)
    NAME_TAKEN = "name_taken"  # a short name or login that another one holds
    UNKNOWN = "unknown"  # a refused row: not absent (N21)
    WAITS = "waits"  # rests on something that stands still itself


class Stays(NamedTuple):
    """`kind`: user, cohort, category, course, group, enrolment, member. `key` as in operations, a tuple of
    idnumbers and usernames; `what` names what keeps it or holds it.
    """

    kind: str
    key: tuple[str, ...]
    because: Still
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Hold:
    """`scope`: all, category, course, source, thaw, person. `key`: which; `count` of `there`."""

    scope: str
    key: str
    count: int
    there: int
    limit: str = ""  # what was exceeded, in words a report can print: `5 %`, `200`


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard (N20) says: any hold stops every removal until a person releases the plan."""

    holds: tuple[Hold, ...] = ()
    additions_go_on: bool = False

    @property
    def held(self) -> bool:
        return bool(self.holds)


@dataclass(frozen=True, slots=True)
class Names:
    """For whoever reads a plan. `people`: login → name; `courses`: idnumber → full name; `groups`:
    `course/group` → name; `before`: what is updated → its columns as they are now.
    """

    people: Mapping[str, str] = field(default_factory=dict, repr=False)
    courses: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Mapping[str, Value]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """`operations` is what is to be done; `frozen` what a freeze withholds (they would have been done).

    Both in canonical order. `inputs`: sha256 of each source file (`source:…`), of each table of the site
    (`actual:…`), of what the night remembers and of its rules. `there`: what removals are compared with.
    """

    site: str
    night: date
    stage: Stage | None  # None: the whole night
    year: str
    operations: tuple[Operation, ...] = ()
    frozen: tuple[Operation, ...] = ()
    stays: tuple[Stays, ...] = ()
    untouched: tuple[Untouched, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    source_rows: Mapping[str, int] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)
    freezes: tuple[Freeze, ...] = ()
    memory: Memory = field(default_factory=Memory)
    files: Mapping[str, str] = field(default_factory=dict)  # table → file, where OneRoster's rows came from
    adoption: bool = False
    names: Names = field(default_factory=Names, repr=False)  # no part of what is applied
    memory_lost: tuple[str, ...] = ()  # papers that could not be read: what they held begins anew

    @property
    def removals(self) -> int:
        return sum(one.removes for one in self.operations)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many operations, by kind (`course_archive` apart), and by kind within a category or course."""

    kinds: Mapping[str, int]
    categories: Mapping[str, Mapping[str, int]]
    courses: Mapping[str, Mapping[str, int]]

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


_counted_as = attrgetter("phase", "op", "category", "course")


def count(operations: Iterable[Operation]) -> Counts:
    kinds: Counter[str] = Counter()
    categories: dict[str, Counter[str]] = {}
    courses: dict[str, Counter[str]] = {}
    for (_, _, category, course), alike in groupby(operations, key=_counted_as):  # they stand in order
        first, *others = alike
        kind, number = first.kind, 1 + len(others)
        kinds[kind] += number
        if category:
            categories.setdefault(category, Counter())[kind] += number
        if course:
            courses.setdefault(course, Counter())[kind] += number
    return Counts(_sorted(kinds), _sorted_all(categories), _sorted_all(courses))


def _sorted(found: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(found.items()))


def _sorted_all(found: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    return {name: _sorted(found[name]) for name in sorted(found)}
