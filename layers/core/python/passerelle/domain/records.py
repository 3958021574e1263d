"""What records of all flows share: people, moments, notes, jobs, locks, counts, the way to a next state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from passerelle.domain.states import FOLLOWS, State
from passerelle.errors import Conflict


@dataclass(frozen=True, slots=True)
class Person:
    """A Moodle user as their own site knows them. Kept in records, never in a log."""

    username: str = field(repr=False)
    idnumber: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    firstname: str = field(default="", repr=False)
    lastname: str = field(default="", repr=False)
    lang: str = "fr"

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}".strip() or self.username

    def key(self, identity: str) -> str:
        """The value of the field that `network.yaml` names as identity key (P9)."""
        value = {"username": self.username, "idnumber": self.idnumber, "email": self.email}[identity]
        return value.strip().lower()


@dataclass(frozen=True, slots=True)
class Moment:
    state: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Note:
    """A code of words.sentences with what its sentence needs."""

    code: str
    details: dict[str, str] = field(default_factory=dict)


def distinct(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Each once, in the order of their first saying."""
    return tuple({(note.code, *sorted(note.details.items())): note for note in notes}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job that a Moodle works on, until it has said how it ended."""

    id: str  # the jobkey
    site: str  # whose Moodle does it
    about: str  # `publication`, `retrieval`, `rollover`, `undo` or `backup`
    about_id: str
    started_at: datetime
    heard_at: datetime
    ended: bool = False
    result: str = ""  # of a backup that was made: its upload
    error: str = ""  # code of why it came to nothing
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLock:
    """One restore at a time into an existing course (R5); dies by itself after a crash."""

    id: str  # {site}:{course id}
    holder: str
    until: datetime
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A count that dies by itself: looks and tries at a link in a minute."""

    id: str
    until: datetime
    count: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A record or document that cannot be read. It stops itself only; somebody is to repair it."""

    id: str  # `{kind}#{id}` of a record, the key of a document
    kind: str  # of the record; `document`
    code: str  # why, as words.sentences says it
    at: datetime
    # As far as it still says so: where it belongs, and who asked for it there, until that one was told.
    site: str = ""
    shop: str = ""
    username: str = field(default="", repr=False)
    told_at: datetime | None = None
    revision: int = 0


def network_id(site: str, idnumber: str) -> str:
    return f"{site}:{idnumber}"


def derived_id(*parts: str) -> str:
    """The same id for the same request, so that a repeated request finds what the first one made."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


class Record(Protocol):
    """What the table keeps by its id. A write names the revision that it read, and loses if it moved on."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str: ...

    @property
    def revision(self) -> int: ...


class Document(Protocol):
    """What the state bucket keeps as JSON; `FORMAT` counts how often its JSON changed (store.documents)."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    FORMAT: ClassVar[int]


class Stateful(Record, Protocol):
    """A record with a state and the moments it went through: an upload, a publication, a retrieval, …"""

    @property
    def state(self) -> State: ...

    @property
    def history(self) -> tuple[Moment, ...]: ...


S = TypeVar("S", bound=Stateful)
MOST_HISTORY = 60


def moved(record: S, state: State, at: datetime, reason: str, **changes: Any) -> S:
    """The record in its next state, with when and why, and with `changes`, which are all that is done to a
    record that is there already. Raises Conflict where the table of states does not know the step.
    """
    if state is not record.state:
        if type(state) is not type(record.state) or state not in FOLLOWS[type(state)][record.state]:
            raise Conflict(f"{type(record).__name__} cannot go from {record.state} to {state}")
        history = (*record.history, Moment(state.value, at, reason))[-MOST_HISTORY:]
        changes |= {"state": state, "history": history}
    return replace(record, **changes)
