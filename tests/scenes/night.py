"""A site's nights on a table: the use cases over fakes and the twin, and the university's extracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from passerelle.domain.network import Network
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.policy import Guard, Limit, NightRules
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage
from passerelle.ports import World
from passerelle.usecases.night import apply, desk, documents, plan_stage
from tests.factories.offer import University
from tests.factories.records import a_network
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.scenes.night_site import NIGHT, Moodle


@dataclass
class NightSources:
    university: University = field(default_factory=University)

    kept: list[date] = field(default_factory=list)  # nights whose directory was asked and written down

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:
        return self.university.extracts()

    def ask_directory(self, site: str, night: date, extracts: Extracts, *, keep: bool = True) -> Extracts:
        self.kept += [night] if keep else []
        return replace(extracts, people=self.university.extracts().people)

    def recall(self, site: str, night: date) -> Extracts:
        return self.university.extracts()


@dataclass
class OneMoodle:
    """The port `Sites` with one Moodle, whatever its name."""

    moodle: Moodle

    def lms(self, site: str) -> Any:
        return self.moodle

    def roster(self, site: str) -> Any:
        return self.moodle


def a_night_network(rules: NightRules | None = None) -> Network:
    network = a_network()
    caen = replace(network.sites["caen"], night=rules or NightRules(), max_concurrency=1)
    return replace(network, sites={**network.sites, "caen": caen})


@dataclass
class NightScene:
    """`university` is what the sources say; `night()` plans and applies, `plan()` only plans."""

    university: University = field(default_factory=University)
    rules: NightRules = field(default_factory=NightRules)
    day: date = NIGHT

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.clock.set(datetime(self.day.year, self.day.month, self.day.day, 2, tzinfo=UTC))
        self.moodle = Moodle()
        self.sources = NightSources(self.university)
        self.records, self.papers = FakeRecords(), FakePapers()
        archives = FakeArchives(self.clock)
        self.base = World(
            network=a_night_network(self.rules),
            records=self.records,
            archives=archives,
            papers=self.papers,
            backups=FakeBackups(archives),
            sites=OneMoodle(self.moodle),
            queues=FakeQueues(),
            clock=self.clock,
            sources=self.sources,
        )
        self.world = self.base

    def cut_at(self, cut: Cut) -> None:
        wrapped = cut.around_world(self.base)
        moodle = cut.around(self.moodle, "moodle")
        self.world = replace(wrapped, sites=OneMoodle(moodle), sources=self.base.sources)

    def alive(self) -> None:
        self.world = self.base

    def says(self, change: Callable[[University], object]) -> NightScene:
        change(self.sources.university)
        return self

    def plan(self, stage: Stage | None = None) -> Run:
        return plan_stage.plan_stage(self.world, "caen", self.day, stage)

    def night(self, stage: Stage | None = None) -> Run:
        run = self.plan(stage)
        return apply.apply_run(self.world, run.id)

    def tomorrow(self, nights: int = 1) -> None:
        self.day += timedelta(nights)
        self.clock.tick(timedelta(nights))


# -- what the tests of nights share -----------------------------------------------------------------------

OPEN = Guard(
    all=Limit(percent=100, absolute=10**6),
    category=Limit(percent=100, absolute=10**6),
    course=Limit(percent=100, absolute=10**6),
    source=Limit(percent=100, absolute=10**6),
)
TIGHT = Guard(
    all=Limit(percent=100, absolute=1),
    category=Limit(percent=100, absolute=100),
    course=Limit(percent=100, absolute=100),
    source=Limit(percent=10, absolute=100),
)


def rules(**changes: Any) -> NightRules:
    return NightRules(**{"guard": OPEN} | changes)


def a_university() -> University:
    made = University().element("E1", title="Chimie").element("E2", title="Physique", distance=True)
    made.group("G1", "TD 1", on=("E1",)).group("G2", "TD 2", on=("E1",)).group("G3", "CEMU", on=("E2",))
    for code in ("P1", "P2", "P3"):
        made.person(code)
    made.person("T1", kind="staff").ade("T1", "E1")
    made.tele("P3").ip("P1", "E1", "G1").ip("P2", "E1", "G2").ip("P3", "E2", "G3")
    return made.cohort("H1", "P1", "P2")


def drop(university: University, file: str, *start: str) -> None:
    rows = university.tables[file]
    rows[:] = [row for row in rows if row[: len(start)] != start]


def ops(stage: NightScene, run: Run | None = None, *, withheld: bool = False) -> list[tuple[str, ...]]:
    """The operations of a plan as their names and columns."""
    run = run or desk.newest(stage.world, "caen")
    return [
        tuple(str(line[name]) for name in line if name not in ("because", "rows", "phase", "source"))
        for line in documents.load_lines(stage.world.papers, run, withheld=withheld)
    ]


def course(stage: NightScene, idnumber: str) -> Any:
    return stage.moodle.site.course(idnumber)


def people(stage: NightScene, idnumber: str) -> list[tuple[str, ...]]:
    return sorted(
        (row["username"], row["method"], row["status"], *row["roles"])
        for row in stage.moodle.export("enrolments")
        if row["course"] == idnumber
    )


def members(stage: NightScene, idnumber: str) -> list[tuple[str, str]]:
    return sorted(
        (r["group"], r["username"]) for r in stage.moodle.export("members") if r["course"] == idnumber
    )
