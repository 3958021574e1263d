"""A network of 300 sites and a million people, where it cannot be run: its nights by a simulated clock.

    python -m tests.bench.network [--sites 300] [--people 1000000] [--write]

The state machine is the one that is deployed: night.asl.yaml is walked state by state (state_machine.py); only its
four functions answer from figures, in the time that stands in TAKEN. What it costs a month is worked out from what
stands in USED and AWS's prices (prices.py). `--write` keeps it as infra/docs/network.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from passerelle.domain.night.plan.serialised import CHUNK
from passerelle.store.items import INDEXES
from tests.bench.figure import Figure, show
from tests.bench.prices import PRICES
from tests.bench.state_machine import CONCURRENT, LONGEST, Cloud, Machine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "infra/docs/network.md"
MACHINE: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachines/night.asl.yaml").read_text("utf-8"))


class Taken(NamedTuple):
    value: float
    unit: str
    whence: str


# Of one university of 35,000 people where nothing else is said. A core of Lambda's is taken to be half as quick as
# one of the machine of infra/docs/figures.md.
TAKEN = {
    "a function begins": Taken(2.0, "s", "assumed: none is warm, and each asks for what it needs"),
    "plan_stage": Taken(2 * 9.65, "s", "measured: figures.md, Nights, a night without change; twice that"),
    "plan_stage, memory": Taken(448.0, "MB", "measured: figures.md, Nights"),
    "of it, before the first row": Taken(130.0, "MB", "measured: what is imported"),
    "one report": Taken(4 * 9.65, "s", "assumed: twice a plan"),
    "users: each": Taken(10.0, "ms", "assumed: `user_create_users` by the hundred"),
    "cohorts: each": Taken(1.0, "ms", "assumed"),
    "offer: each": Taken(20.0, "ms", "assumed: courses made and moved"),
    "enrolments: each": Taken(0.70, "ms", "measured: a real 4.5.6 on PostgreSQL, four calls at a time"),
    "groups: each": Taken(1.78, "ms", "measured there: an enrolment with its group 2.48 ms"),
    "operations of a first load": Taken(680_000, "", "measured: figures.md, Nights, a university's"),
    "changes of an ordinary night": Taken(0.01, "of these", "assumed"),
}
UNIVERSITY = 35_000
SLOW = 10  # times slower: a Moodle with a large database, by day
PAYLOAD = 256 * 1024  # bytes that a state may hand to the next
TRANSITIONS = (
    800  # a second, all executions of an account: Step Functions' quota outside Ireland, Virginia and Oregon
)
PARTITION = 1000  # writes of 1 KB a second that one partition key takes
MEMORY = {"run_stage": 512, "plan_stage": 3008, "apply_chunk": 512, "finish_stage": 1024}  # template.yaml
STAGES = {"users": 0.05, "cohorts": 0.05, "offer": 0.05, "enrolments": 0.45, "groups": 0.40}  # of operations
DAYS = 30


def each_of(people: int, what: str) -> float:
    """A university's figure, for so many people."""
    return TAKEN[what].value * people / UNIVERSITY


