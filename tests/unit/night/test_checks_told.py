"""What each check on what Moodle has says, whole: rows, course, person and all that its sentence may name."""

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
from passerelle.domain.offer.causes import Cause, Reason
from passerelle.domain.offer.model import RowRef, Table
from passerelle.domain.states import RunState
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University

TODAY = date(2026, 10, 6)
PARIS = ZoneInfo("Europe/Paris")
FULL = CourseState(exists=True, empty=False, activities=3)
EMPTY = CourseState(exists=True, empty=True, activities=0)
ROW = (RowRef("elements.csv", 2),)


def looked(made: University, moodle: Moodle, plan: Plan | None = None, **more: object) -> list[Reason]:
    return [*find_in_moodle(Sight(made.desired(), moodle.actual(), TODAY, **more), plan)]  # type: ignore[arg-type]


def days(ago: int) -> int:
    return int((datetime(2026, 10, 6, 12, tzinfo=UTC) - timedelta(days=ago)).timestamp())


def a_plan(*operations, frozen=(), stays=(), holds=()) -> Plan:
    verdict = Verdict(tuple(holds))
    return Plan("caen", TODAY, None, "2026", operations, frozen, stays=tuple(stays), verdict=verdict)


@pytest.mark.rule("D4")
def test_a_foad_course_without_a_teacher_is_told_with_its_name_and_students() -> None:
    moodle = Moodle().course("OTHER").course("FOAD-E1", fullname="Chimie")
    moodle.enrolled("FOAD-E1").enrolled("FOAD-E1", "p2").enrolled("FOAD-E1", "p3", active=False)
    moodle.enrolled("FOAD-E1", "t1", method="manual", role="teacher", active=False)
    said = {"name": "Chimie", "students": "2"}
    assert looked(University().element(distance=True), moodle) == [
        Reason(Cause.FOAD_WITHOUT_TEACHER, ROW, said, "FOAD-E1")
    ]
    (found,) = looked(University().element(distance=True), moodle, files={Table.ELEMENTS: "classes.csv"})
    assert found.rows == (RowRef("classes.csv", 2),)


@pytest.mark.rule("D5")
@pytest.mark.rule("N8")
def test_what_became_carried_or_has_another_carrier_is_told_with_both() -> None:
    made = University().element("E1").element("E0").element("E2", carrier="E1").element("E3", carrier="E2")
    moodle = Moodle().course("E2", visible=False).course("ex_E3", visible=False, lastchange=days(90))
    states = {"E2": FULL, "ex_E3": FULL}
    earlier = Earlier(carriers={"E2": "E0", "E3": "E2"})
    assert looked(made, moodle, states=states, earlier=earlier) == [
        Reason(
            Cause.BECAME_CARRIED,
            (RowRef("elements.csv", 4),),
            {"element": "E2", "bearer": "E1", "before": "E0"},
            "E2",
        ),
        Reason(
            Cause.BECAME_CARRIED,
            (RowRef("elements.csv", 5),),
            {"element": "E3", "bearer": "E1", "before": ""},
            "ex_E3",
        ),
        Reason(
            Cause.CARRIER_CHANGED,
            (RowRef("elements.csv", 4),),
            {"element": "E2", "bearer": "E1", "before": "E0"},
            "E0",
        ),
    ]
    hers = Moodle().course("E2", visible=False, ours=False)
    assert looked(made, hers, states={"E2": FULL}) == []
    assert looked(made, moodle, states={"E2": CourseState(exists=False, empty=False)}) == []


@pytest.mark.rule("D8")
def test_a_hidden_course_with_content_is_told_with_who_and_what_is_in_it() -> None:
    moodle = Moodle().course("OTHER").course("E1", fullname="Chimie", visible=False)
    moodle.enrolled("E1").enrolled("E1", "p2")
    for username in ("t2", "t1"):
        moodle.enrolled("E1", username, role="editingteacher")
    said = {"name": "Chimie", "students": "2", "activities": "3", "teachers": "t1, t2", "start": "2026-09-01"}
    made = University().element()
    assert looked(made, moodle, states={"E1": FULL}) == [Reason(Cause.HIDDEN_WITH_CONTENT, ROW, said, "E1")]
    assert looked(made, moodle) == []  # not looked into


@pytest.mark.rule("D8")
@pytest.mark.parametrize(
    ("start", "begun"), [("2026-10-05", True), ("2026-10-06", True), ("2026-10-07", False)]
)
def test_a_course_has_begun_from_its_first_day(start, begun) -> None:
    moodle = Moodle().course("E1", visible=False).enrolled("E1")
    made = University().element(start=start)
    assert bool(looked(made, moodle, states={"E1": FULL})) is begun
    assert courses_to_look_into(Sight(made.desired(), moodle.actual(), TODAY)) == (("E1",) if begun else ())


