"""The roles that the outside plays for the use cases. Adapters stand in store, moodle, mbz, runtime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from passerelle.unconfigured import (
    NoDeadLetters,
    NoInventory,
    NoNights,
    NoReferences,
    NoSecrets,
    NoShops,
    NoSources,
)

# The classes are named for the type checker only: a function pays at its cold start for those that it uses.
if TYPE_CHECKING:
    from passerelle.domain.backups.manifest import Inspection, PersonalTrace
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
    from passerelle.domain.network import Network
    from passerelle.domain.offer.model import Extracts
    from passerelle.domain.offer.stages import Stage
    from passerelle.domain.orders.delivery import Delivery
    from passerelle.domain.orders.facts import Facts, Refund
    from passerelle.domain.orders.order import Order
    from passerelle.domain.orders.shop import Heard, Webhook
    from passerelle.domain.people_in_papers import Leftover
    from passerelle.domain.records import Document, Person, Record
    from passerelle.domain.refusals import Refusal
    from passerelle.domain.rollover.survey import Survey

R = TypeVar("R", bound="Record")
D = TypeVar("D", bound="Document")
QueueName = Literal["publications", "retrievals", "jobs", "rollovers", "orders"]


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    items: tuple[R, ...]
    next: str | None = None  # an opaque cursor; None: no more


class Records(Protocol):
    """State. Each record has a revision; a write names the one it read and loses if it moved on."""

    def get(self, kind: type[R], key: str) -> R | None: ...

    def add(self, record: R) -> R:
        """Write a new record. Raises Conflict where the id exists."""
        ...

    def change(self, before: R, after: R) -> R:
        """Replace `before` by `after` and give it back with its new revision.

        Raises Conflict where the stored revision is not that of `before`.
        """
        ...

    def delete(self, record: R) -> None:
        """Gone already is well. Raises Conflict where the record moved on, or a lock is another's."""
        ...

    def can_read(self, kind: str, key: str) -> bool:
        """Whether what could not be read can be now, or is gone; `kind` as `Broken` names it."""
        ...

    def list(
        self,
        kind: type[R],
        index: str,
        value: str,
        *,
        after: str | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Page[R]:
        """The records under one value of an index, oldest first unless asked otherwise.
        `course`, `upload` and `publication_course` see every finished write; the others may lag by moments.

        Upload: `course` (network id), `site`, `state`. Publication: `course`, `state`, `upload`, `all`,
        `ancestor` (its id, consistent).
        Retrieval: `publication_course` (network id of the origin), `site`. RunningJob: `running` (value
        `yes`), longest silent first. Rollover: `target` and `source` (`{site}#{course id}`, consistent),
        `site`, `running` (value `yes`). PlanRun: `site`, `applying` (value `yes`). Permit: `target`.
        FreshStart: `site`.
        Run: `site`.
        Delivery: `state`. Order: `state`, `shop`. LedgerPage: `site` (only pages that give something).
        ConsoleAct: `day` (ISO date), `about`. Delivery: `order` (its id); Order: `number` (as people know it,
        in lower case without `#`); both consistent.
        """
        ...

    def naming(
        self, word: str, kind: type[R] | None = None, *, after: str | None = None, limit: int = 1000
    ) -> Page[Any]:
        """The records that name a person by this word of `domain.person_words`, of one kind newest first.
        A few may have ceased to: whoever asks looks. A page may be short though another follows.
        """
        ...

    def list_anew(self, record: Record) -> None:
        """Into all lists of this release, where an earlier one wrote it. Again is well."""
        ...


class Requests(Protocol):
    """What was answered to a signed request (same id and body: the same answer)."""

    def remembered(self, site: str, request_id: str, body_sha256: str) -> Mapping[str, object] | None:
        """The stored answer, or None. Raises Conflict if the id came with another body.

        The first sight of an id binds it to its body, before anything is done.
        """
        ...

    def remember(self, site: str, request_id: str, answer: Mapping[str, object]) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a bucket, and when it was last written."""

    key: str
    at: datetime


class Archives(Protocol):
    """The bucket of backups. Addresses it signs live an hour at most."""

    def open_multipart(self, key: str) -> str: ...

    def sign_parts(self, key: str, multipart: str, parts: Iterable[int]) -> dict[int, str]: ...

    def parts(self, key: str, multipart: str) -> tuple[Part, ...] | None:
        """What has arrived; None where the upload is completed, aborted or unknown."""
        ...

    def complete(self, key: str, multipart: str, parts: Sequence[Part]) -> None: ...

    def abort(self, key: str, multipart: str) -> None: ...

    def size(self, key: str) -> int | None: ...

    def sign(self, key: str, *, filename: str | None = None) -> tuple[str, datetime]:
        """A presigned GET address and when it dies."""
        ...

    def stamp(self, key: str) -> str | None:
        """Changes with the object's content; None where there is none."""
        ...

    def text(self, key: str) -> str | None:
        """A small text; None where there is none, or no UTF-8."""
        ...

    def put_text(self, key: str, text: str) -> None: ...

    def sign_put(self, key: str, size: int) -> str:
        """A presigned address to which exactly `size` bytes can be put."""
        ...

    def delete(self, key: str) -> None: ...

    def below(self, prefix: str, *, after: str = "", limit: int = 1000) -> tuple[Stored, ...]:
        """What lies below a prefix, by key: the first `limit`, 1,000 at most, past the key `after`."""
        ...


class Inventory(Protocol):
    """All that is held, one after the other: for what is looked at rarely, whole (G1, G2)."""

    def records(self, *, readable_only: bool = False) -> Iterator[Record]:
        """Raises GiveUp `record_unreadable` at one that cannot be read, or leaves it out."""
        ...

    def page(self, after: str | None, limit: int) -> tuple[tuple[Record, ...], str | None]:
        """Some of those that can be read, and where to go on, None at the end; `limit` counts what is
        looked at.
        """
        ...

    def documents(self) -> Iterator[str]:
        """Keys of the state bucket."""

    def text(self, key: str) -> str | None:
        """None where it is no text, or not there."""

    def rewrite(self, key: str, text: str) -> None:
        """The document as it is from now on, and its older versions gone."""

    def leftovers(self) -> Iterator[Leftover]:
        """What may go at any time: answers and refusals kept to be given again, older versions."""

    def drop(self, leftover: Leftover) -> None: ...


class Papers(Protocol):
    """Manifests and other documents as JSON in the state bucket."""

    def keep(self, key: str, document: Document) -> None: ...

    def load(self, kind: type[D], key: str) -> D | None:
        """Raises PaperUnreadable where it is cut, no such document, or a newer release's."""
        ...

    def put(self, key: str, document: Mapping[str, object]) -> None: ...

    def put_json(self, key: str, text: str) -> None:
        """A document that was written as JSON already."""
        ...

    def put_text(self, key: str, text: str, kind: str) -> None:
        """A page or table that people open; `kind` is its media type."""
        ...

    def get(self, key: str) -> Mapping[str, object] | None:
        """Raises PaperUnreadable where it is no JSON object."""
        ...

    def get_text(self, key: str) -> str | None: ...

    def delete(self, key: str) -> None: ...


# What became of the hashes of a site's people.
PeopleRead = Literal["unknown", "compared", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Where the hashes of a site's people lie (P20)."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An archive that was read through once. Accepted, its scrubbed form lies where it was asked to."""

    inspection: Inspection
    size: int  # bytes of the scrubbed archive
    sha256: str
    traces: tuple[PersonalTrace, ...]
    people: PeopleRead = "unknown"


class BackupReader(Protocol):
    def clean(
        self, key: str, to_key: str, *, people: PeopleFile | None = None, keep_keys: bool = False
    ) -> Cleaned:
        """Prove and scrub in one pass, contents and checksums included (P3, P4, P20).

        Nothing lies under `to_key` unless all of it was written and proved. With `keep_keys` passwords that
        open something stay.
        """
        ...

    def look(self, key: str) -> Inspection:
        """The verdict alone, contents and checksums included. Raises CannotRead."""
        ...

    def survey(self, key: str) -> Survey:
        """What R12's report is made of, from one pass over the archive's own XML."""
        ...


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


class Shops(Protocol):
    """What shops sent, read; what they did not send, asked for; what was done, told to them."""

    def read(self, delivery: Delivery) -> Facts | None:
        """None: nothing about an order. Raises GiveUp `payload_unreadable`."""
        ...

    def lines(self, order: Order) -> Facts:
        """The lines (and the buyer, where they come with them). Raises GiveUp `lines_unknown`, TryAgain."""
        ...

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:
        """What the refunds were about, line by line; None where this shop cannot be asked."""
        ...

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:
        """What changed there since then, oldest first; nothing of a shop that cannot be asked. Raises
        TryAgain, GiveUp.
        """
        ...

    def webhook(self, shop: str) -> Webhook | None:
        """How the shop sees its webhook to us; None where it cannot be asked. Raises TryAgain, GiveUp."""
        ...

    def confirm(self, order: Order, text: str) -> None:
        """Tell the shop, where it is to be told. The same text is written once. Raises TryAgain, GiveUp."""
        ...

    def seats_link(self, order: Order) -> str:
        """The buyer's address for his seats, or nothing where links are not set up. Always the same."""
        ...


class Sources(Protocol):
    """What the university's systems deliver for a night (infra/docs/extracts.md), or their directory says."""

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:
        """The tables that the stage needs; all of them for none. Files that are missing, cut or older
        than the night stand in `problems`. Raises TryAgain where a directory or the bucket is away.

        `keep`: what a directory answers is kept for `recall`; without, nothing is written.
        """
        ...

    def ask_directory(self, site: str, night: date, extracts: Extracts, *, keep: bool = True) -> Extracts:
        """These extracts, with people as the site's directory answers them. Raises as `read` does."""
        ...

    def recall(self, site: str, night: date) -> Extracts:
        """All tables as the night read them; people as its directory last answered, which is not asked."""
        ...


class References(Protocol):
    """What people were refused, by the reference they quote (H1)."""

    def keep(self, refusal: Refusal) -> None: ...

    def find(self, site: str, reference: str) -> Refusal | None:
        """None: not of this site, or too long ago."""
        ...


class Secrets(Protocol):
    """SecureStrings by the names that network.yaml gives them."""

    def get(self, name: str) -> str:
        """Raises NotFound (`secret_missing`)."""
        ...

    def put(self, name: str, value: str) -> None: ...

    def delete(self, name: str) -> None:
        """Gone already is well."""
        ...


class Queues(Protocol):
    def send(
        self, queue: QueueName, message: Mapping[str, str], *, delay: timedelta | None = None
    ) -> None: ...


class DeadLetters(Protocol):
    """What failed to the end, so that nobody works on it any more."""

    def counts(self) -> Mapping[str, int]:
        """Per queue, by its name, about how many messages; queues with none are left out."""
        ...


class Nights(Protocol):
    """The machine that carries a night out."""

    def resume(self, run: str) -> None:
        """A released run goes on, by itself, where it stopped. Started twice, it is worked on once."""
        ...


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything a use case may touch, wired by `runtime` or by a test."""

    network: Network
    records: Records
    archives: Archives
    papers: Papers
    backups: BackupReader
    sites: Sites
    queues: Queues
    clock: Clock
    shops: Shops = field(default_factory=NoShops)
    sources: Sources = field(default_factory=NoSources)
    references: References = field(default_factory=NoReferences)
    nights: Nights = field(default_factory=NoNights)
    dead_letters: DeadLetters = field(default_factory=NoDeadLetters)
    secrets: Secrets = field(default_factory=NoSecrets)
    inventory: Inventory = field(default_factory=NoInventory)
