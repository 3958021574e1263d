"""What each lane of reading an archive costs, so what more cores would bring, and what a gigabyte costs in Lambda.

    python -m tests.bench.mbz_lanes [--size 500MB]

Unpacking with what reads the tar, SHA-1 of the contents and SHA-256 of the archive go beside one another, each in a
thread of its own; scrubbing has a fourth, which packs and takes the SHA-256 of what is written. Each is measured in
processor time while all of them go, so that a busy machine disturbs little. With so many cores the whole takes no less
than its longest lane, and no less than all of them shared out; for two cores that stands beside the clock.

Lambda reads an archive once, from S3 by TLS, and scrubs it on the way. It gives a core for each 1,769 MB, six at
most, and bills memory × time. What S3 sends by one stream is a floor that no core lowers. What is assumed stands in
capitals below.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import Queue
from typing import ClassVar
from unittest.mock import patch

from passerelle.domain.sizes import parse_size
from passerelle.mbz import FileSource, inspect, scrub
from passerelle.mbz.hashing import Lane
from passerelle.mbz.limits import GIB
from tests.bench.figure import Figure, show
from tests.bench.mbz import Nowhere, baseline_inspect, make_backup, plain
from tests.bench.mbz_s3 import S3

GB = 1e9
PER_CORE = 1769  # MB of memory for each core that Lambda gives (docs.aws.amazon.com/lambda, "Memory and computing power")
MOST_CORES = 6
PRICE = 0.0000133334  # dollars for a GB-second, arm64, first tier (tests/bench/prices.py)
FROM_S3 = (
    87e6  # bytes a second by one stream: AWS reckons with 85 to 90 MB ("Performance design patterns for S3")
)
SLOWER = (
    2.0  # times that a core of Lambda's needs for what one needs here: assumed, to be seen on a real stack
)
LONGEST = 900.0  # seconds that a function may run
LARGEST_XML = 4 * GIB  # that an archive may hold (mbz/limits.py)
MEMORIES = (512, 1024, 1769, 3538, 10240)
CHOSEN = 1769  # template.yaml, InspectBackup
HALF = 0.5  # of the one-thread baseline, on four cores: what is asked for
WHY = {
    "films": "",
    "pictures": "deflate is read from front to back, by one core; see infra/decisions.md for several",
}

MAIN = "unpacking and reading"
INSPECTING = ("SHA-256", "SHA-1")
SCRUBBING = ("packing and its SHA-256", *INSPECTING)

Lanes = Mapping[str, float]  # seconds of processor


class Timed(Lane):
    """A lane that says how long its thread had a processor."""

    made: ClassVar[list[Timed]] = []

    def __init__(self, *, threaded: bool) -> None:
        self.seconds = 0.0
        self.made.append(self)
        super().__init__(threaded=threaded)

    def _work(self, queue: Queue[Callable[[], None] | None]) -> None:
        super()._work(queue)
        self.seconds = time.thread_time()


def inspected(path: str, *, threads: bool = False) -> None:
    assert inspect(FileSource(path), threads=threads).accepted


def scrubbed(path: str, *, threads: bool = False) -> None:
    assert scrub(FileSource(path), Nowhere(), threads=threads).accepted


def best(job: Callable[[], None], rounds: int, clock: Callable[[], float]) -> float:
    """Seconds of the best of several."""
    least = 1e9
    for _ in range(rounds):
        began = clock()
        job()
        least = min(least, clock() - began)
    return least


def lanes_of(job: Callable[[], None], names: Sequence[str], rounds: int) -> Lanes:
    """What each thread takes while they go beside one another; `names` of the lanes as they are made.

    Alone a digest is a fifth quicker: what another core has written must be fetched from it.
    """
    least = dict.fromkeys((MAIN, *names), 1e9)
    for _ in range(rounds):
        Timed.made.clear()
        with (
            patch("passerelle.mbz.inspecting.Lane", Timed),
            patch("passerelle.mbz.packing.Lane", Timed),
        ):
            main = best(job, 1, time.thread_time)
        took = {MAIN: main} | {name: lane.seconds for name, lane in zip(names, Timed.made, strict=True)}
        least = {name: min(least[name], took[name]) for name in least}
    return least


def on(cores: float, lanes: Lanes) -> float:
    """Seconds by the clock: no shorter than the longest lane, nor than all of them shared out."""
    return max(sum(lanes.values()) / cores, max(lanes.values()) / min(cores, 1))


def in_lambda(memory: int, lanes: Lanes, tls: float) -> tuple[float, str]:
    """Seconds for a gigabyte, of which the lanes are given, that is read from S3 and scrubbed; what limits it."""
    slower = {name: SLOWER * (seconds + tls * (name == MAIN)) for name, seconds in lanes.items()}
    cores = min(MOST_CORES, memory / PER_CORE)
    return max((GB / FROM_S3, "S3"), (on(cores, slower), "processor"))


def figures_of(kind: str, path: str, rounds: int, lanes: Lanes) -> Iterator[Figure]:
    """What more cores bring to inspecting."""
    base = best(partial(baseline_inspect, path), rounds, time.process_time)
    for cores in (2, 3, 4, 6):
        what = f"{kind}: on {cores} cores, worked out, by the one-thread baseline"
        yield Figure(what, on(cores, lanes) / base, "×", HALF if cores == 4 else None, WHY[kind])
    for cores in (1, 2)[: len(os.sched_getaffinity(0))]:
        clock = best(partial(inspected, path, threads=cores > 1), rounds, time.perf_counter)
        yield Figure(f"{kind}: on {cores} cores, by the clock, by the same baseline", clock / base, "×")


def bill(scrubbing: Mapping[str, Lanes], tls: float) -> Iterator[Figure]:
    """Time and price of a gigabyte of each kind at each memory size."""
    enough = set(MEMORIES)
    for memory in MEMORIES:
        for kind, lanes in scrubbing.items():
            seconds, limit = in_lambda(memory, lanes, tls)
            enough -= {memory} if seconds > 1.1 * GB / FROM_S3 else set()
            yield Figure(f"a GB of {kind} in {memory:,} MB, {limit} limits: time", seconds, "s")
            yield Figure(
                f"a GB of {kind} in {memory:,} MB: price", 1e6 * seconds * memory / 1024 * PRICE, "µ$"
            )
    yield Figure("the least of these that is as quick as S3, or nearly", min(enough, default=0), "MB", CHOSEN)


def largest_xml(rounds: int, folder: str) -> Figure:
    """Of all that is let in this takes longest: one lane reads it."""
    path = make_backup(10**9, folder, kind="texts")
    unpacked = sum(len(piece) for piece in plain(path))
    seconds = best(partial(scrubbed, path), rounds, time.process_time) / unpacked * LARGEST_XML
    return Figure(f"4 GiB of XML in {CHOSEN:,} MB: time", SLOWER * seconds, "s", LONGEST)


def figures(size: int, rounds: int) -> Iterator[Figure]:
    scrubbing: dict[str, Lanes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in WHY:
            path = make_backup(size, folder, kind=kind)
            gigabytes = Path(path).stat().st_size / GB
            lanes = lanes_of(partial(inspected, path, threads=True), INSPECTING, rounds)
            by_scrub = lanes_of(partial(scrubbed, path, threads=True), SCRUBBING, rounds)
            scrubbing[kind] = {name: seconds / gigabytes for name, seconds in by_scrub.items()}
            for name, seconds in lanes.items():
                yield Figure(f"{kind}, inspected: {name}, each GB, of processor", seconds / gigabytes, "s")
            for name, seconds in scrubbing[kind].items():
                yield Figure(f"{kind}, scrubbed: {name}, each GB, of processor", seconds, "s")
            yield from figures_of(kind, path, rounds, lanes)
            Path(path).unlink()
        with S3(folder, size) as stored:
            tls = best(stored.read_through, rounds, time.process_time) * GB / size
        yield Figure("reading from S3: TLS and HTTP, each GB, of processor", tls, "s")
        yield from bill(scrubbing, tls)
        yield largest_xml(rounds, folder)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="500MB")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    return show(figures(parse_size(asked.size), asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
