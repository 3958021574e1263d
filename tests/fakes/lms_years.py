"""A Moodle that a year is taken from, or to: backups, restores over a course, undo, the private area.

A course's content is a list of words; `edits` counts what people did in it, as the plugin's undo sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from passerelle.domain.moodle.core import Course, CourseSection, Group, Module
from passerelle.domain.moodle.plugin import (
    ArchiveAddress,
    ChangedCourse,
    CourseState,
    Holding,
    Job,
    JobMessage,
    JobStatus,
    Moved,
    Restore,
    RestoreMode,
)
from tests.fakes.lms import FakeLms

CLEARED = RestoreMode.REPLACE


@dataclass
class Errand:
    kind: str  # backup, restore, undo, stash
    given: Any
    job: Job


class YearLms(FakeLms):
    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.content: dict[int, list[str]] = {}
        self.edits: Counter[int] = Counter()
        self.safety: dict[str, tuple[int, list[str], CourseState, int]] = {}
        self.undone: dict[str, str] = {}  # restore → undo
        self.errands: dict[str, Errand] = {}
        self.stash: dict[tuple[str, str], str] = {}  # (username, file name) → sha256
        self.group_rows: dict[int, tuple[Group, ...]] = {}
        self.send_backup: Callable[[Course, str], str] = lambda _course, _key: ""
        self.brings: dict[str, list[str]] = {}  # sourceurl's start → content; else `arrived`
        self.maps: dict[int, tuple[Moved, ...]] = {}  # course → what a restore into it says it moved
        self.calls: Counter[str] = Counter()
        self.emptied: list[int] = []  # courses that stood empty at some moment

    # -- courses -----------------------------------------------------------------------------------

    def add_course(self, idnumber: str = "", *, teacher: str = "", **changes: Any) -> Course:
        holds = changes.pop("holds", [])
        state = changes.pop("state", {})
        course = super().add_course(idnumber, teacher=teacher, **changes)
        self.content[course.id] = list(holds)
        self.states[course.id] = replace(
            self.states[course.id],
            idnumber=idnumber,
            shortname=course.shortname,
            fullname=course.fullname,
            **self._counted(holds),
            **state,
        )
        return course

    @staticmethod
    def _counted(holds: Sequence[str]) -> dict[str, Any]:
        return {
            "empty": not holds,
            "holds": (Holding("activities", len(holds)),) if holds else (),
            "activities": len(holds),
        }

    def _fill(self, course_id: int, holds: Sequence[str], **state: Any) -> None:
        self.content[course_id] = list(holds)
        self.states[course_id] = replace(self.states[course_id], **self._counted(holds), **state)

    def edit(self, course_id: int, word: str, at: datetime | None = None) -> None:
        """A teacher at work."""
        self._fill(course_id, [*self.content[course_id], word])
        self.edits[course_id] += 1
        if at is not None:
            self.states[course_id] = replace(self.states[course_id], lastchange=at)

    # -- the port ----------------------------------------------------------------------------------

    def get_course_states(self, courseids: Sequence[int]) -> Mapping[int, CourseState]:
        self.calls["get_course_states"] += 1
        return super().get_course_states(courseids)

    def get_course_states_by_idnumber(self, idnumbers: Sequence[str]) -> Mapping[str, CourseState]:
        self.calls["get_course_states_by_idnumber"] += 1
        by_number = {s.idnumber: s for s in self.states.values() if s.idnumber}
        return {n: by_number.get(n, CourseState(exists=False, idnumber=n)) for n in idnumbers}

    def list_changed_courses(
        self, since: datetime, page: int = 500, after: int = 0
    ) -> Iterator[ChangedCourse]:
        self.calls["list_changed_courses"] += 1
        for number in sorted(self.states):
            state = self.states[number]
            if number > after and state.lastchange is not None and state.lastchange >= since:
                yield ChangedCourse(number, state.idnumber, state.lastchange)

    def export(self, table: str, page: int = 1000, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        self.calls[f"export {table}"] += 1
        if table == "categories":
            by_id = {c.id: c.idnumber for c in self.categories}
            for one in self.categories:
                yield {"id": one.id, "idnumber": one.idnumber, "parent": by_id.get(one.parent, "")}
        elif table == "courses":
            by_id = {c.id: c.idnumber for c in self.categories}
            for course in self.courses.values():
                yield {
                    "id": course.id,
                    "idnumber": course.idnumber,
                    "fullname": course.fullname,
                    "shortname": course.shortname,
                    "category": by_id.get(course.categoryid, ""),
                }

    def course_contents(self, courseid: int) -> tuple[CourseSection, ...]:
        modules = tuple(Module(n, word, "page") for n, word in enumerate(self.content[courseid], 1))
        return (CourseSection(1, "", modules=modules),)

    def groups(self, courseid: int) -> tuple[Group, ...]:
        return self.group_rows.get(courseid, ())

    def start_backup(self, jobkey: str, courseid: int, intent: str) -> Job:
        assert intent == "rollover"
        return self._errand(jobkey, "backup", courseid)

    def start_restore(self, restore: Restore) -> Job:
        if restore.mode == RestoreMode.NEW:
            return super().start_restore(restore)
        return self._errand(restore.jobkey, "restore", restore)

    def stash_backup(self, jobkey: str, source: ArchiveAddress, username: str, filename: str) -> Job:
        return self._errand(jobkey, "stash", (source, username, filename))

    def undo_restore(self, jobkey: str, restorejobkey: str) -> Job:
        return self._errand(jobkey, "undo", restorejobkey)

    def _errand(self, jobkey: str, kind: str, given: Any) -> Job:
        if jobkey not in self.errands:
            self.errands[jobkey] = Errand(kind, given, Job(jobkey, JobStatus.QUEUED, kind=kind))
            self.started.append(jobkey)
        return self.errands[jobkey].job

    def get_jobs(self, jobkeys: Sequence[str]) -> Mapping[str, Job]:
        mine = {key: self.errands[key].job for key in jobkeys if key in self.errands}
        return {**super().get_jobs(jobkeys), **mine}

    # -- what happens on the site ------------------------------------------------------------------

    def work(self, limit: int | None = None) -> list[str]:
        ran = super().work()
        for key, errand in list(self.errands.items()):
            if limit is not None and len(ran) >= limit:
                break
            if not errand.job.ended:
                errand.job = self._do(key, errand)
                ran.append(key)
        return ran

    def _do(self, key: str, errand: Errand) -> Job:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            return replace(errand.job, status=JobStatus.FAILED, error=error)
        done = replace(errand.job, status=JobStatus.DONE, progress=1.0)
        match errand.kind:
            case "backup":
                return replace(done, upload=self.send_backup(self.courses[errand.given], key))
            case "stash":
                source, username, filename = errand.given
                self.stash[username, filename] = source.sha256
                return done
            case "undo":
                return self._undo(key, errand, done)
        return self._restore(key, errand.given, done)

    def _restore(self, key: str, restore: Restore, done: Job) -> Job:
        assert restore.courseid is not None
        number = restore.courseid
        state = self.states[number]
        careful = restore.mode == RestoreMode.REPLACE and "override_notempty" not in restore.settings
        if careful and (not state.empty or state.restoredfrom):
            error = JobMessage("notempty", "activities: 1")
            return replace(done, status=JobStatus.FAILED, error=error)
        self.safety[key] = (number, list(self.content[number]), state, self.edits[number])
        kept = [] if restore.mode == CLEARED else self.content[number]
        self._fill(number, [*kept, *self.brings.get(key, ["Bohr", "Lewis", "Quiz 1"])], restoredfrom="bleu")
        return replace(
            done,
            courseid=number,
            courseurl=f"https://{self.name}.example/course/view.php?id={number}",
            map=self.maps.get(
                number, (Moved("course", 100, number), Moved("section", 1, 501), Moved("module", 11, 911))
            ),
            warnings=self.warn_next,
        )

    def _undo(self, key: str, errand: Errand, done: Job) -> Job:
        kept = self.safety.get(errand.given)
        code = ""
        if kept is None:
            code = "nosafety"
        elif self.undone.get(errand.given, key) != key:
            code = "alreadyundone"
        elif self.edits[kept[0]] != kept[3]:
            code = "changed"
        if kept is None or code:
            return replace(done, status=JobStatus.FAILED, error=JobMessage(code))
        number, content, state, _ = kept
        self.content[number], self.states[number] = list(content), state
        self.undone[errand.given] = key
        return done
