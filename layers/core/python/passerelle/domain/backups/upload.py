"""A backup on its way to the network: its upload, its parts, and the line of its course (P14)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from passerelle.domain.records import Moment, Note, Person, network_id
from passerelle.domain.states import BackupState

Intent = Literal["share", "rollover"]
# The hashes of the site's people (P20): sent or not (`unknown`: its plugin knows nothing of them), and with
# the verdict what became of them.
People = Literal["unknown", "off", "sent", "compared", "missing", "unreadable"]


MIB = 1024 * 1024
SMALLEST_PART = 64 * MIB
MOST_PARTS = 1000
# Of the file with the hashes of a site's people: a head of 56 bytes, then 8 for each value (P20).
PEOPLE_SMALLEST = 56
PEOPLE_LARGEST = 56 + 8 * 4_000_000


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
    dropped: str = ""  # key in the drop folder that it came from (P21)
    people: People = "unknown"
    people_sha256: str = ""
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
    def people_key(self) -> str:
        return f"people/{self.site}/{self.id}.bin"

    @property
    def manifest_key(self) -> str:
        return f"manifests/{self.id}.json"

    @property
    def survey_key(self) -> str:
        return f"surveys/{self.id}.json"


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


def newest(uploads: list[Upload], *states: BackupState, intent: Intent = "share") -> Upload | None:
    found = [u for u in uploads if u.intent == intent and u.state in states]
    return max(found, key=lambda u: u.sequence, default=None)


NUMBERS_KEPT = 100  # of uploads last opened: a site repeats an opening within days


def number(upload_id: str, line: CourseLine) -> CourseLine:
    """The line with a sequence number for this upload, the same one where it was given before (P14)."""
    if line.opened_last == upload_id or upload_id in line.numbers:
        return line
    sequence = line.sequence + 1
    numbers = {**line.numbers, upload_id: sequence}
    kept = dict(list(numbers.items())[-NUMBERS_KEPT:])
    return replace(line, sequence=sequence, opened_last=upload_id, numbers=kept)


def number_of(upload_id: str, line: CourseLine) -> int:
    return line.numbers.get(upload_id, line.sequence)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine:
    """One course of the network: the last sequence number given and what stands on the hub."""

    id: str  # {site}:{idnumber}
    sequence: int = 0
    opened_last: str = ""  # the upload that got `sequence`: opening it again gives the same number
    numbers: dict[str, int] = field(default_factory=dict)  # of the uploads last opened
    versions: tuple[str, ...] = ()  # publications in the order of their claims; version 1 comes first
    current: str = ""  # id of the publication that holds the network identifier on the hub
    published_sequence: int = 0
    ancestor: str = ""  # the publication this course was retrieved from (P12)
    revision: int = 0