@pytest.mark.rule("D8")
def test_a_visible_course_that_is_empty_is_told_if_moodle_still_has_it() -> None:
    made = University().element()
    moodle = Moodle().course("OTHER").course("E1", fullname="Chimie")
    said = {"name": "Chimie", "students": "0", "activities": "0", "teachers": ""}
    assert looked(made, moodle, states={"E1": EMPTY}) == [Reason(Cause.VISIBLE_EMPTY, ROW, said, "E1")]
    assert looked(made, moodle, states={"E1": CourseState(exists=False, empty=True)}) == []


@pytest.mark.rule("D9")
def test_an_archive_is_told_with_the_code_that_is_back_or_the_day_it_was_changed() -> None:
    moodle = Moodle().course("E9", visible=False).course("ex_E1_2", fullname="Old", lastchange=days(1))
    moodle.course("ex_E8_2", fullname="Older", lastchange=days(30)).course("ex_E7", lastchange=days(31))
    assert looked(University().element(), moodle) == [
        Reason(Cause.ARCHIVE_ACTIVE, (), {"name": "Older", "code": "E8_2", "day": "2026-09-06"}, "ex_E8_2"),
        Reason(Cause.CODE_IS_BACK, ROW, {"name": "Old", "code": "E1"}, "ex_E1_2"),
    ]


@pytest.mark.rule("D9")
@pytest.mark.parametrize(("archived", "told"), [(3, True), (2, False), (1, False)])
def test_an_archive_is_active_if_it_was_changed_after_the_day_of_its_archiving(archived, told) -> None:
    moodle = Moodle().course("ex_E8", lastchange=days(2))
    on = {"ex_E8": TODAY - timedelta(archived)}
    assert bool(looked(University(), moodle, archived_on=on)) is told


@pytest.mark.rule("D15")
@pytest.mark.parametrize(("code", "person"), [("P1", "P1"), ("", "p1")])
def test_an_enrolment_by_hand_beside_the_nights_is_told_with_both_and_whose_it_is(code, person) -> None:
    moodle = Moodle().user("p1", code).course("OTHER").course("E1", fullname="Chimie", visible=False)
    moodle.enrolled("E1").enrolled("E1", method="manual")
    said = {"method": "manual", "by_hand": "student", "by_night": "student", "name": "Chimie"}
    made = University().element()
    assert looked(made, moodle) == [Reason(Cause.HAND_DOUBLES, (), said, "E1", person)]
    moodle.rows["enrolments"][1]["roles"] = ["student", "teacher"]
    (found,) = looked(made, moodle)
    assert (found.cause, found.details["by_hand"]) == (Cause.HAND_CONTRADICTS, "student, teacher")
    moodle.rows["enrolments"][1]["status"] = "suspended"
    assert looked(made, moodle) == []


@pytest.mark.rule("D15")
@pytest.mark.rule("N15")
def test_a_teacher_by_hand_in_a_foad_course_contradicts_nothing() -> None:
    moodle = Moodle().user().course("FOAD-E1", visible=False).enrolled("FOAD-E1")
    moodle.enrolled("FOAD-E1", method="manual", role="editingteacher")
    assert looked(University().element(distance=True), moodle) == []


@pytest.mark.rule("D16")
@pytest.mark.parametrize(
    "name", [{"fullname": "CHIMIE", "shortname": "x"}, {"fullname": "x", "shortname": "chimie"}]
)
def test_a_space_named_as_a_course_is_told_with_it(name) -> None:
    made = University().element("E2", title="Chimie").element("E1", title="Chimie")
    moodle = Moodle().course("E2", visible=False).course("E1", fullname="(E1) Chimie", visible=False)
    moodle.course("", ours=False, fullname="z", shortname="z").course("", ours=False, **name)
    moodle.course("ex_E8", fullname="Chimie").course("E1", ours=False, fullname="Chimie")  # no spaces
    said = {"name": name["fullname"], "space": name["shortname"], "twin": "(E1) Chimie"}
    assert looked(made, moodle) == [Reason(Cause.SPACE_SAME_NAME, (), said, "E1")]


def shared(*, space: int, course: int, common: int, teachers: tuple[str, ...] = ("t1",)) -> list[Reason]:
    """`common` of the space's students are among the course's; `teachers` are the space's, t1 the course's."""
    moodle = Moodle().course("E1", fullname="Chimie", visible=False)
    moodle.course("SP", shortname="sp", fullname="Autre", ours=False)
    moodle.enrolled("E1", "t1", role="editingteacher")
    for teacher in teachers:
        moodle.enrolled("SP", teacher, role="editingteacher", method="manual")
    for number in range(course):
        moodle.enrolled("E1", f"s{number}")
    for number in range(space):
        moodle.enrolled("SP", f"s{number}" if number < common else f"x{number}", method="manual")
    return looked(University().element(title="Chimie"), moodle)


