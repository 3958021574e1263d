"""One stage of one night is planned and applied by one process at a time; who dies is replaced."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from passerelle.domain.night.plan.run import SILENT, Run, run_id
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import MoodleAway
from passerelle.usecases.night import adopt, desk, plan_stage, state_machine
from passerelle.usecases.night import apply as night_applying
from passerelle.usecases.night.plan_stage import StageBusy
from passerelle_cli.failures import explain
from tests.scenes.night import NightScene, a_university, rules


def meanwhile(stage, act):
    """Whoever reads the sources next is interrupted there by `act`."""
    read = stage.sources.read

    def interrupted(*asked):
        stage.sources.read = read
        act()
        return read(*asked)

    stage.sources.read = interrupted


@pytest.mark.rule("N17")
@pytest.mark.rule("N19")
def test_of_two_planners_at_once_one_plans_and_the_other_is_told(stage):
    stage.tomorrow()
    told = []

    def second():
        with pytest.raises(StageBusy) as busy:
            stage.plan()
        told.append(busy.value.details["run"])

    meanwhile(stage, second)
    assert stage.plan().state is RunState.PLANNED
    assert told == [run_id("caen", stage.day, None)]


@pytest.mark.rule("N19")
def test_many_planners_that_start_together_leave_one_plan_and_one_apply():
    stage = NightScene(a_university(), rules())
    start, ended, lock = threading.Barrier(6), [], threading.Lock()
    read, at_work = stage.sources.read, []

    def one_at_a_time(*asked):
        at_work.append(threading.get_ident())
        found = read(*asked)
        assert len(at_work) == 1, "two planners read the sources at once"
        at_work.pop()
        return found

    stage.sources.read = one_at_a_time

    def night_of_one(name):
        start.wait()
        try:
            run = plan_stage.plan_stage(stage.world, "caen", stage.day, None, name)
            ran = night_applying.apply_run(stage.world, run.id, name).state.value
        except StageBusy:
            ran = "busy"
        with lock:
            ended.append(ran)

    threads = [threading.Thread(target=night_of_one, args=(f"n{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(set(ended)) in (["busy", "done"], ["done"])
    assert stage.records.get(Run, run_id("caen", stage.day, None)).holder == ""


@pytest.mark.rule("N19")
def test_the_lease_of_who_died_ends_by_itself_and_who_comes_back_from_the_dead_writes_nothing(stage):
    stage.tomorrow()
    stage.university.person("P9").ip("P9", "E1", "G1")

    def silence_and_another():
        with pytest.raises(StageBusy):
            stage.plan()
        stage.clock.tick(SILENT)
        assert stage.night().counts == {"user_create": 1, "enrol": 1, "member_add": 1}

    meanwhile(stage, silence_and_another)
    back = stage.plan()  # its plan is of before: it gives the other's run back as it is
    assert (back.state, back.done) == (RunState.DONE, 3)


@pytest.mark.rule("N19")
def test_a_replaced_planner_whose_successor_still_plans_gives_way(stage):
    stage.tomorrow()

    def another_begins():
        stage.clock.tick(SILENT)
        plan_stage.open_run(stage.world, "caen", stage.day, None, "another")

    meanwhile(stage, another_begins)
    with pytest.raises(StageBusy):
        stage.plan()
    run = stage.records.get(Run, run_id("caen", stage.day, None))
    assert (run.state, run.holder) == (RunState.PLANNING, "another")


@pytest.mark.rule("N19")
def test_two_do_not_apply_at_once_and_the_same_one_goes_on(stage):
    stage.tomorrow()
    stage.university.person("P9")
    run = stage.plan()
    night_applying.begin(stage.world, run.id, "one")
    with pytest.raises(StageBusy):
        night_applying.apply_run(stage.world, run.id)
    with pytest.raises(StageBusy):
        stage.plan()
    assert night_applying.apply_run(stage.world, run.id, "one").state is RunState.DONE


@pytest.mark.rule("N19")
def test_chunks_keep_the_lease_alive(stage):
    stage.tomorrow()
    stage.university.person("P9").ip("P9", "E1", "G1")
    run = night_applying.begin(stage.world, stage.plan().id, "one")
    waves = night_applying.waves(stage.world, run)
    for (name,) in waves:
        stage.clock.tick(SILENT / 2)
        night_applying.apply_chunk(stage.world, run.id, name)
        with pytest.raises(StageBusy):
            night_applying.begin(stage.world, run.id, "two")
    stage.clock.tick(SILENT)
    assert night_applying.apply_run(stage.world, run.id, "two").state is RunState.DONE


@pytest.mark.rule("N19")
def test_who_meets_a_moodle_that_is_away_lets_go_at_once(stage):
    stage.tomorrow()
    stage.university.person("P9")
    apply = stage.moodle.apply

    def away(_):
        raise MoodleAway("caen", "network", sent=False)

    stage.moodle.apply = away
    with pytest.raises(MoodleAway):
        stage.night()
    stage.moodle.apply = apply
    assert night_applying.apply_run(stage.world, run_id("caen", stage.day, None)).state is RunState.DONE


@pytest.mark.rule("N20")
def test_a_plan_that_a_person_releases_waits_for_nobody_who_died_with_its_lease(stage):
    stage.tomorrow()
    stage.university.person("P9")
    run = stage.plan()
    night_applying.begin(stage.world, run.id, "one")
    desk.hold(stage.world, run.id, "ada")
    with pytest.raises(StageBusy):
        night_applying.begin(stage.world, run.id, "two")
    desk.release(stage.world, run.id, "ada")
    assert night_applying.apply_run(stage.world, run.id, "two").state is RunState.DONE


@pytest.mark.rule("N23")
def test_adopting_waits_for_an_adoption_that_is_under_way(stage):
    plan = adopt.adoption_from(stage.world, "caen", stage.day, stage.university.extracts(), adopt.Takeover())
    run = adopt.keep_adoption(stage.world, plan)
    night_applying.begin(stage.world, run.id, "one")
    with pytest.raises(StageBusy):
        adopt.keep_adoption(stage.world, plan)


@pytest.mark.rule("N23")
def test_an_adoption_that_could_not_be_kept_lets_go_at_once(stage):
    plan = adopt.adoption_from(stage.world, "caen", stage.day, stage.university.extracts(), adopt.Takeover())
    put = stage.papers.put

    def full(*_):
        raise MoodleAway("caen", "network")

    stage.papers.put = full
    with pytest.raises(MoodleAway):
        adopt.keep_adoption(stage.world, plan)
    stage.papers.put = put
    assert adopt.keep_adoption(stage.world, plan).state is RunState.PLANNED


@pytest.mark.rule("N17")
def test_a_second_execution_of_a_stage_waits_and_then_has_nothing_left_to_do(stage):
    stage.tomorrow()
    stage.university.person("P9")
    at = {"stage": Stage.USERS.value, "at": f"{stage.day}T02:00:00Z"}
    (first,) = state_machine.open_nights(stage.world, at)["nights"]
    (second,) = state_machine.open_nights(stage.world, at)["nights"]
    planned = state_machine.plan(stage.world, first)
    waiting = state_machine.plan(stage.world, second)
    assert (waiting["waits"], waiting["waves"]) == (True, [])
    assert state_machine.plan(stage.world, first)["waves"] == planned["waves"]  # a retry of the first
    for wave in planned["waves"]:
        for chunk in wave["chunks"]:
            state_machine.apply_chunk(stage.world, chunk)
    assert state_machine.finish(stage.world, planned)["done"] == 1
    nothing = state_machine.plan(stage.world, waiting)
    assert (nothing["waits"], nothing["waves"]) == (False, [])
    assert state_machine.finish(stage.world, nothing) == {
        "run": first_run(stage),
        "state": "done",
        "done": 1,
        "refused": 0,
    }


def first_run(stage):
    return run_id("caen", stage.day, Stage.USERS)


@pytest.mark.rule("N17")
def test_a_stage_that_stays_busy_for_long_fails_without_touching_the_other(stage):
    stage.tomorrow()
    run = plan_stage.open_run(stage.world, "caen", stage.day, Stage.USERS, "one")
    step = {
        "site": "caen",
        "stage": "users",
        "night": stage.day.isoformat(),
        "looked": state_machine.PATIENCE,
    }
    assert state_machine.plan(stage.world, step)["failed"] == "night_busy"
    assert stage.records.get(Run, run.id) == run


def test_a_lease_is_shorter_than_an_hour_and_longer_than_a_function_may_run():
    assert timedelta(minutes=15) < SILENT < timedelta(hours=1)


@pytest.mark.rule("N19")
def test_who_was_replaced_cannot_fail_the_run_of_his_successor(stage):
    stage.tomorrow()
    run = plan_stage.open_run(stage.world, "caen", stage.day, None, "successor")
    plan_stage.fail(stage.world, run.id, "away", "replaced")
    assert stage.records.get(Run, run.id) == run


@pytest.mark.rule("N19")
def test_who_was_replaced_does_not_end_what_his_successor_applies(stage):
    stage.tomorrow()
    stage.university.person("P9").ip("P9", "E1", "G1")
    run = night_applying.begin(stage.world, stage.plan().id, "replaced")
    stage.clock.tick(SILENT)
    night_applying.begin(stage.world, run.id, "successor")
    assert night_applying.finish(stage.world, run.id, "replaced").state is RunState.APPLYING
    assert night_applying.apply_run(stage.world, run.id, "successor").state is RunState.DONE


@pytest.mark.rule("N19")
def test_of_two_tries_of_one_execution_the_older_leaves_the_lease_to_the_younger(stage):
    stage.tomorrow()

    def the_same_again():
        stage.clock.tick(timedelta(minutes=1))
        plan_stage.open_run(stage.world, "caen", stage.day, None, "execution")

    meanwhile(stage, the_same_again)
    with pytest.raises(StageBusy):
        plan_stage.plan_stage(stage.world, "caen", stage.day, None, "execution")
    run = stage.records.get(Run, run_id("caen", stage.day, None))
    assert (run.state, run.holder) == (RunState.PLANNING, "execution")


@pytest.mark.rule("N19")
def test_of_many_chunks_beside_each_other_one_keeps_the_lease_alive_for_all(stage):
    stage.tomorrow()
    stage.university.person("P9").ip("P9", "E1", "G1")
    run = night_applying.begin(stage.world, stage.plan().id, "one")
    stage.clock.tick(SILENT / 2)
    first, *others = (name for wave in night_applying.waves(stage.world, run) for name in wave)
    night_applying.apply_chunk(stage.world, run.id, first)
    revision = stage.records.get(Run, run.id).revision
    get, late = stage.records.get, run  # what a chunk read before another kept the lease alive

    def read_late(kind, key):
        nonlocal late
        found, late = (late, None) if kind is Run and late else (get(kind, key), late)
        return found

    stage.records.get = read_late
    stage.clock.tick(timedelta(seconds=1))
    night_applying.apply_chunk(stage.world, run.id, others[0])
    stage.records.get = get
    assert stage.records.get(Run, run.id).revision == revision


@pytest.mark.parametrize(
    ("lang", "said"), [("fr", "est en cours ailleurs"), ("en", "being worked on elsewhere")]
)
def test_whoever_finds_a_run_taken_reads_what_to_do(lang, said):
    text = explain(StageBusy("caen/2026-10-06/offer"), lang)
    assert said in text
    assert "caen/2026-10-06/offer" in text
    assert "20 minutes" in text
