"""What Passerelle asks of a learning platform and what that answers, in its own words.

Personal data are kept out of every `repr`: an instance may stand in a log line or a traceback.
Times are aware datetimes; None where Moodle says 0.
Annotations are real types here (no `from __future__`): answers are read into them by their hints.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


def _personal() -> str:
    value: str = field(default="", repr=False)
    return value


# -- people ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """`email` is None where the service may not see it, which is not the same as having none."""

    id: int
    username: str = _personal()
    idnumber: str = _personal()
    firstname: str = _personal()
    lastname: str = _personal()
    email: str | None = field(default=None, repr=False)
    auth: str = ""
    suspended: bool = False
    confirmed: bool = True
    lang: str = ""
    firstaccess: datetime | None = None
    lastaccess: datetime | None = None
    # Only the plugin tells these: core functions never find a deleted account.
    deleted: bool = False
    privileged: bool = False  # an administrator, or a role at site or category level (S6)
    categories: tuple[str, ...] = ()  # idnumbers of those where a role of the category itself creates courses


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to make. There is no field for a password: Moodle makes and mails it (S10)."""

    username: str = field(repr=False)
    firstname: str = field(repr=False)
    lastname: str = field(repr=False)
    email: str = field(repr=False)
    idnumber: str = _personal()
    auth: str = "manual"
    createpassword: bool = True
    lang: str = ""  # an installed pack, or nothing for the site's own
    city: str = _personal()
    country: str = ""
    phone1: str = _personal()
    institution: str = _personal()
    department: str = _personal()


@dataclass(frozen=True, slots=True)
class Role:
    roleid: int
    shortname: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GroupName:
    id: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone enrolled in a course; the fields not asked for keep their defaults."""

    id: int
    username: str = _personal()
    idnumber: str = _personal()
    email: str | None = field(default=None, repr=False)
    roles: tuple[Role, ...] = ()
    groups: tuple[GroupName, ...] = ()
    lastcourseaccess: datetime | None = None


# -- places ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    name: str
    idnumber: str = ""
    parent: int = 0
    coursecount: int = 0
    depth: int = 0
    path: str = ""
    visible: bool = True


@dataclass(frozen=True, slots=True)
class NewCategory:
    name: str
    idnumber: str
    parent: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    id: int
    shortname: str
    fullname: str
    idnumber: str = ""
    categoryid: int = 0
    visible: bool = True
    format: str = ""
    summary: str = ""
    lang: str = ""
    startdate: datetime | None = None
    enddate: datetime | None = None
    timecreated: datetime | None = None
    timemodified: datetime | None = None
    groupmode: int = 0
    defaultgroupingid: int = 0
    enrollmentmethods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseChange:
    id: int
    fullname: str | None = None
    shortname: str | None = None
    categoryid: int | None = None
    idnumber: str | None = None
    visible: bool | None = None
    summary: str | None = None
    startdate: datetime | None = None
    enddate: datetime | None = None


@dataclass(frozen=True, slots=True)
class Module:
    id: int
    name: str
    modname: str
    instance: int = 0
    visible: bool = True
    url: str = ""
    availability: str | None = None


@dataclass(frozen=True, slots=True)
class CourseSection:
    id: int
    name: str
    section: int = 0
    summary: str = ""
    visible: bool = True
    modules: tuple[Module, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrolment:
    courseid: int
    userid: int
    roleid: int
    timestart: datetime | None = None
    timeend: datetime | None = None
    suspend: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    courseid: int
    name: str
    idnumber: str = ""


@dataclass(frozen=True, slots=True)
class NewGroup:
    courseid: int
    name: str
    idnumber: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    groupid: int
    userid: int


@dataclass(frozen=True, slots=True)
class Cohort:
    id: int
    name: str
    idnumber: str = ""
    visible: bool = True


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """`contextlevel` is Moodle's word: system, coursecat, course, module, block, user."""

    roleid: int
    userid: int
    contextlevel: str
    instanceid: int


# -- verdicts -------------------------------------------------------------------------------------


class Outcome(StrEnum):
    DONE = "done"
    FOUND = "found"  # it was there already
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row of a batch. `row` is its place in what was asked, `id` Moodle's own."""

    row: int
    outcome: Outcome
    id: int | None = None
    errorcode: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome is not Outcome.REFUSED


# -- the site itself ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServiceFunction:
    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """What Moodle's own call says of the site and of the account that Passerelle calls it with."""

    sitename: str
    siteurl: str
    userid: int
    release: str = ""
    version: str = ""
    functions: tuple[ServiceFunction, ...] = ()
    userissiteadmin: bool = False
    usermaxuploadfilesize: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    touserid: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """`msgid` is -1 where Moodle could not deliver; its sentence may name the person."""

    msgid: int
    errormessage: str | None = field(default=None, repr=False)
