"""Jobs on Moodles: heard of through their callback, asked about when they fall silent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import Job, JobMessage, JobStatus
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import RunningJob
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import ReportJobs
from passerelle.domain.states import BackupState, PublicationState, RetrievalState, RolloverState
from passerelle.errors import MoodleRefused, PasserelleError
from passerelle.ports import Lms, World
from passerelle.usecases import broken
from passerelle.usecases.amend import amend, if_readable, list_all
from passerelle.usecases.backups import refresh
from passerelle.usecases.publishing import publish, retrieve
from passerelle.usecases.rollover import plans, steps

LOG = logging.getLogger(__name__)

SILENT = timedelta(minutes=5)  # then the Moodle is asked
UNENDED = frozenset({JobStatus.QUEUED.value, JobStatus.RUNNING.value})
GIVEN_UP = timedelta(hours=24)  # a job that its Moodle does not know, or move, for so long has failed
FORGOTTEN = timedelta(minutes=15)  # a request that no queue seems to carry any more


def report(world: World, command: ReportJobs) -> Mapping[str, object]:
    """Another site's jobs are as unknown as ones that never were.

    One that is on its way needs no question: nothing here follows a job's phases.
    """
    known = []
    for reported in command.jobs:
        job = world.records.get(RunningJob, reported.jobkey)
        if job is None or job.site != command.site:
            continue
        known.append(job.id)
        if not job.ended and reported.status not in UNENDED:
            world.queues.send("jobs", {"site": job.site, "jobkey": job.id})
    return {"known": known}


def settle(world: World, site: str, jobkey: str) -> None:
    """Ask the Moodle how the job stands, and finish what it was for. Safe to repeat."""
    running = world.records.get(RunningJob, jobkey)
    if running is None or running.site != site:
        return
    if running.ended:
        if running.about == "publication":
            publish.arrange_again(world, running.about_id)
        return
    now = world.clock.now()
    lms = world.sites.lms(site)
    job = lms.get_jobs([jobkey]).get(jobkey)
    if job is None and _is_over(world, running):
        # Refused before it was started: there is nothing to wait for, but perhaps somebody to be told.
        if running.about == "publication":
            publish.publish(world, running.about_id)
        else:
            retrieve.retrieve(world, running.about_id)
    elif job is None and now - running.started_at < GIVEN_UP:
        _start_again(world, running)
        return
    elif job is not None and not job.ended and now - _moved_at(running, job) <= GIVEN_UP:
        amend(world.records, RunningJob, jobkey, lambda before: replace(before, heard_at=now))
        return
    else:
        _finish(world, running, job if job is not None and job.ended else _given_up(lms, jobkey, job))
    amend(world.records, RunningJob, jobkey, lambda before: replace(before, ended=True, heard_at=now))


def _is_over(world: World, running: RunningJob) -> bool:
    match running.about:
        case "publication":
            publication = world.records.get(Publication, running.about_id)
            return publication is None or publication.state not in (
                PublicationState.REQUESTED,
                PublicationState.RESTORING,
            )
        case "retrieval":
            retrieval = world.records.get(Retrieval, running.about_id)
            return retrieval is None or retrieval.state not in (
                RetrievalState.REQUESTED,
                RetrievalState.RESTORING,
            )
    return False


def _moved_at(running: RunningJob, job: Job) -> datetime:
    """When the job last got on. That its Moodle answers tells nothing: its cron may stand still."""
    return max(running.started_at, job.timemodified or running.started_at)


def _given_up(lms: Lms, jobkey: str, job: Job | None) -> Job:
    """Cancelled first, so that a cron that wakes up does not restore what was told to have failed."""
    if job is not None:
        with suppress(MoodleRefused):
            cancelled = lms.cancel_job(jobkey)
            if cancelled.status == JobStatus.DONE:
                return cancelled
    return Job(jobkey=jobkey, status=JobStatus.FAILED, error=JobMessage("silent"))


def _finish(world: World, running: RunningJob, job: Job) -> None:
    match running.about:
        case "publication":
            publish.finish_publication(world, running.about_id, job)
        case "retrieval":
            retrieve.finish_retrieval(world, running.about_id, job)
        case "rollover":
            steps.finish_rollover(world, running.about_id, job)
            rollover = world.records.get(Rollover, running.about_id)
            if rollover is not None and rollover.plan:
                _go_on(world, rollover.plan)
        case "undo":
            steps.finish_undo(world, running.about_id, job)
        case "backup":
            refresh.finish_backup(world, running.site, running.id, job)


def _start_again(world: World, running: RunningJob) -> None:
    """The Moodle does not know the job: we were cut before it was started, or it lost it."""
    now = world.clock.now()
    match running.about:
        case "publication":
            world.queues.send("publications", {"publication": running.about_id})
        case "retrieval":
            world.queues.send("retrievals", {"retrieval": running.about_id})
        case "rollover" | "undo":
            world.queues.send("rollovers", {"rollover": running.about_id})
        case "backup":
            refresh.start_again(world, running.site, running.id, int(running.about_id))
    amend(world.records, RunningJob, running.id, lambda before: replace(before, heard_at=now))


def watch(world: World) -> int:
    """Ask about silent jobs, and put forgotten requests back on their way. Answers how many."""
    now = world.clock.now()
    asked = 0
    running = list_all(world.records, RunningJob, "running", "yes")
    under_way = {job.id for job in running}
    for job in running:
        if now - job.heard_at >= SILENT:
            world.queues.send("jobs", {"site": job.site, "jobkey": job.id})
            asked += 1
    for publication in list_all(world.records, Publication, "state", PublicationState.REQUESTED.value):
        upload = if_readable(world.records, Upload, publication.upload)
        under_check = upload is not None and upload.state in (BackupState.UPLOADING, BackupState.RECEIVED)
        forgotten = now - publication.requested_at >= FORGOTTEN and publication.jobkey not in under_way
        if forgotten and not under_check:
            world.queues.send("publications", {"publication": publication.id})
            asked += 1
    for publication in list_all(world.records, Publication, "state", PublicationState.WITHDRAWN.value):
        if publication.hide_due:
            world.queues.send("publications", {"publication": publication.id})
            asked += 1
    for rollover in list_all(world.records, Rollover, "running", "yes"):
        moved_at = rollover.history[-1].at if rollover.history else rollover.requested_at
        if rollover.word_due and now - moved_at > GIVEN_UP:
            continue  # whoever can be told nothing for a day reads it in the block
        if rollover.state != RolloverState.RESTORING and now - moved_at >= FORGOTTEN:
            world.queues.send("rollovers", {"rollover": rollover.id})
            asked += 1
    broken.tell(world)
    return asked + sum(_go_on(world, run.id) for run in list_all(world.records, PlanRun, "applying", "yes"))


def _go_on(world: World, plan: str) -> int:
    """What keeps one plan from going on must stop neither the job that ended nor the other plans."""
    try:
        plans.go_on(world, plan)
    except PasserelleError:
        LOG.warning("a plan does not go on", extra={"plan": plan}, exc_info=True)
        return 0
    return 1
