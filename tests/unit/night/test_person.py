"""One person repaired at once: the same plan as the night's, of that person alone (N27)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.run import Run, moved_run, run_id
from passerelle.domain.night.plan.serialised import memory_document
from passerelle.domain.night.policy import Freeze, Guard, Limit
from passerelle.domain.offer.stages import Stage
from passerelle.domain.records import Person
from passerelle.domain.site_commands import AskWhy
from passerelle.domain.states import RunState
from passerelle.errors import NotFound, Refused
from passerelle.events.site import Signed, read_command
from passerelle.usecases.night import desk
from passerelle.usecases.night.documents import load_memory, memory_key
from passerelle.usecases.night.person import plan_for, repair
from passerelle.usecases.night.plan_stage import StageBusy
from passerelle.usecases.night.why_page import answer
from tests.factories.offer import University
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.scenes.night import NightScene, drop, rules


def university() -> University:
    made = (
        University().element("E1", title="Chimie").element("E2", title="Physique").person("P1").person("P2")
    )
    made.group("G1", "TD 1", on=("E1",)).group("G2", "TD 2", on=("E1",)).group("G3", "TD", on=("E2",))
    return made.ip("P1", "E1", "G1").ip("P2", "E1", "G1").ip("P2", "E2", "G3").cohort("H1", "P1", "P2")


@pytest.fixture
def scene() -> NightScene:
    made = NightScene(university(), rules())
    twin = TwinMoodle("caen", made.clock)
    made.moodle.site = twin.site
    made.night()
    made.twin = twin
    made.world = replace(made.world, sites=TwinSites(None, twin))
    twin.calls.clear()
    return made


def deeds(found) -> list[tuple[str, str, str]]:
    return [(one.op, one.course, str(one["group"])) for one in found.made.plan.operations]


@pytest.mark.rule("N27")
def test_after_a_night_there_is_nothing_to_repair(scene) -> None:
    found = plan_for(scene.world, "caen", "P1")

    assert deeds(found) == []
    assert len(scene.twin.calls) <= 12


@pytest.mark.rule("N27")
def test_a_corrected_row_enrols_its_person_at_once_and_nobody_else(scene) -> None:
    scene.university.ip("P1", "E2", "G3").person("P3").ip("P3", "E2", "G3")

    done = repair(scene.world, "caen", "P1")

    assert len(scene.twin.calls) <= 12
    assert deeds(done) == [("enrol", "E2", ""), ("member_add", "E2", "G3")]
    assert (done.run.state, done.run.done, done.run.failed) == (RunState.DONE, 2, 0)
    assert deeds(plan_for(scene.world, "caen", "P1")) == []
    assert "p3" not in {row["username"] for row in scene.moodle.export("users")}


@pytest.mark.rule("N27")
@pytest.mark.rule("N24")
def test_a_removal_suspends_by_the_same_rules_and_the_next_night_changes_nothing(scene) -> None:
    drop(scene.university, "ip.csv", "P2", "E2", "G3")

    done = repair(scene.world, "caen", "P2")

    assert deeds(done) == [("suspend", "E2", "")]
    assert scene.plan().counts == {}


@pytest.mark.rule("N27")
def test_what_the_stages_remember_of_all_else_is_not_written_again(scene) -> None:
    other = memory_key("caen", Stage.GROUPS)
    scene.papers.put(other, {**memory_document(Memory()), "format": 1, "by": "the stage of groups"})
    drop(scene.university, "ip.csv", "P2", "E2", "G3")

    repair(scene.world, "caen", "P2")

    assert scene.papers.get(other)["by"] == "the stage of groups"
    assert ("E2", "p2") in load_memory(scene.papers, "caen").suspended


@pytest.mark.rule("N27")
@pytest.mark.rule("N20")
def test_a_source_that_shrank_keeps_removals_back_and_lets_additions_go(scene) -> None:
    scene.world = with_rules(scene, guard=Guard(source=Limit(percent=5, absolute=10, at_least=1)))
    drop(scene.university, "ip.csv", "P2", "E2", "G3")
    scene.university.tables["ip.csv"] = [row for row in scene.university.tables["ip.csv"] if row[0] == "P2"]
    scene.university.ip("P2", "E1", "G2")

    done = repair(scene.world, "caen", "P2")

    assert deeds(done) == [("member_add", "E1", "G2")]
    assert [one.op for one in done.made.held] == ["suspend"]
    assert [hold.scope for hold in done.made.holds] == ["source"]
    assert deeds(plan_for(scene.world, "caen", "P2")) == []


def with_rules(scene: NightScene, **changes: object):
    network = scene.world.network
    caen = replace(network.sites["caen"], night=rules(**changes))
    return replace(scene.world, network=replace(network, sites={**network.sites, "caen": caen}))


@pytest.mark.rule("N27")
def test_it_is_never_done_beside_a_stage_that_runs(scene) -> None:
    now = scene.clock.now()
    run = Run(
        id=run_id("caen", scene.day + timedelta(1), Stage.OFFER),
        site="caen",
        night=(scene.day + timedelta(1)).isoformat(),
        stage="offer",
        started_at=now,
        heard_at=now,
        holder="another",
    )
    scene.world.records.add(moved_run(run, RunState.PLANNING, now, "started"))

    with pytest.raises(StageBusy):
        repair(scene.world, "caen", "P1")


@pytest.mark.rule("N27")
@pytest.mark.rule("N18")
def test_a_freeze_holds_for_one_person_as_well(scene) -> None:
    scene.university.ip("P1", "E2", "G3")
    desk.freeze(scene.world, "caen", Freeze(scene.day, courses=("E2",)))

    found = plan_for(scene.world, "caen", "P1")

    assert deeds(found) == []
    assert {one.op for one in found.made.plan.frozen} == {"enrol", "member_add"}


@pytest.mark.rule("N27")
def test_a_course_that_the_night_has_to_make_first_is_named(scene) -> None:
    scene.university.element("E9").group("G9", on=("E9",)).ip("P1", "E9", "G9")

    found = plan_for(scene.world, "caen", "P1")

    assert deeds(found) == []
    assert found.made.waits == ("E9", "E9 / G9")


@pytest.mark.rule("N27")
@pytest.mark.rule("N16")
def test_a_hand_made_enrolment_is_left_alone(scene) -> None:
    drop(scene.university, "ip.csv", "P2", "E2", "G3")
    scene.moodle.site.enrol("E2", "p2", "student")

    done = repair(scene.world, "caen", "P2")

    assert deeds(done) == [("suspend", "E2", "")]
    rows = [
        row for row in scene.moodle.export("enrolments") if (row["course"], row["username"]) == ("E2", "p2")
    ]
    assert {row["method"]: row["status"] for row in rows} == {"manual": "active", "passerelle": "suspended"}


@pytest.mark.rule("N27")
@pytest.mark.rule("N23")
def test_a_hand_made_course_of_a_desired_code_is_not_adopted_by_a_repair(scene) -> None:
    scene.university.element("E5").group("G5", on=("E5",)).ip("P1", "E5", "G5")
    scene.moodle.site.add_course("E5", "Made by hand", idnumber="E5")
    scene.moodle.site.enrol("E5", "p1", "student")

    done = repair(scene.world, "caen", "P1")

    assert deeds(done) == []
    assert done.run is None
    rows = [row for row in scene.moodle.export("enrolments") if row["course"] == "E5"]
    assert [(row["method"], row["status"]) for row in rows] == [("manual", "active")]


@pytest.mark.rule("N27")
def test_one_course_alone_may_be_named(scene) -> None:
    scene.university.ip("P1", "E2", "G3").ip("P1", "E1", "G2")

    assert deeds(plan_for(scene.world, "caen", "P1", "Physique")) == [
        ("enrol", "E2", ""),
        ("member_add", "E2", "G3"),
    ]
    scene.university.cohort("H2", "P1")
    assert {one.course for one in plan_for(scene.world, "caen", "P1", "E2").made.plan.operations} == {"E2"}
    with pytest.raises(NotFound, match="repair_course"):
        plan_for(scene.world, "caen", "P1", "zoologie")


def test_nobody_or_several_are_told(scene) -> None:
    with pytest.raises(NotFound, match="repair_nobody"):
        plan_for(scene.world, "caen", "P77")
    with pytest.raises(Refused, match="repair_several"):
        plan_for(scene.world, "caen", "Last")


@pytest.mark.rule("N27")
def test_the_plan_of_each_person_is_the_nights_own_slice(scene) -> None:
    scene.university.ip("P1", "E2", "G3").person("P3").ip("P3", "E1", "G2")
    drop(scene.university, "ip.csv", "P2", "E1", "G1")
    scene.university.ip("P2", "E1", "G2")

    apart = {
        op for code in ("P1", "P2", "P3") for op in plan_for(scene.world, "caen", code).made.plan.operations
    }
    run = scene.plan()

    counts = Counter(one.kind for one in apart)
    assert dict(sorted(counts.items())) == run.counts


# -- from the desk -----------------------------------------------------------------------------------------


def ask(what: str, lang: str = "fr") -> AskWhy:
    person = Person(username="desk", lang=lang)
    return AskWhy(site="caen", type="why", person=person, who="P1", course="E2", repair=what)


@pytest.mark.rule("N27")
@pytest.mark.rule("N22")
def test_the_desk_sees_the_plan_in_sentences_then_applies_it_and_it_is_recorded(scene) -> None:
    scene.university.ip("P1", "E2", "G3")

    seen = answer(scene.world, ask("plan"))
    assert (seen["kind"], seen["operations"], seen["applied"]) == ("repair", 2, 0)
    assert "+ (E2) Physique – First P1 Last P1 (p1), étudiant" in seen["text"]
    assert "2 à ajouter" in seen["text"].replace("\u202f", " ")

    done = answer(scene.world, ask("apply"))
    assert (done["applied"], done["refused"]) == (2, 0)
    (run,) = [one for one in desk.runs_of(scene.world, "caen") if one.stage == "person"]
    assert run.history[0].why == "asked by desk"
    assert answer(scene.world, ask("plan"))["operations"] == 0


@pytest.mark.rule("N27")
def test_what_asks_for_neither_is_a_question_and_another_word_is_refused(scene) -> None:
    assert answer(scene.world, ask(""))["kind"] == "answer"
    document = {"site": "caen", "type": "why", "who": "P1", "course": "E1", "repair": "delete"}
    with pytest.raises(Refused, match="field"):
        read_command(Signed("msg_1", "why", "caen", "00", "fr", document))
