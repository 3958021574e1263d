"""A whole faculty rolled over as a plan (R13): a line per course, looked at before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from passerelle.domain.moodle.plugin import CourseState, spell_holds
from passerelle.domain.records import Person
from passerelle.domain.rollover.rollover import Rollover, differences, teaching
from passerelle.domain.states import RolloverState

# Seen on two cores (infra/docs/moodle.md): 1 GB takes a Moodle about 50 s to back up and 15 s to restore.
BACKUP_BYTES_PER_SECOND = 20_000_000
RESTORE_BYTES_PER_SECOND = 60_000_000
SECONDS_OF_ANY_BACKUP = 8.0
SECONDS_OF_ANY_RESTORE = 12.0
UNKNOWN_SIZE = 50_000_000  # of a course that was never backed up


class Decision(StrEnum):
    DO = "do"
    SKIP = "skip"  # nothing to do, or somebody chose otherwise
    REFUSE = "refuse"  # R5: a person must look


@dataclass(frozen=True, slots=True)
class PlanLine:
    course_id: int
    idnumber: str
    fullname: str
    verdict: Decision
    why: str = ""  # a code of words.sentences
    detail: str = ""  # what was found
    source_id: int = 0
    source_fullname: str = ""
    size: int = 0  # bytes of the backup at hand; 0: none yet
    fresh: bool = False  # the backup at hand holds the last change
    seconds: float = 0.0  # of the Moodles' work, estimated
    teachers: tuple[str, ...] = field(default=(), repr=False)
    traps: tuple[str, ...] = ()  # D17, D18, D20


@dataclass(frozen=True, slots=True)
class Plan:
    FORMAT: ClassVar[int] = 1

    id: str
    site: str
    previous: str
    category: str
    made_at: int
    lines: tuple[PlanLine, ...]
    without_twin: tuple[tuple[int, str, str], ...] = ()  # last year's: id, idnumber, full name
    parallel: int = 1
    calls: dict[str, int] = field(default_factory=dict)  # to Moodle, by function

    def to_do(self) -> tuple[PlanLine, ...]:
        return tuple(line for line in self.lines if line.verdict == Decision.DO)

    @property
    def seconds(self) -> float:
        """Of the whole, with so many at a time."""
        return sum(line.seconds for line in self.to_do()) / max(1, self.parallel)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRun:
    """A plan that goes on by itself: topped up as its courses end, until it is over or somebody stops it.

    `begun`: how many of the courses to do were begun, in their order; never more than there are rollovers.
    """

    id: str  # the plan's
    site: str
    category: str
    made_at: datetime
    made_by: str = field(repr=False)  # username
    total: int  # courses to do
    applied_by: Person | None = None
    applying: bool = False
    begun: int = 0
    stopped_by: str = field(default="", repr=False)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class TargetHistory:
    """What Passerelle itself knows of one target."""

    latest: Rollover | None = None
    fresh_start: bool = False
    size: int = 0
    fresh: bool = False


def decide(
    target: CourseState, source: CourseState | None, known: TargetHistory, *, doubled_idnumber: bool
) -> PlanLine:
    """One course. It is skipped where a teacher acted or chose *Je repars de zéro* (R13)."""

    def line(verdict: Decision, why: str = "", detail: str = "", **more: Any) -> PlanLine:
        return PlanLine(target.courseid, target.idnumber, target.fullname, verdict, why, detail, **more)

    if known.fresh_start:
        return line(Decision.SKIP, "plan_fresh_start")
    acted = known.latest
    if acted is not None and acted.state not in (RolloverState.REFUSED, RolloverState.FAILED):
        return line(Decision.SKIP, "plan_asked", acted.state.value)
    if not target.idnumber.strip():
        return line(Decision.SKIP, "plan_no_idnumber")
    if doubled_idnumber:
        return line(Decision.REFUSE, "plan_idnumber_twice", target.idnumber)
    if source is None:
        return line(Decision.SKIP, "plan_no_source")
    if target.restoredfrom:
        return line(Decision.REFUSE, "plan_restored", target.restoredfrom)
    if not target.empty:
        return line(Decision.SKIP, "plan_not_empty", spell_holds(target.holds))
    if source.empty:
        return line(Decision.SKIP, "plan_source_empty")
    return line(
        Decision.DO,
        source_id=source.courseid,
        source_fullname=source.fullname,
        size=known.size,
        fresh=known.fresh,
        seconds=estimate(known),
        teachers=target.editingteachers,
        traps=_traps(target, source, known),
    )


def estimate(known: TargetHistory) -> float:
    size = known.size or UNKNOWN_SIZE
    restore = SECONDS_OF_ANY_RESTORE + size / RESTORE_BYTES_PER_SECOND
    backup = 0.0 if known.fresh else SECONDS_OF_ANY_BACKUP + size / BACKUP_BYTES_PER_SECOND
    return round(restore + backup, 1)


def _traps(target: CourseState, source: CourseState, known: TargetHistory) -> tuple[str, ...]:
    found = []
    if len(target.editingteachers) > 1:
        found.append("D17")
    if not known.fresh or differences(target.idnumber, source.idnumber):
        found.append("D18")
    if teaching(target) != teaching(source):
        found.append("D20")
    return tuple(found)


def in_category(categories: Iterable[Mapping[str, Any]], wanted: str) -> frozenset[str]:
    """The idnumbers of a category and of everything below it. Rows are `export`'s: idnumber, parent."""
    children: dict[str, list[str]] = {}
    for row in categories:
        children.setdefault(str(row.get("parent") or ""), []).append(str(row["idnumber"]))
    found: set[str] = set()
    waiting = [wanted]
    while waiting:
        name = waiting.pop()
        if name and name not in found:
            found.add(name)
            waiting += children.get(name, [])
    return frozenset(found)


def without_twin(
    courses: Iterable[Mapping[str, Any]], categories: frozenset[str], matched: frozenset[str]
) -> tuple[tuple[int, str, str], ...]:
    """Last year's courses of the same categories that nothing of this year answers to (R13)."""
    return tuple(
        (int(row["id"]), str(row.get("idnumber") or ""), str(row.get("fullname") or ""))
        for row in courses
        if str(row.get("category") or "") in categories and str(row.get("idnumber") or "") not in matched
    )
