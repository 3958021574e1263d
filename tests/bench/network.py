"""A network of 300 sites and a million people, where it cannot be run: its nights by a simulated clock.

    python -m tests.bench.network [--sites 300] [--people 1000000] [--write]

The state machine is the one that is deployed: night.asl.yaml is walked state by state, with its retries, catches and
limits; only its four functions answer from figures, in the time that they were measured to take (MEASURED). Lambda
refuses what is above the account's limit, as AWS does. What it costs a month is worked out from AWS's price list as
written down in PRICES. `--write` keeps it as infra/docs/network.md.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from passerelle.domain.night.plan.serialised import CHUNK
from tests.bench.figure import Figure, show

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "infra/docs/network.md"
MACHINE: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachines/night.asl.yaml").read_text("utf-8"))

# What the functions take, as measured (infra/docs/figures.md, infra/docs/moodle.md).
MEASURED = {
    "start": 2.0,  # s: of a function that was not warm, and its first questions
    "person": 24 / 35_000,  # s for each person of a site: extracts, what Moodle holds, desired, plan
    "memory": (481 - 130) / 35_000,  # MB for each person
    "imports": 130.0,  # MB before the first row is read
    "report": 40 / 35_000,  # s for each person: the same, and what is looked into
    "a second": 100.0,  # operations that a Moodle takes, however many callers
    "each": 680_000 / 35_000,  # operations of a first load for each person
    "changes": 0.01,  # part of these that an ordinary night has
}
# AWS, Ireland, dollars, 2025; written down by hand.
PRICES = {
    "Lambda, GB·s (arm64)": 0.0000133334,
    "Lambda, requests": 0.20e-6,
    "Step Functions, transitions": 0.025e-3,
    "HTTP API, calls": 1.11e-6,
    "SQS, requests": 0.40e-6,
    "DynamoDB, writes of 1 KB": 0.705e-6,
    "DynamoDB, reads of 4 KB": 0.141e-6,
    "S3, GB a month": 0.023,
    "S3, writes": 5e-6,
    "S3, reads": 0.4e-6,
    "CloudWatch, alarms": 0.10,
    "CloudWatch, GB of logs": 0.57,
}
CONCURRENT = 1000  # functions at a time: an account's limit, unless AWS was asked for more
PAYLOAD = 256 * 1024  # bytes that a state may hand to the next
LONGEST = 900.0  # s that a function may run
PARTITION = 1000  # writes of 1 KB a second that one partition key takes
MEMORY = {"run_stage": 512, "plan_stage": 3008, "apply_chunk": 512, "finish_stage": 1024}  # template.yaml
STAGES = {
    "users": 0.05,
    "cohorts": 0.05,
    "offer": 0.05,
    "enrolments": 0.45,
    "groups": 0.40,
}  # share of operations
DAYS = 30

Effect = tuple[str, Any]
Walk = Generator[Effect, Any, Any]


class Failed(Exception):
    """A state that ended in an error nobody caught, or a call that was refused."""


def sizes(sites: int, people: int) -> list[int]:
    """People of each site: few universities, many schools (as 1/rank, none above 35,000)."""
    weights = [1 / (rank + 8) for rank in range(sites)]
    whole = [min(35_000, round(people * weight / sum(weights))) for weight in weights]
    rest = people - sum(whole)
    return [one + rest // sites for one in whole]


# -- the state machine, walked ------------------------------------------------------------------------------


@dataclass
class Cloud:
    """Who waits for what, by a clock that jumps; and what was used."""

    concurrent: int = CONCURRENT
    now: float = 0.0
    used: Counter[str] = field(default_factory=Counter)
    running: int = 0
    most: int = 0
    refused: int = 0
    largest: int = 0  # bytes handed from one state to the next
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._number), then))

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
        self.used["Lambda, GB·s (arm64)"] += min(seconds, LONGEST) * MEMORY[function] / 1024

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
            self.cloud.used["Step Functions, transitions"] += 1
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
                self.cloud.used["Step Functions, transitions"] += 1
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


# -- what the functions answer ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Night:
    people: Sequence[int]
    stage: str
    part: float  # of the operations of a first load
    concurrency: int = 4  # of a site (network.yaml's default)

    def answers(self, function: str, data: Any) -> tuple[float, Any]:
        if function == "run_stage":
            return MEASURED["start"], {"nights": [self._opened(n) for n in range(len(self.people))]}
        if function == "plan_stage":
            return self.plan(int(data["site"].removeprefix("site-")))
        if function == "apply_chunk":
            # A Moodle takes so many a second, however many call.
            return MEASURED["start"] + CHUNK * self.concurrency / MEASURED["a second"], {"done": CHUNK}
        return MEASURED["start"], {"run": "", "state": "done", "done": 0, "refused": 0}

    def _opened(self, number: int) -> dict[str, Any]:
        return {
            "site": f"site-{number:03}",
            "stage": self.stage,
            "night": "2026-10-05",
            "looked": 0,
            "holder": "0" * 22,
        }

    def plan(self, number: int) -> tuple[float, Any]:
        people = self.people[number]
        operations = people * MEASURED["each"] * self.part * STAGES[self.stage]
        run = f"site-{number:03}:2026-10-05:{self.stage}"
        chunks = [{"run": run, "chunk": f"{n:05}-enrol"} for n in range(-(-int(operations) // CHUNK))]
        seconds = MEASURED["start"] + people * MEASURED["person"]
        waves = [{"run": run, "concurrency": self.concurrency, "chunks": chunks}] if chunks else []
        return seconds, self._opened(number) | {
            "busy": False,
            "waits": False,
            "failed": "",
            "run": run,
            "waves": waves,
        }


@dataclass(frozen=True)
class Result:
    seconds: float
    cloud: Cloud


def simulate(people: Sequence[int], stage: str, part: float, concurrent: int = CONCURRENT) -> Result:
    cloud = Cloud(concurrent)
    night = Night(people, stage, part)
    seconds = cloud.run(Machine(cloud, night.answers).walk(MACHINE, {"stage": stage}))
    return Result(seconds, cloud)


# -- a month ------------------------------------------------------------------------------------------------


def month(people: Sequence[int], ordinary: Mapping[str, Result]) -> Counter[str]:
    """What a month uses: thirty ordinary nights, reports, and per site what infra/docs/en/deploying.md assumes."""
    used: Counter[str] = Counter()
    for result in ordinary.values():
        for what, count in result.cloud.used.items():
            used[what] += count * DAYS
    sites = len(people)
    used["Lambda, GB·s (arm64)"] += DAYS * sum(people) * MEASURED["report"] * 2
    used["HTTP API, calls"] += 20_000 * sites
    used["Lambda, requests"] += 20_000 * sites
    used["Lambda, GB·s (arm64)"] += 20_000 * sites * 0.2 * 0.5
    used["SQS, requests"] += 40_000 * sites
    used["DynamoDB, writes of 1 KB"] += 60_000 * sites + DAYS * len(STAGES) * 12 * sites
    used["DynamoDB, reads of 4 KB"] += 100_000 * sites
    used["S3, GB a month"] += (
        12 * sites + sum(people) * 0.4e-3
    )  # papers of nights: 14 MB for 35,000 people a day
    used["S3, writes"] += DAYS * len(STAGES) * 20 * sites
    used["S3, reads"] += DAYS * len(STAGES) * 40 * sites
    used["CloudWatch, alarms"] += 84
    used["CloudWatch, GB of logs"] += 0.15 * sites
    return used


@dataclass(frozen=True)
class Break:
    """What no longer works, and at which size: in sites of this mixture, or people of one site or of all."""

    what: str
    at: float
    unit: str
    then: str


def breaks(people: Sequence[int]) -> list[Break]:
    mean = sum(people) / len(people)
    of_a_site = len(json.dumps(Night(people, "enrolments", 1.0)._opened(0))) + 2
    of_a_chunk = len(json.dumps({"run": "site-000:2026-10-05:enrolments", "chunk": "00000-enrol"})) + 2
    operations = MEASURED["each"] * STAGES["enrolments"]
    found = [
        Break(
            "plan_stage: time (900 s)",
            (LONGEST - MEASURED["start"]) / MEASURED["person"],
            "people of one site",
            "the stage fails after its retries, and says so",
        ),
        Break(
            "plan_stage: memory (3,008 MB)",
            (MEMORY["plan_stage"] - MEASURED["imports"]) / MEASURED["memory"],
            "people of one site",
            "a larger MemorySize helps, up to 10,240 MB",
        ),
        Break(
            "a plan's list of chunks between two states (256 KB)",
            PAYLOAD / of_a_chunk * CHUNK / operations,
            "people of one site",
            "a first load must be made in parts: by `freeze`, a category at a time",
        ),
        Break(
            "the list of nights between two states (256 KB)",
            PAYLOAD / of_a_site,
            "sites",
            "two installations",
        ),
        Break(
            "functions at a time (1,000), a first load everywhere at once",
            CONCURRENT / Night(people, "enrolments", 1.0).concurrency,
            "sites",
            "chunks are refused and tried again for twenty minutes; AWS raises the limit when asked",
        ),
        Break(
            "the morning's reports in one function (900 s)",
            LONGEST / (MEASURED["report"] * mean),
            "sites",
            "the next try goes on with those that are missing: three tries, so three times as many",
        ),
    ]
    at_once = MACHINE["States"]["Sites"].get("MaxConcurrency", CONCURRENT)
    if at_once * Night(people, "", 1.0).concurrency < CONCURRENT:
        found = [one for one in found if not one.what.startswith("functions at a time")]
    return sorted(found, key=lambda one: (one.unit != "sites", one.at))


# Where many records share one partition key: writes of one record's life, its KB, and how many begin at the busiest
# minute of a network of 300 sites (a second).
HOT = (
    ("Delivery#state#…", 2, 2.0, 20.0, "deliveries of shops"),
    ("Order#state#…", 4, 4.0, 10.0, "orders"),
    ("Order#shop#…", 4, 4.0, 2.0, "orders of the busiest shop"),
    ("Publication#all#all", 4, 3.0, 1.0, "publications"),
    ("RunningJob#running#yes", 3, 1.0, 5.0, "backups and restores that begin"),
    ("Upload#state#…", 3, 3.0, 2.0, "backups that are sent"),
    ("Run#site#…", 8, 2.0, 0.01, "stages of one site"),
    ("LedgerPage#site#…", 2, 2.0, 20.0, "people enrolled by orders on one site"),
    ("ConsoleAct#day#…", 2, 1.0, 1.0, "acts in the console"),
    ("Broken#all#all", 1, 1.0, 1.0, "records that cannot be read"),
)


def hottest() -> list[tuple[str, float, str]]:
    """(key, part of what a partition takes at the busiest minute, of what)"""
    rows = [(key, writes * max(1.0, kb) * rate / PARTITION, of) for key, writes, kb, rate, of in HOT]
    return sorted(rows, key=lambda row: -row[1])


# -- shown ---------------------------------------------------------------------------------------------------


def page(people: Sequence[int], ordinary: Mapping[str, Result], first: Mapping[str, Result]) -> str:
    used = month(people, ordinary)
    dollars = {what: used[what] * PRICES[what] for what in PRICES}
    lines = [
        f"# A network of {len(people)} sites and {sum(people):,} people",
        "",
        "Made by `.venv/bin/python -m tests.bench.network --write`; not to be edited by hand. It was not run: the "
        "state machine of `infra/statemachines/night.asl.yaml` was walked by a simulated clock, its functions "
        "answering in the time that they were measured to take (`MEASURED`), and AWS's prices are those of Ireland, "
        "2025, as written down in `PRICES`.",
        "",
        "## A night",
        "",
        "| stage | an ordinary night | functions at a time | a first load | functions at a time | refused |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for stage in STAGES:
        one, other = ordinary[stage], first[stage]
        lines.append(
            f"| {stage} | {one.seconds / 60:.1f} min | {one.cloud.most:,} | {other.seconds / 60:.0f} min | "
            f"{other.cloud.most:,} | {other.cloud.refused:,} |"
        )
    lines += ["", "## A month", "", "| | used | dollars |", "| --- | ---: | ---: |"]
    lines += [f"| {what} | {used[what]:,.0f} | {cost:,.2f} |" for what, cost in dollars.items()]
    lines += [f"| **all of it** | | **{sum(dollars.values()):,.0f}** |"]
    lines += ["", "## What breaks first", "", "As the network grows, then as one of its sites does.", ""]
    lines += ["| what | at | then |", "| --- | ---: | --- |"]
    lines += [f"| {one.what} | {one.at:,.0f} {one.unit} | {one.then} |" for one in breaks(people)]
    lines += [
        "",
        f"Sites are counted in this mixture ({sum(people) / len(people):,.0f} people each).",
        "",
        "## Hot keys",
        "",
        f"One partition key of DynamoDB takes {PARTITION:,} writes of 1 KB a second. At the busiest minute that was "
        "thought of, each index that gathers many records under one key takes:",
        "",
        "| key | of what it may take | of |",
        "| --- | ---: | --- |",
    ]
    lines += [f"| `{key}` | {100 * part:.1f} % | {of} |" for key, part, of in hottest()]
    lines += [
        "",
        "None is hot, so none is spread: a key in parts must be read in parts, by every list that is shown.",
    ]
    return "\n".join(lines) + "\n"


def figures(asked: argparse.Namespace) -> Iterator[Figure]:
    people = sizes(asked.sites, asked.people)
    ordinary = {stage: simulate(people, stage, MEASURED["changes"]) for stage in STAGES}
    first = {stage: simulate(people, stage, 1.0) for stage in STAGES}
    whole = sum(used * PRICES[what] for what, used in month(people, ordinary).items())
    what = f"{asked.sites} sites, {sum(people):,} people"
    longest = max(result.seconds for result in ordinary.values()) / 60
    yield Figure(f"{what}: the longest stage of an ordinary night", longest, "min", 45)
    most = max(result.cloud.most for result in ordinary.values())
    yield Figure("functions at a time", most, "", CONCURRENT)
    longest = max(result.seconds for result in first.values()) / 3600
    yield Figure("the longest stage of a first load everywhere at once", longest, "h")
    yield Figure(
        "calls of it that Lambda refused and that were tried again", first["enrolments"].cloud.refused, ""
    )
    largest = max(result.cloud.largest for result in first.values()) / 1024
    yield Figure("the largest of what one state hands to the next", largest, "KB", PAYLOAD / 1024)
    yield Figure("a month by AWS's price list", whole, "$")
    yield Figure("the hottest key of the table, of what it may take", 100 * hottest()[0][1], "%", 100)
    if asked.write:
        PAGE.write_text(page(people, ordinary, first), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=300)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="infra/docs/network.md")
    return show(figures(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
