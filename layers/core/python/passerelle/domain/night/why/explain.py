"""*Why is this person (not) in this course?* (N22), from the rules and the source rows alone.

What Moodle has is added by domain.night.why.in_moodle. The verdict agrees with domain.offer.build on every
university: it is derived from the same offer, row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from passerelle.domain.night.why.causes import Cause, Reason, Weight
from passerelle.domain.night.why.question import AskedCourse, AskedPerson
from passerelle.domain.offer.desired import STUDENT, TEACHER, DesiredCourse
from passerelle.domain.offer.enrolling import Offer
from passerelle.domain.offer.model import (
    Because,
    Element,
    Extracts,
    Kind,
    Planning,
    RefusedRow,
    Registration,
    Row,
    RowRef,
    Table,
)
from passerelle.domain.offer.people import LACKING, People, Standings, read_people, read_standings
from passerelle.domain.offer.sharing import Tri, refused_rows


class Verdict(StrEnum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"  # what he has stays as it is (N21)


@dataclass(frozen=True, slots=True)
class Place:
    """One course and what the sources say of this person in it. `course` is empty where there is none."""

    course: str  # idnumber
    fullname: str
    foad: bool
    verdict: Verdict
    roles: tuple[str, ...]
    reasons: tuple[Reason, ...]

    def has(self, cause: Cause) -> bool:
        return any(reason.cause is cause for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Answer:
    """`bearer`: the element in whose course the question is settled."""

    person: AskedPerson
    course: AskedCourse
    bearer: str
    places: tuple[Place, ...]
    notes: tuple[Reason, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All that were found, each once, notes first."""
        found = [*self.notes, *(reason for place in self.places for reason in place.reasons)]
        return tuple(dict.fromkeys(reason.cause for reason in found))


@dataclass(frozen=True, slots=True)
class Look:
    """The sources, read once for as many questions as there are."""

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


def look_at(extracts: Extracts, offer: Offer, with_account: Collection[str] | None = None) -> Look:
    """`with_account`: as for build_desired."""
    return Look(extracts, offer, read_people(extracts, with_account), read_standings(extracts))


def explain(look: Look, person: AskedPerson, course: AskedCourse) -> Answer:
    offer = look.offer
    if course.refused is not None:
        return _about_refused_element(look, person, course)
    bearer = offer.structure.bearer.get(course.element, "")
    if not bearer:
        return _about_nothing(look, person, course)
    question = _Question(look, person, course, bearer)
    notes = [*question.about_person(), *question.about_carrying()]
    places = [question.place(found) for found in question.courses()]
    if course.only and not places:
        places = [question.missing_foad()]
    return Answer(person, course, bearer, tuple(places), tuple(notes))


def _about_refused_element(look: Look, person: AskedPerson, course: AskedCourse) -> Answer:
    rows = [row for row in look.extracts.elements if row.code == course.element]
    refused = [
        row
        for row in look.extracts.refused
        if row.table is Table.ELEMENTS and row.fields.get("code") == course.element
    ]
    because = course.refused or Because.BAD_VALUE
    details = {"element": course.element, "because": because.value}
    reason = Reason(Cause.ELEMENT_REFUSED, look.refs([*rows, *refused]), details)
    place = Place(
        course.only or course.element, course.title, bool(course.only), Verdict.UNKNOWN, (), (reason,)
    )
    return Answer(person, course, "", (place,))


def _about_nothing(look: Look, person: AskedPerson, course: AskedCourse) -> Answer:
    extracts = look.extracts
    both: tuple[Registration | Planning, ...] = (*extracts.registrations, *extracts.plannings)
    rows = [row for row in both if row.element == course.element and row.person in person.codes]
    verdict, cause = Verdict.OUT, Cause.NOT_IN_OFFER
    if look.offer.is_refused_element(course.element):  # a refused row hides its code: it may be this one
        verdict, cause = Verdict.UNKNOWN, Cause.ELEMENT_REFUSED
    details = {"element": course.element, "because": Because.BAD_VALUE.value}
    place = Place("", course.title, False, verdict, (), (Reason(cause, look.refs(rows), details),))
    return Answer(person, course, "", (place,))


