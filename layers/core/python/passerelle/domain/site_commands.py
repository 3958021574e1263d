"""What a site may ask, one class per route (the signed bodies; infra/docs/design.md, "Routes").

`events.site` fills them from JSON and refuses what does not fit, naming the field. Times are Unix
seconds on the wire. `request` is the webhook-id: the same request carries the same one when repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from passerelle.domain.backups.upload import PEOPLE_LARGEST, PEOPLE_SMALLEST, Intent
from passerelle.domain.publishing.publication import Mode
from passerelle.domain.records import Person

MOST_PLUGINS = 2_000  # of one site: the plugin directory lists as many for all


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCommand:
    request: str = ""
    site: str
    type: str
    person: Person | None = None

    @property
    def lang(self) -> str:
        return self.person.lang if self.person else "en"


def _check_digest(name: str, text: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError(f"{name}: 64 lower-case hexadecimal digits")


def _few_plugins(plugins: tuple[str, ...]) -> None:
    if len(plugins) > MOST_PLUGINS:
        raise ValueError("plugins: at most 2,000")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload(SiteCommand):
    route: ClassVar[str] = "uploads"
    intent: Intent
    courseid: int
    idnumber: str
    fullname: str
    shortname: str
    filesize: int
    sha256: str
    lastchange: int | None = None

    def __post_init__(self) -> None:
        if not self.idnumber.strip():
            raise ValueError("idnumber: a course offered to the network needs one")
        _check_digest("sha256", self.sha256)
        if self.filesize < 1:
            raise ValueError("filesize: bytes, at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignParts(SiteCommand):
    route: ClassVar[str] = "parts"
    upload: str
    parts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.parts) > 100:
            raise ValueError("parts: at most 100 at a time")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPeople(SiteCommand):
    """Before `complete`: the hashes of the site's people (P20), or that the site does not send them."""

    route: ClassVar[str] = "people"
    upload: str
    sent: bool
    filesize: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.sent:
            return
        _check_digest("sha256", self.sha256)
        if not PEOPLE_SMALLEST <= self.filesize <= PEOPLE_LARGEST:
            raise ValueError("filesize: bytes, of at most 4,000,000 values")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteUpload(SiteCommand):
    route: ClassVar[str] = "complete"
    upload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPublication(SiteCommand):
    route: ClassVar[str] = "publications"
    """`fits` asks whether the hub can take the course (P16): as it stands, where the site says its `release`
    and the activity and block plugins that the course uses; else as its newest proved backup holds it.
    """

    action: Literal["status", "fits", "publish", "withdraw", "tell_holders", "reclassify_list"]
    courseid: int = 0
    idnumber: str = ""
    lastchange: int | None = None
    # fits
    release: str = ""
    plugins: tuple[str, ...] = ()
    # publish
    title: str = ""
    summary: str = ""
    language: str = ""
    level: str = ""
    licence: str = ""
    declaration: bool = False
    course_url: str = ""
    category_idnumber: str = ""
    # withdraw, tell_holders
    publication: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        _few_plugins(self.plugins)


@dataclass(frozen=True, slots=True)
class Target:
    mode: Mode = "new"
    category_idnumber: str = ""
    courseid: int = 0
    idnumber: str = ""
    confirmed: bool = False  # merge: the teacher was told what will be doubled (R6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRetrieval(SiteCommand):
    route: ClassVar[str] = "retrievals"
    action: Literal["start", "status"]
    publication: str = ""
    retrieval: str = ""
    target: Target = field(default_factory=Target)


