"""A Moodle filled by its own database enrolment is taken over, and nothing of it is lost (N23)."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.night.plan.adoption import Takeover
from passerelle.domain.states import RunState
from passerelle.moodle.client import Site
from passerelle.moodle.site_api import Moodle
from passerelle.usecases.night import adopt, apply, documents
from tests.factories.offer import University
from tests.live.ground import fresh
from tests.scenes.night import NightScene, OneMoodle, rules

_LIVING = Path(__file__).with_name("living.php")


def play(command: str, scene: str, **said: Any) -> Any:
    done = subprocess.run(
        command,
        shell=True,
        input=_LIVING.read_text(encoding="utf-8"),
        text=True,
        capture_output=True,
        env={**os.environ, "PASSERELLE_SCENE": json.dumps({"do": scene, **said})},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def a_university(tag: str) -> University:
    """Nothing of it was on the site before."""
    made = University().category(f"{tag}C").category(f"{tag}D", f"{tag}C")
    made.element(f"{tag}E1", title="Chimie", category=f"{tag}D")
    made.element(f"{tag}E2", title="Physique", category=f"{tag}C", distance=True)
    made.group(f"{tag}G1", "TD 1", on=(f"{tag}E1",)).group(f"{tag}G2", "CEMU", on=(f"{tag}E2",))
    for number in range(5):
        code = f"{tag}P{number}"
        made.row("people.csv", code, code, f"Nom{number}", "Prénom", f"{code}@example.org", "student")
        made.tele(code)
        made.ip(code, f"{tag}E1", f"{tag}G1").ip(code, f"{tag}E2", f"{tag}G2")
    made.row("people.csv", f"{tag}T", f"{tag}t", "Curie", "Marie", f"{tag}t@example.org", "staff")
    return made.ade(f"{tag}T", f"{tag}E1")


@pytest.mark.rule("N23")
def test_adopting_writes_no_course_and_loses_no_group_role_or_grade(ground, stage) -> None:
    tag = fresh("n").replace("-", "").lower()
    university = a_university(tag)
    desired = university.desired()
    courses = play(
        stage.command,
        "fill",
        categories=[[one.idnumber, one.name, one.parent] for one in desired.categories.values()],
        people=[
            [one.code, one.username, one.lastname, one.firstname, one.email] for one in desired.users.values()
        ],
        courses=[
            [one.idnumber, one.shortname, one.fullname, one.category, one.description]
            for one in desired.courses.values()
        ],
        groups=[[one.course, one.idnumber, one.name] for one in desired.groups.values()],
        enrolments=[list(key) for key in desired.enrolments],
        members=[list(key) for key in desired.members],
    )
    assert len(courses) == 3
    before = play(stage.command, "picture", courses=courses)
    assert len(before["grades"]) >= 10
    assert [one["enrol"] for one in before["enrolments"]] == ["database"]

    table = NightScene(university, rules())
    moodle = Moodle.at(Site(ground.name, ground.address, ground.token, calls_per_second=200))
    table.world = replace(table.base, sites=OneMoodle(moodle))  # type: ignore[arg-type]
    plan = adopt.adoption_from(
        table.world, "caen", table.day, university.extracts(), Takeover(method="database", accounts=True)
    )
    run = adopt.keep_adoption(table.world, plan)
    assert set(run.counts) == {"adopt", "enrol"}
    ended = apply.apply_run(table.world, run.id)
    assert (ended.state, ended.failed) == (RunState.DONE, 0)

    after = play(stage.command, "picture", courses=courses)
    assert [one["enrol"] for one in after.pop("enrolments")] == ["passerelle"]
    people = before.pop("enrolments")[0]["people"]
    assert int(people) == len(desired.enrolments)
    # A role keeps its holder; the row that says who gave it is the night's by now.
    for one in (*before["roles"], *after["roles"]):
        del one["id"]
    assert after == before

    # The site may hold what other tests left to the night: of these courses and people nothing is to be done.
    table.tomorrow()
    night = table.plan()
    todo = [line for line in documents.load_lines(table.papers, night) if tag in json.dumps(line)]
    assert todo == []
