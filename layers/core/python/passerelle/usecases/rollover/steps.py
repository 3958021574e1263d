"""What the queue does of a rollover, step by step, each safe to repeat at any point (R4, R7–R9, R11, R12)."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.backups.compatibility import objections
from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import ArchiveAddress, Job, JobStatus, Restore, RestoreMode
from passerelle.domain.publishing.publication import Contents
from passerelle.domain.records import Note, RunningJob, moved
from passerelle.domain.rollover.rollover import (
    Rollover,
    left_out,
    objections_of_target,
    settings_of,
    stash_name,
)
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import GiveUp, MoodleRefused, PaperUnreadable, Refused
from passerelle.ports import World
from passerelle.usecases import course_locks
from passerelle.usecases.amend import amend, amend_if, if_readable
from passerelle.usecases.backups import refresh
from passerelle.usecases.broken import note_broken
from passerelle.usecases.moodle_jobs import note_job, refused_by_moodle, warnings_of, why_failed
from passerelle.usecases.rollover import messages, reports
from passerelle.words.notes import note_text

# What may be missing on the target without the rest being worth nothing: the report says so (R12).
BEARABLE = frozenset({"plugins_missing"})


def proceed(world: World, rollover_id: str) -> None:
    """One turn: as far as the rollover can go now. What it waits for queues it again."""
    rollover = world.records.get(Rollover, rollover_id)
    if rollover is None:
        return
    if not rollover.under_way:
        _tie_up(world, rollover)
        return
    if rollover.changes_course and not _holds_lock(world, rollover):
        return
    try:
        _go_on(world, rollover)
    except PaperUnreadable as cut:
        note_broken(world, cut)
        end(world, rollover, RolloverState.FAILED, Note(cut.code, {"paper": cut.paper}))
    except GiveUp as broken:  # the backup's record, which the store has noted
        if broken.code != "record_unreadable":
            raise
        end(world, rollover, RolloverState.FAILED, Note(broken.code))


def _go_on(world: World, rollover: Rollover) -> None:
    if rollover.state == RolloverState.REQUESTED:
        rollover = _find_backup(world, rollover)
    if rollover.state == RolloverState.BACKING_UP:
        rollover = _take_backup(world, rollover)
    if rollover.state == RolloverState.CHECKED:
        if rollover.only_check:
            _report_check(world, rollover)
        else:
            _start(world, rollover)
    elif rollover.state == RolloverState.RESTORING:
        _start(world, rollover)


def _tie_up(world: World, rollover: Rollover) -> None:
    """What a turn that was cut after its last write still owes: an undo, a word, the lock."""
    if rollover.undo_asked and rollover.state == RolloverState.DONE:
        start_undo(world, rollover)
    elif rollover.state in (RolloverState.REFUSED, RolloverState.FAILED):
        _let_go(world, rollover)
        _tell_why(world, rollover)


def _tell_why(world: World, rollover: Rollover) -> None:
    """Once, and owed until it is told: a Moodle that is away now is told when it is back."""
    if rollover.word_due:
        messages.tell_asker(world, rollover, "failed")
        amend(world.records, Rollover, rollover.id, lambda before: replace(before, word_due=False))


def _holds_lock(world: World, rollover: Rollover) -> bool:
    try:
        course_locks.hold(world, rollover.site, rollover.course_id, rollover.jobkey)
    except Refused as refusal:
        if rollover.state == RolloverState.RESTORING:
            # Its lock died of old age while the Moodle still works on it: the job's own end decides.
            return True
        end(world, rollover, RolloverState.REFUSED, Note(refusal.code))
        return False
    return True


# --- the backup (R9) ----------------------------------------------------------------------------------


def _find_backup(world: World, rollover: Rollover) -> Rollover:
    lms = world.sites.lms(rollover.previous)
    state = lms.get_course_states([rollover.source_id]).get(rollover.source_id)
    if state is None or not state.exists:
        year = world.network.sites[rollover.previous].year
        return end(world, rollover, RolloverState.FAILED, Note("source_unknown", {"year": year}))
    found = refresh.ensure(world, rollover.previous, state)
    asked, then = (RolloverState.REQUESTED,), RolloverState.BACKING_UP
    if isinstance(found, Upload):
        return amend_if(world, rollover, asked, then, "the backup is at hand", upload=found.id)
    return amend_if(world, rollover, asked, then, "a fresh backup first", backup_job=found.jobkey)


def _take_backup(world: World, rollover: Rollover) -> Rollover:
    """Wait for the archive to be sent and proved; then survey it once."""
    upload_id = rollover.upload
    year = world.network.sites[rollover.previous].year
    if not upload_id:
        job = world.records.get(RunningJob, rollover.backup_job)
        if job is not None and not refresh.is_over(job):
            return rollover
        if job is None or not job.result:
            code = job.error if job else "silent"
            why = Note("backup_failed", {"year": year, "code": code})
            return end(world, rollover, RolloverState.FAILED, why)
        upload_id = job.result
    upload = world.records.get(Upload, upload_id)
    if upload is None or upload.site != rollover.previous or upload.state == BackupState.DELETED:
        why = Note("backup_failed", {"year": year, "code": "deleted"})
        return end(world, rollover, RolloverState.FAILED, why)
    if upload.state == BackupState.REFUSED:
        lang = rollover.person.lang
        reason = note_text(upload.reasons[0], lang) if upload.reasons else ""
        why = Note("source_backup_refused", {"year": year, "reason": reason})
        return end(world, rollover, RolloverState.FAILED, why)
    if upload.state != BackupState.ACCEPTED:
        return rollover
    reports.survey_of(world, upload)
    waiting = (RolloverState.BACKING_UP,)
    return amend_if(world, rollover, waiting, RolloverState.CHECKED, "proved and surveyed", upload=upload_id)


def _report_check(world: World, rollover: Rollover) -> None:
    report = reports.write_report(world, rollover, None)
    counts = report.to_do if report else {}
    counted = amend(world.records, Rollover, rollover.id, lambda before: replace(before, findings=counts))
    # Told before it counts as done: a cut in between tells again, and the same key is sent once.
    messages.tell_asker(world, counted, "checked")
    amend(world.records, Rollover, rollover.id, lambda before: replace(before, reported=True))


# --- restoring or stashing ----------------------------------------------------------------------------


def _start(world: World, rollover: Rollover) -> None:
    if not _known_to_moodle(world, rollover):
        upload = world.records.get(Upload, rollover.upload)
        if upload is None or upload.state != BackupState.ACCEPTED:
            year = world.network.sites[rollover.previous].year
            why = Note("backup_failed", {"year": year, "code": "deleted"})
            end(world, rollover, RolloverState.FAILED, why)
            return
        against = _objections(world, rollover, upload)
        if against is not None:
            end(world, rollover, RolloverState.REFUSED, against)
            return
        note_job(world, rollover.jobkey, rollover.site, "rollover", rollover.id)
        try:
            _ask_moodle(world, rollover, upload)
        except MoodleRefused as refusal:
            _job_is_over(world, rollover.jobkey)
            end(world, rollover, RolloverState.FAILED, refused_by_moodle(refusal))
            return
    _restoring(world, rollover)


def _restoring(world: World, rollover: Rollover) -> Rollover:
    checked = (RolloverState.CHECKED,)
    return amend_if(world, rollover, checked, RolloverState.RESTORING, "the site has it")


def _known_to_moodle(world: World, rollover: Rollover) -> bool:
    """A job that was started has made the course what it is now: the checks are behind it."""
    if world.records.get(RunningJob, rollover.jobkey) is None:
        return False
    return rollover.jobkey in world.sites.lms(rollover.site).get_jobs([rollover.jobkey])


def _objections(world: World, rollover: Rollover, upload: Upload) -> Note | None:
    """R5 and P16 once more: hours may have passed since the request."""
    lms = world.sites.lms(rollover.site)
    lang = rollover.person.lang
    if rollover.changes_course:
        state = lms.get_course_states([rollover.course_id]).get(rollover.course_id)
        if state is None or not state.exists:
            return Note("courseunknown")
        if rollover.override is None:
            found = objections_of_target(state, rollover.wish.destination)
            if found:
                return found[0]
    if rollover.wish.destination == "stash":
        return None
    manifest = world.papers.load(Manifest, upload.manifest_key)
    if manifest is None:
        return None
    contents = Contents(
        activities={},
        size=upload.accepted_size,
        moodle_release=manifest.moodle_release,
        plugins=manifest.plugins,
    )
    against = [note for note in objections(contents, lms.get_site(), lang) if note.code not in BEARABLE]
    return against[0] if against else None


def _job_is_over(world: World, jobkey: str) -> None:
    now = world.clock.now()
    amend(world.records, RunningJob, jobkey, lambda before: replace(before, ended=True, heard_at=now))


def _ask_moodle(world: World, rollover: Rollover, upload: Upload) -> Job:
    url, _ = world.archives.sign(upload.accepted_key)
    source = ArchiveAddress(url=url, sha256=upload.accepted_sha256, filesize=upload.accepted_size)
    lms = world.sites.lms(rollover.site)
    if rollover.wish.destination == "stash":
        return lms.stash_backup(
            rollover.jobkey, source, rollover.person.username, filename(world, rollover, upload)
        )
    survey = reports.survey_of(world, upload)
    return lms.start_restore(
        Restore(
            jobkey=rollover.jobkey,
            source=source,
            mode=RestoreMode(rollover.wish.destination),
            courseid=rollover.course_id,
            settings=settings_of(rollover.wish, override=rollover.override is not None),
            exclude=left_out(rollover.wish, survey.groups, survey.nights_groups),
            keep_dates=rollover.wish.keep_dates,
            person=rollover.person.username,
        )
    )


def filename(world: World, rollover: Rollover, upload: Upload) -> str:
    year = world.network.sites[rollover.previous].year
    return stash_name(upload.idnumber, upload.fullname, year, upload.created_at)


# --- how it ended -------------------------------------------------------------------------------------


def finish_rollover(world: World, rollover_id: str, job: Job) -> None:
    """The site's job has ended. Repeated until every step stands."""
    rollover = world.records.get(Rollover, rollover_id)
    if rollover is None:
        return
    if rollover.state == RolloverState.CHECKED:
        rollover = _restoring(world, rollover)
    if job.status != JobStatus.DONE:
        end(world, rollover, RolloverState.FAILED, why_failed(job))
        return
    if rollover.wish.destination == "stash":
        stashed = end(world, rollover, RolloverState.STASHED, None, quietly=True)
        upload = if_readable(world.records, Upload, rollover.upload)
        name = filename(world, rollover, upload) if upload else ""
        messages.tell_asker(world, stashed, "stashed", filename=name)
        return
    if rollover.state == RolloverState.RESTORING:
        report = reports.write_report(world, rollover, job)
        rollover = _restored(world, rollover, job, report.to_do if report else {})
    _let_go(world, rollover)
    messages.tell_asker(world, rollover, "done")
    messages.tell_others(world, rollover)


