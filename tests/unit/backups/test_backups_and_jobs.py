from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backups.manifest import Inspection, PersonalTrace, Reason, Why
from passerelle.domain.backups.upload import CourseLine
from passerelle.domain.records import RunningJob
from passerelle.domain.site_commands import (
    CompleteUpload,
    OpenUpload,
    ReportedJob,
    ReportJobs,
    SignParts,
    SignSource,
)
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import NotFound, Refused
from passerelle.usecases import jobs
from passerelle.usecases.backups import addresses, inspect, manage, receive
from passerelle.usecases.publishing import publish
from tests.factories.records import a_manifest
from tests.scenes.publishing import ADA, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def published(scene: Scene, **changes: object) -> str:
    scene.save()
    publication = str(scene.publish(**changes)["publication"])
    scene.deliver()
    return publication


# --- P2, P3, P4, P6: the backup --------------------------------------------------------------------


@pytest.mark.rule("P5")
def test_a_backup_that_is_saved_is_checked_and_stops_there(scene: Scene) -> None:
    upload = scene.save()
    assert scene.upload(upload).state == BackupState.ACCEPTED
    assert scene.hub.started == []
    assert scene.ask("status")["backup"]["state_word"] == "prête à mutualiser"


@pytest.mark.rule("P3")
def test_a_backup_with_people_inside_is_refused_and_goes_nowhere(scene: Scene) -> None:
    upload = scene.save(check=False)
    scene.backups.found[scene.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.PEOPLE_INSIDE, "users.xml holds users"),), a_manifest(people=True)
    )
    scene.deliver()
    assert scene.upload(upload).state == BackupState.REFUSED
    assert list(scene.archives) == [], "an archive that names people was kept"
    with pytest.raises(Refused) as refusal:
        scene.publish()
    assert refusal.value.code == "backup_refused"
    assert "sans les utilisateurs inscrits" in str(refusal.value.details["reason"])


@pytest.mark.rule("P4")
def test_what_was_scrubbed_and_what_was_only_seen_is_reported(scene: Scene) -> None:
    scene.backups.traces = (
        PersonalTrace("files.xml", "author", 7, scrubbed=True),
        PersonalTrace("activities/x_1/x.xml", "ownerid", 2, scrubbed=False),
    )
    scene.save()
    messages = [n["message"] for n in scene.ask("status")["backup"]["scrubbed"]]
    assert messages[0] == "Mentions de personnes effacées de la sauvegarde\u00a0: 7."
    assert "activities/x_1/x.xml" in messages[1]


@pytest.mark.rule("P4")
def test_only_the_scrubbed_archive_is_kept(scene: Scene) -> None:
    upload = scene.upload(scene.save())
    assert list(scene.archives) == [upload.accepted_key]


@pytest.mark.parametrize(
    ("announced", "code"), [({"filesize": 1}, "size_differs"), ({"sha256": "0" * 64}, "sha256_differs")]
)
def test_an_archive_other_than_the_announced_one_is_refused(
    scene: Scene, announced: dict[str, object], code: str
) -> None:
    upload = scene.save(check=False)
    scene.backups.found[scene.upload(upload).raw_key] = Inspection(
        True, (), a_manifest(**({"size": 5} if "filesize" in announced else announced))
    )
    scene.deliver()
    assert [r.code for r in scene.upload(upload).reasons] == [code]


@pytest.mark.rule("P4")
def test_an_activity_whose_people_stay_is_named_with_the_number_by_which_it_is_left_out(scene: Scene) -> None:
    upload = scene.save(check=False)
    booking = {"title": "Réservations", "module": "booking"}
    scene.backups.found[scene.upload(upload).raw_key] = Inspection(
        False,
        (
            Reason(
                Why.PEOPLE_INSIDE,
                "It writes people.",
                "activities/booking_731/booking.xml",
                "activity_writes_people",
                booking,
            ),
            Reason(Why.PEOPLE_INSIDE, "People.", "activities/forum_9/forum.xml", "users_inside"),
        ),
        None,
    )
    scene.deliver()
    backup = scene.ask("status")["backup"]
    assert backup["leave_out"] == [{"cmid": 731, "title": "Réservations"}]
    assert "Réservations" in backup["reasons"][0]["message"]


@pytest.mark.rule("P6")
def test_the_newest_three_backups_are_kept_and_those_a_live_publication_rests_on(scene: Scene) -> None:
    first = scene.save()
    scene.publish()
    scene.deliver()
    later = [scene.save() for _ in range(4)]
    kept = {b["upload"]: b["protected"] for b in scene.manage("list")["backups"]}
    assert kept == {first: True, **dict.fromkeys(later[1:], False)}
    assert scene.upload(later[0]).state == BackupState.DELETED
    assert scene.upload(later[0]).accepted_key not in scene.archives


@pytest.mark.rule("P6")
def test_a_backup_can_be_listed_downloaded_and_deleted(scene: Scene) -> None:
    upload = scene.save()
    assert scene.manage("download", upload=upload)["url"].startswith("https://")
    assert scene.manage("delete", upload=upload)["state"] == "deleted"
    assert scene.manage("list")["backups"] == []
    assert list(scene.archives) == []


@pytest.mark.rule("P6")
def test_a_backup_that_a_live_publication_rests_on_is_never_deleted(scene: Scene) -> None:
    upload = scene.save()
    scene.publish()
    scene.deliver()
    with pytest.raises(Refused, match="backup_protected"):
        scene.manage("delete", upload=upload)


