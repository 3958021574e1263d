"""A night's report as data: how it went, what it did, what somebody has to repair."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from passerelle.domain.night.plan.plan import Phase
from passerelle.domain.night.plan.run import Run
from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import Extracts, FileProblem, RefusedRow
from passerelle.domain.offer.structure import Structure
from passerelle.domain.states import RunState

NIGHTS_SHOWN = 30

# Kinds of operations, as figures: what each adds, changes or takes away.
ADDED: tuple[str, ...] = (
    *("user_create", "user_unsuspend", "cohort_create", "cohort_add", "category_create", "course_create"),
    *("group_create", "enrol", "member_add"),
)
REMOVED: tuple[str, ...] = (
    *("user_suspend", "cohort_remove", "category_delete", "course_archive", "group_delete"),
    *("suspend", "unenrol", "member_remove"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to repair. `faculty`: code of the category at the top, empty where there is none."""

    reason: Reason
    faculty: str

    @property
    def check(self) -> str:
        return self.reason.about.check

    @property
    def repairs(self) -> Repairs:
        return self.reason.about.repairs


@dataclass(frozen=True, slots=True)
class StageLine:
    stage: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    done: int
    failed: int
    frozen: int
    holds: tuple[str, ...]
    error: str
    released_by: str

    @property
    def seconds(self) -> int:
        return int((self.finished_at - self.started_at).total_seconds()) if self.finished_at else 0


@dataclass(frozen=True, slots=True)
class Trend:
    """One night among the last ones; `seconds` over its stages."""

    night: str
    added: int
    changed: int
    removed: int
    seconds: int
    held: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class SourceFile:
    file: str
    rows: int
    before: int | None  # on the last good night
    refused: int


@dataclass(frozen=True, slots=True)
class NotApplied:
    """An operation that Moodle refused, or on which it broke. The next night plans it again."""

    kind: str  # of KINDS
    where: str  # idnumbers, from the outside in
    errorcode: str
    person: str = field(default="", repr=False)  # a login


