"""*Why is this person (not) in this course?* (N22), from the rules and the source rows alone.

What Moodle has is added by domain.night.why.in_moodle. The verdict agrees with domain.offer.build on every
university: it is derived from the same offer, row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from passerelle.domain.night.why.question import AskedCourse, AskedPerson
from passerelle.domain.offer.causes import Cause, Reason, Weight
from passerelle.domain.offer.desired import STUDENT, TEACHER, DesiredCourse
from passerelle.domain.offer.diagnosis import (
    Fate,
    Look,
    about_element,
    about_record,
    about_student,
    about_teacher,
    fate_of,
    registration_details,
    unread_rows,
)
from passerelle.domain.offer.model import (
    Because,
    Element,
    Kind,
    Planning,
    RefusedRow,
    Registration,
    Row,
    Table,
)
from passerelle.domain.offer.sharing import Tri


class Verdict(StrEnum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"  # what they have stays as it is (N21)


@dataclass(frozen=True, slots=True)
class Place:
    """One course and what the sources say of this person in it. `course` is empty where there is none."""

    course: str  # idnumber
    fullname: str
    foad: bool
    verdict: Verdict
    roles: tuple[str, ...]
    reasons: tuple[Reason, ...]


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
    reason = element_refused(look, course.element)
    place = Place(
        course.only or course.element, course.title, bool(course.only), Verdict.UNKNOWN, (), (reason,)
    )
    return Answer(person, course, "", (place,))


def element_refused(look: Look, code: str, rows: Iterable[Row] = ()) -> Reason:
    """Why an element is not to be relied on: its own row, what it hangs on, or a file that stopped."""
    because = look.offer.structure.refused_elements.get(code)
    needed = _HANGS_ON.get(because, (Table.ELEMENTS,)) if because else (Table.ELEMENTS,)
    for table in needed:
        if table in look.extracts.stopped:
            return Reason(Cause.FILE_STOPPED, (), {"file": look.extracts.file_of(table)})
    named = [row for row in look.extracts.elements if row.code == code]
    refused = [*unread_rows(look, Table.ELEMENTS, "code", code)]
    if because is None:  # a row that does not say its code may be this one
        return _unreadable(look, refused, code)
    if because in _UNKNOWN:  # or what it names may stand in a row that could not be read
        hidden = [
            row
            for table in needed
            for row in look.extracts.refused
            if row.table is table and not row.fields.get("code")
        ]
        if hidden:
            return _unreadable(look, hidden, code)
    own = [row for row in refused if row.fields.get("code")]
    details = {"element": code, "because": because.value}
    return Reason(Cause.ELEMENT_REFUSED, look.refs([*named, *own, *rows]), details)


_HANGS_ON: Mapping[Because, tuple[Table, ...]] = {
    Because.UNKNOWN_CATEGORY: (Table.CATEGORIES,),
    Because.REFUSED_CATEGORY: (Table.CATEGORIES,),
    Because.UNKNOWN_CARRIER: (Table.ELEMENTS,),
    Because.REFUSED_CARRIER: (Table.ELEMENTS, Table.CATEGORIES),
}
_UNKNOWN = frozenset(_HANGS_ON)


def _unreadable(look: Look, rows: list[RefusedRow], what: str) -> Reason:
    details = {"what": what, **_first(rows)}
    return Reason(Cause.ROW_UNREADABLE, look.refs(rows), details)


def _about_nothing(look: Look, person: AskedPerson, course: AskedCourse) -> Answer:
    if look.offer.is_refused_element(course.element):
        verdict, reason = Verdict.UNKNOWN, element_refused(look, course.element)
    else:
        extracts = look.extracts
        both: tuple[Registration | Planning, ...] = (*extracts.registrations, *extracts.plannings)
        rows = [row for row in both if row.element == course.element and row.person in person.codes]
        verdict = Verdict.OUT
        reason = Reason(Cause.NOT_IN_OFFER, look.refs(rows), {"element": course.element})
    return Answer(person, course, "", (Place("", course.title, False, verdict, (), (reason,)),))


@dataclass(frozen=True, slots=True)
class _Question:
    look: Look
    person: AskedPerson
    asked: AskedCourse
    bearer: str

    # -- the course ---------------------------------------------------------------------------------

    def courses(self) -> Iterator[DesiredCourse]:
        """The bearer's one or two; where a FOAD form was named, its FOAD course, a carried element's too."""
        courses = self.look.offer.courses
        for found in (courses.ordinary[self.bearer], courses.foad.get(self.bearer)):
            if found is not None and (found.foad or not self.asked.only):
                yield found

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
        look, people, row = self.look, self.look.people, self.person.row
        if Table.PEOPLE in look.extracts.stopped:
            yield from self._stopped(Table.PEOPLE)
            return
        if row is not None and self.person.code in people.users:
            return
        because = people.incomplete.get(self.person.code)
        if row is not None and because is not None:
            lacking = [*about_record(look, row)]
            yield from lacking or [Reason(Cause.PERSON_REFUSED, look.refs([row]), {"because": because.value})]
            return
        named = {"code": self.person.code, "username": self.person.username}
        every = [one for one in look.extracts.refused if one.table is Table.PEOPLE]
        own = [one for one in every if any(v and one.fields.get(n) == v for n, v in named.items())]
        hidden = [one for one in every if not (one.fields.get("code") or one.fields.get("username"))]
        if own:
            first = min(own, key=lambda one: list(Because).index(one.because))
            yield Reason(Cause.PERSON_REFUSED, look.refs(own), {"because": first.because.value})
        elif self.person.code in look.extracts.disabled:
            yield Reason(Cause.PERSON_DISABLED, (), {"file": look.extracts.file_of(Table.PEOPLE)})
        elif hidden:
            yield Reason(Cause.PERSON_UNREADABLE, look.refs(hidden), _first(hidden))
        else:
            yield Reason(Cause.PERSON_UNKNOWN, (), {"file": look.extracts.file_of(Table.PEOPLE)})

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
            both = [reason for reason in both if reason.weight is not Weight.GIVES]
        elif roles:
            verdict = Verdict.IN
        else:
            is_open = any(reason.weight is Weight.OPEN for reason in both)
            verdict = Verdict.UNKNOWN if is_open else Verdict.OUT
        if verdict is Verdict.OUT and usable and self.look.offer.elements_open:
            # A row that does not say its code may be any element, this one's carried ones included.
            rows = [row for row in self._refused(Table.ELEMENTS) if not row.fields.get("code")]
            hidden = self._stopped(Table.ELEMENTS) or [_unreadable(self.look, rows, self.bearer)]
            both, verdict = [*both, *hidden], Verdict.UNKNOWN
        reasons = tuple(_worth_telling(both, verdict))
        return Place(course.idnumber, course.fullname, course.foad, verdict, tuple(roles), reasons)

    def is_staff(self) -> bool:
        return self.person.row is not None and self.person.row.kind is Kind.STAFF

    def _details(self, **more: str) -> dict[str, str]:
        said = self.look.details(self.bearer, element=self.asked.element)
        return {**said, "foad": said["foad"] or self.asked.only, **more}

    # -- as a student -----------------------------------------------------------------------------------

    def _as_student(self, course: DesiredCourse) -> list[Reason]:
        look, of = self.look, self.look.offer.structure.bearer
        every = [row for row in look.extracts.registrations if row.person in self.person.codes]
        here = [row for row in every if of.get(row.element) == self.bearer]
        fates = [(row, fate_of(look, row)) for row in here]
        merged: defaultdict[tuple[Cause, tuple[tuple[str, str], ...]], list[Row | RefusedRow]]
        merged = defaultdict(list)
        for row, fate in fates:
            told = self._seen_from(course, fate, [one.cause for _, one in fates])
            if told is not None:
                details = self._details(**registration_details(look, row))
                details |= {"file": fate.file} if fate.file else {"what": row.group, **_first(fate.beside)}
                merged[told, tuple(sorted(details.items()))] += [row, *fate.beside]
        reasons = [Reason(cause, look.refs(rows), dict(said)) for (cause, said), rows in merged.items()]
        ended = self._out_of_dates(Registration)
        certain = (
            self.person.row is not None
            and not ended
            and not look.may_have_more_rows(Table.IP, self.person.codes, [self.asked.element])
        )
        if not here and certain and not self.is_staff():
            reasons.append(Reason(Cause.NO_IP, (), self._details(file=look.extracts.file_of(Table.IP))))
        reasons += ended
        if self._usable():
            reasons += self._checks(every, fates)
        return [*reasons, *self._refused_registrations()]

    def _checks(self, every: list[Registration], fates: list[tuple[Registration, Fate]]) -> Iterator[Reason]:
        """What the report says of this person here, and of the elements and groups behind it."""
        look = self.look
        own = [one for one in about_student(look, self.person.code, every) if one.course == self.bearer]
        yield from own
        groupless = [row.element for row, fate in fates if fate.cause is Cause.ELEMENT_WITHOUT_GROUP]
        for element in dict.fromkeys(groupless):
            yield from (
                one for one in about_element(look, element) if one.cause is Cause.ELEMENT_WITHOUT_GROUP
            )
        if not any(one.cause is Cause.FLAG_MISSING for one in own):
            groups = {row.group for row, fate in fates if fate.cause in _IN_ORDINARY}
            for one in about_element(look, self.bearer):
                if one.cause is Cause.CEMU_GROUP_NOT_DISTANCE and one.details["group"] in groups:
                    yield one

    def _out_of_dates(self, kind: type[Registration | Planning]) -> list[Reason]:
        """N28: registrations that held once, or will."""
        of = self.look.offer.structure.bearer
        return [
            Reason(
                Cause.OUT_OF_DATES,
                self.look.refs([one.row]),
                self._details(
                    element=one.row.element,
                    begins=one.begins.isoformat() if one.begins else "",
                    ends=one.ends.isoformat() if one.ends else "",
                ),
            )
            for one in self.look.extracts.out_of_dates
            if isinstance(one.row, kind)
            and one.row.person in self.person.codes
            and of.get(one.row.element) == self.bearer
        ]

    def _seen_from(self, course: DesiredCourse, fate: Fate, every: list[Cause]) -> Cause | None:
        """What a registration's fate says of one of the bearer's courses; what a check says is said there."""
        if fate.cause.about.weight is Weight.OPEN:
            return fate.cause if course.foad or not fate.foad else Cause.FOAD_INSTEAD
        if fate.cause.about.check:
            return None
        if fate.foad:
            return fate.cause if course.foad else Cause.FOAD_INSTEAD
        if not course.foad:
            return fate.cause
        campus = all(cause in _IN_ORDINARY or cause.about.check == "D1" for cause in every)
        on_campus = campus and all(self.look.standings.is_tele(code) is Tri.NO for code in self.person.codes)
        return Cause.CAMPUS_ONLY if on_campus else None

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
            cause, shown = (Cause.PLANNED, own) if own else (Cause.PLANNED_ON_CARRIED, planned)
            return [Reason(cause, self.look.refs(shown), self._details(element=shown[0].element))]
        ended = self._out_of_dates(Planning)
        found = [*ended, *about_teacher(self.look, self.person.code, self.bearer, rows)]
        if (
            not (rows or ended)
            and self.is_staff()
            and not self.look.may_have_more_rows(Table.ADE, self.person.codes, [self.asked.element])
        ):
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
            if code and code not in self.person.codes:
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
        """The person's rows on a refused element may lead here, if it turns out to be carried by this one."""
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
                else sharing.attached(group, row.element) is not Tri.NO
                and sharing.attached(group, self.bearer) is not Tri.NO
            )
            if may:
                found.append(self._element_refused(row))
        return found

    def _element_refused(self, row: Registration | Planning) -> Reason:
        reason = element_refused(self.look, row.element, [row])
        return replace(reason, details={**self._details(), **reason.details})

    def _refused(self, table: Table) -> list[RefusedRow]:
        return [row for row in self.look.extracts.refused if row.table is table]

    def _stopped(self, *tables: Table) -> list[Reason]:
        files = [self.look.extracts.file_of(table) for table in tables if table in self.look.extracts.stopped]
        return [Reason(Cause.FILE_STOPPED, (), {"file": file}) for file in sorted(set(files))]


_IN_ORDINARY = {Cause.GROUP, Cause.GROUP_OF_CARRIED}
_ORDER = list(Weight)


def _worth_telling(reasons: Iterable[Reason], verdict: Verdict) -> list[Reason]:
    """Of who is in, not which other rows lead nowhere; but what a check asks to be repaired, always."""
    told = [*{(reason.cause, reason.rows): reason for reason in reasons}.values()]
    if verdict is Verdict.UNKNOWN:  # a row that could not be read may be of a CEMU group
        told = [one for one in told if one.cause is not Cause.CAMPUS_ONLY]
    if verdict is Verdict.IN:
        told = [one for one in told if one.weight is not Weight.WITHHOLDS or one.about.check]
    return sorted(told, key=lambda reason: _ORDER.index(reason.weight))


def _first(rows: Sequence[Row | RefusedRow]) -> dict[str, str]:
    for row in rows:
        if isinstance(row, RefusedRow):
            return {"because": row.because.value, "file": row.file}
    return {}