def sizes(sites: int, people: int) -> list[int]:
    """People of each site: few universities, many schools (as 1/rank, none above 35,000)."""
    weights = [1 / (rank + 8) for rank in range(sites)]
    whole = [min(35_000, round(people * weight / sum(weights))) for weight in weights]
    rest = people - sum(whole)
    return [one + rest // sites for one in whole]


# -- what the functions answer ------------------------------------------------------------------------------


START = TAKEN["a function begins"].value


@dataclass(frozen=True)
class Night:
    people: Sequence[int]
    stage: str
    part: float  # of the operations of a first load
    concurrency: int = 4  # of a site (network.yaml's default)
    slower: int = 1  # times: the Moodles

    def answers(self, function: str, data: Any) -> tuple[float, Any]:
        if function == "run_stage":
            return START, {"nights": [self._opened(n) for n in range(len(self.people))]}
        if function == "plan_stage":
            return self.plan(int(data["site"].removeprefix("site-")))
        if function == "apply_chunk":
            # A Moodle takes so many a second, however many call.
            each = self.slower * TAKEN[f"{self.stage}: each"].value / 1000
            return START + CHUNK * self.concurrency * each, {"done": CHUNK}
        return START, {"run": "", "state": "done", "done": 0, "refused": 0}

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
        operations = each_of(people, "operations of a first load") * self.part * STAGES[self.stage]
        run = f"site-{number:03}:2026-10-05:{self.stage}"
        chunks = [{"run": run, "chunk": f"{n:05}-enrol"} for n in range(-(-int(operations) // CHUNK))]
        seconds = START + each_of(people, "plan_stage")
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


def simulate(people: Sequence[int], stage: str, part: float, slower: int = 1) -> Result:
    cloud = Cloud(MEMORY)
    night = Night(people, stage, part, slower=slower)
    seconds = cloud.run(Machine(cloud, night.answers).walk(MACHINE, {"stage": stage}))
    return Result(seconds, cloud)


# -- a month ------------------------------------------------------------------------------------------------

# Of each site in a month, beyond its nights. Assumed, as infra/docs/en/deploying.md says it: 40 shared courses of
# 100 MB of which three backups are kept, 20 copies taken and 4 published, and 20,000 calls.
USED = {
    "HTTP API, calls": 20_000,
    "Lambda, requests": 20_000,
    "Lambda, time": 20_000 * 0.2 * 0.5,  # 0.2 s at 512 MB
    "SQS, requests": 40_000,
    "DynamoDB, writes": 60_000,
    "DynamoDB, reads": 100_000,
    "DynamoDB, storage": 0.01,
    "DynamoDB, any second of 35 days": 0.01,
    "S3, storage": 12,
    "S3, writes": DAYS * len(STAGES) * 20,
    "S3, reads": DAYS * len(STAGES) * 40,
    "sent to Moodles and browsers": 24 * 0.1,
    "CloudWatch, logs taken in": 0.15,
    "CloudWatch, logs kept": 0.15 * 3 * 0.2,  # 90 days, packed
}
# Of the whole in a month.
QUEUES = 12  # that functions read, each by five questions of twenty seconds at a time, whether anything comes or not
ALARMS = 52  # metrics in infra/watch.yaml
PAPERS = 0.4e-3  # GB for each person: a year of nights' papers
MOVED = (
    300 * 0.1
)  # GB for each site in the month of the change of year: 300 courses of 100 MB to the new Moodle


def month(people: Sequence[int], ordinary: Mapping[str, Result]) -> Counter[str]:
    """What a month of ordinary nights uses, by the names in PRICES."""
    used: Counter[str] = Counter()
    for result in ordinary.values():
        for what, count in result.cloud.used.items():
            used[what] += count * DAYS
    sites = len(people)
    for what, of_one in USED.items():
        used[what] += of_one * sites
    used["Lambda, time"] += DAYS * each_of(sum(people), "one report") * 2
    used["SQS, requests"] += QUEUES * 5 * 3 * 60 * 24 * DAYS
    used["DynamoDB, writes"] += DAYS * len(STAGES) * 12 * sites
    used["S3, storage"] += sum(people) * PAPERS
    used["CloudWatch, alarms"] += ALARMS
    return used


@dataclass(frozen=True)
class Break:
    """What no longer works, and at which size: in sites of this mixture, or people of one site."""

    what: str
    at: float
    unit: str
    then: str


def breaks(people: Sequence[int], busiest: int) -> list[Break]:
    """`busiest`: state transitions in the busiest second of a first load on all of them."""
    mean = sum(people) / len(people)
    of_a_site = len(json.dumps(Night(people, "enrolments", 1.0)._opened(0))) + 2
    of_a_chunk = len(json.dumps({"run": "site-000:2026-10-05:enrolments", "chunk": "00000-enrol"})) + 2
    operations = each_of(1, "operations of a first load") * STAGES["enrolments"]
    imports = TAKEN["of it, before the first row"].value
    found = [
        Break(
            "plan_stage: time (900 s)",
            (LONGEST - START) / each_of(1, "plan_stage"),
            "people of one site",
            "the stage fails after its retries, and says so",
        ),
        Break(
            "plan_stage: memory (3,008 MB)",
            (MEMORY["plan_stage"] - imports) / (each_of(1, "plan_stage, memory") - imports / UNIVERSITY),
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
            f"state transitions in the busiest second ({TRANSITIONS}; in Ireland 5,000)",
            len(people) * TRANSITIONS / busiest,
            "sites",
            "Step Functions makes them wait; AWS raises it when asked",
        ),
        Break(
            "the morning's reports in one function (900 s)",
            LONGEST / (each_of(1, "one report") * mean),
            "sites",
            "the next try goes on with those that are missing: three tries, so three times as many",
        ),
    ]
    return sorted(found, key=lambda one: (one.unit != "sites", one.at))


class Hot(NamedTuple):
    """A key that many records share: writes of one of them under it, of so many KB, and how many begin in the
    busiest second that was thought of."""

    writes: int
    size: float
    rate: float
    of: str


# Every index of DynamoDB's own in store/items.py; the rates are assumed.
HOT = {
    "Delivery#state": Hot(2, 2.0, 20.0, "deliveries of shops"),
    "Order#state": Hot(4, 4.0, 10.0, "orders"),
    "Order#shop": Hot(4, 4.0, 2.0, "orders of the busiest shop"),
    "Publication#all": Hot(4, 3.0, 1.0, "publications"),
    "Publication#state": Hot(4, 3.0, 1.0, "publications"),
    "Retrieval#site": Hot(4, 2.0, 1.0, "copies that one site takes"),
    "RunningJob#running": Hot(3, 1.0, 5.0, "backups and restores that begin"),
    "Upload#state": Hot(3, 3.0, 2.0, "backups that are sent"),
    "Upload#site": Hot(3, 3.0, 1.0, "backups that one site sends"),
    "Rollover#running": Hot(12, 4.0, 2.0, "courses that change year"),
    "Rollover#site": Hot(12, 4.0, 1.0, "courses of one site that change year"),
    "FreshStart#site": Hot(2, 2.0, 0.1, "courses of one site that begin empty"),
    "PlanRun#applying": Hot(20, 2.0, 0.1, "plans of a faculty"),
    "PlanRun#site": Hot(20, 2.0, 0.1, "plans of one site"),
    "Run#site": Hot(8, 2.0, 0.01, "stages of one site"),
    "LedgerPage#site": Hot(2, 2.0, 20.0, "people enrolled by orders on one site"),
    "ConsoleAct#day": Hot(2, 1.0, 1.0, "acts in the console, all of one day"),
    "ConsoleAct#about": Hot(2, 1.0, 1.0, "acts about one thing"),
    "Broken#all": Hot(1, 1.0, 1.0, "records that cannot be read"),
    "Seen#all": Hot(1, 1.0, 5.0, "Moodles and webhooks looked at, each hour"),
}


def hottest() -> list[tuple[str, float]]:
    """(key, part of what a partition takes in the busiest second), of every index that DynamoDB keeps."""
    kept = {
        f"{kind.__name__}#{name}"
        for kind, indexes in INDEXES.items()
        for name, index in indexes.items()
        if index.kept != "items"
    }
    if kept != set(HOT):
        raise SystemExit(f"HOT and store/items.py differ: {sorted(kept ^ set(HOT))}")
    rows = [(key, hot.writes * max(1.0, hot.size) * hot.rate / PARTITION) for key, hot in HOT.items()]
    return sorted(rows, key=lambda row: -row[1])


# -- shown ---------------------------------------------------------------------------------------------------

HEAD = """# A network of {sites} sites and {people:,} people

Made by `.venv/bin/python -m tests.bench.network --write`; not to be edited by hand. It was not run: the state machine of `infra/statemachines/night.asl.yaml` was walked by a simulated clock, its functions answering in the time that stands below. What was measured is told from what is assumed."""


def page(people: Sequence[int], nights: Nights) -> str:
    pieces = [
        HEAD.format(sites=len(people), people=sum(people)),
        "## What was taken",
        table(
            ("for a university of 35,000 people", ">", "whence"),
            ((what, f"{one.value:,g} {one.unit}".strip(), one.whence) for what, one in TAKEN.items()),
        ),
        "## A night",
        f"All sites at once. A Moodle with a large database may be slower by day: the last columns take it {SLOW} "
        "times as slow.",
        table(
            (
                "stage",
                ">an ordinary night",
                ">functions at a time",
                ">a first load",
                ">functions at a time",
                ">refused",
                f">first load, {SLOW} × slower",
                ">refused",
            ),
            (row(stage, nights) for stage in STAGES),
        ),
        "## A month",
        "By AWS's price list for Ireland (eu-west-1), first tier, nothing free taken off; in Paris some are 4 to 6 % "
        "dearer. Each was read on 2026-11-30 in a public copy of the list, published on the day that is named; where "
        "none is, only what stands beside it was found. Not counted: a NAT gateway, where the university's directory "
        "wants a subnet; the shield against floods; support and taxes.",
        costs(people, nights),
        f"In the month of the change of year, 300 courses of 100 MB from each site to its new Moodle: "
        f"{len(people) * MOVED:,.0f} GB more are sent, "
        f"{len(people) * MOVED * PRICES['sent to Moodles and browsers'].dollars:,.0f} dollars. Moodles in the same "
        "region of AWS are sent everything for nothing.",
        "## What breaks first",
        "As the network grows, then as one of its sites does.",
        table(
            ("what", ">at", "then"),
            ((one.what, f"{one.at:,.0f} {one.unit}", one.then) for one in breaks(people, nights.busiest)),
        ),
        f"Sites are counted in this mixture ({sum(people) / len(people):,.0f} people each). Functions at a time do "
        f"not break: `Sites` takes {MACHINE['States']['Sites']['MaxConcurrency']} sites at once, of four calls each, "
        f"of the {CONCURRENT:,} that an account has.",
        "## Hot keys",
        f"One partition key of DynamoDB takes {PARTITION:,} writes of 1 KB a second. Each index that gathers many "
        "records under one key, in the busiest second that was thought of:",
        table(
            ("key", ">of what it may take", ">writes of one", ">KB", ">begin in a second", "of"),
            (
                (
                    f"`{key}#…`",
                    f"{100 * part:.1f} %",
                    HOT[key].writes,
                    HOT[key].size,
                    HOT[key].rate,
                    HOT[key].of,
                )
                for key, part in hottest()
            ),
        ),
        "None is hot at these rates, so none is spread: a key in parts must be read in parts, by every list that is "
        "shown. Nothing counts a day's events in one item.",
    ]
    return "\n\n".join(pieces) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """`>` before a head puts its column to the right."""
    lines = [f"| {' | '.join(head.removeprefix('>') for head in heads)} |"]
    lines += [f"| {' | '.join('---:' if head.startswith('>') else '---' for head in heads)} |"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def row(stage: str, nights: Nights) -> tuple[str, ...]:
    one, first, slow = nights.ordinary[stage], nights.first[stage], nights.slow[stage]
    return (
        stage,
        f"{one.seconds / 60:.1f} min",
        f"{one.cloud.most:,}",
        f"{first.seconds / 60:.0f} min",
        f"{first.cloud.most:,}",
        f"{first.cloud.refused:,}",
        f"{slow.seconds / 60:.0f} min",
        f"{slow.cloud.refused:,}",
    )


def costs(people: Sequence[int], nights: Nights) -> str:
    used = month(people, nights.ordinary)
    rows = [
        (
            what,
            f"{used[what]:,.0f}",
            price.unit,
            f"{price.dollars:.10f}".rstrip("0"),
            f"{used[what] * price.dollars:,.2f}",
            f"`{price.usage}`, {price.published or 'not seen: ' + price.note}",
        )
        for what, price in PRICES.items()
    ]
    whole = f"**{in_dollars(used):,.0f}**"
    return table(
        ("", ">used", "of", ">each", ">dollars", "in the list"),
        [*rows, ("**all of it**", "", "", "", whole, "")],
    )


def in_dollars(used: Mapping[str, float]) -> float:
    return sum(count * PRICES[what].dollars for what, count in used.items())


@dataclass(frozen=True)
class Nights:
    """Of all sites at once, by stage."""

    ordinary: Mapping[str, Result]
    first: Mapping[str, Result]
    slow: Mapping[str, Result]  # first loads of slow Moodles

    @property
    def busiest(self) -> int:
        """State transitions in the busiest second."""
        return max(max(result.cloud.by_second.values()) for result in self.first.values())


def figures(asked: argparse.Namespace) -> Iterator[Figure]:
    people = sizes(asked.sites, asked.people)
    nights = Nights(
        {stage: simulate(people, stage, TAKEN["changes of an ordinary night"].value) for stage in STAGES},
        {stage: simulate(people, stage, 1.0) for stage in STAGES},
        {stage: simulate(people, stage, 1.0, SLOW) for stage in STAGES},
    )
    what = f"{asked.sites} sites, {sum(people):,} people"
    longest = max(result.seconds for result in nights.ordinary.values()) / 60
    yield Figure(f"{what}: the longest stage of an ordinary night", longest, "min", 45)
    yield Figure("functions at a time", max(r.cloud.most for r in nights.first.values()), "", CONCURRENT)
    for name, loads in (("", nights.first), (f", Moodles {SLOW} times slower", nights.slow)):
        longest = max(result.seconds for result in loads.values()) / 3600
        yield Figure(f"the longest stage of a first load everywhere at once{name}", longest, "h")
        refused = sum(result.cloud.refused for result in loads.values())
        yield Figure(f"calls of it that Lambda refused and that were tried again{name}", refused, "")
    yield Figure("state transitions in its busiest second", nights.busiest, "", TRANSITIONS)
    largest = max(result.cloud.largest for result in nights.first.values()) / 1024
    yield Figure("the largest of what one state hands to the next", largest, "KB", PAYLOAD / 1024)
    yield Figure("a month by AWS's price list", in_dollars(month(people, nights.ordinary)), "$")
    yield Figure("the hottest key of the table, of what it may take", 100 * hottest()[0][1], "%", 100)
    if asked.write:
        PAGE.write_text(page(people, nights), encoding="utf-8")


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
