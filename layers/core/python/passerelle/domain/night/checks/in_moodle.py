"""The checks that need what Moodle has, or how the nights went: D4, D5, D8–D11 and D13–D16.

Courses' contents are asked of Moodle only for the candidates, `courses_to_look_into`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.night.plan.actual import Actual, Course, Enrolment
from passerelle.domain.night.plan.plan import Because, Plan, Still
from passerelle.domain.night.plan.run import WHOLE, Run
from passerelle.domain.night.why.causes import Repairs
from passerelle.domain.night.why.effects import TIMES
from passerelle.domain.night.why.question import plain
from passerelle.domain.offer.desired import STUDENT, TEACHER, Desired
from passerelle.domain.offer.model import Element, RowRef, Table
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState

ARCHIVE = "ex_"
RECENT = timedelta(days=30)
LATE = timedelta(minutes=30)  # after its hour, for a stage to begin
TEACHING = frozenset({TEACHER, "teacher"})
LEAST_COMMON = 5  # students shared, before a space is called the twin of a course
COMMON_SHARE = 0.8


class Trouble(StrEnum):
    """What exactly was found; each has its sentence in words.checks_in_moodle."""

    FOAD_WITHOUT_TEACHER = "foad_without_teacher"
    BECAME_CARRIED = "became_carried"
    CARRIER_CHANGED = "carrier_changed"
    HIDDEN_WITH_CONTENT = "hidden_with_content"
    VISIBLE_EMPTY = "visible_empty"
    ARCHIVE_ACTIVE = "archive_active"
    CODE_IS_BACK = "code_is_back"
    CATEGORY_KEPT = "category_kept"
    NAME_BY_HAND = "name_by_hand"
    IDNUMBER_BY_HAND = "idnumber_by_hand"
    HELD_TWICE = "held_twice"
    NOT_ADOPTED = "not_adopted"
    NAME_TAKEN = "name_taken"
    STAGE_LATE = "stage_late"
    STAGE_FAILED = "stage_failed"
    STAGE_FROZEN = "stage_frozen"
    STAGE_MISSING = "stage_missing"
    STAGE_UNFINISHED = "stage_unfinished"
    TOO_MANY = "too_many"
    HAND_DOUBLES = "hand_doubles"
    HAND_CONTRADICTS = "hand_contradicts"
    SPACE_SAME_NAME = "space_same_name"
    SPACE_SAME_PEOPLE = "space_same_people"


_ABOUT: Mapping[Trouble, tuple[str, Repairs]] = {
    Trouble.FOAD_WITHOUT_TEACHER: ("D4", Repairs.CEMU),
    Trouble.BECAME_CARRIED: ("D5", Repairs.SCOLARITE),
    Trouble.CARRIER_CHANGED: ("D5", Repairs.SCOLARITE),
    Trouble.HIDDEN_WITH_CONTENT: ("D8", Repairs.TEACHER),
    Trouble.VISIBLE_EMPTY: ("D8", Repairs.TEACHER),
    Trouble.ARCHIVE_ACTIVE: ("D9", Repairs.ADMINISTRATOR),
    Trouble.CODE_IS_BACK: ("D9", Repairs.ADMINISTRATOR),
    Trouble.CATEGORY_KEPT: ("D10", Repairs.ADMINISTRATOR),
    Trouble.NAME_BY_HAND: ("D11", Repairs.ADMINISTRATOR),
    Trouble.IDNUMBER_BY_HAND: ("D11", Repairs.ADMINISTRATOR),
    Trouble.HELD_TWICE: ("D11", Repairs.ADMINISTRATOR),
    Trouble.NOT_ADOPTED: ("D11", Repairs.ADMINISTRATOR),
    Trouble.NAME_TAKEN: ("D11", Repairs.ADMINISTRATOR),
    Trouble.STAGE_LATE: ("D13", Repairs.ADMINISTRATOR),
    Trouble.STAGE_FAILED: ("D13", Repairs.ADMINISTRATOR),
    Trouble.STAGE_FROZEN: ("D13", Repairs.ADMINISTRATOR),
    Trouble.STAGE_MISSING: ("D13", Repairs.ADMINISTRATOR),
    Trouble.STAGE_UNFINISHED: ("D13", Repairs.ADMINISTRATOR),
    Trouble.TOO_MANY: ("D14", Repairs.ADMINISTRATOR),
    Trouble.HAND_DOUBLES: ("D15", Repairs.TEACHER),
    Trouble.HAND_CONTRADICTS: ("D15", Repairs.TEACHER),
    Trouble.SPACE_SAME_NAME: ("D16", Repairs.ADMINISTRATOR),
    Trouble.SPACE_SAME_PEOPLE: ("D16", Repairs.ADMINISTRATOR),
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding of this page. `what` fills its sentence: counts, codes and names of objects.

    `person` is a code or a login; the report, which may, puts a name beside it.
    """

    trouble: Trouble
    course: str = ""
    category: str = ""
    person: str = field(default="", repr=False)
    what: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[RowRef, ...] = ()

    @property
    def check(self) -> str:
        return _ABOUT[self.trouble][0]

    @property
    def repairs(self) -> Repairs:
        return _ABOUT[self.trouble][1]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the last good night's sources said: element → carrier, course → full name."""

    carriers: Mapping[str, str] = field(default_factory=dict)
    fullnames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the checks on Moodle look at. `states`: by idnumber, of `courses_to_look_into`."""

    desired: Desired
    actual: Actual
    today: date
    naming: Naming = field(default_factory=Naming)
    states: Mapping[str, CourseState] = field(default_factory=dict)
    earlier: Earlier = field(default_factory=Earlier)
    archived_on: Mapping[str, date] = field(default_factory=dict)  # archived idnumber → its night, if known
    files: Mapping[Table, str] = field(default_factory=dict)

    def row(self, element: str) -> tuple[RowRef, ...]:
        found = self.desired.structure.elements.get(element)
        file = self.files.get(Table.ELEMENTS, Table.ELEMENTS.value)
        return (RowRef(file, found.line),) if found else ()


def find_in_moodle(sight: Sight, plan: Plan | None = None) -> tuple[Sighting, ...]:
    """D4, D5, D8, D9, D15, D16; with the night's plan also D10, D11 and D14. In order of check and course."""
    held = _Held.read(sight.actual)
    found = [
        *_foad_without_teacher(sight, held),
        *_carried(sight),
        *_visibility(sight, held),
        *_archives(sight),
        *_by_hand(sight, held),
        *_twins(sight, held),
    ]
    if plan is not None:
        found += [*_standing_still(plan), *_changed_by_hand(sight, plan), *_abnormal(plan)]
    return in_order(found)