@pytest.mark.rule("D16")
def test_a_space_with_the_people_of_a_course_is_told_with_how_many_they_share() -> None:
    said = {"name": "Autre", "space": "sp", "twin": "Chimie", "common": "5"}
    assert shared(space=5, course=5, common=5) == [Reason(Cause.SPACE_SAME_PEOPLE, (), said, "E1")]


@pytest.mark.rule("D16")
@pytest.mark.parametrize(
    ("people", "told"),
    [
        ({"space": 4, "course": 4, "common": 4}, False),  # too few to say
        ({"space": 10, "course": 10, "common": 8}, True),
        ({"space": 10, "course": 10, "common": 7}, False),
        ({"space": 8, "course": 10, "common": 8}, True),
        ({"space": 8, "course": 11, "common": 8}, False),
        ({"space": 5, "course": 5, "common": 5, "teachers": ()}, False),
        ({"space": 5, "course": 5, "common": 5, "teachers": ("t2",)}, False),
        ({"space": 5, "course": 5, "common": 5, "teachers": ("t1", "t2")}, False),
    ],
)
def test_a_space_is_a_twin_with_the_same_teachers_and_four_fifths_of_the_students(people, told) -> None:
    assert bool(shared(**people)) is told


@pytest.mark.rule("D10")
@pytest.mark.rule("D11")
@pytest.mark.parametrize(
    ("stays", "reason"),
    [
        (
            Stays("category", ("C9",), Still.NOT_EMPTY, ("E8", "E9")),
            Reason(
                Cause.CATEGORY_KEPT,
                (),
                {"kind": "category", "key": "C9", "keeps": "E8, E9", "category": "C9"},
            ),
        ),
        (
            Stays("group", ("E1", "G1"), Still.NOT_ADOPTED, ("Hers",)),
            Reason(Cause.NOT_ADOPTED, (), {"kind": "group", "key": "E1 / G1", "keeps": "Hers"}, "E1"),
        ),
        (
            Stays("user", ("p1",), Still.NAME_TAKEN, ("P2",)),
            Reason(Cause.NAME_TAKEN, (), {"kind": "user", "key": "p1", "keeps": "P2"}, "", "p1"),
        ),
        *(
            (
                Stays(kind, ("E1", "p1"), Still.HELD_TWICE),
                Reason(Cause.HELD_TWICE, (), {"kind": kind, "key": "E1 / p1", "keeps": ""}, "E1"),
            )
            for kind in ("course", "enrolment", "member")
        ),
        (
            Stays("cohort", ("H1",), Still.IDNUMBER_LOST),
            Reason(Cause.IDNUMBER_BY_HAND, (), {"kind": "cohort", "key": "H1", "keeps": ""}),
        ),
        (Stays("group", ("E1", "G1"), Still.NOT_EMPTY), None),
        (Stays("group", ("E1", "G1"), Still.HANGS_ON), None),
    ],
)
def test_what_stands_still_is_told_with_what_keeps_it(stays, reason) -> None:
    assert looked(University(), Moodle(), a_plan(stays=[stays])) == ([] if reason is None else [reason])


@pytest.mark.rule("D11")
@pytest.mark.parametrize("frozen", [False, True])
def test_what_was_changed_by_hand_is_told_whether_it_is_put_back_tonight_or_frozen(frozen) -> None:
    back = operation(
        Phase.GROUPS,
        "group_update",
        {"course": "E1", "idnumber": "MINE", "newidnumber": "G1"},
        Because.IDNUMBER_BY_HAND,
        course="E1",
    )
    name = operation(
        Phase.COURSES,
        "course_update",
        {"idnumber": "E1", "fullname": "(E1) Element E1"},
        Because.CHANGED,
        course="E1",
    )
    category = operation(
        Phase.CATEGORIES,
        "category_update",
        {"idnumber": "MINE", "newidnumber": "C1"},
        Because.IDNUMBER_BY_HAND,
    )
    others = [
        operation(Phase.COURSES, "course_create", {"idnumber": "E7", "fullname": "x"}, Because.CHANGED),
        operation(Phase.COURSES, "course_update", {"idnumber": "E1", "category": "C2"}, Because.CHANGED),
        operation(
            Phase.COURSES,
            "course_update",
            {"idnumber": "E1", "fullname": "(E1) Element E1"},
            Because.CAME_BACK,
        ),
        operation(
            Phase.CATEGORIES,
            "category_update",
            {"idnumber": "E1", "fullname": "(E1) Element E1"},
            Because.CHANGED,
        ),
        operation(Phase.COURSES, "course_update", {"idnumber": "GONE", "fullname": "x"}, Because.CHANGED),
    ]
    made = a_plan(frozen=(*others, back, category, name)) if frozen else a_plan(*others, back, category, name)
    moodle = Moodle().course("E1", fullname="Mine", visible=False)
    earlier = Earlier(fullnames={"E1": "(E1) Element E1", "GONE": "x"})
    assert looked(University().element(), moodle, made, earlier=earlier) == [
        Reason(Cause.IDNUMBER_BY_HAND, (), {"kind": "category", "key": "MINE", "keeps": "C1"}),
        Reason(Cause.IDNUMBER_BY_HAND, (), {"kind": "group", "key": "MINE", "keeps": "G1"}, "E1"),
        Reason(
            Cause.NAME_BY_HAND,
            (),
            {"kind": "course", "key": "E1", "keeps": "Mine", "name": "(E1) Element E1"},
            "E1",
        ),
    ]


