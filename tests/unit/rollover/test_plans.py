from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from passerelle.domain.moodle.core import Category
from passerelle.domain.moodle.plugin import Holding
from passerelle.domain.records import TargetLock
from passerelle.domain.rollover.plan import Decision, Plan, PlanRun
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import RolloverState
from passerelle.errors import NotFound, Refused
from passerelle.store.documents import from_document, to_document
from passerelle.usecases.rollover import plans
from tests.factories.rollover import a_two_year_network
from tests.fakes.cutting import Cut, Killed
from tests.scenes.rollover import ADA, ROOT, YearScene


def faculty(count: int = 8, **site: object) -> YearScene:
    """Courses SC0… in category SCIENCES and one below it, on both sides, all Ada's."""
    scene = YearScene(a_two_year_network(**site))
    for lms in (scene.bleu, scene.vert):
        lms.categories += [Category(10, "Sciences", "SCIENCES"), Category(11, "Chimie", "CHIMIE", parent=10)]
    for n in range(count):
        scene.bleu.add_course(
            f"SC{n}", teacher="ada", holds=["Bohr"], categoryid=10, state={"lastchange": scene.clock.now()}
        )
        scene.vert.add_course(f"SC{n}", teacher="ada", categoryid=11 if n % 2 else 10)
    return scene


def plan_of(scene: YearScene) -> Plan:
    return plans.make(scene.world, "vert", "SCIENCES", "root")


def verdicts(plan: Plan) -> dict[str, str]:
    return {line.idnumber: line.why or line.verdict.value for line in plan.lines}


@pytest.mark.rule("R13")
def test_a_plan_changes_nothing_and_says_what_would_be_done_with_sizes_and_time() -> None:
    scene = faculty(3)
    before = scene.end()
    plan = plan_of(scene)
    after = scene.end()
    assert [line.verdict for line in plan.lines] == [Decision.DO] * 3
    assert plan.seconds > 0
    kept = ("papers", "records")  # the plan itself, and that it was made
    assert {n: after[n] for n in after if n not in kept} == {n: before[n] for n in before if n not in kept}
    assert [type(record) for record in scene.records] == [PlanRun]
    assert scene.records[PlanRun, plan.id].total == 3


@pytest.mark.rule("R13")
def test_a_course_where_a_teacher_acted_or_starts_afresh_is_skipped() -> None:
    scene = faculty(6)
    scene.vert.edit(100, "Mon cours")
    scene.ask_rollover("fresh_start", courseid=101)
    scene.roll_over(courseid=102)
    scene.vert.states[103] = replace(scene.vert.states[103], restoredfrom="bleu")
    scene.bleu.states[104] = replace(scene.bleu.states[104], empty=True)
    assert verdicts(plan_of(scene)) == {
        "SC0": "plan_not_empty",
        "SC1": "plan_fresh_start",
        "SC2": "plan_asked",
        "SC3": "plan_restored",
        "SC4": "plan_source_empty",
        "SC5": "do",
    }


@pytest.mark.rule("R13")
def test_who_changes_his_mind_about_starting_afresh_is_planned_again() -> None:
    scene = faculty(1)
    scene.ask_rollover("fresh_start", courseid=100)
    scene.ask_rollover("fresh_start", courseid=100, wanted=False)
    assert verdicts(plan_of(scene)) == {"SC0": "do"}


@pytest.mark.rule("R13")
def test_complementary_spaces_without_a_twin_are_listed() -> None:
    scene = faculty(1)
    scene.bleu.add_course("", teacher="ada", holds=["x"], fullname="Espace du labo", categoryid=11)
    scene.bleu.add_course("PSL", teacher="ada", holds=["x"], fullname="Tutorat", categoryid=10)
    scene.bleu.add_course("AILLEURS", teacher="ada", holds=["x"], categoryid=2)
    assert [name for _, _, name in plan_of(scene).without_twin] == ["Espace du labo", "Tutorat"]


@pytest.mark.rule("R1")
@pytest.mark.rule("R13")
def test_an_idnumber_held_twice_last_year_is_for_a_person_to_look_at() -> None:
    scene = faculty(1)
    scene.bleu.add_course("SC0", teacher="ada", holds=["x"], categoryid=10)
    (line,) = plan_of(scene).lines
    assert (line.verdict, line.why) == (Decision.REFUSE, "plan_idnumber_twice")


