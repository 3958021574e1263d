"""A state machine as AWS describes it, walked by a clock that jumps: for nights that cannot be run here.

Retries, catches, maps and their limits are kept; Lambda refuses what is above the account's limit, as AWS does.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONCURRENT = 1000  # functions at a time: an account's limit, unless AWS was asked for more
LONGEST = 900.0  # s that a function may run

Effect = tuple[str, Any]
Walk = Generator[Effect, Any, Any]


class Failed(Exception):
    """A state that ended in an error nobody caught, or a call that was refused."""


@dataclass
class Cloud:
    """Who waits for what, by a clock that jumps; and what was used."""

    memory: Mapping[str, int]  # MB of each function
    concurrent: int = CONCURRENT
    now: float = 0.0
    used: Counter[str] = field(default_factory=Counter)
    running: int = 0
    most: int = 0
    refused: int = 0
    largest: int = 0  # bytes handed from one state to the next
    by_second: Counter[int] = field(default_factory=Counter)  # transitions
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._number), then))

    def went_on(self) -> None:
        """From one state to the next, or to a retry: what is billed."""
        self.used["Step Functions, transitions"] += 1
        self.by_second[int(self.now)] += 1

    def run(self, walk: Walk) -> float:
        """Seconds that a whole execution took."""
        began, ended = self.now, []
        self.start(walk, lambda _result, error: ended.append((self.now, error)))
        while self._due:
            self.now, _, then = heapq.heappop(self._due)
            then()
        ((at, error),) = ended
        if error is not None:
            raise error
        return at - began

    def start(self, walk: Walk, told: Callable[[Any, Failed | None], None]) -> None:
        def go_on(value: Any = None, error: Failed | None = None) -> None:
            try:
                kind, asked = walk.throw(error) if error else walk.send(value)
            except StopIteration as stop:
                told(stop.value, None)
            except Failed as failed:
                told(None, failed)
            else:
                self._do(kind, asked, go_on)

        self.after(0, go_on)

    def _do(self, kind: str, asked: Any, go_on: Callable[..., None]) -> None:
        if kind == "wait":
            self.after(asked, go_on)
        elif kind == "call":
            self._call(*asked, go_on)
        else:
            self._each(*asked, go_on)

    def _call(self, function: str, seconds: float, answer: Any, go_on: Callable[..., None]) -> None:
        if self.running >= self.concurrent:
            self.refused += 1
            self.after(0, lambda: go_on(error=Failed("Lambda.TooManyRequestsException")))
            return
        self.running += 1
        self.most = max(self.most, self.running)
        self.used["Lambda, requests"] += 1
        self.used["Lambda, time"] += min(seconds, LONGEST) * self.memory[function] / 1024

        def ended() -> None:
            self.running -= 1
            if seconds > LONGEST:
                go_on(error=Failed("Sandbox.Timedout"))
            else:
                go_on(answer)

        self.after(min(seconds, LONGEST), ended)

    def _each(self, walks: Sequence[Walk], at_once: int, go_on: Callable[..., None]) -> None:
        results: dict[int, Any] = {}
        waiting, failed = list(enumerate(walks))[::-1], []

        def told(place: int, result: Any, error: Failed | None) -> None:
            results[place] = result
            failed.extend([error] if error else [])
            if waiting and not failed:
                start_one()
            elif len(results) == len(walks) - len(waiting):
                if failed:
                    go_on(error=failed[0])
                else:
                    go_on([results[n] for n in range(len(walks))])

        def start_one() -> None:
            place, walk = waiting.pop()
            self.start(walk, lambda result, error: told(place, result, error))

        if not walks:
            self.after(0, lambda: go_on([]))
        for _ in range(min(at_once or len(walks), len(walks))):
            start_one()


@dataclass
class Machine:
    cloud: Cloud
    answers: Callable[[str, Any], tuple[float, Any]]  # function, input → seconds, what it answers

    def walk(self, machine: Mapping[str, Any], data: Any) -> Walk:
        name = machine["StartAt"]
        while name:
            state = machine["States"][name]
            self.cloud.went_on()
            self.cloud.largest = max(self.cloud.largest, len(json.dumps(data)))
            if state["Type"] == "Fail":
                raise Failed(state["Error"])
            try:
                result = yield from self._with_retries(state, data)
            except Failed as failed:
                catch = next(iter(state.get("Catch", ())), None)
                if catch is None:
                    raise
                data, name = data | {catch["ResultPath"][2:]: {"Error": str(failed)}}, catch["Next"]
                continue
            data = _placed(state, data, result)
            name = _next(state, data)
        return data

    def _with_retries(self, state: Mapping[str, Any], data: Any) -> Walk:
        retry = next(iter(state.get("Retry", ())), {})
        for attempt in range(retry.get("MaxAttempts", 0) + 1):
            try:
                return (yield from self._done(state, data))
            except Failed:
                if attempt == retry.get("MaxAttempts", 0):
                    raise
                self.cloud.went_on()
                yield "wait", retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt

    def _done(self, state: Mapping[str, Any], data: Any) -> Walk:
        match state["Type"]:
            case "Task":
                function = _function(state["Resource"])
                seconds, answer = self.answers(function, data)
                return (yield "call", (function, seconds, answer))
            case "Wait":
                yield "wait", state["Seconds"]
            case "Map":
                items = _at(data, state.get("ItemsPath", "$"))
                at_once = state.get("MaxConcurrency", 0)
                if "MaxConcurrencyPath" in state:
                    at_once = _at(data, state["MaxConcurrencyPath"])
                return (yield "each", ([self.walk(state["ItemProcessor"], item) for item in items], at_once))
            case "Pass":
                return state.get("Result", data)
        return data


def _function(resource: str) -> str:
    """`${PlanStage}` → `plan_stage`."""
    name = resource.strip("${}")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _at(data: Any, path: str) -> Any:
    for part in path.removeprefix("$").strip(".").replace("[0]", ".0").split("."):
        if part:
            data = data[int(part)] if part.isdigit() else data[part]
    return data


def _placed(state: Mapping[str, Any], data: Any, result: Any) -> Any:
    if state["Type"] in ("Choice", "Wait", "Succeed"):
        return data
    path = state.get("ResultPath", "$")
    if path is None:
        return data
    return result if path == "$" else data | {path[2:]: result}


def _next(state: Mapping[str, Any], data: Any) -> str:
    if state["Type"] != "Choice":
        return "" if state.get("End") or state["Type"] == "Succeed" else state["Next"]
    return next((one["Next"] for one in state["Choices"] if _holds(one, data)), state["Default"])


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    if "Not" in rule:
        return not _holds(rule["Not"], data)
    try:
        value = _at(data, rule["Variable"])
    except (LookupError, TypeError):
        return False
    wanted = next(rule[test] for test in ("BooleanEquals", "StringEquals", "IsPresent") if test in rule)
    return True if "IsPresent" in rule else bool(value == wanted)
