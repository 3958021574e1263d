"""All benches in one go, one table at the end, and `infra/docs/figures.md`.

    python -m tests.bench.figures                     # what says most, in about ten minutes on a quiet machine
    python -m tests.bench.figures --only night --only orders
    python -m tests.bench.figures --heavy             # and what takes an hour, and wants a quiet machine
    python -m tests.bench.figures --write             # keeps them on the page, each with date, machine and commit

Exit status 1 where a limit is missed or a bench broke off.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figure import KEPT_IN, Figure

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "infra/docs/figures.md"


@dataclass(frozen=True)
class Bench:
    name: str
    title: str
    command: tuple[str, ...]  # of `python -m tests.bench.…`
    heavy: bool = False
    needs: tuple[
        str, ...
    ] = ()  # variables of the environment: where they are not set its sections stand as they are

    @property
    def can_run(self) -> bool:
        return all(os.environ.get(name) for name in self.needs)


BENCHES = (
    Bench("imports", "Cold starts", ("cold_import", "--rounds", "3")),
    Bench("archives", "Archives", ("mbz", "--only", "films", "--rounds", "3")),
    Bench("lanes", "Archives on many cores", ("mbz_lanes",)),
    Bench("zips", "Zip archives", ("mbz", "--only", "zip")),
    Bench("offer", "Checking extracts", ("offer",)),
    Bench("night", "Nights", ("night",)),
    Bench("person", "One person", ("person",)),
    Bench("orders", "Orders", ("orders",)),
    Bench("beside", "Orders beside one another", ("orders_beside", "--count", "1000")),
    Bench("console", "The console", ("console",)),
    Bench("waits", "Minutes people wait", ("waits",)),
    Bench("moodles", "Minutes people wait, on two Moodles", ("waits_on_moodle", "--rounds", "3")),
    Bench("network", "A network of 300 sites", ("network",)),
    Bench(
        "cron",
        "Minutes people wait, on two Moodles with a cron every minute",
        ("waits_on_moodle", "--start", "cron"),
        heavy=True,
    ),
    Bench(
        "films_on_moodle",
        "Minutes people wait, on two Moodles, for 1 GB",
        ("waits_on_moodle", "--size", "1GB"),
        heavy=True,
    ),
    Bench("pictures", "Archives of pictures", ("mbz", "--only", "pictures", "--rounds", "3"), heavy=True),
    Bench("texts", "Archives of texts", ("mbz", "--only", "texts", "--rounds", "3"), heavy=True),
    Bench("stream", "An archive of 10 GB", ("mbz", "--only", "stream", "--stream", "10GB"), heavy=True),
    Bench("growth", "Ten universities in one", ("night", "--times", "10"), heavy=True),
    Bench(
        "queues",
        "Orders on the laptop's queues, workers killed",
        ("orders_beside", "--stack", "--count", "1000"),
        heavy=True,
    ),
    Bench("large", "An order of 5,000 people", ("large_order",), heavy=True),
    Bench("deliveries", "Orders on the laptop's stack", ("orders", "--stack", "--count", "2000"), heavy=True),
    Bench("faculty", "A faculty's change of year", ("rollover", "--courses", "500"), heavy=True),
    Bench(
        "moodle_load",
        "First load on a real Moodle",
        ("moodle_load", "--only", "load", "--courses", "60", "--rounds", "2"),
        heavy=True,
    ),
)
# Those that are here: a bench's module may not have come yet.
HERE = tuple(one for one in BENCHES if (ROOT / f"tests/bench/{one.command[0]}.py").exists())


@dataclass(frozen=True)
class Measured:
    bench: Bench
    figures: Sequence[Figure]
    lines: Sequence[str]  # what it printed, of a bench that makes no Figure
    status: int
    seconds: float
    about: str = ""  # what of several

    @property
    def title(self) -> str:
        return f"{self.bench.title}: {self.about}" if self.about else self.bench.title

    @property
    def good(self) -> bool:
        return self.status == 0

    @property
    def told(self) -> bool:
        """False where what it measures is not here, as real Moodles may not be: then what was measured stands."""
        return bool(self.figures or self.lines or self.status)


def measure(bench: Bench, folder: Path) -> Measured:
    kept = folder / f"{bench.name}.jsonl"
    began = time.monotonic()
    lines = []
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{bench.command[0]}", *bench.command[1:]],
        cwd=ROOT,
        env=os.environ | {KEPT_IN: str(kept)},
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        for line in run.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    status = run.returncode
    told = (
        [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    )
    about = "".join(line["about"] for line in told if "about" in line)
    figures = [Figure(**line) for line in told if "about" not in line]
    return Measured(bench, figures, [] if figures else lines, status, time.monotonic() - began, about)


HEAD = """# Figures

