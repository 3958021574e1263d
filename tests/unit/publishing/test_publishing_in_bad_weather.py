"""Publications and retrievals when Moodles are away, people change their minds and ids come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Inspection, Reason, Why
from passerelle.domain.moodle.plugin import Holding, JobMessage, JobStatus, Plugin
from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.records import RunningJob
from passerelle.domain.site_commands import AskRetrieval, CompleteUpload, OpenUpload, Target
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.errors import MoodleAway, MoodleRefused, NotFound, Refused
from passerelle.usecases import jobs
from passerelle.usecases.backups import manage, receive
from passerelle.usecases.publishing import publish, retrieve
from passerelle.words.sentences import say
from tests.factories.records import a_network, a_person, a_site_facts
from tests.fakes.lms import FakeLms
from tests.scenes.publishing import ADA, GRACE, MANAGER, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def published(scene: Scene, **changes: Any) -> str:
    scene.save(**changes)
    publication = str(scene.publish(**{k: v for k, v in changes.items() if k == "idnumber"})["publication"])
    scene.deliver()
    return publication


def away(lms: FakeLms, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Moodle is under maintenance until `monkeypatch.undo()`."""

    def no_answer(*_: Any, **__: Any) -> Any:
        raise MoodleAway(lms.name, "maintenance")

    for name in ("get_site", "get_jobs", "find_users", "start_restore", "course", "update_course", "notify"):
        monkeypatch.setattr(lms, name, no_answer)


def lose_messages(scene: Scene) -> None:
    """They came as often as a queue allows, or as a Moodle away is waited for."""
    for queue in ("publications", "retrievals", "jobs"):
        while scene.queues.take(queue) is not None:  # type: ignore[arg-type]
            pass


def watched(scene: Scene) -> None:
    scene.clock.tick(timedelta(minutes=20))
    jobs.watch(scene.world)
    scene.deliver()


# --- Moodles that are away -------------------------------------------------------------------------


def test_a_retrieval_whose_message_was_lost_is_put_back_on_its_way(scene: Scene) -> None:
    retrieval = scene.retrieve(published(scene))["retrieval"]
    lose_messages(scene)
    watched(scene)
    watched(scene)
    assert scene.records[Retrieval, retrieval].state == RetrievalState.DONE


@pytest.mark.rule("P10")
def test_an_author_whose_own_moodle_was_away_is_told_when_it_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.hub.facts = a_site_facts(modules=(Plugin("mod_page"),))
    scene.save()
    publication = str(scene.publish()["publication"])
    away(scene.caen, monkeypatch)
    with pytest.raises(MoodleAway):
        publish.publish(scene.world, publication)
    lose_messages(scene)
    monkeypatch.undo()
    watched(scene)
    assert [m.kind for m in scene.caen.messages.values()] == ["publication_failed"]
    assert scene.records[RunningJob, f"pub:{publication}"].ended


def test_a_restore_that_the_hub_refused_is_watched_no_longer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> Any:
        raise MoodleRefused("hub", "local_passerelle_start_restore", "unknowncategory")

    monkeypatch.setattr(scene.hub, "start_restore", refuse)
    published(scene)
    watched(scene)
    scene.clock.tick(timedelta(minutes=20))
    assert jobs.watch(scene.world) == 0


