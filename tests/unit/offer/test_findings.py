"""Each known trap is found where it is, and nowhere else."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.model import RowRef
from passerelle.words.causes import CHECKS, FINDINGS, REPAIRS, REPLIES, say_cause, say_finding
from tests.factories.night import sources_findings
from tests.factories.offer import University


def traps(made: University) -> list[tuple[str, str, str]]:
    """Trap, element or group, person."""
    return [
        (
            found.cause.value,
            found.details.get("group" if not found.person else "element", "")
            or found.details.get("element", ""),
            found.person,
        )
        for found in sources_findings(made)
    ]


def only(made: University, check: str) -> list[Reason]:
    return [found for found in sources_findings(made) if found.about.check == check]


def clean() -> University:
    """Sixty distance elements, campus students, télé students, shared groups, planned teachers: no trap."""
    made = University()
    for number in range(60):
        code = f"D{number}"
        made.element(code, distance=True).group(f"T{code}", "TD 1", on=(code,))
        made.group(f"C{code}", "CEMU", on=(code,))
    made.element("E1").element("E2", carrier="E1").group("G1", on=("E1", "E2")).group("G2", on=("E1",))
    made.person("T1", kind="staff").ade("T1", "E1").ade("T1", "E1", sheet="S0", state="OBSOLETE")
    for number in range(300):
        made.person(f"P{number}").ip(f"P{number}", f"D{number % 60}", f"TD{number % 60}")
        made.ip(f"P{number}", "E2", "G1").tele(f"P{number}", tele="0")
    for number in range(20):
        made.person(f"V{number}").tele(f"V{number}").ip(f"V{number}", f"D{number}", f"CD{number}")
    return made


@pytest.mark.rule("D2")
def test_a_clean_university_has_no_trap() -> None:
    assert sources_findings(clean()) == ()


@pytest.mark.rule("D1")
def test_a_person_whose_rows_reach_no_group_has_one_line_per_bearer() -> None:
    made = (
        University()
        .element("E1")
        .group("G1", on=("E1",))
        .person()
        .ip("P1", "E1", "")
        .ip("P1", "E1", "NOWHERE")
    )

    (found,) = only(made, "D1")

    assert (found.cause, found.course, found.person) == (Cause.GROUP_UNKNOWN, "E1", "P1")
    assert found.rows == (RowRef("ip.csv", 2), RowRef("ip.csv", 3))
    assert found.about.repairs is Repairs.SCOLARITE


@pytest.mark.rule("D1")
def test_a_person_who_reaches_one_group_of_the_element_has_no_line() -> None:
    made = University().element("E1").group("G1", on=("E1",)).person().ip("P1", "E1", "").ip()

    assert only(made, "D1") == []


@pytest.mark.rule("D1")
def test_an_element_without_any_group_has_one_line_for_all_its_people() -> None:
    made = University().element("E1").person("P1").person("P2").ip("P1", "E1", "").ip("P2", "E1", "")

    assert traps(made) == [("element_without_group", "E1", "")]


@pytest.mark.rule("D2")
@pytest.mark.rule("D3")
@pytest.mark.parametrize(
    ("flag", "tele", "cemu", "ordinary", "found"),
    [
        (0, 0, 0, 1, set()),
        (1, 0, 0, 1, set()),
        (0, 1, 0, 1, {"tele_on_campus_element"}),
        (1, 1, 0, 1, {"cemu_group_missing"}),
        (1, 0, 1, 0, {"ia_missing"}),
        (1, 0, 1, 1, {"ia_missing"}),
        (0, 1, 1, 0, {"flag_missing", "cemu_group_not_distance"}),
        (0, 0, 1, 0, {"cemu_group_not_distance"}),
        (1, 1, 1, 0, set()),
        (1, 1, 1, 1, {"in_both_courses"}),
    ],
)
def test_the_foad_conditions_met_in_part_are_reported_as_the_table_says(
    flag: int, tele: int, cemu: int, ordinary: int, found: set[str]
) -> None:
    made = University().element("E1", distance=bool(flag)).person().group("G1", "TD", on=("E1",))
    if cemu or flag:  # a distance element without any would be a D3 of its own
        made.group("G2", "CEMU", on=("E1",))
    made.tele(tele=str(tele))
    if cemu:
        made.ip("P1", "E1", "G2")
    if ordinary:
        made.ip("P1", "E1", "G1")

    assert {trap for trap, _, _ in traps(made)} == found


@pytest.mark.rule("D2")
def test_what_the_deve_enters_is_sent_to_the_deve() -> None:
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().ip()

    (found,) = only(made, "D2")

    assert (found.cause, found.about.repairs) == (Cause.IA_MISSING, Repairs.DEVE)


@pytest.mark.rule("D3")
def test_a_distance_element_without_a_cemu_group_is_reported() -> None:
    made = University().element("E1", distance=True).group("G1", on=("E1",))

    assert traps(made) == [("distance_without_cemu_group", "E1", "")]


@pytest.mark.rule("D3")
def test_carrier_and_carried_with_different_flags_are_reported() -> None:
    made = University().element("E1").element("E2", carrier="E1", distance=True)
    made.group("G1", on=("E1", "E2"))

    assert ("flags_differ", "E2", "") in traps(made)


@pytest.mark.rule("D6")
def test_a_collection_that_the_carrier_lacks_and_its_students_are_reported() -> None:
    made = (
        University().element("E1").element("E2", carrier="E1").group("G1", on=("E1",)).group("G2", on=("E2",))
    )
    made.person().ip("P1", "E2", "G2")

    assert [row for row in traps(made) if row[0] != "group_not_shared"] == [
        ("collection_not_on_carrier", "E2", ""),
        ("in_no_shared_group", "E2", "P1"),
    ]


@pytest.mark.rule("D6")
def test_a_carried_element_that_shares_nothing_is_reported() -> None:
    made = University().element("E1").element("E2", carrier="E1").group("G1", on=("E1",))

    assert [found.cause for found in only(made, "D6")] == [Cause.NOTHING_SHARED]


@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("sheet", "trap"),
    [
        ({"status": "ASSOCIATED"}, "associated_only"),
        ({"origin": "ADE"}, "sheet_not_apogee"),
        ({"state": "OBSOLETE"}, "sheet_obsolete"),
    ],
)
def test_a_teacher_whom_the_timetable_does_not_enrol_is_reported(sheet: dict[str, str], trap: str) -> None:
    made = University().element("E1").group("G1", on=("E1",)).person("T1").ade("T1", **sheet)

    assert traps(made) == [(trap, "E1", "T1")]


@pytest.mark.rule("D12")
def test_a_person_without_login_or_email_is_reported_to_identity() -> None:
    made = University().person("P1", username="").person("P2", email="")

    assert traps(made) == [("no_email", "", "P2"), ("no_username", "", "P1")]
    assert {found.about.repairs for found in sources_findings(made)} == {Repairs.IDENTITY}


@pytest.mark.rule("D12")
def test_a_person_without_a_name_is_reported_once_with_his_row_and_what_to_do() -> None:
    made = University().person("P1", firstname="").person("P2", lastname="").person("P3", firstname="")

    found = sources_findings(made, {"P3"})

    assert [(one.cause.value, one.person) for one in found] == [("no_firstname", "P1"), ("no_lastname", "P2")]
    assert [(ref.file, ref.line) for one in found for ref in one.rows] == [
        ("people.csv", 2),
        ("people.csv", 3),
    ]
    assert {one.about.repairs for one in found} == {Repairs.IDENTITY}
    assert "givenName" in say_finding(found[0], "en")


@pytest.mark.rule("N21")
def test_what_a_refused_row_leaves_open_accuses_nobody() -> None:
    made = University().element("E1", distance=True).person().tele().ip()
    made.row("groups.csv", "G1", "CEMU", "K1").row("groups.csv", "G1", "TD", "K1").collection("K1", "E1")

    assert sources_findings(made) == ()


def test_a_trap_in_a_clean_university_is_found_alone() -> None:
    every = clean()
    every.element("X1").person("Q1").ip("Q1", "X1", "").person("Q2", email="")

    assert Counter(found.about.check for found in sources_findings(every)) == {"D1": 1, "D12": 1}


def test_every_cause_has_a_sentence_and_every_check_a_title_and_somebody() -> None:
    assert set(REPLIES) | set(FINDINGS) == set(Cause)
    assert set(REPAIRS) == set(Repairs)
    assert set(CHECKS) == {cause.about.check for cause in Cause} - {""}
    for cause in Cause:
        if cause.about.check:
            assert cause.about.repairs is not Repairs.NOBODY
        for say in (say_finding, lambda reason, lang: say_cause(reason, "P1", lang)):
            assert say(Reason(cause), "fr") != say(Reason(cause), "en")
    for french, english in (*REPLIES.values(), *FINDINGS.values()):
        assert set(re.findall(r"{(\w+)", french)) == set(re.findall(r"{(\w+)", english))
