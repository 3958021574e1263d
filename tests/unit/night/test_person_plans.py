"""The plan of one person: which rows are theirs, what may be done at once, what waits and what is kept back (N27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.person import narrowed, of_person, plan_person
from passerelle.domain.night.plan.plan import Hold
from passerelle.domain.night.policy import Freeze, Guard, Limit
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import rules
from tests.unit.night.faculty import NIGHT, a_moodle, enrolled, member

BEFORE = Memory(
    suspended={("E9", "p9"): date(2026, 10, 1)}, gone={9: date(2026, 10, 1)}, marks={"course": {1: "E1"}}
)
STRICT = Guard(**dict.fromkeys(("all", "category", "course", "source"), Limit(percent=0, absolute=0)))


def a_university() -> University:
    made = University().element("E1").element("E2", distance=True).person("P1").person("P2").person("T1")
    made.group("G1", on=("E1",)).group("G2", on=("E1",)).group("G3", "Group G3 CEMU", on=("E2",))
    made.ip("P1", "E1", "G1").ip("P2", "E1", "G1").tele("P1").tele("P2").ade("T1", "E1").ade("P1", "E2")
    return made.cohort("H1", "P1", "P2")


def plan(university: University, moodle: Moodle, memory: Memory = BEFORE, *, plan_waits=False, **more):
    desired = build_desired(university.extracts(), Naming(), frozenset())
    asked = Night(site="caen", date=NIGHT, **({"rules": rules()} | more))
    return plan_person(
        asked,
        desired,
        moodle.actual(),
        memory,
        source_rows={"ip.csv": 2},
        files={"ip.csv": "ip.csv"},
        plan_waits=plan_waits,
    )


def with_cohort(moodle: Moodle) -> Moodle:
    return moodle.put("cohorts", idnumber="H1", name="Cohort H1", component="local_passerelle")


def deeds(operations):
    return [(one.op, one.course, str(one["group"])) for one in operations]


@pytest.mark.rule("N27")
def test_a_persons_rows_are_those_of_his_codes_and_logins_and_the_offer_stays_whole():
    extracts = a_university().extracts()
    two = replace(extracts.people[1], code="X2", other_codes=("P2",))
    extracts = replace(extracts, people=(extracts.people[0], two, extracts.people[2]))
    mine = of_person(extracts, {"P2"}, {"t1"})
    assert [row.code for row in mine.people] == ["X2", "T1"]  # by other code, and by login
    assert [row.code for row in of_person(extracts, {"P1"}, ()).people] == ["P1"]
    assert {row.person for row in (*mine.standings, *mine.registrations, *mine.cohort_members)} == {"P2"}
    assert mine.plannings == ()
    assert [row.person for row in of_person(extracts, {"T1"}, ()).plannings] == ["T1"]
    assert len(of_person(extracts, {"P1"}, ()).standings) == 1
    offer = ("categories", "elements", "attachments", "groups", "cohorts", "refused", "counts", "year")
    assert all(getattr(mine, name) == getattr(extracts, name) for name in offer)


@pytest.mark.rule("N27")
def test_where_some_courses_are_looked_at_nothing_else_is_desired():
    desired = build_desired(a_university().extracts(), Naming(), frozenset())
    found = narrowed(desired, {"E1"}, cohorts=True)
    assert set(found.courses) == {"E1"}
    assert set(found.groups) == {("E1", "G1"), ("E1", "G2")}
    assert {key[0] for key in found.enrolments} == {key[0] for key in found.members} == {"E1"}
    assert len(found.members) == 2
    assert (found.cohorts, found.cohort_members) == (desired.cohorts, desired.cohort_members)
    without = narrowed(desired, {"E1"}, cohorts=False)
    assert (without.cohorts, without.cohort_members) == ({}, {})


@pytest.mark.rule("N27")
def test_what_is_about_a_person_is_done_and_nothing_of_the_offer():
    university = a_university().ip("P1", "E1", "G2").element("E9").cohort("H9")
    university.row("people.csv", "P7", "p7", "Seven", "Ada", "p7@univ.example", "student")
    made = plan(university, with_cohort(member(enrolled(a_moodle(), "student"), "G1")))
    kinds = {"user_create", "user_update", "enrol", "member_add", "cohort_add"}
    assert {one.op for one in made.plan.operations} == kinds
    assert made.plan.frozen == made.held == made.holds == made.waits == ()
    assert (made.plan.adoption, made.plan.stage, made.plan.year) == (True, None, "2026")
    assert (made.plan.site, made.plan.night) == ("caen", NIGHT)
    assert (made.plan.files, made.plan.source_rows) == ({"ip.csv": "ip.csv"}, {"ip.csv": 2})
    assert made.plan.names.courses["E1"] == "E1"
    assert made.plan.names.people["p1"] == "First P1 Last P1"


@pytest.mark.rule("N27")
def test_what_the_night_has_to_make_first_is_named_and_waits():
    university = a_university().element("E9").group("G9", on=("E9",)).ip("P1", "E9", "G9")
    university.group("G8", on=("E1",)).ip("P1", "E1", "G8")
    made = plan(university, member(enrolled(a_moodle(), "student"), "G1"))
    assert made.waits == ("E1 / G8", "E9", "E9 / G9", "H1")
    named = {str(one[name]) for one in made.plan.operations for name in ("course", "group", "cohort")}
    assert not {"E9", "G8", "H1"} & named


@pytest.mark.rule("N27")
@pytest.mark.rule("N24")
def test_what_is_begun_with_this_person_is_remembered_and_all_else_stands_as_it_was():
    made = plan(University().element("E1").person("P1"), enrolled(a_moodle(), "student"))
    assert deeds(one for one in made.plan.operations if one.removes) == [("suspend", "E1", "")]
    assert made.plan.memory == replace(
        BEFORE, suspended={("E9", "p9"): date(2026, 10, 1), ("E1", "p1"): NIGHT}
    )


@pytest.mark.rule("N27")
@pytest.mark.rule("N20")
@pytest.mark.parametrize(
    ("guarded", "waits", "scopes"),
    [
        (False, False, []),
        (True, False, ["all", "category", "course"]),
        (False, True, ["person"]),
        (True, True, ["all", "category", "course", "person"]),
    ],
)
def test_removals_are_kept_back_by_the_guard_and_beside_a_held_plan_and_then_nothing_of_them_is_begun(
    guarded, waits, scopes
):
    university = University().element("E1").element("E2").person("P1").group("G1", on=("E1",))
    university.group("G3", on=("E2",)).ip("P1", "E2", "G3")
    moodle = enrolled(a_moodle(), "student")
    made = plan(university, moodle, plan_waits=waits, rules=rules(**({"guard": STRICT} if guarded else {})))
    assert [hold.scope for hold in made.holds] == scopes
    assert not waits or made.holds[-1] == Hold("person", "", 1, 0)
    assert deeds(made.held) == ([("suspend", "E1", "")] if scopes else [])
    done = deeds(one for one in made.plan.operations if one.course)
    assert done == [("enrol", "E2", ""), *([] if scopes else [("suspend", "E1", "")])]
    assert (("E1", "p1") in made.plan.memory.suspended) is not bool(scopes)
    assert made.plan.names.courses["E1"] == "E1"  # what is kept back is named as well


@pytest.mark.rule("N27")
def test_who_loses_nothing_waits_for_no_held_plan():
    made = plan(a_university(), a_moodle(), plan_waits=True, rules=rules(guard=STRICT))
    assert made.holds == ()
    assert made.plan.operations


@pytest.mark.rule("N27")
@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "frozen"), [(Freeze(NIGHT, courses=("E1",)), True), (Freeze(date(2026, 10, 7)), False)]
)
def test_a_freeze_in_force_withholds_what_it_covers(freeze, frozen):
    made = plan(a_university(), a_moodle(), freezes=(freeze,))
    courses = {one.course for one in made.plan.operations if one.course}
    assert ("E1" in courses) is not frozen
    assert ({one.course for one in made.plan.frozen} == {"E1"}) is frozen
    assert made.plan.freezes == ((freeze,) if frozen else ())
