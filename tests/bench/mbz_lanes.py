"""What each lane of reading an archive costs, so what more cores would bring, and what a gigabyte costs in Lambda.

    python -m tests.bench.mbz_lanes [--size 500MB]

Unpacking with what reads the tar, SHA-1 of the contents and SHA-256 of the archive go beside one another, each in a
thread of its own; scrubbing has a fourth, which packs and takes the SHA-256 of what is written. Each is measured
alone, in processor time, so that a busy machine disturbs little. With so many cores the whole takes no less than its
longest lane, and no less than all of them shared out; for the cores that are here that is compared with the clock.

Lambda reads an archive once, from S3 by TLS, and scrubs it on the way. It gives a core for each 1,769 MB, six at
most, and bills memory × time. What S3 sends by one stream is a floor that no core lowers. What is assumed stands in
capitals below.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from unittest.mock import patch

from passerelle.domain.sizes import parse_size
from passerelle.mbz import FileSource, inspect, scrub
from passerelle.mbz.limits import GIB
from passerelle.mbz.sources import CHUNK
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

Lanes = Mapping[str, float]  # seconds of processor


class Idle:
    """A lane in which nothing is done."""

    def __init__(self, *, threaded: bool) -> None:
        pass

    def update(self, hasher: object, data: object) -> None:
        pass

    def do(self, work: Callable[[], None]) -> None:
        pass

    def close(self) -> None:
        pass

    def abandon(self) -> None:
        pass


def inspected(path: str, *, threads: bool = False) -> None:
    assert inspect(FileSource(path), threads=threads).accepted


def scrubbed(path: str) -> None:
    assert scrub(FileSource(path), Nowhere(), threads=False).accepted


def hashing(name: str, path: str, rounds: int) -> float:
    """Seconds of processor for a digest alone: its lane is given what another one has read."""
    least = 1e9
    for _ in range(rounds):
        digest, took = hashlib.new(name, usedforsecurity=False), 0.0
        with Path(path).open("rb", buffering=0) as stream:
            while data := stream.read(CHUNK):
                began = time.process_time()
                digest.update(data)
                took += time.process_time() - began
        least = min(least, took)
    return least


def best(job: Callable[[str], None], path: str, rounds: int, clock: Callable[[], float]) -> float:
    """Seconds of the best of several."""
    least = 1e9
    for _ in range(rounds):
        began = clock()
        job(path)
        least = min(least, clock() - began)
    return least


def measure(path: str, rounds: int) -> tuple[Lanes, Lanes]:
    """Of inspecting and of scrubbing a file."""

    def worked(job: Callable[[str], None]) -> float:
        return best(job, path, rounds, time.process_time)

    hashes = {"SHA-1": hashing("sha1", path, rounds), "SHA-256": hashing("sha256", path, rounds)}
    with patch("passerelle.mbz.inspecting.Lane", Idle):
        reading = worked(inspected)
        with_packing = worked(scrubbed)
        with patch("passerelle.mbz.packing.Lane", Idle):
            for_scrubbing = worked(scrubbed)
    return (
        {"unpacking and reading": reading} | hashes,
        {"unpacking for scrubbing": for_scrubbing} | hashes | {"packing": with_packing - for_scrubbing},
    )


def on(cores: float, lanes: Lanes) -> float:
    """Seconds by the clock: no shorter than the longest lane, nor than all of them shared out."""
    return max(sum(lanes.values()) / cores, max(lanes.values()) / min(cores, 1))


def in_lambda(memory: int, lanes: Lanes, tls: float) -> tuple[float, str]:
    """Seconds for a gigabyte, of which the lanes are given, that is read from S3 and scrubbed; what limits it."""
    reading, *others = lanes
    slower = {name: SLOWER * lanes[name] for name in others} | {reading: SLOWER * (lanes[reading] + tls)}
    cores = min(MOST_CORES, memory / PER_CORE)
    return max((GB / FROM_S3, "S3"), (on(cores, slower), "processor"))


def figures_of(kind: str, path: str, rounds: int, lanes: Lanes) -> Iterator[Figure]:
    """What more cores bring to inspecting."""
    base = best(baseline_inspect, path, rounds, time.process_time)
    for cores in (1, 2, 3, 4, 6):
        what = f"{kind}: on {cores} cores, worked out, by the one-thread baseline"
        yield Figure(what, on(cores, lanes) / base, "×", HALF if cores == 4 else None, WHY[kind])
    for cores in (1, 2)[: len(os.sched_getaffinity(0))]:
        clock = best(partial(inspected, threads=cores > 1), path, rounds, time.perf_counter)
        yield Figure(f"{kind}: on {cores} cores, by the clock, by the same baseline", clock / base, "×")


def bill(scrubbing: Mapping[str, Lanes], tls: float) -> Iterator[Figure]:
    """Time and price of a gigabyte of each kind at each memory size."""
    enough = set(MEMORIES)
    for memory in MEMORIES:
        for kind, lanes in scrubbing.items():
            seconds, limit = in_lambda(memory, lanes, tls)
            enough -= {memory} if limit != "S3" else set()
            yield Figure(f"a GB of {kind} in {memory:,} MB, {limit} limits: time", seconds, "s")
            yield Figure(
                f"a GB of {kind} in {memory:,} MB: price", 1e6 * seconds * memory / 1024 * PRICE, "µ$"
            )
    yield Figure("the least of these in which S3 limits both", min(enough, default=0), "MB", CHOSEN)


def largest_xml(rounds: int, folder: str) -> Figure:
    """Of all that is let in this takes longest: one lane reads it."""
    path = make_backup(10**9, folder, kind="texts")
    unpacked = sum(len(piece) for piece in plain(path))
    seconds = best(scrubbed, path, rounds, time.process_time) / unpacked * LARGEST_XML
    return Figure(f"4 GiB of XML in {CHOSEN:,} MB: time", SLOWER * seconds, "s", LONGEST)


def figures(size: int, rounds: int) -> Iterator[Figure]:
    scrubbing: dict[str, Lanes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in WHY:
            path = make_backup(size, folder, kind=kind)
            gigabytes = Path(path).stat().st_size / GB
            lanes, scrubbing[kind] = measure(path, rounds)
            scrubbing[kind] = {name: seconds / gigabytes for name, seconds in scrubbing[kind].items()}
            of_both = {name: seconds / gigabytes for name, seconds in lanes.items()} | scrubbing[kind]
            for name, seconds in of_both.items():
                yield Figure(f"{kind}: {name}, each GB, of processor", seconds, "s")
            yield from figures_of(kind, path, rounds, lanes)
            Path(path).unlink()
        with S3(folder, size) as stored:
            tls = best(lambda _: stored.read_through(), "", rounds, time.process_time) * GB / size
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
