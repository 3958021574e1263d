"""A complete deposit during the day, where a site so decides: planned at once, additions or all applied "
"(N29)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.run import NightDesk, Run, moved_run, run_id
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.usecases.night import desk, state_machine
from passerelle.usecases.night.apply import apply_run
from tests.scenes.night import TIGHT, NightScene, a_university, drop, people, rules

AT = "2026-10-06T14:03:11Z"


def a_scene(on_deposit: str, **more: object) -> NightScene:
    scene = NightScene(a_university(), rules(on_deposit=on_deposit, **more))
    scene.night()
    scene.university.ip("P3", "E1", "G1")
    drop(scene.university, "ip.csv", "P1", "E1", "G1")
    return scene


def arrive(scene: NightScene, key: str = "") -> list[dict]:
    """As the state machine does: opened, planned, applied, finished."""
    key = key or f"sis/caen/{scene.day}/manifest.json"
    opened = state_machine.open_nights(scene.world, {"deposit": key, "at": AT})["nights"]
    for step in opened:
        planned = state_machine.plan(scene.world, step)
        for wave in planned["waves"]:
            for chunk in wave["chunks"]:
                state_machine.apply_chunk(scene.world, chunk)
        if planned["run"] and planned["waves"]:
            state_machine.finish(scene.world, planned)
    return opened


def run_of(scene: NightScene) -> Run:
    (run,) = [one for one in desk.runs_of(scene.world, "caen") if one.stage == "deposit"]
    return run


@pytest.mark.rule("N29")
def test_additions_are_done_at_once_and_nothing_is_taken() -> None:
    scene = a_scene("additions")

    arrive(scene)

    assert {row[0] for row in people(scene, "E1")} == {"p1", "p2", "p3", "t1"}
    assert (run_of(scene).state, run_of(scene).failed, run_of(scene).removals) == (RunState.DONE, 0, 0)
    scene.tomorrow()
    assert scene.plan().counts == {"suspend": 1}


@pytest.mark.rule("N29")
@pytest.mark.rule("N20")
def test_all_of_it_goes_under_the_guard() -> None:
    scene = a_scene("all")
    arrive(scene)
    assert run_of(scene).counts["suspend"] == 1
    scene.tomorrow()
    assert scene.plan().counts == {}

    held = a_scene("all", guard=TIGHT)
    for code in ("P2", "P3"):
        drop(held.university, "ip.csv", code)
    arrive(held)
    assert run_of(held).state is RunState.HELD


@pytest.mark.rule("N29")
@pytest.mark.parametrize(
    "key", ["sis/caen/2026-10-06/ip.csv", "sis/lille/2026-10-06/manifest.json", "sis/x/manifest.json"]
)
def test_another_file_or_site_begins_nothing(key) -> None:
    assert arrive(a_scene("all"), key) == []


@pytest.mark.rule("N17")
@pytest.mark.rule("N29")
def test_by_default_a_deposit_waits_for_the_night() -> None:
    assert arrive(a_scene("")) == []


@pytest.mark.rule("N29")
def test_told_twice_it_is_one_run_and_changes_nothing_more() -> None:
    scene = a_scene("additions")
    arrive(scene)
    before = run_of(scene)

    arrive(scene)

    assert run_of(scene).counts in ({}, before.counts)
    assert len([one for one in desk.runs_of(scene.world, "caen") if one.stage == "deposit"]) == 1


@pytest.mark.rule("N29")
def test_a_stage_at_work_is_waited_for() -> None:
    busy = a_scene("additions")
    now = busy.clock.now()
    stage = Run(
        id=run_id("caen", busy.day, Stage.GROUPS),
        site="caen",
        night=busy.day.isoformat(),
        stage="groups",
        started_at=now,
        heard_at=now,
        holder="another",
    )
    busy.world.records.add(moved_run(stage, RunState.PLANNING, now, "started"))

    (step,) = state_machine.open_nights(
        busy.world, {"deposit": f"sis/caen/{busy.day}/manifest.json", "at": AT}
    )["nights"]
    waiting = state_machine.plan(busy.world, step)

    assert (waiting["waits"], waiting["busy"], waiting["deposit"]) == (True, True, step["deposit"])


@pytest.mark.rule("N29")
def test_a_deposit_is_no_good_night() -> None:
    scene = a_scene("additions")
    good = scene.world.records.get(NightDesk, "caen").good_rows

    arrive(scene)

    assert scene.world.records.get(NightDesk, "caen").good_rows == good


@pytest.mark.rule("N29")
@pytest.mark.rule("N18")
def test_a_deposit_after_a_freeze_of_single_stages_shows_its_plan_first() -> None:
    scene = a_scene("additions")
    desk.freeze(scene.world, "caen", Freeze(scene.day))
    for stage in Stage:
        run = scene.plan(stage)
        if run.state is not RunState.FROZEN:
            apply_run(scene.world, run.id)
    desk.thaw(scene.world, "caen", scene.day)

    arrive(scene)

    assert run_of(scene).state is RunState.HELD
    assert "p3" not in {row[0] for row in people(scene, "E1")}
