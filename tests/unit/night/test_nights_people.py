"""Nights on the twin: accounts, enrolments, group members and cohorts; bad rows take nothing away."""

from __future__ import annotations

import pytest

from passerelle.usecases.night import documents
from tests.factories.offer import University
from tests.scenes.night import NightScene, a_university, drop, members, ops, people, rules


@pytest.mark.rule("N7")
@pytest.mark.rule("N8")
def test_who_moves_to_another_carrier_is_enrolled_there_before_he_is_taken_out():
    made = University().element("A").element("B").element("C", carrier="A").person("P1")
    made.row("groups.csv", "G1", "TD", "K").collection("K", "A", "B", "C").ip("P1", "C", "G1")
    stage = NightScene(made, rules())
    stage.night()
    assert people(stage, "A") == [("p1", "passerelle", "active", "student")]
    drop(made, "elements.csv", "C")
    made.element("C", carrier="B")
    stage.tomorrow()
    run = stage.night()
    assert [one[0] for one in ops(stage, run)] == ["enrol", "member_add", "suspend"]
    assert people(stage, "B") == [("p1", "passerelle", "active", "student")]
    assert people(stage, "A") == [("p1", "passerelle", "suspended", "student")]


@pytest.mark.rule("N11")
def test_a_student_moved_to_another_group_changes_groups_and_keeps_his_course(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.university.ip("P1", "E1", "G2")
    stage.tomorrow()
    run = stage.night()
    assert [one[0] for one in ops(stage, run)] == ["member_add", "member_remove"]
    assert members(stage, "E1") == [("G2", "p1"), ("G2", "p2")]


@pytest.mark.rule("N24")
def test_who_leaves_is_suspended_at_once_and_unenrolled_after_the_grace(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    stage.night()
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")
    assert ("G1", "p1") in members(stage, "E1")
    stage.tomorrow(13)
    assert stage.night().counts == {}
    stage.tomorrow()
    assert stage.night().counts == {"unenrol": 1}
    assert "p1" not in {row[0] for row in people(stage, "E1")}


@pytest.mark.rule("N24")
def test_coming_back_before_the_grace_ends_reactivates(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    stage.night()
    stage.university.ip("P1", "E1", "G1")
    stage.tomorrow(3)
    assert stage.night().counts == {"enrol": 1}
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow(12)
    assert stage.night().counts == {"suspend": 1}  # the grace begins anew


@pytest.mark.rule("N24")
def test_without_a_grace_who_leaves_is_unenrolled_at_once():
    stage = NightScene(a_university(), rules(removal_grace=0))
    stage.night()
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    assert stage.night().counts == {"unenrol": 1}


@pytest.mark.rule("N14")
def test_a_teacher_no_longer_planned_is_taken_out(stage):
    drop(stage.university, "ade.csv", "T1")
    stage.tomorrow()
    assert stage.night().counts == {"suspend": 1}


@pytest.mark.rule("N15")
def test_teachers_of_foad_courses_are_left_to_people(stage):
    site = stage.moodle.site
    site.enrol("FOAD-E2", "t1", "editingteacher")
    enrol = {
        "id": "1",
        "op": "enrol",
        "course": "FOAD-E2",
        "username": "t1",
        "role": "teacher",
        "source": "night",
    }
    assert stage.moodle.apply([enrol])[0].ok
    before = people(stage, "FOAD-E2")
    stage.tomorrow()
    assert stage.night().counts == {}
    assert people(stage, "FOAD-E2") == before


@pytest.mark.rule("N25")
def test_a_changed_login_name_and_address_update_the_same_account(stage):
    number = stage.moodle.site.user("p1").id
    drop(stage.university, "people.csv", "P1")
    stage.university.row("people.csv", "P1", "curie", "Curie", "Marie", "mc@univ.example", "student")
    stage.tomorrow()
    run = stage.night()
    assert run.counts == {"user_update": 1}
    user = stage.moodle.site.user("curie")
    assert (user.id, user.lastname, user.email) == (number, "Curie", "mc@univ.example")
    stage.tomorrow()
    assert stage.night().counts == {}


@pytest.mark.rule("N25")
def test_an_account_found_by_its_login_gets_its_code():
    stage = NightScene(a_university(), rules())
    made = stage.moodle.site.add_user("p1", "First P1", "Last P1")
    stage.night()
    assert stage.moodle.site.user("p1").id == made.id
    assert stage.moodle.site.user("p1").idnumber == "P1"


@pytest.mark.rule("N25")
@pytest.mark.parametrize("after", [None, 2])
def test_who_left_the_sources_sleeps_only_if_configured_and_wakes_on_return(after):
    stage = NightScene(a_university().person("P4"), rules(leavers_after=after))
    stage.moodle.site.add_user("hand", idnumber="HAND")
    stage.night()
    row = next(r for r in stage.university.tables["people.csv"] if r[0] == "P4")
    drop(stage.university, "people.csv", "P4")
    for _ in range(3):
        stage.tomorrow()
        stage.night()
    assert stage.moodle.site.user("p4").suspended is (after is not None)
    assert not stage.moodle.site.user("hand").suspended
    stage.university.tables["people.csv"].append(row)
    stage.tomorrow()
    stage.night()
    assert not stage.moodle.site.user("p4").suspended


@pytest.mark.rule("N25")
def test_a_cohort_that_left_is_emptied_not_deleted(stage):
    drop(stage.university, "cohorts.csv", "H1")
    drop(stage.university, "cohort_members.csv", "H1")
    stage.tomorrow()
    assert stage.night().counts == {"cohort_remove": 2}
    assert [row["idnumber"] for row in stage.moodle.export("cohorts")] == ["H1"]


@pytest.mark.rule("N21")
def test_one_blank_address_removes_nobody(stage):
    drop(stage.university, "people.csv", "P1")
    stage.university.person("P1", username="")
    stage.tomorrow()
    run = stage.night()
    assert run.counts == {}
    assert ["person", "P1", "no_username"] in documents.load_heading(stage.papers, run)["untouched"]


@pytest.mark.rule("N21")
def test_two_elements_that_carry_each_other_are_not_archived(stage):
    for code, carrier in (("E1", "E2"), ("E2", "E1")):
        drop(stage.university, "elements.csv", code)
        stage.university.element(code, carrier=carrier)
    stage.tomorrow()
    assert stage.night().counts == {}


@pytest.mark.rule("N21")
def test_a_duplicate_key_removes_nothing(stage):
    stage.university.row("groups.csv", "G1", "Another", "KG1")
    stage.tomorrow()
    assert stage.night().counts == {}


@pytest.mark.rule("D12")
@pytest.mark.rule("N21")
def test_a_person_without_first_name_is_not_sent_to_moodle_and_an_account_of_his_stays(stage):
    stage.university.person("P9", firstname="")
    drop(stage.university, "people.csv", "P1")
    stage.university.person("P1", firstname="")
    stage.tomorrow()
    run = stage.night()
    assert ops(stage, run) == []
    assert run.failed == 0
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
