"""Each known trap is found where it is, and nowhere else."""

from __future__ import annotations

from collections import Counter

import pytest

from passerelle.domain.night.checks.in_sources import Finding, Trap, Who, find_traps
from passerelle.domain.offer.model import RowRef
from passerelle.words.checks_in_sources import TRAPS, WHO, say_trap
from tests.factories.offer import University


def traps(made: University) -> list[tuple[str, str, str]]:
    """Trap, element or group, person."""
    return [
        (found.trap.value, found.group or found.element, found.person)
        for found in find_traps(made.extracts())
    ]


def only(made: University, check: str) -> list[Finding]:
    return [found for found in find_traps(made.extracts()) if found.check == check]


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
    assert find_traps(clean().extracts()) == ()


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

    assert (found.trap, found.bearer, found.person) == (Trap.NO_GROUP_REACHED, "E1", "P1")
    assert found.rows == (RowRef("ip.csv", 2), RowRef("ip.csv", 3))
    assert found.who is Who.SCOLARITE


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

    assert (found.trap, found.who) == (Trap.IA_MISSING, Who.DEVE)


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

    assert [row for row in traps(made) if row[0] != "no_group_reached"] == [
        ("collection_not_on_carrier", "E2", ""),
        ("in_no_shared_group", "E2", "P1"),
    ]


@pytest.mark.rule("D6")
def test_a_carried_element_that_shares_nothing_is_reported() -> None:
    made = University().element("E1").element("E2", carrier="E1").group("G1", on=("E1",))

    assert [found.trap for found in only(made, "D6")] == [Trap.NOTHING_SHARED]


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
    assert {found.who for found in find_traps(made.extracts())} == {Who.IDENTITY}


@pytest.mark.rule("D12")
def test_a_person_without_a_name_is_reported_once_with_his_row_and_what_to_do() -> None:
    made = University().person("P1", firstname="").person("P2", lastname="").person("P3", firstname="")

    found = find_traps(made.extracts(), with_account={"P3"})

    assert [(one.trap.value, one.person) for one in found] == [("no_firstname", "P1"), ("no_lastname", "P2")]
    assert [(ref.file, ref.line) for one in found for ref in one.rows] == [
        ("people.csv", 2),
        ("people.csv", 3),
    ]
    assert {one.who for one in found} == {Who.IDENTITY}
    assert "givenName" in say_trap(found[0], "en")


@pytest.mark.rule("N21")
def test_what_a_refused_row_leaves_open_accuses_nobody() -> None:
    made = University().element("E1", distance=True).person().tele().ip()
    made.row("groups.csv", "G1", "CEMU", "K1").row("groups.csv", "G1", "TD", "K1").collection("K1", "E1")

    assert find_traps(made.extracts()) == ()


def test_a_trap_in_a_clean_university_is_found_alone() -> None:
    every = clean()
    every.element("X1").person("Q1").ip("Q1", "X1", "").person("Q2", email="")

    assert Counter(found.check.value for found in find_traps(every.extracts())) == {"D1": 1, "D12": 1}


def test_every_trap_has_a_sentence_with_what_it_names_in_both_languages() -> None:
    assert set(TRAPS) == set(Trap)
    assert set(WHO) == set(Who)
    for trap in Trap:
        named = Finding(trap, "E1", "B1", "P1", "G1", "K1")
        for lang in ("fr", "en"):
            said = say_trap(named, lang)
            assert "{" not in said
            assert "P1" in said or "E1" in said
        assert say_trap(named, "fr") != say_trap(named, "en")
