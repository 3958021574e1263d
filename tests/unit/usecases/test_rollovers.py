from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backup import Inspection, Reason, Why
from passerelle.domain.commands import AskRollover
from passerelle.domain.plugin import JobMessage, LeftOut, RestoreMode
from passerelle.domain.publishing import Person, RunningJob, TargetLock
from passerelle.domain.rollover import ALWAYS, Permit
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import GiveUp, NotFound
from passerelle.usecases import jobs, rollovers
from passerelle_laptop.twin.plugin_jobs import CHOICES, OVERRIDE
from tests.factories import a_manifest, a_person
from tests.factories_rollover import a_survey, a_two_year_network
from tests.stage_rollover import ADA, ALAN, GRACE, ROOT, YearStage


@pytest.fixture
def stage() -> YearStage:
    return YearStage()


def refusal(stage: YearStage, **fields: object) -> GiveUp:
    with pytest.raises(GiveUp) as caught:
        stage.ask_rollover(**fields)
    return caught.value


# --- R1, R2, R3: which course, whose ------------------------------------------------------------------


@pytest.mark.rule("R2")
def test_the_button_names_the_year_that_it_takes(stage: YearStage) -> None:
    stage.courses()
    assert stage.ask_rollover("status")["button"] == "Récupérer la sauvegarde 24/25"


@pytest.mark.rule("R1")
def test_courses_match_by_idnumber(stage: YearStage) -> None:
    stage.bleu.add_course("PHYS1", teacher="ada", holds=["Newton"])
    stage.courses("CHIM1")
    assert stage.roll_over(courseid=100).source_idnumber == "CHIM1"


@pytest.mark.rule("R1")
def test_a_distance_course_matches_the_distance_course(stage: YearStage) -> None:
    stage.courses("CHIM1")
    stage.courses("FOAD-CHIM1")
    assert stage.roll_over(courseid=101).source_idnumber == "FOAD-CHIM1"


@pytest.mark.rule("R1")
def test_without_a_match_the_teacher_chooses_the_course(stage: YearStage) -> None:
    stage.bleu.add_course("ANCIEN", teacher="ada", holds=["Bohr"])
    target = stage.vert.add_course("CHIM1", teacher="ada")
    said = refusal(stage, courseid=target.id)
    assert isinstance(said, NotFound)
    assert said.code == "no_source"
    asked = stage.ask_rollover(courseid=target.id, source_idnumber="ANCIEN", confirmed=("other_code",))
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE


@pytest.mark.rule("D18")
def test_a_chosen_course_of_another_code_or_kind_is_asked_about_first(stage: YearStage) -> None:
    stage.bleu.add_course("CHIM1-FOAD", teacher="ada", holds=["Bohr"])
    target = stage.vert.add_course("CHIM1", teacher="ada")
    asked = stage.ask_rollover(courseid=target.id, source_idnumber="CHIM1-FOAD")
    assert [q["code"] for q in asked["questions"]] == ["foad_differs"]
    assert stage.vert.started == []


@pytest.mark.rule("R3")
def test_who_does_not_edit_the_target_is_refused_whatever_the_request_says(stage: YearStage) -> None:
    stage.courses()
    assert refusal(stage, person=GRACE).code == "not_editing_teacher"


@pytest.mark.rule("R3")
def test_who_did_not_teach_last_year_gets_a_link_that_its_teachers_may_grant(stage: YearStage) -> None:
    stage.courses(editingteachers=("grace",))
    said = refusal(stage, person=GRACE)
    assert said.code == "not_source_teacher"
    assert said.details["asked"] == "Ada Lovelace"
    (message,) = stage.bleu.messages.values()
    assert message.username == "ada"
    assert "/local/passerelle/permit.php?permit=" in message.values["text"]


@pytest.mark.rule("R3")
def test_a_granted_link_allows_this_one_transfer_and_is_recorded(stage: YearStage) -> None:
    stage.courses(editingteachers=("grace",))
    refusal(stage, person=GRACE)
    (permit,) = stage.records.all(Permit)
    stage.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    done = stage.roll_over(person=GRACE)
    assert done.state == RolloverState.DONE
    used = stage.records[Permit, permit.id]
    assert (used.granted_by, used.used_by, done.permit) == ("bleu:ada", done.id, permit.id)
    stage.ask_rollover("undo", person=GRACE, rollover=done.id)
    stage.deliver()
    stage.vert.add_course("X", teacher="grace")
    assert refusal(stage, person=GRACE, courseid=101, source_courseid=100).code == "not_source_teacher"


