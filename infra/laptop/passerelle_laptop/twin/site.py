"""One Moodle: its rows, its settings, and what tests and the demo do with it by hand."""

from __future__ import annotations

import hashlib
import json
import pickle
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import requests

from passerelle_laptop.site_client import Answered, NotHeard, Person, SiteClient, new_request_id
from passerelle_laptop.twin.archive import Vault, read
from passerelle_laptop.twin.asked import Asked
from passerelle_laptop.twin.blank import make_activity
from passerelle_laptop.twin.calllog import CallLog
from passerelle_laptop.twin.core_categories import make_category
from passerelle_laptop.twin.core_courses import make_course
from passerelle_laptop.twin.core_enrolments import enrol_by_hand
from passerelle_laptop.twin.errors import MoodleError
from passerelle_laptop.twin.faults import Faults
from passerelle_laptop.twin.functions import call_function, handlers
from passerelle_laptop.twin.mbz import SiteWords, write_backup
from passerelle_laptop.twin.plugin_jobs import ENDED, job_row
from passerelle_laptop.twin.records import (
    Category,
    Course,
    EnrolInstance,
    Group,
    Job,
    Message,
    Module,
    Section,
    User,
)
from passerelle_laptop.twin.restore import Options, restore_into
from passerelle_laptop.twin.running import run_job
from passerelle_laptop.twin.settings import Settings, standard_roles
from passerelle_laptop.twin.state import State, fresh_idnumber, numbered

SERVICE_USER, WEAK_USER = 3, 4


