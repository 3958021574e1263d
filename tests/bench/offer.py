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

    extracts = require_whole(read_extracts(folder))
    survey(extracts)  # with the findings below: all that `sync check` does
    desired = build_desired(extracts)
    find_in_sources(look_at(extracts, build_offer(extracts, Naming())))
    as_lists(desired)


def main() -> int:
    from tests.bench.figure import Figure, show
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
    what = "extracts to desired state and findings" + (f", ×{asked.times}" if asked.times > 1 else "")
    return show(
        [
            Figure(what, seconds, "s", SECONDS * asked.times * (1.2 if asked.times > 1 else 1)),
            Figure(f"{what}: memory", peak, "MB", MEGABYTES * asked.times),
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
