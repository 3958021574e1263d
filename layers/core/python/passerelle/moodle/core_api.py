"""What Passerelle does on a Moodle without its plugin: people, places, enrolments, groups, cohorts.

Methods over rows answer one Verdict a row, in order; a bad row never stops the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from passerelle.errors import FixAccess, LookFirst, MoodleRefused
from passerelle.moodle import (
    calls_courses,
    calls_enrolments,
    calls_groups,
    calls_site,
    calls_users,
)
from passerelle.moodle.batching import Ask, CallLimits, by_item, chunks, ensure, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from passerelle.domain.moodle.core import (
        Category,
        Course,
        CourseChange,
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
        SiteInfo,
        User,
        Verdict,
    )
    from passerelle.moodle.protocol import Call

R = TypeVar("R")
A = TypeVar("A")

VALUES = 500  # to read at once; the plugin takes no more


class MoodleCore:
    """`site` is its name in network.yaml; `ask` sends one call, as `Client.ask` does."""

    def __init__(self, site: str, ask: Ask, room: CallLimits | None = None) -> None:
        self.site = site
        self.ask: Ask = ask
        self.room = room or CallLimits()

    def in_chunks(
        self, rows: Sequence[R], build: Callable[[Sequence[R]], Call[tuple[A, ...]]]
    ) -> Iterator[A]:
        """The answers to a reading call whose values do not fit in one."""
        for places in chunks(rows, build, replace(self.room, rows=VALUES)):
            yield from self.ask(build(rows[places.start : places.stop]))

    def site_info(self) -> SiteInfo:
        return self.ask(calls_site.info())

    # -- people ---------------------------------------------------------------------------------

    def users_by_username(self, usernames: Sequence[str]) -> Mapping[str, User]:
        found = self.in_chunks(usernames, lambda some: calls_users.by_field("username", some))
        return {user.username: user for user in found}

    def users_by_email(self, email: str) -> tuple[User, ...]:
        """All who have it, compared exactly but without case; several where the site allows that.

        Raises FixAccess `emailhidden` where the service may not see addresses: nobody found would
        then mean nothing. An account without `moodle/site:viewuseridentity` is told of nobody at all (seen on
        4.5.6), which cannot be told from nobody there: Moodle then refuses the second account, unless it
        allows accounts with the same address.
        """
        call = calls_users.by_criteria(email=email)
        found = self.ask(call)
        if any(user.email is None for user in found):
            raise FixAccess(self.site, call.function, "emailhidden")
        # Moodle's comparison is a LIKE: jean_d@… also finds jeanxd@….
        return tuple(user for user in found if (user.email or "").lower() == email.lower())

    def finds_by_email(self) -> bool:
        """Whether people are found by their address: tried with the account's own, which is surely there.

        False where it lacks `moodle/site:viewuseridentity`: everybody would look unknown.
        """
        mine = _first(self.ask(calls_users.by_field("id", [str(self.site_info().userid)])))
        if mine is None or not mine.email:
            return False
        try:
            return any(user.id == mine.id for user in self.users_by_email(mine.email))
        except FixAccess as error:
            if error.errorcode != "emailhidden":
                raise
            return False

    def ensure_users(self, users: Sequence[NewUser]) -> tuple[Verdict, ...]:
        """An account for each username; one that exists is left as it is."""

        def find(rows: Sequence[NewUser]) -> Mapping[str, int]:
            found = self.users_by_username([row.username for row in rows])
            return {username: user.id for username, user in found.items()}

        return ensure(users, calls_users.create, self.ask, self.room, key=lambda row: row.username, find=find)

    # -- categories -----------------------------------------------------------------------------

    def category(self, categoryid: int) -> Category | None:
        return _first(self.ask(calls_courses.categories(id=categoryid)))

    def category_by_idnumber(self, idnumber: str) -> Category | None:
        return _first(self.ask(calls_courses.categories(idnumber=idnumber)))

    def ensure_categories(self, new: Sequence[NewCategory]) -> tuple[Verdict, ...]:
        """A category for each idnumber; parents must exist before their children are asked for."""

        def find(rows: Sequence[NewCategory]) -> Mapping[str, int]:
            found = {row.idnumber: self.category_by_idnumber(row.idnumber) for row in rows}
            return {idnumber: category.id for idnumber, category in found.items() if category}

        return ensure(
            new, calls_courses.create_categories, self.ask, self.room, key=lambda row: row.idnumber, find=find
        )

    # -- courses --------------------------------------------------------------------------------

    def course(self, courseid: int) -> Course | None:
        return _first(self.ask(calls_courses.courses_by_field("id", courseid)))

    def course_by_idnumber(self, idnumber: str) -> Course | None:
        return _first(self.ask(calls_courses.courses_by_field("idnumber", idnumber)))

    def courses_in(self, categoryid: int) -> tuple[Course, ...]:
        return self.ask(calls_courses.courses_by_field("category", categoryid))

    def course_by_shortname(self, shortname: str) -> Course | None:
        return _first(self.ask(calls_courses.courses_by_field("shortname", shortname)))

    def ensure_course_copy(
        self, template: int, shortname: str, fullname: str, categoryid: int
    ) -> Course | None:
        """Copied without people; a lost answer is looked after by the short name, which is unique."""
        found = self.course_by_shortname(shortname)
        if found is not None:
            return found
        try:
            self._copy(template, shortname, fullname, categoryid)
        except LookFirst:
            return self.course_by_shortname(shortname)
        return self.course_by_shortname(shortname)

    def _copy(self, template: int, shortname: str, fullname: str, categoryid: int) -> None:
        try:
            self.ask(calls_courses.duplicate(template, shortname, fullname, categoryid))
        except MoodleRefused as refused:
            if refused.errorcode != "setting_locked_by_permission":
                raise
            self.ask(calls_courses.duplicate(template, shortname, fullname, categoryid, locked=True))

    def update_courses(self, changes: Sequence[CourseChange]) -> tuple[Verdict, ...]:
        return settle(
            changes, calls_courses.update_courses, self.ask, self.room, by_item(lambda change: change.id)
        )

    def course_contents(self, courseid: int) -> tuple[CourseSection, ...]:
        return self.ask(calls_courses.contents(courseid))

    # -- enrolments by hand, and roles ----------------------------------------------------------

    def enrol(self, rows: Sequence[Enrolment]) -> tuple[Verdict, ...]:
        return settle(rows, calls_enrolments.enrol, self.ask, self.room)

    def unenrol(self, rows: Sequence[Enrolment]) -> tuple[Verdict, ...]:
        return settle(rows, calls_enrolments.unenrol, self.ask, self.room)

    def participants(
        self, courseid: int, fields: Sequence[str] = calls_enrolments.CHEAP_FIELDS, page: int = 500
    ) -> Iterator[Participant]:
        """Everyone enrolled. Moodle cuts the page first and then leaves out whom the service may not
        see, so only an empty page is surely the last.
        """
        start = 0
        while some := self.ask(calls_enrolments.participants(courseid, start, page, fields)):
            yield from some
            start += page

    def assign_roles(self, rows: Sequence[RoleAssignment]) -> tuple[Verdict, ...]:
        return settle(rows, calls_site.assign_roles, self.ask, self.room)

    def unassign_roles(self, rows: Sequence[RoleAssignment]) -> tuple[Verdict, ...]:
        return settle(rows, calls_site.unassign_roles, self.ask, self.room)

    # -- groups ---------------------------------------------------------------------------------

    def groups(self, courseid: int) -> tuple[Group, ...]:
        return self.ask(calls_groups.of_course(courseid))

    def ensure_groups(self, new: Sequence[NewGroup]) -> tuple[Verdict, ...]:
        """A group for each course and idnumber. Made first and looked for where Moodle refuses a second: a
        course in which ten thousand orders have groups is not listed for each of them.
        """
        return ensure(
            new,
            calls_groups.create,
            self.ask,
            self.room,
            key=_group_key,
            find=_finder(self.groups),
            look_first=False,
        )

    def group_members(self, groupids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        return {row.groupid: row.userids for row in self.in_chunks(groupids, calls_groups.members)}

    def add_group_members(self, rows: Sequence[Membership]) -> tuple[Verdict, ...]:
        return settle(rows, calls_groups.add_members, self.ask, self.room)

    def remove_group_members(self, rows: Sequence[Membership]) -> tuple[Verdict, ...]:
        return settle(rows, calls_groups.remove_members, self.ask, self.room)

    # -- cohorts --------------------------------------------------------------------------------

    # -- messages -------------------------------------------------------------------------------

    def send_messages(self, messages: Sequence[Message]) -> tuple[SentMessage, ...]:
        """Not halved and never repeated: a message read twice is worse than one missing.

        Raises LookFirst where an answer was lost; those before it are sent.
        """
        sent: list[SentMessage] = []
        for places in chunks(messages, calls_site.send_messages, self.room):
            sent += self.ask(calls_site.send_messages(messages[places.start : places.stop]))
        return tuple(sent)


def _first(rows: tuple[R, ...]) -> R | None:
    return rows[0] if rows else None


def _group_key(row: NewGroup) -> str:
    return f"{row.courseid}/{row.idnumber}"


def _finder(
    of_course: Callable[[int], tuple[Group, ...]],
) -> Callable[[Sequence[NewGroup]], Mapping[str, int]]:
    def find(rows: Sequence[NewGroup]) -> Mapping[str, int]:
        return {
            f"{group.courseid}/{group.idnumber}": group.id
            for courseid in dict.fromkeys(row.courseid for row in rows)
            for group in of_course(courseid)
            if group.idnumber
        }

    return find
