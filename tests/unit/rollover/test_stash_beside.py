"""Two presses of *stash*, one after the other or side by side, deliver once (R4)."""

from __future__ import annotations

import pytest

from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import AskRollover
from passerelle.domain.states import RolloverState
from passerelle.usecases.rollover import ask
from tests.scenes.beside import Held, around
from tests.scenes.rollover import ADA, YearScene


@pytest.mark.rule("R4")
@pytest.mark.parametrize("at", ["records.add(Rollover)", "records.add(TargetLock)", "queues.send(rollovers)"])
def test_two_presses_of_stash_deliver_once(at: str) -> None:
    scene = YearScene()
    scene.courses()

    def press(request: str) -> AskRollover:
        return AskRollover(
            request=request,
            site="vert",
            type="rollovers",
            action="start",
            person=ADA,
            courseid=100,
            destination="stash",
        )

    first = Held(around(scene.base), lambda world: ask.answer_rollover(world, press("one")), at=at)
    ask.answer_rollover(scene.world, press("two"))
    first.go_on()
    scene.deliver()
    states = sorted(one.state for one in scene.records.all(Rollover))
    assert states.count(RolloverState.STASHED) == 1, states
    assert len([key for key in scene.vert.started if key.startswith("rol:")]) <= 1
    assert len(scene.vert.stash) == 1
