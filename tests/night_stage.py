"""A site's nights on a table: the use cases over fakes and the twin, and the university's extracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from passerelle.domain.network import Network
from passerelle.domain.night.policy import NightRules
from passerelle.domain.night.run import Run
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage
from passerelle.ports import World
from passerelle.usecases import night, night_applying
from tests.factories import a_network
from tests.factories_offer import University
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.night_site import NIGHT, Moodle


@dataclass
class NightSources:
    university: University = field(default_factory=University)

    def read(self, site: str, night: date, stage: Stage | None = None) -> Extracts:
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
class NightStage:
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

    def says(self, change: Callable[[University], object]) -> NightStage:
        change(self.sources.university)
        return self

    def plan(self, stage: Stage | None = None) -> Run:
        return night.plan_stage(self.world, "caen", self.day, stage)

    def night(self, stage: Stage | None = None) -> Run:
        run = self.plan(stage)
        return night_applying.apply_run(self.world, run.id)

    def tomorrow(self, nights: int = 1) -> None:
        self.day += timedelta(nights)
        self.clock.tick(timedelta(nights))
