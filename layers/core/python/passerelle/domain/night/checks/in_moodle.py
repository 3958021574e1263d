"""The checks that need what Moodle has, or how the nights went: D4, D5, D8–D11 and D13–D16.

Courses' contents are asked of Moodle only for the candidates, `courses_to_look_into`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from passerelle.domain.night.plan.actual import Actual, Course, Enrolment
from passerelle.domain.night.plan.plan import Because, Plan, Still
from passerelle.domain.night.plan.run import WHOLE, Run
from passerelle.domain.night.why.effects import TIMES
from passerelle.domain.night.why.question import plain
from passerelle.domain.offer.causes import Cause, Reason, in_order
from passerelle.domain.offer.desired import STUDENT, TEACHER, Desired
from passerelle.domain.offer.model import Element, RowRef, Table
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState

if TYPE_CHECKING:
    from passerelle.domain.moodle.plugin import CourseState

ARCHIVE = "ex_"
RECENT = timedelta(days=30)
LATE = timedelta(minutes=30)  # after its hour, for a stage to begin
TEACHING = frozenset({TEACHER, "teacher"})
LEAST_COMMON = 5  # students shared, before a space is called the twin of a course
COMMON_SHARE = 0.8


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


def find_in_moodle(sight: Sight, plan: Plan | None = None) -> tuple[Reason, ...]:
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


def _foad_without_teacher(sight: Sight, held: _Held) -> Iterator[Reason]:
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        if desired is None or not desired.foad:
            continue
        rows = held.by_course.get(course.id, ())
        if not any(row.active and not row.ours and not TEACHING.isdisjoint(row.roles) for row in rows):
            what = {"name": course.fullname, "students": str(len(held.people(course.id, [STUDENT])))}
            yield Reason(Cause.FOAD_WITHOUT_TEACHER, sight.row(desired.element), what, course.idnumber)


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


def _carried(sight: Sight) -> Iterator[Reason]:
    there = _there(sight)
    for element, before in _moved_elements(sight):
        bearer = sight.desired.structure.bearer[element.code]
        what = {"element": element.code, "bearer": bearer, "before": before}
        for idnumber in _former(sight, element, there):
            if _has_content(sight, idnumber):
                yield Reason(Cause.BECAME_CARRIED, sight.row(element.code), what, idnumber)
        if before:
            course = fill(sight.naming.course_idnumber, code=before)
            yield Reason(Cause.CARRIER_CHANGED, sight.row(element.code), what, course)


# -- D8 -----------------------------------------------------------------------------------------------


def _begun_with_students(sight: Sight, course: Course, held: _Held) -> bool:
    desired = sight.desired.courses[course.idnumber]
    begun = desired.startdate is not None and desired.startdate <= sight.today
    return not course.visible and begun and bool(held.people(course.id, [STUDENT]))


def _visibility(sight: Sight, held: _Held) -> Iterator[Reason]:
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
            yield Reason(Cause.HIDDEN_WITH_CONTENT, rows, what, course.idnumber)
        elif course.visible and state.empty:
            yield Reason(Cause.VISIBLE_EMPTY, rows, what, course.idnumber)


# -- D9 -----------------------------------------------------------------------------------------------


def _archives(sight: Sight) -> Iterator[Reason]:
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
            yield Reason(Cause.CODE_IS_BACK, sight.row(element), what, course.idnumber)
            continue
        changed = datetime.fromtimestamp(course.lastchange, UTC).date()
        archived = sight.archived_on.get(course.idnumber)
        # Archiving is itself a change of the course.
        if changed >= sight.today - RECENT and (archived is None or changed > archived):
            what["day"] = changed.isoformat()
            yield Reason(Cause.ARCHIVE_ACTIVE, (), what, course.idnumber)


# -- D15 ----------------------------------------------------------------------------------------------


def _by_hand(sight: Sight, held: _Held) -> Iterator[Reason]:
    codes = {row.username: row.idnumber for row in sight.actual.users.values()}
    for course in _ours(sight):
        desired = sight.desired.courses.get(course.idnumber)
        if desired is None:
            continue
        rows = held.by_course.get(course.id, ())
        nights = {row.username: row for row in rows if row.ours}
        for row in rows:
            reason = beside_the_nights(row, nights.get(row.username), foad=desired.foad)
            if reason is not None:
                details = {**reason.details, "name": course.fullname}
                person = codes.get(row.username) or row.username
                yield replace(reason, details=details, course=course.idnumber, person=person)


def beside_the_nights(row: Enrolment, night: Enrolment | None, *, foad: bool) -> Reason | None:
    """D15. Shop enrolments are Passerelle's own, and those of FOAD teachers are by hand by rule (N15)."""
    if row.method != "manual" or not row.active or night is None:
        return None
    said = {"method": row.method, "by_hand": ", ".join(row.roles), "by_night": ", ".join(night.roles)}
    if night.active and set(row.roles) == set(night.roles):
        return Reason(Cause.HAND_DOUBLES, (), said)
    if foad and not TEACHING.isdisjoint(row.roles):
        return None
    return Reason(Cause.HAND_CONTRADICTS, (), said)


