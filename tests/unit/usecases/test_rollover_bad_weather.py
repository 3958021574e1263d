"""Rollovers when Moodles are away, and when people delete what a rollover under way still needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.plugin import JobMessage
from passerelle.domain.publishing import Upload
from passerelle.domain.rollover import Rollover
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import MoodleAway, Refused
from passerelle.runtime.records import PATIENT_TAKES
from passerelle.usecases import jobs, rollover_steps
from tests.fakes.lms_years import YearLms
from tests.stage_rollover import YearStage

AROUND = (
    "get_site",
    "get_jobs",
    "get_course_states",
    "get_course_states_by_idnumber",
    "find_users",
    "start_backup",
    "start_restore",
    "stash_backup",
    "undo_restore",
    "course",
    "groups",
    "notify",
)


@pytest.fixture
def stage() -> YearStage:
    return YearStage()


def away(lms: YearLms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Moodle is under maintenance until `monkeypatch.undo()`."""

    def no_answer(*_: Any, **__: Any) -> Any:
        raise MoodleAway(lms.name, "maintenance")

    for name in AROUND:
        monkeypatch.setattr(lms, name, no_answer)


def carry_in_vain(stage: YearStage) -> int:
    """Each message as often as `roll_over` and `settle_job` take it while a Moodle is away; how many."""
    taken = 0
    while (message := stage.queues.take("rollovers")) is not None:
        for _ in range(PATIENT_TAKES):
            with pytest.raises(MoodleAway):
                rollover_steps.proceed(stage.world, message["rollover"])
        taken += 1
    while (message := stage.queues.take("jobs")) is not None:
        for _ in range(PATIENT_TAKES):
            with pytest.raises(MoodleAway):
                jobs.settle(stage.world, message["site"], message["jobkey"])
        taken += 1
    return taken


def watched(stage: YearStage) -> None:
    stage.clock.tick(timedelta(minutes=20))
    jobs.watch(stage.world)
    stage.deliver()


@pytest.mark.parametrize("who", ["bleu", "vert"])
def test_a_rollover_waits_for_a_moodle_that_is_away_and_ends_when_it_is_back(
    stage: YearStage, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    away(getattr(stage, who), monkeypatch)
    if who == "vert":
        # The old platform is there: the backup is made, and the restore cannot be asked for.
        with pytest.raises(AssertionError, match="not taken in ten tries"):
            stage.deliver()
    assert carry_in_vain(stage) >= (who == "bleu")
    monkeypatch.undo()
    for _ in range(3):
        watched(stage)
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE
    assert len([key for key in stage.vert.started if key.startswith("rol:")]) == 1


def test_an_undo_waits_for_a_moodle_that_is_away(stage: YearStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.courses()
    done = stage.roll_over()
    monkeypatch.setattr(
        stage.vert, "undo_restore", lambda *_: (_ for _ in ()).throw(MoodleAway("vert", "network"))
    )
    with pytest.raises(AssertionError, match="not taken in ten tries"):
        stage.ask_rollover("undo", rollover=done.id)
    monkeypatch.undo()
    watched(stage)
    assert stage.rollover(done.id).state == RolloverState.UNDONE


@pytest.mark.rule("P10")
def test_who_is_owed_a_word_is_told_once_when_his_moodle_is_back(
    stage: YearStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.courses()
    stage.bleu.fail_next = JobMessage("diskfull")
    asked = stage.ask_rollover()
    monkeypatch.setattr(
        stage.vert, "notify", lambda *_: (_ for _ in ()).throw(MoodleAway("vert", "maintenance"))
    )
    with pytest.raises(AssertionError, match="not taken in ten tries"):
        stage.deliver()
    while stage.queues.take("rollovers") is not None:
        pass
    ended = stage.rollover(asked["rollover"])
    assert (ended.state, ended.word_due) == (RolloverState.FAILED, True)
    monkeypatch.undo()
    watched(stage)
    assert [m.kind for m in stage.vert.messages.values()] == ["rollover_failed"]
    stage.clock.tick(timedelta(minutes=20))
    assert jobs.watch(stage.world) == 0, "he is told again and again"


def test_a_word_that_nobody_can_be_told_for_a_day_is_left_to_the_block(stage: YearStage) -> None:
    stage.courses()
    stage.bleu.fail_next = JobMessage("diskfull")
    ended = stage.roll_over()
    (kept,) = [r for r in stage.records.all(Rollover) if r.id == ended.id]
    stage.records.change(kept, type(kept)(**{**_fields(kept), "word_due": True}))
    stage.clock.tick(timedelta(hours=25))
    assert jobs.watch(stage.world) == 0


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


# --- backups that a rollover under way rests on ---------------------------------------------------------


def delete(stage: YearStage, upload: Upload) -> Any:
    return stage.manage("delete", site="bleu", idnumber=upload.idnumber, upload=upload.id)


@pytest.mark.rule("P6")
def test_a_backup_that_a_rollover_uses_is_not_deleted_and_a_sentence_says_why(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.deliver_until_restoring()
    upload = stage.upload(stage.rollover(asked["rollover"]).upload)
    with pytest.raises(Refused, match="backup_serves"):
        delete(stage, upload)
    (shown,) = stage.manage("list", site="bleu", idnumber=upload.idnumber)["backups"]
    assert shown["protected"]
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE
    assert delete(stage, upload)["state"] == "deleted"


@pytest.mark.rule("P6")
def test_a_backup_that_is_still_under_check_for_a_rollover_is_not_deleted(stage: YearStage) -> None:
    stage.courses()
    stage.ask_rollover()
    arrived, stage.arrived = stage.arrived, _Unread()
    stage.deliver()
    (upload,) = stage.records.all(Upload)
    assert upload.state == BackupState.RECEIVED
    with pytest.raises(Refused, match="backup_serves"):
        delete(stage, upload)
    stage.arrived = [*arrived, *stage.arrived.kept]


class _Unread(list[str]):
    """Announcements that nobody takes yet."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def append(self, key: str) -> None:
        self.kept.append(key)


@pytest.mark.rule("P6")
def test_newer_backups_do_not_push_out_the_one_that_a_rollover_uses(stage: YearStage) -> None:
    stage.courses()
    asked = stage.ask_rollover()
    stage.deliver_until_restoring()
    used = stage.rollover(asked["rollover"]).upload
    work, stage.vert.work = stage.vert.work, list  # type: ignore[method-assign]
    for n in range(4):
        stage.clock.tick(timedelta(hours=1))
        stage.bleu.edit(100, f"Erratum {n}", at=stage.clock.now())
        stage.ask_rollover("check", site="bleu")
        stage.deliver()
    assert stage.upload(used).state == BackupState.ACCEPTED
    stage.vert.work = work  # type: ignore[method-assign]
    stage.deliver()
    assert stage.rollover(asked["rollover"]).state == RolloverState.DONE


@pytest.mark.rule("P4")
def test_what_a_survey_quotes_of_an_archive_goes_with_it(stage: YearStage) -> None:
    stage.courses()
    done = stage.roll_over()
    upload = stage.upload(done.upload)
    assert upload.survey_key in stage.papers
    delete(stage, upload)
    assert upload.survey_key not in stage.papers
    assert stage.ask_rollover("report", rollover=done.id)["report"]["findings"], "the report itself stays"
