"""What `passerelle rollover` prints with --json."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

from passerelle_cli.answers.notes import Said


class Question(TypedDict):
    code: str
    message: str


class SourceCourse(TypedDict):
    courseid: int
    idnumber: str
    fullname: str


class RolloverDescribed(TypedDict):
    rollover: str
    state: str
    state_word: str
    destination: str
    source: SourceCourse
    requested_at: datetime
    course_url: str
    doubled: int
    message: str
    warnings: list[Said]
    findings: dict[str, int]
    report_ready: bool
    undo_until: datetime | None
    undo_asked: bool
    undo_message: str
    overridden: bool
    override: str
    reference: str
    assistance: str


class RolloverAsked(TypedDict):
    rollover: RolloverDescribed | None
    questions: list[Question]


class PlanProgress(TypedDict):
    plan: str
    begun: int
    total: int
    states: dict[str, int]


class Counted(TypedDict):
    code: str
    title: str
    count: int


class RepairFinding(TypedDict):
    code: str
    title: str
    place: str
    what: str
    times: int
    todo: str
    new_address: str
    repair_at: str


class RolloverReport(TypedDict):
    title: str
    course: str
    course_url: str
    before: bool
    made_at: datetime
    counts: list[Counted]
    findings: list[RepairFinding]
    nothing: str


class PlanOutcome(TypedDict):
    course: int
    idnumber: str
    fullname: str
    state: str
    why: str
    to_repair: int
    rollover: str


class PlanReport(TypedDict):
    plan: str
    courses: list[PlanOutcome]


class ArchiveSection(TypedDict):
    id: int
    number: int
    name: str


class ArchiveActivity(TypedDict):
    id: int
    section: int
    module: str
    title: str


class ArchiveGroup(TypedDict):
    id: int
    name: str


class NightsGroup(ArchiveGroup):
    idnumber: str


class RolloverContents(TypedDict):
    rollover: str
    sections: list[ArchiveSection]
    activities: list[ArchiveActivity]
    groups: list[ArchiveGroup]
    nights_groups: list[NightsGroup]
