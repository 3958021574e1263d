"""What becomes of a group: made, named, known again, kept or let go (N11, N21, N23, D11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Because, Phase, Stays, Still
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.unit.night.faculty import NIGHT, a_moodle, member, planned

KEY = ("E1", "G1")
KNOWN = {1: "G1", 2: "G2", 3: "G3"}


def a_faculty(**labels: str) -> University:
    made = University().element("E1").element("E2", distance=True)
    made.group("G1", labels.get("G1", ""), on=("E1",)).group("G2", on=("E1",))
    return made.group("G3", "Group G3 CEMU", on=("E2",))


def without(code: str) -> University:
    made = a_faculty()
    made.tables["groups.csv"] = [row for row in made.tables["groups.csv"] if row[0] != code]
    return made


def moodle_with(number: int = 1, **changes: str) -> Moodle:
    """Its group of this id changed by hand."""
    made = a_moodle()
    made.rows["groups"][2]["name"] = "Group G3 CEMU"
    made.rows["groups"][number - 1].update(changes)
    return made


def not_ours(moodle: Moodle, number: int = 1) -> Moodle:
    gone = {"kind": "group", "itemid": number}
    moodle.rows["owned"] = [row for row in moodle.rows["owned"] if not gone.items() <= row.items()]
    return moodle


def plan(university: University, moodle: Moodle, **memory: object):
    return planned(university, moodle, Memory(**({"marks": {"group": KNOWN}} | memory)))


def done(made):
    return [(one.op, one.columns, one.because) for one in made.operations if one.op.startswith("group")]


def said(made):
    return [one for one in made.stays if one.kind == "group"]


@pytest.mark.rule("N11")
@pytest.mark.rule("N20")
def test_a_group_is_made_with_the_rows_that_ask_for_it_where_the_guard_counts_it():
    made = plan(a_faculty().group("G4", "TD 4", on=("E1",)), moodle_with())
    assert done(made) == [
        ("group_create", {"course": "E1", "idnumber": "G4", "name": "TD 4"}, Because.WANTED)
    ]
    one = made.operations[-1]
    assert (one.phase, one.course, one.category) == (Phase.GROUPS, "E1", "C1")
    assert [type(row).__name__ for row in one.rows] == ["Group", "Attachment"]


@pytest.mark.rule("N11")
@pytest.mark.rule("N12")
def test_a_group_made_tonight_has_its_members_tonight():
    university = a_faculty().group("G4", on=("E1",)).person("P1").ip("P1", "E1", "G4")
    added = [one for one in plan(university, moodle_with()).operations if one.op == "member_add"]
    assert [one.columns for one in added] == [{"course": "E1", "group": "G4", "username": "p1"}]


@pytest.mark.rule("N11")
def test_groups_that_are_as_the_sources_say_are_left_alone_and_remembered():
    made = plan(a_faculty(), moodle_with())
    assert (done(made), said(made)) == ([], [])
    assert made.memory.marks["group"] == KNOWN


@pytest.mark.rule("N2")
@pytest.mark.rule("N11")
def test_a_groups_name_follows_apogee():
    made = plan(a_faculty(G1="TD A"), moodle_with())
    assert done(made) == [
        ("group_update", {"course": "E1", "idnumber": "G1", "name": "TD A"}, Because.CHANGED)
    ]
    one = made.operations[-1]
    assert (one.phase, one.course, one.category) == (Phase.GROUPS, "E1", "C1")
    assert [type(row).__name__ for row in one.rows] == ["Group", "Attachment"]


@pytest.mark.rule("N21")
def test_a_group_whose_row_is_refused_keeps_its_name_and_is_not_deleted():
    made = plan(a_faculty().row("groups.csv", "G1", "Another", "KG1"), moodle_with(name="By hand"))
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.UNKNOWN)]


@pytest.mark.rule("N23")
@pytest.mark.rule("D11")
def test_a_group_that_holds_a_desired_idnumber_and_was_not_adopted_stands_still():
    made = plan(a_faculty(G1="TD A"), not_ours(moodle_with()))
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.NOT_ADOPTED, ("Group G1",))]


@pytest.mark.rule("D11")
@pytest.mark.rule("N23")
def test_an_idnumber_held_twice_in_a_course_is_nobodys_and_both_stay():
    moodle = moodle_with().put("groups", course="E1", courseid=1, idnumber="G1", name="Copy")
    moodle.put("owned", kind="group", itemid=4)
    made = plan(a_faculty(G1="TD A"), moodle)
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.HELD_TWICE)]


@pytest.mark.rule("D11")
def test_a_group_whose_idnumber_was_changed_by_hand_is_known_again_and_gets_it_back():
    made = plan(a_faculty().person("P1").ip(), moodle_with(idnumber="MINE"))
    columns = {"course": "E1", "idnumber": "MINE", "newidnumber": "G1", "name": "Group G1"}
    assert done(made) == [("group_update", columns, Because.IDNUMBER_BY_HAND)]
    assert made.memory.marks["group"] == KNOWN
    assert [one.columns for one in made.operations if one.op == "member_add"] == [
        {"course": "E1", "group": "G1", "username": "p1"}
    ]


@pytest.mark.rule("D11")
def test_a_group_whose_idnumber_was_emptied_stands_still_and_no_second_one_is_made():
    made = plan(a_faculty(), moodle_with(idnumber=""))
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.IDNUMBER_LOST, ("Group G1",))]
    gone = plan(without("G1"), moodle_with(idnumber=""))
    assert done(gone) == []
    assert said(gone) == [Stays("group", ("E1", "Group G1"), Still.IDNUMBER_LOST)]


@pytest.mark.rule("D11")
@pytest.mark.rule("N21")
def test_a_group_that_took_the_idnumber_of_a_refused_row_stands_still():
    spoiled = a_faculty().row("groups.csv", "G2", "Another", "KG2")
    moodle = moodle_with(idnumber="G2")
    moodle.rows["groups"].pop(1)
    made = plan(spoiled, moodle)
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.IDNUMBER_LOST, ("Group G1",))]


@pytest.mark.rule("D11")
@pytest.mark.rule("N16")
def test_only_the_nights_own_group_is_known_again_and_only_under_an_idnumber_nobody_else_wants():
    made = plan(a_faculty(), not_ours(moodle_with(idnumber="MINE")))
    assert [(one[0], one[1]["idnumber"]) for one in done(made)] == [("group_create", "G1")]
    swapped = moodle_with(idnumber="G2")
    swapped.rows["groups"].pop(1)
    made = plan(a_faculty(), swapped)
    assert [(one[0], one[1]["idnumber"]) for one in done(made)] == [
        ("group_create", "G1"),
        ("group_update", "G2"),
    ]


@pytest.mark.rule("D11")
def test_groups_that_are_gone_from_moodle_do_not_hide_those_that_were_changed():
    known = {7: "G7", 2: "G2", 1: "G1"}
    made = plan(a_faculty(), moodle_with(idnumber="MINE"), marks={"group": known})
    assert [one[2] for one in done(made)] == [Because.IDNUMBER_BY_HAND]


@pytest.mark.rule("N11")
@pytest.mark.rule("N20")
def test_a_group_that_left_is_deleted_for_want_of_a_row_and_counts_for_the_guard():
    made = plan(without("G1"), moodle_with())
    assert done(made) == [("group_delete", {"course": "E1", "idnumber": "G1"}, Because.NO_ROW)]
    one = made.operations[-1]
    assert (one.phase, one.course, one.category) == (Phase.ARCHIVE, "E1", "C1")
    assert made.memory.marks["group"] == KNOWN


@pytest.mark.rule("N11")
@pytest.mark.rule("N16")
def test_a_group_that_left_stays_while_somebody_was_put_into_it_by_hand():
    made = plan(without("G1"), member(moodle_with(), "G1", component=""))
    assert done(made) == []
    assert said(made) == [Stays("group", KEY, Still.HANGS_ON, ("members",))]
    assert [one[0] for one in done(plan(without("G1"), member(moodle_with(), "G1")))] == ["group_delete"]


@pytest.mark.rule("N11")
@pytest.mark.parametrize(("nights", "asked"), [(6, False), (7, True), (8, True)])
def test_a_group_that_moodle_would_not_delete_is_asked_about_again_after_seven_nights(nights, asked):
    since = NIGHT - timedelta(nights)
    made = plan(without("G1"), moodle_with(), kept_groups={KEY: since})
    assert [one[0] for one in done(made)] == ["group_delete"] * asked
    assert said(made) == ([] if asked else [Stays("group", KEY, Still.HANGS_ON, ("moodle",))])
    assert made.memory.kept_groups == ({} if asked else {KEY: since})


@pytest.mark.rule("N16")
def test_a_group_made_by_hand_is_not_let_go_nor_remembered():
    moodle = moodle_with().put("groups", course="E1", courseid=1, idnumber="HERS", name="Hers")
    made = plan(a_faculty(), moodle)
    assert (done(made), said(made)) == ([], [])
    assert made.memory.marks["group"] == KNOWN


@pytest.mark.rule("R7")
def test_a_group_of_the_nights_in_an_archive_stays_known_as_it_was():
    moodle = moodle_with().course("ex_E9", category="C1")
    moodle.put("groups", course="ex_E9", courseid=4, idnumber="RENAMED", name="Old")
    moodle.put("groups", course="ex_E9", courseid=4, idnumber="G8", name="Older")
    for number in (4, 5):
        moodle.put("owned", kind="group", itemid=number)
    made = plan(a_faculty(), moodle, marks={"group": {**KNOWN, 4: "G9"}})
    assert made.memory.marks["group"] == {**KNOWN, 4: "G9", 5: "G8"}