# A cause, what its sentence needs, and the rows that show it beside the one it is about.
_Fate = tuple[Cause, dict[str, str], Sequence[Row | RefusedRow]]


@dataclass(frozen=True, slots=True)
class _Question:
    look: Look
    person: AskedPerson
    asked: AskedCourse
    bearer: str

    # -- the course ---------------------------------------------------------------------------------

    def courses(self) -> Iterator[DesiredCourse]:
        courses = self.look.offer.courses
        for found in (courses.ordinary[self.bearer], courses.foad.get(self.bearer)):
            if found is not None and self.asked.only in ("", found.idnumber, self._own_foad(found)):
                yield found

    def _own_foad(self, course: DesiredCourse) -> str:
        """A carried element's FOAD form means its carrier's FOAD course."""
        return self.asked.only if course.foad and self.asked.element != self.bearer else course.idnumber

    def about_carrying(self) -> Iterator[Reason]:
        if self.asked.element == self.bearer:
            return
        element: Element | None = self.look.offer.structure.elements[self.asked.element]
        chain: list[Element] = []
        while element is not None and element.carrier:
            chain.append(element)
            element = self.look.offer.structure.elements.get(element.carrier)
        yield Reason(Cause.CARRIED, self.look.refs(chain), self._details())

    def missing_foad(self) -> Place:
        """The FOAD form of an element that is not at a distance."""
        row = self.look.offer.structure.elements[self.bearer]
        reasons = [Reason(Cause.NO_FOAD_COURSE, self.look.refs([row]), self._details())]
        ordinary = self.place(self.look.offer.courses.ordinary[self.bearer])
        reasons += [reason for reason in ordinary.reasons if reason.weight is not Weight.WITHHOLDS]
        return Place(self.asked.only, row.title, True, Verdict.OUT, (), tuple(reasons))

    # -- the person ---------------------------------------------------------------------------------

    def about_person(self) -> Iterator[Reason]:
        if self._stopped(Table.PEOPLE):
            yield from self._stopped(Table.PEOPLE)
            return
        people, row = self.look.people, self.person.row
        if row is not None and self.person.code in people.users:
            return
        because = people.incomplete.get(self.person.code)
        if row is not None and because is not None:
            cause = Cause(because.value) if because in LACKING else Cause.PERSON_REFUSED
            yield Reason(cause, self.look.refs([row]), {"because": because.value})
            return
        refused = [
            one
            for one in refused_rows(self.look.extracts, Table.PEOPLE)
            if (self.person.code and one.fields.get("code") == self.person.code)
            or (self.person.username and one.fields.get("username") == self.person.username)
        ]
        if refused:
            first = min(refused, key=lambda one: list(Because).index(one.because))
            yield Reason(Cause.PERSON_REFUSED, self.look.refs(refused), {"because": first.because.value})
        elif people.any_refused:
            hidden = [
                one
                for one in refused_rows(self.look.extracts, Table.PEOPLE)
                if not (one.fields.get("code") or one.fields.get("username"))
            ]
            details = {"because": hidden[0].because.value}
            yield Reason(Cause.PERSON_REFUSED, self.look.refs(hidden), details)
        else:
            yield Reason(Cause.PERSON_UNKNOWN, (), {"file": self.look.extracts.file_of(Table.PEOPLE)})

    def _usable(self) -> bool:
        return any(self.look.people.username(code) is not None for code in self.person.codes)

    # -- one course -----------------------------------------------------------------------------------

    def place(self, course: DesiredCourse) -> Place:
        student, teacher = self._as_student(course), self._as_teacher(course)
        both = [*student, *teacher]
        roles = [
            role
            for role, reasons in ((STUDENT, student), (TEACHER, teacher))
            if any(reason.weight is Weight.GIVES for reason in reasons)
        ]
        usable = self._usable()
        if not usable:
            person_open = any(reason.weight is Weight.OPEN for reason in self.about_person())
            verdict, roles = (Verdict.UNKNOWN if person_open else Verdict.OUT), []
        elif roles:
            verdict = Verdict.IN
        else:
            is_open = any(reason.weight is Weight.OPEN for reason in both)
            verdict = Verdict.UNKNOWN if is_open else Verdict.OUT
        if verdict is Verdict.OUT and usable and self.look.offer.elements_open:
            both, verdict = [*both, self._hidden_element()], Verdict.UNKNOWN
        reasons = tuple(_worth_telling(both, verdict, foad=course.foad))
        return Place(course.idnumber, course.fullname, course.foad, verdict, tuple(roles), reasons)

    def _hidden_element(self) -> Reason:
        """A refused row that does not say its code may be any element, this one's carried ones included."""
        rows = [row for row in self._refused(Table.ELEMENTS) if not row.fields.get("code")]
        return Reason(Cause.ELEMENT_REFUSED, self.look.refs(rows), self._details() | _first(rows))

    def is_staff(self) -> bool:
        return self.person.row is not None and self.person.row.kind is Kind.STAFF

    def _details(self, **more: str) -> dict[str, str]:
        foad = self.look.offer.courses.foad.get(self.bearer)
        return {
            "element": self.asked.element,
            "bearer": self.bearer,
            "course": self.look.offer.courses.ordinary[self.bearer].idnumber,
            "foad": foad.idnumber if foad else self.asked.only,
            **more,
        }

    # -- as a student -----------------------------------------------------------------------------------

    def _registrations(self) -> list[Registration]:
        """All his rows that lead to this bearer, whichever element they are on."""
        of = self.look.offer.structure.bearer
        rows = (row for row in self.look.extracts.registrations if row.person in self.person.codes)
        mine = [row for row in rows if of.get(row.element) == self.bearer]
        return sorted(mine, key=lambda row: (row.element != self.asked.element, row.element, row.group))

    def _as_student(self, course: DesiredCourse) -> list[Reason]:
        rows = self._registrations()
        fates = [(row, self._fate(row, course)) for row in rows]
        merged: defaultdict[tuple[Cause, tuple[tuple[str, str], ...]], list[Row | RefusedRow]] = defaultdict(
            list
        )
        for row, (cause, details, also) in fates:
            merged[cause, tuple(sorted(details.items()))] += [row, *also]
        reasons = [
            Reason(cause, self.look.refs(rows), dict(details)) for (cause, details), rows in merged.items()
        ]
        if not rows and not self.is_staff():
            reasons.append(Reason(Cause.NO_IP, (), self._details(file=self.look.extracts.file_of(Table.IP))))
        reasons += self._refused_registrations()
        return [*reasons, *self._all_or_nothing(rows, course)]

    def _fate(self, row: Registration, course: DesiredCourse) -> _Fate:
        """What became of one IP row, seen from one course of its bearer."""
        offer, sharing = self.look.offer, self.look.offer.sharing
        said = self._details(element=row.element, group=row.group)
        reach = offer.reach(row)
        if reach.group is None:
            return self._groupless_fate(row, reach.reached, said)
        said |= {"label": reach.group.label, "collection": reach.group.collection}
        if reach.reached is Tri.MAYBE:
            return Cause.ATTACHMENT_REFUSED, said, self._refused(Table.COLLECTIONS)
        if reach.reached is Tri.NO:
            attached = sharing.attached(reach.group.collection, row.element)
            cause = Cause.GROUP_ELSEWHERE if attached is Tri.NO else Cause.GROUP_NOT_SHARED
            return cause, said, [reach.group]
        if reach.course is not None and reach.course.foad:
            return self._foad_fate(row, course, said)
        if course.foad:
            tele = self.look.standings.is_tele(row.person)
            return (Cause.CAMPUS_ONLY if tele is Tri.NO else Cause.CEMU_GROUP_MISSING), said, []
        return (Cause.GROUP if row.element == self.bearer else Cause.GROUP_OF_CARRIED), said, []

    def _groupless_fate(self, row: Registration, reached: Tri, said: dict[str, str]) -> _Fate:
        sharing = self.look.offer.sharing
        if row.group:
            refused = self._refused(Table.GROUPS, code=row.group)
            return (
                (Cause.GROUP_REFUSED, said, refused)
                if reached is Tri.MAYBE
                else (Cause.GROUP_UNKNOWN, said, [])
            )
        has_groups = any(
            sharing.groups_of.get(collection) for collection in sharing.of_element.get(row.element, ())
        )
        return (Cause.IP_WITHOUT_GROUP if has_groups else Cause.ELEMENT_WITHOUT_GROUP), said, []

    def _foad_fate(self, row: Registration, course: DesiredCourse, said: dict[str, str]) -> _Fate:
        tele = self.look.standings.is_tele(row.person)
        mine = [one for one in self.look.extracts.standings if one.person == row.person]
        if tele is Tri.NO:
            return Cause.IA_MISSING, said | {"year": self.look.extracts.year}, [*mine]
        if not course.foad:
            return Cause.FOAD_INSTEAD, said, []
        if tele is Tri.MAYBE:
            refused = self._refused(Table.IA, person_code=row.person)
            return Cause.ROW_REFUSED, said | _first(refused), [*refused]
        return Cause.FOAD_CONDITIONS, said, [one for one in mine if one.tele]

    def _all_or_nothing(self, rows: list[Registration], course: DesiredCourse) -> Iterator[Reason]:
        """D2 and D3 beside the enrolment itself: the table of infra/docs/extracts.md."""
        reaches = [(row, self.look.offer.reach(row)) for row in rows]
        good = [(row, reach) for row, reach in reaches if reach.reached is Tri.YES]
        cemu = [row for row, reach in good if reach.group is not None and reach.group.is_cemu]
        ordinary = [row for row, reach in good if reach.group is not None and not reach.group.is_cemu]
        tele = any(self.look.standings.is_tele(row.person) is Tri.YES for row in rows)
        distance = self.look.offer.structure.elements[self.bearer].distance
        bearer = self.look.offer.structure.elements[self.bearer]
        said = self._details(group=cemu[0].group if cemu else "")
        unclear = any(reach.reached is Tri.MAYBE for _, reach in reaches)
        if not distance and tele and not cemu and rows and not unclear and not course.foad:
            yield Reason(Cause.TELE_ON_CAMPUS_ELEMENT, self.look.refs([*rows, bearer]), said)
        if not distance and cemu:
            cause = Cause.FLAG_MISSING if tele else Cause.CEMU_GROUP_NOT_DISTANCE
            yield Reason(cause, self.look.refs([*cemu, bearer]), said)
        if distance and tele and cemu and ordinary:
            yield Reason(Cause.IN_BOTH_COURSES, self.look.refs([*cemu, *ordinary]), said)
        if distance and tele and not cemu and ordinary and not course.foad:
            yield Reason(Cause.CEMU_GROUP_MISSING, self.look.refs(ordinary), said)

    # -- as a teacher -----------------------------------------------------------------------------------

    def _as_teacher(self, course: DesiredCourse) -> list[Reason]:
        of = self.look.offer.structure.bearer
        rows = [
            row
            for row in self.look.extracts.plannings
            if row.person in self.person.codes and of.get(row.element) == self.bearer
        ]
        refused = self._refused_plannings(course)
        if course.foad:
            hand = Reason(Cause.FOAD_BY_HAND, self.look.refs(rows), self._details())
            return [hand] if rows or self.is_staff() else []
        planned = [row for row in rows if row.enrols]
        if planned:
            own = [row for row in planned if row.element == self.bearer]
            element = planned[0].element
            cause = Cause.PLANNED if own else Cause.PLANNED_ON_CARRIED
            return [Reason(cause, self.look.refs(own or planned), self._details(element=element))]
        by_cause: defaultdict[Cause, list[Planning]] = defaultdict(list)
        for row in rows:
            for cause in _why_not_planned(row):
                by_cause[cause].append(row)
        found = [
            Reason(
                cause,
                self.look.refs(those),
                self._details(element=those[0].element, sheet=those[0].sheet),
            )
            for cause, those in by_cause.items()
        ]
        if not rows and self.is_staff():
            file = self.look.extracts.file_of(Table.ADE)
            found.append(Reason(Cause.NOT_PLANNED, (), self._details(file=file)))
        return [*found, *refused]

    # -- what refused rows leave open (N21) ---------------------------------------------------------------

    def _refused_registrations(self) -> list[Reason]:
        found = [*self._stopped(Table.IP, Table.IA, Table.GROUPS, Table.COLLECTIONS)]
        found += self._perhaps(Table.IP)
        found += self._beyond_refused_elements()
        return found

    def _refused_plannings(self, course: DesiredCourse) -> list[Reason]:
        if course.foad:
            return []
        found = [*self._stopped(Table.ADE), *self._perhaps(Table.ADE)]
        of = self.look.offer
        rows = [
            row
            for row in self.look.extracts.plannings
            if row.person in self.person.codes and row.enrols and row.element not in of.structure.bearer
        ]
        rows = [row for row in rows if of.is_refused_element(row.element)]
        return [*found, *map(self._element_refused, rows)]

    def _perhaps(self, table: Table) -> list[Reason]:
        """Refused rows that may be about this person in this course."""
        found = []
        for row in self._refused(table):
            code, element = row.fields.get("person_code"), row.fields.get("element_code")
            if row.line == 0 or (code and code not in self.person.codes):
                continue
            bearer = self.look.offer.structure.bearer.get(element) if element else None
            about_it = (
                bearer == self.bearer if bearer else self.look.offer.is_refused_element(element or None)
            )
            if about_it:
                found.append(
                    Reason(Cause.ROW_REFUSED, self.look.refs([row]), self._details() | _first([row]))
                )
        return found

    def _beyond_refused_elements(self) -> list[Reason]:
        """His rows on a refused element may lead here, if it turns out to be carried by this one."""
        offer, sharing = self.look.offer, self.look.offer.sharing
        found = []
        for row in self.look.extracts.registrations:
            if row.person not in self.person.codes or row.element in offer.structure.bearer:
                continue
            if not row.group or not offer.is_refused_element(row.element):
                continue
            group = sharing.groups.get(row.group)
            may = (
                sharing.is_refused_group(row.group)
                if group is None
                else sharing.attached(group.collection, row.element) is not Tri.NO
                and sharing.attached(group.collection, self.bearer) is not Tri.NO
            )
            if may:
                found.append(self._element_refused(row))
        return found

    def _element_refused(self, row: Registration | Planning) -> Reason:
        because = self.look.offer.structure.refused_elements.get(row.element, Because.BAD_VALUE)
        details = self._details(element=row.element, because=because.value)
        return Reason(Cause.ELEMENT_REFUSED, self.look.refs([row]), details)

    def _refused(self, table: Table, **fields: str) -> list[RefusedRow]:
        """Refused rows of a table that have these values, or do not say."""
        return [
            row
            for row in refused_rows(self.look.extracts, table)
            if all((row.fields.get(name) or value) == value for name, value in fields.items())
        ]

    def _stopped(self, *tables: Table) -> list[Reason]:
        files = [self.look.extracts.file_of(table) for table in tables if table in self.look.extracts.stopped]
        return [Reason(Cause.FILE_STOPPED, (), {"file": file}) for file in sorted(set(files))]


