"""The one diagnosis: every cause there is, and which of them the rows of the sources meet.

The report, *Pourquoi ?* and the page read it; `words.causes` says it. What a refused row leaves open is no
finding: only good rows accuse (N21).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import groupby, product
from operator import attrgetter
from typing import NamedTuple, Self

from passerelle.domain.offer.enrolling import Offer, Reach
from passerelle.domain.offer.model import (
    Extracts,
    Person,
    Planning,
    RefusedRow,
    Registration,
    Row,
    RowRef,
    Standing,
    Table,
)
from passerelle.domain.offer.people import LACKING, People, Standings, read_people, read_standings
from passerelle.domain.offer.sharing import Tri, refused_rows
from passerelle.domain.offer.stages import Stage


class Repairs(StrEnum):
    """Who can change it; NOBODY where it is as it should be."""

    NOBODY = "nobody"
    SCOLARITE = "scolarite"
    DEVE = "deve"
    PLANNING = "planning"
    IDENTITY = "identity"
    CEMU = "cemu"
    TEACHER = "teacher"
    ADMINISTRATOR = "administrator"


class Weight(StrEnum):
    """What a cause does to an answer: gives access, withholds it, leaves it open, explains."""

    GIVES = "gives"
    WITHHOLDS = "withholds"
    OPEN = "open"
    EXPLAINS = "explains"


@dataclass(frozen=True, slots=True)
class About:
    rule: str
    weight: Weight
    repairs: Repairs
    stage: Stage | None = None  # that makes a correction so
    check: str = ""


_GIVES, _WITHHOLDS, _OPEN, _EXPLAINS = Weight.GIVES, Weight.WITHHOLDS, Weight.OPEN, Weight.EXPLAINS
_NOBODY, _SCO, _DEVE, _PLAN = Repairs.NOBODY, Repairs.SCOLARITE, Repairs.DEVE, Repairs.PLANNING
_IDENTITY, _ADMIN, _CEMU, _TEACHER = Repairs.IDENTITY, Repairs.ADMINISTRATOR, Repairs.CEMU, Repairs.TEACHER
_ENROL, _OFFER, _USERS = Stage.ENROLMENTS, Stage.OFFER, Stage.USERS


class Cause(StrEnum):
    """A code and what stands about it; `words.causes` has its sentences."""

    about: About

    def __new__(cls, code: str, about: About) -> Self:
        made = str.__new__(cls, code)
        made._value_ = code
        made.about = about
        return made

    # in the course
    GROUP = "group", About("N12", _GIVES, _NOBODY, _ENROL)
    GROUP_OF_CARRIED = "group_of_carried", About("N7", _GIVES, _NOBODY, _ENROL)
    FOAD_CONDITIONS = "foad_conditions", About("N13", _GIVES, _NOBODY, _ENROL)
    PLANNED = "planned", About("N14", _GIVES, _NOBODY, _ENROL)
    PLANNED_ON_CARRIED = "planned_on_carried", About("N14", _GIVES, _NOBODY, _ENROL)
    # a student is not; of several that say the same of one element, the first is told
    NO_IP = "no_ip", About("N12", _WITHHOLDS, _SCO, _ENROL)
    OUT_OF_DATES = "out_of_dates", About("N28", _WITHHOLDS, _SCO, _ENROL)
    NO_CEMU_GROUP_REACHED = "no_cemu_group_reached", About("N13", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_NOT_SHARED = "group_not_shared", About("N7", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_ELSEWHERE = "group_elsewhere", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_UNKNOWN = "group_unknown", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    IP_WITHOUT_GROUP = "ip_without_group", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    ELEMENT_WITHOUT_GROUP = "element_without_group", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    IN_NO_SHARED_GROUP = "in_no_shared_group", About("N7", _WITHHOLDS, _SCO, _ENROL, "D6")
    IA_MISSING = "ia_missing", About("N13", _WITHHOLDS, _DEVE, _ENROL, "D2")
    CEMU_GROUP_MISSING = "cemu_group_missing", About("N13", _WITHHOLDS, _SCO, _ENROL, "D2")
    CAMPUS_ONLY = "campus_only", About("N13", _WITHHOLDS, _NOBODY, _ENROL)
    FOAD_INSTEAD = "foad_instead", About("N10", _WITHHOLDS, _NOBODY, _ENROL)
    NO_FOAD_COURSE = "no_foad_course", About("N9", _WITHHOLDS, _SCO, _OFFER)
    # beside it: D2 and D3, where he is in the ordinary course all the same
    TELE_ON_CAMPUS_ELEMENT = "tele_on_campus_element", About("N13", _EXPLAINS, _DEVE, _ENROL, "D2")
    FLAG_MISSING = "flag_missing", About("N13", _EXPLAINS, _SCO, _OFFER, "D2")
    IN_BOTH_COURSES = "in_both_courses", About("N13", _EXPLAINS, _SCO, _ENROL, "D2")
    # an element, its groups and its carrier
    CEMU_GROUP_NOT_DISTANCE = "cemu_group_not_distance", About("N10", _EXPLAINS, _SCO, _OFFER, "D3")
    DISTANCE_WITHOUT_CEMU_GROUP = "distance_without_cemu_group", About("N10", _EXPLAINS, _SCO, _OFFER, "D3")
    FLAGS_DIFFER = "flags_differ", About("N9", _EXPLAINS, _SCO, _OFFER, "D3")
    COLLECTION_NOT_ON_CARRIER = "collection_not_on_carrier", About("N7", _EXPLAINS, _SCO, _OFFER, "D6")
    NOTHING_SHARED = "nothing_shared", About("N7", _EXPLAINS, _SCO, _OFFER, "D6")
    # a teacher is not
    NOT_PLANNED = "not_planned", About("N14", _WITHHOLDS, _PLAN, _ENROL)
    ASSOCIATED_ONLY = "associated_only", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    SHEET_NOT_APOGEE = "sheet_not_apogee", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    SHEET_OBSOLETE = "sheet_obsolete", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    FOAD_BY_HAND = "foad_by_hand", About("N15", _WITHHOLDS, _CEMU)
    # the person
    NO_USERNAME = "no_username", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_EMAIL = "no_email", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_FIRSTNAME = "no_firstname", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_LASTNAME = "no_lastname", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    PERSON_REFUSED = "person_refused", About("N21", _OPEN, _IDENTITY, _USERS)
    PERSON_UNREADABLE = "person_unreadable", About("N21", _OPEN, _IDENTITY, _USERS)
    PERSON_DISABLED = "person_disabled", About("N28", _WITHHOLDS, _IDENTITY, _USERS)
    PERSON_UNKNOWN = "person_unknown", About("N25", _WITHHOLDS, _IDENTITY, _USERS)
    # unknown, so that nothing moves
    ROW_REFUSED = "row_refused", About("N21", _OPEN, _SCO, _ENROL)
    ROW_UNREADABLE = "row_unreadable", About("N21", _OPEN, _SCO, _ENROL)
    GROUP_REFUSED = "group_refused", About("N21", _OPEN, _SCO, _ENROL)
    ATTACHMENT_REFUSED = "attachment_refused", About("N21", _OPEN, _SCO, _ENROL)
    ELEMENT_REFUSED = "element_refused", About("N21", _OPEN, _SCO, _OFFER)
    FILE_STOPPED = "file_stopped", About("N21", _OPEN, _ADMIN, _ENROL)
    # the course
    CARRIED = "carried", About("N7", _EXPLAINS, _NOBODY)
    NOT_IN_OFFER = "not_in_offer", About("N5", _WITHHOLDS, _SCO, _OFFER)
    # what Moodle has, of one person
    THERE = "there", About("N12", _EXPLAINS, _NOBODY)
    NOT_THERE_YET = "not_there_yet", About("N19", _EXPLAINS, _NOBODY, _ENROL)
    LEAVES = "leaves", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    STAYS_UNKNOWN = "stays_unknown", About("N21", _EXPLAINS, _NOBODY)
    IN_GRACE = "in_grace", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    COMES_BACK = "comes_back", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    BY_HAND = "by_hand", About("N16", _EXPLAINS, _TEACHER)
    HAND_DOUBLES = "hand_doubles", About("N16", _EXPLAINS, _TEACHER, None, "D15")
    HAND_CONTRADICTS = "hand_contradicts", About("N16", _EXPLAINS, _TEACHER, None, "D15")
    NO_ACCOUNT = "no_account", About("N25", _EXPLAINS, _NOBODY, _USERS)
    ACCOUNT_SUSPENDED = "account_suspended", About("N25", _EXPLAINS, _ADMIN)
    # what Moodle has, of a course
    COURSE_NOT_MADE = "course_not_made", About("N3", _EXPLAINS, _NOBODY, _OFFER)
    COURSE_HIDDEN = "course_hidden", About("N6", _EXPLAINS, _TEACHER)
    ARCHIVED = "archived", About("N5", _EXPLAINS, _SCO, _OFFER)
    COMPLEMENTARY = "complementary", About("N16", _EXPLAINS, _TEACHER)
    FOAD_WITHOUT_TEACHER = "foad_without_teacher", About("N15", _EXPLAINS, _CEMU, None, "D4")
    BECAME_CARRIED = "became_carried", About("N7", _EXPLAINS, _SCO, _OFFER, "D5")
    CARRIER_CHANGED = "carrier_changed", About("N8", _EXPLAINS, _SCO, _OFFER, "D5")
    HIDDEN_WITH_CONTENT = "hidden_with_content", About("N6", _EXPLAINS, _TEACHER, None, "D8")
    VISIBLE_EMPTY = "visible_empty", About("N6", _EXPLAINS, _TEACHER, None, "D8")
    ARCHIVE_ACTIVE = "archive_active", About("N5", _EXPLAINS, _ADMIN, None, "D9")
    CODE_IS_BACK = "code_is_back", About("N5", _EXPLAINS, _ADMIN, None, "D9")
    CATEGORY_KEPT = "category_kept", About("N4", _EXPLAINS, _ADMIN, _OFFER, "D10")
    NAME_BY_HAND = "name_by_hand", About("N2", _EXPLAINS, _ADMIN, _OFFER, "D11")
    IDNUMBER_BY_HAND = "idnumber_by_hand", About("N1", _EXPLAINS, _ADMIN, _OFFER, "D11")
    NAME_TAKEN = "name_taken", About("N1", _EXPLAINS, _ADMIN, _OFFER, "D11")
    NOT_ADOPTED = "not_adopted", About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11")
    HELD_TWICE = "held_twice", About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11")
    SPACE_SAME_NAME = "space_same_name", About("N16", _EXPLAINS, _ADMIN, None, "D16")
    SPACE_SAME_PEOPLE = "space_same_people", About("N16", _EXPLAINS, _ADMIN, None, "D16")
    # the night itself
    FROZEN = "frozen", About("N18", _EXPLAINS, _ADMIN)
    PLAN_HELD = "plan_held", About("N20", _EXPLAINS, _ADMIN)
    TOO_MANY = "too_many", About("N20", _EXPLAINS, _ADMIN, None, "D14")
    STAGE_FAILED = "stage_failed", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_LATE = "stage_late", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_FROZEN = "stage_frozen", About("N18", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_MISSING = "stage_missing", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    MEMORY_LOST = "memory_lost", About("N24", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_UNFINISHED = "stage_unfinished", About("N17", _EXPLAINS, _ADMIN, None, "D13")


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause with the rows that show it. `details` fill its sentence: codes and titles, no names.

    `course`: the element in whose course it shows, or a course's idnumber; `person`: a code, or a login
    that no code is known of.
    """

    cause: Cause
    rows: tuple[RowRef, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    course: str = ""
    person: str = field(default="", repr=False)

    @property
    def about(self) -> About:
        return self.cause.about

    @property
    def weight(self) -> Weight:
        return self.cause.about.weight


def in_order(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """By check, cause and codes, whatever the order of the rows."""

    def place(one: Reason) -> tuple[int, str, str, str, list[tuple[str, str]]]:
        number = int(one.about.check[1:] or 0)
        return number, one.cause, one.course, one.person, sorted(one.details.items())

    return tuple(sorted(found, key=place))


# -- the sources, read once for as many questions as there are ------------------------------------------


@dataclass(frozen=True)
class Look:
    extracts: Extracts
    offer: Offer
    people: People
    standings: Standings

    def refs(self, rows: Iterable[Row | RefusedRow]) -> tuple[RowRef, ...]:
        return tuple(
            sorted(
                RowRef(
                    row.file if isinstance(row, RefusedRow) else self.extracts.file_of(row.table), row.line
                )
                for row in rows
            )
        )

    def details(self, bearer: str, **more: str) -> dict[str, str]:
        """What sentences about a course may name: the element and its one or two courses."""
        courses = self.offer.courses
        foad = courses.foad.get(bearer)
        return {
            "element": bearer,
            "bearer": bearer,
            "course": courses.ordinary[bearer].idnumber,
            "foad": foad.idnumber if foad else "",
            **more,
        }

    @cached_property
    def standings_of(self) -> Mapping[str, tuple[Standing, ...]]:
        found: defaultdict[str, list[Standing]] = defaultdict(list)
        for row in self.extracts.standings:
            found[row.person].append(row)
        return {person: tuple(rows) for person, rows in found.items()}

    def may_have_more_groups(self, element: str) -> bool:
        collections = self.offer.sharing.of_element.get(element, frozenset())
        return (
            self.offer.sharing.is_open_element(element)
            or None in self._open_collections
            or not collections.isdisjoint(self._open_collections)
        )

    @cached_property
    def _open_collections(self) -> frozenset[str | None]:
        """Of refused groups; None where a row does not say."""
        rows = refused_rows(self.extracts, Table.GROUPS)
        return frozenset(row.fields.get("collection_code") or None for row in rows)

    @cached_property
    def _open_rows(self) -> Mapping[Table, frozenset[tuple[str | None, str | None]]]:
        return {
            table: frozenset(
                (row.fields.get("person_code") or None, row.fields.get("element_code") or None)
                for row in refused_rows(self.extracts, table)
            )
            for table in (Table.IP, Table.ADE)
        }

    def may_have_more_rows(self, table: Table, codes: Iterable[str], elements: Iterable[str]) -> bool:
        """Whether a refused registration or planning may be of this person on one of these elements."""
        known = self._open_rows[table]
        return bool(known) and any(pair in known for pair in product((*codes, None), (*elements, None)))

    @cached_property
    def borne_by(self) -> Mapping[str, tuple[str, ...]]:
        """Bearer → the elements whose people go to its course, itself among them."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for element, bearer in self.offer.structure.bearer.items():
            found[bearer].append(element)
        return {bearer: tuple(elements) for bearer, elements in found.items()}

    @cached_property
    def planned_somewhere(self) -> frozenset[str]:
        """Who is planned on an element that is refused: whose course that leads to is unknown."""
        return frozenset(
            row.person
            for row in self.extracts.plannings
            if row.enrols and self.offer.is_refused_element(row.element)
        )

    def codes_of(self, code: str) -> tuple[str, ...]:
        """All codes of whoever has this one; the first is his own."""
        person = self.people.good.get(code)
        return (person.code, *person.other_codes) if person else (code,)


def look_at(extracts: Extracts, offer: Offer, with_account: Collection[str] | None = None) -> Look:
    """`with_account`: as for build_desired."""
    return Look(extracts, offer, read_people(extracts, with_account), read_standings(extracts))


# -- what becomes of a registration ------------------------------------------------------------------------


class Fate(NamedTuple):
    """What became of one registration, and the rows that show it beside its own."""

    cause: Cause
    foad: bool = False  # it leads to the bearer's FOAD course, or would
    beside: tuple[Row | RefusedRow, ...] = ()
    file: str = ""  # that stopped


def fate_of(look: Look, row: Registration) -> Fate:
    """Of a registration whose element has a bearer."""
    bearer, group, reached, course, _ = look.offer.reach(row)
    if group is None:
        return _fate_without_group(look, row, reached)
    if reached is Tri.MAYBE:
        return _unread(look, Table.COLLECTIONS, Cause.ATTACHMENT_REFUSED, "element_code", row.element, bearer)
    if course is None:
        attached = look.offer.sharing.attached(group, row.element)
        missed = Cause.GROUP_ELSEWHERE if attached is Tri.NO else Cause.GROUP_NOT_SHARED
        return Fate(missed, beside=(group,))
    if not course.foad:
        return Fate(Cause.GROUP if row.element == bearer else Cause.GROUP_OF_CARRIED)
    standings = look.standings_of.get(row.person, ())
    match look.standings.is_tele(row.person):
        case Tri.YES:
            return Fate(Cause.FOAD_CONDITIONS, True, tuple(one for one in standings if one.tele))
        case Tri.NO:
            return Fate(Cause.IA_MISSING, True, standings)
    refused = _unread(look, Table.IA, Cause.ROW_REFUSED, "person_code", row.person)
    return refused._replace(foad=True)


def _fate_without_group(look: Look, row: Registration, reached: Tri) -> Fate:
    if reached is Tri.MAYBE:
        named = row.group in look.offer.sharing.refused_groups
        cause = Cause.GROUP_REFUSED if named else Cause.ROW_UNREADABLE
        return _unread(look, Table.GROUPS, cause, "code", row.group)
    if not look.offer.sharing.groups_on(row.element) and not look.may_have_more_groups(row.element):
        return Fate(Cause.ELEMENT_WITHOUT_GROUP)
    return Fate(Cause.GROUP_UNKNOWN if row.group else Cause.IP_WITHOUT_GROUP)


def _unread(look: Look, table: Table, cause: Cause, column: str, *values: str) -> Fate:
    """With the refused rows of a table that have such a value, or do not say; a file that stopped is none."""
    if table in look.extracts.stopped:
        return Fate(Cause.FILE_STOPPED, file=look.extracts.file_of(table))
    return Fate(cause, beside=tuple(unread_rows(look, table, column, *values)))


def unread_rows(look: Look, table: Table, column: str, *values: str) -> Iterator[RefusedRow]:
    for row in look.extracts.refused:
        if row.table is table and row.fields.get(column, "") in ("", *values):
            yield row


# -- what the checks say -----------------------------------------------------------------------------------


def find_in_sources(look: Look) -> tuple[Reason, ...]:
    """D1, D2, D3, D6, D7 and D12 of the whole university, in order."""
    found = [*_about_everybody(look), *_about_elements(look), *_about_teachers(look)]
    for person in look.extracts.people:
        found += about_record(look, person)
    return in_order(found)


def about_record(look: Look, person: Person) -> Iterator[Reason]:
    """D12."""
    because = look.people.incomplete.get(person.code)
    if because in LACKING:
        yield Reason(Cause[because.name], look.refs([person]), person=person.code)


def _about_everybody(look: Look) -> Iterator[Reason]:
    """Person by person, so that memory holds one at a time."""
    own = {code: person.code for code, person in look.people.good.items()}
    known = (row for row in look.extracts.registrations if row.person in own)
    for person, theirs in groupby(
        sorted(known, key=lambda row: own[row.person]), lambda row: own[row.person]
    ):
        yield from about_student(look, person, theirs)


def about_student(look: Look, person: str, rows: Iterable[Registration]) -> Iterator[Reason]:
    """D1, D2 and D6 of one person whose record is complete. `rows`: all of that person's."""
    by_bearer: defaultdict[str, list[Registration]] = defaultdict(list)
    beyond = False  # a row on a refused element may lead to any course
    for row in sorted(rows, key=attrgetter("element", "group")):
        bearer = look.offer.structure.bearer.get(row.element)
        if bearer:
            by_bearer[bearer].append(row)
        else:
            beyond = beyond or (bool(row.group) and look.offer.is_refused_element(row.element))
    for bearer, its in by_bearer.items():
        student = _Student(look, person, bearer, its)
        yield from student.unreached()
        yield from student.foad_conditions(beyond=beyond)


# Of several registrations that reach nothing, the first of these is told.
_MISSED = (Cause.GROUP_NOT_SHARED, Cause.GROUP_ELSEWHERE, Cause.GROUP_UNKNOWN, Cause.IP_WITHOUT_GROUP)


class _Student:
    """One person and one bearer, over all rows that lead there."""

    def __init__(self, look: Look, person: str, bearer: str, rows: list[Registration]) -> None:
        self.look, self.person, self.bearer, self.rows = look, person, bearer, rows
        self.reaches = [look.offer.reach(row) for row in rows]
        self.codes = look.codes_of(person)
        self.tele = max((look.standings.is_tele(code) for code in self.codes), key=_certainty)
        self.distance = look.offer.structure.elements[bearer].distance

    def unreached(self) -> Iterator[Reason]:
        """D1: one line for this person and bearer. D6: one for each carried element."""
        missed: list[Registration] = []
        for element, its in groupby(
            zip(self.rows, self.reaches, strict=True), key=lambda pair: pair[0].element
        ):
            pairs = list(its)
            if any(reach.reached is not Tri.NO for _, reach in pairs):
                continue
            if self.look.may_have_more_rows(Table.IP, self.codes, [element]):
                continue
            here = [row for row, _ in pairs]
            if (
                fate_of(self.look, here[0]).cause is not Cause.ELEMENT_WITHOUT_GROUP
            ):  # it has one line for all
                missed += here
            if element != self.bearer and not self.look.may_have_more_groups(element):
                yield self._reason(Cause.IN_NO_SHARED_GROUP, here)
        if missed:
            by_fate = {fate_of(self.look, row).cause: row for row in reversed(missed)}
            cause = next(one for one in _MISSED if one in by_fate)
            first = by_fate[cause]
            if self.distance and self.tele is Tri.YES:  # any group would not do
                cause = Cause.NO_CEMU_GROUP_REACHED
            yield self._reason(cause, [first, *(row for row in missed if row is not first)])

    def foad_conditions(self, *, beyond: bool) -> Iterator[Reason]:
        """D2, by the table of infra/docs/extracts.md: *tout ou rien*."""
        if self.tele is Tri.MAYBE or (self.tele is Tri.NO and not self.distance):
            return
        cemu = [row for row, reach in zip(self.rows, self.reaches, strict=True) if _leads(reach, cemu=True)]
        if not cemu and (beyond or self._is_unclear()):
            return
        match self.distance, self.tele is Tri.YES, bool(cemu):
            case False, True, False:
                yield self._reason(Cause.TELE_ON_CAMPUS_ELEMENT, self.rows)
            case True, True, False:
                yield self._reason(Cause.CEMU_GROUP_MISSING, self.rows)
            case True, False, True:
                standings = [one for code in self.codes for one in self.look.standings_of.get(code, ())]
                yield self._reason(Cause.IA_MISSING, cemu, standings, year=self.look.extracts.year)
            case False, True, True:
                yield self._reason(Cause.FLAG_MISSING, cemu)
            case True, True, True if any(_leads(reach, cemu=False) for reach in self.reaches):
                yield self._reason(Cause.IN_BOTH_COURSES, self.rows)

    def _is_unclear(self) -> bool:
        bearers = self.look.offer.structure.bearer
        alike = (element for element, bearer in bearers.items() if bearer == self.bearer)
        return any(reach.reached is Tri.MAYBE for reach in self.reaches) or self.look.may_have_more_rows(
            Table.IP, self.codes, alike
        )

    def _reason(
        self, cause: Cause, rows: Sequence[Registration], beside: Sequence[Row] = (), **more: str
    ) -> Reason:
        said = self.look.details(self.bearer, **registration_details(self.look, rows[0]), **more)
        return Reason(cause, self.look.refs([*rows, *beside]), said, self.bearer, self.person)


_certainty = attrgetter("value")


def _leads(reach: Reach, *, cemu: bool) -> bool:
    return reach.reached is Tri.YES and reach.group is not None and reach.group.is_cemu is cemu


def registration_details(look: Look, row: Registration) -> dict[str, str]:
    group = look.offer.sharing.groups.get(row.group)
    named = {"label": group.label, "collection": group.collection} if group else {}
    return {"element": row.element, "group": row.group, **named}


def _about_elements(look: Look) -> Iterator[Reason]:
    for code in look.offer.structure.elements:
        yield from about_element(look, code)


def about_element(look: Look, code: str) -> Iterator[Reason]:
    """What an element, its groups and collections say without anybody in them: D1, D3, D6."""
    structure = look.offer.structure
    element, bearer = structure.elements[code], structure.bearer[code]

    def found(cause: Cause, *rows: Row, **more: str) -> Reason:
        return Reason(cause, look.refs(rows), look.details(bearer, element=code, **more), bearer)

    groups = look.offer.sharing.groups_on(code)
    cemu = [group for group in groups if group.is_cemu]
    certain = not look.may_have_more_groups(code)
    if not groups and certain:
        yield found(Cause.ELEMENT_WITHOUT_GROUP, element)
    if not element.distance:
        for group in cemu:
            yield found(Cause.CEMU_GROUP_NOT_DISTANCE, element, group, group=group.code)
    elif not cemu and certain:
        yield found(Cause.DISTANCE_WITHOUT_CEMU_GROUP, element)
    carrier = structure.elements.get(element.carrier)
    if carrier is not None and carrier.distance is not element.distance:
        yield found(Cause.FLAGS_DIFFER, element, carrier)
    if carrier is not None:
        yield from _about_sharing(look, code, bearer)


def _about_sharing(look: Look, code: str, bearer: str) -> Iterator[Reason]:
    """A carrier may have collections of its own beside a shared one: only a pair that shares nothing, or
    a collection of the carried that the carrier lacks, loses anybody."""
    sharing, said = look.offer.sharing, look.details(bearer, element=code)
    own, carriers = (sharing.of_element.get(one, frozenset()) for one in (code, bearer))
    for collection in sorted(own - carriers):
        if not sharing.may_attach(collection, bearer):
            rows = look.refs(sharing.rows_of(collection, code))
            yield Reason(Cause.COLLECTION_NOT_ON_CARRIER, rows, {**said, "collection": collection}, bearer)
    if not own and carriers and not sharing.is_open_element(code):
        rows = look.refs(row for one in carriers for row in sharing.rows_of(one, bearer))
        yield Reason(Cause.NOTHING_SHARED, rows, said, bearer)


def _about_teachers(look: Look) -> Iterator[Reason]:
    by_course: defaultdict[tuple[str, str], list[Planning]] = defaultdict(list)
    for row in look.extracts.plannings:
        bearer = look.offer.structure.bearer.get(row.element)
        if bearer is not None:
            by_course[look.codes_of(row.person)[0], bearer].append(row)
    for (person, bearer), rows in by_course.items():
        yield from about_teacher(look, person, bearer, rows)


def about_teacher(look: Look, person: str, bearer: str, rows: Iterable[Planning]) -> Iterator[Reason]:
    """D7, where no row enrols: past sheets of one who is planned are no finding."""
    by_cause: defaultdict[Cause, list[Planning]] = defaultdict(list)
    for row in rows:
        if row.enrols:
            return
        for cause in _why_not_planned(row):
            by_cause[cause].append(row)
    elements = look.borne_by.get(bearer, ())  # a row on any of them would lead to this course
    codes = look.codes_of(person)
    if look.may_have_more_rows(Table.ADE, codes, elements) or not look.planned_somewhere.isdisjoint(codes):
        return
    for cause, those in by_cause.items():
        first = min(those, key=attrgetter("element", "sheet"))
        said = look.details(bearer, element=first.element, sheet=first.sheet)
        yield Reason(cause, look.refs(those), said, bearer, person)


def _why_not_planned(row: Planning) -> Iterator[Cause]:
    if row.status != "PLANNED":
        yield Cause.ASSOCIATED_ONLY
    if row.origin != "APOGEE":
        yield Cause.SHEET_NOT_APOGEE
    if row.state != "CURRENT":
        yield Cause.SHEET_OBSOLETE