def _restored(world: World, rollover: Rollover, job: Job, counts: dict[str, int]) -> Rollover:
    return amend_if(
        world,
        rollover,
        (RolloverState.RESTORING,),
        RolloverState.DONE,
        "restored",
        course_url=job.courseurl or messages.course_address(world, rollover.site, rollover.course_id),
        ended_at=world.clock.now(),
        findings=counts,
        reported=True,
        warnings=warnings_of(job),
    )


def end(
    world: World, rollover: Rollover, state: RolloverState, why: Note | None, *, quietly: bool = False
) -> Rollover:
    """Refused, failed or stashed: written, told, and the lock let go. Safe to repeat."""
    now = world.clock.now()
    owed = not quietly and state in (RolloverState.REFUSED, RolloverState.FAILED)

    def decide(before: Rollover) -> Rollover:
        if not before.under_way:
            return before
        if state == RolloverState.REFUSED and before.state == RolloverState.RESTORING:
            return before
        word = why.code if why else state.value
        return moved(before, state, now, word, message=why, ended_at=now, word_due=owed)

    ended = amend(world.records, Rollover, rollover.id, decide)
    _let_go(world, ended)
    _tell_why(world, ended)
    return ended


def _let_go(world: World, rollover: Rollover) -> None:
    if rollover.changes_course:
        course_locks.let_go(world, rollover.site, rollover.course_id, rollover.jobkey)
    elif rollover.wish.destination == "stash":
        course_locks.let_go(world, rollover.site, rollover.private_area, rollover.jobkey)


