"""What a site holds. Times are Unix seconds, 0 where Moodle says "never"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from passerelle_laptop.site_client import Sending


@dataclass(slots=True)
class User:
    id: int
    username: str
    firstname: str
    lastname: str
    email: str
    idnumber: str = ""
    auth: str = "manual"
    lang: str = "en"
    suspended: bool = False
    confirmed: bool = True
    city: str = ""
    country: str = ""
    institution: str = ""
    department: str = ""
    phone1: str = ""
    description: str = ""
    timezone: str = "99"
    mailformat: int = 1
    timecreated: int = 0
    firstaccess: int = 0
    lastaccess: int = 0
    customfields: dict[str, str] = field(default_factory=dict)
    # Moodle made the first password, mailed it and forces its change.
    forcepasswordchange: bool = False

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass(slots=True)
class Role:
    id: int
    shortname: str
    name: str
    archetype: str
    contextlevels: tuple[str, ...]
    capabilities: tuple[str, ...] = ()


@dataclass(slots=True)
class Category:
    id: int
    name: str
    parent: int = 0
    idnumber: str = ""
    description: str = ""
    visible: bool = True
    sortorder: int = 0
    timemodified: int = 0


@dataclass(slots=True)
class Module:
    """An activity. `folder` names its XML files in the site's vault (archive.py)."""

    id: int
    modname: str
    name: str
    section: int  # id of its section
    contextid: int
    instance: int
    folder: str
    visible: bool = True
    idnumber: str = ""
    indent: int = 0
    groupmode: int = 0
    groupingid: int = 0
    completion: int = 0
    availability: str | None = None
    intro: str = ""
    discussions: int = 0
    # What distinguishes an announcements forum from another.
    kind: str = ""
    added: int = 0


@dataclass(slots=True)
class Section:
    id: int
    number: int
    name: str | None = None
    summary: str = ""
    summaryformat: int = 1
    visible: bool = True
    availability: str | None = None
    modules: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """What a course holds beside its columns, replaced as a whole by a restore and its undoing.

    `files` are rows of `files.xml` (the payload lies in the vault); `base` names the XML files that
    are neither a section's nor an activity's, by their path in the archive.
    """

    sections: dict[int, Section] = field(default_factory=dict)
    modules: dict[int, Module] = field(default_factory=dict)
    files: list[dict[str, str]] = field(default_factory=list)
    blocks: dict[str, str] = field(default_factory=dict)  # folder in the archive → vault key
    base: str = ""
    questions: int = 0
    badges: int = 0
    bankitems: int = 0
    # The course's context id as the XML files know it.
    coursecontext: int = 0
    archives: int = 0  # how many were restored into it: the next one's inner ids move out of the way


@dataclass(slots=True)
class Origin:
    """Where the content of a course came from."""

    wwwroot: str
    courseid: int
    fullname: str
    jobkey: str
    time: int

    def __str__(self) -> str:
        return f"{self.wwwroot}/course/view.php?id={self.courseid}"


@dataclass(slots=True)
class Course:
    id: int
    shortname: str
    fullname: str
    category: int
    idnumber: str = ""
    summary: str = ""
    summaryformat: int = 1
    format: str = "topics"
    formatoptions: dict[str, str] = field(default_factory=dict)
    visible: bool = True
    startdate: int = 0
    enddate: int = 0
    showgrades: int = 1
    newsitems: int = 5
    maxbytes: int = 0
    showreports: int = 0
    groupmode: int = 0
    groupmodeforce: int = 0
    defaultgrouping: int = 0
    enablecompletion: int = 1
    completionnotify: int = 0
    lang: str = ""
    theme: str = ""
    tags: list[str] = field(default_factory=list)
    customfields: dict[str, str] = field(default_factory=dict)
    timecreated: int = 0
    timemodified: int = 0
    # Writing events of teaching level and block changes, Passerelle's own jobs aside.
    lastevent: int = 0
    # Rises with every such event: what an undo asks, finer than a second.
    edits: int = 0
    contextid: int = 0
    content: Content = field(default_factory=Content)
    restoredfrom: Origin | None = None
    restores: int = 0


