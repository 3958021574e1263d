"""Versions of one course that arrive beside one another, in any interleaving, killed and cut (P13, P14).

The oracle knows the uploads alone: the newest is published, holds the identifier and is seen; whatever else
came to the hub bears its version and is hidden; the author is told of each that was published, once.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.publishing.publication import Publication
from passerelle.domain.site_commands import ReportedJob, ReportJobs
from passerelle.domain.states import PublicationState
from passerelle.errors import TryAgain
from passerelle.ports import World
from passerelle.usecases import jobs
from passerelle.usecases.publishing import publish
from tests.scenes.beside import Explorer, Held, around
from tests.scenes.publishing import Scene

QUICK = range(50)
SLOW = range(50, 2_050)
RECEIVERS = {
    "publications": lambda world, message: publish.publish(world, message["publication"]),
    "jobs": lambda world, message: jobs.settle(world, message["site"], message["jobkey"]),
}


def asked_for(versions: int) -> Scene:
    """So many versions saved, checked and asked for; nothing of it is under way yet."""
    scene = Scene()
    for number in range(versions):
        scene.save(check=False, request=f"save {number}")
        while scene.arrived:
            _check(scene)
        scene.publish()
    return scene


def _check(scene: Scene) -> None:
    from passerelle.usecases.backups import inspect

    inspect.inspect_backup(scene.world, scene.arrived.pop(0))


def the_hub_works(scene: Scene) -> Any:
    """Restores what it has, and says so; what it says may be lost."""

    def act(world: World) -> None:
        ran = scene.hub.work()
        if ran:
            told = tuple(ReportedJob(key) for key in ran)
            jobs.report(world, ReportJobs(request=scene.request(), site="hub", type="jobs", jobs=told))

    return act


def explored(seed: int) -> tuple[Scene, Explorer]:
    scene = asked_for(random.Random(f"versions {seed}").choice([2, 2, 3]))
    explorer = Explorer(
        seed,
        scene.clock,
        around(scene.base),
        RECEIVERS,
        scene.queues,
        rounds=(the_hub_works(scene), jobs.watch),
    )
    explorer.explore()
    for _ in range(3):
        scene.clock.tick(timedelta(minutes=30))
        the_hub_works(scene)(scene.world)
        jobs.watch(scene.world)
        explorer.calm()
    return scene, explorer


def faults_of(scene: Scene, explorer: Explorer) -> list[str]:
    found = [f"dead letter {why}" for why in explorer.dead]
    publications = sorted(scene.records.all(Publication), key=lambda p: p.sequence)
    newest = publications[-1]
    for one in publications:
        wanted = PublicationState.PUBLISHED if one is newest else PublicationState.SUPERSEDED
        if one.state != wanted:
            found.append(f"version {one.version} of upload {one.sequence} is {one.state}")
        course = scene.hub.courses.get(one.hub_course_id)
        named = one.network_id if one is newest else f"{one.network_id}@v{one.version}"
        if course is not None and (course.idnumber, course.visible) != (named, one is newest):
            found.append(f"upload {one.sequence} stands as {course.idnumber}, visible {course.visible}")
        shared = any(moment.state == "published" for moment in one.history)
        told = [key for key in scene.caen.messages if key == f"{one.jobkey}:published"]
        if len(told) != shared:
            found.append(f"upload {one.sequence} told {len(told)} times, published {shared}")
    if newest.hub_course_id not in scene.hub.courses:
        found.append("the newest is not on the hub")
    shown = scene.search()["publications"] if not found else []
    if not found and len(shown) != 1:
        found.append(f"the catalogue shows {shown}")
    return found


def wrong(seeds: range) -> dict[int, list[str]]:
    return {seed: faults for seed in seeds if (faults := faults_of(*explored(seed)))}


@pytest.mark.rule("P13", "P14")
def test_versions_beside_one_another_end_with_the_newest_published() -> None:
    assert wrong(QUICK) == {}


@pytest.mark.slow
@pytest.mark.rule("P13", "P14")
def test_two_thousand_times_versions_beside_one_another_end_with_the_newest_published() -> None:
    assert wrong(SLOW) == {}


@pytest.mark.rule("P13")
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_version_crowned_while_the_former_is_being_published_takes_its_place(nth: int) -> None:
    """Seen: the former put aside with the identifier, the newer restoring for ever, dead letters all day."""
    scene = asked_for(2)
    while (message := scene.queues.take("publications")) is not None:
        publish.publish(scene.world, message["publication"])
    scene.hub.work()
    first, second = sorted(scene.records.all(Publication), key=lambda p: p.sequence)

    def settling(one: Publication, at: str, nth: int) -> Held:
        return Held(around(scene.base), lambda world: jobs.settle(world, "hub", one.jobkey), at=at, nth=nth)

    former = settling(first, "records.get(CourseLine)", nth)  # the third: it is published by then
    newer = settling(second, "records.list(Publication)", 1)  # crowned, and about to be arranged
    former.go_on()
    newer.go_on()
    for _ in range(3):
        for key in (first.jobkey, second.jobkey):
            with suppress(TryAgain):
                jobs.settle(scene.world, "hub", key)
    explorer = Explorer(0, scene.clock, around(scene.base), RECEIVERS, scene.queues)
    assert faults_of(scene, explorer) == []


@pytest.mark.rule("P13")
@pytest.mark.parametrize("after", [True, False])
def test_a_worker_cut_while_it_arranges_by_an_older_decision_is_made_good_by_its_message(after: bool) -> None:
    """Seen: the newest published, hidden under its version, and the one before it with the identifier."""
    scene = asked_for(3)
    while (message := scene.queues.take("publications")) is not None:
        publish.publish(scene.world, message["publication"])
    scene.hub.work()
    first, second, third = sorted(scene.records.all(Publication), key=lambda p: p.sequence)

    def settle(one: Publication) -> Any:
        return lambda world: jobs.settle(world, "hub", one.jobkey)

    settle(second)(scene.world)
    newest = Held(around(scene.base), settle(third), at="records.change(CourseLine)")  # arrived, not crowned
    slow = Held(around(scene.base), settle(first), at="lms[hub].course_by_idnumber")  # the second is current
    newest.go_on()
    settle(first)(scene.world)  # the same message beside it, which ends the job
    slow.on_to("lms[hub].update_course")
    slow.die(after=after)
    settle(first)(scene.world)  # as the queue delivers it again
    assert faults_of(scene, Explorer(0, scene.clock, around(scene.base), RECEIVERS, scene.queues)) == []
