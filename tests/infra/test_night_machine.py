"""The state machine of the night: one site's trouble is its own."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from passerelle.usecases.night.state_machine import PATIENCE
from tests.infra.templates import ROOT

MACHINE: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachines/night.asl.yaml").read_text("utf-8"))
OF_ONE_SITE: dict[str, dict[str, Any]] = MACHINE["States"]["Sites"]["ItemProcessor"]["States"]


@pytest.mark.rule("N17")
def test_no_site_that_fails_stops_the_night_of_another() -> None:
    assert "Fail" not in {state["Type"] for state in OF_ONE_SITE.values()}
    for name, state in OF_ONE_SITE.items():
        if state["Type"] in ("Task", "Map"):
            assert [catch["ErrorEquals"] for catch in state["Catch"]] == [["States.ALL"]], name


@pytest.mark.rule("N17")
def test_sites_that_wait_do_not_exhaust_the_history_of_one_execution() -> None:
    assert MACHINE["States"]["Sites"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    # Of one site: a look is a task (5 events), a choice (2), a wait (2) and the task's way in and out.
    assert PATIENCE * 12 < 25_000


@pytest.mark.rule("D13")
def test_a_site_that_failed_fails_the_execution_once_all_have_ended() -> None:
    ends = {state["Result"]["failed"]: name for name, state in OF_ONE_SITE.items() if state.get("End")}
    assert ends == {False: "Ended", True: "Failed"}
    told = MACHINE["States"][MACHINE["States"]["Sites"]["Next"]]
    assert told["ItemsPath"] == MACHINE["States"]["Sites"]["ResultPath"]
    verdicts = told["ItemProcessor"]["States"]
    (choice,) = verdicts[told["ItemProcessor"]["StartAt"]]["Choices"]
    assert (choice["Variable"], choice["BooleanEquals"]) == ("$.failed", True)
    assert verdicts[choice["Next"]]["Type"] == "Fail"


def test_every_state_that_is_named_is_there() -> None:
    def walk(machine: dict[str, Any]) -> None:
        states = machine["States"]
        assert machine["StartAt"] in states
        for name, state in states.items():
            branches = [*state.get("Choices", ()), *state.get("Catch", ()), state]
            named = [branch[key] for branch in branches for key in ("Next", "Default") if key in branch]
            assert set(named) <= set(states), name
            if "ItemProcessor" in state:
                walk(state["ItemProcessor"])

    walk(MACHINE)
