"""One Moodle: what it answers, its jobs done, and what tests and the demo do with it by hand."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from passerelle_laptop.twin.asked import Asked
from passerelle_laptop.twin.blank import make_activity
from passerelle_laptop.twin.core_categories import make_category
from passerelle_laptop.twin.core_courses import make_course
from passerelle_laptop.twin.core_enrolments import enrol_by_hand
from passerelle_laptop.twin.errors import MoodleError
from passerelle_laptop.twin.functions import call_function, handlers
from passerelle_laptop.twin.importing import import_course
from passerelle_laptop.twin.installation import SERVICE_USER, Installation
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
from passerelle_laptop.twin.running import run_job
from passerelle_laptop.twin.settings import standard_roles
from passerelle_laptop.twin.state import State, fresh_idnumber

WEAK_USER = 4


class Site(Installation):
    def fresh_state(self) -> State:
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

    # -- asked over HTTP, or in the same way by a test ---------------------------------------------------

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

    # -- jobs ------------------------------------------------------------------------------------------------

    def run_jobs(self) -> int:
        """What cron does: queued jobs, killed ones again, unheard reports. Returns how many it ran."""
        self.forget_waiting()
        with self.lock:
            keys = [key for key, job in self.state.jobs.items() if not job.ended and not job.stuck]
        for key in keys:
            self.run_job(key)
        self.flush_reports()
        return len(keys)

    def run_job(self, jobkey: str) -> None:
        # One runner at a time: to a second one a job under way would look killed.
        with self._runner:
            run_job(self, jobkey)

    def reset(self) -> None:
        """A fresh site: rows, faults and the log of calls."""
        with self.lock:
            self.state = self.fresh_state()
            self.forget_waiting()
            self.forget_reports()
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

    def import_mbz(
        self, path: Path | str, *, category: str | int = 1, teachers: Iterable[str] = (), **columns: Any
    ) -> Course:
        """A course made from a real backup, as if it had always stood here: names and idnumber as inside."""
        with self.lock:
            course = import_course(self, Path(path), category, **columns)
            for teacher in teachers:
                self.enrol(course, teacher, "editingteacher")
            return course

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

    def press_save(
        self, course: Course | str | int, username: str, intent: str = "share", without: Sequence[int] = ()
    ) -> str:
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
                "without": list(without),
            }
            self.state.jobs[jobkey] = Job(jobkey, "backup", args, timemodified=self.now())
        self.queue_job(jobkey)
        return jobkey

    def job(self, jobkey: str) -> dict[str, Any]:
        with self.lock:
            row: dict[str, Any] = json.loads(json.dumps(self.state.jobs[jobkey].row(self.base_url)))
            return row

    def messages_to(self, username: str) -> list[Message]:
        with self.lock:
            number = self.user(username).id
            return [message for message in self.state.messages if message.touser == number]
