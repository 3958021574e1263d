"""Backups of last year's courses that hold their last change: on demand (R9) and by the night (R10)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import CourseState, Job, JobStatus
from passerelle.domain.records import RunningJob, network_id
from passerelle.domain.rollover.rollover import Rollover, backup_jobkey, fresh_upload
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import GiveUp, MoodleAway, MoodleRefused, PaperUnreadable
from passerelle.ports import World
from passerelle.usecases.amend import amend, list_all
from passerelle.usecases.broken import note_broken
from passerelle.usecases.moodle_jobs import note_job

LOG = logging.getLogger(__name__)

ATTEMPTS = 20  # of one state of one course: far more than anybody presses
PAGE = 500
HANDLED = 400  # changed courses that one round looks at: it ends well within its time
LOOKED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A backup is being made under this key."""

    jobkey: str


def ensure(world: World, site: str, state: CourseState) -> Upload | Waiting:
    """The backup that holds the course's last change, or the job that makes it. Safe to repeat."""
    ready = newest(world, site, state)
    if ready is not None:
        return ready
    return Waiting(_start(world, site, state))


def newest(world: World, site: str, state: CourseState) -> Upload | None:
    if not state.idnumber:
        return None  # it gets its number with its first backup (P1)
    uploads = list_all(world.records, Upload, "course", network_id(site, state.idnumber))
    return fresh_upload(uploads, state.lastchange)


def backed_up(world: World, site: str, state: CourseState) -> bool:
    """Whether there is any backup of the course, however old."""
    if not state.idnumber:
        return False
    uploads = list_all(world.records, Upload, "course", network_id(site, state.idnumber))
    return any(upload.state not in (BackupState.REFUSED, BackupState.DELETED) for upload in uploads)


def _start(world: World, site: str, state: CourseState) -> str:
    for attempt in range(ATTEMPTS):
        jobkey = backup_jobkey(site, state.courseid, state.lastchange, attempt)
        known = world.records.get(RunningJob, jobkey)
        if known is not None and is_over(known):
            continue  # it failed, or its backup was refused or deleted since: another attempt
        note_job(world, jobkey, site, "backup", str(state.courseid))
        # Also where it was written down before: whoever did may have died before asking.
        start_again(world, site, jobkey, state.courseid)
        return jobkey
    return jobkey


def start_again(world: World, site: str, jobkey: str, course_id: int) -> None:
    """The same key answers the same job."""
    try:
        world.sites.lms(site).start_backup(jobkey, course_id, "rollover")
    except MoodleRefused as refusal:
        _came_to(world, jobkey, "", refusal.errorcode, ended=True)


def finish_backup(world: World, site: str, jobkey: str, job: Job) -> None:
    """The old platform's backup has ended. Who waits for it is put back on the way."""
    done = job.status == JobStatus.DONE and bool(job.upload)
    error = "" if done else (job.error.code if job.error and job.error.code else job.status.value)
    # What came of it first, then the word to those who wait; `jobs.settle` ends it after both.
    running = _came_to(world, jobkey, job.upload or "" if done else "", error, ended=False)
    wake(world, site, int(running.about_id or 0))


def _came_to(world: World, jobkey: str, result: str, error: str, *, ended: bool) -> RunningJob:
    now = world.clock.now()

    def decide(before: RunningJob) -> RunningJob:
        if before.ended or before.result or before.error:
            return before
        return replace(before, ended=ended, heard_at=now, result=result, error=error)

    return amend(world.records, RunningJob, jobkey, decide)


def is_over(job: RunningJob) -> bool:
    return job.ended or bool(job.result or job.error)


def serves(world: World, upload: Upload) -> bool:
    """Whether a rollover under way rests on this backup: deleted now, it would fail half-way."""
    if upload.intent != "rollover" or upload.state == BackupState.DELETED:
        return False
    for rollover in list_all(world.records, Rollover, "source", f"{upload.site}#{upload.course_id}"):
        if not rollover.under_way:
            continue
        job = None if rollover.upload else world.records.get(RunningJob, rollover.backup_job)
        if upload.id == (job.result if job is not None else rollover.upload):
            return True
    return False


def wake(world: World, site: str, course_id: int) -> None:
    """Queue every rollover that waits for a backup of this course."""
    for rollover in list_all(world.records, Rollover, "source", f"{site}#{course_id}"):
        if rollover.state == RolloverState.BACKING_UP:
            world.queues.send("rollovers", {"rollover": rollover.id})


