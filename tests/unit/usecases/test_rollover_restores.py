"""What a restore brings, keeps and leaves out, fresh first, and undone: R7, R8, R9, R11."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backup import Group, Inspection, Reason, Why
from passerelle.domain.commands import SignSource
from passerelle.domain.left_out import LeftOut
from passerelle.domain.night.memory import Memory
from passerelle.domain.plugin import JobMessage, RestoreMode
from passerelle.domain.rollover import ALWAYS
from passerelle.domain.states import RolloverState
from passerelle.usecases import jobs, night_papers, rollover_steps, source_addresses
from passerelle_laptop.twin.plugin_jobs import CHOICES, OVERRIDE
from tests.factories import a_manifest
from tests.factories_rollover import a_survey
from tests.stage_rollover import ALAN, GRACE, YearStage, refusal


@pytest.fixture
def stage() -> YearStage:
    return YearStage()


# --- R7, R8 ---


def restore_of(stage: YearStage, rollover: str):
    return stage.vert.errands[f"rol:{rollover}"].given


@pytest.mark.rule("R7")
def test_every_setting_is_said_so_that_no_default_decides(stage: YearStage) -> None:
    stage.courses()
    settings = restore_of(stage, stage.roll_over().id).settings
    assert settings == {**ALWAYS, "groups": "0"}
    assert set(settings) == CHOICES - {OVERRIDE}, "the plugin decides the others, and refuses to be told"
    for always in ("activities", "blocks", "filters", "badges", "competencies", "customfield"):
        assert settings[always] == "1"
    for always in ("contentbankcontent", "permissions", "legacyfiles"):
        assert settings[always] == "1"


TD1, PROJECT, LAB = Group(1, "TD1", "Y2AN8A-TD1"), Group(2, "Projet", ""), Group(3, "Labo", "LABO-7")


def with_groups(stage: YearStage) -> None:
    stage.courses()
    survey = a_survey(groups=(TD1, PROJECT, LAB))
    stage.backups.surveys = type("All", (dict,), {"get": lambda *_: survey})()
    manifest = a_manifest(groups=(TD1, PROJECT, LAB))
    inspection = Inspection(True, (), manifest)
    stage.backups.found = type("All", (dict,), {"get": lambda *_: inspection})()


def listed(stage: YearStage) -> tuple[list[str], list[str]]:
    """The teacher's choice, and what is shown as the night's."""
    checked = stage.ask_rollover("check")
    stage.deliver()
    shown = stage.ask_rollover("contents", rollover=checked["rollover"])
    return [g["name"] for g in shown["groups"]], [g["name"] for g in shown["nights_groups"]]


@pytest.mark.rule("R7")
def test_of_the_groups_only_hand_made_ones_come_and_only_if_asked(stage: YearStage) -> None:
    with_groups(stage)
    assert listed(stage) == (["Projet"], ["TD1", "Labo"]), "no night ran there: whoever bears a number is its"
    restore = restore_of(stage, stage.roll_over(groups=True).id)
    assert restore.settings["groups"] == "1"
    assert restore.exclude == (LeftOut("group", 1), LeftOut("group", 3))


@pytest.mark.rule("R7")
@pytest.mark.rule("N16")
def test_a_hand_made_group_with_a_number_comes_where_last_years_night_says_what_was_its(
    stage: YearStage,
) -> None:
    with_groups(stage)
    marks = {"group": {TD1.id: TD1.idnumber, 4711: "ELSEWHERE"}}
    night_papers.keep_memory(stage.papers, "bleu", Memory(marks=marks))
    assert listed(stage) == (["Projet", "Labo"], ["TD1"])
    assert restore_of(stage, stage.roll_over(groups=True).id).exclude == (LeftOut("group", 1),)


@pytest.mark.rule("R7")
def test_groups_do_not_come_unasked(stage: YearStage) -> None:
    with_groups(stage)
    restore = restore_of(stage, stage.roll_over().id)
    assert (restore.settings["groups"], restore.exclude) == ("0", ())


@pytest.mark.rule("R8")
def test_sections_activities_and_groups_are_left_out_by_the_archives_own_list(stage: YearStage) -> None:
    stage.courses()
    checked = stage.ask_rollover("check")
    stage.deliver()
    listed = stage.ask_rollover("contents", rollover=checked["rollover"])
    assert [a["title"] for a in listed["activities"]] == ["Bohr", "Lewis", "Quiz 1"]
    done = stage.roll_over(exclude=(("section", 2), ("activity", 13)), keep_dates=True)
    restore = restore_of(stage, done.id)
    assert restore.exclude == (LeftOut("section", 2), LeftOut("activity", 13))
    assert restore.keep_dates
    assert restore.mode == RestoreMode.REPLACE


@pytest.mark.rule("R8")
def test_nothing_of_the_target_is_renamed_moved_or_shown(stage: YearStage) -> None:
    stage.courses()
    restore = restore_of(stage, stage.roll_over().id)
    assert (restore.fullname, restore.shortname, restore.idnumber, restore.category) == ("", "", "", "")
    assert restore.owners == ()


# --- R9 ---


@pytest.mark.rule("R9")
def test_a_course_that_changed_since_its_backup_is_backed_up_first(stage: YearStage) -> None:
    stage.courses()
    stage.roll_over(destination="stash")
    stage.clock.tick(timedelta(hours=1))
    stage.bleu.edit(100, "Erratum", at=stage.clock.now())
    again = stage.roll_over()
    assert len([key for key in stage.bleu.started if key.startswith("bak:")]) == 2
    assert stage.upload(again.upload).lastchange == stage.bleu.states[100].lastchange


@pytest.mark.rule("R9")
def test_a_course_that_did_not_change_is_not_backed_up_again(stage: YearStage) -> None:
    stage.courses()
    stage.roll_over(destination="stash")
    stage.roll_over()
    assert len([key for key in stage.bleu.started if key.startswith("bak:")]) == 1


@pytest.mark.rule("R9")
def test_without_a_readable_log_one_backup_per_request_is_made_and_taken(stage: YearStage) -> None:
    stage.courses()
    stage.bleu.states[100] = replace(stage.bleu.states[100], lastchange=None)
    assert stage.roll_over().state == RolloverState.DONE


@pytest.mark.rule("P3")
@pytest.mark.rule("R4")
def test_a_backup_with_people_inside_ends_the_request_with_the_reason(stage: YearStage) -> None:
    stage.courses()
    inspection = Inspection(False, (Reason(Why.PEOPLE_INSIDE, "users.xml"),), a_manifest(people=True))
    stage.backups.found = type("All", (dict,), {"get": lambda *_: inspection})()
    ended = stage.roll_over()
    assert ended.state == RolloverState.FAILED
    (message,) = [m for m in stage.vert.messages.values() if m.kind == "rollover_failed"]
    assert "sans les utilisateurs inscrits" in message.values["text"]
    assert stage.vert.content[100] == []


def test_a_backup_that_the_old_platform_cannot_make_ends_the_request_and_the_button_works_again(
    stage: YearStage,
) -> None:
    stage.courses()
    stage.bleu.fail_next = JobMessage("diskfull")
    assert stage.roll_over().state == RolloverState.FAILED
    assert stage.roll_over().state == RolloverState.DONE


@pytest.mark.rule("P16")
def test_a_newer_moodle_than_the_targets_is_refused_before_anything_moves(stage: YearStage) -> None:
    stage.courses()
    stage.vert.facts = replace(stage.vert.facts, release="4.1")
    ended = stage.roll_over()
    assert ended.state == RolloverState.REFUSED
    assert ended.message is not None
    assert ended.message.code == "newer_release"
    assert not [key for key in stage.vert.started if key.startswith("rol:")]


def test_an_empty_course_of_last_year_is_not_taken(stage: YearStage) -> None:
    stage.bleu.add_course("CHIM1", teacher="ada")
    stage.vert.add_course("CHIM1", teacher="ada")
    assert refusal(stage).code == "source_empty"


# --- R11 ---


@pytest.mark.rule("R11")
def test_a_failed_restore_leaves_the_course_as_it_was_and_the_button_works_again(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.deliver_until_restoring()
    stage.vert.fail_next = JobMessage("killed")
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.FAILED
    assert stage.vert.content[100] == []
    assert stage.roll_over().state == RolloverState.DONE


@pytest.mark.rule("R11")
def test_undo_gives_the_former_course_back_once(stage: YearStage) -> None:
    stage.courses(holds=("À moi",))
    done = stage.roll_over(destination="merge", confirmed=("merge",))
    stage.ask_rollover("undo", rollover=done.id)
    stage.deliver()
    assert stage.rollover(done.id).state == RolloverState.UNDONE
    assert stage.vert.content[100] == ["À moi"]
    stage.ask_rollover("undo", rollover=done.id)
    stage.deliver()
    assert len([key for key in stage.vert.started if key.startswith("und:")]) == 1


@pytest.mark.rule("R11")
def test_undo_is_refused_once_somebody_changed_the_course(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over()
    stage.vert.edit(100, "Ajout")
    stage.ask_rollover("undo", rollover=done.id)
    stage.deliver()
    after = stage.rollover(done.id)
    assert after.state == RolloverState.DONE
    assert after.undo_note is not None
    assert after.undo_note.code == "changed"
    assert stage.vert.content[100][-1] == "Ajout"
    status = stage.ask_rollover("status")["rollover"]
    assert "effacerait ce travail" in status["undo_message"]


@pytest.mark.rule("R11")
def test_undo_ends_with_the_safety_backup_after_thirty_days(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over()
    stage.clock.tick(timedelta(days=31))
    assert refusal(stage, action="undo", rollover=done.id).code == "undo_too_late"


@pytest.mark.rule("R11")
def test_any_editing_teacher_of_the_target_may_undo_and_nobody_else(stage: YearStage) -> None:
    stage.courses(editingteachers=("ada", "grace"))
    done = stage.roll_over(confirmed=("shared",))
    assert refusal(stage, action="undo", rollover=done.id, person=ALAN).code == "not_editing_teacher"
    stage.ask_rollover("undo", rollover=done.id, person=GRACE)
    stage.deliver()
    assert stage.rollover(done.id).state == RolloverState.UNDONE


def test_an_address_that_died_is_signed_anew_for_the_job(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.deliver_until_restoring()
    key = f"rol:{asked['rollover']}"
    asked = SignSource(request="r", site="vert", type="source", jobkey=key)
    signed = source_addresses.sign_source(stage.world, asked)
    assert signed["sha256"] == "c1" * 32


@pytest.mark.rule("R9")
def test_a_backup_that_its_moodle_lost_is_started_again(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    while (message := stage.queues.take("rollovers")) is not None:
        rollover_steps.proceed(stage.world, message["rollover"])
    stage.bleu.errands.clear()
    stage.clock.tick(timedelta(minutes=6))
    jobs.watch(stage.world)
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE


def test_a_request_that_no_queue_carries_any_more_is_put_back_on_its_way(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.queues.sent.clear()
    stage.clock.tick(timedelta(minutes=20))
    jobs.watch(stage.world)
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE
