"""Publication and retrieval: the records kept, and the decisions taken on them (P1–P18).

A *network course* is `{site}:{idnumber}`; its line of publications is a `CourseLine`. Everything here is
data and pure functions; `passerelle.usecases` acts on what they decide.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from passerelle.domain.states import (
    FOLLOWS,
    BackupState,
    PublicationState,
    RetrievalState,
    State,
)
from passerelle.errors import Conflict, Refused

Intent = Literal["share", "rollover"]
Mode = Literal["new", "merge", "replace"]

LIVE = frozenset({PublicationState.REQUESTED, PublicationState.RESTORING, PublicationState.PUBLISHED})
MIB = 1024 * 1024
SMALLEST_PART = 64 * MIB
MOST_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """A Moodle user as his own site knows him. Kept in records, never in a log."""

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
    """A code of domain.wording with what its sentence needs."""

    code: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine:
    """One course of the network: the last sequence number given and what stands on the hub."""

    id: str  # {site}:{idnumber}
    sequence: int = 0
    opened_last: str = ""  # the upload that got `sequence`: opening it again gives the same number
    versions: tuple[str, ...] = ()  # publications in the order of their claims; version 1 comes first
    current: str = ""  # id of the publication that holds the network identifier on the hub
    published_sequence: int = 0
    ancestor: str = ""  # the publication this course was retrieved from (P12)
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    id: str
    site: str
    course_id: int
    idnumber: str
    intent: Intent
    fullname: str
    shortname: str
    filesize: int  # bytes, as announced
    sha256: str  # lower-case hex, as announced
    lastchange: datetime | None  # of the course, when the backup was made
    person: Person
    sequence: int
    multipart: str  # S3's id of the multipart upload
    created_at: datetime
    state: BackupState = BackupState.UPLOADING
    reasons: tuple[Note, ...] = ()
    scrubbed: tuple[Note, ...] = ()
    accepted_size: int = 0
    accepted_sha256: str = ""
    purged: bool = False  # deleted, and its archives are gone from the bucket
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def network_id(self) -> str:
        return network_id(self.site, self.idnumber)

    @property
    def raw_key(self) -> str:
        return f"uploads/{self.site}/{self.id}.mbz"

    @property
    def accepted_key(self) -> str:
        return f"accepted/{self.site}/{self.id}.mbz"

    @property
    def manifest_key(self) -> str:
        return f"manifests/{self.id}.json"

    @property
    def survey_key(self) -> str:
        return f"surveys/{self.id}.json"


@dataclass(frozen=True, slots=True)
class Card:
    """What the catalogue shows of a publication (P15, P17)."""

    title: str
    summary: str = ""
    language: str = ""
    level: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the archive holds, for search and preview (P15)."""

    activities: dict[str, int] = field(default_factory=dict)  # Moodle's module name → how many
    sections: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()  # of the activities, in order
    size: int = 0
    moodle_release: str = ""
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    id: str
    upload: str
    site: str
    idnumber: str
    sequence: int
    author: Person
    card: Card
    course_url: str  # of the source course: *Revenir*
    source_category: str = ""
    requested_at: datetime
    state: PublicationState = PublicationState.REQUESTED
    version: int = 0  # given with the claim
    ancestor: str = ""
    contents: Contents = field(default_factory=Contents)
    hub_course_id: int = 0
    hub_url: str = ""
    category_id: int = 0  # where the hub holds it when it was last looked at
    published_at: datetime | None = None
    message: Note | None = None
    warnings: tuple[Note, ...] = ()
    hide_due: bool = False  # withdrawn, and the hub has not hidden its copy yet
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def network_id(self) -> str:
        return network_id(self.site, self.idnumber)

    @property
    def jobkey(self) -> str:
        return f"pub:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    id: str
    publication: str
    version: int
    network_id: str  # of the publication, so that holders can be listed (P13)
    site: str  # where it goes; always the site that asks
    person: Person
    mode: Mode
    target_course_id: int = 0  # merge and replace
    category: str = ""  # idnumber; empty: the site's configured one
    idnumber: str = ""  # of the new course
    requested_at: datetime
    state: RetrievalState = RetrievalState.REQUESTED
    course_id: int = 0
    course_url: str = ""
    told_version: int = 0  # the latest version that its holder was told of (P13)
    message: Note | None = None
    warnings: tuple[Note, ...] = ()
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def jobkey(self) -> str:
        return f"ret:{self.id}"


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


def network_id(site: str, idnumber: str) -> str:
    return f"{site}:{idnumber}"


def copy_idnumber(publication: Publication, *, current: bool) -> str:
    """What the hub's copy is called: the network identifier, or that with its version (P13)."""
    return publication.network_id if current else f"{publication.network_id}@v{publication.version}"


def home_idnumber(retrieval_id: str) -> str:
    """An idnumber for a course that was brought home: its own, the same at every repetition (P11).

    `psl-` and ten letters, which can be no Apogée code (P1).
    """
    digest = int.from_bytes(hashlib.sha256(retrieval_id.encode()).digest()[:8], "big")
    letters = []
    for _ in range(10):
        digest, letter = divmod(digest, 26)
        letters.append(chr(ord("a") + letter))
    return "psl-" + "".join(letters)


