"""One person of a large university: from extracts in memory to the plan, in seconds and calls of Moodle.

python -m tests.bench.person
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from passerelle.domain.offer.model import Extracts
from passerelle.sources.extracts import read_extracts
from passerelle.usecases.night.person import plan_for
from tests.bench.figure import Figure, show
from tests.bench.offer_data import Size, write_university
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.scenes.night import NightScene, rules

SECONDS, CALLS = 10, 12  # to reach


class Kept:
    def __init__(self, extracts: Extracts) -> None:
        self._extracts = extracts

    def recall(self, site: str, night: object) -> Extracts:
        return self._extracts


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        write_university(Path(scratch), Size())
        extracts = read_extracts(Path(scratch))
    scene = NightScene(rules=rules())
    twin = TwinMoodle("caen", scene.clock)
    world = replace(scene.world, sources=Kept(extracts), sites=TwinSites(None, twin))
    person = extracts.registrations[len(extracts.registrations) // 2].person
    plan_for(world, "caen", person)
    twin.calls.clear()
    began = time.perf_counter()
    plan_for(world, "caen", person)
    seconds = time.perf_counter() - began
    return show(
        [
            Figure("one person's plan in a large university", seconds, "s", SECONDS),
            Figure("calls of Moodle for it", len(twin.calls), "", CALLS),
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
