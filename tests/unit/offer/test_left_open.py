"""What a refused row leaves open: nothing is taken from whom it may have stood for (N21)."""

from __future__ import annotations

import pytest

from passerelle.domain.offer.desired import as_lists
from tests.factories.offer import University


def untouched(made: University) -> set[tuple[str, ...]]:
    return {tuple(row) for row in as_lists(made.desired())["untouched"]}


@pytest.mark.rule("N21")
def test_a_refused_group_leaves_the_members_it_had_open_and_no_others() -> None:
    made = University().element("E1").element("E2").person("P1").person("P2").ip("P1").ip("P2", "E1", "G2")
    made.group("G2", on=("E1",)).group("G1", "TD", on=("E1",)).row("groups.csv", "G1", "TP", "KG1")

    desired = made.desired()

    assert ("row", "groups.csv:G1", "different_values") in untouched(made)
    assert set(desired.groups) == {("E1", "G2")}
    assert desired.unknown.has_group("E1", "G1")
    assert desired.unknown.has_member("E1", "G1", "p1")
    assert desired.unknown.has_enrolment("E1", "p1", "student")
    assert not desired.unknown.has_enrolment("E2", "p1", "student")
    assert not desired.unknown.has_enrolment("E1", "p2", "student")
    assert not desired.unknown.has_enrolment("E1", "p1", "editingteacher")


@pytest.mark.rule("N21")
def test_a_refused_group_renames_none_that_bears_its_label() -> None:
    made = University().element("E1").group("G2", "TD", on=("E1",)).group("G3", "CM", on=("E1",))
    made.row("groups.csv", "G1", "TD", "KG2").row("groups.csv", "G1", "TP", "KG2")

    unknown = made.desired().unknown

    assert unknown.has_group_name("E1", "G2")
    assert not unknown.has_group_name("E1", "G3")


@pytest.mark.rule("N21")
def test_students_of_a_refused_carried_element_stay_where_they_can_have_been() -> None:
    made = University().element("E1").element("E2").element("EX", carrier="E1").element("EX", carrier="E2")
    made.group("G1", on=("E1", "EX")).person().ip("P1", "EX", "G1")

    unknown = made.desired().unknown

    assert unknown.has_member("E1", "G1", "p1")
    assert unknown.has_enrolment("E1", "p1", "student")
    assert not unknown.has_enrolment("E2", "p1", "student")


@pytest.mark.rule("N21")
def test_teachers_of_a_refused_element_lose_no_course() -> None:
    made = University().element("E1").element("EX", carrier="EX").person("T1").person("T2").ade("T1", "EX")

    unknown = made.desired().unknown

    assert unknown.has_enrolment("E1", "t1", "editingteacher")
    assert not unknown.has_enrolment("E1", "t1", "student")
    assert not unknown.has_enrolment("E1", "t2", "editingteacher")


@pytest.mark.rule("N21")
def test_a_doubtful_standing_leaves_the_foad_course_open() -> None:
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().ip()
    made.tele("P1", tele="0").tele("P1", tele="1")

    desired = made.desired()

    assert not desired.enrolments
    assert ("row", "ia.csv:P1/2026/STEP", "different_values") in untouched(made)
    assert desired.unknown.has_member("FOAD-E1", "G1", "p1")
    assert not desired.unknown.has_enrolment("E1", "p1", "student")


@pytest.mark.rule("N21")
def test_a_row_that_names_no_person_leaves_all_students_of_its_course_open() -> None:
    made = University().element("E1").element("E2").person("P1").ip("", "E1", "G1")

    unknown = made.desired().unknown

    assert unknown.has_enrolment("E1", "anybody", "student")
    assert not unknown.has_enrolment("E2", "anybody", "student")
    assert untouched(made) == {("row", "ip.csv:/E1/G1", "missing_value")}


@pytest.mark.rule("N21")
def test_two_people_with_one_username_keep_what_that_account_has() -> None:
    made = University().person("P1", username="x").person("P2", username="X").person("P3")

    unknown = made.desired().unknown

    assert unknown.has_user("x")
    assert unknown.has_enrolment("E1", "x", "student")
    assert not unknown.has_user("p3", "P3")
    assert untouched(made) == {("person", "P1", "same_username"), ("person", "P2", "same_username")}


def test_a_clean_university_leaves_nothing_open() -> None:
    made = University().element("E1", distance=True).group("G1", on=("E1",)).person().ip().cohort("H1", "P1")

    desired = made.desired()

    assert desired.untouched == ()
    assert not desired.unknown.has_course("GONE")
    assert not desired.unknown.has_member("E1", "G1", "gone")
    assert not desired.unknown.has_group("E1", "GONE")
    assert not desired.unknown.has_user("gone", "GONE")
    assert not desired.unknown.has_cohort("GONE")
    assert not desired.unknown.has_category("GONE")