@dataclass(frozen=True, slots=True)
class NightReport:
    site: str
    title: str
    night: date
    year: str
    made_at: datetime
    stages: tuple[StageLine, ...] = ()
    lines: tuple[Line, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()
    untouched: int = 0
    elsewhere: int = 0  # IP rows on codes that are no element
    sources: tuple[SourceFile, ...] = ()
    trend: tuple[Trend, ...] = ()
    faculties: Mapping[str, str] = field(default_factory=dict)  # code → title
    courses: Mapping[str, str] = field(default_factory=dict)  # code or idnumber → name, of those named here
    people: Mapping[str, str] = field(default_factory=dict, repr=False)  # code → name, of those named here
    pages: Mapping[str, str] = field(default_factory=dict)  # code or idnumber → the course in Moodle

    @property
    def never_ran(self) -> bool:
        return not self.stages and self.missing

    @property
    def missing(self) -> bool:
        """Stages whose hour has passed, and that never began."""
        return any(line.reason.cause is Cause.STAGE_MISSING for line in self.lines)

    @property
    def would(self) -> Mapping[str, int]:
        """What plans would have done that are held."""
        return _added_up(stage.counts for stage in self.stages if stage.state == RunState.HELD)

    @property
    def done(self) -> Mapping[str, int]:
        return _added_up(stage.counts for stage in self.stages if stage.state != RunState.HELD)

    @property
    def counts(self) -> Mapping[str, int]:
        return _added_up(stage.counts for stage in self.stages)

    @property
    def held(self) -> bool:
        return any(stage.state == RunState.HELD for stage in self.stages)

    @property
    def failed(self) -> bool:
        return any(stage.state == RunState.FAILED or stage.failed for stage in self.stages)

    def by_repairs(self) -> Iterator[tuple[Repairs, tuple[Line, ...]]]:
        for repairs in Repairs:
            mine = tuple(line for line in self.lines if line.repairs == repairs)
            if mine:
                yield repairs, mine

    def by_faculty(self) -> Mapping[str, tuple[Line, ...]]:
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            found[line.faculty].append(line)
        return {code: tuple(found[code]) for code in sorted(found)}


def _added_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a report is made of. `runs`: all that are known of the site; `good_rows`: file → rows."""

    site: str
    title: str
    night: date
    made_at: datetime
    extracts: Extracts
    desired: Desired
    findings: tuple[Reason, ...] = ()
    runs: tuple[Run, ...] = ()
    good_rows: Mapping[str, int] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)  # idnumber → address, of courses in Moodle
    failures: tuple[Mapping[str, Any], ...] = ()  # lines of plans, each with Moodle's `errorcode`


def compose(made_of: Ingredients) -> NightReport:
    top = _faculty_of(made_of.desired.structure)
    lines = [Line(one, top(_element_of(made_of.desired, one.course))) for one in made_of.findings]
    names = _names(made_of, lines)
    extracts = made_of.extracts
    categories = made_of.desired.structure.categories
    faculties = sorted({line.faculty for line in lines if line.faculty})
    return NightReport(
        site=made_of.site,
        title=made_of.title,
        night=made_of.night,
        year=extracts.year,
        made_at=made_of.made_at,
        stages=tuple(_stages(made_of.runs, made_of.night)),
        lines=tuple(lines),
        refused=(*extracts.refused, *extracts.noted),
        problems=extracts.problems,
        not_applied=tuple(map(_not_applied, made_of.failures)),
        untouched=len(made_of.desired.untouched),
        elsewhere=made_of.desired.registrations_elsewhere,
        sources=_sources(extracts, made_of.good_rows),
        trend=_trend(made_of.runs, made_of.night),
        faculties={code: categories[code].title for code in faculties if code in categories},
        courses=_course_names(made_of.desired, lines),
        people=names,
        pages=_pages(made_of, lines),
    )


def _not_applied(line: Mapping[str, Any]) -> NotApplied:
    archives = line["op"] == "course_update" and line.get("phase") == Phase.ARCHIVE.word
    inside = dict.fromkeys(str(line.get(name) or "") for name in ("cohort", "course", "group", "idnumber"))
    where = " / ".join(name for name in inside if name)
    kind = "course_archive" if archives else str(line["op"])
    return NotApplied(kind, where, str(line["errorcode"]), str(line.get("username") or ""))


def _faculty_of(structure: Structure) -> Callable[[str], str]:
    """Of an element: the category at the top of its own."""
    tops: dict[str, str] = {}

    def top(category: str) -> str:
        if category not in tops:
            row = structure.categories.get(category)
            tops[category] = top(row.parent) if row and row.parent else category
        return tops[category]

    def of(element: str) -> str:
        row = structure.elements.get(element)
        return top(row.category) if row else ""

    return of


def _pages(made_of: Ingredients, lines: Iterable[Line]) -> dict[str, str]:
    """Of the courses that lines are about; one that names an element is about its ordinary course."""
    ordinary = {row.element: row.idnumber for row in made_of.desired.courses.values() if not row.foad}
    named = {line.reason.course for line in lines}
    found = ((name, made_of.pages.get(ordinary.get(name, name), "")) for name in sorted(named))
    return {name: page for name, page in found if page}


def _element_of(desired: Desired, course: str) -> str:
    """A reason names an element, or a course of Moodle by its idnumber."""
    return desired.courses[course].element if course in desired.courses else course


def _course_names(desired: Desired, lines: Iterable[Line]) -> dict[str, str]:
    found = {}
    for name in sorted({line.reason.course for line in lines}):
        if name in desired.courses:
            found[name] = desired.courses[name].fullname
        elif name in desired.structure.elements:
            found[name] = f"({name}) {desired.structure.elements[name].title}"
    return found


def _names(made_of: Ingredients, lines: Iterable[Line]) -> dict[str, str]:
    wanted = {line.reason.person for line in lines if line.reason.person}
    return {
        person.code: f"{person.firstname} {person.lastname}".strip()
        for person in made_of.extracts.people
        if person.code in wanted
    }


def _stages(runs: Iterable[Run], night: date) -> Iterator[StageLine]:
    mine = [run for run in runs if run.night == night.isoformat() and not run.adoption]
    for run in sorted(mine, key=lambda run: run.started_at):
        yield StageLine(
            stage=run.stage,
            state=run.state.value,
            started_at=run.started_at,
            finished_at=run.finished_at,
            counts=dict(run.counts),
            done=run.done,
            failed=run.failed,
            frozen=run.frozen,
            holds=run.holds,
            error=run.error,
            released_by=run.released_by,
        )


def _sources(extracts: Extracts, good_rows: Mapping[str, int]) -> tuple[SourceFile, ...]:
    refused = Counter(row.file for row in extracts.refused)
    return tuple(
        SourceFile(file, rows, good_rows.get(file), refused[file])
        for file, rows in sorted(extracts.counts.items())
    )


def _trend(runs: Iterable[Run], night: date) -> tuple[Trend, ...]:
    """The last nights up to this one, oldest first."""
    nights: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.night <= night.isoformat() and not run.adoption:
            nights[run.night].append(run)
    return tuple(_night(name, nights[name]) for name in sorted(nights)[-NIGHTS_SHOWN:])


def _night(name: str, runs: Iterable[Run]) -> Trend:
    counts: Counter[str] = Counter()
    seconds, held, failed = 0, False, False
    for run in runs:
        counts.update(run.counts)
        end = run.finished_at or run.heard_at
        seconds += int((end - run.started_at).total_seconds())
        held = held or bool(run.holds)
        failed = failed or run.state is RunState.FAILED
    added = sum(counts[kind] for kind in ADDED)
    removed = sum(counts[kind] for kind in REMOVED)
    return Trend(name, added, counts.total() - added - removed, removed, seconds, held, failed)
