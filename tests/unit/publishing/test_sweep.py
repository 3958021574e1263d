"""The sweep: the story is killed at every call it makes to the outside, before and after its effect.

Each killed step is taken again, as sites and queues do, and the end is compared with that of an
undisturbed run: same records, archives, hub courses, enrolments and messages, nothing once too often.
Every case is listed by the name of the call at which it is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Inspection, Reason, Why
from passerelle.domain.moodle.plugin import JobMessage, Plugin
from tests.factories.records import a_site_facts
from tests.fakes.cutting import Cut, every_cut
from tests.scenes.publishing import GRACE, Scene


def publish_twice_and_withdraw(scene: Scene) -> None:
    scene.save()
    first = scene.publish()["publication"]
    scene.deliver()
    scene.save(check=False)
    scene.publish(title="Chimie générale, revue")
    scene.deliver()
    scene.ask("withdraw", publication=first)
    scene.deliver()


def publish_and_bring_home(scene: Scene) -> None:
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.deliver()
    home = scene.retrieve(publication)
    scene.deliver()
    idnumber = next(c.idnumber for c in scene.lille.courses.values())
    assert home["state"] == "requested"
    scene.save(site="lille", idnumber=idnumber, person=GRACE)
    scene.publish(site="lille", idnumber=idnumber, person=GRACE)
    scene.deliver()


def bring_home_into_a_course(scene: Scene) -> None:
    course = scene.lille.add_course("MINE", teacher="grace")
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.deliver()
    scene.retrieve(publication, mode="replace", courseid=course.id)
    scene.deliver()


def fail_and_ask_again(scene: Scene) -> None:
    scene.save()
    scene.hub.fail_next = JobMessage("diskfull")
    scene.publish()
    scene.deliver()
    scene.publish()
    scene.deliver()


def keep_three_backups(scene: Scene) -> None:
    for _ in range(5):
        scene.save()
    newest = scene.manage("list")["backups"][0]["upload"]
    scene.manage("delete", upload=newest)


def be_refused_by_the_hub(scene: Scene) -> None:
    scene.hub.facts = a_site_facts(modules=(Plugin("mod_page"),))
    scene.save()
    scene.publish()
    scene.deliver()


def wait_for_a_backup_that_is_refused(scene: Scene) -> None:
    upload = scene.save(check=False)
    scene.publish()
    scene.backups.found[scene.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.TRUNCATED, "cut short"),), None
    )
    scene.deliver()


def be_refused_at_home(scene: Scene) -> None:
    course = scene.lille.add_course("MINE", teacher="grace")
    with undisturbed(scene):
        scene.save()
        publication = str(scene.publish()["publication"])
        scene.deliver()
    scene.retrieve(publication, mode="replace", courseid=course.id)
    scene.lille.facts = a_site_facts(modules=(Plugin("mod_page"),))  # between the press and the restore
    scene.deliver()


@contextmanager
def undisturbed(scene: Scene) -> Iterator[None]:
    """What another story is cut in already."""
    before, scene.world = scene.world, scene.base
    yield
    scene.world = before


STORIES: list[Callable[[Scene], None]] = [
    publish_twice_and_withdraw,
    publish_and_bring_home,
    bring_home_into_a_course,
    fail_and_ask_again,
    keep_three_backups,
    be_refused_by_the_hub,
    wait_for_a_backup_that_is_refused,
    be_refused_at_home,
]


@cache
def rehearse(story: Callable[[Scene], None]) -> tuple[dict[str, Any], Cut]:
    scene, nowhere = Scene(), Cut()
    scene.cut_at(nowhere)
    story(scene)
    return scene.end(), nowhere


def cases() -> list[object]:
    found: list[object] = []
    for story in STORIES:
        _, rehearsal = rehearse(story)
        for cut in every_cut(len(rehearsal.calls)):
            assert cut.at is not None
            name = f"{story.__name__}-{cut.when}-{cut.at}-{rehearsal.calls[cut.at - 1]}"
            found.append(pytest.param(story, cut, id=name))
    return found


@pytest.mark.rule("P14")
@pytest.mark.parametrize(("story", "cut"), cases())
def test_a_story_cut_anywhere_ends_as_if_undisturbed(story: Callable[[Scene], None], cut: Cut) -> None:
    undisturbed, _ = rehearse(story)
    scene = Scene().cut_at(cut)
    story(scene)
    assert scene.cuts, "nothing was cut"
    assert scene.end() == undisturbed
