"""One Moodle as the use cases see it: the port `Lms`, and what the night and the shop need besides."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from passerelle.domain.moodle.core import CourseChange, NewUser, User, Verdict
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
    SiteLimits,
    UserField,
)
from passerelle.errors import MoodleRefused
from passerelle.moodle import calls_courses, calls_plugin, calls_users
from passerelle.moodle.batching import CallLimits, Judged, settle
from passerelle.moodle.client import Client, Post, Site
from passerelle.moodle.core_api import MoodleCore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from passerelle.domain.records import Person
    from passerelle.moodle.throttle import Patience

logger = logging.getLogger(__name__)

# Moodle makes and mails a password for these; the others sign in elsewhere (S10).
OWN_PASSWORD = frozenset({"manual", "email"})
OPERATIONS = 200  # of one apply: about two seconds of Moodle's time
OPERATION_BYTES = 1_000_000
LEAST_PAGE = 10


class Moodle(MoodleCore):
    """Opened once per site and process: it holds the limits of pace of its `Client`."""

    @classmethod
    def at(
        cls,
        site: Site,
        post: Post | None = None,
        *,
        patience: Patience | None = None,
        token_now: Callable[[], str] | None = None,
    ) -> Moodle:
        """`post` replaces the socket; `token_now` reads the token again, where it is refused."""
        client = Client(site, post, patience=patience, token_now=token_now)
        return cls(site.name, client.ask, CallLimits(variables=site.max_input_vars))

    def within(self, limits: SiteLimits) -> Moodle:
        """The same Moodle with the room that it says it has (`get_site().limits`)."""
        room = self.room
        if limits.max_input_vars:
            room = replace(room, variables=limits.max_input_vars)
        if limits.post_max_size:
            room = replace(room, bytes=min(room.bytes, limits.post_max_size // 2))
        return Moodle(self.site, self.ask, room)

    def for_many(self) -> Moodle:
        """For orders: rows of a few variables (members, roles) go 250 at a time; accounts, of which each
        takes ten, still fill a call of PHP's thousand with less than a hundred.
        """
        return Moodle(self.site, self.ask, replace(self.room, rows=250))

    def get_site(self, category: str = "") -> SiteFacts:
        return self.ask(calls_plugin.get_site(category))

    # -- people ---------------------------------------------------------------------------------

    def find_users(
        self, field: Literal["username", "email", "idnumber"], values: Sequence[str]
    ) -> Mapping[str, tuple[User, ...]]:
        """Per value, as given, who has it: exactly, but without case. Nobody is an empty tuple."""
        wanted = UserField(field)
        distinct = list(dict.fromkeys(values))
        found: dict[str, tuple[User, ...]] = {}
        for one in self.in_chunks(distinct, lambda some: calls_plugin.find_users(wanted, some)):
            # Moodle may give a value back trimmed or in lower case.
            found[one.value.strip().lower()] = one.users
        return {value: found.get(value.strip().lower(), ()) for value in distinct}

    def create_account(self, person: Person, auth: str) -> None:
        """An account for a known person of another site; an existing username is left as it is.

        Raises MoodleRefused with the code for which Moodle would not have it.
        """
        account = NewUser(
            username=person.username.lower(),
            firstname=person.firstname,
            lastname=person.lastname,
            email=person.email,
            idnumber=person.idnumber,
            auth=auth,
            createpassword=auth in OWN_PASSWORD,
            lang=person.lang,
        )
        verdict = self._account(account)
        if not verdict.ok and account.lang:
            # The other site's language may not be installed here, and Moodle does not say so.
            verdict = self._account(replace(account, lang=""))
        if not verdict.ok:
            raise MoodleRefused(self.site, calls_users.create([account]).function, verdict.errorcode)

    def _account(self, account: NewUser) -> Verdict:
        (verdict,) = self.ensure_users([account])
        return verdict

    # -- jobs -----------------------------------------------------------------------------------

    def start_backup(self, jobkey: str, courseid: int, intent: str) -> Job:
        return self.ask(calls_plugin.start_backup(jobkey, courseid, intent))

    def start_restore(self, restore: Restore) -> Job:
        """The same jobkey answers the same job."""
        return self.ask(calls_plugin.start_restore(restore))

    def undo_restore(self, jobkey: str, restorejobkey: str) -> Job:
        """Raises MoodleRefused `changed`, `alreadyundone`, `nosafety`."""
        return self.ask(calls_plugin.undo_restore(jobkey, restorejobkey))

    def stash_backup(self, jobkey: str, source: ArchiveAddress, username: str, filename: str) -> Job:
        return self.ask(calls_plugin.stash_backup(jobkey, source, username, filename))

    def get_jobs(self, jobkeys: Sequence[str]) -> Mapping[str, Job]:
        """Unknown jobkeys are absent from the answer."""
        return {job.jobkey: job for job in self.in_chunks(jobkeys, calls_plugin.get_jobs)}

    def cancel_job(self, jobkey: str) -> Job:
        return self.ask(calls_plugin.cancel_job(jobkey))

    # -- courses --------------------------------------------------------------------------------

    def get_course_states(self, courseids: Sequence[int]) -> Mapping[int, CourseState]:
        states = self.in_chunks(courseids, lambda some: calls_plugin.course_states(courseids=some))
        return {state.courseid: state for state in states}

    def get_course_states_by_idnumber(self, idnumbers: Sequence[str]) -> Mapping[str, CourseState]:
        states = self.in_chunks(idnumbers, lambda some: calls_plugin.course_states(idnumbers=some))
        return {state.idnumber: state for state in states}

    def list_changed_courses(
        self, since: datetime, page: int = 500, after: int = 0
    ) -> Iterator[ChangedCourse]:
        """In the order of their ids, those above `after`: where one reading stopped, the next goes on."""
        following: int | None = after
        while following is not None:
            found = self.ask(calls_plugin.changed_courses(since, following, page))
            yield from found.courses
            following = found.next or None

    def update_course(
        self,
        courseid: int,
        *,
        idnumber: str | None = None,
        visible: bool | None = None,
        categoryid: int | None = None,
    ) -> None:
        """Raises MoodleRefused with Moodle's own errorcode, `courseidnumbertaken` among them."""
        change = CourseChange(courseid, idnumber=idnumber, visible=visible, categoryid=categoryid)
        (verdict,) = self.update_courses([change])
        if not verdict.ok:
            function = calls_courses.update_courses([change]).function
            raise MoodleRefused(self.site, function, verdict.errorcode)

    # -- the night ------------------------------------------------------------------------------

    def export(self, table: str, page: int = 1000, only: Sequence[str] = ()) -> Iterator[calls_plugin.Row]:
        """Every row of a table, in the order of its page key. Memory holds one page."""
        after: int | None = 0
        while after is not None:
            try:
                found = self.ask(calls_plugin.export(table, after, page, only))
            except MoodleRefused as refusal:
                if refusal.errorcode != "answertoolong" or page <= LEAST_PAGE:
                    raise
                page //= 2
                continue
            yield from found.rows
            after = found.next

    def apply(self, operations: Sequence[Mapping[str, object]]) -> tuple[OperationVerdict, ...]:
        """One verdict for each operation, in order. Each operation's `id` is its own within the call."""
        said: dict[str, OperationVerdict] = {}

        def judge(
            answer: tuple[OperationVerdict, ...], rows: Sequence[Mapping[str, object]]
        ) -> Sequence[Judged]:
            said.update({verdict.id: verdict for verdict in answer})
            return [Judged("" if str(row["id"]) in said else "unanswered") for row in rows]

        room = replace(self.room, rows=OPERATIONS, bytes=min(self.room.bytes, OPERATION_BYTES))
        verdicts = settle(operations, calls_plugin.apply, self.ask, room, judge)
        return tuple(
            said.get(str(row["id"]))
            or OperationVerdict(str(row["id"]), ok=False, errorcode=verdict.errorcode)
            for row, verdict in zip(operations, verdicts, strict=True)
        )

    # -- people are told ------------------------------------------------------------------------

    def notify(self, notifications: Sequence[Notification]) -> None:
        """A message that one person cannot get does not stop the others, nor the caller."""
        for verdict in self.notify_each(notifications):
            if not verdict.ok:
                about = verdict.key.rpartition(":")[0]  # many a key ends in a login
                logger.warning(
                    "not told", extra={"site": self.site, "about": about, "errorcode": verdict.errorcode}
                )

    def notify_each(self, notifications: Sequence[Notification]) -> tuple[NotificationVerdict, ...]:
        said: dict[str, NotificationVerdict] = {}

        def judge(answer: tuple[NotificationVerdict, ...], rows: Sequence[Notification]) -> Sequence[Judged]:
            said.update({verdict.key: verdict for verdict in answer})
            return [Judged()] * len(rows)

        verdicts = settle(notifications, calls_plugin.notify, self.ask, self.room, judge)
        return tuple(
            said.get(row.key) or NotificationVerdict(row.key, ok=verdict.ok, errorcode=verdict.errorcode)
            for row, verdict in zip(notifications, verdicts, strict=True)
        )
