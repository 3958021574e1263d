"""The steps of the state machine, and the morning's watch (N17)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.run import run_id
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.usecases.night import desk, state_machine
from tests.factories.offer import University
from tests.scenes.night import NightScene, a_university, rules


def walk(stage, one):
    """As the state machine does: open, plan, wave by wave, finish."""
    opened = state_machine.open_nights(stage.world, {"stage": one.value, "at": f"{stage.day}T02:00:00Z"})
    (night,) = opened["nights"]
    planned = state_machine.plan(stage.world, night)
    if planned["waits"] or planned["failed"]:
        return planned
    for wave in planned["waves"]:
        for chunk in wave["chunks"]:
            state_machine.apply_chunk(stage.world, chunk)
    return state_machine.finish(stage.world, {"run": planned["run"]})


@pytest.mark.rule("N17")
def test_midnight_in_summer_belongs_to_the_morning_that_follows():
    stage = NightScene(a_university(), rules())
    opened = state_machine.open_nights(stage.world, {"stage": "users", "at": "2026-10-05T22:00:00Z"})
    assert [one["night"] for one in opened["nights"]] == ["2026-10-06"]
    winter = state_machine.open_nights(stage.world, {"stage": "users", "at": "2026-11-05T22:30:00Z"})
    assert [one["night"] for one in winter["nights"]] == ["2026-11-05"]


@pytest.mark.rule("N17")
@pytest.mark.rule("N19")
def test_the_five_stages_walk_through_the_machine_and_the_watch_is_content():
    stage = NightScene(a_university(), rules())
    for one in Stage:
        assert walk(stage, one)["state"] == "done"
    stage.clock.set(stage.clock.now().replace(hour=6))
    assert state_machine.watch(stage.world) == 5


@pytest.mark.rule("N17")
def test_a_stage_waits_and_after_long_patience_fails():
    stage = NightScene(a_university(), rules())
    assert walk(stage, Stage.COHORTS)["waits"]
    night = {"site": "caen", "stage": "cohorts", "night": stage.day.isoformat()}
    ended = state_machine.plan(stage.world, {**night, "looked": state_machine.PATIENCE})
    assert ended["failed"].startswith("stage_waited")


@pytest.mark.rule("N17")
def test_a_night_that_did_not_run_or_failed_rings():
    stage = NightScene(a_university(), rules())
    stage.clock.set(stage.clock.now().replace(hour=6))
    with pytest.raises(state_machine.NightsMissing) as missing:
        state_machine.watch(stage.world)
    assert len(missing.value.details["runs"]) == 5
    for one in Stage:
        walk(stage, one)
    stage.tomorrow()
    stage.sources.read = lambda *_: University(year="").extracts()
    assert walk(stage, Stage.USERS)["failed"] == "night_sources_stopped"
    with pytest.raises(state_machine.NightsMissing):
        state_machine.watch(stage.world)


@pytest.mark.rule("N17", "S12")
def test_a_run_that_cannot_be_read_rings_with_the_others_that_are_missing():
    stage = NightScene(a_university(), rules())
    for one in (Stage.USERS, Stage.OFFER):
        walk(stage, one)
    unreadable = run_id("caen", stage.day, Stage.USERS)
    stage.records.unreadable.add(f"Run#{unreadable}")
    stage.clock.set(stage.clock.now().replace(hour=6))
    with pytest.raises(state_machine.NightsMissing) as missing:
        state_machine.watch(stage.world)
    assert len(missing.value.details["runs"]) == 4
    assert unreadable in missing.value.details["runs"]


@pytest.mark.rule("N20")
def test_a_plan_held_on_its_way_stops_before_the_next_chunk():
    stage = NightScene(a_university(), rules())
    (night,) = state_machine.open_nights(stage.world, {"stage": "users"})["nights"]
    planned = state_machine.plan(stage.world, {**night, "stage": ""})
    first, *others = [chunk for wave in planned["waves"] for chunk in wave["chunks"]]
    assert state_machine.apply_chunk(stage.world, first)["done"]
    desk.hold(stage.world, planned["run"], "ada")
    assert all(state_machine.apply_chunk(stage.world, chunk)["skipped"] for chunk in others)
    assert state_machine.finish(stage.world, {"run": planned["run"]})["state"] == "held"
    desk.release(stage.world, planned["run"], "ada")
    again = state_machine.plan(stage.world, {**night, "stage": ""})
    for wave in again["waves"]:
        for chunk in wave["chunks"]:
            state_machine.apply_chunk(stage.world, chunk)
    assert state_machine.finish(stage.world, {"run": again["run"]})["state"] == RunState.DONE.value
