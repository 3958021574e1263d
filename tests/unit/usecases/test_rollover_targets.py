"""Into the private area or into a course, never over somebody's work: R4, R5, R6."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.publishing import TargetLock
from passerelle.domain.states import RolloverState
from tests.stage_rollover import ADA, GRACE, ROOT, YearStage, refusal


@pytest.fixture
def stage() -> YearStage:
    return YearStage()


# --- R4 ---


@pytest.mark.rule("R4")
def test_a_stashed_archive_bears_code_title_year_and_date_and_is_the_scrubbed_one(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over(destination="stash")
    assert done.state == RolloverState.STASHED
    (stashed,) = stage.vert.stash.items()
    assert stashed == (("ada", "CHIM1_Chimie-generale_24-25_20261005.mbz"), "c1" * 32)
    assert stage.vert.content[100] == []


@pytest.mark.rule("R4")
def test_stashing_needs_no_empty_course(stage: YearStage) -> None:
    stage.courses(holds=("Mon cours",))
    assert stage.roll_over(destination="stash").state == RolloverState.STASHED


# --- R5 ---


@pytest.mark.rule("R5")
@pytest.mark.rule("D17")
def test_a_target_that_is_not_empty_is_refused_by_what_was_found(stage: YearStage) -> None:
    stage.courses(holds=("Mon cours", "Mon devoir"))
    said = refusal(stage)
    assert said.code == "rollover_not_empty"
    assert said.details["holds"] == "2 activité(s)"
    assert stage.vert.started == []


@pytest.mark.rule("R5")
@pytest.mark.parametrize("destination", ["replace", "merge"])
def test_a_target_that_was_restored_already_is_refused(stage: YearStage, destination: str) -> None:
    stage.courses()
    stage.roll_over()
    assert refusal(stage, destination=destination, confirmed=("merge",)).code == "rollover_restored"


@pytest.mark.rule("R5")
def test_only_a_named_administrator_goes_past_it_and_why_is_on_record(stage: YearStage) -> None:
    stage.courses(holds=("Brouillon",))
    assert refusal(stage, override="j'insiste").code == "override_not_allowed"
    done = stage.roll_over(person=ROOT, override="Le brouillon ne sert à rien.", confirmed=("shared",))
    assert done.state == RolloverState.DONE
    assert done.override is not None
    assert done.override.username == "root"
    assert done.override.reason == "Le brouillon ne sert à rien."
    assert done.override.found == ("rollover_not_empty",)
    assert stage.vert.content[100] == ["Bohr", "Lewis", "Quiz 1"]


@pytest.mark.rule("R5")
def test_a_shared_target_is_confirmed_once_by_name_and_all_are_told_how_to_undo(stage: YearStage) -> None:
    stage.courses(editingteachers=("ada", "grace", "alan"))
    asked = stage.ask_rollover()
    (question,) = asked["questions"]
    assert question["code"] == "shared"
    assert "Grace Hopper" in question["message"]
    assert "Alan Turing" in question["message"]
    assert stage.vert.started == []
    stage.roll_over(confirmed=("shared",))
    told = {m.username: m.values["text"] for m in stage.vert.messages.values() if m.kind == "rollover_shared"}
    assert set(told) == {"grace", "alan"}
    assert "/local/passerelle/course.php?id=100#passerelle-rollover" in told["grace"]


@pytest.mark.rule("R5")
def test_two_teachers_at_once_ten_times_is_one_restore_and_one_clear_refusal() -> None:
    for _ in range(10):
        stage = YearStage()
        stage.courses(editingteachers=("ada", "grace"))
        stage.bleu.states[100] = replace(stage.bleu.states[100], editingteachers=("ada", "grace"))
        first = stage.ask_rollover(person=ADA, confirmed=("shared",))
        assert refusal(stage, person=GRACE, confirmed=("shared",)).code == "rollover_busy"
        stage.deliver()
        assert stage.rollover(first["rollover"]).state == RolloverState.DONE
        assert [key for key in stage.vert.started if key.startswith("rol:")] == [f"rol:{first['rollover']}"]


@pytest.mark.rule("R5")
def test_the_same_teacher_pressing_twice_sees_the_one_under_way(stage: YearStage) -> None:
    stage.courses()
    assert stage.ask_rollover()["rollover"] == stage.ask_rollover()["rollover"]


@pytest.mark.rule("R5")
def test_a_lock_whose_holder_is_gone_stops_nobody(stage: YearStage) -> None:
    stage.courses()
    stage.records.add(
        TargetLock(id="vert:100", holder="rol:lost", until=stage.clock.now() + timedelta(hours=6))
    )
    assert stage.roll_over().state == RolloverState.DONE
    assert stage.records.all(TargetLock) == ()


@pytest.mark.rule("R5")
def test_a_course_that_filled_up_while_the_backup_was_made_is_left_alone(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.vert.edit(100, "Mon cours")
    stage.deliver()
    ended = stage.rollover(asked["rollover"])
    assert ended.state == RolloverState.REFUSED
    assert ended.message is not None
    assert ended.message.code == "rollover_not_empty"
    assert stage.vert.content[100] == ["Mon cours"]


# --- R6 ---


@pytest.mark.rule("R6")
def test_a_merge_says_how_many_resources_will_be_doubled_and_the_teachers_yes_is_enough(
    stage: YearStage,
) -> None:
    stage.courses(holds=("Bohr", "À moi"))
    asked = stage.ask_rollover(destination="merge")
    assert [q["code"] for q in asked["questions"]] == ["merge"]
    assert "1 ressource(s)" in asked["questions"][0]["message"]
    done = stage.roll_over(destination="merge", confirmed=("merge",))
    assert done.state == RolloverState.DONE
    assert done.doubled == 1
    assert stage.vert.content[100] == ["Bohr", "À moi", "Bohr", "Lewis", "Quiz 1"]