# -- D16 ----------------------------------------------------------------------------------------------


def _twins(sight: Sight, held: _Held) -> Iterator[Reason]:
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
            yield Reason(Cause.SPACE_SAME_NAME, (), what, twin.idnumber)
            continue
        yield from _same_people(sight, held, space, by_person)


def _bare(sight: Sight, course: Course) -> str:
    """The title alone, as a teacher would type it."""
    element = sight.desired.courses[course.idnumber].element
    return plain(sight.desired.structure.elements[element].title)


def _same_people(
    sight: Sight, held: _Held, space: Course, by_teacher: Mapping[str, set[int]]
) -> Iterator[Reason]:
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
            yield Reason(Cause.SPACE_SAME_PEOPLE, (), what, course.idnumber)


# -- D10, D11, D14: what the plan already says ---------------------------------------------------------

_STILL = {
    Still.HELD_TWICE: Cause.HELD_TWICE,
    Still.NOT_ADOPTED: Cause.NOT_ADOPTED,
    Still.IDNUMBER_LOST: Cause.IDNUMBER_BY_HAND,
    Still.NAME_TAKEN: Cause.NAME_TAKEN,
}


def _standing_still(plan: Plan) -> Iterator[Reason]:
    for one in plan.stays:
        what = {"kind": one.kind, "key": " / ".join(one.key), "keeps": ", ".join(one.what)}
        if one.because is Still.NOT_EMPTY and one.kind == "category":
            yield Reason(Cause.CATEGORY_KEPT, (), {**what, "category": one.key[0]})
        elif one.because in _STILL:
            course = one.key[0] if one.kind in ("course", "group", "enrolment", "member") else ""
            person = one.key[-1] if one.kind == "user" else ""
            yield Reason(_STILL[one.because], (), what, course, person)


def _changed_by_hand(sight: Sight, plan: Plan) -> Iterator[Reason]:
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
            yield Reason(Cause.IDNUMBER_BY_HAND, (), what, one.course)
        elif one.op == "course_update" and one.because is Because.CHANGED and one["fullname"]:
            idnumber, wanted = str(one["idnumber"]), str(one["fullname"])
            if sight.earlier.fullnames.get(idnumber) == wanted != names.get(idnumber, wanted):
                what = {"kind": "course", "key": idnumber, "keeps": names[idnumber], "name": wanted}
                yield Reason(Cause.NAME_BY_HAND, (), what, idnumber)


def _abnormal(plan: Plan) -> Iterator[Reason]:
    for hold in plan.verdict.holds:
        what = {
            "scope": hold.scope,
            "key": hold.key,
            "count": str(hold.count),
            "there": str(hold.there),
            "limit": hold.limit,
        }
        yield Reason(Cause.TOO_MANY, (), what, hold.key if hold.scope == "course" else "")


# -- D13 ------------------------------------------------------------------------------------------------


def find_in_runs(
    runs: Iterable[Run],
    night: date,
    now: datetime,
    zone: ZoneInfo,
    times: Mapping[Stage, time] = TIMES,
) -> tuple[Reason, ...]:
    """D13 for one night: late, failed, frozen, unfinished, or not run at all though its hour has passed."""
    of_night = {run.stage: run for run in runs if run.night == night.isoformat() and not run.adoption}
    found: list[Reason] = []
    for stage, hour in times.items():
        due = datetime.combine(night, hour, zone)
        run = of_night.get(stage.value) or of_night.get(WHOLE)
        what = {"stage": stage.value, "night": night.isoformat(), "due": due.isoformat()}
        if run is None:
            if now > due + LATE:
                found.append(Reason(Cause.STAGE_MISSING, (), what))
            continue
        what["state"] = run.state.value
        if run.memory_lost:
            found.append(Reason(Cause.MEMORY_LOST, (), {**what, "papers": ", ".join(run.memory_lost)}))
        cause = _cause_of(run, due, now)
        if cause is not None:
            what |= {"error": run.error, "started": run.started_at.astimezone(zone).isoformat()}
            found.append(Reason(cause, (), what))
    return in_order(found)


def _cause_of(run: Run, due: datetime, now: datetime) -> Cause | None:
    match run.state:
        case RunState.FAILED:
            return Cause.STAGE_FAILED
        case RunState.FROZEN:
            return Cause.STAGE_FROZEN
        case RunState.DONE:
            late = run.stage != WHOLE and run.started_at > due + LATE
            return Cause.STAGE_LATE if late else None
        case RunState.HELD:
            return None  # D14 says why
    return Cause.STAGE_UNFINISHED if now > run.heard_at + timedelta(hours=1) else None
