"""What each trap of the sources says, whole: its rows, course, person and all that its sentence may name."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.causes import Cause, Reason, Repairs, Weight, in_order
from passerelle.domain.offer.diagnosis import find_in_sources, look_at
from passerelle.domain.offer.model import RowRef, Table
from passerelle.domain.offer.naming import Naming
from tests.factories.offer import University

NAMING = Naming(course_idnumber="c-{code}", course_shortname="c-{code}")


def told(made: University, **files: str) -> list[Reason]:
    extracts = made.extracts()
    extracts = replace(extracts, files={Table(f"{table}.csv"): file for table, file in files.items()})
    return [*find_in_sources(look_at(extracts, build_offer(extracts, NAMING)))]


def refs(*rows: str) -> tuple[RowRef, ...]:
    return tuple(RowRef(f"{file}.csv", int(line)) for file, _, line in (row.partition(":") for row in rows))


def said(element: str = "E1", bearer: str = "E1", *, foad: bool = False, **more: str) -> dict[str, str]:
    return {
        "element": element,
        "bearer": bearer,
        "course": f"c-{bearer}",
        "foad": f"FOAD-{bearer}" if foad else "",
        **more,
    }


def campus() -> University:
    return University().element("E1").group("G1", "TD 1", on=("E1",)).person()


def distance() -> University:
    made = University().element("E1", distance=True).group("G1", "TD 1", on=("E1",))
    return made.group("GC", "CEMU", on=("E1",)).person()


def carried() -> University:
    made = University().element("E1").element("E2", carrier="E1").group("G1", "TD 1", on=("E1", "E2"))
    return made.person()


IN_G1 = {"group": "G1", "label": "TD 1", "collection": "KG1"}
IN_GC = {"group": "GC", "label": "CEMU", "collection": "KGC"}


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        (campus().ip("P1", "E1", ""), [(Cause.IP_WITHOUT_GROUP, ["ip:2"], {"group": ""})]),
        (campus().ip("P1", "E1", "NONE"), [(Cause.GROUP_UNKNOWN, ["ip:2"], {"group": "NONE"})]),
        (
            campus().element("E9").group("G9", "TD 9", on=("E9",)).ip("P1", "E1", "G9"),
            [(Cause.GROUP_ELSEWHERE, ["ip:2"], {"group": "G9", "label": "TD 9", "collection": "KG9"})],
        ),
        (  # the first of the four that is among them, its row named first
            campus().element("E9").group("G9", "TD 9", on=("E9",)).ip("P1", "E1", "").ip("P1", "E1", "G9"),
            [
                (
                    Cause.GROUP_ELSEWHERE,
                    ["ip:2", "ip:3"],
                    {"group": "G9", "label": "TD 9", "collection": "KG9"},
                )
            ],
        ),
        (
            campus().ip("P1", "E1", "Z").ip("P1", "E1", "A").ip("P1", "E1", ""),
            [(Cause.GROUP_UNKNOWN, ["ip:2", "ip:3", "ip:4"], {"group": "A"})],
        ),
        (campus().ip("P1", "E1", "").ip("P1", "E1", "G1"), []),
        (
            distance().ip("P1", "E1", ""),
            [(Cause.IP_WITHOUT_GROUP, ["ip:2"], {"group": "", "foad": "FOAD-E1"})],
        ),
        (
            campus().ip("P1", "E1", "").ip("NOBODY", "E1", ""),
            [(Cause.IP_WITHOUT_GROUP, ["ip:2"], {"group": ""})],
        ),
    ],
)
def test_whose_rows_reach_no_group_has_one_line_with_all_his_rows(made, reasons):
    assert told(made) == [
        Reason(cause, refs(*rows), said(**more), "E1", "P1") for cause, rows, more in reasons
    ]


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_of_a_distance_student_in_no_group_a_cemu_group_is_missing():
    made = distance().tele().ip("P1", "E1", "")
    assert told(made) == [
        Reason(Cause.NO_CEMU_GROUP_REACHED, refs("ip:2"), said(foad=True, group=""), "E1", "P1"),
        Reason(Cause.CEMU_GROUP_MISSING, refs("ip:2"), said(foad=True, group=""), "E1", "P1"),
    ]


@pytest.mark.rule("D1")
def test_an_element_without_a_group_has_one_line_and_its_people_none():
    made = University().element("E1").person("P1").person("P2").ip("P1", "E1", "").ip("P2", "E1", "")
    assert told(made) == [Reason(Cause.ELEMENT_WITHOUT_GROUP, refs("elements:2"), said(), "E1")]
    (found,) = told(made, elements="classes")
    assert found.rows == (RowRef("classes", 2),)


@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            campus().tele().ip(),
            Reason(Cause.TELE_ON_CAMPUS_ELEMENT, refs("ip:2"), said(**IN_G1), "E1", "P1"),
        ),
        (
            distance().tele().ip(),
            Reason(Cause.CEMU_GROUP_MISSING, refs("ip:2"), said(foad=True, **IN_G1), "E1", "P1"),
        ),
        (
            distance().tele(tele="0").tele(year="2025").ip("P1", "E1", "GC").ip(),
            Reason(
                Cause.IA_MISSING,
                refs("ia:2", "ia:3", "ip:2"),
                said(foad=True, year="2026", **IN_GC),
                "E1",
                "P1",
            ),
        ),
        (
            distance().tele().ip("P1", "E1", "GC").ip(),
            Reason(Cause.IN_BOTH_COURSES, refs("ip:2", "ip:3"), said(foad=True, **IN_G1), "E1", "P1"),
        ),
    ],
)
def test_the_foad_conditions_met_in_part_are_told_with_the_rows_that_meet_them(made, reason):
    assert told(made) == [reason]


@pytest.mark.rule("D2")
@pytest.mark.rule("D3")
def test_a_cemu_group_of_a_campus_element_is_told_and_whom_the_missing_flag_keeps_out():
    made = University().element("E1").group("GC", "CEMU", on=("E1",)).person().tele().ip("P1", "E1", "GC")
    assert told(made) == [
        Reason(Cause.FLAG_MISSING, refs("ip:2"), said(**IN_GC), "E1", "P1"),
        Reason(Cause.CEMU_GROUP_NOT_DISTANCE, refs("elements:2", "groups:2"), said(group="GC"), "E1"),
    ]


@pytest.mark.rule("D3")
def test_a_distance_element_without_a_cemu_group_and_flags_that_differ_are_told():
    made = University().element("E1").element("E2", carrier="E1", distance=True)
    made.group("G1", "TD 1", on=("E1", "E2"))
    assert told(made) == [
        Reason(Cause.DISTANCE_WITHOUT_CEMU_GROUP, refs("elements:3"), said("E2"), "E1"),
        Reason(Cause.FLAGS_DIFFER, refs("elements:2", "elements:3"), said("E2"), "E1"),
    ]


@pytest.mark.rule("D6")
def test_what_carrier_and_carried_do_not_share_is_told_collection_by_collection():
    made = carried().group("G2", "TD 2", on=("E2",)).group("G3", "TD 3", on=("E1",)).ip("P1", "E2", "G2")
    more = {"group": "G2", "label": "TD 2", "collection": "KG2"}
    assert told(made) == [
        Reason(Cause.GROUP_NOT_SHARED, refs("ip:2"), said("E2", **more), "E1", "P1"),
        Reason(Cause.COLLECTION_NOT_ON_CARRIER, refs("collections:4"), said("E2", collection="KG2"), "E1"),
        Reason(Cause.IN_NO_SHARED_GROUP, refs("ip:2"), said("E2", **more), "E1", "P1"),
    ]


@pytest.mark.rule("D1")
@pytest.mark.rule("D6")
def test_each_element_of_a_bearer_is_looked_at_by_itself_and_all_rows_stand_in_one_line():
    def lines(made: University) -> list[tuple[Cause, tuple[RowRef, ...]]]:
        return [(one.cause, one.rows) for one in told(made) if one.person]

    made = carried().group("G2", "TD 2", on=("E2",))
    reached = copy.deepcopy(made).ip("P1", "E1", "G1").ip("P1", "E2", "G2")
    assert lines(reached) == [
        (Cause.GROUP_NOT_SHARED, refs("ip:3")),
        (Cause.IN_NO_SHARED_GROUP, refs("ip:3")),
    ]
    missed = copy.deepcopy(made).ip("P1", "E1", "").ip("P1", "E2", "G2")
    both = [(Cause.GROUP_NOT_SHARED, refs("ip:2", "ip:3")), (Cause.IN_NO_SHARED_GROUP, refs("ip:3"))]
    assert lines(missed) == both
    assert lines(missed.row("ip.csv", "P1", "E1", "\0")) == lines(reached)  # of E1 nothing is certain


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_on_campus_a_tele_student_in_no_group_is_told_so_and_sent_to_no_cemu_group():
    causes = [one.cause for one in told(campus().tele().ip("P1", "E1", ""))]
    assert causes == [Cause.IP_WITHOUT_GROUP, Cause.TELE_ON_CAMPUS_ELEMENT]


@pytest.mark.rule("N21")
@pytest.mark.rule("D2")
@pytest.mark.parametrize(("group", "missing"), [("GC", False), ("", True)])
def test_a_row_in_a_group_of_a_refused_element_may_lead_to_the_cemu(group, missing):
    made = distance().tele().ip().row("elements.csv", "E5", "T", "NOPE", "0", "", "2026-09-01")
    made.ip("P1", "E5", group).row("elements.csv", "E6", "T", "NOPE", "0", "", "2026-09-01").ip(
        "P1", "E6", ""
    )
    assert [one.cause for one in told(made)] == [Cause.CEMU_GROUP_MISSING] * missing


@pytest.mark.rule("D6")
def test_a_carried_element_without_a_collection_shares_nothing_with_any_of_its_carriers():
    made = (
        University().element("E1").element("E2", carrier="E1").group("G1", on=("E1",)).group("G2", on=("E1",))
    )
    assert [one for one in told(made) if one.about.check == "D6"] == [
        Reason(Cause.NOTHING_SHARED, refs("collections:2", "collections:3"), said("E2"), "E1")
    ]


@pytest.mark.rule("D7")
def test_a_teacher_whom_no_sheet_enrols_is_told_each_reason_with_its_sheets():
    made = carried().person("T1", kind="staff")
    made.ade("T1", "E2", sheet="S9", status="ASSOCIATED").ade("T1", "E1", sheet="S2", status="ASSOCIATED")
    made.ade("T1", "E1", sheet="S1", origin="ADE", state="OBSOLETE")
    assert told(made) == [
        Reason(Cause.ASSOCIATED_ONLY, refs("ade:2", "ade:3"), said("E1", sheet="S2"), "E1", "T1"),
        Reason(Cause.SHEET_NOT_APOGEE, refs("ade:4"), said("E1", sheet="S1"), "E1", "T1"),
        Reason(Cause.SHEET_OBSOLETE, refs("ade:4"), said("E1", sheet="S1"), "E1", "T1"),
    ]
    assert told(made.ade("T1", "E2", sheet="S7")) == []


@pytest.mark.rule("D12")
def test_who_lacks_what_an_account_needs_is_told_with_his_row():
    made = University().person("P1", email="").person("P2", username="")
    assert told(made) == [
        Reason(Cause.NO_EMAIL, refs("people:2"), {}, "", "P1"),
        Reason(Cause.NO_USERNAME, refs("people:3"), {}, "", "P2"),
    ]


def two_codes(made: University) -> list[Reason]:
    """P1 is X1 as well, who has a standing or rows of their own."""
    extracts = made.extracts()
    people = tuple(replace(row, other_codes=("X1",)) if row.code == "P1" else row for row in extracts.people)
    extracts = replace(extracts, people=people)
    return [*find_in_sources(look_at(extracts, build_offer(extracts, NAMING)))]


@pytest.mark.rule("D2")
@pytest.mark.rule("D7")
def test_who_has_two_codes_is_one_person_in_every_check():
    assert two_codes(distance().tele("X1").ip("P1", "E1", "GC")) == []
    assert two_codes(campus().ip("P1", "E1", "").ip("X1", "E1", "G1")) == []
    assert two_codes(campus().ade("P1", status="ASSOCIATED").ade("X1")) == []
    (found,) = two_codes(campus().ip("X1", "E1", ""))
    assert found.person == "P1"


# -- N21: only good rows accuse ------------------------------------------------------------------------------


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("made", "causes"),
    [
        # Refused rows of ip.csv, of groups and of collections: whose, on what, of which collection.
        (campus().ip("P1", "E1", "").row("ip.csv", "P1", "E1"), []),
        (campus().ip("P1", "E1", "").row("ip.csv", "P2", "E1"), [Cause.IP_WITHOUT_GROUP]),
        (campus().ip("P1", "E1", "").row("ip.csv", "P1", "E2", "\0"), [Cause.IP_WITHOUT_GROUP]),
        (campus().ip("P1", "E1", "").row("ip.csv", "P1", "E1", "\0"), []),
        (campus().ip("P1", "E1", "").row("ip.csv", "", "E1", "G1"), []),
        (University().element("E1").row("groups.csv", "G9", "TD", ""), []),
        (University().element("E1").collection("K9", "E1").row("groups.csv", "G9", "", "K9"), []),
        (University().element("E1").row("groups.csv", "G9", "", "K9"), [Cause.ELEMENT_WITHOUT_GROUP]),
        (University().element("E1").row("collections.csv", "", "E1"), []),
        (University().element("E1").row("collections.csv", "K1", ""), []),
        (University().element("E1").row("collections.csv", "", "E2"), [Cause.ELEMENT_WITHOUT_GROUP]),
        (carried().group("G2", on=("E2",)).row("collections.csv", "", "E1"), []),
        (
            carried().group("G2", on=("E2",)).row("collections.csv", "", "E9"),
            [Cause.COLLECTION_NOT_ON_CARRIER],
        ),
        (campus().ade("P1", status="ASSOCIATED").row("ade.csv", "P1", "E1"), []),
        (campus().ade("P1", status="ASSOCIATED").row("ade.csv", "P2", "E1"), [Cause.ASSOCIATED_ONLY]),
        (carried().ade("P1", status="ASSOCIATED").row("ade.csv", "P1", "E2"), []),
        (
            campus().element("E9").ade("P1", "E9").ade("P1", status="ASSOCIATED"),
            [Cause.ELEMENT_WITHOUT_GROUP, Cause.ASSOCIATED_ONLY],
        ),
        (campus().element("E2", category="NONE").ade("P1", status="ASSOCIATED").ade("P1", "E2"), []),
        (
            campus()
            .element("E2", category="NONE")
            .ade("P1", status="ASSOCIATED")
            .ade("P1", "E2", state="OLD"),
            [Cause.ASSOCIATED_ONLY],
        ),
    ],
)
def test_what_a_refused_row_may_say_accuses_nobody_and_any_other_row_still_does(made, causes):
    if "NONE" in {
        row[2] for row in made.tables["elements.csv"]
    }:  # a category that is in no row: E2 is refused
        made.tables["categories.csv"] = [row for row in made.tables["categories.csv"] if row[0] != "NONE"]
    assert [one.cause for one in told(made)] == causes


@pytest.mark.rule("N21")
@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("rows", "causes"),
    [
        ([], [Cause.CEMU_GROUP_MISSING]),
        ([("ip.csv", "P1", "E1")], []),  # a group that may be of the CEMU
        ([("ip.csv", "P1", "E1", "\0")], []),
        ([("ip.csv", "P1", "E9", "\0")], [Cause.CEMU_GROUP_MISSING]),
        ([("ip.csv", "P2", "E1")], [Cause.CEMU_GROUP_MISSING]),
        ([("ia.csv", "P1", "2026", "OTHER", "perhaps", "E")], [Cause.CEMU_GROUP_MISSING]),
        ([("groups.csv", "GX", "", "KGX"), ("ip.csv", "P1", "E1", "GX")], []),
    ],
)
def test_a_cemu_group_is_missing_only_if_no_refused_row_may_be_of_one(rows, causes):
    made = distance().tele().ip()
    for file, *values in rows:
        made.row(file, *values)
    assert [one.cause for one in told(made)] == causes


@pytest.mark.rule("N22")
def test_what_causes_weigh_and_who_repairs_them_is_told_in_words_that_outlive_releases():
    assert [str(one) for one in Weight] == ["gives", "withholds", "open", "explains"]
    assert [str(one) for one in Repairs] == [
        *("nobody", "scolarite", "deve", "planning", "identity", "cemu", "teacher", "administrator")
    ]


@pytest.mark.rule("N19")
def test_findings_stand_by_check_cause_course_person_and_what_they_name():
    ordered = [
        Reason(Cause.NO_IP),  # of no check
        Reason(Cause.IP_WITHOUT_GROUP, course="E2", person="P2"),
        Reason(Cause.CEMU_GROUP_MISSING, course="E1", person="P1"),
        Reason(Cause.IA_MISSING, course="E1", person="P1"),
        Reason(Cause.IA_MISSING, course="E1", person="P2", details={"group": "G1"}),
        Reason(Cause.IA_MISSING, course="E1", person="P2", details={"group": "G2"}),
        Reason(Cause.IA_MISSING, course="E2", person="P1"),
        Reason(Cause.CATEGORY_KEPT),  # D10
    ]
    assert list(in_order(reversed(ordered))) == ordered
