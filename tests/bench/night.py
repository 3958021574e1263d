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
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from passerelle.domain.night.plan.night import Night
from tests.bench.offer_data import Size, write_university

SECONDS, MEGABYTES = 30, 800  # to reach, from extracts to plan
QUIET_SECONDS = 60  # a night without change
PAGE = 5000
NIGHT = date(2026, 10, 6)


class Paper:
    """What S3 would be sent, counted and dropped."""

    def __init__(self) -> None:
        self.bytes = 0

    def get(self, key: str) -> None: ...

    def put(self, key: str, document: object) -> None:
        self.put_json(key, json.dumps(document, ensure_ascii=False))

    def put_json(self, key: str, text: str) -> None:
        self.bytes += len(text.encode())


def measure(folder: Path) -> None:
    """In a process of its own, so that making the data does not count: the largest plan, a first load."""
    from passerelle.domain.night.plan.actual import Actual
    from passerelle.domain.night.plan.make import make_plan
    from passerelle.domain.night.plan.memory import Memory
    from passerelle.domain.night.plan.night import Night
    from passerelle.domain.offer.build import build_desired
    from passerelle.sources.extracts import read_extracts, require_whole
    from passerelle.usecases.night.documents import keep_plan

    started = time.perf_counter()

    def lap(name: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        seconds, worked = time.perf_counter() - started, time.process_time()
        print(
            f"{name:<10} {seconds:7.1f} s in all, {worked:6.1f} s of processor, peak {peak:5d} MB", flush=True
        )

    gc.disable()  # as usecases.night.plan_stage does while it plans
    extracts = require_whole(read_extracts(folder))
    lap("read")
    desired = build_desired(extracts)
    lap("desired")
    plan = make_plan(Night(site="univ", date=NIGHT), desired, Actual(), Memory(), source_rows=extracts.counts)
    lap("plan")
    paper = Paper()
    _, sha256 = keep_plan(paper, "run", plan)
    lap("written")
    print(f"{len(plan.operations)} operations, {paper.bytes / 1e6:.0f} MB of papers, sha256 {sha256[:16]}")


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


def bench_plan(folder: Path) -> bool:
    cost = plan_apart(folder)
    print(f"extracts to plan: {cost.seconds:.1f} s (≤ {SECONDS}), {cost.megabytes} MB (≤ {MEGABYTES})")
    return cost.seconds <= SECONDS and cost.megabytes <= MEGABYTES


def bench_growth(folder: Path, size: Size, times: int) -> bool:
    """No worse than a fifth above in proportion; memory grows with the rows, for all of them are held."""
    costs = []
    for factor in (1, times):
        write_university(folder, size.times(factor))
        print(f"-- {factor} times the data")
        costs.append(plan_apart(folder))
    one, many = costs
    print(
        f"{times} times the data: {many.seconds / one.seconds:.1f} times as long "
        f"({many.worked / one.worked:.1f} by processor, ≤ {times * 1.2:g}), "
        f"{many.megabytes / one.megabytes:.1f} times the memory ({many.megabytes} MB)"
    )
    return many.worked <= one.worked * times * 1.2


def bench_twin(folder: Path) -> bool:
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
            began = time.perf_counter()
            gc.disable()  # as usecases.night.plan_stage does while it plans
            extracts = require_whole(read_extracts(folder))
            read = time.perf_counter()
            actual = read_actual(lambda table: moodle.export(table, PAGE))
            asked = time.perf_counter()
            logins = {row.code: row.username for row in extracts.people if row.username}
            desired = build_desired(extracts, rules.naming, actual.codes_with_account(logins))
            night = Night(site="univ", date=day, rules=rules)
            made = make_plan(night, desired, actual, memory, source_rows=extracts.counts), actual
            gc.enable()
            print(
                f"  extracts {read - began:.1f} s, what the site holds {asked - read:.1f} s, "
                f"desired and plan {time.perf_counter() - asked:.1f} s"
            )
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
        print(
            f"first load: {len(first.operations)} operations in {time.perf_counter() - started:.0f} s, "
            f"{refused} refused"
        )

        site.log.reset()
        started = time.perf_counter()
        quiet, actual = plan(NIGHT + timedelta(1), first.memory)
        seconds = time.perf_counter() - started
        reads, writes = site.log.count("local_passerelle_export"), site.log.count("local_passerelle_apply")
        allowed = sum(max(1, math.ceil(rows / PAGE)) for rows in actual.counts.values())
        print(
            f"night without change: {len(quiet.operations)} operations, {writes} writes, "
            f"{reads} pages (≤ {allowed}), {seconds:.1f} s (≤ {QUIET_SECONDS})"
        )
        good = not quiet.operations and not writes and reads <= allowed and seconds <= QUIET_SECONDS

        change_one_percent(folder)
        changed, _ = plan(NIGHT + timedelta(2), quiet.memory)
        site.log.reset()
        refused = do(changed.operations)
        return good and few_calls(site.log.count("local_passerelle_apply"), len(changed.operations), refused)


def few_calls(calls: int, operations: int, refused: int) -> bool:
    ratio = calls / max(1, operations)
    print(
        f"1 % changes: {operations} operations, {calls} calls, {refused} refused, "
        f"{ratio:.4f} calls per operation (≤ 0.02)"
    )
    return ratio <= 1 / 50


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
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if asked.times:
            return 0 if bench_growth(folder, size, asked.times) else 1
        write_university(folder, size)
        if asked.only != "twin":
            good = bench_plan(folder) and good
        if asked.only != "plan":
            good = bench_twin(folder) and good
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