class Site:
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
        self.state = self._fresh()

    def __repr__(self) -> str:
        return f"Site({self.name!r})"

    def _fresh(self) -> State:
        state = State()
        now = self.now()
        for username, first, last in (
            ("guest", "Guest user", " "),
            ("admin", "Admin", "User"),
            ("svc_flow", "Flow", "Service"),
            ("svc_weak", "Weak", "Service"),
        ):
            number = state.sequences.next("user")
            user = User(number, username, first, last, f"{username}@{self.name}.invalid", timecreated=now)
            state.put_user(user)
        for role in standard_roles():
            state.roles[role.id] = role
        make_category(state, now, "Category 1")
        state.sequences.last["course"] = 1  # the front page
        state.sequences.last["context"] = 17
        return state

    def now(self) -> int:
        return int(self._clock() + self.offset)

    # -- asked over HTTP, or in the same way by a test ---------------------------------------------------

    def service_user(self) -> User:
        return self.state.users[SERVICE_USER]

    def function_names(self) -> list[str]:
        return sorted(handlers())

    def caller_of(self, token: str) -> tuple[User, bool] | None:
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return self.state.users[SERVICE_USER], True
        if secrets.compare_digest(token.encode(), self.weak_token.encode()):
            return self.state.users[WEAK_USER], False
        return None

    def call(self, function: str, **params: Any) -> Any:
        """As the service user, without HTTP. Raises MoodleError."""
        with self.lock:
            asked = Asked(self, self.service_user(), privileged=True, now=self.now())
            return call_function(asked, function, params)

    def ask(self, user: User, privileged: bool, function: str, given: dict[str, Any]) -> Any:
        """What the web service answers, a refusal included."""
        with self.lock:
            try:
                return call_function(Asked(self, user, privileged, self.now()), function, given)
            except MoodleError as refused:
                return refused.answer()

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

    def run_jobs(self) -> int:
        """What cron does: queued jobs, killed ones again, unheard reports. Returns how many it ran."""
        self._waiting.clear()
        with self.lock:
            keys = [key for key, job in self.state.jobs.items() if job.status not in ENDED and not job.stuck]
        for key in keys:
            self.run_job(key)
        self.flush_reports()
        return len(keys)

    def run_job(self, jobkey: str) -> None:
        # One runner at a time: to a second one a job under way would look killed.
        with self._runner:
            run_job(self, jobkey)

    def next_job(self) -> str | None:
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def unfinished(self) -> bool:
        with self.lock:
            return bool(self._reports) or any(
                job.status not in ENDED and not job.stuck for job in self.state.jobs.values()
            )

    def report_job(self, job: Job) -> None:
        """Noted under the lock, sent without it by `flush_reports`."""
        if self.client is not None and not job.unreported:
            self._reports[job.jobkey] = (new_request_id(), job_row(job, self.base_url))

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
            self._waiting.clear()
            self._reports.clear()

    def reset(self) -> None:
        """A fresh site: rows, faults and the log of calls."""
        with self.lock:
            self.state = self._fresh()
            self._waiting.clear()
            self._reports.clear()
            self.faults.clear()
            self.log.reset()

    # -- what people do in Moodle ----------------------------------------------------------------------------

    def add_user(
        self, username: str, firstname: str = "", lastname: str = "", email: str = "", **columns: Any
    ) -> User:
        with self.lock:
            user = User(
                self.state.sequences.next("user"),
                username,
                firstname or username.title(),
                lastname or "Test",
                email or f"{username}@univ.example",
                timecreated=self.now(),
                **columns,
            )
            return self.state.put_user(user)

    def user(self, username: str) -> User:
        found = self.state.user_named(username)
        if found is None:
            raise KeyError(username)
        return found

    def add_category(self, name: str, idnumber: str = "", parent: str | int = 0) -> Category:
        with self.lock:
            above = self.state.categoryidnumbers[parent] if isinstance(parent, str) else parent
            return make_category(self.state, self.now(), name, above, idnumber)

    def add_course(
        self,
        shortname: str,
        fullname: str = "",
        category: str | int = 1,
        *,
        sections: int = 3,
        teachers: Iterable[str] = (),
        **columns: Any,
    ) -> Course:
        """An empty course. `teachers` are usernames, enrolled by hand as editing teachers."""
        with self.lock:
            number = self.state.categoryidnumbers[category] if isinstance(category, str) else category
            course = Course(
                self.state.sequences.next("course"), shortname, fullname or shortname, number, **columns
            )
            if not course.startdate:
                course.startdate = self.now() - self.now() % 86_400
            make_course(self.state, self.vault, course, self.now(), sections)
            for teacher in teachers:
                self.enrol(course, teacher, "editingteacher")
            return course

    def import_mbz(
        self,
        path: Path | str,
        *,
        category: str | int = 1,
        teachers: Iterable[str] = (),
        **columns: Any,
    ) -> Course:
        """A course made from a real backup, as if it had always stood here: names and idnumber as inside."""
        archive = read(Path(path), self.vault)
        source = archive.course()
        with self.lock:
            state, now = self.state, self.now()
            number = state.categoryidnumbers[category] if isinstance(category, str) else category
            given: dict[str, Any] = {
                "shortname": numbered(source.findtext("shortname") or "course", state.shortnames),
                "fullname": source.findtext("fullname") or "",
                "idnumber": source.findtext("idnumber") or "",
                "visible": source.findtext("visible") == "1",
                "newsitems": 0,
            } | columns
            if given["idnumber"] in state.courseidnumbers:
                given["idnumber"] = ""
            course = Course(id=state.sequences.next("course"), category=number, timecreated=now, **given)
            course.contextid = state.sequences.next("context")
            state.put_course(course)
            state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, "manual"))
            installed = self.settings.plugin_names()
            restore_into(
                state, self.vault, archive, course, Options("new"), installed, now, lambda _code, _text: None
            )
            course.restoredfrom, course.restores = None, 0
            for teacher in teachers:
                self.enrol(course, teacher, "editingteacher")
            return course

    def course(self, key: str | int) -> Course:
        """By id, idnumber or short name."""
        if isinstance(key, int):
            return self.state.courses[key]
        number = self.state.courseidnumbers.get(key) or self.state.shortnames[key]
        return self.state.courses[number]

    def enrol(
        self, course: Course | str | int, username: str, role: str = "student", method: str = "manual"
    ) -> None:
        """By hand, or `self`: never the night's or the shop's, which are `local_passerelle_apply`'s."""
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            instance = self.state.instance(here.id, method)
            if instance is None:
                number = self.state.sequences.next("enrol")
                instance = self.state.put_instance(EnrolInstance(number, here.id, method))
            roles = {row.shortname: row.id for row in self.state.roles.values()}
            enrol_by_hand(self.state, instance, self.user(username).id, roles[role])

    def add_group(self, course: Course | str | int, name: str, idnumber: str = "") -> Group:
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            number = self.state.sequences.next("groups")
            return self.state.put_group(Group(number, here.id, name, idnumber))

    def change_course(
        self,
        course: Course | str | int,
        *,
        add: str = "",
        name: str = "Nouvelle activité",
        content: str = "<p>Texte</p>",
        section: int = 1,
        rename_section: str | None = None,
        summary: str | None = None,
        rename: tuple[str, str] | None = None,
        remove: str = "",
        **columns: Any,
    ) -> Module | None:
        """A teacher at work. `add` is a kind of activity (page, url, …); `rename` an activity's old and
        new name; `remove` an activity's name; `columns` are the course's own.
        """
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            made = None
            place = self._section(here, section)
            if add:
                made = make_activity(self.state, self.vault, here, add, name, "", content, self.now())
                made.section = place.id
                here.content.modules[made.id] = made
                place.modules.append(made.id)
            if rename_section is not None:
                place.name = rename_section
            if summary is not None:
                place.summary = summary
            for module in list(here.content.modules.values()):
                if rename is not None and module.name == rename[0]:
                    module.name = rename[1]
                if remove and module.name == remove:
                    here.content.sections[module.section].modules.remove(module.id)
                    del here.content.modules[module.id]
            self.state.change_course(here, **columns)
            if columns:
                here.timemodified = self.now()
            self.touch(here)
            return made

    def touch(self, course: Course) -> None:
        """A writing event of teaching level, as the log has it."""
        with self.lock:
            course.lastevent = self.now()
            course.edits += 1

    def _section(self, course: Course, number: int) -> Section:
        for section in course.content.sections.values():
            if section.number == number:
                return section
        section = Section(self.state.sequences.next("course_sections"), number)
        course.content.sections[section.id] = section
        return section

    def press_save(self, course: Course | str | int, username: str, intent: str = "share") -> str:
        """The block's *Sauvegarder*: P1's idnumber, then the job. Returns its key."""
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            if not here.idnumber:
                self.state.change_course(here, idnumber=fresh_idnumber())
            jobkey = f"save:{here.id}:{secrets.token_hex(6)}"
            args = {
                "courseid": here.id,
                "intent": intent,
                "person": self.person(username).body(),
            }
            self.state.jobs[jobkey] = Job(jobkey, "backup", args, timemodified=self.now())
        self.queue_job(jobkey)
        return jobkey

    def write_mbz(self, course: Course | str | int, target: Path) -> Path:
        """The course's backup without people, as a file."""
        with self.lock:
            here = course if isinstance(course, Course) else self.course(course)
            write_backup(self.state, self.vault, here, self.words(), target, self.now())
        return target

    def job(self, jobkey: str) -> dict[str, Any]:
        with self.lock:
            row: dict[str, Any] = json.loads(json.dumps(job_row(self.state.jobs[jobkey], self.base_url)))
            return row

    def messages_to(self, username: str) -> list[Message]:
        with self.lock:
            number = self.user(username).id
            return [message for message in self.state.messages if message.touser == number]
