"""What the plugin `local_passerelle` is asked and answers (infra/docs/design.md, "The plugins' contract")."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from passerelle.domain.moodle.core import User
from passerelle.domain.moodle.left_out import LeftOut


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of a restore's map: what had the id `old` on the origin has `new` here."""

    kind: str  # course, section, module
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class JobMessage:
    """Moodle's own words may name people: `message` is for the person who asked, never for a log."""

    code: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    jobkey: str
    status: JobStatus
    kind: str = ""  # backup, restore, undo, stash
    phase: str = ""
    progress: float = 0.0
    courseid: int | None = None
    courseurl: str | None = None
    map: tuple[Moved, ...] = ()
    warnings: tuple[JobMessage, ...] = ()
    error: JobMessage | None = None
    upload: str | None = None  # the upload that a finished backup was sent as
    timemodified: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.status in (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class RestoreMode(StrEnum):
    NEW = "new"
    MERGE = "merge"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Owner:
    username: str = field(repr=False)
    role: str = ""  # short name


@dataclass(frozen=True, slots=True)
class ArchiveAddress:
    """Where a site fetches an archive. The address is presigned: it opens the archive to its holder."""

    url: str = field(repr=False)
    sha256: str = ""
    filesize: int = 0


@dataclass(frozen=True, slots=True)
class Restore:
    """`courseid` for merge and replace; `category` (idnumber) and the names for new."""

    jobkey: str
    source: ArchiveAddress
    mode: RestoreMode
    courseid: int | None = None
    category: str = ""
    fullname: str = ""
    shortname: str = ""
    idnumber: str = ""
    visible: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[LeftOut, ...] = ()
    keep_dates: bool = False
    owners: tuple[Owner, ...] = ()
    person: str = field(default="", repr=False)  # username: everything becomes theirs; empty: nobody's (P19)


@dataclass(frozen=True, slots=True)
class Plugin:
    name: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class SiteRole:
    id: int
    shortname: str
    name: str = ""
    archetype: str = ""
    contextlevels: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    allowed: bool = True  # whether the site lets Passerelle give it in courses; an older plugin does not say


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """Bytes, but for `max_input_vars`. 0 where the site does not say."""

    max_input_vars: int = 0
    upload_max_filesize: int = 0
    post_max_size: int = 0
    course_maxbytes: int = 0


@dataclass(frozen=True, slots=True)
class SiteCron:
    """In seconds. `atonce`: jobs start with the request that asks for them, without cron."""

    idle: int | None = None  # since cron last began; None where it never did
    every: int = 0  # between its last two beginnings; 0 where there were none
    atonce: bool = False


@dataclass(frozen=True, slots=True)
class SiteFacts:
    release: str
    version: str = ""
    site: str = ""  # the site's name in the plugin's own settings
    wwwroot: str = ""
    plugins: Mapping[str, int] = field(default_factory=dict)
    roles: tuple[SiteRole, ...] = ()
    modules: tuple[Plugin, ...] = ()
    blocks: tuple[Plugin, ...] = ()
    limits: SiteLimits = field(default_factory=SiteLimits)
    languages: tuple[str, ...] = ()
    now: datetime | None = None
    cron: SiteCron | None = None  # an older plugin does not say

    def role(self, shortname: str) -> SiteRole | None:
        return next((role for role in self.roles if role.shortname == shortname), None)


@dataclass(frozen=True, slots=True)
class Holding:
    """What keeps a course from being empty: `kind` as the plugin names it, and how many."""

    kind: str
    count: int = 0


def spell_holds(holds: Iterable[Holding]) -> str:
    """As a note keeps it, to be worded later in the language of whoever reads: `activities: 3`."""
    return ", ".join(f"{one.kind}: {one.count}" for one in holds)


def read_holds(text: str) -> tuple[Holding, ...]:
    """What `spell_holds` wrote; nothing for any other text."""
    found = [re.fullmatch(r"(\w+): (\d+)", part) for part in text.split(", ")]
    return tuple(Holding(one[1], int(one[2])) for one in found if one) if all(found) else ()


@dataclass(frozen=True, slots=True)
class CourseState:
    exists: bool
    courseid: int = 0
    idnumber: str = ""
    shortname: str = ""
    fullname: str = ""
    visible: bool = False
    empty: bool = False
    holds: tuple[Holding, ...] = ()
    sections: int = 0
    activities: int = 0
    users: int = 0
    lastchange: datetime | None = None
    editingteachers: tuple[str, ...] = field(default=(), repr=False)  # usernames
    teachers: tuple[str, ...] = field(default=(), repr=False)
    restoredfrom: str = ""


@dataclass(frozen=True, slots=True)
class ChangedCourse:
    id: int
    idnumber: str = ""
    lastchange: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundUsers:
    """The users who hold one of the values asked for, compared exactly, without case."""

    value: str = field(repr=False)
    users: tuple[User, ...] = ()


class UserField(StrEnum):
    EMAIL = "email"
    USERNAME = "username"
    IDNUMBER = "idnumber"


@dataclass(frozen=True, slots=True)
class OperationVerdict:
    """What became of one operation of `apply`. Its text stays with Moodle: the code says enough."""

    id: str
    ok: bool
    changed: bool = False
    errorcode: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Notification:
    """`key` makes it one message however often it is sent; `kind` picks the sentence in the plugin."""

    key: str
    username: str = field(repr=False)
    kind: str = ""
    lang: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


def message_to_each(
    usernames: Iterable[str], key: str, lang: str, values: Mapping[str, str]
) -> tuple[Notification, ...]:
    """One `subject` and `text` to each of them; `key` makes it one message, however often it is sent."""
    return tuple(
        Notification(f"{key}:{username}", username, kind="message", lang=lang, values=values)
        for username in usernames
    )


@dataclass(frozen=True, slots=True)
class NotificationVerdict:
    key: str
    ok: bool = True
    errorcode: str = ""
