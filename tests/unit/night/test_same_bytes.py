"""The bytes of a plan and of a report hang on the inputs alone, not on the process that made them (N19)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Prints a hash per university: its second night's plan, and that night's report.
MAKING = """
import hashlib, json
from datetime import timedelta
from random import Random
from passerelle.words.night_report import as_document
from passerelle.usecases.night.report import make_report
from tests.scenes.night_site import NIGHT, text_of
from tests.scenes.night import NightScene, rules
from tests.unit.offer.universities import grow

for seed in range(8):
    stage = NightScene(grow(Random(seed)), rules())
    stage.moodle.site._clock = lambda: 1_790_000_000  # of the inputs, not of the process
    stage.moodle.get_course_states_by_idnumber = lambda _: {}
    first = stage.moodle.run(stage.university)
    other = grow(Random(seed + 100))
    plan = stage.moodle.plan(other, first.memory, date=NIGHT + timedelta(1))
    stage.sources.university = other
    stage.tomorrow()
    run = stage.plan()
    report = json.dumps(as_document(make_report(stage.world, "caen", stage.day)))
    print(len(plan.operations), hashlib.sha256(text_of(plan).encode()).hexdigest(), run.sha256,
          hashlib.sha256(report.encode()).hexdigest())
"""


@pytest.mark.rule("N19")
def test_two_processes_that_hash_differently_make_the_same_plans_and_reports():
    paths = os.pathsep.join(
        str(ROOT / one) for one in ("", "layers/core/python", "infra/cli", "infra/laptop")
    )
    making = [
        subprocess.Popen(
            [sys.executable, "-c", MAKING],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "4711")
    ]
    one, two = (process.communicate(timeout=60)[0] for process in making)
    assert [process.returncode for process in making] == [0, 0]
    assert sum(int(line.split()[0]) for line in one.splitlines()) > 100
    assert one == two
