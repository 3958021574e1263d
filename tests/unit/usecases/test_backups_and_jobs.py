from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backup import Inspection, PersonalTrace, Reason, Why
from passerelle.domain.commands import (
    CompleteUpload,
    OpenUpload,
    ReportedJob,
    ReportJobs,
    SignParts,
    SignSource,
)
from passerelle.domain.publishing import CourseLine, RunningJob
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import NotFound, Refused
from passerelle.usecases import backups, inspection, jobs, publishing, source_addresses, uploads
from tests.factories import a_manifest
from tests.stage import ADA, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def published(stage: Stage, **changes: object) -> str:
    stage.save()
    publication = str(stage.publish(**changes)["publication"])
    stage.deliver()
    return publication


# --- P2, P3, P4, P6: the backup --------------------------------------------------------------------


@pytest.mark.rule("P5")
def test_a_backup_that_is_saved_is_checked_and_stops_there(stage: Stage) -> None:
    upload = stage.save()
    assert stage.upload(upload).state == BackupState.ACCEPTED
    assert stage.hub.started == []
    assert stage.ask("status")["backup"]["state_word"] == "prête à mutualiser"


@pytest.mark.rule("P3")
def test_a_backup_with_people_inside_is_refused_and_goes_nowhere(stage: Stage) -> None:
    upload = stage.save(check=False)
    stage.backups.found[stage.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.PEOPLE_INSIDE, "users.xml holds users"),), a_manifest(people=True)
    )
    stage.deliver()
    assert stage.upload(upload).state == BackupState.REFUSED
    assert list(stage.archives) == [], "an archive that names people was kept"
    with pytest.raises(Refused) as refusal:
        stage.publish()
    assert refusal.value.code == "backup_refused"
    assert "sans les utilisateurs inscrits" in str(refusal.value.details["reason"])


@pytest.mark.rule("P4")
def test_what_was_scrubbed_and_what_was_only_seen_is_reported(stage: Stage) -> None:
    stage.backups.traces = (
        PersonalTrace("files.xml", "author", 7, scrubbed=True),
        PersonalTrace("activities/x_1/x.xml", "ownerid", 2, scrubbed=False),
    )
    stage.save()
    messages = [n["message"] for n in stage.ask("status")["backup"]["scrubbed"]]
    assert "7 mention(s)" in messages[0]
    assert "activities/x_1/x.xml" in messages[1]


@pytest.mark.rule("P4")
def test_only_the_scrubbed_archive_is_kept(stage: Stage) -> None:
    upload = stage.upload(stage.save())
    assert list(stage.archives) == [upload.accepted_key]


@pytest.mark.parametrize(
    ("announced", "code"), [({"filesize": 1}, "size_differs"), ({"sha256": "0" * 64}, "sha256_differs")]
)
def test_an_archive_other_than_the_announced_one_is_refused(
    stage: Stage, announced: dict[str, object], code: str
) -> None:
    upload = stage.save(check=False)
    stage.backups.found[stage.upload(upload).raw_key] = Inspection(
        True, (), a_manifest(**({"size": 5} if "filesize" in announced else announced))
    )
    stage.deliver()
    assert [r.code for r in stage.upload(upload).reasons] == [code]


@pytest.mark.rule("P6")
def test_the_newest_three_backups_are_kept_and_those_a_live_publication_rests_on(stage: Stage) -> None:
    first = stage.save()
    stage.publish()
    stage.deliver()
    later = [stage.save() for _ in range(4)]
    kept = {b["upload"]: b["protected"] for b in stage.manage("list")["backups"]}
    assert kept == {first: True, **dict.fromkeys(later[1:], False)}
    assert stage.upload(later[0]).state == BackupState.DELETED
    assert stage.upload(later[0]).accepted_key not in stage.archives


@pytest.mark.rule("P6")
def test_a_backup_can_be_listed_downloaded_and_deleted(stage: Stage) -> None:
    upload = stage.save()
    assert stage.manage("download", upload=upload)["url"].startswith("https://")
    assert stage.manage("delete", upload=upload)["state"] == "deleted"
    assert stage.manage("list")["backups"] == []
    assert list(stage.archives) == []


@pytest.mark.rule("P6")
def test_a_backup_that_a_live_publication_rests_on_is_never_deleted(stage: Stage) -> None:
    upload = stage.save()
    stage.publish()
    stage.deliver()
    with pytest.raises(Refused, match="backup_protected"):
        stage.manage("delete", upload=upload)


@pytest.mark.rule("P2")
def test_a_publication_never_starts_from_a_backup_made_for_another_purpose(stage: Stage) -> None:
    stage.save(intent="rollover")
    with pytest.raises(Refused, match="no_backup"):
        stage.publish()


# --- what a site may not do ------------------------------------------------------------------------


