"""What each refused row leaves unknown, by what of it can be read, and how it is listed (N21)."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Because, FileFault, FileProblem, RefusedRow, Table
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.unknown import Unknown
from tests.factories.offer import University

NAMING = Naming(
    course_idnumber="c-{code}",
    course_shortname="c-{code}",
    group_idnumber="g-{code}",
    cohort_idnumber="h-{code}",
    category_idnumber="k-{code}",
)
ALL_NAMES = {("c-E1", "g-G1"), ("c-E2", "g-G2"), ("c-E2", "g-G3")}
E2 = ("c-E2", "FOAD-E2")


def a_university() -> University:
    made = University().element("E1").element("E2", distance=True).element("E3", carrier="E2")
    made.group("G1", "TD", on=("E1", "E3")).group("G2", "TD", on=("E2",)).group("G3", "CM", on=("E2",))
    return made.person("P1").person("P2").cohort("H1", "P1").ip("P1", "E1", "G1")


def unknown_of(*refused: tuple[str, dict[str, str]], stopped: str = "") -> dict[str, object]:
    """The fields of Unknown that say anything."""
    extracts = a_university().extracts()
    rows = tuple(
        RefusedRow(Table(f"{table}.csv"), f"{table}.csv", 9, Because.BAD_VALUE, fields=said)
        for table, said in refused
    )
    tables = frozenset({Table(f"{stopped}.csv")} if stopped else ())
    problems = (FileProblem(f"{stopped}.csv", FileFault.MISSING_FILE, tables=tables),) if stopped else ()
    found = build_desired(replace(extracts, refused=rows, problems=problems), NAMING).unknown
    said = {one.name: getattr(found, one.name) for one in fields(Unknown) if one.name != "known_usernames"}
    assert found.known_usernames == {"p1", "p2"}
    return {name: set(one) if isinstance(one, frozenset) else one for name, one in said.items() if one}


def students(*courses: str | None, who: str | None = None) -> dict[str, object]:
    return {
        "enrolments": {(course, who, "student") for course in courses},
        "members": {(course, None, who) for course in courses},
    }


def teachers(course: str | None, who: str | None = None) -> dict[str, object]:
    return {"enrolments": {(course, who, "editingteacher")}}


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("table", "said", "unknown"),
    [
        ("categories", {"code": ""}, {"all_categories": True}),
        ("categories", {"code": "C9"}, {"categories": {"k-C9"}}),
        ("elements", {}, {"all_courses": True}),
        ("elements", {"code": "E9"}, {"elements": {"E9"}, "courses": {"c-E9", "FOAD-E9"}}),
        # A group, and the names of those whose label it may double.
        ("groups", {"code": "G9"}, {"groups": {(None, "g-G9")}, "group_names": ALL_NAMES}),
        (
            "groups",
            {"code": "G9", "label": "TD", "collection_code": "KG1"},
            {"groups": {(None, "g-G9")}, "group_names": {("c-E1", "g-G1")}},
        ),
        (
            "groups",
            {"code": "G9", "label": "TD", "collection_code": "KG2"},
            {"groups": {(None, "g-G9")}, "group_names": {("c-E2", "g-G2")}},
        ),
        (
            "groups",
            {"code": "G9", "collection_code": "KG2"},
            {"groups": {(None, "g-G9")}, "group_names": {("c-E2", "g-G2"), ("c-E2", "g-G3")}},
        ),
        (
            "groups",
            {"code": "G9", "label": "TD"},
            {"groups": {(None, "g-G9")}, "group_names": {("c-E1", "g-G1"), ("c-E2", "g-G2")}},
        ),
        ("groups", {"code": "G9", "label": "XX", "collection_code": "KG1"}, {"groups": {(None, "g-G9")}}),
        ("groups", {"collection_code": "NONE"}, {"groups": {(None, None)}}),
        # A collection attached to an element: groups that may stand in its courses.
        (
            "collections",
            {"collection_code": "KG1", "element_code": "E2"},
            {
                "groups": {(course, "g-G1") for course in E2},
                "group_names": {("c-E2", "g-G2")},
            },
        ),
        (
            "collections",
            {"collection_code": "KG1"},
            {"groups": {(None, "g-G1")}, "group_names": {("c-E1", "g-G1"), ("c-E2", "g-G2")}},
        ),
        (
            "collections",
            {"element_code": "E2"},
            {
                "groups": {(course, None) for course in E2},
                "group_names": {("c-E2", "g-G2"), ("c-E2", "g-G3")},
            },
        ),
        ("collections", {}, {"groups": {(None, None)}, "group_names": ALL_NAMES}),
        ("collections", {"element_code": "NONE"}, {}),
        ("collections", {"element_code": "E3"}, {}),  # carried: it has no course
        ("collections", {"collection_code": "NONE", "element_code": "E2"}, {}),
        # People.
        ("people", {"code": "P9"}, {"people": {"P9"}}),
        ("people", {"username": "p9"}, {"usernames": {"p9"}}),
        ("people", {"code": "", "username": "p9"}, {"usernames": {"p9"}}),
        ("people", {"code": "P9", "username": ""}, {"people": {"P9"}}),
        ("people", {}, {"all_people": True}),
        # Registrations: of whom, on what.
        ("ip", {"person_code": "P2", "element_code": "E1"}, students("c-E1", who="p2")),
        ("ip", {"person_code": "P2", "element_code": "E3"}, students(*E2, who="p2")),
        ("ip", {"person_code": "P2"}, students(None, who="p2")),
        ("ip", {"element_code": "E1"}, students("c-E1")),
        ("ip", {}, students(None)),
        ("ip", {"person_code": "P2", "element_code": "NONE"}, {}),
        ("ip", {"person_code": "NONE", "element_code": "E1"}, {}),
        ("ade", {"person_code": "P2", "element_code": "E3"}, teachers("c-E2", "p2")),
        ("ade", {"person_code": "P2"}, teachers(None, "p2")),
        ("ade", {"element_code": "E1"}, teachers("c-E1")),
        ("ade", {"element_code": "NONE"}, {}),
        ("ia", {"person_code": "P1", "year": "2026"}, {}),  # who is in no CEMU group loses nothing by it
        ("cohorts", {"code": "H9"}, {"cohorts": {"h-H9"}}),
        ("cohorts", {}, {"all_cohorts": True}),
        ("cohort_members", {"cohort_code": "H1", "person_code": "P2"}, {"cohort_members": {("h-H1", "p2")}}),
        ("cohort_members", {"cohort_code": "H1"}, {"cohort_members": {("h-H1", None)}}),
        ("cohort_members", {"person_code": "P2"}, {"cohort_members": {(None, "p2")}}),
        ("cohort_members", {"cohort_code": "H1", "person_code": "NONE"}, {}),
    ],
)
def test_a_refused_row_leaves_unknown_what_it_may_have_said(table, said, unknown):
    assert unknown_of((table, said)) == unknown


@pytest.mark.rule("N21")
def test_two_refused_rows_leave_unknown_what_both_may_have_said():
    group = ("groups", {"code": "G9", "label": "CM", "collection_code": "KG1"})
    assert unknown_of(group)["groups"] == {(None, "g-G9")}
    assert "group_names" not in unknown_of(group)
    # Its collection may be attached to E2, or to any element: then it would double G3's label there.
    for said in (
        {"collection_code": "KG1", "element_code": "E2"},
        {"element_code": "E2"},
        {"collection_code": "KG1"},
        {},
    ):
        assert ("c-E2", "g-G3") in unknown_of(group, ("collections", said))["group_names"]
    assert ("c-E2", "g-G3") not in unknown_of(
        group, ("collections", {"collection_code": "KG2", "element_code": "E1"})
    ).get("group_names", set())
    members = unknown_of(("cohort_members", {"cohort_code": "H1"}), ("cohort_members", {"person_code": "P2"}))
    assert members == {"cohort_members": {("h-H1", None), (None, "p2")}}


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("table", "unknown"),
    [
        ("people", {"all_people": True}),
        ("ip", students(None)),
        ("ade", teachers(None)),
        ("cohorts", {"all_cohorts": True}),
        ("groups", {"groups": {(None, None)}, "group_names": ALL_NAMES}),
        ("collections", {"groups": {(None, None)}, "group_names": ALL_NAMES}),
        ("cohort_members", {"cohort_members": {(None, None)}}),
    ],
)
def test_a_file_that_stopped_is_as_a_row_of_which_nothing_can_be_read(table, unknown):
    assert unknown_of(stopped=table) == unknown


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("table", "said", "listed"),
    [
        ("categories", {"code": "C9"}, ("category", "C9")),
        ("elements", {"code": "E9"}, ("element", "E9")),
        ("people", {"code": "P9"}, ("person", "P9")),
        ("people", {"username": "p9"}, ("row", "people.csv:")),  # a login names somebody
        ("groups", {"code": "G9"}, ("row", "groups.csv:G9")),
        ("ip", {"person_code": "P1", "group_code": "G1"}, ("row", "ip.csv:P1//G1")),
        ("ip", {"person_code": "P1", "element_code": "E1"}, ("row", "ip.csv:P1/E1/")),
        ("collections", {"collection_code": "K1", "element_code": "E1"}, ("row", "collections.csv:K1/E1")),
        (
            "collections",
            {"collection_code": "K1", "element_code": "E1", "group_code": "G1"},
            ("row", "collections.csv:K1/E1/G1"),
        ),
        ("collections", {"group_code": "G1"}, ("row", "collections.csv://G1")),
        ("cohort_members", {"cohort_code": "H1"}, ("row", "cohort_members.csv:H1/")),
    ],
)
def test_a_refused_row_is_listed_by_what_it_is_about_and_never_by_its_line(table, said, listed):
    extracts = University().extracts()
    rows = [
        RefusedRow(Table(f"{table}.csv"), "any.csv", 9, because, fields=said)
        for because in (Because.BAD_VALUE, Because.SHORT_ROW, Because.LOOP)
    ]
    (found,) = build_desired(replace(extracts, refused=tuple(rows))).untouched
    assert (found.kind, found.key, found.because) == (*listed, Because.SHORT_ROW)  # the gravest


@pytest.mark.rule("N21")
@pytest.mark.rule("D12")
def test_what_hangs_on_something_refused_is_listed_with_its_own_reason():
    made = University().row("categories.csv", "C2", "NOPE", "x").row("categories.csv", "C3", "C2", "x")
    made.row("elements.csv", "E9", "x", "C3", "0", "", "2026-09-01").element("L1", carrier="L2").element(
        "L2", carrier="L1"
    )
    made.person("P9", email="")
    assert [(one.kind, one.key, one.because.value) for one in made.desired().untouched] == [
        ("category", "C2", "unknown_parent"),
        ("category", "C3", "refused_parent"),
        ("element", "E9", "refused_category"),
        ("element", "L1", "loop"),
        ("element", "L2", "loop"),
        ("person", "P9", "no_email"),
    ]


@pytest.mark.rule("N21")
@pytest.mark.rule("N13")
@pytest.mark.parametrize(
    ("said", "may_be"),
    [
        ({"person_code": "P1", "year": "2026"}, True),
        ({"person_code": "P1", "year": ""}, True),
        ({"person_code": "P1"}, True),
        ({}, True),
        ({"person_code": "P1", "year": "2025"}, False),
        ({"person_code": "P2", "year": "2026"}, False),
    ],
)
def test_a_refused_standing_of_this_year_leaves_the_foad_course_open(said, may_be):
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().ip()
    row = RefusedRow(Table.IA, "ia.csv", 9, Because.BAD_VALUE, fields=said)
    found = build_desired(replace(made.extracts(), refused=(row,))).unknown
    assert found.enrolments == ({("FOAD-E1", "p1", "student")} if may_be else set())


@pytest.mark.rule("N21")
@pytest.mark.rule("N7")
@pytest.mark.parametrize(
    ("group", "refused", "courses"),
    [
        ("G1", [], set()),
        ("G1", [("collections", {"collection_code": "KG1", "element_code": "E2"})], {"E2"}),
        ("G1", [("collections", {"element_code": "E2"})], {"E2"}),
        ("G1", [("collections", {"collection_code": "KG2", "element_code": "E2"})], set()),
        ("G1", [("collections", {"collection_code": "KG1"})], {None}),
        ("G1", [("collections", {"element_code": "NONE"})], set()),
        ("G2", [], {"E1"}),  # on EX and on E1
        ("G3", [], set()),  # not on EX
        ("G9", [], set()),
        ("G9", [("groups", {"code": "G9"})], {None}),
        ("G9", [("groups", {})], {None}),
        ("G9", [("groups", {"code": "G8"})], set()),
        ("", [("groups", {})], set()),
    ],
)
def test_a_row_on_a_refused_element_leads_only_where_its_group_may_stand(group, refused, courses):
    made = (
        University().element("E1").element("E2").row("elements.csv", "EX", "x", "NOPE", "0", "", "2026-09-01")
    )
    made.group("G1", on=("EX",)).group("G2", on=("EX", "E1")).group("G3", on=("E1",)).person().ip(
        "P1", "EX", group
    )
    rows = tuple(
        RefusedRow(Table(f"{table}.csv"), "", 9, Because.BAD_VALUE, fields=said) for table, said in refused
    )
    found = build_desired(replace(made.extracts(), refused=rows)).unknown
    assert found.enrolments == {(course, "p1", "student") for course in courses}


@pytest.mark.rule("N21")
@pytest.mark.rule("D12")
def test_two_people_of_one_code_are_neither_and_keep_what_each_has():
    extracts = (
        University()
        .person("P1")
        .person("P2")
        .person("P3")
        .person("P4", email="")
        .person("P5", email="")
        .extracts()
    )
    people = tuple(
        replace(row, other_codes=("X1",)) if row.code in ("P1", "P2") else row for row in extracts.people
    )
    refused = [
        RefusedRow(Table.PEOPLE, "", 9, Because.BAD_VALUE, fields={"username": name}) for name in ("a", "b")
    ]
    found = build_desired(replace(extracts, people=people, refused=tuple(refused)))
    assert set(found.users) == {"P3"}
    assert found.unknown.people == {"P1", "P2", "X1", "P4", "P5"}
    assert found.unknown.usernames == {"p1", "p2", "p4", "p5", "a", "b"}
    assert not found.unknown.all_people
    because = {one.key: one.because for one in found.untouched}
    assert (because["P1"], because["P2"]) == (Because.DIFFERENT_VALUES, Because.DIFFERENT_VALUES)


@pytest.mark.rule("N25")
def test_a_member_of_a_cohort_is_there_for_the_row_that_says_so():
    made = University().person("P1").cohort("H1", "P1", "NOBODY").row("cohort_members.csv", "NONE", "P1")
    found = build_desired(made.extracts(), NAMING).cohort_members
    assert {key: (row.cohort, row.person, row.line) for key, row in found.items()} == {
        ("h-H1", "p1"): ("H1", "P1", 2)
    }