@pytest.mark.rule("D17")
@pytest.mark.rule("D18")
@pytest.mark.rule("D20")
def test_every_line_names_its_traps() -> None:
    scene = faculty(1)
    scene.vert.states[100] = replace(scene.vert.states[100], editingteachers=("ada", "grace"))
    (line,) = plan_of(scene).lines
    assert line.traps == ("D17", "D18", "D20")


@pytest.mark.rule("R13")
def test_only_a_named_administrator_plans() -> None:
    with pytest.raises(Refused, match="plan_not_yours"):
        plans.make(faculty(1).world, "vert", "SCIENCES", "ada")


def test_an_unknown_category_or_plan_is_named() -> None:
    scene = faculty(1)
    with pytest.raises(NotFound, match="plan_category_empty"):
        plans.make(scene.world, "vert", "NULLE-PART", "root")
    with pytest.raises(NotFound, match="plan_unknown"):
        plans.read(scene.world, "none")


def test_a_plan_survives_its_paper() -> None:
    scene = faculty(3)
    plan = plan_of(scene)
    assert from_document(Plan, json.loads(json.dumps(to_document(plan)))) == plan
    assert plans.read(scene.world, plan.id) == plan


@pytest.mark.rule("R13")
def test_calls_to_moodle_grow_with_pages_and_not_with_courses() -> None:
    few, many = plan_of(faculty(5)).calls, plan_of(faculty(300)).calls
    assert few == many
    assert few == {"get_site": 2, "export categories": 2, "export courses": 2, "get_course_states": 2}


@pytest.mark.rule("P16")
def test_a_faculty_of_a_newer_moodle_is_not_planned() -> None:
    scene = faculty(2)
    scene.vert.facts = replace(scene.vert.facts, release="4.1")
    with pytest.raises(Refused, match="newer_release"):
        plan_of(scene)


def run(scene: YearScene, plan: Plan) -> int:
    """To its end; answers the most restores that ever were under way at once."""
    most = 0
    for _ in range(500):
        progress = plans.apply_some(scene.world, plan, ROOT)
        most = max(most, plans.progress(scene.world, plan).under_way)
        if progress.over:
            return most
        scene.deliver()
    raise AssertionError("the plan never ends")


@pytest.mark.rule("R13")
def test_a_plan_is_applied_to_its_end_with_no_more_than_so_many_at_a_time() -> None:
    scene = faculty(9, vert__parallel_restores=2)
    plan = plan_of(scene)
    assert run(scene, plan) == 2
    assert plans.progress(scene.world, plan).states == {"done": 9}
    assert all(scene.vert.content[number] for number in scene.vert.courses)
    told = Counter(m.kind for m in scene.vert.messages.values())
    assert told == {"rollover_shared": 9}


@pytest.mark.rule("R13")
def test_a_plan_that_is_cut_five_times_goes_on_and_does_each_course_exactly_once() -> None:
    scene = faculty(12, vert__parallel_restores=3)
    plan = plan_of(scene)
    cuts = 0
    for at in (3, 11, 24, 37, 60):
        scene.world = Cut(at, "after").around_world(scene.base)
        try:
            for _ in range(20):
                if plans.apply_some(scene.world, plan, ROOT).over:
                    break
                scene.deliver()
                if scene.cuts:
                    break
        except Killed:
            cuts += 1
        scene.world = scene.base
        cuts += len(scene.cuts)
        scene.cuts.clear()
    assert cuts == 5
    run(scene, plan)
    restores = [key for key in scene.vert.started if key.startswith("rol:")]
    assert len(restores) == len(set(restores)) == 12
    assert plans.progress(scene.world, plan).states == {"done": 12}


@pytest.mark.rule("R13")
def test_one_process_queues_each_course_once_and_reads_again_only_what_is_under_way() -> None:
    scene = faculty(6, vert__parallel_restores=2)
    plan = plan_of(scene)
    seen: dict[str, Rollover] = {}
    for _ in range(3):
        plans.apply_some(scene.world, plan, ROOT, seen=seen)
    queued = [scene.queues.take("rollovers"), scene.queues.take("rollovers")]
    assert scene.queues.take("rollovers") is None, "queued again while it waits"
    for message in queued:
        assert message is not None
        scene.queues.send("rollovers", message)
    while not plans.apply_some(scene.world, plan, ROOT, seen=seen).over:
        scene.deliver()
    rehearsal = Cut()
    plans.apply_some(rehearsal.around_world(scene.base), plan, ROOT, seen=seen)
    assert len(rehearsal.calls) == 1, "what has ended is not read again"
    assert plans.progress(scene.world, plan).states == {"done": 6}


