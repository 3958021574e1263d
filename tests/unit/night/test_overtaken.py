"""Nights that overtake one another (N19), and a freeze that comes while one applies (N18).

Seen: an older night's last chunks suspend somebody whom the newest sources have; an older plan applied by
hand; the older plan's memory written over the newer's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from passerelle.domain.night.plan.run import Run, run_id
from passerelle.domain.night.plan.serialised import chunks_of
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import Refused, TryAgain
from passerelle.ports import World
from passerelle.usecases.night import apply, desk, documents, state_machine
from tests.factories.offer import University
from tests.fakes.cutting import Cut
from tests.scenes.beside import Explorer
from tests.scenes.night import (
    NightScene,
    NightSources,
    OneMoodle,
    a_university,
    drop,
    members,
    people,
    rules,
)
from tests.scenes.night_site import NIGHT

TOMORROW = NIGHT + timedelta(1)
QUICK = range(50)
SLOW = range(50, 2_050)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(documents, "chunks_of", partial(chunks_of, size=1))
    return


class ByNight(NightSources):
    """What the sources say of each night."""

    def __init__(self, nights: dict[date, University]) -> None:
        super().__init__(nights[max(nights)])
        self.nights = nights

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:
        return self.nights[max(n for n in self.nights if n <= night)].extracts()


def a_scene(tonight: University, tomorrow: University, **kwargs: Any) -> NightScene:
    scene = NightScene(a_university(), rules(**kwargs))
    scene.night()
    scene.sources = ByNight({NIGHT: tonight, TOMORROW: tomorrow})
    scene.base = scene.world = replace(scene.base, sources=scene.sources)
    scene.records.delete(scene.records[Run, run_id("caen", NIGHT, None)])
    return scene


def without_p1() -> University:
    university = a_university()
    drop(university, "ip.csv", "P1")
    return university


def chunks(scene: NightScene, run: Run) -> list[str]:
    return [name for wave in apply.waves(scene.world, run) for name in wave]


@pytest.mark.rule("N19")
@pytest.mark.parametrize("stage", [None, Stage.ENROLMENTS])
def test_the_chunks_of_a_night_that_was_overtaken_are_skipped(stage: Stage | None) -> None:
    scene = a_scene(without_p1(), a_university())
    for needed in () if stage is None else (Stage.USERS, Stage.OFFER):
        for _ in range(2):
            scene.night(needed)
            scene.tomorrow()
        scene.tomorrow(-2)
    older = scene.plan(stage)
    older = apply.begin(scene.world, older.id, "slow")
    names = chunks(scene, older)
    assert names
    scene.tomorrow()
    newer = scene.night(stage)
    assert newer.state is RunState.DONE
    assert all(apply.apply_chunk(scene.world, older.id, name).skipped for name in names)
    assert all(row[2] == "active" for row in people(scene, "E1"))
    ended = apply.finish(scene.world, older.id, "slow")
    assert (ended.state, ended.error) == (RunState.FAILED, "night_overtaken")


@pytest.mark.rule("N19")
@pytest.mark.parametrize("how", ["apply", "plan"])
def test_an_older_plan_is_refused_once_a_newer_night_has_read_its_sources(how: str) -> None:
    scene = a_scene(without_p1(), a_university())
    older = scene.plan()
    scene.tomorrow()
    scene.plan()
    scene.tomorrow(-1)
    with pytest.raises(Refused, match="night_overtaken") as refused:
        apply.apply_run(scene.world, older.id) if how == "apply" else scene.plan()
    assert refused.value.details["later"] == TOMORROW.isoformat()


@pytest.mark.rule("N19", "N24")
def test_what_a_night_remembers_is_not_written_over_by_an_older_one() -> None:
    scene = a_scene(a_university(), without_p1())
    older = scene.plan()
    scene.tomorrow()
    scene.night()
    assert list(documents.load_memory(scene.papers, "caen").suspended) == [("E1", "p1")]
    with pytest.raises(Refused, match="night_overtaken"):
        apply.apply_run(scene.world, older.id)
    assert list(documents.load_memory(scene.papers, "caen").suspended) == [("E1", "p1")]


@pytest.mark.rule("N19", "N25")
def test_a_stage_planned_while_another_applies_forgets_nothing_of_it() -> None:
    gone = a_university()
    for file in ("people.csv", "ip.csv", "cohort_members.csv", "ia.csv"):
        rows = gone.tables[file]
        rows[:] = [row for row in rows if "P2" not in row[:2]]
    scene = a_scene(gone, gone, leavers_after=3)
    users = scene.plan(Stage.USERS)
    offer = scene.plan(Stage.OFFER)
    apply.apply_run(scene.world, users.id)
    remembered = documents.load_memory(scene.papers, "caen").gone
    assert remembered
    apply.apply_run(scene.world, offer.id)
    assert documents.load_memory(scene.papers, "caen").gone == remembered


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "stops"),
    [
        (Freeze(since=NIGHT), True),
        (Freeze(since=NIGHT, courses=("E1",)), True),
        (Freeze(since=NIGHT, courses=("E2",)), False),
        (Freeze(since=NIGHT, years=("1999",)), False),
        (Freeze(since=NIGHT + timedelta(9)), False),
    ],
)
def test_a_freeze_stops_a_run_that_applies_at_its_next_chunk(freeze: Freeze, stops: bool) -> None:
    scene = a_scene(without_p1(), a_university())
    run = apply.begin(scene.world, scene.plan().id, "slow")
    names = chunks(scene, run)
    desk.freeze(scene.world, "caen", freeze)
    done = [apply.apply_chunk(scene.world, run.id, name) for name in names]
    assert any(one.skipped for one in done) is stops
    ended = apply.finish(scene.world, run.id, "slow")
    assert ended.state is (RunState.FROZEN if stops else RunState.DONE)
    assert ("p1", "passerelle", "active", "student") in people(scene, "E1") or not stops
    if stops:
        # The first night after it shows its plan before anything is done.
        desk.thaw(scene.world, "caen", NIGHT)
        scene.tomorrow()
        scene.sources.nights[TOMORROW] = without_p1()  # type: ignore[attr-defined]
        assert scene.plan().state is RunState.HELD


# -- in any interleaving ---------------------------------------------------------------------------------


def execution(day: date, holder: str) -> Any:
    """One execution of the state machine, whose steps are tried again."""

    def act(world: World) -> None:
        step = {"site": "caen", "stage": "", "night": day.isoformat(), "looked": 0, "holder": holder}
        planned = state_machine.plan(world, step)
        if planned["waits"]:
            raise TryAgain("it waits")
        if planned["failed"] or not planned["run"]:
            return
        for wave in planned["waves"]:
            for chunk in wave["chunks"]:
                state_machine.apply_chunk(world, chunk)
        state_machine.finish(world, planned)

    return act


def explored(seed: int) -> tuple[NightScene, Explorer]:
    chance = random.Random(f"nights {seed}")
    nights = []
    for _ in range(2):
        university = a_university()
        for code in chance.sample(["P1", "P2", "P3"], chance.randint(0, 2)):
            drop(university, "ip.csv", code)
        nights.append(university)
    scene = a_scene(*nights)

    def open_world(turn: Cut) -> World:
        wrapped = turn.around_world(scene.base)
        return replace(
            wrapped, sites=OneMoodle(turn.around(scene.moodle, "moodle")), sources=scene.base.sources
        )

    explorer = Explorer(seed, scene.clock, open_world, {}, scene.base.queues)  # type: ignore[arg-type]
    explorer.explore([("older", execution(NIGHT, "one")), ("newer", execution(TOMORROW, "two"))])
    return scene, explorer


def suspended_though_wanted(scene: NightScene) -> list[str]:
    wanted = {row[0].lower() for row in scene.sources.university.tables["ip.csv"]}
    rows = [row for element in ("E1", "FOAD-E2") for row in people(scene, element)]
    return [row[0] for row in rows if row[2] != "active" and row[0] in wanted]


def faults_of(scene: NightScene) -> list[str]:
    """After one more quiet night Moodle is as the newest sources say, and another finds nothing to do."""
    found = []
    newer = scene.records.get(Run, run_id("caen", TOMORROW, None))
    if newer is None or newer.state is not RunState.DONE:
        found.append(f"the newer night is {newer.state if newer else 'not there'}")
    found += [f"{who} is suspended at once" for who in suspended_though_wanted(scene)]
    scene.tomorrow(2)
    scene.clock.tick(timedelta(1))
    scene.night()
    scene.tomorrow()
    again = scene.plan()
    if again.counts:
        found.append(f"still to do: {again.counts}")
    university = scene.sources.university
    for code, (element, group) in {"P1": ("E1", "G1"), "P2": ("E1", "G2"), "P3": ("FOAD-E2", "G3")}.items():
        wanted = any(row[0] == code for row in university.tables["ip.csv"])
        active = any(row[0] == code.lower() and row[2] == "active" for row in people(scene, element))
        inside = (group, code.lower()) in members(scene, element)
        if active != wanted or (wanted and not inside):
            found.append(f"{code}: active {active}, in the group {inside}, wanted {wanted}")
    memory = documents.load_memory(scene.papers, "caen")
    suspended = {(c, row[0]) for c in ("E1", "FOAD-E2") for row in people(scene, c) if row[2] != "active"}
    if not suspended <= set(memory.suspended):
        found.append(f"suspended and not remembered: {suspended - set(memory.suspended)}")
    return found


def wrong(seeds: range) -> dict[int, list[str]]:
    return {seed: faults for seed in seeds if (faults := faults_of(explored(seed)[0]))}


@pytest.mark.rule("N19")
def test_nights_beside_one_another_end_as_the_newest_sources_say() -> None:
    assert wrong(QUICK) == {}


@pytest.mark.slow
@pytest.mark.rule("N19")
def test_two_thousand_times_nights_beside_one_another_end_as_the_newest_sources_say() -> None:
    assert wrong(SLOW) == {}
