"""Would the tests notice? One place of the code is changed at a time, and the tests that reach it are run.

    python -m tests.mutation domain/orders shops          # every mutant of these files and folders
    python -m tests.mutation domain/orders --sample 200   # so many of them, by chance (--seed)
    python -m tests.mutation domain/orders --part 2/5     # every fifth of them; the five together are all
    python -m tests.mutation domain/orders --minutes 5 --seed COMMIT    # what CI does: as many as there is time for

Prints the survivors, each with its line as it was and as it became, and a table by module. A survivor is a missing
test, or stands in equivalent.yaml with the reason why nobody can notice. Exit status 1 where fewer than LIMIT per
cent of a module's mutants died; of a sample, where so few died that chance does not explain it; and where none was
tried at all.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from random import Random

import yaml

from tests.mutation.mutants import LAYER, ROOT, Mutant, Source
from tests.mutation.session import Mutating, Wanted, in_a_child, run

LIMIT = 90  # per cent
# How rarely a sample may be so bad by chance alone, if LIMIT per cent would die of all: the whole, and each of the
# modules, of which there are many.
OF_ALL, OF_A_MODULE = 0.01, 0.0001

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
    "usecases": ("people", "console", "runtime", "store", "publishing", "rollover"),
    "usecases/console": ("console",),
    "usecases/network": ("network", "cli"),
    "moodle": ("moodle",),
    "events": ("events", "shops", "attacks"),
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

    def is_worse_than(self, chance: float) -> bool:
        """Whether so few would die of a sample more rarely than that, if LIMIT per cent died of all."""
        tried, dies = self.looked_at, LIMIT / 100
        died = range(self.fates["died"] + 1)
        return sum(comb(tried, n) * dies**n * (1 - dies) ** (tried - n) for n in died) < chance


Scores = dict[str, Score]  # by module


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


def score(tests: Sequence[str], sources: Sequence[Source], wanted: Wanted, until: float) -> Scores:
    known, scores = equivalent(), defaultdict[str, Score](Score)
    told = os.fdopen(os.dup(1), "w", buffering=1)  # pytest keeps what is printed

    def tell(mutant: Mutant, fate: str) -> None:
        was, now = mutant.difference
        if fate != "died" and (mutant.source.name, was, now) in known:
            fate = "equivalent"
        scores[mutant.source.name].fates[fate] += 1
        if fate not in ("died", "equivalent", "not put in place"):
            print(f"{mutant.source.name}:{mutant.line}  {fate}\n  - {was}\n  + {now}", file=told)

    run(Mutating(sources, wanted, until, tell), tests)
    return dict(scores)


def _score_apart(tests: Sequence[str], sources: Sequence[Source], wanted: Wanted, until: float) -> Scores:
    """In a process of its own: every group collects tests of its own, and nothing of the last is left."""
    scores = in_a_child(lambda: score(tests, sources, wanted, until), 48 * 3600, quiet=False)
    assert scores is not None, "see above"
    return scores


def a_part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not 1 <= int(part) <= int(parts):
        raise ValueError
    return int(part), int(parts)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "of", nargs="*", help="files and folders of the layer; all that is listed if none is given"
    )
    parser.add_argument("--sample", type=int, default=-1, help="at most so many of each folder")
    parser.add_argument("--part", type=a_part, default=(1, 1), metavar="K/N", help="the Kth of N parts")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="in all; folders share them")
    parser.add_argument("--seed", default="", help="the commit, in CI")
    parser.add_argument("--tests", nargs="+", help="these only, in place of those listed for the folders")
    asked = parser.parse_args()
    chance = Random(asked.seed)
    groups = list(sources_below(asked.of).items())
    chance.shuffle(groups)
    end = time.monotonic() + asked.minutes * 60
    scores: Scores = {}
    for place, (group, sources) in enumerate(groups):
        left = end - time.monotonic()
        if left < 20:  # seconds: not enough to run its tests once
            print("no time was left for", ", ".join(name for name, _ in groups[place:]))
            break
        # Half of what is left: to see what the tests of a folder reach may take a slow machine two minutes.
        until = time.monotonic() + left / min(len(groups) - place, 2)
        tests = asked.tests or [f"tests/unit/{folder}" for folder in TESTS[group]]
        wanted = Wanted(Random(chance.random()), asked.part, asked.sample)
        found = _score_apart(tests, sources, wanted, until)
        if not found:
            print("no time was left for", group)
        scores |= found
    show(scores)
    return verdict(scores, is_sample=asked.sample >= 0 or asked.minutes < 24 * 60 or asked.part != (1, 1))


def verdict(scores: Scores, *, is_sample: bool) -> int:
    together = in_all(scores)
    if is_sample:
        low = [name for name, one in scores.items() if one.is_worse_than(OF_A_MODULE)]
        low += ["all together"] if together.is_worse_than(OF_ALL) else []
    else:
        low = [name for name, one in scores.items() if one.share < LIMIT]
    if not together.looked_at:
        print("nothing was tried: the time was too short, or there is nothing to change")
    elif low:
        known = f"{LIMIT} per cent" + (" of all, more than chance explains" if is_sample else "")
        print(f"fewer died than {known}: {', '.join(sorted(low))}")
    return 0 if together.looked_at and not low else 1


def in_all(scores: Scores) -> Score:
    return Score(sum((one.fates for one in scores.values()), Counter()))


def show(scores: Scores) -> None:
    print(f"\n{'':34} {'mutants':>8} {'died':>6} {'share':>7} {'equivalent':>11} {'not put':>8}")
    for name, one in [*sorted(scores.items()), ("all together", in_all(scores))]:
        share = f"{one.share:.0f} %" if one.looked_at else "–"
        print(
            f"{name:34} {one.looked_at:8} {one.fates['died']:6} {share:>7} {one.fates['equivalent']:11} "
            f"{one.fates['not put in place']:8}"
        )


if __name__ == "__main__":
    sys.exit(main())