@pytest.mark.rule("R13")
def test_another_process_of_the_same_plan_does_no_course_twice_and_no_more_at_a_time() -> None:
    scene = faculty(6, vert__parallel_restores=2)
    plan = plan_of(scene)
    mine: dict[str, Rollover] = {}
    theirs: dict[str, Rollover] = {}
    over, most = False, 0
    while not over:
        plans.apply_some(scene.world, plan, ROOT, seen=mine)
        over = plans.apply_some(scene.world, plan, ROOT, seen=theirs).over
        most = max(most, plans.progress(scene.world, plan).under_way)
        scene.deliver()
    restores = [key for key in scene.vert.started if key.startswith("rol:")]
    assert (len(restores), len(set(restores)), most) == (6, 6, 2)
    assert scene.records.all(TargetLock) == ()


@pytest.mark.rule("R5")
@pytest.mark.rule("R13")
def test_a_teacher_who_began_to_work_after_the_plan_keeps_his_work() -> None:
    scene = faculty(2)
    plan = plan_of(scene)
    scene.vert.states[100] = replace(
        scene.vert.states[100], empty=False, holds=(Holding("activities", 1),), activities=1
    )
    scene.vert.content[100] = ["À moi"]
    scene.ask_rollover("fresh_start", courseid=101)
    run(scene, plan)
    assert plans.progress(scene.world, plan).states == {"refused": 2}
    assert scene.vert.content == {100: ["À moi"], 101: []}


@pytest.mark.rule("R13")
def test_a_teacher_and_the_plan_at_once_are_one_restore() -> None:
    scene = faculty(1)
    plan = plan_of(scene)
    mine = scene.ask_rollover(person=ADA)
    plans.apply_some(scene.world, plan, ROOT)
    scene.deliver()
    ended = Counter(r.state for r in scene.records.all(Rollover))
    assert ended == {RolloverState.DONE: 1, RolloverState.REFUSED: 1}
    assert scene.rollover(mine["rollover"]).state == RolloverState.DONE


@pytest.mark.slow
@pytest.mark.rule("R13")
def test_two_thousand_courses_cut_five_times_are_each_done_exactly_once() -> None:
    scene = faculty(2000, vert__parallel_restores=50)
    plan = plan_of(scene)
    most = 0
    for at in (500, 2_000, 5_000, 9_000, 20_000):
        scene.world = Cut(at, "after").around_world(scene.base)
        while not scene.cuts:
            try:
                plans.apply_some(scene.world, plan, ROOT)
                most = max(most, plans.progress(scene.base, plan).under_way)
                scene.deliver()
            except Killed:
                break
        scene.world = scene.base
        scene.cuts.clear()
    assert max(most, run(scene, plan)) <= 50
    restores = [key for key in scene.vert.started if key.startswith("rol:")]
    assert len(restores) == len(set(restores)) == 2000
    assert plans.progress(scene.world, plan).states == {"done": 2000}


@pytest.mark.rule("R13")
@pytest.mark.rule("H2")
def test_a_plan_that_was_let_run_goes_on_by_itself_a_few_at_a_time() -> None:
    scene = faculty(5)
    plan = plan_of(scene)
    run = plans.let_run(scene.world, plan.id, ROOT)
    assert run.begun == plan.parallel
    scene.deliver()
    run = scene.records[PlanRun, plan.id]
    assert (run.begun, run.applying) == (5, False)
    states = {line.idnumber: record.state for line, record in plans.outcomes(scene.world, plan) if record}
    assert states == {f"SC{n}": RolloverState.DONE for n in range(5)}
    assert len(scene.records.all(Rollover)) == 5


@pytest.mark.rule("R13")
@pytest.mark.rule("H2")
def test_a_plan_that_is_stopped_begins_nothing_more_until_it_is_let_run_again() -> None:
    scene = faculty(5)
    plan = plan_of(scene)
    plans.let_run(scene.world, plan.id, ROOT)
    plans.stop(scene.world, plan.id, "vert:root")
    scene.deliver()
    assert len(scene.records.all(Rollover)) == plan.parallel
    plans.let_run(scene.world, plan.id, ROOT)
    scene.deliver()
    assert len(scene.records.all(Rollover)) == 5


@pytest.mark.rule("R13")
@pytest.mark.rule("H2")
def test_only_an_administrator_of_the_site_lets_a_plan_run() -> None:
    scene = faculty(2)
    plan = plan_of(scene)
    with pytest.raises(Refused) as refused:
        plans.let_run(scene.world, plan.id, ADA)
    assert refused.value.code == "plan_not_yours"
    assert scene.records.all(Rollover) == ()
