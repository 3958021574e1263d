"""A night at the size of a university: extracts → plan, a night without change, one with 1 % changes.

python -m tests.bench.night [--part 1.0] [--only plan|twin] [--times 10]

`--times 10` plans one university, then one ten times as large, and prints how many times as long and as
much memory it took; nothing then goes to the twin.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from random import Random

from passerelle.domain.night.plan.night import Night
from tests.bench.figure import Figure, show
from tests.bench.offer_data import Size, write_university

SECONDS, MEGABYTES = 30, 800  # to reach, from extracts to plan
QUIET_SECONDS = 60  # a night without change
PAGE = 5000
NIGHT = date(2026, 10, 6)


class Paper:
    """What S3 would be sent, made and dropped."""

    def get(self, key: str) -> None: ...

    def put(self, key: str, document: object) -> None:
        self.put_json(key, json.dumps(document, ensure_ascii=False))

    def put_json(self, key: str, text: str) -> None:
        text.encode()


def measure(folder: Path) -> None:
    """In a process of its own, so that making the data does not count: the largest plan, a first load."""
    from passerelle.domain.night.plan.actual import Actual
    from passerelle.domain.night.plan.make import make_plan
    from passerelle.domain.night.plan.memory import Memory
    from passerelle.domain.night.plan.night import Night
    from passerelle.domain.offer.build import build_desired
    from passerelle.sources.extracts import read_extracts, require_whole
    from passerelle.usecases.night.documents import keep_plan

    gc.disable()  # as usecases.night.plan_stage does while it plans
    extracts = require_whole(read_extracts(folder))
    desired = build_desired(extracts)
    plan = make_plan(Night(site="univ", date=NIGHT), desired, Actual(), Memory(), source_rows=extracts.counts)
    keep_plan(Paper(), "run", plan)


@dataclass(frozen=True)
class Cost:
    seconds: float
    worked: float  # seconds of processor: what another's work on the machine disturbs less
    megabytes: int


def plan_apart(folder: Path) -> Cost:
    command = [sys.executable, "-m", "tests.bench.night", "--measure", str(folder)]
    started = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)  # of this child alone, whatever ran before
    if status:
        raise SystemExit(f"planning ended with {status}")
    seconds = time.perf_counter() - started
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def bench_plan(folder: Path) -> Iterator[Figure]:
    cost = plan_apart(folder)
    yield Figure("a university's extracts to plan, a first load", cost.seconds, "s", SECONDS)
    yield Figure("a university's extracts to plan: memory", cost.megabytes, "MB", MEGABYTES)


def bench_growth(folder: Path, size: Size, times: int) -> Iterator[Figure]:
    """No worse than a fifth above in proportion; memory grows with the rows, for all of them are held."""
    costs = []
    for factor in (1, times):
        write_university(folder, size.times(factor))
        costs.append(plan_apart(folder))
    one, many = costs
    why = "what is held no longer fits the processor's caches, so that each row costs more"
    yield Figure(f"plan of {times} universities, by one's", many.worked / one.worked, "×", times * 1.2, why)
    yield Figure(f"plan of {times} universities, by the clock", many.seconds / one.seconds, "×")
    yield Figure(f"plan of {times} universities: memory", many.megabytes, "MB")


def bench_twin(folder: Path) -> Iterator[Figure]:
    """Over HTTP, with the project's own client."""
    from passerelle.domain.night.plan.actual import read_actual
    from passerelle.domain.night.plan.make import make_plan
    from passerelle.domain.night.plan.memory import Memory
    from passerelle.domain.night.policy import Guard, Limit, NightRules
    from passerelle.domain.offer.build import build_desired
    from passerelle.moodle.client import Site
    from passerelle.moodle.site_api import Moodle
    from passerelle.sources.extracts import read_extracts, require_whole
    from passerelle_laptop.twin import Twin

    wide = Limit(percent=100, absolute=10**9)
    rules = NightRules(guard=Guard(all=wide, category=wide, course=wide, source=wide))
    with Twin.start({"univ": "Univ"}, jobs="by hand") as twin:
        site = twin.site("univ")
        moodle = Moodle.at(Site("univ", site.base_url, site.token, calls_per_second=10_000, burst=1000))

        def plan(day: date, memory: Memory):
            gc.disable()  # as usecases.night.plan_stage does while it plans
            extracts = require_whole(read_extracts(folder))
            actual = read_actual(lambda table: moodle.export(table, PAGE))
            logins = {row.code: row.username for row in extracts.people if row.username}
            desired = build_desired(extracts, rules.naming, actual.codes_with_account(logins))
            night = Night(site="univ", date=day, rules=rules)
            made = make_plan(night, desired, actual, memory, source_rows=extracts.counts), actual
            gc.enable()
            return made

        def do(operations) -> int:
            """How many were refused."""
            refused = 0
            for start in range(0, len(operations), 1000):
                some = operations[start : start + 1000]
                rows = [{"id": str(n), "op": one.op, **one.columns} for n, one in enumerate(some)]
                refused += sum(not verdict.ok for verdict in moodle.apply(rows))
            return refused

        started = time.perf_counter()
        first, _ = plan(NIGHT, Memory())
        refused = do(first.operations)
        yield Figure(
            "a first load of the twin, each operation", per_thousand(started, first.operations), "ms"
        )
        yield Figure("operations of it that were refused", refused, "", 0)

        site.log.reset()
        started = time.perf_counter()
        quiet, actual = plan(NIGHT + timedelta(1), first.memory)
        seconds = time.perf_counter() - started
        reads, writes = site.log.count("local_passerelle_export"), site.log.count("local_passerelle_apply")
        allowed = sum(max(1, math.ceil(rows / PAGE)) for rows in actual.counts.values())
        yield Figure("a night without change", seconds, "s", QUIET_SECONDS)
        yield Figure("operations and writes of it", len(quiet.operations) + writes, "", 0)
        yield Figure("pages read for it", reads, "", allowed)

        change_one_percent(folder)
        changed, _ = plan(NIGHT + timedelta(2), quiet.memory)
        site.log.reset()
        do(changed.operations)
        calls = site.log.count("local_passerelle_apply")
        yield Figure(
            "1 % changes: calls for each operation", calls / max(1, len(changed.operations)), "", 0.02
        )


def per_thousand(started: float, operations: Sequence[object]) -> float:
    return 1000 * (time.perf_counter() - started) / len(operations)


def change_one_percent(folder: Path) -> None:
    """Registrations that go to another person; the manifest agrees."""
    import hashlib

    path = folder / "ip.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream, delimiter=";")
    chance = Random(2)
    people = sorted({row[0] for row in rows})
    seen = {tuple(row) for row in rows}
    for place in chance.sample(range(len(rows)), len(rows) // 100):
        new = (chance.choice(people), *rows[place][1:])
        if new not in seen:
            seen.add(new)
            rows[place] = list(new)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    said = {"rows": len(rows), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    manifest["files"]["ip.csv"] = said
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="of the university's size")
    parser.add_argument("--only", choices=["plan", "twin"])
    parser.add_argument("--times", type=int, help="compare with a university so many times as large")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure)
        return 0
    whole = Size()
    size = Size(*(max(1, int(getattr(whole, name) * asked.part)) for name in whole.__dataclass_fields__))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if asked.times:
            return show(bench_growth(folder, size, asked.times))
        write_university(folder, size)
        figures = [
            bench(folder)
            for name, bench in (("plan", bench_plan), ("twin", bench_twin))
            if asked.only in (None, name)
        ]
        return show(chain(*figures))


if __name__ == "__main__":
    raise SystemExit(main())
