"""What each lane of checking an archive costs, so what more cores would bring, and what a gigabyte costs in Lambda.

    python -m tests.bench.mbz_lanes [--size 500MB] [--kind video]

Unpacking with what reads the tar, SHA-1 of the contents and SHA-256 of the archive go beside one another, each in a
thread of its own. Each is measured alone, in processor time, so that a busy machine disturbs little; with so many
cores the whole takes no less than its longest lane, and no less than all of them shared out. Lambda gives a core for
each 1,769 MB, six at most, and bills memory × time: prices of eu-west-3, arm64, as written below. What S3 sends one
function is a floor that no core lowers.

`rapidgzip`, where it is installed, unpacks on all cores that are here, beside isal on one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from passerelle.domain.sizes import parse_size
from passerelle.mbz import FileSource, inspect, scrub
from tests.bench.figure import Figure, show
from tests.bench.mbz import Nowhere, baseline_inspect, make_video_backup

GB = 1e9
PER_CORE = 1769  # MB of memory for each core that Lambda gives
MOST_CORES = 6
PRICE = 0.0000133334  # dollars for a GB-second, arm64, first tier (aws.amazon.com/lambda/pricing)
FROM_S3 = 90e6  # bytes a second that one function is sent by one stream: assumed, to be seen on a real stack
MEMORIES = (1024, 1769, 2048, 3008, 3538, 5307, 7076, 10240)
CHUNK = 1024 * 1024
HALF = 0.5  # of the one-thread baseline, on four cores: what is asked for


def sha1_of(path: str) -> None:
    _hash(path, hashlib.sha1(usedforsecurity=False))


def sha256_of(path: str) -> None:
    _hash(path, hashlib.sha256())


def _hash(path: str, digest: hashlib._Hash) -> None:
    with Path(path).open("rb", buffering=0) as stream:
        while data := stream.read(CHUNK):
            digest.update(data)


def whole(path: str) -> None:
    assert inspect(FileSource(path), threads=False).accepted


def scrubbed(path: str) -> None:
    assert scrub(FileSource(path), Nowhere(), threads=False).accepted


def worked(job: Callable[[str], None], path: str, rounds: int) -> float:
    """The best of several, in seconds of processor."""
    best = 1e9
    for _ in range(rounds):
        began = time.process_time()
        job(path)
        best = min(best, time.process_time() - began)
    return best


def on(cores: float, lanes: dict[str, float]) -> float:
    """Seconds by the clock: no shorter than the longest lane, nor than all of them shared out."""
    return max(sum(lanes.values()) / cores, max(lanes.values()) / min(cores, 1))


def seconds_of(memory: int, passes: Sequence[dict[str, float]], size: int) -> float:
    """For a gigabyte that is checked and then scrubbed, read from S3 each time, with so much memory (MB)."""
    cores = min(MOST_CORES, memory / PER_CORE)
    return sum(max(on(cores, lanes), size / FROM_S3) for lanes in passes) * GB / size


def figures(size: int, kind: str, rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = make_video_backup(size, folder, kind=kind)
        packed = Path(path).stat().st_size
        base = worked(baseline_inspect, path, rounds)
        hashes = {"SHA-1": worked(sha1_of, path, rounds), "SHA-256": worked(sha256_of, path, rounds)}
        lanes = {"unpacking and reading": worked(whole, path, rounds) - sum(hashes.values())} | hashes
        for name, seconds in lanes.items():
            yield Figure(f"{name}, each GB of {kind}, of processor", seconds * GB / packed, "s")
        longest = max(lanes, key=lambda name: lanes[name])
        why = f"the longest lane is {longest}; worked out, for there are {os.cpu_count()} cores here"
        for cores in (1, 2, 3, 4, 6):
            limit = HALF if cores == 4 else None
            yield Figure(
                f"on {cores} cores, by the one-thread baseline", on(cores, lanes) / base, "×", limit, why
            )
        scrubbing = {"unpacking, scrubbing, packing": worked(scrubbed, path, rounds) - sum(hashes.values())}
        yield Figure(
            f"scrubbing, each GB of {kind}, of processor", sum(scrubbing.values()) * GB / packed, "s"
        )
        took = {memory: seconds_of(memory, (lanes, scrubbing | hashes), packed) for memory in MEMORIES}
        for memory, seconds in took.items():
            yield Figure(f"a GB checked and scrubbed in {memory} MB: time", seconds, "s")
            yield Figure(
                f"a GB checked and scrubbed in {memory} MB: price",
                1e6 * seconds * memory / 1024 * PRICE,
                "µ$",
            )
        enough = min(memory for memory, seconds in took.items() if seconds <= 1.05 * min(took.values()))
        yield Figure("the least memory that is as quick as any", enough, "MB")
        if importlib.util.find_spec("rapidgzip"):
            yield from rapid(path, packed)


def rapid(path: str, packed: int) -> Iterator[Figure]:
    import rapidgzip

    def isal(path: str) -> None:
        from tests.bench.mbz import _plain

        for _ in _plain(path):
            pass

    def parallel(path: str) -> None:
        with rapidgzip.open(path, parallelization=os.cpu_count() or 1) as stream:
            while stream.read(4 * CHUNK):
                pass

    for name, job in (("isal, one core", isal), (f"rapidgzip, {os.cpu_count()} cores", parallel)):
        clock, processor = time.perf_counter(), time.process_time()
        job(path)
        yield Figure(f"unpacking a GB by {name}: clock", (time.perf_counter() - clock) * GB / packed, "s")
        yield Figure(
            f"unpacking a GB by {name}: processor", (time.process_time() - processor) * GB / packed, "s"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="500MB")
    parser.add_argument("--kind", choices=["noise", "video", "texts"], default="video")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    return show(figures(parse_size(asked.size), asked.kind, asked.rounds))


if __name__ == "__main__":
    sys.exit(main())
