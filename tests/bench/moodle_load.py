"""A first load on a real Moodle beside Moodle's own database enrolment with groups, and a whole read of enrolments.

    python -m tests.bench.moodle_load [--only load|export] [--courses 125] [--each 40] [--rounds 3]

On a site made for it: nothing is taken away afterwards, and the people are whoever has an account there. The turns
A (the other), B (Passerelle, one call at a time) and C (Passerelle as the night applies) follow each other, each on
courses of its own that are new, with the same people: other work on the machine slows all of them.

- `PASSERELLE_LIVE_ADDRESS`, `PASSERELLE_LIVE_TOKEN`: the site, and who may export and apply
- `PASSERELLE_LOAD_TABLE`: a command that reads lines `course<TAB>username<TAB>role` on its standard input and makes
  them all that the other enrolment finds. It is not timed
- `PASSERELLE_LOAD_SYNC`: a command that runs the other enrolment once, as Moodle's cron would, such as
  `php admin/cli/scheduled_task.php '--execute=\\enrol_database\\task\\sync_enrolments'`
- `PASSERELLE_LOAD_GROUPS`: a command that makes groups beside it, for the database enrolment knows none:
  `php tests/bench/moodle_groups.php` in Moodle's directory, which reads lines `course<TAB>group<TAB>username`
- `PASSERELLE_LOAD_DATABASE`: what to call the database in the title, such as `PostgreSQL 15`

Nothing is measured where one of them is missing. The other's time is without what the same commands take when there is
nothing to do: its start, and its look at the courses of earlier turns.
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
from itertools import groupby, islice

from passerelle.domain.night.plan.serialised import CHUNK
from passerelle.moodle.calls_plugin import export
from passerelle.moodle.client import Site
from passerelle.moodle.site_api import Moodle
from tests.bench.figure import Figure, entitle, show

EXPORT_ROWS, EXPORT_RATE = 200_000, 20_000  # to reach: rows, and rows per second
PAGE = 5000  # of the night's reading
ROLE = "student"

ENROLMENTS, GROUPS = "enrolments", "enrolments with groups"  # what is measured of each turn
OTHER, ONE, NIGHT = "enrol_database", "Passerelle, one call at a time", "Passerelle, as the night"
AT_MOST = {ONE: 1 / 1.1, NIGHT: 1 / 2}  # to reach: of the other's time
WHY = (
    "the processor: both run the same Moodle functions for each row, and PHP and the database share its cores"
)

SITE = ("PASSERELLE_LIVE_ADDRESS", "PASSERELLE_LIVE_TOKEN")
COMMANDS = ("PASSERELLE_LOAD_TABLE", "PASSERELLE_LOAD_SYNC", "PASSERELLE_LOAD_GROUPS")

Row = tuple[str, str]  # course, username
Operation = dict[str, object]


@dataclass(frozen=True)
class Other:
    """The commands of the other enrolment."""

    table: str
    sync: str
    groups: str

    @classmethod
    def of_environment(cls) -> Other:
        return cls(*(os.environ[name] for name in COMMANDS))

    def enrol(self, rows: Sequence[Row]) -> float:
        """Seconds of a sync that enrols them, less one right after it that finds nothing to do."""
        _run(self.table, [(course, who, ROLE) for course, who in rows])
        return _run(self.sync) - _run(self.sync)

    def group(self, rows: Sequence[Row]) -> float:
        lines = [(course, f"{course}-{n % 2 + 1}", who) for n, (course, who) in enumerate(rows)]
        return _run(self.groups, lines) - _run(self.groups)


def _run(command: str, lines: Sequence[tuple[str, ...]] = ()) -> float:
    given = "".join("\t".join(line) + "\n" for line in lines).encode()
    started = time.perf_counter()
    subprocess.run(command, shell=True, check=True, input=given, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


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
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            answers = list(pool.map(self.moodle.apply, chunks(numbered, at_once)))
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
        """Whoever made them: each person of a turn is enrolled once and with their role, and nobody else is."""
        found, page = 0, self.read_from(after, PAGE)
        while page:
            found += sum(row["roles"] == [ROLE] for row in page)
            page = self.read_from(int(str(page[-1]["id"])), PAGE)
        if found != self.courses * self.each:
            raise SystemExit(f"{found} enrolments found, {self.courses * self.each} expected")


def chunks(operations: Sequence[Operation], at_once: int) -> Iterator[Sequence[Operation]]:
    """As the night cuts them: courses whole. A night has hundreds and nobody waits long for the last one; a short
    turn shares out what it has."""
    rounds = math.ceil(len(operations) / (CHUNK * at_once))
    size = math.ceil(len(operations) / (at_once * rounds))
    held: list[Operation] = []
    for _, alike in groupby(operations, key=lambda one: one.get("course")):
        held += alike
        if len(held) >= size:
            yield held
            held = []
    if held:
        yield held


def bench_load(load: Load, other: Other, rounds: int) -> Iterator[Figure]:
    spent: dict[tuple[str, str], float] = defaultdict(float)  # seconds, by whose they are and what they did

    def turn(name: str, rows: Sequence[Row]) -> None:
        if name == OTHER:
            enrolled, grouped = other.enrol(rows), other.group(rows)
        else:
            at_once = load.site.concurrency if name == NIGHT else 1
            enrolled, grouped = load.enrol(rows, at_once), load.group(rows, at_once)
        spent[name, ENROLMENTS] += enrolled
        spent[name, GROUPS] += enrolled + grouped

    turns = [OTHER, ONE, NIGHT]
    for number in range(rounds):
        for name in turns[:: -1 if number % 2 else 1]:
            rows, last = load.rows(f"{number}{turns.index(name)}"), load.last()
            turn(name, rows)
            load.look(last)
    for (name, what), seconds in spent.items():
        yield Figure(f"{name}, {what}: each", 1000 * seconds / (load.courses * load.each * rounds), "ms")
    for name, at_most in AT_MOST.items():
        for what in (ENROLMENTS, GROUPS):
            yield Figure(
                f"{name}, by {OTHER}: {what}", spent[name, what] / spent[OTHER, what], "×", at_most, WHY
            )


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
    for name in SITE if asked.only == "export" else SITE + COMMANDS:
        if not os.environ.get(name):
            print(f"nothing is measured: {name} says nothing", file=sys.stderr)
            return 0
    # Its pace is network.yaml's default: four at a time, 20 calls a second.
    site = Site(
        "load", os.environ["PASSERELLE_LIVE_ADDRESS"].rstrip("/"), os.environ["PASSERELLE_LIVE_TOKEN"]
    )
    moodle = Moodle.at(site).for_many()
    release = moodle.get_site().release.split()[0]
    entitle(", ".join(filter(None, [release, os.environ.get("PASSERELLE_LOAD_DATABASE")])))
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
        load = Load(moodle, site, people, asked.courses, asked.each)
        figures += bench_load(load, Other.of_environment(), asked.rounds)
    return show(figures)


if __name__ == "__main__":
    sys.exit(main())
