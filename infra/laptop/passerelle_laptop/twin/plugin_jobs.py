"""`local_passerelle` jobs: what starts, shows and cancels them. Doing them is `running.py`'s."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter, no_record
from passerelle_laptop.twin.records import Job

_JOBKEY = re.compile(r"[A-Za-z0-9:._-]{1,100}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
#: R5's way past a refusal, asked for in `settings` and recorded by whoever asks.
OVERRIDE = "override_notempty"
CHOICES = frozenset(
    {
        "activities",
        "badges",
        "blocks",
        "competencies",
        "contentbankcontent",
        "customfield",
        "filters",
        "groups",
        "legacyfiles",
        "permissions",
        "questionbank",
        OVERRIDE,
    }
)


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


def _check_source(params: dict[str, Any]) -> None:
    if not _SHA256.fullmatch(params["sha256"]) or params["filesize"] <= 0:
        raise invalid_parameter()
    if urlsplit(params["sourceurl"]).scheme not in {"http", "https"}:
        raise invalid_parameter()


def start_restore(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    _check_source(params)
    # Every setting is the plugin's own; these are the choices it leaves.
    if any(row["name"] not in CHOICES or row["value"] not in {"0", "1"} for row in params["settings"]):
        raise invalid_parameter()
    if params["mode"] not in {"new", "merge", "replace"}:
        raise invalid_parameter()
    if any(row["kind"] not in {"section", "activity", "group"} for row in params["exclude"]):
        raise invalid_parameter()
    return _start(asked, "restore", params)


def undo_restore(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    return _start(asked, "undo", params)


def stash_backup(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    _check_source(params)
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
    return job.row(asked.site.base_url)


FUNCTIONS: dict[str, Handler] = {
    "local_passerelle_start_backup": start_backup,
    "local_passerelle_start_restore": start_restore,
    "local_passerelle_undo_restore": undo_restore,
    "local_passerelle_stash_backup": stash_backup,
    "local_passerelle_get_jobs": get_jobs,
    "local_passerelle_cancel_job": cancel_job,
}
