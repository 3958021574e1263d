"""The sweep over request, backup, restore and undo: killed at every call to the outside, before and after.

Each killed step is taken again, as sites, queues and a teacher's finger do, and the end is compared with
that of an undisturbed run. Nowhere may a course stand empty without its content or its safety backup.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.plugin import JobMessage
from passerelle.domain.publishing import TargetLock
from passerelle.domain.rollover import Permit
from passerelle.errors import GiveUp
from tests.fakes.cutting import Cut
from tests.stage_rollover import ADA, GRACE, YearStage


def take_over_and_undo(stage: YearStage) -> None:
    stage.courses(editingteachers=("ada", "grace"))
    done = stage.roll_over(confirmed=("shared",))
    stage.ask_rollover("undo", rollover=done.id)
    stage.deliver()


def check_then_stash(stage: YearStage) -> None:
    stage.courses()
    stage.ask_rollover("check")
    stage.deliver()
    stage.roll_over(destination="stash")


def merge_fails_and_is_asked_again(stage: YearStage) -> None:
    stage.courses(holds=("À moi",))
    stage.vert.fail_next = JobMessage("restorefailed")
    stage.roll_over(destination="merge", confirmed=("merge",))
    stage.roll_over(destination="merge", confirmed=("merge",))


def with_a_permit(stage: YearStage) -> None:
    stage.courses(editingteachers=("grace",))
    with pytest.raises(GiveUp, match="not_source_teacher"):
        stage.ask_rollover(person=GRACE)
    (permit,) = stage.records.all(Permit)
    stage.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    stage.roll_over(person=GRACE)


def two_at_once(stage: YearStage) -> None:
    stage.courses(editingteachers=("ada", "grace"))
    stage.bleu.states[100] = replace(stage.bleu.states[100], editingteachers=("ada", "grace"))
    stage.ask_rollover(person=ADA, confirmed=("shared",))
    with pytest.raises(GiveUp, match="rollover_busy"):
        stage.ask_rollover(person=GRACE, confirmed=("shared",))
    stage.deliver()


def refused_on_the_way_and_failed(stage: YearStage) -> None:
    """A backup that cannot be made; then a course that filled up while it was made."""
    stage.courses()
    stage.bleu.fail_next = JobMessage("diskfull")
    stage.roll_over()
    stage.ask_rollover()
    stage.vert.edit(100, "À moi")
    stage.deliver()


STORIES: list[Callable[[YearStage], None]] = [
    take_over_and_undo,
    check_then_stash,
    merge_fails_and_is_asked_again,
    with_a_permit,
    two_at_once,
    refused_on_the_way_and_failed,
]


def run(story: Callable[[YearStage], None], cut: Cut) -> tuple[YearStage, dict[str, Any]]:
    stage = YearStage()
    stage.cut_at(cut)
    story(stage)
    return stage, stage.end()


@pytest.mark.rule("R5")
@pytest.mark.rule("R11")
@pytest.mark.parametrize("story", STORIES)
def test_a_rollover_cut_anywhere_ends_as_if_undisturbed(story: Callable[[YearStage], None]) -> None:
    rehearsal = Cut()
    _, undisturbed = run(story, rehearsal)
    assert len(rehearsal.calls) > 30
    broken = []
    last = len(rehearsal.calls)
    # After one call is before the next: nothing outside happens in between.
    for cut in (*(Cut(at, "before") for at in range(1, last + 1)), Cut(last, "after")):
        stage, end = run(story, cut)
        assert stage.cuts, "nothing was cut"
        if end != undisturbed:
            broken.append(f"{cut}: {[name for name in end if end[name] != undisturbed[name]]}")
        left = stage.records.all(TargetLock)
        if left:
            broken.append(f"{cut}: a lock was left behind")
    assert broken == []