_LED_SOMEWHERE = {Cause.CAMPUS_ONLY, Cause.CEMU_GROUP_MISSING, Cause.FOAD_INSTEAD, Cause.IA_MISSING}
_ORDER = list(Weight)


def _worth_telling(reasons: Iterable[Reason], verdict: Verdict, *, foad: bool) -> list[Reason]:
    """Of who is in, not which of his other rows lead nowhere; but what D2 asks to be repaired, always."""
    found = {(reason.cause, reason.rows): reason for reason in reasons}
    told = list(found.values())
    led = any(reason.cause in _LED_SOMEWHERE for reason in told)
    if verdict is Verdict.IN:
        told = [
            reason
            for reason in told
            if reason.weight is not Weight.WITHHOLDS
            or reason.cause is Cause.IA_MISSING
            or (reason.cause is Cause.CEMU_GROUP_MISSING and not foad)
        ]
    elif led:
        told = [reason for reason in told if reason.cause is not Cause.IP_WITHOUT_GROUP]
    return sorted(told, key=lambda reason: _ORDER.index(reason.weight))


def _why_not_planned(row: Planning) -> Iterator[Cause]:
    if row.status != "PLANNED":
        yield Cause.ASSOCIATED_ONLY
    if row.origin != "APOGEE":
        yield Cause.SHEET_NOT_APOGEE
    if row.state != "CURRENT":
        yield Cause.SHEET_OBSOLETE


def _first(rows: list[RefusedRow]) -> dict[str, str]:
    return {"because": rows[0].because.value, "file": rows[0].file} if rows else {}
