"""Does jobs as the plugin's ad-hoc tasks do: phase first, then the step; after a kill it first puts back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from passerelle_laptop.site_client import Answered, NotHeard
from passerelle_laptop.twin.archive import NotRestorable
from passerelle_laptop.twin.safety import put_back
from passerelle_laptop.twin.steps import STEPS
from passerelle_laptop.twin.walk import JobFailed, Killed, Walk

if TYPE_CHECKING:
    from passerelle_laptop.twin.installation import Installation

_ATTEMPTS = 3
_TOO_LARGE = 413


def run_job(site: Installation, jobkey: str) -> None:
    """Until the job has ended, is killed or stuck."""
    with site.lock:
        job = site.state.jobs.get(jobkey)
        if job is None or job.ended or job.stuck:
            return
        killed_before = job.status == "running"
        job.status = "running"
        job.attempts += 1
        job.stuck = site.faults.for_job("stuck", job.kind, jobkey)
        job.unreported = job.unreported or site.faults.for_job("unreported", job.kind, jobkey)
        if job.stuck:
            return
    walk = Walk(site, job)
    try:
        if killed_before:
            _after_a_kill(walk)
        STEPS[job.kind](walk)
        _end(walk, "done")
    except Killed:
        return
    except (JobFailed, NotRestorable) as failed:
        _fail(walk, failed.code, failed.message)
    except Answered as refused:
        code = "size" if refused.status == _TOO_LARGE else "upload"
        _fail(walk, code, str(refused.body.get("message", "")))
    except NotHeard:
        # Like any ad-hoc task that throws: it is tried again, and goes on where it stopped.
        if job.attempts >= _ATTEMPTS:
            _fail(walk, "upload", "")
    except Exception:
        _fail(walk, "backupfailed" if job.kind == "backup" else "restorefailed", "")
        raise


def _after_a_kill(walk: Walk) -> None:
    """Put back, then begin again; a job killed too often ends there."""
    _put_back(walk)
    if walk.job.attempts > _ATTEMPTS:
        raise JobFailed("killed")
    walk.job.warnings.clear()
    walk.job.map.clear()


def _put_back(walk: Walk) -> None:
    site, job = walk.site, walk.job
    with site.lock:
        if not walk.alive():
            return
        if job.made is not None:
            if job.made in site.state.courses:
                site.state.drop_course(site.state.courses[job.made])
            job.made = job.courseid = None
        if job.kind == "restore" and job.safety is not None:
            if job.safety.course.id in site.state.courses:
                put_back(site.state, job.safety)
            job.safety = None


def _fail(walk: Walk, code: str, message: str) -> None:
    _put_back(walk)
    walk.job.error = {"code": code, "message": message}
    walk.job.map.clear()
    _end(walk, "failed")


def _end(walk: Walk, status: str) -> None:
    site, job = walk.site, walk.job
    with site.lock:
        if not walk.alive():
            return
        job.status, job.timemodified = status, site.now()
        if status == "done":
            job.phase, job.progress = "done", 1.0
        # Presigned addresses do not outlive the job.
        job.args.pop("sourceurl", None)
        if job.workfile:
            Path(job.workfile).unlink(missing_ok=True)
            job.workfile = ""
        site.report_job(job)
    site.tell_passerelle()
