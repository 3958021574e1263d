"""What is kept and sent on: records, archives, documents, queues, secrets. The adapters stand in `store`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from passerelle.domain.people_in_papers import Leftover
    from passerelle.domain.records import Document, Record
    from passerelle.domain.refusals import Refusal

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

    def leftovers(self, after: str = "") -> Iterator[Leftover]:
        """What may go at any time: answers and refusals kept to be given again, and older versions by their
        keys; past `after`, versions of keys after that one alone.
        """

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