# --- the night (R10) --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """How far the freshness of one site has come: kept as a paper, so that a cut round goes on."""

    since: int = 0  # Unix: changes before it are backed up
    began: int = 0  # of the round under way; 0: none
    after: int = 0  # id of the last course looked at
    started: tuple[int, ...] = ()  # courses whose backup this round or the last one started


def paper_key(site: str) -> str:
    return f"freshness/{site}.json"


def refresh(world: World) -> int:
    """One turn of the night, for every site that another one takes over. Answers how many it started.

    An old platform that is down or refuses stops its own turn only; it is said once the others had theirs.
    """
    started, stopped = 0, None
    for site in world.network.previous_sites:
        try:
            started += _refresh_site(world, site)
        except (MoodleAway, GiveUp) as one:
            LOG.warning("no turn here", extra={"site": site}, exc_info=True)
            stopped = stopped or one
    if stopped is not None and not started:
        raise stopped
    return started


def _refresh_site(world: World, site: str) -> int:
    """Top up the backups under way to the site's number, then stop: the next turn goes on from there."""
    room = world.network.sites[site].parallel_backups - _under_way(world, site)
    if room <= 0:
        return 0
    turn = _read(world, site)
    began = 0
    if not turn.began:
        turn = replace(turn, began=int(world.clock.now().timestamp()), after=0)
        again, turn = _try_again(world, site, turn, room)
        began += again
    lms = world.sites.lms(site)
    since = datetime.fromtimestamp(turn.since, UTC)
    batch: list[int] = []
    whole = True
    for seen, course in enumerate(lms.list_changed_courses(since, page=PAGE, after=turn.after), 1):
        batch.append(course.id)
        if len(batch) >= LOOKED_AT_ONCE:
            count, turn = _start_some(world, site, turn, batch, room - began)
            began += count
            batch = []
            # A slow platform must not keep a turn that runs out of time from getting on.
            world.papers.put(paper_key(site), _as_paper(turn))
        if began >= room or seen >= HANDLED:
            whole = False
            break
    if batch and began < room:
        count, turn = _start_some(world, site, turn, batch, room - began)
        began += count
        whole = whole and turn.after >= batch[-1]
    if whole:
        turn = replace(turn, since=turn.began, began=0, after=0)
    world.papers.put(paper_key(site), _as_paper(turn))
    return began


def _start_some(world: World, site: str, turn: Round, course_ids: list[int], room: int) -> tuple[int, Round]:
    """Start what is not fresh, in order, until there is no room; the round remembers where it stopped."""
    states = world.sites.lms(site).get_course_states(course_ids)
    began = 0
    for course_id in course_ids:
        if began >= room:
            break
        state = states.get(course_id)
        if state is not None and state.exists and worth_keeping(state) and newest(world, site, state) is None:
            _start(world, site, state)
            began += 1
            turn = replace(turn, started=(*turn.started, course_id)[-5_000:])
        turn = replace(turn, after=course_id)
    return began, turn


def worth_keeping(state: CourseState) -> bool:
    """An empty course has nothing that anybody could take over."""
    return not state.empty


def _try_again(world: World, site: str, turn: Round, room: int) -> tuple[int, Round]:
    """What the last round started and is still not fresh failed: once more before anything else."""
    course_ids = sorted(set(turn.started))
    turn = replace(turn, started=())
    began = 0
    for start in range(0, len(course_ids), LOOKED_AT_ONCE):
        some = course_ids[start : start + LOOKED_AT_ONCE]
        states = world.sites.lms(site).get_course_states(some)
        for course_id in some:
            state = states.get(course_id)
            if state is None or not state.exists or newest(world, site, state) is not None:
                continue
            if began < room:
                _start(world, site, state)
                began += 1
            turn = replace(turn, started=(*turn.started, course_id))
    return began, turn


def _under_way(world: World, site: str) -> int:
    return sum(
        1
        for job in list_all(world.records, RunningJob, "running", "yes")
        if job.site == site and job.about == "backup"
    )


def _read(world: World, site: str) -> Round:
    try:
        kept = world.papers.get(paper_key(site))
    except PaperUnreadable as cut:  # a round from the beginning finds what is fresh
        note_broken(world, cut)
        kept = None
    if kept is None:
        return Round()
    started = kept.get("started")
    return Round(
        since=_int(kept, "since"),
        began=_int(kept, "began"),
        after=_int(kept, "after"),
        started=tuple(int(one) for one in started) if isinstance(started, list) else (),
    )


def _int(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) else 0


def _as_paper(turn: Round) -> dict[str, object]:
    return {"since": turn.since, "began": turn.began, "after": turn.after, "started": list(turn.started)}