def in_order(found: Iterable[Sighting]) -> tuple[Sighting, ...]:
    return tuple(sorted(found, key=_order))


def _order(one: Sighting) -> tuple[int, str, str, str, str, tuple[tuple[str, str], ...]]:
    return (
        int(one.check[1:]),
        one.trouble,
        one.course,
        one.category,
        one.person,
        tuple(sorted(one.what.items())),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """Who is in which course (by its Moodle id), by whom."""

    by_course: Mapping[int, tuple[Enrolment, ...]]

    @classmethod
    def read(cls, actual: Actual) -> _Held:
        rows: defaultdict[int, list[Enrolment]] = defaultdict(list)
        for row in actual.enrolments:
            rows[row.courseid].append(row)
        return cls({number: tuple(found) for number, found in rows.items()})

    def people(self, course: int, roles: Iterable[str]) -> frozenset[str]:
        wanted = set(roles)
        rows = self.by_course.get(course, ())
        return frozenset(row.username for row in rows if row.active and not wanted.isdisjoint(row.roles))


def _ours(sight: Sight) -> Iterator[Course]:
    return (row for row in sight.actual.courses.values() if sight.actual.is_ours("course", row.id))


def courses_to_look_into(sight: Sight) -> tuple[str, ...]:
    """Idnumbers of the courses whose contents D5 and D8 need to know: asked of Moodle in pages."""
    held = _Held.read(sight.actual)
    there = _there(sight)
    wanted = {one for element, _ in _moved_elements(sight) for one in _former(sight, element, there)}
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        if desired is not None and (course.visible or _begun_with_students(sight, course, held)):
            wanted.add(course.idnumber)
    return tuple(sorted(wanted))


def _has_content(sight: Sight, idnumber: str) -> bool:
    state = sight.states.get(idnumber)
    return state is not None and state.exists and not state.empty


# -- D4 -----------------------------------------------------------------------------------------------


def _foad_without_teacher(sight: Sight, held: _Held) -> Iterator[Sighting]:
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        if desired is None or not desired.foad:
            continue
        rows = held.by_course.get(course.id, ())
        if not any(row.active and not row.ours and not TEACHING.isdisjoint(row.roles) for row in rows):
            what = {"name": course.fullname, "students": str(len(held.people(course.id, [STUDENT])))}
            yield Sighting(
                Trouble.FOAD_WITHOUT_TEACHER, course.idnumber, what=what, rows=sight.row(desired.element)
            )


# -- D5 -----------------------------------------------------------------------------------------------


def _moved_elements(sight: Sight) -> Iterator[tuple[Element, str]]:
    """Carried elements, with the carrier of the night before where it was another one."""
    for code, element in sight.desired.structure.elements.items():
        if element.carrier:
            before = sight.earlier.carriers.get(code, "")
            yield element, before if before != element.carrier else ""


def _there(sight: Sight) -> frozenset[str]:
    return frozenset(row.idnumber for row in _ours(sight))


def _former(sight: Sight, element: Element, there: frozenset[str]) -> list[str]:
    """The course an element had before it was carried, archived or not yet."""
    own = fill(sight.naming.course_idnumber, code=element.code)
    return [idnumber for idnumber in (own, f"{ARCHIVE}{own}") if idnumber in there]


def _carried(sight: Sight) -> Iterator[Sighting]:
    there = _there(sight)
    for element, before in _moved_elements(sight):
        bearer = sight.desired.structure.bearer[element.code]
        what = {"element": element.code, "bearer": bearer, "before": before}
        for idnumber in _former(sight, element, there):
            if _has_content(sight, idnumber):
                yield Sighting(Trouble.BECAME_CARRIED, idnumber, what=what, rows=sight.row(element.code))
        if before:
            course = fill(sight.naming.course_idnumber, code=before)
            yield Sighting(Trouble.CARRIER_CHANGED, course, what=what, rows=sight.row(element.code))


# -- D8 -----------------------------------------------------------------------------------------------


def _begun_with_students(sight: Sight, course: Course, held: _Held) -> bool:
    desired = sight.desired.courses[course.idnumber]
    begun = desired.startdate is not None and desired.startdate <= sight.today
    return not course.visible and begun and bool(held.people(course.id, [STUDENT]))


def _visibility(sight: Sight, held: _Held) -> Iterator[Sighting]:
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        state = sight.states.get(course.idnumber)
        if desired is None or state is None or not state.exists:
            continue
        students = len(held.people(course.id, [STUDENT]))
        what = {
            "name": course.fullname,
            "students": str(students),
            "activities": str(state.activities),
            "teachers": ", ".join(sorted(held.people(course.id, TEACHING))),
        }
        rows = sight.row(desired.element)
        if not state.empty and _begun_with_students(sight, course, held):
            what["start"] = desired.startdate.isoformat() if desired.startdate else ""
            yield Sighting(Trouble.HIDDEN_WITH_CONTENT, course.idnumber, what=what, rows=rows)
        elif course.visible and state.empty:
            yield Sighting(Trouble.VISIBLE_EMPTY, course.idnumber, what=what, rows=rows)


# -- D9 -----------------------------------------------------------------------------------------------


def _archives(sight: Sight) -> Iterator[Sighting]:
    for course in _ours(sight):
        if not course.idnumber.startswith(ARCHIVE):
            continue
        code = course.idnumber.removeprefix(ARCHIVE)
        stem, _, number = code.rpartition("_")
        back = next(
            (one for one in (code, stem if number.isdigit() else "") if one in sight.desired.courses), ""
        )
        what = {"name": course.fullname, "code": back or code}
        if back:
            element = sight.desired.courses[back].element
            yield Sighting(Trouble.CODE_IS_BACK, course.idnumber, what=what, rows=sight.row(element))
            continue
        changed = datetime.fromtimestamp(course.lastchange, UTC).date()
        archived = sight.archived_on.get(course.idnumber)
        # Archiving is itself a change of the course.
        if changed >= sight.today - RECENT and (archived is None or changed > archived):
            what["day"] = changed.isoformat()
            yield Sighting(Trouble.ARCHIVE_ACTIVE, course.idnumber, what=what)


# -- D15 ----------------------------------------------------------------------------------------------


def _by_hand(sight: Sight, held: _Held) -> Iterator[Sighting]:
    """Shop enrolments are Passerelle's own, and those of FOAD teachers are by hand by rule (N15)."""
    codes = {row.username: row.idnumber for row in sight.actual.users.values()}
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        if desired is None:
            continue
        rows = held.by_course.get(course.id, ())
        nights = {row.username: row for row in rows if row.ours}
        for row in rows:
            night = nights.get(row.username)
            if row.method != "manual" or not row.active or night is None:
                continue
            person = codes.get(row.username) or row.username
            what = {
                "name": course.fullname,
                "by_hand": ", ".join(row.roles),
                "by_night": ", ".join(night.roles),
            }
            if night.active and set(row.roles) == set(night.roles):
                yield Sighting(Trouble.HAND_DOUBLES, course.idnumber, person=person, what=what)
            elif not (desired.foad and not TEACHING.isdisjoint(row.roles)):
                yield Sighting(Trouble.HAND_CONTRADICTS, course.idnumber, person=person, what=what)


# -- D16 ----------------------------------------------------------------------------------------------


def _twins(sight: Sight, held: _Held) -> Iterator[Sighting]:
    ours = [row for row in _ours(sight) if row.idnumber in sight.desired.courses]
    by_title = {_bare(sight, row): row for row in sorted(ours, key=lambda row: row.idnumber, reverse=True)}
    by_person: defaultdict[str, set[int]] = defaultdict(set)
    for row in ours:
        for username in held.people(row.id, TEACHING):
            by_person[username].add(row.id)
    for space in sight.actual.courses.values():
        if sight.actual.is_ours("course", space.id) or space.idnumber in sight.desired.courses:
            continue
        twin = by_title.get(plain(space.fullname)) or by_title.get(plain(space.shortname))
        if twin is not None:
            what = {"name": space.fullname, "space": space.shortname, "twin": twin.fullname}
            yield Sighting(Trouble.SPACE_SAME_NAME, twin.idnumber, what=what)
            continue
        yield from _same_people(sight, held, space, by_person)


def _bare(sight: Sight, course: Course) -> str:
    """The title alone, as a teacher would type it."""
    element = sight.desired.courses[course.idnumber].element
    return plain(sight.desired.structure.elements[element].title)


def _same_people(
    sight: Sight, held: _Held, space: Course, by_teacher: Mapping[str, set[int]]
) -> Iterator[Sighting]:
    teachers = held.people(space.id, TEACHING)
    students = held.people(space.id, [STUDENT])
    if not teachers or len(students) < LEAST_COMMON:
        return
    candidates = set.intersection(*(by_teacher.get(one, set()) for one in teachers))
    for number in sorted(candidates):
        course = sight.actual.courses[number]
        theirs = held.people(number, [STUDENT])
        common = len(students & theirs)
        if held.people(number, TEACHING) == teachers and common >= COMMON_SHARE * max(
            len(students), len(theirs)
        ):
            what = {
                "name": space.fullname,
                "space": space.shortname,
                "twin": course.fullname,
                "common": str(common),
            }
            yield Sighting(Trouble.SPACE_SAME_PEOPLE, course.idnumber, what=what)


# -- D10, D11, D14: what the plan already says ---------------------------------------------------------

_STILL = {
    Still.HELD_TWICE: Trouble.HELD_TWICE,
    Still.NOT_ADOPTED: Trouble.NOT_ADOPTED,
    Still.IDNUMBER_LOST: Trouble.IDNUMBER_BY_HAND,
    Still.NAME_TAKEN: Trouble.NAME_TAKEN,
}


def _standing_still(plan: Plan) -> Iterator[Sighting]:
    for one in plan.stays:
        what = {"kind": one.kind, "key": " / ".join(one.key), "keeps": ", ".join(one.what)}
        if one.because is Still.NOT_EMPTY and one.kind == "category":
            yield Sighting(Trouble.CATEGORY_KEPT, category=one.key[0], what=what)
        elif one.because in _STILL:
            course = one.key[0] if one.kind in ("course", "group", "enrolment", "member") else ""
            person = one.key[-1] if one.kind == "user" else ""
            yield Sighting(_STILL[one.because], course=course, person=person, what=what)


def _changed_by_hand(sight: Sight, plan: Plan) -> Iterator[Sighting]:
    """A name that the sources did not change since last night, and Moodle has otherwise."""
    names = {row.idnumber: row.fullname for row in _ours(sight)}
    for one in (*plan.operations, *plan.frozen):
        if one.op not in ("course_update", "category_update", "group_update"):
            continue
        if one.because is Because.IDNUMBER_BY_HAND:
            what = {
                "kind": one.op.partition("_")[0],
                "key": str(one["idnumber"]),
                "keeps": str(one["newidnumber"]),
            }
            yield Sighting(Trouble.IDNUMBER_BY_HAND, course=one.course, what=what)
        elif one.op == "course_update" and one.because is Because.CHANGED and one["fullname"]:
            idnumber, wanted = str(one["idnumber"]), str(one["fullname"])
            if sight.earlier.fullnames.get(idnumber) == wanted != names.get(idnumber, wanted):
                what = {"kind": "course", "key": idnumber, "keeps": names[idnumber], "name": wanted}
                yield Sighting(Trouble.NAME_BY_HAND, course=idnumber, what=what)


def _abnormal(plan: Plan) -> Iterator[Sighting]:
    for hold in plan.verdict.holds:
        what = {
            "scope": hold.scope,
            "key": hold.key,
            "count": str(hold.count),
            "there": str(hold.there),
            "limit": hold.limit,
        }
        course = hold.key if hold.scope == "course" else ""
        category = hold.key if hold.scope == "category" else ""
        yield Sighting(Trouble.TOO_MANY, course=course, category=category, what=what)


# -- D13 ------------------------------------------------------------------------------------------------


def find_in_runs(
    runs: Iterable[Run],
    night: date,
    now: datetime,
    zone: ZoneInfo,
    times: Mapping[Stage, time] = TIMES,
) -> tuple[Sighting, ...]:
    """D13 for one night: late, failed, frozen, unfinished, or not run at all though its hour has passed."""
    of_night = {run.stage: run for run in runs if run.night == night.isoformat() and not run.adoption}
    found: list[Sighting] = []
    for stage, hour in times.items():
        due = datetime.combine(night, hour, zone)
        run = of_night.get(stage.value) or of_night.get(WHOLE)
        what = {"stage": stage.value, "night": night.isoformat(), "due": due.isoformat()}
        if run is None:
            if now > due + LATE:
                found.append(Sighting(Trouble.STAGE_MISSING, what=what))
            continue
        what["state"] = run.state.value
        trouble = _trouble_of(run, due, now)
        if trouble is not None:
            what |= {"error": run.error, "started": run.started_at.astimezone(zone).isoformat()}
            found.append(Sighting(trouble, what=what))
    return in_order(found)


def _trouble_of(run: Run, due: datetime, now: datetime) -> Trouble | None:
    match run.state:
        case RunState.FAILED:
            return Trouble.STAGE_FAILED
        case RunState.FROZEN:
            return Trouble.STAGE_FROZEN
        case RunState.DONE:
            late = run.stage != WHOLE and run.started_at > due + LATE
            return Trouble.STAGE_LATE if late else None
        case RunState.HELD:
            return None  # D14 says why
    return Trouble.STAGE_UNFINISHED if now > run.heard_at + timedelta(hours=1) else None
