"""What a Moodle backup says of itself, once it has been read through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Container(StrEnum):
    TGZ = "tgz"
    ZIP = "zip"


class Why(StrEnum):
    """Why a backup is refused. The values are the `code`s of `passerelle mbz inspect --json`."""

    PEOPLE_INSIDE = "people_inside"
    NOT_A_BACKUP = "not_a_backup"
    NOT_A_COURSE = "not_a_course"  # a backup of one activity or one section
    TRUNCATED = "truncated"
    DAMAGED = "damaged"  # a checksum of the container does not hold
    FILES_LEFT_OUT = "files_left_out"
    CONTENT_MISSING = "content_missing"
    CONTENT_ALTERED = "content_altered"  # not the bytes its contenthash promises
    UNSAFE_MEMBER = "unsafe_member"  # leaves the folder, a link, a device
    DUPLICATE_MEMBER = "duplicate_member"  # twice, or differing by case only
    OUT_OF_PROPORTION = "out_of_proportion"
    UNSAFE_XML = "unsafe_xml"
    BAD_XML = "bad_xml"  # a file that Passerelle must read is not well-formed
    NEWER_RELEASE = "newer_release"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Reason:
    code: Why
    message: str  # English; names the member and what to do
    member: str | None = None
    what: str = ""  # a key of domain.backups.refusals, finer than `code`
    details: Mapping[str, str] = field(default_factory=dict)  # what its sentence needs, no personal data


@dataclass(frozen=True, slots=True)
class Origin:
    wwwroot: str
    site_hash: str
    course_id: int
    fullname: str
    shortname: str
    idnumber: str
    format: str
    startdate: datetime | None
    enddate: datetime | None
    summary: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    id: int
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    module_id: int
    section_id: int
    plugin: str  # Moodle's module name: page, quiz, forum …
    title: str
    content: str = ""  # changes with its settings, texts and files (P22); empty where it was not read


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    name: str
    idnumber: str


@dataclass(frozen=True, slots=True)
class LargeFile:
    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Total:
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Files:
    count: int
    total_bytes: int
    largest: tuple[LargeFile, ...] = ()  # largest first, at most ten
    by_mimetype: dict[str, Total] = field(default_factory=dict)


class Means(StrEnum):
    """By what something personal was recognised (P4, P20)."""

    PLACE = "place"  # where Moodle itself writes people
    PLUGIN = "plugin"  # the table of what third-party plugins write
    VALUE = "value"  # its whole value is one or more e-mail addresses
    TEXT = "text"  # an e-mail address inside a text
    NAME = "name"  # the name of its element or attribute
    INFOREF = "inforef"  # Moodle's own list of whom an activity refers to
    PEOPLE = "people"  # the site's own knowledge of its people
    KEY = "key"  # a password that opens something


@dataclass(frozen=True, slots=True)
class PersonalTrace:
    """One kind of personal datum (P4): where it stands and how often, never its value."""

    member: str
    element: str
    count: int
    scrubbed: bool  # False: reported only
    means: Means = Means.PLACE


@dataclass(frozen=True, slots=True)
class OldLink:
    """A link to the platform of origin: typed as an address, or encoded by Moodle (`$@…@$`) towards
    something that is not in the backup, and then given as the address that a restore writes back, or as it
    stands where only its own plugin knows that address."""

    member: str
    url: str


@dataclass(frozen=True, slots=True)
class Manifest:
    FORMAT: ClassVar[int] = 1

    container: Container
    moodle_release: str  # 4.5.6 (Build: 20250811)
    moodle_version: str  # 2024100706
    backup_release: str  # 4.5
    backup_version: str
    backup_date: datetime
    origin: Origin
    settings: dict[str, str]  # root settings of moodle_backup.xml
    sections: tuple[Section, ...]
    activities: tuple[Activity, ...]
    plugins: tuple[str, ...]  # Frankenstyle: mod_page, qtype_multichoice, block_html, format_topics …
    groups: tuple[Group, ...]
    files: Files
    people: bool
    people_evidence: tuple[str, ...]  # how that is known: members and elements, no names
    traces: tuple[PersonalTrace, ...]
    old_links: tuple[OldLink, ...]  # the first 500
    size: int  # bytes of the archive
    sha256: str  # empty where the archive was not read through (a zip looked at by ranges)
    old_link_count: int = 0
    left_out: tuple[str, ...] = ()  # members that Moodle never writes: not in the scrubbed archive
    left_out_count: int = 0
    people_known: bool = False  # the site's own knowledge of its people was at hand (P20)


@dataclass(frozen=True, slots=True)
class Inspection:
    """The verdict on one archive. `manifest` is None where the archive could not be read so far."""

    accepted: bool
    reasons: tuple[Reason, ...]
    manifest: Manifest | None
