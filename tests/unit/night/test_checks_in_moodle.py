"""Each check on what Moodle has is found where it is, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.night.checks.in_moodle import (
    Earlier,
    Sight,
    courses_to_look_into,
    find_in_moodle,
    find_in_runs,
)
from passerelle.domain.night.plan.plan import Because, Hold, Phase, Plan, Stays, Still, Verdict, operation
from passerelle.domain.night.plan.run import Run
from passerelle.domain.offer.causes import Cause, Repairs
from passerelle.domain.offer.model import RowRef
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.words.causes import say_finding
from tests.factories.moodle_rows import Moodle
from tests.factories.night import a_moodle, a_university, sources_findings
from tests.factories.offer import University

TODAY = date(2026, 10, 6)
PARIS = ZoneInfo("Europe/Paris")
FULL = CourseState(exists=True, empty=False, activities=3)
EMPTY = CourseState(exists=True, empty=True)


def sight(made: University, moodle: Moodle, states: dict[str, CourseState] | None = None) -> Sight:
    return Sight(made.desired(), moodle.actual(), TODAY, states=states or {})


def causes(seen: Sight, plan: Plan | None = None) -> list[tuple[Cause, str]]:
    return [(one.cause, one.course) for one in find_in_moodle(seen, plan)]


def days(ago: int) -> int:
    return int((datetime(2026, 10, 6, tzinfo=UTC) - timedelta(days=ago)).timestamp())


# -- D4 -----------------------------------------------------------------------------------------------


def foad() -> University:
    return University().element("E1", distance=True)


@pytest.mark.rule("D4")
@pytest.mark.rule("N15")
def test_a_foad_course_without_a_teacher_by_hand_is_the_cemus() -> None:
    (found,) = find_in_moodle(sight(foad(), Moodle().course("FOAD-E1").course("E1")))

    assert (found.cause, found.course, found.about.repairs) == (
        Cause.FOAD_WITHOUT_TEACHER,
        "FOAD-E1",
        Repairs.CEMU,
    )
    assert found.rows == (RowRef("elements.csv", 2),)


@pytest.mark.rule("D4")
@pytest.mark.parametrize(
    ("role", "method", "found"),
    [
        ("editingteacher", "manual", False),
        ("teacher", "self", False),
        ("student", "manual", True),
        ("editingteacher", "passerelle", True),
    ],
)
def test_only_a_teacher_by_hand_makes_a_foad_course_complete(role, method, found) -> None:
    moodle = Moodle().course("FOAD-E1").enrolled("FOAD-E1", method=method, role=role)

    assert bool(causes(sight(foad(), moodle))) is found


# -- D5 -----------------------------------------------------------------------------------------------


def carried() -> University:
    return University().element("E1").element("E2", carrier="E1")


@pytest.mark.rule("D5")
@pytest.mark.parametrize("idnumber", ["E2", "ex_E2"])
@pytest.mark.parametrize(("state", "found"), [(FULL, True), (EMPTY, False)], ids=["content", "empty"])
def test_content_left_in_a_course_that_became_carried(idnumber, state, found) -> None:
    moodle = Moodle().course("E1", visible=False).course(idnumber, lastchange=days(90))
    seen = sight(carried(), moodle, {idnumber: state})

    assert idnumber in courses_to_look_into(seen)
    assert ((Cause.BECAME_CARRIED, idnumber) in causes(seen)) is found


@pytest.mark.rule("D5")
@pytest.mark.rule("N8")
def test_a_carrier_that_changed_since_last_night_is_told() -> None:
    made = carried().element("E0")
    before = Earlier(carriers={"E2": "E0"})

    assert causes(replace(sight(made, Moodle()), earlier=before)) == [(Cause.CARRIER_CHANGED, "E0")]
    assert causes(replace(sight(made, Moodle()), earlier=Earlier(carriers={"E2": "E1"}))) == []


# -- D8 -----------------------------------------------------------------------------------------------


@pytest.mark.rule("D8")
@pytest.mark.parametrize(
    ("visible", "start", "students", "state", "expected"),
    [
        (False, "2026-09-01", True, FULL, Cause.HIDDEN_WITH_CONTENT),
        (False, "2026-11-01", True, FULL, None),
        (False, "2026-09-01", False, FULL, None),
        (False, "2026-09-01", True, EMPTY, None),
        (True, "2026-09-01", True, EMPTY, Cause.VISIBLE_EMPTY),
        (True, "2026-09-01", True, FULL, None),
    ],
)
def test_hidden_with_content_and_students_or_visible_and_empty(
    visible, start, students, state, expected
) -> None:
    moodle = Moodle().course("E1", visible=visible)
    if students:
        moodle.enrolled()

    found = causes(sight(University().element(start=start), moodle, {"E1": state}))

    assert found == ([(expected, "E1")] if expected else [])


@pytest.mark.rule("D8")
def test_moodle_is_asked_only_about_courses_that_may_be_found() -> None:
    moodle = Moodle().course("E1", visible=False).course("E2", visible=False).enrolled("E2").course("E3")
    made = University().element("E1").element("E2").element("E3")

    assert courses_to_look_into(sight(made, moodle)) == ("E2", "E3")


# -- D9 -----------------------------------------------------------------------------------------------


@pytest.mark.rule("D9")
@pytest.mark.parametrize(
    ("idnumber", "ago", "expected"),
    [
        ("ex_OLD", 2, Cause.ARCHIVE_ACTIVE),
        ("ex_OLD", 90, None),
        ("ex_E1", 90, Cause.CODE_IS_BACK),
        ("ex_E1_2", 90, Cause.CODE_IS_BACK),
    ],
)
def test_an_archive_that_lives_or_whose_code_is_back(idnumber, ago, expected) -> None:
    found = causes(sight(University().element(), Moodle().course(idnumber, lastchange=days(ago))))

    assert found == ([(expected, idnumber)] if expected else [])


@pytest.mark.rule("D9")
def test_archiving_itself_is_no_activity() -> None:
    seen = sight(University().element(), Moodle().course("ex_OLD", lastchange=days(2)))

    assert causes(replace(seen, archived_on={"ex_OLD": TODAY - timedelta(days=2)})) == []
    assert causes(replace(seen, archived_on={"ex_OLD": TODAY - timedelta(days=5)})) != []


# -- D10, D11, D14 ------------------------------------------------------------------------------------


def plan(*operations, stays=(), holds=()) -> Plan:
    return Plan(
        site="caen",
        night=TODAY,
        stage=None,
        year="2026",
        operations=operations,
        stays=stays,
        verdict=Verdict(tuple(holds)),
    )


STAYS = [
    ("D10", Stays("category", ("C9",), Still.NOT_EMPTY, ("2 cours",)), Cause.CATEGORY_KEPT),
    ("D11", Stays("course", ("E1",), Still.HELD_TWICE), Cause.HELD_TWICE),
    ("D11", Stays("course", ("E1",), Still.NOT_ADOPTED), Cause.NOT_ADOPTED),
    ("D11", Stays("course", ("E1",), Still.IDNUMBER_LOST), Cause.IDNUMBER_BY_HAND),
    ("D11", Stays("user", ("p1",), Still.NAME_TAKEN, ("P2",)), Cause.NAME_TAKEN),
]


@pytest.mark.rule("D10")
@pytest.mark.rule("D11")
@pytest.mark.parametrize(("check", "stays", "cause"), STAYS)
def test_what_the_plan_leaves_standing_is_told(check, stays, cause) -> None:
    (found,) = find_in_moodle(sight(University(), Moodle()), plan(stays=(stays,)))

    assert (found.about.check, found.cause) == (check, cause)
    assert stays.key[0] in say_finding(found, "fr")


@pytest.mark.rule("N21")
def test_what_is_merely_unknown_is_no_finding() -> None:
    stays = (Stays("course", ("E1",), Still.UNKNOWN), Stays("course", ("E2",), Still.WAITS))

    assert find_in_moodle(sight(University(), Moodle()), plan(stays=stays)) == ()


@pytest.mark.rule("D11")
@pytest.mark.rule("N2")
@pytest.mark.parametrize(("before", "found"), [("(E1) Element E1", True), ("(E1) Older title", False)])
def test_a_name_is_by_hand_only_if_the_sources_did_not_change(before, found) -> None:
    columns = {"idnumber": "E1", "fullname": "(E1) Element E1"}
    update = operation(Phase.COURSES, "course_update", columns, Because.CHANGED, course="E1")
    seen = sight(University().element(), Moodle().course("E1", fullname="Mon cours", visible=False))
    seen = replace(seen, earlier=Earlier(fullnames={"E1": before}))

    assert ((Cause.NAME_BY_HAND, "E1") in causes(seen, plan(update))) is found


@pytest.mark.rule("D14")
@pytest.mark.rule("N20")
def test_an_abnormal_number_is_told_with_its_limit() -> None:
    held = plan(holds=[Hold("course", "E1", 40, 50, "50 %")])

    (found,) = find_in_moodle(sight(University(), Moodle()), held)

    assert (found.about.check, found.course) == ("D14", "E1")
    assert "40 sur 50" in say_finding(found, "fr")


# -- D15 ----------------------------------------------------------------------------------------------


@pytest.mark.rule("D15")
@pytest.mark.parametrize(
    ("active", "role", "method", "expected"),
    [
        (True, "student", "manual", Cause.HAND_DOUBLES),
        (True, "editingteacher", "manual", Cause.HAND_CONTRADICTS),
        (False, "student", "manual", Cause.HAND_CONTRADICTS),
        (True, "student", "cohort", None),
    ],
)
def test_a_hand_made_enrolment_doubles_or_contradicts_the_nights(active, role, method, expected) -> None:
    moodle = Moodle().user().course(visible=False).enrolled(active=active).enrolled(method=method, role=role)

    found = causes(sight(University().element(), moodle))

    assert found == ([(expected, "E1")] if expected else [])


@pytest.mark.rule("D15")
@pytest.mark.rule("N16")
def test_a_hand_made_enrolment_alone_is_nobodys_business() -> None:
    moodle = Moodle().user().course(visible=False).enrolled(method="manual")

    assert causes(sight(University().element(), moodle)) == []


# -- D16 ----------------------------------------------------------------------------------------------


@pytest.mark.rule("D16")
@pytest.mark.rule("N16")
def test_a_space_with_the_name_of_a_course_is_its_twin() -> None:
    moodle = Moodle().course(visible=False).course("", shortname="S", fullname="élément E1", ours=False)

    found = find_in_moodle(sight(University().element(title="Element E1"), moodle))

    assert [one.cause for one in found] == [Cause.SPACE_SAME_NAME]


@pytest.mark.rule("D16")
@pytest.mark.parametrize(("others", "found"), [(0, True), (5, False)])
def test_a_space_with_the_people_of_a_course_is_its_twin(others, found) -> None:
    moodle = Moodle().course(visible=False).course("SP", fullname="Autre", ours=False)
    for course, method in (("E1", "passerelle"), ("SP", "manual")):
        moodle.enrolled(course, "t1", role="editingteacher", method=method)
        for number in range(6):
            moodle.enrolled(course, f"s{number}", method=method)
    for number in range(others):
        moodle.enrolled("SP", f"x{number}", method="manual")

    assert ((Cause.SPACE_SAME_PEOPLE, "E1") in causes(sight(University().element(), moodle))) is found


# -- D13 ----------------------------------------------------------------------------------------------


def run(state: RunState = RunState.DONE, *, stage: str = "offer", at: str = "04:00") -> Run:
    begun = datetime.fromisoformat(f"2026-10-06T{at}").replace(tzinfo=PARIS)
    return Run(
        id=f"caen/2026-10-06/{stage}",
        site="caen",
        night="2026-10-06",
        stage=stage,
        state=state,
        started_at=begun,
        heard_at=begun,
    )


NINE = datetime(2026, 10, 6, 9, 0, tzinfo=PARIS)


def night_causes(*runs: Run, now: datetime = NINE) -> dict[str, Cause]:
    return {one.details["stage"]: one.cause for one in find_in_runs(runs, TODAY, now, PARIS)}


@pytest.mark.rule("D13")
@pytest.mark.rule("N17")
@pytest.mark.parametrize(
    ("state", "at", "expected"),
    [
        (RunState.DONE, "04:00", None),
        (RunState.DONE, "06:10", Cause.STAGE_LATE),
        (RunState.FAILED, "04:00", Cause.STAGE_FAILED),
        (RunState.FROZEN, "04:00", Cause.STAGE_FROZEN),
        (RunState.APPLYING, "04:00", Cause.STAGE_UNFINISHED),
        (RunState.HELD, "04:00", None),
    ],
)
def test_a_stage_late_failed_frozen_or_silent_is_told(state, at, expected) -> None:
    assert night_causes(run(state, at=at)).get("offer") == expected


@pytest.mark.rule("D13")
def test_a_night_that_did_not_run_is_told_stage_by_stage_once_their_hours_have_passed() -> None:
    assert set(night_causes()) == {stage.value for stage in Stage}
    assert set(night_causes(now=NINE.replace(hour=4, minute=20))) == {"users", "cohorts"}


@pytest.mark.rule("D13")
def test_a_whole_night_run_by_hand_stands_for_its_stages() -> None:
    assert night_causes(run(stage="night", at="08:00")) == {}


# -- words --------------------------------------------------------------------------------------------


@pytest.mark.rule("D1")
@pytest.mark.rule("D16")
def test_in_a_university_of_every_trap_each_check_finds_something() -> None:
    made = a_university()
    moodle = a_moodle().course("ex_OLD", lastchange=days(3)).course("ex_SCHI2A2", lastchange=days(90))
    full = CourseState(exists=True, empty=False, activities=2)
    seen = sight(made, moodle, dict.fromkeys(("SCHI2A1", "SPHY2A2"), full))
    stays = (Stays("category", ("OLD",), Still.NOT_EMPTY), Stays("course", ("E9",), Still.NOT_ADOPTED))
    night = plan(stays=stays, holds=[Hold("all", "", 2140, 9800, "5 %")])

    found = {one.about.check for one in (*find_in_moodle(seen, night), *find_in_runs([], TODAY, NINE, PARIS))}
    found |= {one.about.check for one in sources_findings(made)}

    assert found == {f"D{number}" for number in range(1, 17)}


@pytest.mark.rule("D2")
@pytest.mark.rule("D4")
def test_a_clean_university_of_sixty_distance_elements_and_a_thousand_students_has_none() -> None:
    made, moodle = University(), Moodle()
    for number in range(60):
        code = f"D{number}"
        made.element(code, distance=True).group(f"T{code}", "TD 1", on=(code,)).group(
            f"C{code}", "CEMU", on=(code,)
        )
        moodle.course(code).course(f"FOAD-{code}").enrolled(
            f"FOAD-{code}", "t1", method="manual", role="teacher"
        )
    for number in range(1000):
        made.person(f"P{number}").ip(f"P{number}", f"D{number % 60}", f"TD{number % 60}").tele(
            f"P{number}", tele="0"
        )
        moodle.enrolled(f"D{number % 60}", f"p{number}")
    seen = sight(made, moodle, dict.fromkeys(moodle.actual().by_idnumber("course"), FULL))

    assert sources_findings(made) == ()
    assert find_in_moodle(seen, plan()) == ()


def test_a_clean_moodle_has_no_finding() -> None:
    made = foad().group(on=("E1",)).person().ip()
    moodle = Moodle().user().course("E1").enrolled().course("FOAD-E1", visible=False)
    moodle.enrolled("FOAD-E1", "t1", method="manual", role="editingteacher").course("S", ours=False)

    assert causes(sight(made, moodle, {"E1": FULL, "FOAD-E1": FULL}), plan()) == []
