"""Extracts → desired state and findings: seconds and peak memory.

python -m tests.bench.offer [--times 10]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, MEGABYTES = 20, 800  # to reach, for the size of one university


def measure(folder: Path) -> None:
    """In a process of its own, so that making the data does not count."""
    from passerelle.domain.offer.build import build_desired, build_offer
    from passerelle.domain.offer.desired import as_lists
    from passerelle.domain.offer.diagnosis import find_in_sources, look_at
    from passerelle.domain.offer.naming import Naming
    from passerelle.sources.extracts import read_extracts, require_whole
    from passerelle.sources.mistakes import survey

    started = time.perf_counter()

    def lap(name: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name:<10} {time.perf_counter() - started:7.1f} s in all, peak {peak:5d} MB", flush=True)

    extracts = require_whole(read_extracts(folder))
    lap("read")
    mistakes = survey(extracts).mistakes  # with the findings below: all that `sync check` does
    lap("mistakes")
    desired = build_desired(extracts)
    lap("desired")
    findings = find_in_sources(look_at(extracts, build_offer(extracts, Naming())))
    lap("findings")
    lists = as_lists(desired)
    lap("lists")
    print(
        {name: len(rows) for name, rows in lists.items()},
        "findings:",
        len(findings),
        "mistakes:",
        len(mistakes),
    )


def main() -> int:
    from tests.bench.offer_data import Size, write_university

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write_university(Path(folder), Size().times(asked.times))
        started = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench.offer", "--measure", folder]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"extracts to desired, {asked.times} universities: {seconds:.1f} s, {peak} MB")
    within = seconds <= SECONDS * asked.times * 1.2 and peak <= MEGABYTES * asked.times
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
