"""Publication and retrieval: the records kept, and the decisions taken on them (P1–P18).

A *network course* is `{site}:{idnumber}`; its line of publications is a `CourseLine`. Everything here is
data and pure functions; `passerelle.usecases` acts on what they decide.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from passerelle.domain.backups.upload import CourseLine, Upload, newest
from passerelle.domain.records import Moment, Note, Person, derived_id, network_id
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.errors import Refused

Mode = Literal["new", "merge", "replace"]

LIVE = frozenset({PublicationState.REQUESTED, PublicationState.RESTORING, PublicationState.PUBLISHED})


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


def claim(publication: Publication, line: CourseLine) -> CourseLine | Skip:
    """The line with a version for this publication, unless a later upload stands already (P13, P14).

    What was claimed stays so: its restore may be under way, and `make_current` says who wins when it ends.
    """
    if publication.id in line.versions:
        return line
    if publication.sequence < line.published_sequence:
        return Skip("later_published")
    return replace(line, versions=(*line.versions, publication.id))


def version_of(publication_id: str, line: CourseLine) -> int:
    return line.versions.index(publication_id) + 1


def make_current(publication: Publication, line: CourseLine) -> CourseLine | None:
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
