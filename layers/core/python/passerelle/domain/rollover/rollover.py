"""Last year's course on this year's platform (R1–R13): the records kept, and the decisions taken on them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import spell_holds
from passerelle.domain.records import Moment, Note, Person, derived_id
from passerelle.domain.states import BackupState, RolloverState

if TYPE_CHECKING:
    from passerelle.domain.backups.manifest import Group
    from passerelle.domain.moodle.core import CourseSection
    from passerelle.domain.moodle.plugin import CourseState

# `check` is *Vérifier mon cours*: a backup and its report, and no course is touched.
Destination = Literal["stash", "replace", "merge", "check"]

UNDER_WAY = frozenset(
    {
        RolloverState.REQUESTED,
        RolloverState.BACKING_UP,
        RolloverState.CHECKED,
        RolloverState.RESTORING,
    }
)
SAFETY_KEPT = timedelta(days=30)  # by the plugin (R11)

# R7 as the plugin takes it: it never brings people, enrolments, comments, completion, logs, grade history,
# progress or events, and always keeps what R8 keeps, whoever asks; it refuses a setting that says otherwise.
# What it leaves to be chosen is said in full: no site's default decides.
_ALWAYS = (
    "activities blocks filters badges questionbank competencies customfield contentbankcontent permissions "
    "legacyfiles"
)
ALWAYS: Mapping[str, str] = dict.fromkeys(_ALWAYS.split(), "1")
OVERRIDE_SETTING = "override_notempty"  # the plugin's word for R5's way past a refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the teacher chose (R6–R8)."""

    destination: Destination = "replace"
    groups: bool = False
    keep_dates: bool = False
    exclude: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody allowed went past R5: who, why, and what was found there."""

    username: str = field(repr=False)
    reason: str
    at: datetime
    found: tuple[str, ...] = ()  # codes of what was gone past


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollover:
    id: str
    site: str  # of year N; always the site that asks
    previous: str  # the site of year N-1, as network.yaml names it
    person: Person
    course_id: int  # the target; 0 for a check asked on N-1 itself
    idnumber: str = ""
    fullname: str = ""
    source_id: int
    source_idnumber: str = ""
    source_fullname: str = ""
    source_start: datetime | None = None
    target_start: datetime | None = None
    wish: Wish = field(default_factory=Wish)
    override: Override | None = None
    permit: str = ""  # the permit that it used (R3)
    plan: str = ""  # the faculty's plan that it belongs to (R13)
    others: tuple[str, ...] = field(default=(), repr=False)  # usernames of who shares the target (R5)
    doubled: int = 0
    backup_job: str = ""
    upload: str = ""
    requested_at: datetime
    state: RolloverState = RolloverState.REQUESTED
    course_url: str = ""
    ended_at: datetime | None = None
    undo_asked: bool = False
    undo_attempt: int = 0
    undo_note: Note | None = None  # why the undo came to nothing
    findings: dict[str, int] = field(default_factory=dict)  # of the report: code → how many
    reported: bool = False
    word_due: bool = False  # ended, and its person was not told yet
    message: Note | None = None
    warnings: tuple[Note, ...] = ()
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def target(self) -> str:
        return f"{self.site}#{self.course_id}"

    @property
    def source(self) -> str:
        return f"{self.previous}#{self.source_id}"

    @property
    def jobkey(self) -> str:
        return f"rol:{self.id}"

    @property
    def undo_jobkey(self) -> str:
        """Another one for each attempt: a Moodle answers one key the same for ever."""
        return f"und:{self.id}.{self.undo_attempt}"

    @property
    def report_key(self) -> str:
        return f"rollovers/{self.id}.json"

    @property
    def private_area(self) -> str:
        """Where a stash of this course goes, as a lock names it: one delivery at a time (R4)."""
        return f"{self.course_id}/stash/{self.person.username}"

    @property
    def only_check(self) -> bool:
        return self.wish.destination == "check"

    @property
    def changes_course(self) -> bool:
        return self.wish.destination in ("replace", "merge")

    @property
    def under_way(self) -> bool:
        if self.only_check and self.state == RolloverState.CHECKED:
            return not self.reported
        return self.state in UNDER_WAY

    @property
    def watched(self) -> bool:
        """Whether something is still owed to it: a step, or a word to who asked."""
        return self.under_way or self.word_due

    def may_be_undone(self, now: datetime) -> bool:
        return (
            self.state == RolloverState.DONE
            and self.ended_at is not None
            and now - self.ended_at <= SAFETY_KEPT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A link that allows one transfer (R3): asked by who teaches only the target, granted on N-1."""

    id: str
    site: str
    course_id: int
    previous: str
    source_id: int
    person: Person
    asked_at: datetime
    granted_by: str = field(default="", repr=False)  # {site}:{username}
    granted_at: datetime | None = None
    used_by: str = ""  # rollover
    revision: int = 0

    @property
    def target(self) -> str:
        return f"{self.site}#{self.course_id}"


