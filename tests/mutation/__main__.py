"""Would the tests notice? One place of the code is changed at a time, and the tests that reach it are run.

    python -m tests.mutation domain/orders shops          # every mutant of these files and folders
    python -m tests.mutation domain/orders --sample 200   # so many of them, by chance (--seed)
    python -m tests.mutation domain/orders --minutes 4 --seed COMMIT    # what CI does: as many as there is time for

Prints the survivors, each with its line as it was and as it became, and a table. A survivor is a missing test, or
stands in equivalent.yaml with the reason why nobody can notice. Exit status 1 where fewer than LIMIT per cent of a
folder's mutants died.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import yaml

from tests.mutation.mutants import LAYER, ROOT, Mutant, Source
from tests.mutation.session import Mutating, in_a_child, run

LIMIT = 90  # per cent, of whole folders
LIMIT_OF_A_SAMPLE = 80  # per cent: a sample of a hundred is that much worse by chance alone

# What is mutated, and the tests that must notice.
TESTS: dict[str, tuple[str, ...]] = {
    "domain/orders": ("states", "orders", "shops"),
    "usecases/orders": ("orders", "shops"),
    "shops": ("shops", "orders"),
    "domain/night": ("states", "night", "offer"),
    "domain/offer": ("states", "offer", "night"),
    "usecases/night": ("night",),
    "domain/publishing": ("states", "publishing", "backups"),
    "domain/backups": ("states", "publishing", "backups", "mbz"),
    "usecases/publishing": ("publishing", "backups"),
    "usecases/backups": ("publishing", "backups"),
    "domain/rollover": ("states", "rollover"),
    "usecases/rollover": ("rollover",),
    "mbz": ("mbz", "backups"),
    "domain": ("states", "people", "console", "network", "runtime", "backups"),
    "usecases": ("people", "console", "network", "runtime"),
}


@dataclass
class Score:
    fates: Counter[str] = field(default_factory=Counter)

    @property
    def looked_at(self) -> int:
        """Those that nobody can notice do not count."""
        return sum(self.fates.values()) - self.fates["equivalent"] - self.fates["not put in place"]

    @property
    def share(self) -> float:
        return 100 * self.fates["died"] / self.looked_at if self.looked_at else 100.0


def group_of(name: str) -> str:
    """The longest listed folder that has it."""
    return max((one for one in TESTS if name == one or name.startswith(f"{one}/")), key=len)


def sources_below(asked: Sequence[str]) -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    for one in asked or TESTS:
        path = LAYER / "passerelle" / one
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            source = Source(file)
            if source.text.strip() and source not in found.get(group_of(source.name), []):
                found.setdefault(group_of(source.name), []).append(source)
    return {group: list({one.path: one for one in sources}.values()) for group, sources in found.items()}


def equivalent() -> set[tuple[str, str, str]]:
    written = yaml.safe_load((ROOT / "tests/mutation/equivalent.yaml").read_text(encoding="utf-8")) or []
    return {(one["in"], one["was"], one["now"]) for one in written}


def score(
    tests: Sequence[str], sources: Sequence[Source], chance: Random, at_most: int, until: float
) -> Score:
    known, score = equivalent(), Score()
    told = os.fdopen(os.dup(1), "w", buffering=1)  # pytest keeps what is printed

    def tell(mutant: Mutant, fate: str) -> None:
        was, now = mutant.difference
        if fate != "died" and (mutant.source.name, was, now) in known:
            fate = "equivalent"
        score.fates[fate] += 1
        if fate not in ("died", "equivalent", "not put in place"):
            print(f"{mutant.source.name}:{mutant.line}  {fate}\n  - {was}\n  + {now}", file=told)

    run(Mutating(sources, chance, at_most, until, tell), tests)
    return score


def _score_apart(*asked: object) -> Score:
    """In a process of its own: every group collects tests of its own, and nothing of the last is left."""
    scored = in_a_child(lambda: score(*asked), 48 * 3600, quiet=False)
    assert isinstance(scored, Score), "see above"
    return scored


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "of", nargs="*", help="files and folders of the layer; all that is listed if none is given"
    )
    parser.add_argument("--sample", type=int, default=-1, help="at most so many of each folder")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="in all; folders share them")
    parser.add_argument("--seed", default="", help="the commit, in CI")
    parser.add_argument("--tests", nargs="+", help="these only, in place of those listed for the folders")
    asked = parser.parse_args()
    chance = Random(asked.seed)
    groups = list(sources_below(asked.of).items())
    chance.shuffle(groups)
    end = time.monotonic() + asked.minutes * 60
    scores: dict[str, Score] = {}
    for place, (group, sources) in enumerate(groups):
        left = end - time.monotonic()
        if left < 20:  # seconds: not enough to run its tests once
            break
        until = time.monotonic() + left / min(len(groups) - place, 4)
        tests = asked.tests or [f"tests/unit/{folder}" for folder in TESTS[group]]
        scores[group] = _score_apart(tests, sources, Random(chance.random()), asked.sample, until)
    show(scores)
    if asked.sample >= 0 or asked.minutes < 24 * 60:
        together = Score(sum((one.fates for one in scores.values()), Counter()))
        return 0 if together.share >= LIMIT_OF_A_SAMPLE else 1
    return 0 if all(one.share >= LIMIT for one in scores.values()) else 1


def show(scores: dict[str, Score]) -> None:
    print(f"\n{'':22} {'mutants':>8} {'died':>6} {'share':>7} {'equivalent':>11} {'not put':>8}")
    for group, one in sorted(scores.items()):
        print(
            f"{group:22} {one.looked_at:8} {one.fates['died']:6} {one.share:6.0f} % {one.fates['equivalent']:11} "
            f"{one.fates['not put in place']:8}"
        )


if __name__ == "__main__":
    sys.exit(main())
