"""Two teachers at once (R5), on the fake and on the emulator's table: one restore, one clear refusal."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from passerelle.domain.records import Person, TargetLock
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import AskRollover
from passerelle.domain.states import RolloverState
from passerelle.errors import GiveUp
from passerelle.usecases.rollover import ask
from tests.scenes.rollover import ADA, GRACE, YearScene

# Not on moto: see test_records_races.
pytestmark = pytest.mark.parametrize(
    "real", ["", pytest.param("emulator", marks=pytest.mark.slow)], ids=lambda real: real or "fake"
)


@pytest.mark.rule("R5")
def test_two_teachers_in_the_same_instant_ten_times_are_one_restore_and_one_clear_refusal(records) -> None:
    """On two threads that start together, so that both have looked before either has written."""
    scene = YearScene()
    scene.records = records
    scene.base = scene.world = replace(scene.base, records=records)
    for n in range(10):
        target = scene.courses(f"CHIM{n}", editingteachers=("ada", "grace"))
        scene.bleu.states[target.id] = replace(scene.bleu.states[target.id], editingteachers=("ada", "grace"))
        together = threading.Barrier(2)

        def press(person: Person, course: int = target.id, together: threading.Barrier = together) -> str:
            command = AskRollover(
                request=f"msg_{person.username}_{course}",
                site="vert",
                type="rollovers",
                action="start",
                person=person,
                courseid=course,
                confirmed=("shared",),
            )
            together.wait()
            try:
                return str(ask.answer_rollover(scene.world, command)["state"])
            except GiveUp as refused:
                return refused.code

        with ThreadPoolExecutor(2) as pool:
            said = sorted(pool.map(press, (ADA, GRACE)))
        assert said == ["requested", "rollover_busy"]
        scene.deliver()
        ended = [r.state for r in records.list(Rollover, "target", f"vert#{target.id}").items]
        assert sorted(ended) in (
            [RolloverState.DONE],
            [RolloverState.DONE, RolloverState.REFUSED],
        )
        assert records.get(TargetLock, f"vert:{target.id}") is None
    assert len([key for key in scene.vert.started if key.startswith("rol:")]) == 10