WHEREABOUTS_PAGE = 200  # old ids under one page


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where sections and modules of last year's courses stand now, for links from other courses (R12).

    A page holds the ids of one kind from `WHEREABOUTS_PAGE * n` on.
    """

    id: str
    at: datetime
    moved: dict[str, tuple[str, int]] = field(default_factory=dict)  # id there → (rollover, id here)
    revision: int = 0


def whereabouts_id(previous: str, site: str, kind: str, number: int) -> str:
    return f"{previous}#{site}#{kind}#{number // WHEREABOUTS_PAGE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshStart:
    """*Je repars de zéro*: a teacher wants nothing of last year here (R13)."""

    id: str  # {site}#{course id}
    site: str
    username: str = field(repr=False)
    at: datetime
    revision: int = 0


def rollover_id(site: str, request: str) -> str:
    return derived_id("rollover", site, request)


def permit_id(site: str, course_id: int, previous: str, source_id: int, username: str) -> str:
    return derived_id("permit", site, str(course_id), previous, str(source_id), username.lower())


# --- matching (R1) ----------------------------------------------------------------------------------

_FOAD = re.compile(r"(?<![A-Z0-9])FOAD(?![A-Z0-9])|FOAD\Z|\AFOAD")


def is_foad(idnumber: str) -> bool:
    """Whether an idnumber is that of a distance course: `FOAD` stands in it as a word, first or last (N9)."""
    return _FOAD.search(idnumber.upper()) is not None


def bare_code(idnumber: str) -> str:
    """The Apogée code without the mark of a distance course and of the archive, in upper case."""
    code = re.sub(r"\Aex_", "", idnumber.strip(), flags=re.IGNORECASE)
    return re.sub(r"[\s_-]*FOAD[\s_-]*", "", code.upper())


def differences(target: str, source: str) -> tuple[Note, ...]:
    """Why an explicitly chosen course looks like the wrong one (D18); empty where the two fit."""
    if target.strip() == source.strip():
        return ()
    if is_foad(target) != is_foad(source):
        return (Note("foad_differs", {"target": target, "source": source}),)
    if bare_code(target) != bare_code(source):
        return (Note("other_code", {"target": target, "source": source}),)
    return ()


# --- what may be done to the target (R5, R6) --------------------------------------------------------


def objections_of_target(state: CourseState, destination: Destination) -> tuple[Note, ...]:
    """What R5 refuses, naming what was found. A merge deletes nothing, so only a former restore stops it."""
    found: list[Note] = []
    if destination not in ("replace", "merge"):
        return ()
    if state.restoredfrom:
        found.append(Note("rollover_restored", {"origin": state.restoredfrom}))
    if destination == "replace" and not state.empty:
        found.append(Note("rollover_not_empty", {"holds": spell_holds(state.holds)}))
    return tuple(found)


def doubled(target: Iterable[CourseSection], source: Iterable[CourseSection]) -> int:
    """How many resources a merge would make twice: same kind and name on both sides (R6).

    The announcements forum that every course is born with counts: a real Moodle makes a second one of it.
    """

    def names(sections: Iterable[CourseSection]) -> Counter[tuple[str, str]]:
        return Counter(
            (module.modname, module.name.strip().casefold())
            for section in sections
            for module in section.modules
        )

    return sum((names(target) & names(source)).values())


# --- what is asked of Moodle (R7, R8) ---------------------------------------------------------------


def settings_of(wish: Wish, *, override: bool = False) -> dict[str, str]:
    wanted = {**ALWAYS, "groups": "1" if wish.groups else "0"}
    if override:
        wanted[OVERRIDE_SETTING] = "1"
    return wanted


def made_by_hand(group: Group, of_the_night: Container[int] | None = None) -> bool:
    """Whether R7 lets a group come. `of_the_night`: ids that last year's night marked as its own.

    None where no night of Passerelle ran there. Then the idnumber decides: the night's groups bear the Apogée
    code (N1), and who makes one by hand seldom gives it a number.
    """
    if of_the_night is None:
        return not group.idnumber.strip()
    return group.id not in of_the_night


def left_out(
    wish: Wish, groups: Iterable[Group], of_the_night: Container[int] | None = None
) -> tuple[LeftOut, ...]:
    """What the restore leaves out: the teacher's choice, and every group that was not made by hand (R7)."""
    chosen = list(wish.exclude)
    if wish.groups:
        known = {(one.kind, one.id) for one in chosen}
        chosen += [
            LeftOut("group", group.id)
            for group in groups
            if not made_by_hand(group, of_the_night) and ("group", group.id) not in known
        ]
    return tuple(chosen)


