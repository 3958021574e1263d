"""Nights on the twin: categories, courses and groups follow the offer, and nothing else does."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.plan import Still
from passerelle.domain.states import RunState
from passerelle.usecases.night import documents
from tests.scenes.night import NightScene, a_university, course, drop, members, ops, people, rules


@pytest.mark.rule("N1")
@pytest.mark.rule("N2")
@pytest.mark.rule("N9")
@pytest.mark.rule("N10")
@pytest.mark.rule("N12")
@pytest.mark.rule("N13")
@pytest.mark.rule("N14")
def test_a_first_night_makes_everything_from_nothing(stage):
    assert course(stage, "E1").fullname == "(E1) Chimie"
    assert course(stage, "FOAD-E2").summary.startswith("FOAD")
    assert members(stage, "FOAD-E2") == [("G3", "p3")]
    assert people(stage, "E1") == [
        ("p1", "passerelle", "active", "student"),
        ("p2", "passerelle", "active", "student"),
        ("t1", "passerelle", "active", "editingteacher"),
    ]
    assert people(stage, "E2") == []


@pytest.mark.rule("N6")
def test_new_courses_are_hidden_and_stay_as_people_set_them(stage):
    assert not course(stage, "E1").visible
    stage.moodle.site.state.change_course(course(stage, "E1"), visible=True)
    stage.says(lambda u: u.tables["elements.csv"].append(("E9", "New", "C1", "0", "", "2026-09-01")))
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").visible
    assert not course(stage, "E9").visible


@pytest.mark.rule("N19")
def test_a_night_without_change_writes_nothing(stage):
    stage.tomorrow()
    stage.moodle.calls.clear()
    run = stage.night()
    assert run.state is RunState.DONE
    assert run.counts == {}
    assert "apply" not in stage.moodle.calls
    assert len(stage.moodle.calls) == 9  # one page of each table


@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
def test_a_name_changed_by_hand_is_put_back_and_a_course_moves_with_the_offer(stage):
    stage.moodle.site.state.change_course(course(stage, "E1"), fullname="Ma chimie")
    stage.says(lambda u: u.category("C2", title="Other"))
    stage.says(lambda u: drop(u, "elements.csv", "E2"))
    stage.says(lambda u: u.element("E2", title="Physique", distance=True, category="C2"))
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").fullname == "(E1) Chimie"
    state = stage.moodle.site.state
    assert {state.categories[course(stage, one).category].idnumber for one in ("E2", "FOAD-E2")} == {"C2"}


@pytest.mark.rule("N5")
def test_what_left_the_offer_is_archived_standing_still_and_comes_back(stage):
    rows = list(stage.university.tables["elements.csv"])
    before = people(stage, "E1"), members(stage, "E1")
    stage.says(lambda u: drop(u, "elements.csv", "E1"))
    stage.tomorrow()
    stage.night()
    archived = course(stage, "ex_E1")
    assert (archived.shortname, archived.fullname) == ("ex_E1", "ex_(E1) Chimie")
    assert (people(stage, "ex_E1"), members(stage, "ex_E1")) == before
    stage.tomorrow()
    assert stage.night().counts == {}
    stage.university.tables["elements.csv"][:] = rows
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").id == archived.id
    assert course(stage, "E1").fullname == "(E1) Chimie"
    assert (people(stage, "E1"), members(stage, "E1")) == before


@pytest.mark.rule("N5")
def test_a_taken_archive_name_gets_a_number_and_the_archive_category_is_used():
    stage = NightScene(a_university(), rules(archive_category="OLD"))
    stage.moodle.site.add_category("Old", "OLD")
    stage.moodle.site.add_course("ex_E1", "Somebody's", "OLD", idnumber="ex_E1")
    stage.night()
    stage.says(lambda u: drop(u, "elements.csv", "E1"))
    stage.tomorrow()
    stage.night()
    archived = course(stage, "ex_E1_2")
    assert (archived.shortname, archived.fullname) == ("ex_E1_2", "ex_(E1) Chimie_2")
    assert stage.moodle.site.state.categories[archived.category].idnumber == "OLD"


@pytest.mark.rule("N4")
def test_a_category_that_left_goes_only_if_it_is_empty():
    stage = NightScene(a_university().category("C2").category("C3"), rules())
    stage.night()
    stage.moodle.site.add_course("KEEP", "Kept", "C3", idnumber="KEEP")
    stage.says(lambda u: drop(u, "categories.csv", "C2"))
    stage.says(lambda u: drop(u, "categories.csv", "C3"))
    stage.tomorrow()
    run = stage.night()
    assert ops(stage, run) == [("category_delete", "C2")]
    said = documents.load_heading(stage.papers, run)["stays"]
    assert ["category", ["C3"], "not_empty", ["KEEP"]] in said


@pytest.mark.rule("N11")
@pytest.mark.parametrize("hanging", ["nothing", "hand", "restriction"])
def test_a_group_that_left_is_deleted_only_if_nothing_else_hangs_on_it(stage, hanging):
    site = stage.moodle.site
    group = next(g for g in site.state.groups.values() if g.idnumber == "G1")
    if hanging == "hand":
        site.add_user("guest1")
        site.enrol("E1", "guest1", "student")
        site.call(
            "core_group_add_group_members", members=[{"groupid": group.id, "userid": site.user("guest1").id}]
        )
    if hanging == "restriction":
        section = next(iter(course(stage, "E1").content.sections.values()))
        section.availability = f'{{"op":"&","c":[{{"type":"group","id":{group.id}}}]}}'
    drop(stage.university, "groups.csv", "G1")
    drop(stage.university, "ip.csv", "P1")
    stage.university.ip("P1", "E1", "G2")
    stage.tomorrow()
    run = stage.night()
    assert (group.id in site.state.groups) is (hanging != "nothing")
    assert ("G1", "p1") not in members(stage, "E1")
    assert run.failed == (hanging == "restriction")
    stage.tomorrow()
    assert stage.night().counts == {}  # not asked again each night


@pytest.mark.rule("R7")
@pytest.mark.rule("N11")
def test_a_group_that_left_and_was_kept_stays_known_as_the_nights(stage):
    site = stage.moodle.site
    group = next(g for g in site.state.groups.values() if g.idnumber == "G1")
    site.add_user("guest1")
    site.enrol("E1", "guest1", "student")
    site.call(
        "core_group_add_group_members", members=[{"groupid": group.id, "userid": site.user("guest1").id}]
    )
    by_hand = site.add_group("E1", "By hand", "HAND")
    drop(stage.university, "groups.csv", "G1")
    for _ in range(2):
        stage.tomorrow()
        stage.night()
    marks = documents.load_memory(stage.papers, "caen").marks["group"]
    assert marks[group.id] == "G1"
    assert by_hand.id not in marks


@pytest.mark.rule("N16")
def test_what_the_night_neither_made_nor_adopted_is_never_touched(stage):
    site = stage.moodle.site
    site.add_course("SPACE", "Complementary", "C1", idnumber="SPACE")
    site.add_group("SPACE", "Mine", "MINE")
    site.enrol("SPACE", "p1", "student")
    site.enrol("E1", "p3", "student")  # by hand, in a course of the night
    site.add_group("E1", "By hand", "HAND")
    before = (people(stage, "SPACE"), people(stage, "E1"), course(stage, "SPACE").fullname)
    stage.tomorrow()
    assert stage.night().counts == {}
    assert (people(stage, "SPACE"), people(stage, "E1"), course(stage, "SPACE").fullname) == before


@pytest.mark.rule("N23")
def test_an_unadopted_object_with_a_desired_code_stands_still_and_is_reported():
    stage = NightScene(a_university(), rules())
    site = stage.moodle.site
    site.add_category("Mine", "C1")
    site.add_course("E1", "Somebody's chemistry", "C1", idnumber="E1")
    run = stage.night()
    assert course(stage, "E1").fullname == "Somebody's chemistry"
    assert people(stage, "E1") == []
    stays = documents.load_heading(stage.papers, run)["stays"]
    assert {(kind, key[0], why) for kind, key, why, _ in stays} == {
        ("category", "C1", Still.NOT_ADOPTED.value),
        ("course", "E1", Still.NOT_ADOPTED.value),
    }
