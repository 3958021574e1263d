"""A site under test: a twin of this process or a real Moodle somewhere, asked the same way."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ARCHIVES = Path(__file__).parent.parent / "mbz"
ENDED = ("done", "failed", "cancelled")


class Refused(Exception):
    """The web service answered an exception."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.errorcode = answer.get("errorcode", "")
        super().__init__(self.errorcode)


@dataclass
class Ground:
    name: str
    address: str
    token: str = field(repr=False)
    weak_token: str = field(repr=False)  # of an account that may call, but has no capability of the plugin's
    cron: Callable[[], None]  # lets the site's cron run once, or waits where the site has a cron of its own
    patience: float = 120.0
    inside: Any = field(default=None, repr=False)  # the twin's site, which can be looked into

    def call(self, function: str, *, token: str = "", **arguments: Any) -> Any:
        fields = {
            "wstoken": token or self.token,
            "wsfunction": f"local_passerelle_{function}",
            "moodlewsrestformat": "json",
            **dict(_flat(arguments)),
        }
        answer = requests.post(
            f"{self.address}/webservice/rest/server.php", data=fields, timeout=self.patience
        ).json()
        if isinstance(answer, dict) and "exception" in answer:
            raise Refused(answer)
        return answer

    def job(self, jobkey: str) -> dict[str, Any]:
        [job] = self.call("get_jobs", jobkeys=[jobkey])
        return dict(job)

    def run(self, function: str, *, jobkey: str = "", **arguments: Any) -> dict[str, Any]:
        """Start a job and stay until it has ended."""
        key = jobkey or new_key()
        self.call(function, jobkey=key, **arguments)
        return self.ended(key)

    def ended(self, jobkey: str) -> dict[str, Any]:
        until = time.monotonic() + self.patience
        while True:
            self.cron()
            job = self.job(jobkey)
            if job["status"] in ENDED:
                return job
            assert time.monotonic() < until, f"still {job['status']}, {job['phase']}"
            time.sleep(0.2)

    def apply(self, *operations: dict[str, Any]) -> list[dict[str, Any]]:
        numbered = [{"id": str(i), **operation} for i, operation in enumerate(operations)]
        answer = self.call("apply", operations=json.dumps(numbered))
        return list(json.loads(answer) if isinstance(answer, str) else answer)

    def rows(self, table: str, *, limit: int = 1000, after: int = 0) -> Iterator[dict[str, Any]]:
        while after is not None:
            page = self.call("export", table=table, after=after, limit=limit)
            yield from json.loads(page["rows"])
            after = page["next"]

    def end(self, table: str) -> int:
        """After this id nothing stands: what a test adds is read from there, however much a site holds."""
        low, high = 0, 1
        while self._stands_after(table, high):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._stands_after(table, middle) else (low, middle)
        return low

    def _stands_after(self, table: str, after: int) -> bool:
        return json.loads(self.call("export", table=table, after=after, limit=1)["rows"]) != []

    def state(self, courseid: int) -> dict[str, Any]:
        [state] = self.call("get_course_states", courseids=[courseid])
        return dict(state)


def new_key() -> str:
    return f"live:{uuid.uuid4().hex}"


def fresh(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def announced(url: str, body: bytes) -> dict[str, Any]:
    return {"sourceurl": url, "sha256": hashlib.sha256(body).hexdigest(), "filesize": len(body)}


def shell(command: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(command, shell=True, check=False, capture_output=True)

    return run


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """As PHP reads forms: `owners[0][username]`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{at}]")
    elif value is not None:
        yield name, int(value) if isinstance(value, bool) else value
