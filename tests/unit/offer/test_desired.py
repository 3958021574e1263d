"""What Moodle should hold, rule by rule (infra/docs/extracts.md)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import Desired, as_lists
from passerelle.domain.offer.model import Attachment
from passerelle.domain.offer.naming import BadTemplate, Naming
from tests.factories.offer import University


def lists(made: University) -> dict[str, list[list[str]]]:
    return as_lists(made.desired())


def untouched(made: University) -> set[tuple[str, ...]]:
    return {tuple(row) for row in lists(made)["untouched"]}


def courses(desired: Desired) -> set[str]:
    return set(desired.courses)


# --- categories, courses -------------------------------------------------------------------------


@pytest.mark.rule("N1")
def test_a_category_bears_its_code_and_title_under_its_parent() -> None:
    made = University().category("C1").category("C2", "C1", "Licence 2")

    assert lists(made)["categories"] == [["C1", "Category C1", ""], ["C2", "Licence 2", "C1"]]


@pytest.mark.rule("N21")
def test_an_unknown_parent_or_a_loop_refuses_the_category_and_all_under_it() -> None:
    made = University().category("C1", "NOWHERE").category("C2", "C1").element("E1", category="C2")
    made.category("L1", "L2").category("L2", "L1").category("L3", "L2").category("S", "S").category("OK")

    assert [row[0] for row in lists(made)["categories"]] == ["OK"]
    assert untouched(made) == {
        ("category", "C1", "unknown_parent"),
        ("category", "C2", "refused_parent"),
        ("category", "L1", "loop"),
        ("category", "L2", "loop"),
        ("category", "L3", "refused_parent"),
        ("category", "S", "loop"),
        ("element", "E1", "refused_category"),
    }
    assert made.desired().unknown.has_course("E1")


@pytest.mark.rule("N2")
def test_an_element_with_no_carrier_has_a_course_named_after_its_code_and_title_as_typed() -> None:
    made = University().element("E1", title="chimie ORGANIQUE {code}")

    assert lists(made)["courses"] == [["E1", "E1", "(E1) chimie ORGANIQUE {code}", "C1"]]


@pytest.mark.rule("N9")
def test_a_distance_element_has_its_course_twice() -> None:
    desired = University().element("E1", distance=True).desired()

    twin = desired.courses["FOAD-E1"]
    assert (twin.shortname, twin.fullname, twin.category) == ("FOAD - E1", "FOAD - (E1) Element E1", "C1")
    assert twin.description.startswith("FOAD")
    assert courses(desired) == {"E1", "FOAD-E1"}


@pytest.mark.rule("N21")
def test_an_unknown_category_refuses_the_element_and_both_its_courses() -> None:
    made = University().category().row("elements.csv", "E1", "T", "NOWHERE", "1", "", "2026-09-01")

    desired = made.desired()

    assert courses(desired) == set()
    assert untouched(made) == {("element", "E1", "unknown_category")}
    assert desired.unknown.has_course("E1")
    assert desired.unknown.has_course("FOAD-E1")


@pytest.mark.rule("N7")
def test_the_category_of_a_carried_element_plays_no_part() -> None:
    made = University().element("E1").element("E2", carrier="E1")
    made.tables["elements.csv"][1] = ("E2", "T", "NOWHERE", "0", "E1", "2026-09-01")

    assert untouched(made) == set()


@pytest.mark.rule("N21")
def test_an_element_coded_like_the_foad_twin_of_another_refuses_both() -> None:
    made = University().element("E1", distance=True).element("FOAD-E1").element("E2")

    assert courses(made.desired()) == {"E2"}
    assert untouched(made) == {("element", "E1", "same_idnumber"), ("element", "FOAD-E1", "same_idnumber")}


# --- carriers ------------------------------------------------------------------------------------


@pytest.mark.rule("N7")
def test_a_carried_element_has_no_course_and_its_students_go_to_the_end_of_the_chain() -> None:
    made = University().element("E1").element("E2", carrier="E1").element("E3", carrier="E2")
    made.group("G1", on=("E1", "E3")).person().ip("P1", "E3", "G1")

    desired = made.desired()

    assert courses(desired) == {"E1"}
    assert list(desired.enrolments) == [("E1", "p1", "student")]
    assert list(desired.members) == [("E1", "G1", "p1")]


@pytest.mark.rule("N7")
@pytest.mark.parametrize("on", [("E1",), ("E2",)])
def test_a_group_that_is_not_on_both_carrier_and_carried_enrols_no_carried_student(
    on: tuple[str, ...],
) -> None:
    made = University().element("E1").element("E2", carrier="E1").group("G1", on=on)
    made.person().ip("P1", "E2", "G1")

    assert not made.desired().enrolments


def test_a_collection_on_carried_elements_only_gives_no_group() -> None:
    made = University().element("E1").element("E2", carrier="E1").group("G1", on=("E2",))

    assert not made.desired().groups


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("carriers", "reasons"),
    [
        ({"E1": "E2", "E2": "E1"}, {"E1": "loop", "E2": "loop"}),
        ({"E1": "E1"}, {"E1": "loop"}),
        ({"E1": "NOWHERE"}, {"E1": "unknown_carrier"}),
        ({"E1": "E2", "E2": "NOWHERE"}, {"E1": "refused_carrier", "E2": "unknown_carrier"}),
        ({"E1": "E2", "E2": "E3", "E3": "E2"}, {"E1": "refused_carrier", "E2": "loop", "E3": "loop"}),
    ],
)
def test_a_loop_or_an_unknown_or_refused_carrier_refuses_the_element(
    carriers: dict[str, str], reasons: dict[str, str]
) -> None:
    made = University().element("OK")
    for code, carrier in carriers.items():
        made.element(code, carrier=carrier)

    desired = made.desired()

    assert courses(desired) == {"OK"}
    assert untouched(made) == {("element", code, reason) for code, reason in reasons.items()}
    assert all(desired.unknown.has_course(code) for code in carriers)
    assert not desired.unknown.has_course("GONE")


def test_a_chain_as_long_as_the_offer_is_climbed() -> None:
    made = University().element("E0")
    for number in range(1, 3000):
        made.element(f"E{number}", carrier=f"E{number - 1}")

    assert made.desired().structure.bearer["E2999"] == "E0"


# --- groups --------------------------------------------------------------------------------------


@pytest.mark.rule("N10")
def test_a_cemu_group_of_a_distance_element_is_in_the_foad_course_instead() -> None:
    made = (
        University().element("E1", distance=True).group("G1", "TD CeMu 1", on=("E1",)).group("G2", on=("E1",))
    )

    assert lists(made)["groups"] == [["E1", "G2", "Group G2"], ["FOAD-E1", "G1", "TD CeMu 1"]]


@pytest.mark.rule("N10")
def test_a_cemu_group_of_a_campus_element_is_an_ordinary_group() -> None:
    made = University().element("E1").group("G1", "CEMU", on=("E1",)).person().ip()

    assert list(made.desired().members) == [("E1", "G1", "p1")]


@pytest.mark.rule("N11")
def test_one_label_twice_in_a_course_names_all_of_them_with_their_codes() -> None:
    made = University().element("E1", distance=True).element("E2")
    made.group("G1", "TD", on=("E1", "E2")).group("G2", "TD", on=("E1",)).group("G3", "CM", on=("E1",))

    assert lists(made)["groups"] == [
        ["E1", "G1", "TD (G1)"],
        ["E1", "G2", "TD (G2)"],
        ["E1", "G3", "CM"],
        ["E2", "G1", "TD"],
    ]


def test_a_group_exists_in_the_course_of_each_bearer_its_collection_is_attached_to() -> None:
    made = University().element("E1").element("E2").group("G1", on=("E1", "E2")).person().ip("P1", "E2", "G1")

    desired = made.desired()

    assert set(desired.groups) == {("E1", "G1"), ("E2", "G1")}
    assert list(desired.members) == [("E2", "G1", "p1")]


# --- students ------------------------------------------------------------------------------------


@pytest.mark.rule("N12")
@pytest.mark.parametrize("group", ["", "NOWHERE", "OTHER"])
def test_an_ip_that_reaches_no_group_of_its_element_enrols_nobody(group: str) -> None:
    made = University().element("E1").element("E2").group("G1", on=("E1",)).group("OTHER", on=("E2",))
    made.person().ip("P1", "E1", group)

    assert not made.desired().enrolments


def test_an_ip_on_a_code_that_is_no_element_is_counted_and_not_reported() -> None:
    made = University().person().ip("P1", "SEMESTER1", "").ip("P1", "UE2", "")

    desired = made.desired()

    assert desired.registrations_elsewhere == 2
    assert desired.untouched == ()


@pytest.mark.rule("N8")
def test_a_student_enrolled_for_two_reasons_keeps_both_with_their_rows() -> None:
    made = (
        University()
        .element("E1")
        .element("E2", carrier="E1")
        .group("G1", on=("E1", "E2"))
        .group("G2", on=("E1",))
    )
    made.person().ip("P1", "E2", "G1").ip("P1", "E1", "G2").ip("P1", "E1", "G1")

    desired = made.desired()

    reasons = desired.enrolments["E1", "p1", "student"]
    assert [(row.element, row.line) for row in reasons] == [("E1", 4), ("E1", 3), ("E2", 2)]
    assert len(desired.members["E1", "G1", "p1"]) == 2


def test_rows_that_name_a_person_not_in_the_list_enrol_nobody() -> None:
    made = University().element("E1").group("G1", on=("E1",)).ip("P9").ade("T9").cohort("H1", "P9")

    desired = made.desired()

    assert not desired.enrolments
    assert not desired.cohort_members
    assert not desired.unknown.has_enrolment("E1", "p9", "student")


@pytest.mark.rule("N13")
@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("tele", [False, True])
@pytest.mark.parametrize("cemu", [False, True])
@pytest.mark.parametrize("ordinary", [False, True])
def test_a_foad_course_takes_a_student_under_three_conditions_together(
    flag: bool, tele: bool, cemu: bool, ordinary: bool
) -> None:
    made = University().element("E1", distance=flag).person()
    made.group("G1", "TD 1", on=("E1",)).group("G2", "TD CEMU", on=("E1",))
    if tele:
        made.tele()
    if cemu:
        made.ip("P1", "E1", "G2")
    if ordinary:
        made.ip("P1", "E1", "G1")

    enrolled = {course for course, _, _ in made.desired().enrolments}

    expected = set()
    if ordinary or (cemu and not flag):
        expected.add("E1")
    if flag and tele and cemu:
        expected.add("FOAD-E1")
    assert enrolled == expected


@pytest.mark.rule("N13")
@pytest.mark.parametrize("standing", [{"year": "2025"}, {"state": "A"}, {"tele": "0"}])
def test_only_a_current_tele_registration_of_the_year_opens_the_foad_course(standing: dict[str, str]) -> None:
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().ip()
    made.tele("P1", **standing)

    assert not made.desired().enrolments


@pytest.mark.rule("N13")
def test_the_flag_of_the_bearer_decides_for_the_carried() -> None:
    made = University().element("E1", distance=True).element("E2", carrier="E1")
    made.group("G1", "CEMU", on=("E1", "E2")).person().tele().ip("P1", "E2", "G1")

    assert list(made.desired().members) == [("FOAD-E1", "G1", "p1")]


# --- teachers, cohorts, people -------------------------------------------------------------------


@pytest.mark.rule("N14")
def test_a_planned_teacher_is_enrolled_in_the_bearers_ordinary_course() -> None:
    made = University().element("E1", distance=True).element("E2", carrier="E1").person("T1", kind="staff")
    made.ade("T1", "E2")

    assert list(made.desired().enrolments) == [("E1", "t1", "editingteacher")]


@pytest.mark.rule("N11")
@pytest.mark.rule("N12")
def test_one_group_of_a_collection_may_be_attached_alone() -> None:
    made = (
        University().element("E1").element("E2").group("G1", on=("E1",)).row("groups.csv", "G2", "TP", "KG1")
    )
    made.person("P1").person("P2").ip("P1", "E2", "G1").ip("P2", "E2", "G2")
    extracts = made.extracts()
    alone = Attachment("KG1", "E2", "G2", 9)
    desired = build_desired(replace(extracts, attachments=(*extracts.attachments, alone)))

    assert set(desired.groups) == {("E1", "G1"), ("E1", "G2"), ("E2", "G2")}
    assert desired.groups["E2", "G2"].attachment == alone
    assert list(desired.members) == [("E2", "G2", "p2")]


@pytest.mark.rule("N9")
@pytest.mark.parametrize(
    ("naming", "codes"),
    [
        ({"foad_shortname": "F{code}"}, {"FE1", "E1"}),  # a short name that two courses would bear
        ({"foad_idnumber": "F{code}", "foad_shortname": "far {code}"}, {"FE1", "E1"}),
        ({"foad_idnumber": "far {code}", "foad_shortname": "far {code}"}, set()),
    ],
)
def test_an_element_whose_name_is_that_of_another_ones_foad_course_refuses_both(naming, codes) -> None:
    for distance in (False, True):
        made = University().element("E1", distance=True).element("FE1", distance=distance).element("E2")
        desired = build_desired(made.extracts(), Naming(**naming))
        assert {one.key for one in desired.untouched} == codes
        assert set(desired.structure.elements) == {"E1", "FE1", "E2"} - codes


@pytest.mark.rule("N14")
@pytest.mark.rule("N19")
def test_the_sheets_of_a_teacher_stand_by_what_they_say_whatever_the_order_of_the_rows() -> None:
    sheets = [("T1", "E1", "S1"), ("T1", "E1", "S2"), ("T1", "E2", "S0"), ("X1", "E1", "S0")]
    for rows in (sheets, sheets[::-1]):
        made = University().element("E1").element("E2", carrier="E1").person("T1", kind="staff")
        for person, element, sheet in rows:
            made.ade(person, element, sheet=sheet)
        extracts = made.extracts()
        people = tuple(replace(row, other_codes=("X1",)) for row in extracts.people)
        found = build_desired(replace(extracts, people=people)).enrolments["E1", "t1", "editingteacher"]
        assert [(row.person, row.element, row.sheet) for row in found] == sheets


@pytest.mark.rule("N14")
@pytest.mark.parametrize("sheet", [{"status": "ASSOCIATED"}, {"origin": "ADE"}, {"state": "OBSOLETE"}])
def test_a_teacher_who_is_not_planned_on_a_current_apogee_sheet_is_not_enrolled(
    sheet: dict[str, str],
) -> None:
    made = University().element("E1").person("T1").ade("T1", **sheet)

    assert not made.desired().enrolments


@pytest.mark.rule("N25")
def test_cohorts_bear_code_and_title() -> None:
    made = University().person().cohort("H1", "P1").row("cohort_members.csv", "NOWHERE", "P1")

    assert lists(made)["cohorts"] == [["H1", "Cohort H1"]]
    assert lists(made)["cohort_members"] == [["H1", "p1"]]


@pytest.mark.rule("N21")
@pytest.mark.parametrize(("lack", "reason"), [({"username": ""}, "no_username"), ({"email": ""}, "no_email")])
def test_a_person_without_login_or_email_gets_nothing_and_loses_nothing(
    lack: dict[str, str], reason: str
) -> None:
    made = University().element("E1").group("G1", on=("E1",)).person("P1", **lack).ip().cohort("H1", "P1")

    desired = made.desired()

    assert not desired.users
    assert not desired.enrolments
    assert not desired.cohort_members
    assert untouched(made) == {("person", "P1", reason)}
    assert desired.unknown.has_enrolment("E1", "whoever", "student", code="P1")
    assert desired.unknown.has_user("whoever", code="P1")


def test_a_person_without_email_who_has_an_account_is_like_any_other() -> None:
    made = University().element("E1").group("G1", on=("E1",)).person("P1", email="").ip()

    desired = build_desired(made.extracts(), with_account={"P1"})

    assert list(desired.members) == [("E1", "G1", "p1")]
    assert desired.untouched == ()


@pytest.mark.rule("D12")
@pytest.mark.rule("N21")
@pytest.mark.parametrize("name", ["firstname", "lastname"])
def test_a_person_without_a_name_gets_no_account_but_keeps_the_one_he_has(name: str) -> None:
    made = University().element("E1").group("G1", on=("E1",)).person("P1", **{name: ""}).ip()

    unknown = build_desired(made.extracts(), with_account=())
    known = build_desired(made.extracts(), with_account={"P1"})

    assert not unknown.users
    assert [(one.key, one.because.value) for one in unknown.untouched] == [("P1", f"no_{name}")]
    assert unknown.unknown.has_user("whoever", code="P1")
    assert list(known.members) == [("E1", "G1", "p1")]
    assert list(made.desired().users) == [
        "P1"
    ]  # of the sources alone, infra/docs/extracts.md keeps nobody out for it


# --- names ---------------------------------------------------------------------------------------


def test_names_follow_the_templates_of_the_network() -> None:
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().tele().ip()
    naming = Naming(foad_idnumber="{code}-D", foad_fullname="{title} [D]", group_idnumber="g{code}")

    desired = build_desired(made.extracts(), naming)

    assert desired.courses["E1-D"].fullname == "Element E1 [D]"
    assert list(desired.members) == [("E1-D", "gG1", "p1")]


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ({"course_idnumber": "{title}"}, "title"),
        ({"course_idnumber": "same"}, "code"),
        ({"group_name": "{x}"}, "x"),
    ],
)
def test_a_template_that_could_give_two_objects_one_idnumber_is_refused(
    template: dict[str, str], place: str
) -> None:
    with pytest.raises(BadTemplate) as caught:
        Naming(**template)

    assert caught.value.place == place


def test_the_lists_hold_text_only() -> None:
    made = (
        University().element("E1").group("G1", on=("E1",)).person().ip().ade("P1").element("X", carrier="X")
    )

    assert json.loads(json.dumps(lists(made))) == lists(made)
