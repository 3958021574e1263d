"""What the round does with each job and request, by table: the last minute of patience, and the first after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.moodle.plugin import ArchiveAddress, JobMessage, JobStatus, Restore, RestoreMode
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Moment, Note, Record, RunningJob
from passerelle.domain.site_commands import ReportedJob, ReportJobs
from passerelle.domain.states import BackupState, PublicationState, RetrievalState, RolloverState
from passerelle.errors import MoodleRefused
from passerelle.usecases import jobs
from passerelle.usecases.moodle_jobs import note_job, refused_by_moodle, warnings_of, why_failed
from tests.factories.records import NOW, a_job, a_publication, a_retrieval, an_upload
from tests.factories.rollover import a_rollover
from tests.scenes.publishing import Scene

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
PUBLICATION = ("publications", {"publication": "publication1"})
JOB = ("jobs", {"site": "hub", "jobkey": "pub:publication1"})
ROLLOVER = ("rollovers", {"rollover": "rollover1"})


def a_running_job(**changes: Any) -> RunningJob:
    whole: dict[str, Any] = {
        "id": "pub:publication1",
        "site": "hub",
        "about": "publication",
        "about_id": "publication1",
        "started_at": NOW,
        "heard_at": NOW,
    }
    return RunningJob(**whole | changes)


def a_scene(*records: Record) -> Scene:
    scene = Scene()
    scene.clock.set(NOW)
    for record in records:
        scene.records.add(record)
    return scene


def requested(since: timedelta, **changes: Any) -> Publication:
    return a_publication(requested_at=NOW - since, **changes)


@pytest.mark.parametrize(
    ("records", "sent"),
    [
        ([a_running_job(heard_at=NOW - 5 * MINUTE)], [JOB]),
        ([a_running_job(heard_at=NOW - 5 * MINUTE + SECOND)], []),
        ([a_running_job(heard_at=NOW - DAY, ended=True)], []),
        ([requested(15 * MINUTE), an_upload()], [PUBLICATION]),
        ([requested(15 * MINUTE - SECOND), an_upload()], []),
        ([requested(15 * MINUTE)], [PUBLICATION]),
        ([requested(15 * MINUTE), an_upload(state=BackupState.UPLOADING)], []),
        ([requested(15 * MINUTE), an_upload(state=BackupState.RECEIVED)], []),
        ([requested(15 * MINUTE), an_upload(state=BackupState.REFUSED)], [PUBLICATION]),
        ([requested(DAY), an_upload(), a_running_job()], []),
        ([requested(DAY), an_upload(), a_running_job(ended=True)], [PUBLICATION]),
        ([a_publication(state=PublicationState.RESTORING, requested_at=NOW - DAY)], []),
        ([a_publication(state=PublicationState.WITHDRAWN, hide_due=True)], [PUBLICATION]),
        ([a_publication(state=PublicationState.WITHDRAWN)], []),
        ([a_rollover(requested_at=NOW - 15 * MINUTE)], [ROLLOVER]),
        ([a_rollover(requested_at=NOW - 15 * MINUTE + SECOND)], []),
        ([a_rollover(requested_at=NOW - DAY, state=RolloverState.RESTORING)], []),
        ([a_rollover(requested_at=NOW - DAY, state=RolloverState.DONE, word_due=True)], [ROLLOVER]),
        ([a_rollover(requested_at=NOW - DAY - SECOND, state=RolloverState.DONE, word_due=True)], []),
        ([a_rollover(requested_at=NOW - DAY, state=RolloverState.DONE)], []),
    ],
)
def test_what_is_silent_or_forgotten_is_put_back_on_its_way(
    records: list[Record], sent: list[tuple[str, dict[str, str]]]
) -> None:
    scene = a_scene(*records)
    assert jobs.watch(scene.world) == len(sent)
    assert [(one.queue, one.message) for one in scene.queues] == sent


ORDER = Restore(
    "pub:publication1", ArchiveAddress(url="https://s3.example/a", sha256="", filesize=1), RestoreMode.NEW
)
RESTORING = a_publication(state=PublicationState.RESTORING)


def asked(status: JobStatus | None, since: timedelta, moved: timedelta | None = None) -> tuple[Scene, str]:
    """A job begun that long ago, as its Moodle tells it by now; and how it stands here after the question."""
    scene = a_scene(RESTORING, an_upload(), a_running_job(started_at=NOW - since, heard_at=NOW - since))
    if status is not None:
        told = NOW - moved if moved is not None else None
        scene.hub.jobs["pub:publication1"] = (ORDER, a_job(status=status, timemodified=told))
    jobs.settle(scene.world, "hub", "pub:publication1")
    running = scene.records[RunningJob, "pub:publication1"]
    if running.ended:
        return scene, "ended"
    return scene, "heard" if running.heard_at == NOW else "silent"


@pytest.mark.rule("P10")
@pytest.mark.parametrize(
    ("status", "since", "moved", "stands", "why"),
    [
        (None, DAY - SECOND, None, "heard", None),
        (None, DAY, None, "ended", "silent"),
        (JobStatus.QUEUED, DAY, None, "heard", None),
        (JobStatus.QUEUED, DAY + SECOND, None, "ended", "silent"),
        (JobStatus.RUNNING, 9 * DAY, DAY, "heard", None),
        (JobStatus.RUNNING, 9 * DAY, DAY + SECOND, "ended", "silent"),
        (JobStatus.RUNNING, DAY, 9 * DAY, "heard", None),
        (JobStatus.FAILED, MINUTE, MINUTE, "ended", "restorefailed"),
        (JobStatus.CANCELLED, MINUTE, MINUTE, "ended", "cancelled"),
    ],
    ids=[
        "unknown there for less than a day",
        "unknown there for a day",
        "queued for a day",
        "queued for longer",
        "got on within a day",
        "has not got on for longer",
        "a clock there that is late counts from the beginning",
        "failed",
        "cancelled",
    ],
)
def test_a_job_is_waited_for_while_it_may_still_move(
    status: JobStatus | None, since: timedelta, moved: timedelta | None, stands: str, why: str | None
) -> None:
    scene, found = asked(status, since, moved)
    message = scene.publication("publication1").message
    assert (found, message.code if message else None) == (stands, why)
    if status is None and stands == "heard":
        assert scene.queues["publications"] == [{"publication": "publication1"}]
    if why == "silent" and status is not None:
        assert scene.hub.jobs["pub:publication1"][1].status is JobStatus.CANCELLED


@pytest.mark.rule("P10")
@pytest.mark.parametrize(
    ("about", "record", "over"),
    [
        ("publication", RESTORING, False),
        ("publication", replace(RESTORING, state=PublicationState.REQUESTED), False),
        ("publication", replace(RESTORING, state=PublicationState.FAILED, message=Note("silent")), True),
        ("publication", None, True),
        ("retrieval", a_retrieval(state=RetrievalState.RESTORING), False),
        ("retrieval", a_retrieval(), False),
        ("retrieval", a_retrieval(state=RetrievalState.REFUSED, message=Note("silent")), True),
        ("retrieval", None, True),
        ("rollover", None, False),
    ],
)
def test_a_job_that_its_moodle_does_not_know_is_started_again_unless_what_it_is_for_is_over(
    about: str, record: Publication | Retrieval | None, over: bool
) -> None:
    running = a_running_job(id="key", site="lille", about=about, about_id=record.id if record else "none")
    scene = a_scene(running, *([record] if record else []))
    jobs.settle(scene.world, "lille", "key")
    assert scene.records[RunningJob, "key"].ended == over
    expected = [] if over else [{about: running.about_id}]
    assert scene.queues[f"{about}s"] == expected  # type: ignore[index]


def test_a_job_is_settled_for_its_own_site_alone_and_once() -> None:
    scene = a_scene(RESTORING, a_running_job(ended=True, heard_at=NOW - DAY))
    jobs.settle(scene.world, "caen", "pub:publication1")
    jobs.settle(scene.world, "hub", "pub:publication1")
    jobs.settle(scene.world, "hub", "pub:nothing")
    assert scene.records[RunningJob, "pub:publication1"].heard_at == NOW - DAY
    assert scene.publication("publication1") == RESTORING


@pytest.mark.parametrize(
    ("site", "status", "ended", "known", "asked_about"),
    [
        ("hub", "done", False, True, True),
        ("hub", "failed", False, True, True),
        ("hub", "", False, True, True),
        ("hub", "queued", False, True, False),
        ("hub", "running", False, True, False),
        ("hub", "done", True, True, False),
        ("caen", "done", False, False, False),
    ],
)
def test_a_site_that_tells_of_its_own_job_has_it_settled_once_it_has_ended(
    site: str, status: str, ended: bool, known: bool, asked_about: bool
) -> None:
    scene = a_scene(a_running_job(ended=ended))
    told = (ReportedJob("pub:publication1", status), ReportedJob("pub:nothing", status))
    said = jobs.report(scene.world, ReportJobs(request="m", site=site, type="jobs", jobs=told))
    assert said == {"known": ["pub:publication1"] * known}
    assert scene.queues["jobs"] == [JOB[1]] * asked_about


# -- in words -----------------------------------------------------------------------------------------------


@pytest.mark.rule("P10", "P16")
@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (JobStatus.FAILED, JobMessage("precheck", "no"), Note("precheck", {"detail": "no"})),
        (JobStatus.FAILED, JobMessage("", "no"), Note("restorefailed", {"detail": "no"})),
        (JobStatus.FAILED, None, Note("restorefailed", {"detail": ""})),
        (JobStatus.CANCELLED, None, Note("cancelled", {"detail": ""})),
    ],
)
def test_a_job_that_failed_says_why(status: JobStatus, error: JobMessage | None, why: Note) -> None:
    assert why_failed(a_job(status=status, error=error)) == why


@pytest.mark.rule("P16")
def test_warnings_of_a_job_are_kept_fifty_at_most() -> None:
    told = (JobMessage("precheck", "a"), JobMessage("skipped", "b"), JobMessage("", "c"))
    assert warnings_of(a_job(warnings=told)) == (
        Note("precheck_warned", {"detail": "a"}),
        Note("skipped", {"detail": "b"}),
        Note("job_said", {"detail": "c"}),
    )
    assert len(warnings_of(a_job(warnings=told * 17))) == 50


def test_a_job_is_watched_from_when_it_was_first_noted() -> None:
    scene = a_scene()
    for _ in range(2):
        note_job(scene.world, "pub:publication1", "hub", "publication", "publication1")
        scene.clock.tick(MINUTE)
    assert scene.records.all(RunningJob) == (a_running_job(),)


def test_what_a_moodle_refused_is_named_with_its_site_and_its_word() -> None:
    refusal = MoodleRefused("hub", "local_passerelle_start_restore", "unknowncategory")
    assert refused_by_moodle(refusal) == Note(
        "moodle_refused", {"site": "hub", "errorcode": "unknowncategory"}
    )


def test_the_round_counts_each_silent_job_and_a_year_change_is_as_old_as_its_last_step() -> None:
    quiet = Moment("requested", NOW - DAY, "")
    moved = a_rollover(requested_at=NOW - DAY, history=(quiet, Moment("checking", NOW - MINUTE, "")))
    silent = [a_running_job(id=f"pub:{n}", heard_at=NOW - DAY) for n in range(3)]
    assert jobs.watch(a_scene(*silent, moved).world) == 3
