"""A first load on a real Moodle beside Moodle's own database enrolment, and a whole read of its enrolments.

python -m tests.bench.moodle_load [--only load|export] [--courses 125] [--each 40] [--rounds 3]

On a site made for it: nothing is taken away afterwards, and the people are whoever has an account there. The turns
A (the other), B (Passerelle, one call at a time) and C (Passerelle as the night applies) follow each other, each on
courses of its own that are new, with the same people: other work on the machine slows all of them.

- `PASSERELLE_LIVE_ADDRESS`, `PASSERELLE_LIVE_TOKEN`: the site, and who may export and apply
- `PASSERELLE_LOAD_TABLE`: a command that reads lines `course<TAB>username<TAB>role` on its standard input and makes
  them all that the other enrolment finds. It is not timed
- `PASSERELLE_LOAD_SYNC`: a command that runs the other enrolment once, as Moodle's cron would, such as
  `php admin/cli/scheduled_task.php '--execute=\\enrol_database\\task\\sync_enrolments'`

Without the last two Passerelle is measured alone.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from passerelle.domain.night.plan.serialised import CHUNK
from passerelle.moodle.calls_plugin import export
from passerelle.moodle.client import Site
from passerelle.moodle.site_api import Moodle
from tests.bench.figure import Figure, show

EXPORT_ROWS, EXPORT_RATE = 200_000, 20_000  # to reach: rows, and rows per second
PAGE = 5000  # of the night's reading
ROLE = "student"

# What is measured, as it is shown.
OTHER, OTHER_BARE = "the other", "the other without its start"
ONE, NIGHT = "Passerelle, one call at a time", "Passerelle, as the night"
MEMBERS, TOGETHER = "groups and members besides, as the night", "an enrolment with its group, as the night"

AT_MOST = {ONE: 1 / 1.1, NIGHT: 1 / 2}  # to reach: of the other's time

Row = tuple[str, str]  # course, username
Operation = dict[str, object]


@dataclass
class Load:
    moodle: Moodle
    site: Site
    people: Sequence[str]
    courses: int
    each: int
    category: str = field(default_factory=lambda: f"LOAD{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.must([{"op": "category_create", "idnumber": self.category, "name": "Load"}])

    def rows(self, turn: str) -> list[Row]:
        """New courses, and who shall be in each: the same people in every turn."""
        numbers = [f"{self.category}-{turn}-{n}" for n in range(self.courses)]
        self.must(
            [
                {
                    "op": "course_create",
                    "idnumber": number,
                    "shortname": number,
                    "fullname": number,
                    "category": self.category,
                }
                for number in numbers
            ]
        )
        count = len(self.people)
        return [
            (number, self.people[(place * self.each + n) % count])
            for place, number in enumerate(numbers)
            for n in range(self.each)
        ]

    def must(self, operations: Sequence[Operation], at_once: int = 1) -> float:
        """Seconds. Every operation must have changed something, else the figure would be of nothing."""
        numbered = [{"id": str(n), **operation} for n, operation in enumerate(operations)]
        # A night has hundreds of chunks: nobody waits long for the last one. A short turn shares out what it has.
        size = min(CHUNK, math.ceil(len(numbered) / at_once))
        chunks = [numbered[start : start + size] for start in range(0, len(numbered), size)]
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(self.moodle.apply, chunks))
        seconds = time.perf_counter() - started
        for answer in answers:
            for verdict in answer:
                if not verdict.ok or not verdict.changed:
                    raise SystemExit(f"not done: {verdict.errorcode or 'it stood already'}")
        return seconds

    def enrol(self, rows: Sequence[Row], at_once: int) -> float:
        return self.must(
            [
                {"op": "enrol", "course": course, "username": who, "role": ROLE, "source": "night"}
                for course, who in rows
            ],
            at_once,
        )

    def group(self, rows: Sequence[Row], at_once: int) -> float:
        """Two groups in each course, and everybody in one of them."""
        groups: list[Operation] = [
            {"op": "group_create", "course": course, "idnumber": f"{course}-{n}", "name": f"TD {n}"}
            for course in sorted({course for course, _ in rows})
            for n in (1, 2)
        ]
        members: list[Operation] = [
            {"op": "member_add", "course": course, "group": f"{course}-{n % 2 + 1}", "username": who}
            for n, (course, who) in enumerate(rows)
        ]
        return self.must(groups, at_once) + self.must(members, at_once)

    def other(self, rows: Sequence[Row], table: str, sync: str) -> tuple[float, float]:
        """Seconds of a sync that enrols them, and of one right after it that finds nothing to do."""
        lines = "".join(f"{course}\t{who}\t{ROLE}\n" for course, who in rows)
        subprocess.run(table, shell=True, check=True, input=lines.encode(), stdout=subprocess.DEVNULL)
        laps = [time.perf_counter()]
        for _ in range(2):
            subprocess.run(sync, shell=True, check=True, stdout=subprocess.DEVNULL)
            laps.append(time.perf_counter())
        return laps[1] - laps[0], laps[2] - laps[1]

    def last(self) -> int:
        """The newest enrolment's number: what a turn adds comes after it, however much the site holds."""
        low, high = 0, 1
        while self.read_from(high, 1):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.read_from(middle, 1) else (low, middle)
        return low

    def read_from(self, after: int, limit: int) -> Sequence[Mapping[str, object]]:
        return self.moodle.ask(export("enrolments", after, limit)).rows

    def look(self, after: int) -> None:
        """Whoever made them: each person of a turn is enrolled once and with his role, and nobody else is."""
        found, page = 0, self.read_from(after, PAGE)
        while page:
            found += sum(row["roles"] == [ROLE] for row in page)
            page = self.read_from(int(str(page[-1]["id"])), PAGE)
        if found != self.courses * self.each:
            raise SystemExit(f"{found} enrolments found, {self.courses * self.each} expected")


