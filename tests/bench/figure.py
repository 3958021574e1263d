"""A figure, its limit, and whether it is kept: what every bench prints, and nothing else."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_run = getattr(sys.modules["__main__"], "__spec__", None)
if _run is not None and _run.name.startswith("tests.bench."):
    logging.disable(logging.CRITICAL)  # what is measured logs as ever; a bench prints figures only

KEPT_IN = "PASSERELLE_FIGURES"  # a file to which the figures go as JSON lines (tests/bench/figures.py)


@dataclass(frozen=True)
class Figure:
    what: str
    measured: float
    unit: str = "s"
    at_most: float | None = None
    why: str = ""  # what limits it, shown where the limit is missed

    @property
    def missed(self) -> bool:
        return self.at_most is not None and self.measured > self.at_most

    @property
    def shown(self) -> str:
        return f"{_number(self.measured)} {self.unit}".strip()

    @property
    def limit(self) -> str:
        return "" if self.at_most is None else f"≤ {_number(self.at_most)}"

    @property
    def verdict(self) -> str:
        if self.missed:
            return f"missed: {self.why}" if self.why else "missed"
        return "" if self.at_most is None else "kept"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def show(figures: Iterable[Figure]) -> int:
    """Prints each as it comes; the exit status: 1 where a limit is missed."""
    status = 0
    for one in figures:
        status |= one.missed
        print(f"{one.what:58} {one.shown:>16} {one.limit:>10}  {one.verdict}".rstrip(), flush=True)
        _keep(asdict(one))
    return int(status)


def entitle(about: str) -> None:
    """What was measured this time, where a bench measures more than one thing: a section of the page for each."""
    print(about, flush=True)
    _keep({"about": about})


def _keep(line: Mapping[str, object]) -> None:
    if path := os.environ.get(KEPT_IN):
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