@dataclass(slots=True)
class EnrolInstance:
    """A way into a course: `manual`, `self`, `guest`, or `passerelle` with source `night` or `shop`."""

    id: int
    courseid: int
    enrol: str
    name: str = ""
    status: int = 0
    source: str = ""


@dataclass(slots=True)
class UserEnrolment:
    id: int
    instance: int
    courseid: int
    userid: int
    status: int = 0
    timestart: int = 0
    timeend: int = 0


@dataclass(slots=True)
class Assignment:
    """A role someone has somewhere. `component` and `itemid` name the enrolment that gave it."""

    id: int
    roleid: int
    userid: int
    level: str
    instance: int
    component: str = ""
    itemid: int = 0


@dataclass(slots=True)
class Group:
    id: int
    courseid: int
    name: str
    idnumber: str = ""
    description: str = ""
    descriptionformat: int = 1
    enrolmentkey: str | None = None
    visibility: int = 0
    participation: bool = True
    members: dict[int, int] = field(default_factory=dict)  # user id → id of the Member


@dataclass(slots=True)
class Member:
    id: int
    group: int
    userid: int
    component: str = ""
    itemid: int = 0
    timeadded: int = 0


@dataclass(slots=True)
class Grouping:
    id: int
    courseid: int
    name: str
    idnumber: str = ""
    description: str = ""
    groups: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Cohort:
    id: int
    name: str
    idnumber: str
    description: str = ""
    visible: bool = True
    component: str = ""
    members: dict[int, int] = field(default_factory=dict)  # user id → id of the row


@dataclass(slots=True)
class CohortMember:
    id: int
    cohort: int
    userid: int


@dataclass(slots=True)
class Owned:
    """A row of `local_passerelle_owned`: what the night made or adopted."""

    id: int
    kind: str  # category, course, group, user, cohort
    instance: int
    time: int = 0
    adopted: bool = False


@dataclass(slots=True)
class Message:
    id: int
    touser: int
    text: str
    time: int
    fromuser: int
    # For what `local_passerelle_notify` sent.
    key: str = ""
    kind: str = ""
    lang: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StashedFile:
    """A backup in someone's private backup area."""

    filename: str
    size: int
    sha256: str
    path: str
    time: int


@dataclass(slots=True)
class Safety:
    """What stood in a course before a restore changed it."""

    course: Course
    groups: dict[int, Group]
    groupings: dict[int, Grouping]
    # How the course stood when the restore had ended.
    edits: int = 0
    restores: int = 0


@dataclass(slots=True)
class Job:
    jobkey: str
    kind: str
    args: dict[str, Any]
    status: str = "queued"
    phase: str = ""
    progress: float = 0.0
    courseid: int | None = None
    map: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    error: dict[str, str] | None = None
    upload: str | None = None
    timemodified: int = 0
    attempts: int = 0
    # A course this job made and that must go if it fails.
    made: int | None = None
    safety: Safety | None = None
    undoneby: str = ""  # jobkey
    workfile: str = ""
    # How far the upload of a backup has come.
    sending: Sending | None = None
    # Faults: it never goes on; or it goes on and tells nobody.
    stuck: bool = False
    unreported: bool = False

    @property
    def ended(self) -> bool:
        return self.status in {"done", "failed", "cancelled"}

    def row(self, base_url: str) -> dict[str, Any]:
        """As `local_passerelle_get_jobs` shows it."""
        return {
            "jobkey": self.jobkey,
            "kind": self.kind,
            "status": self.status,
            "phase": self.phase,
            "progress": self.progress,
            "courseid": self.courseid,
            "courseurl": f"{base_url}/course/view.php?id={self.courseid}" if self.courseid else None,
            "map": list(self.map),
            "warnings": list(self.warnings),
            "error": self.error,
            "upload": self.upload,
            "timemodified": self.timemodified,
        }