@pytest.mark.rule("R3")
def test_a_used_link_must_be_granted_again_for_another_transfer(stage: YearStage) -> None:
    stage.courses(editingteachers=("grace",))
    refusal(stage, person=GRACE)
    (permit,) = stage.records.all(Permit)
    stage.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    stage.roll_over(person=GRACE)
    stage.vert._fill(100, [], restoredfrom="")
    assert refusal(stage, person=GRACE).code == "not_source_teacher"


@pytest.mark.rule("R3")
def test_a_link_is_granted_only_by_who_edits_the_course_there_or_an_administrator(stage: YearStage) -> None:
    stage.courses(editingteachers=("grace",))
    refusal(stage, person=GRACE)
    (permit,) = stage.records.all(Permit)
    said = refusal(stage, action="permit", site="bleu", person=ALAN, permit=permit.id, courseid=0)
    assert said.code == "permit_not_yours"
    granted = stage.ask_rollover("permit", site="bleu", person=ROOT, permit=permit.id, courseid=0)
    assert granted["state"] == "granted"
    assert any(m.kind == "rollover_permitted" for m in stage.vert.messages.values())


@pytest.mark.rule("R3")
def test_people_are_matched_across_the_years_by_the_networks_key() -> None:
    stage = YearStage(a_two_year_network(identity="email"))
    stage.courses()
    stage.bleu.users[0] = replace(stage.bleu.users[0], username="lovelace", email="ADA@example.org")
    stage.bleu.states[100] = replace(stage.bleu.states[100], editingteachers=("lovelace",))
    assert stage.roll_over().state == RolloverState.DONE


