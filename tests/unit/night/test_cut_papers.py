"""A paper of the night that is cut or gone stops what rests on it, with a word; nobody is removed for it (S12, N24)."""

from __future__ import annotations

from datetime import date

import pytest

from passerelle.domain.night.checks.in_moodle import find_in_runs
from passerelle.domain.night.plan.run import run_id
from passerelle.domain.offer.causes import Cause
from passerelle.domain.offer.stages import Stage
from passerelle.domain.records import Broken
from passerelle.domain.states import RunState
from passerelle.errors import Refused
from passerelle.usecases.night import apply, documents, state_machine
from tests.scenes.night import NightScene, a_university, drop, people, rules

CUT = '{"format": 1, "suspend'


def broken(scene: NightScene) -> list[str]:
    return [one.id for one in scene.records.all(Broken)]


def suspended(grace: int) -> NightScene:
    """P1 left and was suspended the night before this one."""
    scene = NightScene(a_university(), rules(removal_grace=grace))
    scene.night()
    scene.tomorrow()
    drop(scene.sources.university, "ip.csv", "P1")
    scene.night()
    assert ("p1", "passerelle", "suspended", "student") in people(scene, "E1")
    scene.tomorrow()
    return scene


@pytest.mark.rule("N24", "S12", "D13")
@pytest.mark.parametrize("text", [CUT, "[]", '{"format": 1, "suspended": 7}'])
def test_memory_that_is_lost_is_rebuilt_without_removing_anybody_and_is_told(text: str) -> None:
    scene = suspended(grace=2)
    keys = [documents.memory_key("caen"), *(documents.memory_key("caen", s) for s in documents.REMEMBERING)]
    for key in keys:
        scene.papers.put_json(key, text)
    run = scene.night()
    assert run.state is RunState.DONE
    assert set(run.memory_lost) == set(keys)
    assert set(broken(scene)) == set(keys)
    found = find_in_runs([run], scene.day, scene.clock.now(), scene.rules.zone)
    assert {(one.about.check, one.cause) for one in found} == {("D13", Cause.MEMORY_LOST)}
    # What is suspended is so since tonight: its grace begins anew, and ends.
    assert ("p1", "passerelle", "suspended", "student") in people(scene, "E1")
    assert documents.load_memory(scene.papers, "caen").suspended == {("E1", "p1"): scene.day}
    scene.tomorrow(3)
    scene.night()
    assert "p1" not in {row[0] for row in people(scene, "E1")}


@pytest.mark.rule("N24", "S12")
def test_one_stages_memory_that_is_cut_forgets_that_stage_alone() -> None:
    scene = suspended(grace=9)
    scene.papers.put_json(documents.memory_key("caen", Stage.USERS), CUT)
    assert scene.night().state is RunState.DONE
    assert list(documents.load_memory(scene.papers, "caen").suspended) == [("E1", "p1")]


@pytest.mark.rule("N19", "S12")
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_chunk_that_cannot_be_read_fails_its_run_with_a_word_and_the_others_are_done(how: str) -> None:
    scene = NightScene(a_university(), rules())
    run = apply.begin(scene.world, scene.plan().id, "slow")
    names = [name for wave in apply.waves(scene.world, run) for name in wave]
    key = documents.chunk_key(run.folder, names[-1])
    if how == "cut":
        scene.papers.put_json(key, CUT)
    else:
        scene.papers.delete(key)
    done = [apply.apply_chunk(scene.world, run.id, name) for name in names]
    assert [one.lost for one in done] == [*([False] * (len(names) - 1)), True]
    ended = apply.finish(scene.world, run.id, "slow")
    assert (ended.state, ended.error) == (RunState.FAILED, "night_plan_damaged")
    assert broken(scene) == ([key] if how == "cut" else [])
    assert scene.night().state is RunState.DONE  # planned anew
    assert len(people(scene, "E1")) == 3


@pytest.mark.rule("N19", "S12")
def test_a_confirmation_that_is_cut_is_made_again() -> None:
    scene = NightScene(a_university(), rules())
    run = apply.begin(scene.world, scene.plan().id, "slow")
    names = [name for wave in apply.waves(scene.world, run) for name in wave]
    for name in names:
        apply.apply_chunk(scene.world, run.id, name)
    scene.papers.put_json(documents.done_key(run.folder, names[0]), CUT)
    with pytest.raises(Refused, match="night_unfinished"):
        apply.finish(scene.world, run.id, "slow")
    apply.apply_chunk(scene.world, run.id, names[0])
    assert apply.finish(scene.world, run.id, "slow").state is RunState.DONE


@pytest.mark.rule("N17", "S12")
@pytest.mark.parametrize("text", [CUT, "[]"])
def test_a_plan_whose_heading_is_cut_fails_its_run_and_is_made_again_when_asked_for(text: str) -> None:
    scene = NightScene(a_university(), rules())
    planned = apply.begin(scene.world, scene.plan().id, "one")
    scene.papers.put_json(documents.plan_key(planned.folder), text)
    step = {"site": "caen", "stage": "", "night": scene.day.isoformat(), "looked": 0, "holder": "one"}
    said = state_machine.plan(scene.world, step)
    assert said["failed"] == "night_plan_damaged"
    failed = scene.records[type(planned), run_id("caen", date.fromisoformat(planned.night), None)]
    assert (failed.state, failed.error) == (RunState.FAILED, "night_plan_damaged")
    assert scene.night().state is RunState.DONE
