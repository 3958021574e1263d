"""What every flow does with a job that a Moodle works on: write it down first, read how it ended."""

from __future__ import annotations

from passerelle.domain.moodle.plugin import Job, JobStatus
from passerelle.domain.records import Note, RunningJob
from passerelle.errors import MoodleRefused
from passerelle.ports import World
from passerelle.usecases.amend import found_or_added


def note_job(world: World, jobkey: str, site: str, about: str, about_id: str) -> None:
    """Before any Moodle is asked or told anything: a job that is not written down is watched by nobody."""
    now = world.clock.now()
    found_or_added(
        world.records,
        RunningJob(id=jobkey, site=site, about=about, about_id=about_id, started_at=now, heard_at=now),
    )


def why_failed(job: Job) -> Note:
    code = job.error.code if job.error and job.error.code else "restorefailed"
    if job.status == JobStatus.CANCELLED:
        code = "cancelled"
    return Note(code, {"detail": job.error.message if job.error else ""})


def warnings_of(job: Job) -> tuple[Note, ...]:
    """Moodle's own precheck warnings, kept with their words (P16)."""
    return tuple(
        # The same word is the plugin's for what refuses a backup: its sentence would say so.
        Note("precheck_warned" if w.code == "precheck" else w.code or "job_said", {"detail": w.message})
        for w in job.warnings[:50]
    )


def refused_by_moodle(refusal: MoodleRefused) -> Note:
    return Note("moodle_refused", {"site": refusal.site, "errorcode": refusal.errorcode})