def bench_load(load: Load, rounds: int) -> Iterator[Figure]:
    table, sync = os.environ.get("PASSERELLE_LOAD_TABLE", ""), os.environ.get("PASSERELLE_LOAD_SYNC", "")
    rows = load.courses * load.each
    spent: dict[str, list[float]] = defaultdict(list)  # seconds, turn by turn

    def turn_of_the_other(rows: Sequence[Row]) -> None:
        seconds, idle = load.other(rows, table, sync)
        spent[OTHER].append(seconds)
        spent[OTHER_BARE].append(seconds - idle)

    def turn_of_one(rows: Sequence[Row]) -> None:
        spent[ONE].append(load.enrol(rows, 1))

    def turn_of_the_night(rows: Sequence[Row]) -> None:
        spent[NIGHT].append(load.enrol(rows, load.site.concurrency))
        spent[MEMBERS].append(load.group(rows, load.site.concurrency))

    turns = [turn_of_one, turn_of_the_night]
    if table and sync:
        turns.insert(0, turn_of_the_other)
    for number in range(rounds):
        for place, turn in enumerate(turns[:: -1 if number % 2 else 1]):
            named, last = load.rows(f"{number}{place}"), load.last()
            turn(named)
            load.look(last)
    spent[TOGETHER] = [sum(both) for both in zip(spent[NIGHT], spent[MEMBERS], strict=True)]
    for name, seconds in spent.items():
        yield Figure(f"{name}: each row", 1000 * sum(seconds) / (rows * len(seconds)), "ms")
    for name, at_most in AT_MOST.items() if table and sync else ():
        yield Figure(f"{name}, by {OTHER}", sum(spent[name]) / sum(spent[OTHER]), "×", at_most)
        yield Figure(f"{name}, by {OTHER_BARE}", sum(spent[name]) / sum(spent[OTHER_BARE]), "×")


def bench_export(moodle: Moodle) -> Figure:
    started = time.perf_counter()
    rows = sum(1 for _ in islice(moodle.export("enrolments", PAGE), EXPORT_ROWS))
    seconds = time.perf_counter() - started
    return Figure(f"each of {rows} enrolments exported", 1e6 * seconds / rows, "µs", 1e6 / EXPORT_RATE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("load", "export"))
    parser.add_argument("--courses", type=int, default=125)
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    # Its pace is network.yaml's default: four at a time, 20 calls a second.
    site = Site(
        "load", os.environ["PASSERELLE_LIVE_ADDRESS"].rstrip("/"), os.environ["PASSERELLE_LIVE_TOKEN"]
    )
    moodle = Moodle.at(site).for_many()
    figures: list[Figure] = []
    if asked.only != "load":
        figures.append(bench_export(moodle))
    if asked.only != "export":
        wanted = min(asked.courses * asked.each, 4000)
        people = [
            str(row["username"])
            for row in islice(moodle.export("users", PAGE), wanted + 100)
            if not row["suspended"] and row["username"] != "admin"
        ][:wanted]
        figures += bench_load(Load(moodle, site, people, asked.courses, asked.each), asked.rounds)
    return show(figures)


if __name__ == "__main__":
    sys.exit(main())
