"""Publications and retrievals when Moodles are away, people change their minds and ids come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backup import Inspection, Reason, Why
from passerelle.domain.commands import AskRetrieval, CompleteUpload, OpenUpload, Target
from passerelle.domain.plugin import Holding, JobMessage, JobStatus, Plugin
from passerelle.domain.publishing import Retrieval, RunningJob
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.domain.wording import sentence
from passerelle.errors import MoodleAway, MoodleRefused, NotFound, Refused
from passerelle.usecases import backups, jobs, publishing, retrievals, uploads
from tests.factories import a_network, a_person, a_site_facts
from tests.fakes.lms import FakeLms
from tests.stage import ADA, GRACE, MANAGER, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def published(stage: Stage, **changes: Any) -> str:
    stage.save(**changes)
    publication = str(stage.publish(**{k: v for k, v in changes.items() if k == "idnumber"})["publication"])
    stage.deliver()
    return publication


def away(lms: FakeLms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Moodle is under maintenance until `monkeypatch.undo()`."""

    def no_answer(*_: Any, **__: Any) -> Any:
        raise MoodleAway(lms.name, "maintenance")

    for name in ("get_site", "get_jobs", "find_users", "start_restore", "course", "update_course", "notify"):
        monkeypatch.setattr(lms, name, no_answer)


def lose_messages(stage: Stage) -> None:
    """They came as often as a queue allows, or as a Moodle away is waited for."""
    for queue in ("publications", "retrievals", "jobs"):
        while stage.queues.take(queue) is not None:  # type: ignore[arg-type]
            pass


def watched(stage: Stage) -> None:
    stage.clock.tick(timedelta(minutes=20))
    jobs.watch(stage.world)
    stage.deliver()


# --- Moodles that are away -------------------------------------------------------------------------


def test_a_retrieval_whose_message_was_lost_is_put_back_on_its_way(stage: Stage) -> None:
    retrieval = stage.retrieve(published(stage))["retrieval"]
    lose_messages(stage)
    watched(stage)
    watched(stage)
    assert stage.records[Retrieval, retrieval].state == RetrievalState.DONE


@pytest.mark.rule("P10")
def test_an_author_whose_own_moodle_was_away_is_told_when_it_is_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.hub.facts = a_site_facts(modules=(Plugin("mod_page"),))
    stage.save()
    publication = str(stage.publish()["publication"])
    away(stage.caen, monkeypatch)
    with pytest.raises(MoodleAway):
        publishing.publish(stage.world, publication)
    lose_messages(stage)
    monkeypatch.undo()
    watched(stage)
    assert [m.kind for m in stage.caen.messages.values()] == ["publication_failed"]
    assert stage.records[RunningJob, f"pub:{publication}"].ended


def test_a_restore_that_the_hub_refused_is_watched_no_longer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> Any:
        raise MoodleRefused("hub", "local_passerelle_start_restore", "unknowncategory")

    monkeypatch.setattr(stage.hub, "start_restore", refuse)
    published(stage)
    watched(stage)
    stage.clock.tick(timedelta(minutes=20))
    assert jobs.watch(stage.world) == 0


