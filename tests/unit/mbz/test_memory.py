"""Memory does not grow with the archive."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def peak_of(size):
    """Megabytes at the peak of a process of its own that inspects an archive of this many bytes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.mbz", "--child", "stream", str(size)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)["rss"]


@pytest.mark.slow
def test_ten_times_the_archive_takes_no_more_memory():
    small, large = peak_of(60_000_000), peak_of(600_000_000)
    assert large - small < 8
