"""The roles that the outside plays for the use cases. Adapters stand in store, moodle, mbz, runtime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Literal, Protocol, TypeVar

from passerelle.domain.backup import Inspection, Manifest, PersonalTrace
from passerelle.domain.lms import Category, Course, User
from passerelle.domain.network import Network
from passerelle.domain.plugin import CourseState, Job, Notification, Restore, SiteFacts
from passerelle.domain.publishing import (
    CourseLine,
    Person,
    Publication,
    Retrieval,
    RunningJob,
    TargetLock,
    Upload,
)

Record = Upload | Publication | Retrieval | CourseLine | RunningJob | TargetLock
R = TypeVar("R", Upload, Publication, Retrieval, CourseLine, RunningJob, TargetLock)
QueueName = Literal["publications", "retrievals", "jobs"]


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

    def list(
        self, kind: type[R], index: str, value: str, *, after: str | None = None, limit: int = 1000
    ) -> Page[R]:
        """The records under one value of an index, oldest first. `course`, `upload` and
        `publication_course` see every finished write; the others may lag by moments.

        Upload: `course` (network id), `site`, `state`. Publication: `course`, `state`, `upload`, `all`.
        Retrieval: `publication_course` (network id of the origin), `site`. RunningJob: `running` (value
        `yes`), longest silent first.
        """
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

    def delete(self, key: str) -> None: ...


class Papers(Protocol):
    """Manifests and other documents as JSON in the state bucket."""

    def put(self, key: str, document: Mapping[str, object]) -> None: ...

    def get(self, key: str) -> Mapping[str, object] | None: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An archive that was read through once. Where it is accepted, its scrubbed form lies where it was asked to."""

    inspection: Inspection
    size: int  # bytes of the scrubbed archive
    sha256: str
    traces: tuple[PersonalTrace, ...]


class BackupReader(Protocol):
    def clean(self, key: str, to_key: str) -> Cleaned:
        """Prove and scrub in one pass, contents and checksums included (P3, P4).

        Nothing lies under `to_key` unless all of it was written and proved.
        """
        ...

    def manifest(self, document: Mapping[str, object]) -> Manifest: ...

    def document(self, manifest: Manifest) -> Mapping[str, object]:
        """The manifest as JSON."""
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

    def get_jobs(self, jobkeys: Sequence[str]) -> Mapping[str, Job]:
        """Unknown jobkeys are absent from the answer."""
        ...

    def get_course_states(self, courseids: Sequence[int]) -> Mapping[int, CourseState]: ...

    def course(self, courseid: int) -> Course | None: ...

    def course_by_idnumber(self, idnumber: str) -> Course | None: ...

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


class Sites(Protocol):
    """The Moodles of the network, by their names in network.yaml."""

    def lms(self, site: str) -> Lms: ...


class Queues(Protocol):
    def send(
        self, queue: QueueName, message: Mapping[str, str], *, delay: timedelta | None = None
    ) -> None: ...


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
