"""Who is enrolled, suspended and taken out of courses and groups, one row at a time (N7–N16, N21, N24)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Because, Phase
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.unit.night.faculty import NIGHT, a_moodle, enrolled, member, planned

ACCESS = ("enrol", "suspend", "unenrol", "member_add", "member_remove")


def a_faculty() -> University:
    """E1 with two groups, its distance twin E2 with one; a student and a teacher who are nowhere yet."""
    made = University().element("E1").element("E2", distance=True).person("P1").person("T1", kind="staff")
    return made.group("G1", on=("E1",)).group("G2", on=("E1",)).group("G3", "CEMU", on=("E2",)).tele("P1")


def plan(university: University, moodle: Moodle, *, suspended: date | None = None, grace: int = 14):
    memory = Memory(suspended={("E1", "p1"): suspended} if suspended else {})
    return planned(university, moodle, memory, grace)


def done(made) -> list[tuple[object, ...]]:
    return [(one.op, *one.values) for one in made.operations if one.op in ACCESS]


def why(made) -> list[tuple[str, Because]]:
    return [(one.op, one.because) for one in made.operations if one.op in ACCESS]


@pytest.mark.rule("N12")
@pytest.mark.rule("N20")
def test_who_is_enrolled_is_enrolled_as_the_nights_in_his_group_after_it_and_where_the_guard_counts_it():
    made = plan(a_faculty().ip(), a_moodle())
    assert done(made) == [("enrol", "E1", "p1", "student", "night"), ("member_add", "E1", "G1", "p1")]
    assert [(one.phase, one.course, one.category) for one in made.operations if one.op in ACCESS] == [
        (Phase.ENROL, "E1", "C1"),
        (Phase.ADD_MEMBERS, "E1", "C1"),
    ]
    assert made.operations[-1].columns == {"course": "E1", "group": "G1", "username": "p1"}
    assert made.operations[-2].columns == {
        "course": "E1",
        "username": "p1",
        "role": "student",
        "source": "night",
    }


@pytest.mark.rule("N20")
@pytest.mark.rule("N24")
def test_who_is_taken_out_is_counted_in_the_course_and_category_it_happens_in():
    moodle = member(member(enrolled(a_moodle(), "student"), "G1"), "G2", username="t1")
    made = plan(a_faculty(), moodle)
    assert done(made) == [("member_remove", "E1", "G2", "t1"), ("suspend", "E1", "p1", "student", "night")]
    assert [(one.phase, one.course, one.category) for one in made.operations if one.removes] == [
        (Phase.REMOVE_MEMBERS, "E1", "C1"),
        (Phase.UNENROL, "E1", "C1"),
    ]
    assert [set(one.columns) for one in made.operations if one.removes] == [
        {"course", "group", "username"},
        {"course", "username", "role", "source"},
    ]
    assert why(made) == [("member_remove", Because.NO_ROW), ("suspend", Because.NO_ROW)]


@pytest.mark.rule("N19")
def test_who_is_enrolled_already_is_left_as_is():
    assert done(plan(a_faculty().ip(), member(enrolled(a_moodle(), "student"), "G1"))) == []


@pytest.mark.rule("N24")
def test_who_comes_back_is_enrolled_again_for_that_reason():
    moodle = member(enrolled(a_moodle(), "student", active=False), "G1")
    made = plan(a_faculty().ip(), moodle, suspended=NIGHT - timedelta(3))
    assert why(made) == [("enrol", Because.CAME_BACK)]
    assert made.memory.suspended == {}


@pytest.mark.rule("N14")
def test_a_second_role_is_given_because_its_rows_say_so():
    moodle = member(enrolled(a_moodle(), "student"), "G1")
    made = plan(a_faculty().ip().ade("P1", "E1"), moodle)
    assert done(made) == [("enrol", "E1", "p1", "editingteacher", "night")]
    assert why(made) == [("enrol", Because.WANTED)]


@pytest.mark.rule("N8")
@pytest.mark.rule("N24")
@pytest.mark.parametrize(("stays", "gone"), [("editingteacher", "student"), ("student", "editingteacher")])
def test_who_keeps_one_of_two_roles_loses_the_other_and_is_not_suspended(stays, gone):
    university = a_faculty().ip() if stays == "student" else a_faculty().ade("P1", "E1")
    moodle = member(enrolled(a_moodle(), "student", "editingteacher"), "G1", component="")
    made = plan(university, moodle)
    assert [one for one in done(made) if one[0] != "member_add"] == [("suspend", "E1", "p1", gone, "night")]
    assert why(made) == [("suspend", Because.NO_ROW)]
    assert made.memory.suspended == {}


@pytest.mark.rule("N8")
@pytest.mark.rule("N24")
@pytest.mark.parametrize(("was", "now"), [("student", "editingteacher"), ("editingteacher", "student")])
@pytest.mark.parametrize("grace", [0, 14])
def test_who_changes_from_one_role_to_another_is_never_unenrolled_in_between(was, now, grace):
    university = a_faculty().ip() if now == "student" else a_faculty().ade("P1", "E1")
    made = plan(university, member(enrolled(a_moodle(), was), "G1", component=""), grace=grace)
    assert done(made) == [("enrol", "E1", "p1", now, "night"), ("suspend", "E1", "p1", was, "night")]
    assert made.memory.suspended == {}


@pytest.mark.rule("N15")
def test_in_a_distance_course_the_night_takes_out_students_and_leaves_who_teaches():
    def course(*roles):
        return done(plan(a_faculty(), enrolled(a_moodle(), *roles, course="FOAD-E2")))

    assert course("student") == [("suspend", "FOAD-E2", "p1", "student", "night")]
    assert course("editingteacher") == []
    assert course("teacher") == []


@pytest.mark.rule("N15")
@pytest.mark.rule("N24")
def test_who_also_teaches_a_distance_course_loses_the_students_role_only_even_without_a_grace():
    moodle = enrolled(a_moodle(), "student", "editingteacher", course="FOAD-E2")
    made = plan(a_faculty(), moodle, grace=0)
    assert done(made) == [("suspend", "FOAD-E2", "p1", "student", "night")]
    assert made.memory.suspended == {}


@pytest.mark.rule("N24")
@pytest.mark.parametrize(("nights", "ops"), [(13, []), (14, ["unenrol"]), (15, ["unenrol"])])
def test_the_grace_is_over_after_so_many_nights_and_not_one_before(nights, ops):
    since = NIGHT - timedelta(nights)
    moodle = member(enrolled(a_moodle(), "student", active=False), "G1")
    made = plan(a_faculty(), moodle, suspended=since)
    assert [one[0] for one in done(made)] == ops
    assert made.memory.suspended == ({} if ops else {("E1", "p1"): since})
    assert why(made) == [("unenrol", Because.GRACE_OVER)] * len(ops)


@pytest.mark.rule("N24")
def test_a_suspension_that_nobody_remembers_has_begun_tonight():
    made = plan(a_faculty(), enrolled(a_moodle(), "student", active=False))
    assert done(made) == []
    assert made.memory.suspended == {("E1", "p1"): NIGHT}


@pytest.mark.rule("N24")
def test_who_was_woken_by_hand_is_suspended_anew_and_the_grace_with_it():
    made = plan(a_faculty(), enrolled(a_moodle(), "student"), suspended=NIGHT - timedelta(30))
    assert done(made) == [("suspend", "E1", "p1", "student", "night")]
    assert made.memory.suspended == {("E1", "p1"): NIGHT}


@pytest.mark.rule("N24")
@pytest.mark.parametrize("active", [True, False])
def test_without_a_grace_who_left_is_unenrolled_because_there_is_no_row(active):
    made = plan(a_faculty(), enrolled(a_moodle(), "student", active=active), grace=0)
    assert why(made) == [("unenrol", Because.NO_ROW)]
    assert made.memory.suspended == {}


@pytest.mark.rule("N24")
def test_who_leaves_with_two_roles_loses_both():
    moodle = enrolled(a_moodle(), "student", "editingteacher")
    assert done(plan(a_faculty(), moodle)) == [
        ("suspend", "E1", "p1", "editingteacher", "night"),
        ("suspend", "E1", "p1", "student", "night"),
    ]


@pytest.mark.rule("N24")
def test_an_enrolment_whose_role_somebody_took_away_counts_as_a_students():
    assert done(plan(a_faculty(), enrolled(a_moodle()))) == [("suspend", "E1", "p1", "student", "night")]


@pytest.mark.rule("N16")
def test_an_enrolment_that_is_not_the_nights_is_not_touched_and_does_not_stand_for_one():
    moodle = a_moodle().enrolled("E1", "p1", method="manual")
    assert done(plan(a_faculty(), moodle)) == []
    assert done(plan(a_faculty().ip(), moodle))[0] == ("enrol", "E1", "p1", "student", "night")


@pytest.mark.rule("N16")
@pytest.mark.rule("N23")
def test_in_a_course_that_the_night_does_not_look_after_nobody_is_given_or_taken_anything():
    moodle = a_moodle().course("BY-HAND", ours=False).enrolled("BY-HAND", "p1")
    member(moodle, "G1", course="BY-HAND")
    university = a_faculty().element("BY-HAND").group("G4", on=("BY-HAND",)).ip("P1", "BY-HAND", "G4")
    assert done(plan(university, moodle)) == []
    member(moodle, "G1", username="t1")
    assert done(plan(university.ip(), moodle)) == [
        ("enrol", "E1", "p1", "student", "night"),
        ("member_add", "E1", "G1", "p1"),
        ("member_remove", "E1", "G1", "t1"),
    ]


@pytest.mark.rule("N12")
@pytest.mark.rule("N25")
def test_who_gets_an_account_tonight_is_enrolled_at_once_and_who_can_have_none_is_not():
    university = a_faculty().ip().person("P9").ip("P9")
    assert done(plan(university, member(enrolled(a_moodle(), "student"), "G1"))) == [
        ("enrol", "E1", "p9", "student", "night"),
        ("member_add", "E1", "G1", "p9"),
    ]
    held = a_moodle().user("p9", "P1")  # the login is that of an account of another person of the sources
    assert [one for one in done(plan(university, held)) if "p9" in one] == []


@pytest.mark.rule("N21")
@pytest.mark.rule("N25")
def test_from_accounts_that_nobody_can_tell_apart_nothing_is_taken():
    university = University().element("E1").group("G1", on=("E1",)).person("P1", username="new")
    moodle = enrolled(a_moodle().user("other", "P1"), "student", username="other")
    member(enrolled(moodle, "student"), "G1")
    assert done(plan(university, moodle)) == []


def without_a_believable_person() -> University:
    """Two rows that say two things of one code: neither is believed."""
    return a_faculty().person("P1", lastname="Another")


@pytest.mark.rule("N21")
@pytest.mark.parametrize("login", ["p1", "formerly"])
def test_from_a_person_whose_rows_are_refused_nothing_is_taken_whatever_the_login(login):
    moodle = a_moodle()
    moodle.rows["users"][0]["username"] = login
    member(member(enrolled(moodle, "student", username=login), "G1", username=login), "G2", username=login)
    member(moodle, "G2", username="t1")
    assert done(plan(without_a_believable_person(), moodle)) == [("member_remove", "E1", "G2", "t1")]


@pytest.mark.rule("N21")
def test_while_a_registration_cannot_be_read_nobody_loses_what_it_may_have_given():
    moodle = member(member(enrolled(a_moodle(), "student"), "G1"), "G2", username="t1")
    assert len(done(plan(a_faculty(), moodle))) == 2
    assert done(plan(a_faculty().row("ip.csv", "P1", "E1", "?", "extra"), moodle)) == []


@pytest.mark.rule("N25")
def test_who_changes_login_is_enrolled_and_taken_out_under_the_new_one():
    university = University().element("E1").element("E3").group("G1", on=("E1",)).group("G2", on=("E1",))
    university.person("P1", username="curie").ip("P1", "E1", "G2")
    moodle = member(enrolled(a_moodle(), "student"), "G1")
    assert done(plan(university, moodle)) == [
        ("member_add", "E1", "G2", "curie"),
        ("member_remove", "E1", "G1", "curie"),
    ]
    assert done(
        plan(University().element("E1").person("P1", username="curie"), enrolled(a_moodle(), "student"))
    ) == [("suspend", "E1", "curie", "student", "night")]


@pytest.mark.rule("N11")
def test_who_changes_group_is_in_the_new_one_before_leaving_the_old():
    moodle = member(enrolled(a_moodle(), "student"), "G1")
    assert done(plan(a_faculty().ip("P1", "E1", "G2"), moodle)) == [
        ("member_add", "E1", "G2", "p1"),
        ("member_remove", "E1", "G1", "p1"),
    ]


@pytest.mark.rule("N11")
@pytest.mark.rule("N16")
def test_a_member_added_by_hand_is_neither_taken_away_nor_added_again():
    by_hand = member(enrolled(a_moodle(), "student"), "G2", component="")
    assert done(plan(a_faculty().ip("P1", "E1", "G2"), by_hand)) == []
    by_hand = member(member(enrolled(a_moodle(), "student"), "G2", component=""), "G1")
    assert done(plan(a_faculty().ip(), by_hand)) == []


@pytest.mark.rule("N16")
def test_a_member_of_a_group_without_idnumber_is_a_persons_own_business():
    moodle = member(enrolled(a_moodle(), "student"), "").put("groups", course="E1", courseid=1, name="Own")
    member(moodle, "G1")
    assert done(plan(a_faculty().ip(), moodle)) == []


@pytest.mark.rule("N24")
def test_who_is_suspended_keeps_the_groups_until_unenrolled():
    moodle = member(enrolled(a_moodle(), "student"), "G1")
    assert [one[0] for one in done(plan(a_faculty(), moodle))] == ["suspend"]


@pytest.mark.rule("N11")
@pytest.mark.rule("N23")
def test_a_group_that_is_not_the_nights_keeps_its_members_and_gets_none():
    moodle = member(enrolled(a_moodle(), "student"), "G2")
    moodle.rows["owned"] = [
        one for one in moodle.rows["owned"] if (one["kind"], one["itemid"]) != ("group", 2)
    ]
    assert done(plan(a_faculty().ip(), moodle)) == [("member_add", "E1", "G1", "p1")]
    assert done(plan(a_faculty().ip("P1", "E1", "G2").ip("P1", "E1", "G1"), member(moodle, "G1"))) == []
    moodle.rows["members"] = []
    assert done(plan(a_faculty().ip("P1", "E1", "G2"), moodle)) == []


@pytest.mark.rule("N11")
def test_a_group_that_left_loses_the_nights_members_even_those_who_leave_the_course():
    moodle = a_moodle().put("groups", course="E1", courseid=1, idnumber="OLD", name="Old")
    moodle.put("owned", kind="group", itemid=4)
    member(member(enrolled(moodle, "student"), "OLD"), "OLD", username="t1", component="")
    assert [one[:3] for one in done(plan(a_faculty(), moodle))] == [
        ("member_remove", "E1", "OLD"),
        ("suspend", "E1", "p1"),
    ]
    assert done(plan(without_a_believable_person(), moodle)) == []
    moodle.rows["users"][0]["username"] = "formerly"
    for row in (moodle.rows["enrolments"][0], moodle.rows["members"][0]):
        row["username"] = "formerly"
    member(moodle, "OLD", username="t1")
    assert done(plan(without_a_believable_person(), moodle)) == [("member_remove", "E1", "OLD", "t1")]