def test_another_sites_upload_job_and_backup_do_not_exist_for_a_site(stage: Stage) -> None:
    upload = stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    before = stage.end()
    for attempt in (
        lambda: stage.manage("download", site="lille", upload=upload),
        lambda: stage.manage("delete", site="lille", upload=upload),
    ):
        with pytest.raises(NotFound):
            attempt()

    with pytest.raises(NotFound):
        uploads.sign_parts(stage.world, SignParts(site="lille", type="parts", upload=upload, parts=(1,)))
    with pytest.raises(NotFound):
        uploads.complete(stage.world, CompleteUpload(site="lille", type="complete", upload=upload))
    with pytest.raises(NotFound):
        source_addresses.sign_source(
            stage.world, SignSource(site="caen", type="source", jobkey=f"pub:{publication}")
        )
    report = ReportJobs(site="caen", type="jobs", jobs=(ReportedJob(f"pub:{publication}"),))
    assert jobs.report(stage.world, report) == {"known": []}
    assert stage.end() == before


@pytest.mark.parametrize(
    ("status", "asked"),
    [("queued", 0), ("running", 0), ("done", 1), ("failed", 1), ("cancelled", 1), ("", 1)],
)
def test_a_moodle_is_asked_about_a_job_only_once_it_says_that_it_ended(
    stage: Stage, status: str, asked: int
) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    jobkey = f"pub:{publication}"
    report = ReportJobs(site="hub", type="jobs", jobs=(ReportedJob(jobkey, status),))
    assert jobs.report(stage.world, report) == {"known": [jobkey]}
    questions = 0
    while stage.queues.take("jobs") is not None:
        questions += 1
    assert questions == asked


def test_an_archive_over_the_limit_is_refused_before_the_upload(stage: Stage) -> None:
    with pytest.raises(Refused, match="too_large"):
        stage.save(size=21 * 10**9)
    assert len(stage.records) == 0


def test_a_site_that_was_cut_before_it_heard_that_its_upload_is_complete_finds_everything_there(
    stage: Stage,
) -> None:
    upload = stage.save()
    asking = SignParts(request="again", site="caen", type="parts", upload=upload)
    assert [p["part"] for p in uploads.sign_parts(stage.world, asking)["have"]] == [1]
    with pytest.raises(Refused, match="upload_not_open"):
        uploads.sign_parts(stage.world, replace(asking, parts=(1,)))


def test_a_large_archive_is_sent_in_at_most_a_thousand_parts(stage: Stage) -> None:
    upload = stage.upload(stage.save(size=20 * 10**9, check=False))
    assert upload.state == BackupState.RECEIVED


def test_an_upload_with_missing_parts_names_them(stage: Stage) -> None:
    opened = uploads.open_upload(
        stage.world,
        OpenUpload(
            request="r", site="caen", type="uploads", person=ADA, intent="share", courseid=1, idnumber="X",
            fullname="X", shortname="X", filesize=100 * 2**20, sha256="0" * 64,
        ),
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        uploads.complete(
            stage.world, CompleteUpload(site="caen", type="complete", upload=str(opened["upload"]))
        )
    assert refusal.value.details["missing"] == [1, 2]


# --- jobs that fall silent -------------------------------------------------------------------------


def test_a_job_whose_callback_was_lost_is_asked_about(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    stage.queues.take("publications")
    stage.hub.work()
    assert jobs.watch(stage.world) == 0
    stage.clock.tick(timedelta(minutes=6))
    assert jobs.watch(stage.world) == 1
    stage.deliver()
    assert stage.publication(publication).state == PublicationState.PUBLISHED
    assert stage.records[RunningJob, f"pub:{publication}"].ended


def test_a_job_that_its_moodle_forgets_for_a_day_fails_with_a_sentence(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    publishing.publish(stage.world, publication)
    stage.queues.take("publications")
    stage.hub.jobs.clear()
    stage.clock.tick(timedelta(hours=25))
    jobs.watch(stage.world)
    stage.deliver()
    message = stage.publication(publication).message
    assert message is not None
    assert message.code == "silent"


def test_a_request_that_no_queue_carries_any_more_is_put_back_on_its_way(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    stage.queues.take("publications")
    stage.clock.tick(timedelta(minutes=16))
    jobs.watch(stage.world)
    stage.deliver()
    assert stage.publication(publication).state == PublicationState.PUBLISHED


def test_uploads_that_were_never_completed_are_given_up(stage: Stage) -> None:
    opened = uploads.open_upload(
        stage.world,
        OpenUpload(
            request="r", site="caen", type="uploads", person=ADA, intent="share", courseid=1, idnumber="X",
            fullname="X", shortname="X", filesize=10, sha256="0" * 64,
        ),
    )  # fmt: skip
    assert backups.tidy(stage.world) == 0
    stage.clock.tick(timedelta(days=8))
    assert backups.tidy(stage.world) == 1
    assert stage.upload(str(opened["upload"])).state == BackupState.DELETED


def test_an_object_that_nobody_opened_is_left_alone(stage: Stage) -> None:
    inspection.inspect_backup(stage.world, "uploads/caen/unknown.mbz")
    assert len(stage.records) == 0
    assert not stage.records.all(CourseLine)
