"""Whom and which course a question means, by the words that people type (N22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.night.why.question import AskedCourse, AskedPerson, find_courses, find_people
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.model import Because
from passerelle.domain.offer.naming import Naming
from tests.factories.offer import University


def people() -> University:
    made = (
        University()
        .element("E1")
        .row("people.csv", "P1", "mcurie", "Curie", "Marie", "M@univ.example", "staff")
    )
    made.row("people.csv", "P2", "pcurie", "Curie", "Pierre", "p@univ.example", "staff")
    made.row("people.csv", "p3", "irene", "Joliot-Curie", "Irène", "i@univ.example", "staff")
    made.row("people.csv", "P9", "nine").row("people.csv", "", "ten", "A", "B", "t@univ.example", "student")
    made.ip("R1").ade("R2").tele("R3")
    return made.row("groups.csv", "G9", "", "K9")


@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("P1", ["P1"]),
        (" P1 ", ["P1"]),
        ("X1", ["P1"]),  # another code of P1's
        ("MCurie", ["P1"]),
        ("m@UNIV.example", ["P1"]),
        ("P9", ["P9"]),  # of a row that is refused
        ("Ten", [""]),
        ("R1", ["R1"]),  # whom only rows name
        ("R2", ["R2"]),
        ("R3", ["R3"]),
        ("P3", ["p3"]),  # in another case
        ("x1", ["P1"]),
        ("curie", ["p3", "P1", "P2"]),
        ("CUR mar", ["P1"]),  # words cut at their end, in any order
        ("irene", ["p3"]),
        ("joliot irène", ["p3"]),
        ("marie marie", []),
        ("G9", []),
        ("nobody", []),
        ("", []),
        (" ", []),
        ("-", []),
    ],
)
def test_people_are_found_by_code_login_or_address_and_failing_these_by_their_names(asked, found):
    extracts = people().extracts()
    rows = tuple(replace(row, other_codes=("X1",)) if row.code == "P1" else row for row in extracts.people)
    assert [one.code for one in find_people(replace(extracts, people=rows), asked)] == found


@pytest.mark.rule("N22")
def test_whom_no_good_row_describes_is_known_by_what_rows_say():
    extracts = people().extracts()
    (row,) = find_people(extracts, "R1")
    assert (row, row.username, row.codes, row.label) == (AskedPerson("R1"), "", ("R1",), "R1")
    (refused,) = find_people(extracts, "ten")
    assert (refused, refused.label) == (AskedPerson("", None, "ten"), "ten")
    (known,) = find_people(extracts, "P1")
    assert (known.username, known.codes, known.label) == ("mcurie", ("P1",), "Marie Curie (P1)")


NAMING = Naming(
    course_idnumber="c-{code}",
    course_shortname="short {code}",
    foad_idnumber="f-{code}",
    foad_shortname="far {code}",
)


@pytest.mark.rule("N22")
@pytest.mark.rule("N9")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("E1", [("E1", "")]),
        (" e1 ", [("E1", "")]),
        ("C-E1", [("E1", "")]),
        ("SHORT e1", [("E1", "")]),
        ("(e1) CHIMIE", [("E1", "")]),
        ("F-e1", [("E1", "f-E1")]),
        ("FAR e1", [("E1", "f-E1")]),
        ("foad - (E1) chimie", [("E1", "f-E1")]),
        ("E3", [("E3", "")]),  # carried, without a course of its own
        ("f-E3", [("E3", "f-E3")]),
        ("himie", [("E1", ""), ("E2", "")]),
        ("lisée", [("E3", "")]),
        ("lisee", [("E3", "")]),
        ("foad", [("E1", "f-E1")]),
        ("E9", [("E9", "")]),  # refused
        ("c-e9", [("E9", "")]),
        ("f-e9", [("E9", "f-E9")]),
        ("zoologie", [("E9", "")]),
        ("geologie", []),
        ("", []),
    ],
)
def test_courses_are_found_by_code_or_name_foad_form_included_and_failing_these_by_a_part(asked, found):
    made = University().element("E1", title="Chimie", distance=True).element("E2", title="Chimie fine")
    made.element("E3", title="Spécialisée", carrier="E1")
    made.row("elements.csv", "E9", "Zoologie", "NOPE", "0", "", "2026-09-01")
    extracts = made.extracts()
    answers = find_courses(extracts, build_offer(extracts, NAMING), asked)
    assert [(one.element, one.only) for one in answers] == found
    titles = {"E1": "Chimie", "E2": "Chimie fine", "E3": "Spécialisée", "E9": "Zoologie"}
    for one in answers:
        refused = Because.UNKNOWN_CATEGORY if one.element == "E9" else None
        assert one == AskedCourse(one.element, titles[one.element], one.only, refused)


@pytest.mark.rule("N22")
def test_two_codes_that_differ_in_case_alone_are_both_meant():
    extracts = University().element("E1").element("e1").extracts()
    assert [one.element for one in find_courses(extracts, build_offer(extracts, NAMING), "E1")] == [
        "E1",
        "e1",
    ]