def derived_id(*parts: str) -> str:
    """The same id for the same request, so that a repeated request finds what the first one made."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def part_size(filesize: int) -> int:
    """Bytes of each part but the last: 64 MiB, more where 1,000 parts would not do, in whole MiB."""
    needed = -(-filesize // MOST_PARTS)
    return max(SMALLEST_PART, -(-needed // MIB) * MIB)


def part_count(filesize: int) -> int:
    return max(1, -(-filesize // part_size(filesize)))


def expected_part(filesize: int, part: int) -> int:
    """Bytes that part number `part` (from 1) must have."""
    size = part_size(filesize)
    return min(size, filesize - (part - 1) * size)


R = TypeVar("R", Upload, Publication, Retrieval)


def moved(record: R, state: State, at: datetime, why: str) -> R:
    """The record in its next state, with when and why. Raises Conflict where the order forbids it."""
    if type(state) is not type(record.state) or state not in FOLLOWS[type(state)][record.state]:
        raise Conflict(f"{type(record).__name__} cannot go from {record.state} to {state}")
    moment = Moment(state.value, at, why)
    changes: dict[str, Any] = {"state": state, "history": (*record.history, moment)}
    return replace(record, **changes)


# --- what to publish -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publish:
    upload: Upload


@dataclass(frozen=True, slots=True)
class WaitForCheck:
    upload: Upload


@dataclass(frozen=True, slots=True)
class Already:
    publication: Publication


@dataclass(frozen=True, slots=True)
class Skip:
    why: str


def newest(uploads: list[Upload], *states: BackupState, intent: Intent = "share") -> Upload | None:
    found = [u for u in uploads if u.intent == intent and u.state in states]
    return max(found, key=lambda u: u.sequence, default=None)


def choose_upload(uploads: list[Upload], publications: list[Publication]) -> Publish | WaitForCheck | Already:
    """*Mutualiser* takes the newest good backup, and waits for a newer one still under check (P5)."""
    good = newest(uploads, BackupState.ACCEPTED)
    checking = newest(uploads, BackupState.RECEIVED)
    if checking is not None and (good is None or checking.sequence > good.sequence):
        live = _live_publication(checking, publications)
        return Already(live) if live else WaitForCheck(checking)
    if good is not None:
        live = _live_publication(good, publications)
        return Already(live) if live else Publish(good)
    if newest(uploads, BackupState.UPLOADING) is not None:
        raise Refused("backup_uploading")
    refused = newest(uploads, BackupState.REFUSED)
    if refused is not None:
        raise Refused("backup_refused", reason=refused.reasons[0].code if refused.reasons else "")
    raise Refused("no_backup")


def _live_publication(upload: Upload, publications: list[Publication]) -> Publication | None:
    return next((p for p in publications if p.upload == upload.id and p.state in LIVE), None)


def publication_id(upload: Upload, publications: list[Publication]) -> str:
    """One id per upload and attempt: a failed or withdrawn publication may be asked for again (P18)."""
    attempts = sum(1 for p in publications if p.upload == upload.id and p.state not in LIVE)
    return derived_id("publication", upload.id, str(attempts))


def number(upload_id: str, line: CourseLine) -> CourseLine:
    """The line with a sequence number for this upload, the same one where it was given just before (P14)."""
    if line.opened_last == upload_id:
        return line
    return replace(line, sequence=line.sequence + 1, opened_last=upload_id)


def claim(publication: Publication, line: CourseLine) -> CourseLine | Skip:
    """The line with a version for this publication, unless a later upload stands already (P13, P14).

    What was claimed stays so: its restore may be under way, and `crown` says who wins when it has ended.
    """
    if publication.id in line.versions:
        return line
    if publication.sequence < line.published_sequence:
        return Skip("later_published")
    return replace(line, versions=(*line.versions, publication.id))


def version_of(publication_id: str, line: CourseLine) -> int:
    return line.versions.index(publication_id) + 1


def crown(publication: Publication, line: CourseLine) -> CourseLine | None:
    """The line with this publication as its current one; None where a later upload won meanwhile (P14).

    A withdrawn upload may be published again (P18), so an equal sequence number wins over itself, by
    the order of the claims.
    """
    if line.current == publication.id:
        return line
    if publication.sequence < line.published_sequence:
        return None
    older_claim = line.current in line.versions and (
        version_of(publication.id, line) < version_of(line.current, line)
    )
    if publication.sequence == line.published_sequence and older_claim:
        return None
    return replace(line, current=publication.id, published_sequence=publication.sequence)


# --- what to keep ----------------------------------------------------------------------------------


def protected(upload: Upload, publications: list[Publication]) -> bool:
    """A backup that a live publication rests on is never deleted (P6)."""
    return any(p.upload == upload.id and p.state in LIVE for p in publications)


def past_keeping(uploads: list[Upload], publications: list[Publication], keep: int) -> list[Upload]:
    """Accepted and refused backups older than the newest `keep` accepted ones of each intent (P6)."""
    gone: list[Upload] = []
    for intent in ("share", "rollover"):
        mine = sorted((u for u in uploads if u.intent == intent), key=lambda u: -u.sequence)
        accepted = [u for u in mine if u.state == BackupState.ACCEPTED]
        gone += [u for u in accepted[keep:] if not protected(u, publications)]
        if accepted:
            gone += [u for u in mine if u.state == BackupState.REFUSED and u.sequence < accepted[0].sequence]
    # Those that a run deleted in the records and died before it reached the bucket.
    gone += [u for u in uploads if u.state == BackupState.DELETED and not u.purged]
    return sorted(gone, key=lambda u: u.sequence)


# Never completed; or never checked, when its message has left even the dead letters, which keep two weeks.
ABANDONED_AFTER = {
    BackupState.UPLOADING: timedelta(days=7),
    BackupState.RECEIVED: timedelta(days=15),
}


def abandoned(upload: Upload, now: datetime) -> bool:
    after = ABANDONED_AFTER.get(upload.state)
    return after is not None and now - upload.created_at > after


def changed_since(upload: Upload | None, lastchange: datetime | None) -> bool:
    """Whether *Rafraîchir d'abord* is offered (P5). An unknown last change counts as changed."""
    if upload is None:
        return False
    if lastchange is None or upload.lastchange is None:
        return True
    return lastchange > upload.lastchange
