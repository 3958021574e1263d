"""Jobs on Moodles: heard of through their callback, asked about when they fall silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from passerelle.domain.commands import ReportJobs, SignSource
from passerelle.domain.plugin import Job, JobMessage, JobStatus
from passerelle.domain.publishing import Publication, Retrieval, RunningJob, Upload
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.usecases import publishing, retrievals
from passerelle.usecases.amending import amend, everything

SILENT = timedelta(minutes=5)  # then the Moodle is asked
GIVEN_UP = timedelta(hours=24)  # a job that its Moodle does not know for so long has failed
FORGOTTEN = timedelta(minutes=15)  # a request that no queue seems to carry any more


def report(world: World, command: ReportJobs) -> Mapping[str, object]:
    """Another site's jobs are as unknown as ones that never were."""
    known = []
    for reported in command.jobs:
        job = world.records.get(RunningJob, reported.jobkey)
        if job is None or job.site != command.site:
            continue
        known.append(job.id)
        if not job.ended:
            world.queues.send("jobs", {"site": job.site, "jobkey": job.id})
    return {"known": known}


def sign_source(world: World, command: SignSource) -> Mapping[str, object]:
    """A fresh address for a job whose first one has expired."""
    job = world.records.get(RunningJob, command.jobkey)
    if job is None or job.site != command.site or job.ended:
        raise NotFound("job_unknown")
    publication_id = job.about_id
    if job.about == "retrieval":
        retrieval = world.records.get(Retrieval, job.about_id)
        publication_id = retrieval.publication if retrieval else ""
    publication = world.records.get(Publication, publication_id)
    upload = world.records.get(Upload, publication.upload) if publication else None
    if upload is None or upload.state != BackupState.ACCEPTED:
        raise NotFound("job_unknown")
    url, expires = world.archives.sign(upload.accepted_key)
    return {
        "url": url,
        "sha256": upload.accepted_sha256,
        "filesize": upload.accepted_size,
        "expires": int(expires.timestamp()),
    }


def settle(world: World, site: str, jobkey: str) -> None:
    """Ask the Moodle how the job stands, and finish what it was for. Safe to repeat."""
    running = world.records.get(RunningJob, jobkey)
    if running is None or running.site != site or running.ended:
        return
    now = world.clock.now()
    job = world.sites.lms(site).get_jobs([jobkey]).get(jobkey)
    if job is None:
        if now - running.started_at < GIVEN_UP:
            _start_again(world, running)
            return
        job = Job(jobkey=jobkey, status=JobStatus.FAILED, error=JobMessage("silent"))
    if not job.ended:
        if now - running.started_at > GIVEN_UP and now - running.heard_at > GIVEN_UP:
            job = Job(jobkey=jobkey, status=JobStatus.FAILED, error=JobMessage("silent"))
        else:
            amend(world.records, RunningJob, jobkey, lambda before: replace(before, heard_at=now))
            return
    if running.about == "publication":
        publishing.finish(world, running.about_id, job)
    else:
        retrievals.finish(world, running.about_id, job)
    amend(world.records, RunningJob, jobkey, lambda before: replace(before, ended=True, heard_at=now))


def _start_again(world: World, running: RunningJob) -> None:
    """The Moodle does not know the job: we were cut before it was started, or it lost it."""
    now = world.clock.now()
    if running.about == "publication":
        world.queues.send("publications", {"publication": running.about_id})
    else:
        world.queues.send("retrievals", {"retrieval": running.about_id})
    amend(world.records, RunningJob, running.id, lambda before: replace(before, heard_at=now))


def watch(world: World) -> int:
    """Ask about silent jobs, and put forgotten requests back on their way. Answers how many."""
    now = world.clock.now()
    asked = 0
    for job in everything(world.records, RunningJob, "running", "yes"):
        if now - job.heard_at >= SILENT:
            world.queues.send("jobs", {"site": job.site, "jobkey": job.id})
            asked += 1
    for publication in everything(world.records, Publication, "state", PublicationState.REQUESTED.value):
        upload = world.records.get(Upload, publication.upload)
        if (
            now - publication.requested_at >= FORGOTTEN
            and upload is not None
            and upload.state == BackupState.ACCEPTED
        ):
            world.queues.send("publications", {"publication": publication.id})
            asked += 1
    return asked