@pytest.mark.rule("P18")
def test_a_copy_is_hidden_when_the_hub_is_back_if_it_was_away_during_the_withdrawal(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = published(stage)
    away(stage.hub, monkeypatch)
    assert stage.ask("withdraw", publication=publication)["state"] == "withdrawn"
    monkeypatch.undo()
    assert [c.visible for c in stage.hub.courses.values()] == [True]
    watched(stage)
    assert [c.visible for c in stage.hub.courses.values()] == [False]
    assert jobs.watch(stage.world) == 0, "it is hidden again and again"


@pytest.mark.rule("P10")
def test_a_job_that_does_not_move_for_a_day_fails_though_its_moodle_answers(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    lose_messages(stage)
    for _ in range(30):
        stage.clock.tick(timedelta(hours=1))
        jobs.watch(stage.world)
        while (message := stage.queues.take("jobs")) is not None:
            jobs.settle(stage.world, message["site"], message["jobkey"])
    record = stage.publication(publication)
    assert (record.state, record.message and record.message.code) == (PublicationState.FAILED, "silent")
    (job,) = stage.hub.get_jobs([f"pub:{publication}"]).values()
    assert job.status == JobStatus.CANCELLED, "its cron would still restore it"


def test_a_job_that_moves_is_waited_for_however_long_it_takes(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    key = f"pub:{publication}"
    stage.clock.tick(timedelta(hours=30))
    restore, job = stage.hub.jobs[key]
    stage.hub.jobs[key] = (
        restore,
        replace(job, status=JobStatus.RUNNING, timemodified=stage.clock.now() - timedelta(hours=1)),
    )
    jobs.settle(stage.world, "hub", key)
    assert stage.publication(publication).state == PublicationState.RESTORING


def test_a_copy_that_was_deleted_on_arrival_fails_with_a_sentence(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    lose_messages(stage)
    stage.hub.work()
    stage.hub.courses.clear()
    jobs.settle(stage.world, "hub", f"pub:{publication}")
    message = stage.publication(publication).message
    assert message is not None
    assert message.code == "copy_gone"


@pytest.mark.rule("P5")
@pytest.mark.parametrize("fate", ["refused", "deleted"])
def test_a_request_that_was_cut_beside_its_backups_verdict_is_told_why(stage: Stage, fate: str) -> None:
    upload = stage.save(check=False)
    publication = str(stage.publish()["publication"])
    if fate == "refused":
        stage.backups.found[stage.upload(upload).raw_key] = Inspection(
            False, (Reason(Why.TRUNCATED, "cut short"),), None
        )
        stage.step(lambda: stage.arrived.clear() or _inspect(stage, upload))
    else:
        stage.records.change(stage.upload(upload), replace(stage.upload(upload), state="deleted"))  # type: ignore[arg-type]
        stage.arrived.clear()
    lose_messages(stage)
    watched(stage)
    record = stage.publication(publication)
    wanted = {"refused": "truncated", "deleted": "backup_unknown"}[fate]
    assert (record.state, record.message and record.message.code) == (PublicationState.FAILED, wanted)


def _inspect(stage: Stage, upload: str) -> None:
    from passerelle.usecases import inspection

    inspection.inspect_backup(stage.world, stage.upload(upload).raw_key)


# --- two versions at once --------------------------------------------------------------------------


@pytest.mark.rule("P13")
def test_a_repeated_message_does_not_forget_the_copy_of_a_restore_under_way(stage: Stage) -> None:
    stage.save()
    older = str(stage.publish()["publication"])
    publishing.publish(stage.world, older)
    lose_messages(stage)
    stage.save()
    newer = str(stage.publish()["publication"])
    publishing.publish(stage.world, newer)
    stage.hub.work()
    jobs.settle(stage.world, "hub", f"pub:{newer}")
    publishing.publish(stage.world, older)
    jobs.settle(stage.world, "hub", f"pub:{older}")
    assert stage.publication(older).state == PublicationState.SUPERSEDED
    assert stage.publication(older).hub_course_id in stage.hub.courses


def test_two_courses_of_one_short_name_get_copies_of_different_short_names(stage: Stage) -> None:
    published(stage, idnumber="psl-a", shortname="CHIM1")
    published(stage, idnumber="psl-b", shortname="CHIM1")
    assert len({c.shortname for c in stage.hub.courses.values()}) == 2


def test_names_fit_what_a_moodle_keeps_of_them(stage: Stage) -> None:
    stage.save(shortname="s" * 255)
    publication = str(stage.publish(title="t" * 400)["publication"])
    stage.deliver()
    (course,) = stage.hub.courses.values()
    assert (len(course.fullname), len(course.shortname) <= 255) == (254, True)
    stage.retrieve(publication)
    stage.deliver()
    (home,) = stage.lille.courses.values()
    assert (len(home.fullname), len(home.shortname) <= 255) == (254, True)


@pytest.mark.rule("P13")
def test_an_idnumber_that_the_hub_could_not_hold_is_refused_before_the_upload(stage: Stage) -> None:
    with pytest.raises(Refused, match="idnumber_too_long"):
        stage.save(idnumber="x" * 96)
    assert len(stage.records) == 0


@pytest.mark.rule("P18")
def test_an_older_backup_than_what_was_withdrawn_asks_for_a_fresh_one(stage: Stage) -> None:
    stage.save()
    newer = published(stage)
    stage.ask("withdraw", publication=newer)
    stage.manage("delete", upload=stage.publication(newer).upload)
    with pytest.raises(Refused, match="backup_outdated"):
        stage.publish()
    again = published(stage)
    assert stage.publication(again).state == PublicationState.PUBLISHED


@pytest.mark.rule("P4")
def test_a_backup_that_could_never_be_checked_is_not_kept_as_it_came(stage: Stage) -> None:
    upload = stage.save(check=False)
    publication = str(stage.publish()["publication"])
    stage.arrived.clear()  # it was a dead letter, and nobody replayed it
    stage.clock.tick(timedelta(days=14))
    assert backups.tidy(stage.world) == 0
    stage.clock.tick(timedelta(days=2))
    assert backups.tidy(stage.world) == 1
    assert (stage.upload(upload).state, list(stage.archives)) == (BackupState.DELETED, [])
    watched(stage)
    message = stage.publication(publication).message
    assert message is not None
    assert message.code == "backup_unknown"


def test_a_publication_that_is_under_way_gets_one_message_a_round(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    away(stage.hub, monkeypatch)
    with pytest.raises(MoodleAway):
        publishing.publish(stage.world, publication)
    lose_messages(stage)
    for _ in range(3):
        stage.clock.tick(timedelta(minutes=20))
        assert jobs.watch(stage.world) == 1
    monkeypatch.undo()
    stage.deliver()
    assert stage.publication(publication).state == PublicationState.PUBLISHED


# --- retrieving what has changed meanwhile ---------------------------------------------------------


@pytest.mark.rule("P18")
def test_what_was_withdrawn_before_it_left_does_not_come_home(stage: Stage) -> None:
    publication = published(stage)
    retrieval = stage.retrieve(publication)["retrieval"]
    stage.ask("withdraw", publication=publication)
    stage.deliver()
    record = stage.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "publication_unknown",
    )
    assert stage.lille.courses == {}


@pytest.mark.rule("P6")
def test_an_older_version_whose_backup_is_gone_is_not_offered() -> None:
    stage = Stage(a_network(hub__older_versions="visible"))
    first = published(stage)
    upload = stage.publication(first).upload
    published(stage)
    stage.manage("delete", upload=upload)
    with pytest.raises(NotFound):
        stage.retrieve(first)


@pytest.mark.rule("P6")
def test_a_retrieval_whose_backup_went_meanwhile_ends_with_a_sentence(stage: Stage) -> None:
    first = published(stage)
    retrieval = stage.retrieve(first)["retrieval"]
    lose_messages(stage)
    published(stage)
    stage.manage("delete", upload=stage.publication(first).upload)
    retrievals.retrieve(stage.world, retrieval)
    assert stage.records[Retrieval, retrieval].state == RetrievalState.FAILED
    assert stage.lille.started == []


@pytest.mark.rule("R5")
def test_a_course_that_was_filled_before_the_restore_began_is_not_replaced(stage: Stage) -> None:
    publication = published(stage)
    mine = stage.lille.add_course("MINE", teacher="grace")
    retrieval = stage.retrieve(publication, mode="replace", courseid=mine.id)["retrieval"]
    stage.lille.states[mine.id] = replace(
        stage.lille.states[mine.id], empty=False, holds=(Holding("activities", 3),), activities=3
    )
    stage.deliver()
    record = stage.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "target_not_empty",
    )
    assert stage.lille.started == []


@pytest.mark.rule("P16")
def test_warnings_of_the_homes_precheck_are_kept(stage: Stage) -> None:
    publication = published(stage)
    retrieval = stage.retrieve(publication)["retrieval"]
    stage.lille.warn_next = (JobMessage("question_skipped", "One question type is missing."),)
    stage.deliver()
    warnings = stage.records[Retrieval, retrieval].warnings
    assert [(w.code, w.details["detail"]) for w in warnings] == [
        ("question_skipped", "One question type is missing.")
    ]


# --- ids that come back after they were forgotten --------------------------------------------------


def opening(**changes: Any) -> OpenUpload:
    fields: dict[str, Any] = {
        "request": "again",
        "site": "caen",
        "type": "uploads",
        "person": ADA,
        "intent": "share",
        "courseid": 42,
        "idnumber": "CHIM1",
        "fullname": "Chimie",
        "shortname": "CHIM1",
        "filesize": 10,
        "sha256": "0" * 64,
    }
    return OpenUpload(**fields | changes)


@pytest.mark.parametrize(
    "other", [{"filesize": 11}, {"sha256": "1" * 64}, {"idnumber": "PHYS1"}, {"intent": "rollover"}]
)
def test_an_old_id_with_another_backup_does_not_get_the_old_upload(
    stage: Stage, other: dict[str, Any]
) -> None:
    uploads.open_upload(stage.world, opening())
    with pytest.raises(Refused, match="other_body"):
        uploads.open_upload(stage.world, opening(**other))


def test_an_old_id_with_another_target_does_not_get_the_old_retrieval(stage: Stage) -> None:
    first, second = published(stage, idnumber="A"), published(stage, idnumber="B")

    def asking(publication: str) -> AskRetrieval:
        return AskRetrieval(
            request="again",
            site="lille",
            type="retrievals",
            action="start",
            publication=publication,
            person=GRACE,
            target=Target(),
        )

    retrievals.answer(stage.world, asking(first))
    with pytest.raises(Refused, match="other_body"):
        retrievals.answer(stage.world, asking(second))


def test_completing_an_upload_that_was_given_up_is_refused(stage: Stage) -> None:
    upload = str(uploads.open_upload(stage.world, opening())["upload"])
    stage.clock.tick(timedelta(days=8))
    backups.tidy(stage.world)
    with pytest.raises(Refused, match="upload_not_open"):
        uploads.complete(stage.world, CompleteUpload(site="caen", type="complete", upload=upload))


# --- what people read ------------------------------------------------------------------------------


@pytest.mark.rule("P16")
def test_a_warning_of_the_precheck_does_not_read_as_a_refusal(stage: Stage) -> None:
    stage.hub.warn_next = (JobMessage("precheck", "Une question manque."), JobMessage("odd", "Autre chose."))
    published(stage)
    first, second = (w["message"] for w in stage.ask("status")["publication"]["warnings"])
    assert "refuse" not in first
    assert "Une question manque." in first
    assert second == "Le Moodle de destination signale : Autre chose."


@pytest.mark.rule("P18")
def test_a_withdrawal_that_comes_too_early_names_the_state_in_the_persons_language(stage: Stage) -> None:
    stage.save()
    publication = stage.publish()["publication"]
    with pytest.raises(Refused) as refusal:
        stage.ask("withdraw", publication=publication, person=a_person("ada", lang="fr"))
    assert "« demandée »" in sentence(refusal.value.code, "fr", refusal.value.details)


@pytest.mark.rule("P18")
def test_why_a_publication_was_withdrawn_is_kept(stage: Stage) -> None:
    publication = published(stage)
    stage.ask("withdraw", publication=publication, reason="Une image n'est pas libre.")
    assert stage.publication(publication).history[-1].why.endswith("Une image n'est pas libre.")


# --- a large catalogue -----------------------------------------------------------------------------


@pytest.mark.rule("P8")
def test_the_list_to_reclassify_asks_the_hub_once_for_a_category(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [published(stage, idnumber=f"C{number}") for number in range(3)]
    asked: list[int] = []
    of_category = stage.hub.courses_in

    def counted(categoryid: int) -> Any:
        asked.append(categoryid)
        return of_category(categoryid)

    monkeypatch.setattr(stage.hub, "courses_in", counted)
    monkeypatch.setattr(stage.hub, "course", None)
    listed = stage.ask("reclassify_list", site="hub", person=MANAGER)["courses"]
    assert {c["publication"] for c in listed} == set(mine)
    assert asked == [1]


@pytest.mark.rule("P15")
def test_a_search_with_few_answers_reads_a_large_catalogue_in_few_pages(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = stage.publication(published(stage))
    for number in range(400):
        record = replace(model, id=f"copy{number}", card=replace(model.card, title=f"Biologie {number}"))
        stage.records.add(replace(record, contents=replace(record.contents, titles=()), revision=0))
    read: list[int] = []
    listing: Callable[..., Any] = stage.records.list

    def counted(*args: Any, **kwargs: Any) -> Any:
        read.append(kwargs["limit"])
        return listing(*args, **kwargs)

    monkeypatch.setattr(stage.records, "list", counted)
    found = stage.search("chimie generale", limit=2)
    assert [p["title"] for p in found["publications"]] == ["Chimie générale"]
    assert len(read) <= 5