_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_TITLE = 60  # characters of a title in a file's name


def stash_name(code: str, title: str, year: str, made: datetime) -> str:
    """`{code}_{title}_{year}_{date}.mbz` (R4): what stands before the date is the same for a newer one."""

    def safe(text: str) -> str:
        spread = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae"))
        plain = "".join(letter for letter in spread if not unicodedata.combining(letter))
        return _UNSAFE.sub("-", plain).strip("-")

    parts = [safe(code) or "cours", safe(title)[:_TITLE].strip("-"), safe(year), f"{made:%Y%m%d}"]
    return "_".join(part for part in parts if part) + ".mbz"


# --- freshness (R9, R10) ----------------------------------------------------------------------------


def fresh_upload(uploads: Iterable[Upload], lastchange: datetime | None) -> Upload | None:
    """The newest backup of intent `rollover` that holds the course's last change; None: make one.

    Accepted, or still under check. A course whose last change is unknown counts as changed.
    """
    good = [
        upload
        for upload in uploads
        if upload.intent == "rollover" and upload.state in (BackupState.ACCEPTED, BackupState.RECEIVED)
    ]
    newest = max(good, key=lambda upload: upload.sequence, default=None)
    if newest is None or lastchange is None or newest.lastchange is None or lastchange > newest.lastchange:
        return None
    return newest


def backup_jobkey(site: str, course_id: int, lastchange: datetime | None, attempt: int) -> str:
    """One state of a course is backed up once, whoever asks first: the night, a teacher, a plan."""
    changed = int(lastchange.timestamp()) if lastchange else 0
    return f"bak:{site}:{course_id}:{changed}.{attempt}"


# --- who teaches where (D20) ------------------------------------------------------------------------


def teaching(state: CourseState) -> frozenset[str]:
    return frozenset(name.lower() for name in (*state.editingteachers, *state.teachers))


def edits(state: CourseState, username: str) -> bool:
    return username.lower() in {name.lower() for name in state.editingteachers}


def others_editing(state: CourseState, username: str) -> tuple[str, ...]:
    return tuple(name for name in state.editingteachers if name.lower() != username.lower())
