"""A stage that has to wait, on the deployed state machine: it hands on, and a later execution does it (N17)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.night.plan.run import Run, run_id
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.night import NEW, NightStory
from passerelle_laptop.telling import Teller

SECONDS = 300  # a look a minute, on a busy machine


def executions(story: NightStory, arn: str, status: str) -> list[Any]:
    found: list[Any] = story.states.list_executions(stateMachineArn=arn, statusFilter=status)["executions"]
    return found


@pytest.mark.slow
@pytest.mark.rule("N17")
def test_a_stage_that_waits_hands_on_to_another_execution_which_does_it() -> None:
    teller = Teller("en")
    with Laptop.start(lambda _fr, _en: None) as laptop:
        story = NightStory(laptop, teller)
        story.open_sites()
        story.deliver()
        (arn,) = [
            machine["stateMachineArn"]
            for machine in story.states.list_state_machines()["stateMachines"]
            if machine["name"].endswith("-night")
        ]

        def start(stage: Stage) -> None:
            at = datetime.combine(story.day, datetime.min.time(), UTC).replace(hour=3).isoformat()
            story.states.start_execution(
                stateMachineArn=arn, input=json.dumps({"stage": stage.value, "at": at})
            )

        def run(stage: Stage) -> Run | None:
            return story.world.records.get(Run, run_id(NEW, story.day, stage))

        def done(stage: Stage) -> bool:
            found = run(stage)
            return found is not None and found.state is RunState.DONE

        def within(seconds: float, came_true: Any) -> bool:
            until = time.monotonic() + seconds
            while time.monotonic() < until and not came_true():
                time.sleep(0.5)
            return bool(came_true())

        start(Stage.COHORTS)  # which needs the people
        assert within(
            SECONDS, lambda: any("-cohorts-" in one["name"] for one in executions(story, arn, "RUNNING"))
        )
        assert not done(Stage.COHORTS)
        start(Stage.USERS)
        assert within(SECONDS, lambda: done(Stage.USERS))
        assert within(SECONDS, lambda: done(Stage.COHORTS))
        assert within(60, lambda: not executions(story, arn, "RUNNING"))
        assert executions(story, arn, "FAILED") == []
        names = {one["name"] for one in executions(story, arn, "SUCCEEDED")}
        assert any(name.startswith(f"{story.day}-cohorts-") for name in names)
