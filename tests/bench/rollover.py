"""A faculty of 2,000 courses on the twin: planned over HTTP, its calls counted and explained.

    python tests/bench/rollover.py [--courses 2000]

What each call is for, whatever the number of courses N:
  export categories   one page on each side: which categories lie below the one named
  export courses      ceil(N / 1000) pages on each side: what stands in them, and last year's without a twin
  get_course_states   ceil(N / 500) on each side: empty, restored, teachers, last change

Applying costs per course, on this year's side: 2 states, 2 courses, 1 facts, 1 restore, 1 job, 1 message and 1
names; on last year's: 2 states, 2 courses, 1 backup, 1 job. None of them grows with the number of courses.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[2] / folder) for folder in ("", "infra/laptop", "layers/core/python")
]

from passerelle.moodle import client  # noqa: E402
from passerelle.moodle.lms import Moodle  # noqa: E402
from passerelle.usecases import rollover_plans  # noqa: E402
from passerelle_laptop.twin import Twin  # noqa: E402
from tests.factories_rollover import a_two_year_network  # noqa: E402
from tests.fakes.lms import FakeSites  # noqa: E402
from tests.stage_rollover import YearStage  # noqa: E402


def furnish(twin: Twin, courses: int) -> None:
    for name in ("bleu", "vert"):
        site = twin.site(name)
        site.add_user("ada", "Ada", "Lovelace")
        site.add_category("Sciences", "SCIENCES")
        for n in range(courses):
            course = site.add_course(f"SC{n}", f"Cours {n}", "SCIENCES", idnumber=f"SC{n}", teachers=["ada"])
            if name == "bleu":
                site.change_course(course, add="page", name="Bohr")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--courses", type=int, default=2000)
    courses = parser.parse_args().courses
    stage = YearStage(a_two_year_network())
    with Twin.start({"bleu": "2024", "vert": "2025"}, jobs="by hand") as twin:
        begun = time.perf_counter()
        furnish(twin, courses)
        print(f"two Moodles with {courses} courses each made in {time.perf_counter() - begun:.1f} s")
        moodles = {}
        for name in ("bleu", "vert"):
            site = twin.site(name)
            site.log.reset()
            moodles[name] = Moodle.at(
                client.Site(name, site.base_url, site.token, concurrency=4, calls_per_second=1000.0)
            )
            moodles[name].name = name  # type: ignore[attr-defined]
        world = replace(stage.base, sites=FakeSites(*moodles.values()))  # type: ignore[arg-type]
        begun = time.perf_counter()
        plan = rollover_plans.make(world, "vert", "SCIENCES", "root")
        seconds = time.perf_counter() - begun
        made = Counter(call.function for name in moodles for call in twin.site(name).log.calls())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"planned {len(plan.lines)} courses, {len(plan.to_do())} to do, in {seconds:.1f} s, {memory:.0f} MB"
    )
    for function, count in sorted(made.items()):
        print(f"  {count:5}  {function}")
    print(f"estimated: {plan.seconds / 3600:.1f} h with {plan.parallel} at a time")
    if seconds >= 60:
        sys.exit("slower than 60 s")


if __name__ == "__main__":
    main()