@pytest.mark.rule("P18")
def test_a_copy_is_hidden_when_the_hub_is_back_if_it_was_away_during_the_withdrawal(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = published(scene)
    away(scene.hub, monkeypatch)
    assert scene.ask("withdraw", publication=publication)["state"] == "withdrawn"
    monkeypatch.undo()
    assert [c.visible for c in scene.hub.courses.values()] == [True]
    watched(scene)
    assert [c.visible for c in scene.hub.courses.values()] == [False]
    assert jobs.watch(scene.world) == 0, "it is hidden again and again"


@pytest.mark.rule("P10")
def test_a_job_that_does_not_move_for_a_day_fails_though_its_moodle_answers(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    lose_messages(scene)
    for _ in range(30):
        scene.clock.tick(timedelta(hours=1))
        jobs.watch(scene.world)
        while (message := scene.queues.take("jobs")) is not None:
            jobs.settle(scene.world, message["site"], message["jobkey"])
    record = scene.publication(publication)
    assert (record.state, record.message and record.message.code) == (PublicationState.FAILED, "silent")
    (job,) = scene.hub.get_jobs([f"pub:{publication}"]).values()
    assert job.status == JobStatus.CANCELLED, "its cron would still restore it"


def test_a_job_that_moves_is_waited_for_however_long_it_takes(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    key = f"pub:{publication}"
    scene.clock.tick(timedelta(hours=30))
    restore, job = scene.hub.jobs[key]
    scene.hub.jobs[key] = (
        restore,
        replace(job, status=JobStatus.RUNNING, timemodified=scene.clock.now() - timedelta(hours=1)),
    )
    jobs.settle(scene.world, "hub", key)
    assert scene.publication(publication).state == PublicationState.RESTORING


def test_a_copy_that_was_deleted_on_arrival_fails_with_a_sentence(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    lose_messages(scene)
    scene.hub.work()
    scene.hub.courses.clear()
    jobs.settle(scene.world, "hub", f"pub:{publication}")
    message = scene.publication(publication).message
    assert message is not None
    assert message.code == "copy_gone"


@pytest.mark.rule("P5")
@pytest.mark.parametrize("fate", ["refused", "deleted"])
def test_a_request_that_was_cut_beside_its_backups_verdict_is_told_why(scene: Scene, fate: str) -> None:
    upload = scene.save(check=False)
    publication = str(scene.publish()["publication"])
    if fate == "refused":
        scene.backups.found[scene.upload(upload).raw_key] = Inspection(
            False, (Reason(Why.TRUNCATED, "cut short"),), None
        )
        scene.step(lambda: scene.arrived.clear() or _inspect(scene, upload))
    else:
        scene.records.change(scene.upload(upload), replace(scene.upload(upload), state="deleted"))  # type: ignore[arg-type]
        scene.arrived.clear()
    lose_messages(scene)
    watched(scene)
    record = scene.publication(publication)
    wanted = {"refused": "truncated", "deleted": "backup_unknown"}[fate]
    assert (record.state, record.message and record.message.code) == (PublicationState.FAILED, wanted)


def _inspect(scene: Scene, upload: str) -> None:
    from passerelle.usecases.backups import inspect

    inspect.inspect_backup(scene.world, scene.upload(upload).raw_key)


# --- two versions at once --------------------------------------------------------------------------


@pytest.mark.rule("P13")
def test_a_repeated_message_does_not_forget_the_copy_of_a_restore_under_way(scene: Scene) -> None:
    scene.save()
    older = str(scene.publish()["publication"])
    publish.publish(scene.world, older)
    lose_messages(scene)
    scene.save()
    newer = str(scene.publish()["publication"])
    publish.publish(scene.world, newer)
    scene.hub.work()
    jobs.settle(scene.world, "hub", f"pub:{newer}")
    publish.publish(scene.world, older)
    jobs.settle(scene.world, "hub", f"pub:{older}")
    assert scene.publication(older).state == PublicationState.SUPERSEDED
    assert scene.publication(older).hub_course_id in scene.hub.courses


def test_two_courses_of_one_short_name_get_copies_of_different_short_names(scene: Scene) -> None:
    published(scene, idnumber="psl-a", shortname="CHIM1")
    published(scene, idnumber="psl-b", shortname="CHIM1")
    assert len({c.shortname for c in scene.hub.courses.values()}) == 2


def test_names_fit_what_a_moodle_keeps_of_them(scene: Scene) -> None:
    scene.save(shortname="s" * 255)
    publication = str(scene.publish(title="t" * 400)["publication"])
    scene.deliver()
    (course,) = scene.hub.courses.values()
    assert (len(course.fullname), len(course.shortname) <= 255) == (254, True)
    scene.retrieve(publication)
    scene.deliver()
    (home,) = scene.lille.courses.values()
    assert (len(home.fullname), len(home.shortname) <= 255) == (254, True)


@pytest.mark.rule("P13")
def test_an_idnumber_that_the_hub_could_not_hold_is_refused_before_the_upload(scene: Scene) -> None:
    with pytest.raises(Refused, match="idnumber_too_long"):
        scene.save(idnumber="x" * 96)
    assert len(scene.records) == 0


@pytest.mark.rule("P18")
def test_an_older_backup_than_what_was_withdrawn_asks_for_a_fresh_one(scene: Scene) -> None:
    scene.save()
    newer = published(scene)
    scene.ask("withdraw", publication=newer)
    scene.manage("delete", upload=scene.publication(newer).upload)
    with pytest.raises(Refused, match="backup_outdated"):
        scene.publish()
    again = published(scene)
    assert scene.publication(again).state == PublicationState.PUBLISHED


@pytest.mark.rule("P4")
def test_a_backup_that_could_never_be_checked_is_not_kept_as_it_came(scene: Scene) -> None:
    upload = scene.save(check=False)
    publication = str(scene.publish()["publication"])
    scene.arrived.clear()  # it was a dead letter, and nobody replayed it
    scene.clock.tick(timedelta(days=14))
    assert manage.tidy(scene.world) == 0
    scene.clock.tick(timedelta(days=2))
    assert manage.tidy(scene.world) == 1
    assert (scene.upload(upload).state, list(scene.archives)) == (BackupState.DELETED, [])
    watched(scene)
    message = scene.publication(publication).message
    assert message is not None
    assert message.code == "backup_unknown"


def test_a_publication_that_is_under_way_gets_one_message_a_round(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    away(scene.hub, monkeypatch)
    with pytest.raises(MoodleAway):
        publish.publish(scene.world, publication)
    lose_messages(scene)
    for _ in range(3):
        scene.clock.tick(timedelta(minutes=20))
        assert jobs.watch(scene.world) == 1
    monkeypatch.undo()
    scene.deliver()
    assert scene.publication(publication).state == PublicationState.PUBLISHED


# --- retrieving what has changed meanwhile ---------------------------------------------------------


@pytest.mark.rule("P18")
def test_what_was_withdrawn_before_it_left_does_not_come_home(scene: Scene) -> None:
    publication = published(scene)
    retrieval = scene.retrieve(publication)["retrieval"]
    scene.ask("withdraw", publication=publication)
    scene.deliver()
    record = scene.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "publication_unknown",
    )
    assert scene.lille.courses == {}


@pytest.mark.rule("P6")
def test_an_older_version_whose_backup_is_gone_is_not_offered() -> None:
    scene = Scene(a_network(hub__older_versions="visible"))
    first = published(scene)
    upload = scene.publication(first).upload
    published(scene)
    scene.manage("delete", upload=upload)
    with pytest.raises(NotFound):
        scene.retrieve(first)


@pytest.mark.rule("P6")
def test_a_retrieval_whose_backup_went_meanwhile_ends_with_a_sentence(scene: Scene) -> None:
    first = published(scene)
    retrieval = scene.retrieve(first)["retrieval"]
    lose_messages(scene)
    published(scene)
    scene.manage("delete", upload=scene.publication(first).upload)
    retrieve.retrieve(scene.world, retrieval)
    assert scene.records[Retrieval, retrieval].state == RetrievalState.FAILED
    assert scene.lille.started == []


@pytest.mark.rule("R5")
def test_a_course_that_was_filled_before_the_restore_began_is_not_replaced(scene: Scene) -> None:
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    retrieval = scene.retrieve(publication, mode="replace", courseid=mine.id)["retrieval"]
    scene.lille.states[mine.id] = replace(
        scene.lille.states[mine.id], empty=False, holds=(Holding("activities", 3),), activities=3
    )
    scene.deliver()
    record = scene.records[Retrieval, retrieval]
    assert (record.state, record.message and record.message.code) == (
        RetrievalState.REFUSED,
        "target_not_empty",
    )
    assert scene.lille.started == []


@pytest.mark.rule("P16")
def test_warnings_of_the_homes_precheck_are_kept(scene: Scene) -> None:
    publication = published(scene)
    retrieval = scene.retrieve(publication)["retrieval"]
    scene.lille.warn_next = (JobMessage("question_skipped", "One question type is missing."),)
    scene.deliver()
    warnings = scene.records[Retrieval, retrieval].warnings
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
    scene: Scene, other: dict[str, Any]
) -> None:
    receive.open_upload(scene.world, opening())
    with pytest.raises(Refused, match="other_body"):
        receive.open_upload(scene.world, opening(**other))


def test_an_old_id_with_another_target_does_not_get_the_old_retrieval(scene: Scene) -> None:
    first, second = published(scene, idnumber="A"), published(scene, idnumber="B")

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

    retrieve.answer_retrieval(scene.world, asking(first))
    with pytest.raises(Refused, match="other_body"):
        retrieve.answer_retrieval(scene.world, asking(second))


def test_completing_an_upload_that_was_given_up_is_refused(scene: Scene) -> None:
    upload = str(receive.open_upload(scene.world, opening())["upload"])
    scene.clock.tick(timedelta(days=8))
    manage.tidy(scene.world)
    with pytest.raises(Refused, match="upload_not_open"):
        receive.complete(scene.world, CompleteUpload(site="caen", type="complete", upload=upload))


# --- what people read ------------------------------------------------------------------------------


@pytest.mark.rule("P16")
def test_a_warning_of_the_precheck_does_not_read_as_a_refusal(scene: Scene) -> None:
    scene.hub.warn_next = (JobMessage("precheck", "Une question manque."), JobMessage("odd", "Autre chose."))
    published(scene)
    first, second = (w["message"] for w in scene.ask("status")["publication"]["warnings"])
    assert "refuse" not in first
    assert "Une question manque." in first
    assert second == "Le Moodle de destination signale\u00a0: Autre chose."


@pytest.mark.rule("P18")
def test_a_withdrawal_that_comes_too_early_names_the_state_in_the_persons_language(scene: Scene) -> None:
    scene.save()
    publication = scene.publish()["publication"]
    with pytest.raises(Refused) as refusal:
        scene.ask("withdraw", publication=publication, person=a_person("ada", lang="fr"))
    assert "«\u00a0demandée\u00a0»" in say(refusal.value.code, "fr", **refusal.value.details)


@pytest.mark.rule("P18")
def test_why_a_publication_was_withdrawn_is_kept(scene: Scene) -> None:
    publication = published(scene)
    scene.ask("withdraw", publication=publication, reason="Une image n'est pas libre.")
    assert scene.publication(publication).history[-1].why.endswith("Une image n'est pas libre.")


# --- a large catalogue -----------------------------------------------------------------------------


@pytest.mark.rule("P8")
def test_the_list_to_reclassify_asks_the_hub_once_for_a_category(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [published(scene, idnumber=f"C{number}") for number in range(3)]
    asked: list[int] = []
    of_category = scene.hub.courses_in

    def counted(categoryid: int) -> Any:
        asked.append(categoryid)
        return of_category(categoryid)

    monkeypatch.setattr(scene.hub, "courses_in", counted)
    monkeypatch.setattr(scene.hub, "course", None)
    listed = scene.ask("reclassify_list", site="hub", person=MANAGER)["courses"]
    assert {c["publication"] for c in listed} == set(mine)
    assert asked == [1]


@pytest.mark.rule("P15")
def test_a_search_with_few_answers_reads_a_large_catalogue_in_few_pages(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scene.publication(published(scene))
    for number in range(400):
        record = replace(model, id=f"copy{number}", card=replace(model.card, title=f"Biologie {number}"))
        scene.records.add(replace(record, contents=replace(record.contents, titles=()), revision=0))
    read: list[int] = []
    listing: Callable[..., Any] = scene.records.list

    def counted(*args: Any, **kwargs: Any) -> Any:
        read.append(kwargs["limit"])
        return listing(*args, **kwargs)

    monkeypatch.setattr(scene.records, "list", counted)
    found = scene.search("chimie generale", limit=2)
    assert [p["title"] for p in found["publications"]] == ["Chimie générale"]
    assert len(read) <= 5
