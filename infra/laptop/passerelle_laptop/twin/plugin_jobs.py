"""`local_passerelle` jobs: what starts, shows and cancels them. Doing them is `running.py`."""

from __future__ import annotations

import re
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter, no_record
from passerelle_laptop.twin.records import Job

_JOBKEY = re.compile(r"[A-Za-z0-9:._-]{1,100}")
ENDED = frozenset({"done", "failed", "cancelled"})


def _start(asked: Asked, kind: str, params: dict[str, Any]) -> dict[str, Any]:
    """The same jobkey answers the same job."""
    jobkey = params["jobkey"]
    if not _JOBKEY.fullmatch(jobkey):
        raise invalid_parameter()
    job = asked.state.jobs.get(jobkey)
    if job is None:
        args = {name: value for name, value in params.items() if name != "jobkey"}
        job = Job(jobkey, kind, args, timemodified=asked.now)
        asked.state.jobs[jobkey] = job
        asked.site.queue_job(jobkey)
    return describe(asked, job)


def start_backup(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    if params["intent"] not in {"share", "rollover"}:
        raise invalid_parameter()
    return _start(asked, "backup", params)


def start_restore(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    if params["mode"] not in {"new", "merge", "replace"}:
        raise invalid_parameter()
    if any(row["kind"] not in {"section", "activity", "group"} for row in params["exclude"]):
        raise invalid_parameter()
    return _start(asked, "restore", params)


def undo_restore(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    return _start(asked, "undo", params)


def stash_backup(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    return _start(asked, "stash", params)


def get_jobs(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    jobs = asked.state.jobs
    return [describe(asked, jobs[key]) for key in dict.fromkeys(params["jobkeys"]) if key in jobs]


def cancel_job(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    job = asked.state.jobs.get(params["jobkey"])
    if job is None:
        raise no_record("local_passerelle_jobs")
    # One under way finishes its step; only what waits can be taken back.
    if job.status == "queued":
        job.status, job.timemodified = "cancelled", asked.now
        job.error = {"code": "cancelled", "message": ""}
        job.args.pop("sourceurl", None)
        asked.site.report_job(job)
    return describe(asked, job)


def describe(asked: Asked, job: Job) -> dict[str, Any]:
    return job_row(job, asked.site.base_url)


def job_row(job: Job, base_url: str) -> dict[str, Any]:
    return {
        "jobkey": job.jobkey,
        "kind": job.kind,
        "status": job.status,
        "phase": job.phase,
        "progress": job.progress,
        "courseid": job.courseid,
        "courseurl": f"{base_url}/course/view.php?id={job.courseid}" if job.courseid else None,
        "map": list(job.map),
        "warnings": list(job.warnings),
        "error": job.error,
        "upload": job.upload,
        "timemodified": job.timemodified,
    }


FUNCTIONS: dict[str, Handler] = {
    "local_passerelle_start_backup": start_backup,
    "local_passerelle_start_restore": start_restore,
    "local_passerelle_undo_restore": undo_restore,
    "local_passerelle_stash_backup": stash_backup,
    "local_passerelle_get_jobs": get_jobs,
    "local_passerelle_cancel_job": cancel_job,
}
