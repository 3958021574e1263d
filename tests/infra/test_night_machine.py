"""The state machine of the night: one site's trouble is its own."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import yaml

from passerelle.domain.network import Site
from passerelle.domain.night.plan.categories import DEEPEST
from passerelle.domain.night.plan.plan import Phase
from passerelle.usecases.night.state_machine import PATIENCE
from tests.infra.templates import ROOT

MACHINE: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachines/night.asl.yaml").read_text("utf-8"))
OF_ONE_SITE: dict[str, dict[str, Any]] = MACHINE["States"]["Sites"]["ItemProcessor"]["States"]


@pytest.mark.rule("N17")
def test_no_site_that_fails_stops_the_night_of_another() -> None:
    assert "Fail" not in {state["Type"] for state in OF_ONE_SITE.values()}
    for name, state in OF_ONE_SITE.items():
        if state["Type"] in ("Task", "Map"):
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


# -- how much an execution writes ------------------------------------------------------------------------

EVENTS = 25_000  # that AWS allows in the history of one execution
MOST_SITES = 1_000
# Of one plan: categories are made and deleted a wave for each depth, elsewhere a phase has three at most.
MOST_WAVES = 2 * (DEEPEST + 1) + 3 * len(Phase)


def following(state: dict[str, Any]) -> set[str]:
    branches = [*state.get("Choices", ()), *state.get("Catch", ()), state]
    return {branch[key] for branch in branches for key in ("Next", "Default") if key in branch}


def most_events(machine: dict[str, Any], items: dict[str, int]) -> int:
    """The longest history of one execution, or of one item of an inline map; `items`: how many a map has at
    most. A state that is come back to would have no longest one.
    """
    states = machine["States"]

    def longest(name: str, before: tuple[str, ...]) -> int:
        assert name not in before, f"{name} is come back to: a history without an end"
        own = most_of_state(name, states[name], items)
        return own + max((longest(one, (*before, name)) for one in following(states[name])), default=0)

    return longest(machine["StartAt"], ())


def most_of_state(name: str, state: dict[str, Any], items: dict[str, int]) -> int:
    match state["Type"]:
        case "Task":  # entered, exited; of each try: scheduled, started (or submitted), ended
            tries = 1 + max((retry.get("MaxAttempts", 3) for retry in state.get("Retry", ())), default=0)
            return 2 + 4 * tries
        case "Map" if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED":
            return 6  # entered, started, the run of its children begun and ended, ended, exited
        case "Map":  # of each item: begun and ended, and what is in it
            return 4 + items[name] * (2 + most_events(state["ItemProcessor"], items))
    return 2  # entered and exited


@pytest.mark.rule("N17")
def test_a_site_that_waits_writes_no_history_of_its_own_waiting() -> None:
    """Seen: fourteen sites that waited three hours in a loop of one execution went past its 25,000 events."""
    processor = MACHINE["States"]["Sites"]["ItemProcessor"]
    assert processor["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    of_one_site = 2 + most_events(processor, {"Waves": MOST_WAVES})
    of_the_whole = 2 + most_events(MACHINE, {"Told": MOST_SITES})
    assert of_one_site < EVENTS
    assert of_the_whole < EVENTS


@pytest.mark.rule("N17")
def test_who_waits_hands_on_to_an_execution_of_its_own_name() -> None:
    wait = OF_ONE_SITE[OF_ONE_SITE["Ready"]["Choices"][0]["Next"]]
    hand_on = OF_ONE_SITE[wait["Next"]]
    assert hand_on["Parameters"]["Name.$"] == "$.next"
    assert hand_on["Parameters"]["Input"] == {"waited.$": "$"}
    assert hand_on["Next"] == "Ended"
    assert wait["Seconds"] * PATIENCE == 3 * 3600


@pytest.mark.rule("S12")
def test_nights_of_a_large_network_leave_functions_for_orders_and_doors() -> None:
    at_once: int = MACHINE["States"]["Sites"]["MaxConcurrency"]
    of_a_site = next(one.default for one in fields(Site) if one.name == "max_concurrency")
    assert at_once * of_a_site <= 800  # of the 1,000 that an account has


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
            assert following(state) <= set(states), name
            if "ItemProcessor" in state:
                walk(state["ItemProcessor"])

    walk(MACHINE)
