"""A Moodle in memory, as far as the port `Lms` sees one. Its jobs run when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from passerelle.domain.moodle.core import Category, Course, User
from passerelle.domain.moodle.plugin import (
    CourseState,
    Job,
    JobMessage,
    JobStatus,
    Notification,
    Restore,
    RestoreMode,
    SiteFacts,
)
from passerelle.domain.records import Person
from passerelle.errors import MoodleRefused
from passerelle.ports import Roster
from tests.factories.records import a_site_facts


class FakeLms:
    def __init__(self, name: str, *, facts: SiteFacts | None = None, users: Sequence[User] = ()) -> None:
        self.name = name
        self.facts = facts or a_site_facts(site=name)
        self.facts_in: dict[str, SiteFacts] = {}  # by category, where roles are overridden
        self.users = list(users)
        self.categories = [
            Category(id=1, name="Réseau", idnumber="RESEAU"),
            Category(2, "Partage", "PARTAGE"),
        ]
        self.courses: dict[int, Course] = {}
        self.states: dict[int, CourseState] = {}
        self.enrolled: set[tuple[int, str, str]] = set()  # (course, username, role)
        self.jobs: dict[str, tuple[Restore, Job]] = {}
        self.started: list[str] = []  # jobkeys that made a job, in order
        self.messages: dict[str, Notification] = {}
        self.fail_next: JobMessage | None = None
        self.warn_next: tuple[JobMessage, ...] = ()
        self.fetch: Callable[[str], bytes] | None = None  # follows a sourceurl

    # -- the port ----------------------------------------------------------------------------------

    def get_site(self, category: str = "") -> SiteFacts:
        return self.facts_in.get(category, self.facts)

    def find_users(self, field: str, values: Sequence[str]) -> Mapping[str, tuple[User, ...]]:
        def having(value: str) -> tuple[User, ...]:
            return tuple(u for u in self.users if (getattr(u, field) or "").lower() == value.lower())

        return {value: having(value) for value in values}

    def create_account(self, person: Person, auth: str) -> None:
        if not self.find_users("username", [person.username])[person.username]:
            self.users.append(
                User(
                    id=1000 + len(self.users),
                    username=person.username,
                    idnumber=person.idnumber,
                    firstname=person.firstname,
                    lastname=person.lastname,
                    email=person.email,
                    auth=auth,
                )
            )

    def start_restore(self, restore: Restore) -> Job:
        if restore.jobkey not in self.jobs:
            if restore.mode == RestoreMode.NEW and self.category_by_idnumber(restore.category) is None:
                raise MoodleRefused(self.name, "local_passerelle_start_restore", "unknowncategory")
            self.jobs[restore.jobkey] = (restore, Job(restore.jobkey, JobStatus.QUEUED, kind="restore"))
            self.started.append(restore.jobkey)
        return self.jobs[restore.jobkey][1]

    def start_backup(self, jobkey: str, courseid: int, intent: str) -> Job:
        return Job(jobkey, JobStatus.QUEUED, kind="backup", courseid=courseid)

    def get_jobs(self, jobkeys: Sequence[str]) -> Mapping[str, Job]:
        return {key: self.jobs[key][1] for key in jobkeys if key in self.jobs}

    def cancel_job(self, jobkey: str) -> Job:
        restore, job = self.jobs[jobkey]
        if not job.ended:
            self.jobs[jobkey] = (restore, replace(job, status=JobStatus.CANCELLED))
        return self.jobs[jobkey][1]

    def get_course_states(self, courseids: Sequence[int]) -> Mapping[int, CourseState]:
        return {i: self.states.get(i, CourseState(exists=i in self.courses, courseid=i)) for i in courseids}

    def courses_in(self, categoryid: int) -> tuple[Course, ...]:
        return tuple(c for c in self.courses.values() if c.categoryid == categoryid)

    def course(self, courseid: int) -> Course | None:
        return self.courses.get(courseid)

    def course_by_idnumber(self, idnumber: str) -> Course | None:
        return next((c for c in self.courses.values() if c.idnumber == idnumber), None)

    def category_by_idnumber(self, idnumber: str) -> Category | None:
        return next((c for c in self.categories if c.idnumber == idnumber), None)

    def update_course(
        self,
        courseid: int,
        *,
        idnumber: str | None = None,
        visible: bool | None = None,
        categoryid: int | None = None,
    ) -> None:
        holder = self.course_by_idnumber(idnumber) if idnumber else None
        if holder is not None and holder.id != courseid:
            raise MoodleRefused(self.name, "core_course_update_courses", "courseidnumbertaken")
        wanted: dict[str, Any] = {"idnumber": idnumber, "visible": visible, "categoryid": categoryid}
        changes = {name: value for name, value in wanted.items() if value is not None}
        self.courses[courseid] = replace(self.courses[courseid], **changes)

    def notify(self, notifications: Sequence[Notification]) -> None:
        for notification in notifications:
            self.messages.setdefault(notification.key, notification)

    # -- what happens on the site ------------------------------------------------------------------

    def add_course(self, idnumber: str = "", *, teacher: str = "", **changes: Any) -> Course:
        number = 100 + len(self.courses)
        whole: dict[str, Any] = {
            "id": number,
            "shortname": f"C{number}",
            "fullname": f"Cours {number}",
            "idnumber": idnumber,
            "categoryid": 1,
            "visible": False,
        }
        course = Course(**whole | changes)
        self.courses[number] = course
        self.states[number] = CourseState(
            exists=True, courseid=number, empty=True, editingteachers=(teacher,) if teacher else ()
        )
        return course

    def work(self) -> list[str]:
        """Run every queued job to its end. Answers their jobkeys."""
        ran = []
        for key, (restore, job) in list(self.jobs.items()):
            if job.ended:
                continue
            self.jobs[key] = (restore, self._run(restore, job))
            ran.append(key)
        return ran

    def _run(self, restore: Restore, job: Job) -> Job:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            return replace(job, status=JobStatus.FAILED, error=error)
        if self.fetch is not None:
            self.fetch(restore.source.url)
        if restore.mode == RestoreMode.NEW:
            category = self.category_by_idnumber(restore.category)
            assert category is not None
            course = self.add_course(
                restore.idnumber,
                shortname=restore.shortname,
                fullname=restore.fullname,
                categoryid=category.id,
                visible=restore.visible,
            )
        else:
            assert restore.courseid is not None
            course = self.courses[restore.courseid]
        for owner in restore.owners:
            self.enrolled.add((course.id, owner.username, owner.role))
        warnings, self.warn_next = self.warn_next, ()
        return replace(
            job,
            status=JobStatus.DONE,
            progress=1.0,
            courseid=course.id,
            courseurl=f"https://{self.name}.example/course/view.php?id={course.id}",
            warnings=warnings,
        )


class FakeSites:
    def __init__(self, *sites: FakeLms) -> None:
        self._sites = {site.name: site for site in sites}

    def lms(self, site: str) -> FakeLms:
        return self._sites[site]

    def roster(self, site: str) -> Roster:
        raise NotImplementedError("orders are tested on the twin: tests.scenes.orders")
