"""Rollovers when Moodles are away, and when people delete what a rollover under way still needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import JobMessage
from passerelle.domain.records import TargetLock
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import MoodleAway, Refused
from passerelle.runtime.queue_door import PATIENT_TAKES
from passerelle.usecases import jobs
from passerelle.usecases.rollover import steps
from tests.fakes.lms_years import YearLms
from tests.scenes.rollover import YearScene

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
def scene() -> YearScene:
    return YearScene()


def away(lms: YearLms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Moodle is under maintenance until `monkeypatch.undo()`."""

    def no_answer(*_: Any, **__: Any) -> Any:
        raise MoodleAway(lms.name, "maintenance")

    for name in AROUND:
        monkeypatch.setattr(lms, name, no_answer)


def carry_in_vain(scene: YearScene) -> int:
    """Each message as often as `roll_over` and `settle_job` take it while a Moodle is away; how many."""
    taken = 0
    while (message := scene.queues.take("rollovers")) is not None:
        for _ in range(PATIENT_TAKES):
            with pytest.raises(MoodleAway):
                steps.proceed(scene.world, message["rollover"])
        taken += 1
    while (message := scene.queues.take("jobs")) is not None:
        for _ in range(PATIENT_TAKES):
            with pytest.raises(MoodleAway):
                jobs.settle(scene.world, message["site"], message["jobkey"])
        taken += 1
    return taken


def watched(scene: YearScene) -> None:
    scene.clock.tick(timedelta(minutes=20))
    jobs.watch(scene.world)
    scene.deliver()


@pytest.mark.parametrize("who", ["bleu", "vert"])
def test_a_rollover_waits_for_a_moodle_that_is_away_and_ends_when_it_is_back(
    scene: YearScene, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    away(getattr(scene, who), monkeypatch)
    if who == "vert":
        # The old platform is there: the backup is made, and the restore cannot be asked for.
        with pytest.raises(AssertionError, match="not taken in ten tries"):
            scene.deliver()
    assert carry_in_vain(scene) >= (who == "bleu")
    monkeypatch.undo()
    for _ in range(3):
        watched(scene)
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE
    assert len([key for key in scene.vert.started if key.startswith("rol:")]) == 1


@pytest.mark.rule("S12", "R9")
def test_a_rollover_whose_backups_record_cannot_be_read_fails_with_a_word_and_lets_its_target_go(
    scene: YearScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    with monkeypatch.context() as patched:
        away(scene.vert, patched)
        with pytest.raises(AssertionError, match="not taken in ten tries"):
            scene.deliver()
    scene.records.unreadable.add(f"Upload#{scene.rollover(asked['rollover']).upload}")
    watched(scene)
    failed = scene.rollover(asked["rollover"])
    assert failed.message is not None
    assert (failed.state, failed.message.code) == (RolloverState.FAILED, "record_unreadable")
    assert not failed.word_due
    assert not scene.records.all(TargetLock)
    assert list(scene.queues) == []


def test_an_undo_waits_for_a_moodle_that_is_away(scene: YearScene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.courses()
    done = scene.roll_over()
    monkeypatch.setattr(
        scene.vert, "undo_restore", lambda *_: (_ for _ in ()).throw(MoodleAway("vert", "network"))
    )
    with pytest.raises(AssertionError, match="not taken in ten tries"):
        scene.ask_rollover("undo", rollover=done.id)
    monkeypatch.undo()
    watched(scene)
    assert scene.rollover(done.id).state == RolloverState.UNDONE


@pytest.mark.rule("P10")
def test_who_is_owed_a_word_is_told_once_when_his_moodle_is_back(
    scene: YearScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.courses()
    scene.bleu.fail_next = JobMessage("diskfull")
    asked = scene.ask_rollover()
    monkeypatch.setattr(
        scene.vert, "notify", lambda *_: (_ for _ in ()).throw(MoodleAway("vert", "maintenance"))
    )
    with pytest.raises(AssertionError, match="not taken in ten tries"):
        scene.deliver()
    while scene.queues.take("rollovers") is not None:
        pass
    ended = scene.rollover(asked["rollover"])
    assert (ended.state, ended.word_due) == (RolloverState.FAILED, True)
    monkeypatch.undo()
    watched(scene)
    assert [m.kind for m in scene.vert.messages.values()] == ["rollover_failed"]
    scene.clock.tick(timedelta(minutes=20))
    assert jobs.watch(scene.world) == 0, "they are told again and again"


def test_a_word_that_nobody_can_be_told_for_a_day_is_left_to_the_block(scene: YearScene) -> None:
    scene.courses()
    scene.bleu.fail_next = JobMessage("diskfull")
    ended = scene.roll_over()
    (kept,) = [r for r in scene.records.all(Rollover) if r.id == ended.id]
    scene.records.change(kept, type(kept)(**{**_fields(kept), "word_due": True}))
    scene.clock.tick(timedelta(hours=25))
    assert jobs.watch(scene.world) == 0


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


# --- backups that a rollover under way rests on ---------------------------------------------------------


def delete(scene: YearScene, upload: Upload) -> Any:
    return scene.manage("delete", site="bleu", idnumber=upload.idnumber, upload=upload.id)


@pytest.mark.rule("P6")
def test_a_backup_that_a_rollover_uses_is_not_deleted_and_a_sentence_says_why(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.deliver_until_restoring()
    upload = scene.upload(scene.rollover(asked["rollover"]).upload)
    with pytest.raises(Refused, match="backup_serves"):
        delete(scene, upload)
    (shown,) = scene.manage("list", site="bleu", idnumber=upload.idnumber)["backups"]
    assert shown["protected"]
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE
    assert delete(scene, upload)["state"] == "deleted"


@pytest.mark.rule("P6")
def test_a_backup_that_is_still_under_check_for_a_rollover_is_not_deleted(scene: YearScene) -> None:
    scene.courses()
    scene.ask_rollover()
    arrived, scene.arrived = scene.arrived, _Unread()
    scene.deliver()
    (upload,) = scene.records.all(Upload)
    assert upload.state == BackupState.RECEIVED
    with pytest.raises(Refused, match="backup_serves"):
        delete(scene, upload)
    scene.arrived = [*arrived, *scene.arrived.kept]


class _Unread(list[str]):
    """Announcements that nobody takes yet."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def append(self, key: str) -> None:
        self.kept.append(key)


@pytest.mark.rule("P6")
def test_newer_backups_do_not_push_out_the_one_that_a_rollover_uses(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    scene.deliver_until_restoring()
    used = scene.rollover(asked["rollover"]).upload
    work, scene.vert.work = scene.vert.work, list  # type: ignore[method-assign]
    for n in range(4):
        scene.clock.tick(timedelta(hours=1))
        scene.bleu.edit(100, f"Erratum {n}", at=scene.clock.now())
        scene.ask_rollover("check", site="bleu")
        scene.deliver()
    assert scene.upload(used).state == BackupState.ACCEPTED
    scene.vert.work = work  # type: ignore[method-assign]
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE


@pytest.mark.rule("P4")
def test_what_a_survey_quotes_of_an_archive_goes_with_it(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over()
    upload = scene.upload(done.upload)
    assert upload.survey_key in scene.papers
    delete(scene, upload)
    assert upload.survey_key not in scene.papers
    assert scene.ask_rollover("report", rollover=done.id)["report"]["findings"], "the report itself stays"
