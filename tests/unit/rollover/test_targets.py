"""Into the private area or into a course, never over somebody's work: R4, R5, R6."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.records import TargetLock
from passerelle.domain.states import RolloverState
from tests.scenes.rollover import ADA, GRACE, ROOT, YearScene, refusal


@pytest.fixture
def scene() -> YearScene:
    return YearScene()


# --- R4 ---


@pytest.mark.rule("R4")
def test_a_stashed_archive_bears_code_title_year_and_date_and_is_the_scrubbed_one(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over(destination="stash")
    assert done.state == RolloverState.STASHED
    (stashed,) = scene.vert.stash.items()
    assert stashed == (("ada", "CHIM1_Chimie-generale_24-25_20261005.mbz"), "c1" * 32)
    assert scene.vert.content[100] == []


@pytest.mark.rule("R4")
def test_stashing_needs_no_empty_course(scene: YearScene) -> None:
    scene.courses(holds=("Mon cours",))
    assert scene.roll_over(destination="stash").state == RolloverState.STASHED


# --- R5 ---


@pytest.mark.rule("R5")
@pytest.mark.rule("D17")
def test_a_target_that_is_not_empty_is_refused_by_what_was_found(scene: YearScene) -> None:
    scene.courses(holds=("Mon cours", "Mon devoir"))
    said = refusal(scene)
    assert said.code == "rollover_not_empty"
    assert said.details["holds"] == "activities: 2"
    assert scene.vert.started == []


@pytest.mark.rule("R5")
@pytest.mark.parametrize("destination", ["replace", "merge"])
def test_a_target_that_was_restored_already_is_refused(scene: YearScene, destination: str) -> None:
    scene.courses()
    scene.roll_over()
    assert refusal(scene, destination=destination, confirmed=("merge",)).code == "rollover_restored"


@pytest.mark.rule("R5")
def test_only_a_named_administrator_goes_past_it_and_why_is_on_record(scene: YearScene) -> None:
    scene.courses(holds=("Brouillon",))
    assert refusal(scene, override="j'insiste").code == "override_not_allowed"
    done = scene.roll_over(person=ROOT, override="Le brouillon ne sert à rien.", confirmed=("shared",))
    assert done.state == RolloverState.DONE
    assert done.override is not None
    assert done.override.username == "root"
    assert done.override.reason == "Le brouillon ne sert à rien."
    assert done.override.found == ("rollover_not_empty",)
    assert scene.vert.content[100] == ["Bohr", "Lewis", "Quiz 1"]


@pytest.mark.rule("R5")
def test_a_shared_target_is_confirmed_once_by_name_and_all_are_told_how_to_undo(scene: YearScene) -> None:
    scene.courses(editingteachers=("ada", "grace", "alan"))
    asked = scene.ask_rollover()
    (question,) = asked["questions"]
    assert question["code"] == "shared"
    assert "Grace Hopper" in question["message"]
    assert "Alan Turing" in question["message"]
    assert scene.vert.started == []
    scene.roll_over(confirmed=("shared",))
    told = {m.username: m.values["text"] for m in scene.vert.messages.values() if m.kind == "rollover_shared"}
    assert set(told) == {"grace", "alan"}
    assert "/local/passerelle/course.php?id=100#passerelle-rollover" in told["grace"]


@pytest.mark.rule("R5")
def test_two_teachers_at_once_ten_times_is_one_restore_and_one_clear_refusal() -> None:
    for _ in range(10):
        scene = YearScene()
        scene.courses(editingteachers=("ada", "grace"))
        scene.bleu.states[100] = replace(scene.bleu.states[100], editingteachers=("ada", "grace"))
        first = scene.ask_rollover(person=ADA, confirmed=("shared",))
        assert refusal(scene, person=GRACE, confirmed=("shared",)).code == "rollover_busy"
        scene.deliver()
        assert scene.rollover(first["rollover"]).state == RolloverState.DONE
        assert [key for key in scene.vert.started if key.startswith("rol:")] == [f"rol:{first['rollover']}"]


@pytest.mark.rule("R5")
def test_the_same_teacher_pressing_twice_sees_the_one_under_way(scene: YearScene) -> None:
    scene.courses()
    assert scene.ask_rollover()["rollover"] == scene.ask_rollover()["rollover"]


@pytest.mark.rule("R5")
def test_a_lock_whose_holder_is_gone_stops_nobody(scene: YearScene) -> None:
    scene.courses()
    scene.records.add(
        TargetLock(id="vert:100", holder="rol:lost", until=scene.clock.now() + timedelta(hours=6))
    )
    assert scene.roll_over().state == RolloverState.DONE
    assert scene.records.all(TargetLock) == ()


@pytest.mark.rule("R5")
def test_a_course_that_filled_up_while_the_backup_was_made_is_left_alone(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.vert.edit(100, "Mon cours")
    scene.deliver()
    ended = scene.rollover(asked["rollover"])
    assert ended.state == RolloverState.REFUSED
    assert ended.message is not None
    assert ended.message.code == "rollover_not_empty"
    assert scene.vert.content[100] == ["Mon cours"]


# --- R6 ---


@pytest.mark.rule("R6")
def test_a_merge_says_how_many_resources_will_be_doubled_and_the_teachers_yes_is_enough(
    scene: YearScene,
) -> None:
    scene.courses(holds=("Bohr", "À moi"))
    asked = scene.ask_rollover(destination="merge")
    assert [q["code"] for q in asked["questions"]] == ["merge"]
    assert "1 ressource que" in asked["questions"][0]["message"]
    done = scene.roll_over(destination="merge", confirmed=("merge",))
    assert done.state == RolloverState.DONE
    assert done.doubled == 1
    assert scene.vert.content[100] == ["Bohr", "À moi", "Bohr", "Lewis", "Quiz 1"]
