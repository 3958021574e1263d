"""One Moodle, as publishing needs it and as orders do. The adapters stand in `moodle`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from passerelle.domain.moodle.core import (
        Category,
        Course,
        CourseSection,
        Enrolment,
        Group,
        Membership,
        Message,
        NewCategory,
        NewGroup,
        NewUser,
        Participant,
        RoleAssignment,
        SentMessage,
        User,
        Verdict,
    )
    from passerelle.domain.moodle.plugin import (
        ArchiveAddress,
        ChangedCourse,
        CourseState,
        Job,
        Notification,
        NotificationVerdict,
        OperationVerdict,
        Restore,
        SiteFacts,
    )
    from passerelle.domain.records import Person


class Lms(Protocol):
    """One Moodle, as far as publishing needs it."""

    def get_site(self, category: str = "") -> SiteFacts:
        """With a category (idnumber), the roles' capabilities are those that hold there."""
        ...

    def find_users(
        self, field: Literal["username", "email", "idnumber"], values: Sequence[str]
    ) -> Mapping[str, tuple[User, ...]]:
        """Per value (as given) who has it, compared exactly but without case."""
        ...

    def create_account(self, person: Person, auth: str) -> None:
        """An account for a known person of another site; an existing username is left as it is."""
        ...

    def start_restore(self, restore: Restore) -> Job:
        """The same jobkey answers the same job."""
        ...

    def start_backup(self, jobkey: str, courseid: int, intent: str) -> Job: ...

    def stash_backup(self, jobkey: str, source: ArchiveAddress, username: str, filename: str) -> Job:
        """Into the person's private backup area (R4)."""
        ...

    def undo_restore(self, jobkey: str, restorejobkey: str) -> Job:
        """Raises MoodleRefused `changed`, `alreadyundone`, `nosafety`, if not said by the job's end."""
        ...

    def get_jobs(self, jobkeys: Sequence[str]) -> Mapping[str, Job]:
        """Unknown jobkeys are absent from the answer."""
        ...

    def cancel_job(self, jobkey: str) -> Job: ...

    def get_course_states(self, courseids: Sequence[int]) -> Mapping[int, CourseState]: ...

    def get_course_states_by_idnumber(self, idnumbers: Sequence[str]) -> Mapping[str, CourseState]: ...

    def list_changed_courses(
        self, since: datetime, page: int = 500, after: int = 0
    ) -> Iterator[ChangedCourse]:
        """In the order of their ids, those above `after`, a page per call."""
        ...

    def export(self, table: str, page: int = 1000, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        """`only`: the rows of these usernames (`users`, `enrolments`), or of the courses with these
        idnumbers and their archives (`courses`, `owned`).
        """
        ...

    def course_contents(self, courseid: int) -> tuple[CourseSection, ...]: ...

    def groups(self, courseid: int) -> tuple[Group, ...]: ...

    def course(self, courseid: int) -> Course | None: ...

    def course_by_idnumber(self, idnumber: str) -> Course | None: ...

    def courses_in(self, categoryid: int) -> tuple[Course, ...]:
        """Those of a category, without its subcategories."""
        ...

    def category_by_idnumber(self, idnumber: str) -> Category | None: ...

    def update_course(
        self,
        courseid: int,
        *,
        idnumber: str | None = None,
        visible: bool | None = None,
        categoryid: int | None = None,
    ) -> None:
        """Raises MoodleRefused with Moodle's own errorcode, `courseidnumbertaken` among them."""
        ...

    def notify(self, notifications: Sequence[Notification]) -> None: ...


class Roster(Protocol):
    """One Moodle, as far as orders need it. Methods over rows answer one verdict a row, in order."""

    def get_site(self, category: str = "") -> SiteFacts: ...

    def course(self, courseid: int) -> Course | None: ...

    def course_by_idnumber(self, idnumber: str) -> Course | None: ...

    def course_by_shortname(self, shortname: str) -> Course | None: ...

    def category_by_idnumber(self, idnumber: str) -> Category | None: ...

    def find_users(
        self, field: Literal["username", "email", "idnumber"], values: Sequence[str]
    ) -> Mapping[str, tuple[User, ...]]:
        """Through the plugin, which also tells deleted accounts and privileges."""
        ...

    def users_by_email(self, email: str) -> tuple[User, ...]:
        """Without the plugin, one address at a time."""
        ...

    def finds_by_email(self) -> bool:
        """Without the plugin: whether Passerelle's account is allowed to find people by their address."""
        ...

    def ensure_users(self, users: Sequence[NewUser]) -> tuple[Verdict, ...]:
        """An account for each username; one that exists is left as it is."""
        ...

    def apply(self, operations: Sequence[Mapping[str, object]]) -> tuple[OperationVerdict, ...]: ...

    def enrol(self, rows: Sequence[Enrolment]) -> tuple[Verdict, ...]:
        """By hand: the manual instance."""
        ...

    def unenrol(self, rows: Sequence[Enrolment]) -> tuple[Verdict, ...]: ...

    def participants(self, courseid: int) -> Iterable[Participant]: ...

    def groups(self, courseid: int) -> tuple[Group, ...]: ...

    def ensure_groups(self, new: Sequence[NewGroup]) -> tuple[Verdict, ...]: ...

    def group_members(self, groupids: Sequence[int]) -> Mapping[int, tuple[int, ...]]: ...

    def add_group_members(self, rows: Sequence[Membership]) -> tuple[Verdict, ...]: ...

    def remove_group_members(self, rows: Sequence[Membership]) -> tuple[Verdict, ...]: ...

    def assign_roles(self, rows: Sequence[RoleAssignment]) -> tuple[Verdict, ...]: ...

    def unassign_roles(self, rows: Sequence[RoleAssignment]) -> tuple[Verdict, ...]: ...

    def ensure_categories(self, new: Sequence[NewCategory]) -> tuple[Verdict, ...]: ...

    def ensure_course_copy(
        self, template: int, shortname: str, fullname: str, categoryid: int
    ) -> Course | None:
        """The course of that short name, copied without people from `template` where there is none."""
        ...

    def notify_each(self, notifications: Sequence[Notification]) -> tuple[NotificationVerdict, ...]: ...

    def send_messages(self, messages: Sequence[Message]) -> tuple[SentMessage, ...]:
        """Without the plugin: never repeated. Raises LookFirst where an answer was lost."""
        ...


class Sites(Protocol):
    """The Moodles of the network, by their names in network.yaml."""

    def lms(self, site: str) -> Lms: ...

    def roster(self, site: str) -> Roster: ...