@pytest.mark.rule("D14")
@pytest.mark.parametrize(("scope", "course"), [("course", "E1"), ("category", ""), ("all", "")])
def test_a_hold_is_told_with_its_figures(scope, course) -> None:
    said = {"scope": scope, "key": "E1", "count": "4", "there": "9", "limit": "5 %"}
    assert looked(University(), Moodle(), a_plan(holds=[Hold(scope, "E1", 4, 9, "5 %")])) == [
        Reason(Cause.TOO_MANY, (), said, course)
    ]


# -- D13 ------------------------------------------------------------------------------------------------------------


def run(state: RunState = RunState.DONE, stage: str = "offer", at: str = "04:00", **more: object) -> Run:
    begun = datetime.fromisoformat(f"2026-10-06T{at}").replace(tzinfo=PARIS)
    asked = {"id": stage, "site": "caen", "night": "2026-10-06", "stage": stage, "state": state}
    return Run(**({**asked, "started_at": begun, "heard_at": begun} | more))  # type: ignore[arg-type]


def of_offer(*runs: Run, now: str = "09:00") -> list[Reason]:
    at = datetime.fromisoformat(f"2026-10-06T{now}").replace(tzinfo=PARIS)
    return [one for one in find_in_runs(runs, TODAY, at, PARIS) if one.details["stage"] == "offer"]


DUE = {"stage": "offer", "night": "2026-10-06", "due": "2026-10-06T04:00:00+02:00"}


@pytest.mark.rule("D13")
def test_a_stage_that_failed_is_told_with_its_hours_and_its_error() -> None:
    said = {**DUE, "state": "failed", "error": "night_plan_damaged", "started": "2026-10-06T04:00:00+02:00"}
    failed = run(RunState.FAILED, error="night_plan_damaged")
    utc = replace(failed, started_at=failed.started_at.astimezone(UTC))
    assert of_offer(utc) == [Reason(Cause.STAGE_FAILED, (), said)]
    assert of_offer(replace(failed, adoption=True)) == of_offer()
    assert of_offer(replace(failed, night="2026-10-05")) == of_offer()


@pytest.mark.rule("D13")
@pytest.mark.parametrize(("now", "told"), [("04:30", []), ("04:31", [Reason(Cause.STAGE_MISSING, (), DUE)])])
def test_a_stage_is_missing_half_an_hour_after_its_hour(now, told) -> None:
    assert of_offer(now=now) == told


@pytest.mark.rule("D13")
@pytest.mark.parametrize(("at", "late"), [("04:30", False), ("04:31", True)])
def test_a_stage_is_late_that_began_more_than_half_an_hour_after_its_hour(at, late) -> None:
    assert [one.cause for one in of_offer(run(at=at))] == [Cause.STAGE_LATE] * late
    assert of_offer(run(at=at, stage="night")) == []


@pytest.mark.rule("D13")
@pytest.mark.parametrize(("now", "silent"), [("05:00", False), ("05:01", True)])
def test_a_stage_is_unfinished_that_was_not_heard_of_for_an_hour(now, silent) -> None:
    found = of_offer(run(RunState.APPLYING), now=now)
    assert [one.cause for one in found] == [Cause.STAGE_UNFINISHED] * silent


@pytest.mark.rule("D13")
def test_a_stage_of_its_own_counts_before_a_whole_night_and_lost_memory_is_told_beside() -> None:
    whole = run(RunState.FAILED, stage="night")
    assert of_offer(whole, run()) == []
    lost = of_offer(run(memory_lost=("a", "b")))
    assert lost == [Reason(Cause.MEMORY_LOST, (), {**DUE, "state": "done", "papers": "a, b"})]