def test_another_sites_rollover_looks_as_if_it_did_not_exist(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over()
    with pytest.raises(NotFound, match="rollover_unknown"):
        stage.ask_rollover("report", site="caen", rollover=done.id, courseid=0)


# --- R4: into the private area ------------------------------------------------------------------------


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


# --- R5: never over somebody's work ---------------------------------------------------------------------


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
def test_two_teachers_in_the_same_instant_ten_times_is_still_one_restore() -> None:
    """On two threads that start together, so that both have looked before either has written."""
    for _ in range(10):
        stage = YearStage()
        stage.courses(editingteachers=("ada", "grace"))
        stage.bleu.states[100] = replace(stage.bleu.states[100], editingteachers=("ada", "grace"))
        together = threading.Barrier(2)

        def press(person: Person, stage: YearStage = stage, together: threading.Barrier = together) -> str:
            command = AskRollover(
                request=f"msg_{person.username}",
                site="vert",
                type="rollovers",
                action="start",
                person=person,
                courseid=100,
                confirmed=("shared",),
            )
            together.wait()
            try:
                return str(rollovers.answer(stage.world, command)["state"])
            except GiveUp as refused:
                return refused.code

        with ThreadPoolExecutor(2) as pool:
            said = sorted(pool.map(press, (ADA, GRACE)))
        assert said == ["requested", "rollover_busy"]
        stage.deliver()
        assert len([key for key in stage.vert.started if key.startswith("rol:")]) == 1
        assert stage.records.all(TargetLock) == ()


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


# --- R6: two destinations -------------------------------------------------------------------------------


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


# --- R7, R8: settings, what is kept and left out ----------------------------------------------------------


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


@pytest.mark.rule("R7")
def test_of_the_groups_only_hand_made_ones_come_and_only_if_asked(stage: YearStage) -> None:
    from passerelle.domain.backup import Group

    stage.courses()
    survey = a_survey(groups=(Group(1, "TD1", "Y2AN8A-TD1"), Group(2, "Projet", "")))
    stage.backups.surveys = type("All", (dict,), {"get": lambda *_: survey})()
    done = stage.roll_over(groups=True)
    restore = restore_of(stage, done.id)
    assert restore.settings["groups"] == "1"
    assert restore.exclude == (LeftOut("group", 1),)


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


# --- R9: fresh first ----------------------------------------------------------------------------------------


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


# --- R11: failures and undo -----------------------------------------------------------------------------------


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
    from passerelle.domain.commands import SignSource

    stage.courses()
    asked = stage.ask_rollover()
    stage.deliver_until_restoring()
    key = f"rol:{asked['rollover']}"
    signed = jobs.sign_source(stage.world, SignSource(request="r", site="vert", type="source", jobkey=key))
    assert signed["sha256"] == "c1" * 32


@pytest.mark.rule("R9")
def test_a_backup_that_its_moodle_lost_is_started_again(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    while (message := stage.queues.take("rollovers")) is not None:
        from passerelle.usecases import rollover_steps

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


# --- R12: the report, before and after --------------------------------------------------------------------------


@pytest.mark.rule("R12")
@pytest.mark.rule("D19")
def test_the_same_report_is_made_on_last_years_course_before(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover("check")
    stage.deliver()
    checked = stage.rollover(asked["rollover"])
    assert checked.state == RolloverState.CHECKED
    assert checked.findings == {"stale_link": 1}
    said = stage.ask_rollover("report", rollover=checked.id)["report"]
    assert said["before"]
    assert said["findings"][0]["repair_at"] == "https://bleu.example/mod/page/view.php?id=11"
    assert stage.vert.content[100] == []
    assert stage.vert.started == []


@pytest.mark.rule("R12")
def test_the_old_platform_may_ask_for_it_by_itself(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover("check", site="bleu")
    stage.deliver()
    said = stage.ask_rollover("report", site="bleu", rollover=asked["rollover"])["report"]
    assert said["findings"]


@pytest.mark.rule("R12")
def test_a_link_to_a_course_that_was_itself_taken_over_gets_its_new_address(stage: YearStage) -> None:
    stage.courses()  # bleu 100 → vert 100
    stage.courses("PHYS1")  # bleu 101 → vert 101
    stage.roll_over(courseid=101)
    key = stage.upload_of("bleu", "CHIM1")
    stage.backups.surveys[key] = a_survey(
        links=(replace(a_survey().links[0], url="https://bleu.example/course/view.php?id=101"),)
    )
    done = stage.roll_over()
    said = stage.ask_rollover("report", rollover=done.id)["report"]
    assert said["findings"][0]["new_address"] == "https://vert.example/course/view.php?id=101"


@pytest.mark.rule("R12")
def test_the_report_is_also_a_page_and_says_so_while_it_is_not_ready(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    assert refusal(stage, action="report", rollover=asked["rollover"]).code == "report_not_ready"
    stage.deliver()
    page = stage.ask_rollover("report", rollover=asked["rollover"], format="html")["html"]
    assert page.startswith('<!DOCTYPE html><html lang="fr">')
    assert "Bohr" in page


@pytest.mark.rule("R12")
def test_an_archive_is_surveyed_once_however_often_it_serves(stage: YearStage) -> None:
    stage.courses()
    stage.ask_rollover("check")
    stage.deliver()
    stage.roll_over()
    assert len(stage.backups.surveyed) == 1


# --- D17, D18, D20 ------------------------------------------------------------------------------------------------


@pytest.mark.rule("D17")
@pytest.mark.rule("D18")
@pytest.mark.rule("D20")
def test_traps_are_told_before_the_button_is_pressed(stage: YearStage) -> None:
    stage.courses(holds=("À moi",), editingteachers=("ada", "grace"))
    stage.bleu.states[100] = replace(stage.bleu.states[100], teachers=("alan",))
    traps = stage.ask_rollover("status")["traps"]
    assert [trap["check"] for trap in traps] == ["D17", "D17", "D18", "D20", "D20"]
    assert {trap["who"] for trap in traps} == {"teacher"}


@pytest.mark.rule("D20")
def test_the_same_people_on_both_sides_are_no_trap(stage: YearStage) -> None:
    stage.courses()
    stage.roll_over(destination="stash")
    assert stage.ask_rollover("status")["traps"] == []


def test_a_person_reads_in_his_own_language(stage: YearStage) -> None:
    stage.courses(holds=("Mine",))
    english = a_person("ada", lang="en")
    assert refusal(stage, person=english).details["holds"] == "1 activity(ies)"


def test_the_running_job_of_a_backup_keeps_its_upload(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over()
    job = stage.records[RunningJob, done.backup_job]
    assert stage.upload(job.result).state == BackupState.ACCEPTED
