"""How long each handler takes to import, beside what it cannot do without.

    python -m tests.bench.cold_import [--rounds N]

The yardstick is boto3, Powertools logger, pydantic and requests alone, and Powertools batch where the
handler is fed by a queue. Interpreters of both kinds take turns, each as often; processor time counts,
so that a busy machine disturbs little, and the best of N. Exit status 1 where a handler takes more than
1.15 times its yardstick.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure, show

ROOT = Path(__file__).parents[2]
LIMIT = 1.15
ALONE = "import boto3, pydantic, requests; from aws_lambda_powertools import Logger"
BATCH = "; from aws_lambda_powertools.utilities.batch import BatchProcessor"
TIMED = "import time; begin = time.process_time(); {code}; print(time.process_time() - begin)"


def handlers() -> list[tuple[str, Path]]:
    return [(path.parent.name, path) for path in sorted(ROOT.glob("functions/*/handler.py"))]


def seconds(code: str, path: str) -> float:
    """Of one import in a fresh interpreter that compiled everything before."""
    environment = os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}
    run = subprocess.run(
        [sys.executable, "-c", TIMED.format(code=code)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


def measure(rounds: int) -> list[tuple[str, float, float]]:
    """(function, its best seconds, its yardstick's best seconds)"""
    layer = str(ROOT / "layers/core/python")
    best: dict[str, float] = {}

    def take(name: str, code: str, path: str) -> None:
        best[name] = min(best.get(name, 1e9), seconds(code, path))

    for _ in range(rounds + 1):  # the first also warms the caches of files and bytecode
        take("alone", ALONE, layer)
        take("batch", ALONE + BATCH, layer)
        for name, path in handlers():
            take(name, "import handler", f"{path.parent}:{layer}")
    return [
        (name, best[name], best["batch" if "take_each" in path.read_text() else "alone"])
        for name, path in handlers()
    ]


def figures(rounds: int) -> Iterator[Figure]:
    worst = 0.0
    for name, mine, alone in measure(rounds):
        worst = max(worst, mine / alone)
        yield Figure(f"import of {name}, by its yardstick", mine / alone, "×", LIMIT)
    yield Figure("worst import, by its yardstick", worst, "×", LIMIT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    return show(figures(parser.parse_args().rounds))


if __name__ == "__main__":
    sys.exit(main())
