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

from passerelle.domain.backup import Inspection, Reason, Why
from passerelle.domain.plugin import JobMessage, Plugin
from tests.factories import a_site_facts
from tests.fakes.cutting import Cut, every_cut
from tests.stage import GRACE, Stage


def publish_twice_and_withdraw(stage: Stage) -> None:
    stage.save()
    first = stage.publish()["publication"]
    stage.deliver()
    stage.save(check=False)
    stage.publish(title="Chimie générale, revue")
    stage.deliver()
    stage.ask("withdraw", publication=first)
    stage.deliver()


def publish_and_bring_home(stage: Stage) -> None:
    stage.save()
    publication = str(stage.publish()["publication"])
    stage.deliver()
    home = stage.retrieve(publication)
    stage.deliver()
    idnumber = next(c.idnumber for c in stage.lille.courses.values())
    assert home["state"] == "requested"
    stage.save(site="lille", idnumber=idnumber, person=GRACE)
    stage.publish(site="lille", idnumber=idnumber, person=GRACE)
    stage.deliver()


def bring_home_into_a_course(stage: Stage) -> None:
    course = stage.lille.add_course("MINE", teacher="grace")
    stage.save()
    publication = str(stage.publish()["publication"])
    stage.deliver()
    stage.retrieve(publication, mode="replace", courseid=course.id)
    stage.deliver()


def fail_and_ask_again(stage: Stage) -> None:
    stage.save()
    stage.hub.fail_next = JobMessage("diskfull")
    stage.publish()
    stage.deliver()
    stage.publish()
    stage.deliver()


def keep_three_backups(stage: Stage) -> None:
    for _ in range(5):
        stage.save()
    newest = stage.manage("list")["backups"][0]["upload"]
    stage.manage("delete", upload=newest)


def be_refused_by_the_hub(stage: Stage) -> None:
    stage.hub.facts = a_site_facts(modules=(Plugin("mod_page"),))
    stage.save()
    stage.publish()
    stage.deliver()


def wait_for_a_backup_that_is_refused(stage: Stage) -> None:
    upload = stage.save(check=False)
    stage.publish()
    stage.backups.found[stage.upload(upload).raw_key] = Inspection(
        False, (Reason(Why.TRUNCATED, "cut short"),), None
    )
    stage.deliver()


def be_refused_at_home(stage: Stage) -> None:
    course = stage.lille.add_course("MINE", teacher="grace")
    stage.lille.facts = a_site_facts(modules=(Plugin("mod_page"),))
    with undisturbed(stage):
        stage.save()
        publication = str(stage.publish()["publication"])
        stage.deliver()
    stage.retrieve(publication, mode="replace", courseid=course.id)
    stage.deliver()


@contextmanager
def undisturbed(stage: Stage) -> Iterator[None]:
    """What another story is cut in already."""
    before, stage.world = stage.world, stage.base
    yield
    stage.world = before


STORIES: list[Callable[[Stage], None]] = [
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
def rehearse(story: Callable[[Stage], None]) -> tuple[dict[str, Any], Cut]:
    stage, nowhere = Stage(), Cut()
    stage.cut_at(nowhere)
    story(stage)
    return stage.end(), nowhere


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
def test_a_story_cut_anywhere_ends_as_if_undisturbed(story: Callable[[Stage], None], cut: Cut) -> None:
    undisturbed, _ = rehearse(story)
    stage = Stage().cut_at(cut)
    story(stage)
    assert stage.cuts, "nothing was cut"
    assert stage.end() == undisturbed
