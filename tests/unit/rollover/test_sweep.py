"""The sweep over request, backup, restore and undo: killed at every call to the outside, before and after.

Each killed step is taken again, as sites, queues and a teacher's finger do, and the end is compared with
that of an undisturbed run. Nowhere may a course stand empty without its content or its safety backup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.moodle.plugin import JobMessage
from passerelle.domain.records import TargetLock
from passerelle.domain.rollover.rollover import Permit
from passerelle.errors import GiveUp
from tests.fakes.cutting import Cut
from tests.scenes.rollover import ADA, GRACE, YearScene


def take_over_and_undo(scene: YearScene) -> None:
    scene.courses(editingteachers=("ada", "grace"))
    done = scene.roll_over(confirmed=("shared",))
    scene.ask_rollover("undo", rollover=done.id)
    scene.deliver()


def check_then_stash(scene: YearScene) -> None:
    scene.courses()
    scene.ask_rollover("check")
    scene.deliver()
    scene.roll_over(destination="stash")


def merge_fails_and_is_asked_again(scene: YearScene) -> None:
    scene.courses(holds=("À moi",))
    scene.vert.fail_next = JobMessage("restorefailed")
    scene.roll_over(destination="merge", confirmed=("merge",))
    scene.roll_over(destination="merge", confirmed=("merge",))


def with_a_permit(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    with pytest.raises(GiveUp, match="not_source_teacher"):
        scene.ask_rollover(person=GRACE)
    (permit,) = scene.records.all(Permit)
    scene.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    scene.roll_over(person=GRACE)


def two_at_once(scene: YearScene) -> None:
    scene.courses(editingteachers=("ada", "grace"))
    scene.bleu.states[100] = replace(scene.bleu.states[100], editingteachers=("ada", "grace"))
    scene.ask_rollover(person=ADA, confirmed=("shared",))
    with pytest.raises(GiveUp, match="rollover_busy"):
        scene.ask_rollover(person=GRACE, confirmed=("shared",))
    scene.deliver()


def refused_on_the_way_and_failed(scene: YearScene) -> None:
    """A backup that cannot be made; then a course that filled up while it was made."""
    scene.courses()
    scene.bleu.fail_next = JobMessage("diskfull")
    scene.roll_over()
    scene.ask_rollover()
    scene.vert.edit(100, "À moi")
    scene.deliver()


STORIES: list[Callable[[YearScene], None]] = [
    take_over_and_undo,
    check_then_stash,
    merge_fails_and_is_asked_again,
    with_a_permit,
    two_at_once,
    refused_on_the_way_and_failed,
]


def run(story: Callable[[YearScene], None], cut: Cut) -> tuple[YearScene, dict[str, Any]]:
    scene = YearScene()
    scene.cut_at(cut)
    story(scene)
    return scene, scene.end()


@pytest.mark.rule("R5")
@pytest.mark.rule("R11")
@pytest.mark.parametrize("story", STORIES)
def test_a_rollover_cut_anywhere_ends_as_if_undisturbed(story: Callable[[YearScene], None]) -> None:
    rehearsal = Cut()
    _, undisturbed = run(story, rehearsal)
    assert len(rehearsal.calls) > 30
    broken = []
    last = len(rehearsal.calls)
    # After one call is before the next: nothing outside happens in between.
    for cut in (*(Cut(at, "before") for at in range(1, last + 1)), Cut(last, "after")):
        scene, end = run(story, cut)
        assert scene.cuts, "nothing was cut"
        if end != undisturbed:
            broken.append(f"{cut}: {[name for name in end if end[name] != undisturbed[name]]}")
        left = scene.records.all(TargetLock)
        if left:
            broken.append(f"{cut}: a lock was left behind")
    assert broken == []
