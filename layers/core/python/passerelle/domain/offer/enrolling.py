"""From registrations and plannings to enrolments and members, and what refused rows leave open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from passerelle.domain.offer.desired import STUDENT, TEACHER, DesiredCourse, EnrolmentKey, MemberKey
from passerelle.domain.offer.model import Extracts, Group, Planning, RefusedRow, Registration, Table
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.offer.sharing import Courses, Sharing, Tri, refused_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passerelle.domain.offer.people import People, Standings
    from passerelle.domain.offer.structure import Structure
    from passerelle.domain.offer.unknown import Triple

_Key = TypeVar("_Key")
_Reason = TypeVar("_Reason")


class Reach(NamedTuple):
    """Where one IP row leads. `bearer` is empty where the element is refused or in no list."""

    bearer: str
    group: Group | None
    reached: Tri
    course: DesiredCourse | None = None  # of the group, where it is reached
    group_idnumber: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    structure: Structure
    sharing: Sharing
    courses: Courses
    naming: Naming
    elements_open: bool  # a refused element row does not say its code: any code may be an element
    # Twenty rows share one element and group: each pair is led to its course once.
    _reaches: dict[tuple[str, str], Reach] = field(default_factory=dict, compare=False, repr=False)

    def is_refused_element(self, code: str | None) -> bool:
        if code is None or code in self.structure.refused_elements:
            return True
        return self.elements_open and code not in self.structure.elements

    def reach(self, row: Registration) -> Reach:
        pair = (row.element, row.group)
        reach = self._reaches.get(pair)
        if reach is None:
            reach = self._reaches[pair] = self._lead(*pair)
        return reach

    def _lead(self, element: str, code: str) -> Reach:
        bearer = self.structure.bearer.get(element, "")
        group = self.sharing.groups.get(code)
        if not code or not bearer:
            return Reach(bearer, group, Tri.NO)
        if group is None:
            maybe = self.sharing.is_refused_group(code)
            return Reach(bearer, None, Tri.MAYBE if maybe else Tri.NO)
        reached = self.sharing.attached(group, element)
        if bearer != element:
            reached &= self.sharing.attached(group, bearer)
        if reached is not Tri.YES:
            return Reach(bearer, group, reached)
        idnumber = fill(self.naming.group_idnumber, code=code)
        return Reach(bearer, group, reached, self.courses.for_group(bearer, group), idnumber)


@dataclass(slots=True)
class Enrolments:
    """Filled row by row."""

    enrolments: dict[EnrolmentKey, tuple[Registration | Planning, ...]]
    members: dict[MemberKey, tuple[Registration, ...]]
    open_enrolments: set[Triple]  # (course, username, role), None for any
    open_members: set[Triple]  # (course, group, username)
    elsewhere: int = 0

    def leave_open(self, courses: Iterable[str | None], usernames: Iterable[str | None], role: str) -> None:
        """The person may be enrolled there, in whichever group."""
        for course in courses:
            for username in usernames:
                self.open_enrolments.add((course, username, role))
                if role == STUDENT:
                    self.open_members.add((course, None, username))


def enrol_people(extracts: Extracts, offer: Offer, people: People, standings: Standings) -> Enrolments:
    made = Enrolments({}, {}, set(), set())
    for (element, _), rows in _by_course(extracts.registrations).items():
        if element not in offer.structure.elements and not offer.is_refused_element(element):
            made.elsewhere += len(rows)
            continue
        for row in rows:
            username = people.username(row.person)
            if username is not None:
                _enrol_student(row, username, offer, standings, made)
    for planning in sorted((row for row in extracts.plannings if row.enrols), key=_by_what_it_says):
        username = people.username(planning.person)
        if username is not None:
            _enrol_teacher(planning, username, offer, made)
    _leave_open_what_refused_rows_say(extracts, offer, people, made)
    return made


def _append(found: dict[_Key, tuple[_Reason, ...]], key: _Key, row: _Reason) -> None:
    """Nearly all keys have one row: a tuple at once, and no list on the way to it."""
    found[key] = (*found[key], row) if key in found else (row,)


_by_what_it_says = attrgetter("person", "element", "sheet")  # of two that enrol, no more can differ


def _by_course(rows: Iterable[Registration]) -> dict[tuple[str, str], list[Registration]]:
    """By element and group, sorted: by what the rows say and not by where they stand, for the plan must not
    depend on that. What is made of the rows of one course then lies together in memory, too, without which a
    university ten times as large takes twice as long for each row."""
    found: defaultdict[tuple[str, str], list[Registration]] = defaultdict(list)
    for row in rows:
        found[row.element, row.group].append(row)
    return {pair: found[pair] for pair in sorted(found)}


def _enrol_student(
    row: Registration,
    username: str,
    offer: Offer,
    standings: Standings,
    made: Enrolments,
) -> None:
    bearer, _, reached, course, group = offer.reach(row)
    if not bearer:
        made.leave_open(_courses_beyond_refused(row, offer), [username], STUDENT)
        return
    if reached is Tri.MAYBE:
        made.leave_open(offer.courses.all_of(bearer), [username], STUDENT)
        return
    if course is None:
        return
    tele = standings.is_tele(row.person) if course.foad else Tri.YES
    if tele is Tri.YES:
        _append(made.enrolments, (course.idnumber, username, STUDENT), row)
        _append(made.members, (course.idnumber, group, username), row)
    elif tele is Tri.MAYBE:
        made.leave_open([course.idnumber], [username], STUDENT)


def _courses_beyond_refused(row: Registration, offer: Offer) -> list[str | None]:
    """Who bears a refused element is unknown; but the row can only reach a bearer that shares the
    group's collection, so that most removals elsewhere stay certain."""
    if not row.group:
        return []
    sharing = offer.sharing
    group = sharing.groups.get(row.group)
    if group is None:
        return [None] if sharing.is_refused_group(row.group) else []
    if sharing.attached(group, row.element) is Tri.NO:
        return []
    if any(element is None for _, element in sharing.open_attachments):
        return [None]
    elements = {*sharing.elements_of.get(group.collection, ())} | {
        element
        for collection, element in sharing.open_attachments
        if element is not None and collection in (group.collection, None)
    }
    return [
        course
        for element in sorted(elements)
        if element in offer.courses.ordinary
        for course in offer.courses.all_of(element)
    ]


def _enrol_teacher(row: Planning, username: str, offer: Offer, made: Enrolments) -> None:
    bearer = offer.structure.bearer.get(row.element)
    if bearer is not None:
        _append(made.enrolments, (offer.courses.ordinary[bearer].idnumber, username, TEACHER), row)
    elif offer.is_refused_element(row.element):
        made.leave_open([None], [username], TEACHER)


def _leave_open_what_refused_rows_say(
    extracts: Extracts, offer: Offer, people: People, made: Enrolments
) -> None:
    for table, role in ((Table.IP, STUDENT), (Table.ADE, TEACHER)):
        for row in refused_rows(extracts, table):
            courses = _courses_named(row, offer, role)
            usernames = people.may_be(row.fields.get("person_code") or None)
            made.leave_open(courses, usernames, role)


def _courses_named(row: RefusedRow, offer: Offer, role: str) -> list[str | None]:
    element = row.fields.get("element_code") or None
    bearer = offer.structure.bearer.get(element) if element else None
    if bearer is not None:
        if role == TEACHER:
            return [offer.courses.ordinary[bearer].idnumber]
        return [*offer.courses.all_of(bearer)]
    return [None] if offer.is_refused_element(element) else []