@dataclass(frozen=True, slots=True)
class LeftOutThing:
    kind: Literal["section", "activity", "group"]
    id: int  # on the origin, as `contents` lists it


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRollover(SiteCommand):
    """*Récupérer la sauvegarde 24/25* (R1–R13). `courseid` is the target, on the site that asks.

    - `status`: what the block shows when it opens (button, match, what was found, the latest rollover).
    - `start`: destination, groups, keep_dates, exclude, and source_courseid or source_idnumber where the
      teacher chose another course; `confirmed` repeats the codes of the questions that were answered yes;
      `override` is the reason of somebody allowed to go past R5.
    - `check`: *Vérifier mon cours*; asked on N or, for a course of its own, on N-1. A platform that has a
      year before it and a year after it is both: with `own` it means its own course.
    - `contents`: sections, activities and groups of the archive that a check or rollover has made.
    - `report`: R12's, of `rollover`; format json or html.
    - `undo`: puts the safety backup of `rollover` back.
    - `permit_look`: what `permit` asks for, for who could grant it.
    - `permit`: on N-1, allows the one transfer that `permit` names (R3).
    - `fresh_start`: *Je repars de zéro* (wanted) or not any more.
    """

    route: ClassVar[str] = "rollovers"
    action: Literal[
        "status", "start", "check", "contents", "report", "undo", "permit_look", "permit", "fresh_start"
    ]
    courseid: int = 0
    idnumber: str = ""
    source_courseid: int = 0
    source_idnumber: str = ""
    destination: Literal["replace", "merge", "stash"] = "replace"
    groups: bool = False
    keep_dates: bool = False
    exclude: tuple[LeftOutThing, ...] = ()
    confirmed: tuple[str, ...] = ()
    override: str = ""
    rollover: str = ""
    permit: str = ""
    format: Literal["json", "html"] = "json"
    wanted: bool = True
    own: bool = False

    def __post_init__(self) -> None:
        if len(self.exclude) > 5_000:
            raise ValueError("exclude: at most 5,000 things")
        if len(self.confirmed) > 20:
            raise ValueError("confirmed: at most 20 codes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageBackups(SiteCommand):
    route: ClassVar[str] = "backups"
    action: Literal["list", "download", "delete"]
    courseid: int = 0
    idnumber: str = ""
    upload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCatalogue(SiteCommand):
    route: ClassVar[str] = "catalogue"
    query: str = ""
    language: str = ""
    level: str = ""
    licence: str = ""
    author: str = ""
    activity: str = ""
    from_site: str = ""
    publication: str = ""  # one, with its preview
    after: str | None = None
    limit: int = 20
    # What the site can take, so that the catalogue marks what cannot come (P16); nothing: nothing is marked.
    release: str = ""
    plugins: tuple[str, ...] = ()  # its activities and blocks

    def __post_init__(self) -> None:
        _few_plugins(self.plugins)
        if not 1 <= self.limit <= 50:
            raise ValueError("limit: 1 to 50")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWhy(SiteCommand):
    """*Pourquoi ?*: a `reference`, or somebody (login, e-mail, code or name) and a course (code, idnumber,
    short name or a part of its name). The plugin has checked the capability of who asks.

    `repair`: `plan` shows what would be done for this person in this course, `apply` does it (N27); for that
    the plugin has checked another capability.
    """

    route: ClassVar[str] = "why"
    who: str = field(default="", repr=False)
    course: str = ""
    reference: str = ""
    repair: Literal["", "plan", "apply"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConnection(SiteCommand):
    """The first request of a Moodle, signed with the key of its code. `claim`: a word of its own, hashed,
    by which it is known when it asks again.
    """

    route: ClassVar[str] = "connection"
    wwwroot: str
    claim: str

    def __post_init__(self) -> None:
        _check_digest("claim", self.claim)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepToken(SiteCommand):
    """- `keep`: stores the web-service token and asks the Moodle whether it fits.
    - `check`: asks again.
    - `withdraw`: forgets the token and the secret (*Déconnecter*).
    """

    route: ClassVar[str] = "token"
    action: Literal["keep", "check", "withdraw"]
    wwwroot: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.action == "keep" and not (16 <= len(self.token) <= 128 and self.token.isalnum()):
            raise ValueError("token: letters and digits, as Moodle makes it")


@dataclass(frozen=True, slots=True)
class ReportedJob:
    jobkey: str
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJobs(SiteCommand):
    """What the jobs say of themselves is not believed: the Moodle is asked, once one says that it ended."""

    route: ClassVar[str] = "jobs"
    jobs: tuple[ReportedJob, ...]

    def __post_init__(self) -> None:
        if len(self.jobs) > 100:  # the plugin tells of 50
            raise ValueError("jobs: at most 100 at a time")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignSource(SiteCommand):
    route: ClassVar[str] = "source"
    jobkey: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterConsole(SiteCommand):
    """The site vouches for its person: a way into the console, for the browser that holds `browser`."""

    route: ClassVar[str] = "console"
    browser: str  # what the console gave the browser, hashed: 64 hexadecimal digits

    def __post_init__(self) -> None:
        _check_digest("browser", self.browser)