@pytest.mark.rule("P2")
def test_a_publication_never_starts_from_a_backup_made_for_another_purpose(scene: Scene) -> None:
    scene.save(intent="rollover")
    with pytest.raises(Refused, match="no_backup"):
        scene.publish()


# --- what a site may not do ------------------------------------------------------------------------


def test_another_sites_upload_job_and_backup_do_not_exist_for_a_site(scene: Scene) -> None:
    upload = scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    before = scene.end()
    for attempt in (
        lambda: scene.manage("download", site="lille", upload=upload),
        lambda: scene.manage("delete", site="lille", upload=upload),
    ):
        with pytest.raises(NotFound):
            attempt()

    with pytest.raises(NotFound):
        receive.sign_parts(scene.world, SignParts(site="lille", type="parts", upload=upload, parts=(1,)))
    with pytest.raises(NotFound):
        receive.complete(scene.world, CompleteUpload(site="lille", type="complete", upload=upload))
    with pytest.raises(NotFound):
        addresses.sign_source(
            scene.world, SignSource(site="caen", type="source", jobkey=f"pub:{publication}")
        )
    report = ReportJobs(site="caen", type="jobs", jobs=(ReportedJob(f"pub:{publication}"),))
    assert jobs.report(scene.world, report) == {"known": []}
    assert scene.end() == before


@pytest.mark.parametrize(
    ("status", "asked"),
    [("queued", 0), ("running", 0), ("done", 1), ("failed", 1), ("cancelled", 1), ("", 1)],
)
def test_a_moodle_is_asked_about_a_job_only_once_it_says_that_it_ended(
    scene: Scene, status: str, asked: int
) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    jobkey = f"pub:{publication}"
    report = ReportJobs(site="hub", type="jobs", jobs=(ReportedJob(jobkey, status),))
    assert jobs.report(scene.world, report) == {"known": [jobkey]}
    questions = 0
    while scene.queues.take("jobs") is not None:
        questions += 1
    assert questions == asked


def test_an_archive_over_the_limit_is_refused_before_the_upload(scene: Scene) -> None:
    with pytest.raises(Refused, match="too_large"):
        scene.save(size=21 * 10**9)
    assert len(scene.records) == 0


def test_a_site_that_was_cut_before_it_heard_that_its_upload_is_complete_finds_everything_there(
    scene: Scene,
) -> None:
    upload = scene.save()
    asking = SignParts(request="again", site="caen", type="parts", upload=upload)
    assert [p["part"] for p in receive.sign_parts(scene.world, asking)["have"]] == [1]
    with pytest.raises(Refused, match="upload_not_open"):
        receive.sign_parts(scene.world, replace(asking, parts=(1,)))


def test_a_large_archive_is_sent_in_at_most_a_thousand_parts(scene: Scene) -> None:
    upload = scene.upload(scene.save(size=20 * 10**9, check=False))
    assert upload.state == BackupState.RECEIVED


def test_an_upload_with_missing_parts_names_them(scene: Scene) -> None:
    opened = receive.open_upload(
        scene.world,
        OpenUpload(
            request="r", site="caen", type="uploads", person=ADA, intent="share", courseid=1, idnumber="X",
            fullname="X", shortname="X", filesize=100 * 2**20, sha256="0" * 64,
        ),
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        receive.complete(
            scene.world, CompleteUpload(site="caen", type="complete", upload=str(opened["upload"]))
        )
    assert refusal.value.details["missing"] == [1, 2]


# --- jobs that fall silent -------------------------------------------------------------------------


def test_a_job_whose_callback_was_lost_is_asked_about(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    scene.queues.take("publications")
    scene.hub.work()
    assert jobs.watch(scene.world) == 0
    scene.clock.tick(timedelta(minutes=6))
    assert jobs.watch(scene.world) == 1
    scene.deliver()
    assert scene.publication(publication).state == PublicationState.PUBLISHED
    assert scene.records[RunningJob, f"pub:{publication}"].ended


def test_a_job_that_its_moodle_forgets_for_a_day_fails_with_a_sentence(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    publish.publish(scene.world, publication)
    scene.queues.take("publications")
    scene.hub.jobs.clear()
    scene.clock.tick(timedelta(hours=25))
    jobs.watch(scene.world)
    scene.deliver()
    message = scene.publication(publication).message
    assert message is not None
    assert message.code == "silent"


def test_a_request_that_no_queue_carries_any_more_is_put_back_on_its_way(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.queues.take("publications")
    scene.clock.tick(timedelta(minutes=16))
    jobs.watch(scene.world)
    scene.deliver()
    assert scene.publication(publication).state == PublicationState.PUBLISHED


def test_uploads_that_were_never_completed_are_given_up(scene: Scene) -> None:
    opened = receive.open_upload(
        scene.world,
        OpenUpload(
            request="r", site="caen", type="uploads", person=ADA, intent="share", courseid=1, idnumber="X",
            fullname="X", shortname="X", filesize=10, sha256="0" * 64,
        ),
    )  # fmt: skip
    assert manage.tidy(scene.world) == 0
    scene.clock.tick(timedelta(days=8))
    assert manage.tidy(scene.world) == 1
    assert scene.upload(str(opened["upload"])).state == BackupState.DELETED


def test_an_object_that_nobody_opened_is_left_alone(scene: Scene) -> None:
    inspect.inspect_backup(scene.world, "uploads/caen/unknown.mbz")
    assert len(scene.records) == 0
    assert not scene.records.all(CourseLine)
