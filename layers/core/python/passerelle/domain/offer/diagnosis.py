"""The one diagnosis: which causes the rows of the sources meet, for one question or for the whole report.

What a refused row leaves open is no finding: only good rows accuse (N21).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product
from operator import attrgetter
from typing import NamedTuple

from passerelle.domain.offer.causes import Cause, Reason, in_order
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
        """All codes of whoever has this one, the person's own first."""
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
            return Fate(Cause.IA_MISSING)
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
        self.led = [(row, look.offer.reach(row)) for row in rows]
        self.codes = look.codes_of(person)
        self.tele = max((look.standings.is_tele(code) for code in self.codes), key=_certainty)
        self.distance = look.offer.structure.elements[bearer].distance

    def unreached(self) -> Iterator[Reason]:
        """D1: one line for this person and bearer. D6: one for each carried element."""
        missed: list[Registration] = []
        for element, its in groupby(self.led, key=lambda pair: pair[0].element):
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
        cemu = [row for row, reach in self.led if _leads(reach, cemu=True)]
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
            case True, True, True if any(_leads(reach, cemu=False) for _, reach in self.led):
                yield self._reason(Cause.IN_BOTH_COURSES, self.rows)

    def _is_unclear(self) -> bool:
        bearers = self.look.offer.structure.bearer
        alike = (element for element, bearer in bearers.items() if bearer == self.bearer)
        return any(reach.reached is Tri.MAYBE for _, reach in self.led) or self.look.may_have_more_rows(
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
