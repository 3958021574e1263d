"""One person repaired on a site that others use: beside enrolments made by hand and by a shop, a suspended one, a
frozen course.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.moodle.core import Enrolment
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.policy import Freeze
from passerelle.domain.states import RunState
from passerelle.moodle.client import Site
from passerelle.moodle.site_api import Moodle
from passerelle.usecases.night import desk
from passerelle.usecases.night.documents import keep_memory
from passerelle.usecases.night.person import plan_for, repair
from tests.factories.offer import University
from tests.live.conftest import person
from tests.live.ground import fresh
from tests.live.witness import ids
from tests.scenes.night import NightScene, OneMoodle, drop, rules

MOST_CALLS = 12


class Counted:
    """The project's own client, and how often it asked."""

    def __init__(self, moodle: Moodle) -> None:
        self._moodle, self.calls = moodle, 0
        ask = moodle.ask

        def counted(call):
            self.calls += 1
            return ask(call)

        moodle.ask = counted

    def __getattr__(self, name: str):
        return getattr(self._moodle, name)


@pytest.fixture
def scene(ground, category):
    codes = [fresh("E") for _ in range(4)]
    username = person(ground)
    made = University().person(fresh("P"), username=username)
    for code in codes:
        made.element(code).group(f"G{code}", "TD", on=(code,))
        course = {"idnumber": code, "shortname": code, "fullname": f"({code}) Element {code}"}
        ground.apply(
            {"op": "course_create", **course, "category": category},
            {"op": "group_create", "course": code, "idnumber": f"G{code}", "name": "TD"},
        )
    scene = NightScene(made, rules())
    site = Site("caen", ground.address, ground.token, calls_per_second=1000, burst=1000)
    scene.moodle = Counted(Moodle.at(site))
    scene.world = replace(scene.world, sites=OneMoodle(scene.moodle))
    scene.codes, scene.username, scene.code = codes, username, made.tables["people.csv"][0][0]
    return scene


def enrol_by_hand(ground, course: str, username: str) -> None:
    moodle = Moodle.at(Site("caen", ground.address, ground.token, calls_per_second=1000, burst=1000))
    student = next(role.id for role in moodle.get_site().roles if role.shortname == "student")
    [state] = ground.call("get_course_states", idnumbers=[course])
    [user] = ids(moodle, [username])
    [done] = moodle.for_many().enrol([Enrolment(state["courseid"], user, student, None, None)])
    assert done.ok


def where(ground, username: str) -> dict[tuple[str, str], str]:
    page = ground.call("export", table="enrolments", only=[username])

    return {
        (row["course"], row["source"] or row["method"]): row["status"] for row in json.loads(page["rows"])
    }


@pytest.mark.rule("N27")
@pytest.mark.rule("N16")
@pytest.mark.rule("N18")
@pytest.mark.rule("N24")
def test_one_person_is_repaired_and_nothing_beside_is_touched(ground, scene) -> None:
    here, suspended, frozen, by_hand = scene.codes
    night = {"username": scene.username, "role": "student", "source": "night"}
    shop = {"op": "enrol", "course": here, "username": scene.username, "role": "student", "source": "shop"}
    ground.apply(
        shop, {"op": "enrol", "course": suspended, **night}, {"op": "suspend", "course": suspended, **night}
    )
    keep_memory(
        scene.papers, "caen", Memory(suspended={(suspended, scene.username): scene.day - timedelta(days=2)})
    )
    desk.freeze(scene.world, "caen", Freeze(scene.day, courses=(frozen,)))
    for code in (here, by_hand):
        enrol_by_hand(ground, code, scene.username)
    for code in (here, suspended, frozen):
        scene.university.ip(scene.code, code, f"G{code}")

    done = repair(scene.world, "caen", scene.code)

    assert scene.moodle.calls <= MOST_CALLS
    assert (done.run.state, done.run.failed) == (RunState.DONE, 0)
    assert {one.course for one in done.made.plan.frozen} == {frozen}
    assert {one.op for one in done.made.plan.operations if one.course} == {"enrol", "member_add"}
    assert where(ground, scene.username) == {
        (by_hand, "manual"): "active",
        (here, "manual"): "active",
        (here, "shop"): "active",
        (here, "night"): "active",
        (suspended, "night"): "active",
    }
    assert plan_for(scene.world, "caen", scene.code).made.plan.operations == ()

    drop(scene.university, "ip.csv", scene.code, here)
    repair(scene.world, "caen", scene.code)

    assert where(ground, scene.username)[here, "night"] == "suspended"
    assert where(ground, scene.username)[here, "shop"] == "active"
    assert where(ground, scene.username)[here, "manual"] == "active"
    assert where(ground, scene.username)[by_hand, "manual"] == "active"
