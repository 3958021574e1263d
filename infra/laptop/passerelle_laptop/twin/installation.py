"""One Moodle as its web-service functions and its jobs find it: rows, settings, files, what waits."""

from __future__ import annotations

import hashlib
import pickle
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from passerelle_laptop.site_client import Answered, NotHeard, Person, SiteClient, new_request_id
from passerelle_laptop.twin.archive import Vault
from passerelle_laptop.twin.calllog import CallLog
from passerelle_laptop.twin.faults import Faults
from passerelle_laptop.twin.mbz import SiteWords, write_backup
from passerelle_laptop.twin.records import Course, Job, User
from passerelle_laptop.twin.settings import Settings
from passerelle_laptop.twin.state import State

SERVICE_USER = 3


class Installation(ABC):
    """Reached at `base_url` with `token`. Every method may be called from any thread."""

    def __init__(
        self,
        name: str,
        title: str,
        vault: Vault,
        directory: Path,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.vault = vault
        self.settings = Settings(title=title, passerelle_name=name)
        self.base_url = ""
        self.lock = threading.RLock()
        self.faults = Faults()
        self.log = CallLog()
        self.token = secrets.token_hex(16)
        self.weak_token = secrets.token_hex(16)
        self.client: SiteClient | None = None
        self.outside = requests.Session()
        self.outside.trust_env = False
        self.offset = 0.0  # seconds added to the clock
        self._clock = clock
        self._directory = directory
        self._wake = wake
        self._waiting: deque[str] = deque()
        self._reports: dict[str, tuple[str, dict[str, Any]]] = {}
        self._reporting = threading.Lock()
        self.reporter: Callable[[], None] | None = None
        self._runner = threading.Lock()
        self.state = self.fresh_state()

    @abstractmethod
    def fresh_state(self) -> State:
        """The rows of a Moodle just installed."""

    @abstractmethod
    def function_names(self) -> list[str]:
        """Of the web service."""

    def __repr__(self) -> str:
        return f"Site({self.name!r})"

    def now(self) -> int:
        return int(self._clock() + self.offset)

    def service_user(self) -> User:
        return self.state.users[SERVICE_USER]

    def user(self, username: str) -> User:
        found = self.state.user_named(username)
        if found is None:
            raise KeyError(username)
        return found

    def course(self, key: str | int) -> Course:
        """By id, idnumber or short name."""
        if isinstance(key, int):
            return self.state.courses[key]
        number = self.state.courseidnumbers.get(key) or self.state.shortnames[key]
        return self.state.courses[number]

    def write_mbz(self, course: Course | str | int, target: Path) -> Path:
        """The course's backup without people, as a file."""
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            write_backup(self.state, self.vault, here, self.words(), target, self.now())
        return target

    # -- Passerelle ----------------------------------------------------------------------------------------

    def connect(self, api: str, secret: str, **options: Any) -> SiteClient:
        """Tell the plugin where Passerelle is and what signs its calls."""
        self.client = SiteClient(api, self.name, secret, **options)
        return self.client

    def person(self, user: User | str) -> Person:
        found = self.user(user) if isinstance(user, str) else user
        return Person(
            found.username, found.idnumber, found.email, found.firstname, found.lastname, found.lang
        )

    def words(self) -> SiteWords:
        return SiteWords(self.base_url, self.settings.release, self.settings.version)

    # -- jobs ------------------------------------------------------------------------------------------------

    def queue_job(self, jobkey: str) -> None:
        self._waiting.append(jobkey)
        self._wake()

    def forget_waiting(self) -> None:
        self._waiting.clear()

    def forget_reports(self) -> None:
        self._reports.clear()

    def next_job(self) -> str | None:
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def unfinished(self) -> bool:
        with self.lock:
            return bool(self._reports) or any(
                not job.ended and not job.stuck for job in self.state.jobs.values()
            )

    def report_job(self, job: Job) -> None:
        """Noted under the lock, sent without it by `flush_reports`."""
        if self.client is not None and not job.unreported:
            self._reports[job.jobkey] = (new_request_id(), job.row(self.base_url))

    def tell_passerelle(self) -> None:
        """At once, or by the twin's reporter: a job need not wait for an answer to a best effort."""
        if self.reporter is None:
            self.flush_reports()
        else:
            self.reporter()

    def flush_reports(self) -> None:
        """Best effort: what is not heard is said again, as the same request."""
        client = self.client
        if client is None:
            return
        with self._reporting:
            for jobkey, (request_id, row) in list(self._reports.items()):
                try:
                    client.report([row], request_id=request_id)
                except NotHeard:
                    continue
                except Answered:
                    pass  # said no: saying it again would not help
                with self.lock:
                    if self._reports.get(jobkey, ("",))[0] == request_id:
                        del self._reports[jobkey]

    def workfile(self, jobkey: str) -> Path:
        name = hashlib.sha256(jobkey.encode()).hexdigest()[:32]
        return self._folder("work") / f"{name}.mbz"

    def stash_path(self, sha256: str) -> Path:
        return self._folder("stash") / f"{sha256}.mbz"

    def _folder(self, name: str) -> Path:
        folder = self._directory / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # -- snapshots ------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        with self.lock:
            return pickle.dumps(self.state, pickle.HIGHEST_PROTOCOL)

    def put_back(self, snapshot: bytes) -> None:
        """The rows as they were; jobs under way end without effect."""
        with self.lock:
            self.state = pickle.loads(snapshot)  # noqa: S301 - our own bytes
            self.forget_waiting()
            self.forget_reports()
