"""What a restore brings, keeps and leaves out, fresh first, and undone: R7, R8, R9, R11."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backups.manifest import Group, Inspection, Reason, Why
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import JobMessage, Plugin, RestoreMode
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.rollover.rollover import ALWAYS
from passerelle.domain.site_commands import SignSource
from passerelle.domain.states import RolloverState
from passerelle.usecases import jobs
from passerelle.usecases.backups import addresses
from passerelle.usecases.night import documents
from passerelle.usecases.rollover import steps
from passerelle_laptop.twin.plugin_jobs import CHOICES, OVERRIDE
from tests.factories.records import a_manifest
from tests.factories.rollover import a_survey
from tests.scenes.rollover import ALAN, GRACE, YearScene, refusal


@pytest.fixture
def scene() -> YearScene:
    return YearScene()


# --- R7, R8 ---


def restore_of(scene: YearScene, rollover: str):
    return scene.vert.errands[f"rol:{rollover}"].given


@pytest.mark.rule("R7")
def test_every_setting_is_said_so_that_no_default_decides(scene: YearScene) -> None:
    scene.courses()
    settings = restore_of(scene, scene.roll_over().id).settings
    assert settings == {**ALWAYS, "groups": "0"}
    assert set(settings) == CHOICES - {OVERRIDE}, "the plugin decides the others, and refuses to be told"
    for always in ("activities", "blocks", "filters", "badges", "competencies", "customfield"):
        assert settings[always] == "1"
    for always in ("contentbankcontent", "permissions", "legacyfiles"):
        assert settings[always] == "1"


TD1, PROJECT, LAB = Group(1, "TD1", "Y2AN8A-TD1"), Group(2, "Projet", ""), Group(3, "Labo", "LABO-7")


def with_groups(scene: YearScene) -> None:
    scene.courses()
    survey = a_survey(groups=(TD1, PROJECT, LAB))
    scene.backups.surveys = type("All", (dict,), {"get": lambda *_: survey})()
    manifest = a_manifest(groups=(TD1, PROJECT, LAB))
    inspection = Inspection(True, (), manifest)
    scene.backups.found = type("All", (dict,), {"get": lambda *_: inspection})()


def listed(scene: YearScene) -> tuple[list[str], list[str]]:
    """The teacher's choice, and what is shown as the night's."""
    checked = scene.ask_rollover("check")
    scene.deliver()
    shown = scene.ask_rollover("contents", rollover=checked["rollover"])
    return [g["name"] for g in shown["groups"]], [g["name"] for g in shown["nights_groups"]]


@pytest.mark.rule("R7")
def test_of_the_groups_only_hand_made_ones_come_and_only_if_asked(scene: YearScene) -> None:
    with_groups(scene)
    assert listed(scene) == (["Projet"], ["TD1", "Labo"]), "no night ran there: whoever bears a number is its"
    restore = restore_of(scene, scene.roll_over(groups=True).id)
    assert restore.settings["groups"] == "1"
    assert restore.exclude == (LeftOut("group", 1), LeftOut("group", 3))


@pytest.mark.rule("R7")
@pytest.mark.rule("N16")
def test_a_hand_made_group_with_a_number_comes_where_last_years_night_says_what_was_its(
    scene: YearScene,
) -> None:
    with_groups(scene)
    marks = {"group": {TD1.id: TD1.idnumber, 4711: "ELSEWHERE"}}
    documents.keep_memory(scene.papers, "bleu", Memory(marks=marks))
    assert listed(scene) == (["Projet", "Labo"], ["TD1"])
    assert restore_of(scene, scene.roll_over(groups=True).id).exclude == (LeftOut("group", 1),)


@pytest.mark.rule("R7")
def test_groups_do_not_come_unasked(scene: YearScene) -> None:
    with_groups(scene)
    restore = restore_of(scene, scene.roll_over().id)
    assert (restore.settings["groups"], restore.exclude) == ("0", ())


@pytest.mark.rule("R8")
def test_sections_activities_and_groups_are_left_out_by_the_archives_own_list(scene: YearScene) -> None:
    scene.courses()
    checked = scene.ask_rollover("check")
    scene.deliver()
    listed = scene.ask_rollover("contents", rollover=checked["rollover"])
    assert [a["title"] for a in listed["activities"]] == ["Bohr", "Lewis", "Quiz 1"]
    done = scene.roll_over(exclude=(("section", 2), ("activity", 13)), keep_dates=True)
    restore = restore_of(scene, done.id)
    assert restore.exclude == (LeftOut("section", 2), LeftOut("activity", 13))
    assert restore.keep_dates
    assert restore.mode == RestoreMode.REPLACE


@pytest.mark.rule("R8")
def test_nothing_of_the_target_is_renamed_moved_or_shown(scene: YearScene) -> None:
    scene.courses()
    restore = restore_of(scene, scene.roll_over().id)
    assert (restore.fullname, restore.shortname, restore.idnumber, restore.category) == ("", "", "", "")
    assert restore.owners == ()


@pytest.mark.rule("P19")
def test_everything_is_the_asking_teachers_and_permissions_are_asked_for_in_that_name(
    scene: YearScene,
) -> None:
    scene.courses()
    rollover = scene.roll_over()
    restore = restore_of(scene, rollover.id)
    assert restore.person == rollover.person.username != ""
    assert restore.settings["permissions"] == "1"


# --- R9 ---


@pytest.mark.rule("R9")
def test_a_course_that_changed_since_its_backup_is_backed_up_first(scene: YearScene) -> None:
    scene.courses()
    scene.roll_over(destination="stash")
    scene.clock.tick(timedelta(hours=1))
    scene.bleu.edit(100, "Erratum", at=scene.clock.now())
    again = scene.roll_over()
    assert len([key for key in scene.bleu.started if key.startswith("bak:")]) == 2
    assert scene.upload(again.upload).lastchange == scene.bleu.states[100].lastchange


@pytest.mark.rule("R9")
def test_a_course_that_did_not_change_is_not_backed_up_again(scene: YearScene) -> None:
    scene.courses()
    scene.roll_over(destination="stash")
    scene.roll_over()
    assert len([key for key in scene.bleu.started if key.startswith("bak:")]) == 1


@pytest.mark.rule("R9")
def test_without_a_readable_log_one_backup_per_request_is_made_and_taken(scene: YearScene) -> None:
    scene.courses()
    scene.bleu.states[100] = replace(scene.bleu.states[100], lastchange=None)
    assert scene.roll_over().state == RolloverState.DONE


@pytest.mark.rule("P3")
@pytest.mark.rule("R4")
def test_a_backup_with_people_inside_ends_the_request_with_the_reason(scene: YearScene) -> None:
    scene.courses()
    inspection = Inspection(False, (Reason(Why.PEOPLE_INSIDE, "users.xml"),), a_manifest(people=True))
    scene.backups.found = type("All", (dict,), {"get": lambda *_: inspection})()
    ended = scene.roll_over()
    assert ended.state == RolloverState.FAILED
    (message,) = [m for m in scene.vert.messages.values() if m.kind == "rollover_failed"]
    assert "sans les utilisateurs inscrits" in message.values["text"]
    assert scene.vert.content[100] == []


def test_a_backup_that_the_old_platform_cannot_make_ends_the_request_and_the_button_works_again(
    scene: YearScene,
) -> None:
    scene.courses()
    scene.bleu.fail_next = JobMessage("diskfull")
    assert scene.roll_over().state == RolloverState.FAILED
    assert scene.roll_over().state == RolloverState.DONE


@pytest.mark.rule("P16")
def test_a_newer_moodle_than_the_targets_is_refused_before_a_backup_is_made(scene: YearScene) -> None:
    scene.courses()
    scene.vert.facts = replace(scene.vert.facts, release="4.1")
    refused = refusal(scene)
    assert (refused.code, refused.details["target"]) == ("newer_release", "4.1")
    assert scene.bleu.started == []
    # As an archive of one's own it may still be had.
    assert scene.roll_over(destination="stash").state == RolloverState.STASHED


@pytest.mark.rule("P16")
def test_activities_whose_plugin_is_not_here_are_told_before_and_left_behind_after_a_yes(
    scene: YearScene,
) -> None:
    scene.courses()
    scene.vert.facts = replace(scene.vert.facts, modules=(Plugin("mod_forum"), Plugin("mod_url")))
    asked = scene.ask_rollover()
    (question,) = asked["questions"]
    assert question["code"] == "plugins_lacking"
    assert "mod_page" in question["message"]
    assert scene.bleu.started == []
    assert scene.roll_over(confirmed=("plugins_lacking",)).state == RolloverState.DONE


@pytest.mark.rule("P16")
def test_a_newer_moodle_that_its_target_meanwhile_has_become_is_refused_before_anything_moves(
    scene: YearScene,
) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.vert.facts = replace(scene.vert.facts, release="4.1")
    scene.deliver()
    ended = scene.rollover(str(asked["rollover"]))
    assert ended.state == RolloverState.REFUSED
    assert ended.message is not None
    assert ended.message.code == "newer_release"
    assert not [key for key in scene.vert.started if key.startswith("rol:")]


def test_an_empty_course_of_last_year_is_not_taken(scene: YearScene) -> None:
    scene.bleu.add_course("CHIM1", teacher="ada")
    scene.vert.add_course("CHIM1", teacher="ada")
    assert refusal(scene).code == "source_empty"


# --- R11 ---


@pytest.mark.rule("R11")
def test_a_failed_restore_leaves_the_course_as_it_was_and_the_button_works_again(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.deliver_until_restoring()
    scene.vert.fail_next = JobMessage("killed")
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.FAILED
    assert scene.vert.content[100] == []
    assert scene.roll_over().state == RolloverState.DONE


@pytest.mark.rule("R11")
def test_undo_gives_the_former_course_back_once(scene: YearScene) -> None:
    scene.courses(holds=("À moi",))
    done = scene.roll_over(destination="merge", confirmed=("merge",))
    scene.ask_rollover("undo", rollover=done.id)
    scene.deliver()
    assert scene.rollover(done.id).state == RolloverState.UNDONE
    assert scene.vert.content[100] == ["À moi"]
    scene.ask_rollover("undo", rollover=done.id)
    scene.deliver()
    assert len([key for key in scene.vert.started if key.startswith("und:")]) == 1


@pytest.mark.rule("R11")
def test_undo_is_refused_once_somebody_changed_the_course(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over()
    scene.vert.edit(100, "Ajout")
    scene.ask_rollover("undo", rollover=done.id)
    scene.deliver()
    after = scene.rollover(done.id)
    assert after.state == RolloverState.DONE
    assert after.undo_note is not None
    assert after.undo_note.code == "changed"
    assert scene.vert.content[100][-1] == "Ajout"
    status = scene.ask_rollover("status")["rollover"]
    assert "effacerait ce travail" in status["undo_message"]


@pytest.mark.rule("R11")
def test_undo_ends_with_the_safety_backup_after_thirty_days(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over()
    scene.clock.tick(timedelta(days=31))
    assert refusal(scene, action="undo", rollover=done.id).code == "undo_too_late"


@pytest.mark.rule("R11")
def test_any_editing_teacher_of_the_target_may_undo_and_nobody_else(scene: YearScene) -> None:
    scene.courses(editingteachers=("ada", "grace"))
    done = scene.roll_over(confirmed=("shared",))
    assert refusal(scene, action="undo", rollover=done.id, person=ALAN).code == "not_editing_teacher"
    scene.ask_rollover("undo", rollover=done.id, person=GRACE)
    scene.deliver()
    assert scene.rollover(done.id).state == RolloverState.UNDONE


def test_an_address_that_died_is_signed_anew_for_the_job(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.deliver_until_restoring()
    key = f"rol:{asked['rollover']}"
    asked = SignSource(request="r", site="vert", type="source", jobkey=key)
    signed = addresses.sign_source(scene.world, asked)
    assert signed["sha256"] == "c1" * 32


@pytest.mark.rule("R9")
def test_a_backup_that_its_moodle_lost_is_started_again(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    while (message := scene.queues.take("rollovers")) is not None:
        steps.proceed(scene.world, message["rollover"])
    scene.bleu.errands.clear()
    scene.clock.tick(timedelta(minutes=6))
    jobs.watch(scene.world)
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE


def test_a_request_that_no_queue_carries_any_more_is_put_back_on_its_way(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.queues.sent.clear()
    scene.clock.tick(timedelta(minutes=20))
    jobs.watch(scene.world)
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE
