"""A small faculty's Moodle as rows, and the plan of one night on it, without anything that runs."""

from __future__ import annotations

from datetime import date

from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Plan
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import rules

NIGHT = date(2026, 10, 6)
OURS = "enrol_passerelle"


def a_moodle() -> Moodle:
    """What the faculty has in Moodle, with nobody in it."""
    made = Moodle().category("C1")
    for course in ("E1", "E2", "FOAD-E2"):
        made.course(course, category="C1")
    for course, number, group in (("E1", 1, "G1"), ("E1", 1, "G2"), ("FOAD-E2", 3, "G3")):
        made.put("groups", course=course, courseid=number, idnumber=group, name=f"Group {group}")
        made.put("owned", kind="group", itemid=len(made.rows["groups"]))
    return made.user("p1", "P1").user("t1", "T1")


def enrolled(
    moodle: Moodle, *roles: str, course: str = "E1", username: str = "p1", active: bool = True
) -> Moodle:
    moodle.enrolled(course, username, active=active)
    moodle.rows["enrolments"][-1]["roles"] = list(roles)
    return moodle


def member(
    moodle: Moodle, group: str, *, username: str = "p1", component: str = OURS, course: str = "E1"
) -> Moodle:
    number = [row["idnumber"] for row in moodle.rows["courses"]].index(course) + 1
    return moodle.put(
        "members", course=course, courseid=number, group=group, username=username, component=component
    )


def planned(university: University, moodle: Moodle, memory: Memory, grace: int = 14) -> Plan:
    desired = build_desired(university.extracts(), Naming(), frozenset())
    night = Night(site="caen", date=NIGHT, rules=rules(removal_grace=grace))
    return make_plan(night, desired, moodle.actual(), memory)
