"""Nights on the twin: what waits for a person (N20), and what stands still (N18)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.policy import Freeze, Guard, Limit, NightRules
from passerelle.domain.states import RunState
from passerelle.errors import Refused
from passerelle.usecases.night import apply, desk, plan_stage
from tests.scenes.night import OPEN, TIGHT, NightScene, a_university, drop, ops, people, rules


@pytest.mark.rule("N20")
def test_too_many_removals_and_a_source_that_shrank_wait_for_a_person():
    stage = NightScene(a_university(), NightRules(guard=TIGHT))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.university.ip("P1", "E2", "")
    stage.tomorrow()
    run = stage.plan()
    assert run.state is RunState.HELD
    assert {one.split(":")[0] for one in run.holds} == {"all", "source"}
    with pytest.raises(Refused) as refused:
        apply.apply_run(stage.world, run.id)
    assert refused.value.code == "night_held"
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
    released = desk.release(stage.world, run.id, "desk@caen")
    assert (released.released_by, released.released_at) == ("desk@caen", stage.clock.now())
    assert apply.apply_run(stage.world, run.id).state is RunState.DONE
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")


@pytest.mark.rule("N20")
@pytest.mark.parametrize("scope", ["category", "course"])
def test_one_category_or_course_is_guarded_by_itself(scope):
    guard = {"all": OPEN.all, "source": OPEN.source, "category": OPEN.category, "course": OPEN.course}
    stage = NightScene(
        a_university(), NightRules(guard=Guard(**guard | {scope: Limit(percent=1, absolute=0)}))
    )
    stage.night()
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    run = stage.plan()
    assert [one.split(":")[:2] for one in run.holds] == [[scope, {"category": "C1", "course": "E1"}[scope]]]


@pytest.mark.rule("N20")
def test_additions_go_on_while_removals_are_held():
    stage = NightScene(a_university(), NightRules(guard=Guard(**{**_fields(TIGHT), "additions_go_on": True})))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    run = stage.night()
    assert run.state is RunState.HELD
    rows = people(stage, "E1")
    assert ("p3", "passerelle", "active", "student") in rows
    assert ("p1", "passerelle", "active", "student") in rows
    desk.release(stage.world, run.id, "desk")
    assert apply.apply_run(stage.world, run.id).state is RunState.DONE
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")


@pytest.mark.rule("N20")
def test_a_held_plan_whose_additions_broke_off_still_waits_for_a_person():
    stage = NightScene(a_university(), NightRules(guard=Guard(**{**_fields(TIGHT), "additions_go_on": True})))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.tomorrow()
    run = plan_stage.fail(stage.world, stage.plan().id, "applying")
    assert run.state is RunState.FAILED
    with pytest.raises(Refused) as refused:
        apply.apply_run(stage.world, run.id)
    assert refused.value.code == "night_held"
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
    desk.release(stage.world, run.id, "desk")
    assert apply.apply_run(stage.world, run.id).state is RunState.DONE
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")


def _fields(guard):
    return {name: getattr(guard, name) for name in ("all", "category", "course", "source")}


@pytest.mark.rule("N20")
def test_a_released_plan_that_a_later_night_overtook_is_refused():
    stage = NightScene(a_university(), NightRules(guard=TIGHT))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.tomorrow()
    run = stage.plan()
    stage.tomorrow()
    stage.plan()
    with pytest.raises(Refused) as refused:
        desk.release(stage.world, run.id, "desk")
    assert refused.value.code == "night_overtaken"


@pytest.mark.rule("N20")
def test_a_person_may_hold_a_site_and_let_it_go(stage):
    desk.hold_site(stage.world, "caen", "ada", "exams")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    assert stage.plan().state is RunState.HELD
    desk.hold_site(stage.world, "caen", "")
    assert stage.night().state is RunState.DONE


@pytest.mark.rule("N18")
def test_a_frozen_night_says_what_it_would_have_done_and_a_thaw_shows_its_plan_first(stage):
    desk.freeze(stage.world, "caen", Freeze(since=stage.day, until=None, by="ada"))
    stage.university.person("P9").ip("P9", "E1", "G1")
    stage.tomorrow()
    run = stage.night()
    assert (run.state, run.counts, run.frozen) == (RunState.DONE, {"user_create": 1}, 2)
    assert [one[0] for one in ops(stage, run, withheld=True)] == ["enrol", "member_add"]
    stage.tomorrow()
    assert stage.plan().state is RunState.FROZEN
    desk.thaw(stage.world, "caen", stage.day)
    thawed = stage.plan()
    assert (thawed.state, [one.split(":")[0] for one in thawed.holds]) == (RunState.HELD, ["thaw"])
    desk.release(stage.world, thawed.id, "ada")
    assert apply.apply_run(stage.world, thawed.id).counts == {"enrol": 1, "member_add": 1}


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ({"courses": ("E1",)}, {"enrol"}),
        ({"categories": ("C2",)}, {"course_update"}),
        ({"years": ("2025",)}, set()),
        ({"people": True}, {"enrol", "course_update", "user_update"}),
    ],
)
def test_a_freeze_covers_a_year_a_category_or_a_course(freeze, frozen):
    made = a_university().element("E5", category="C2")
    stage = NightScene(made, rules())
    stage.night()
    made.ip("P3", "E1", "G1")
    drop(made, "elements.csv", "E5")
    made.element("E5", title="Renamed", category="C2")
    drop(made, "people.csv", "P2")
    made.row("people.csv", "P2", "p2", "Other", "Name", "p2@univ.example", "student")
    stage.tomorrow()
    desk.freeze(stage.world, "caen", Freeze(since=stage.day, **freeze))
    run = stage.plan()
    withheld = {one[0] for one in ops(stage, run, withheld=True)} - {"member_add"}
    assert withheld == frozen