Made by `.venv/bin/python -m tests.bench.figures --write`; not to be edited by hand. A limit is what is asked for; one
that is missed says what limits it. Where somebody else works on the machine, ratios say more than seconds.
"""


def page(measured: Sequence[Measured], former: str) -> str:
    """What was measured now, and of the other benches what stands there already."""
    kept = {text.partition("\n")[0]: f"## {text}".rstrip() for text in former.split("\n## ")[1:]}
    kept |= {one.title: section(one) for one in measured if one.told}
    texts = [
        kept[title]
        for one in BENCHES
        for title in sorted(kept)
        if title == one.title or title.startswith(f"{one.title}: ")
    ]
    return "\n\n".join([HEAD.rstrip(), *texts]) + "\n"


def section(one: Measured) -> str:
    command = " ".join(("python -m", f"tests.bench.{one.bench.command[0]}", *one.bench.command[1:]))
    pieces = [
        f"## {one.title}",
        "",
        f"`{command}`: {datetime.now(UTC):%Y-%m-%d}, {machine()}, commit {commit()}",
        "",
    ]
    if one.figures:
        pieces += ["| what | measured | limit | |", "| --- | ---: | ---: | --- |"]
        pieces += [f"| {f.what} | {f.shown} | {f.limit} | {f.verdict} |" for f in one.figures]
    else:
        pieces += [f"- {line.strip()}" for line in one.lines]
    if not one.good and not any(figure.missed for figure in one.figures):
        pieces += ["", "It ended with an error." if one.figures else "Its limit is missed, or it broke off."]
    return "\n".join(pieces)


def machine() -> str:
    with Path("/proc/meminfo").open(encoding="ascii") as stream:
        kibibytes = int(stream.readline().split()[1])
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[2]
    python = ".".join(platform.python_version_tuple()[:2])
    busy = f", at a load of {load:.0f}" if load > cores else ""
    return f"{cores} cores, {kibibytes / 2**20:.0f} GB, Python {python}{busy}"


def commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "layers", "tests/bench")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (
        " and what was not committed" if changed else ""
    )


def show(measured: Sequence[Measured]) -> None:
    print(f"\n{'bench':12} {'seconds':>8} {'figures':>8} {'missed':>7}")
    for one in measured:
        missed = [figure for figure in one.figures if figure.missed]
        said = str(len(missed)) if one.figures else ("" if one.good else "yes")
        print(f"{one.bench.name:12} {one.seconds:8.0f} {len(one.figures) or len(one.lines):8} {said:>7}")
        for figure in missed:
            print(f"  {figure.what}: {figure.shown} ({figure.limit}) {figure.why}".rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [one.name for one in HERE]
    parser.add_argument("--only", action="append", choices=names, help="may be given more than once")
    parser.add_argument("--heavy", action="store_true")
    parser.add_argument("--write", action="store_true", help="infra/docs/figures.md")
    asked = parser.parse_args()
    chosen = [one for one in HERE if (one.name in asked.only if asked.only else asked.heavy or not one.heavy)]
    with tempfile.TemporaryDirectory() as folder:
        measured = []
        for bench in chosen:
            print(f"-- {bench.title}", flush=True)
            measured.append(measure(bench, Path(folder)))
    show(measured)
    if asked.write:
        former = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(page(measured, former), encoding="utf-8")
    return 0 if all(one.good for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