# --- undo (R11) ---------------------------------------------------------------------------------------


def ask_undo(world: World, rollover: Rollover) -> Rollover:
    """Under the target's lock, like a restore. Raises Refused `rollover_busy`."""
    tried = world.records.get(RunningJob, rollover.undo_jobkey)
    attempt = rollover.undo_attempt + (1 if tried is not None and tried.ended else 0)

    def decide(before: Rollover) -> Rollover:
        if before.state != RolloverState.DONE:
            return before
        return replace(before, undo_asked=True, undo_attempt=attempt, undo_note=None)

    asked = amend(world.records, Rollover, rollover.id, decide)
    start_undo(world, asked)
    again = world.records.get(Rollover, rollover.id)
    return again or asked


def start_undo(world: World, rollover: Rollover) -> None:
    key = rollover.undo_jobkey
    known = world.records.get(RunningJob, key)
    if known is not None and known.ended:
        return
    note_job(world, key, rollover.site, "undo", rollover.id)
    try:
        course_locks.hold(world, rollover.site, rollover.course_id, key)
    except Refused:
        _undo_failed(world, rollover, Note("rollover_busy"))
        known = world.records.get(RunningJob, key)
        if known is not None:
            world.records.delete(known)
        raise
    try:
        world.sites.lms(rollover.site).undo_restore(key, rollover.jobkey)
    except MoodleRefused as refusal:
        _undo_failed(world, rollover, why_not_undone(refusal.errorcode))
        _job_is_over(world, key)
        course_locks.let_go(world, rollover.site, rollover.course_id, key)


UNDO_CODES = frozenset({"changed", "alreadyundone", "nosafety", "courseunknown"})


def why_not_undone(code: str) -> Note:
    """What else went wrong is in the job's record; a word of Moodle's own would tell its teacher nothing."""
    return Note(code) if code in UNDO_CODES else Note("undo_failed")


def finish_undo(world: World, rollover_id: str, job: Job) -> None:
    rollover = world.records.get(Rollover, rollover_id)
    if rollover is None:
        return
    if job.status == JobStatus.DONE:
        done = (RolloverState.DONE,)
        rollover = amend_if(world, rollover, done, RolloverState.UNDONE, "undone", undo_note=None)
        messages.tell_asker(world, rollover, "undone")
    else:
        _undo_failed(world, rollover, why_not_undone(why_failed(job).code))
    course_locks.let_go(world, rollover.site, rollover.course_id, rollover.undo_jobkey)


def _undo_failed(world: World, rollover: Rollover, why: Note) -> None:
    def decide(before: Rollover) -> Rollover:
        if before.state != RolloverState.DONE:
            return before
        return replace(before, undo_asked=False, undo_note=why)

    amend(world.records, Rollover, rollover.id, decide)
