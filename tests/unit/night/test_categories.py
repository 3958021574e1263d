"""What becomes of a category: made, named, moved, known again, deleted only if it is empty (N3, N4)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.builder import ancestry, fit_name
from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Because, Phase, Stays, Still
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import rules
from tests.unit.night.faculty import NIGHT


def an_offer(**parents: str) -> University:
    """These categories, named as their codes, each with its parent."""
    made = University()
    for code, parent in parents.items():
        made.category(code, parent, code)
    return made


def a_site(**parents: str) -> Moodle:
    made = Moodle()
    for code, parent in parents.items():
        made.category(code, parent=parent)
    return made


def change(moodle: Moodle, number: int = 1, **columns: str) -> Moodle:
    moodle.rows["categories"][number - 1].update(columns)
    return moodle


def plan(university: University, moodle: Moodle, marks: dict[int, str] | None = None, **asked: object):
    night = Night(site="caen", date=NIGHT, rules=rules(**asked))
    desired = build_desired(university.extracts(), Naming(), frozenset())
    return make_plan(night, desired, moodle.actual(), Memory(marks={"category": marks or {}}))


def done(made):
    return [(one.op, one.columns, one.because) for one in made.operations if one.op.startswith("category")]


def said(made):
    return [one for one in made.stays if one.kind == "category"]


def deleted(made):
    return [str(one["idnumber"]) for one in made.operations if one.op == "category_delete"]


@pytest.mark.rule("N2")
@pytest.mark.parametrize(
    ("kind", "name", "fits"),
    [
        ("category", "c" * 256, "c" * 255),
        ("group", "g" * 256, "g" * 254),
        ("cohort", "h" * 256, "h" * 254),
        ("group", "g" * 253 + " TD", "g" * 253),  # Moodle trims what it is given
        ("group", " TD", " TD"),
    ],
)
def test_a_name_is_cut_to_moodles_column_and_ends_with_no_space(kind, name, fits):
    assert fit_name(kind, name) == fits


@pytest.mark.rule("N18")
@pytest.mark.rule("N20")
def test_a_category_is_within_itself_and_all_that_is_above_it_even_where_moodle_goes_round():
    above = {"C3": "C2", "C2": "C1", "C1": "", "A": "B", "B": "A"}
    assert ancestry(above, "C3") == ("C3", "C2", "C1")
    assert ancestry(above, "ELSEWHERE") == ("ELSEWHERE",)
    assert ancestry(above, "") == ()
    assert ancestry(above, "A") == ("A", "B")


@pytest.mark.rule("N1")
@pytest.mark.rule("N3")
def test_categories_are_made_parents_first_with_the_rows_that_ask_for_them():
    made = plan(an_offer(C3="C2", C2="C1", C1="", C0=""), a_site())
    assert [(one.phase, one.wave, one.category, one.columns) for one in made.operations] == [
        (Phase.CATEGORIES, depth, code, {"idnumber": code, "name": code, "parent": parent})
        for depth, code, parent in ((0, "C0", ""), (0, "C1", ""), (1, "C2", "C1"), (2, "C3", "C2"))
    ]
    assert {(one.because, one.course) for one in made.operations} == {(Because.WANTED, "")}
    assert [[row.code for row in one.rows] for one in made.operations] == [["C0"], ["C1"], ["C2"], ["C3"]]


@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
def test_a_category_is_named_and_moved_as_the_offer_says():
    made = plan(an_offer(C1="", C2="C1", C3=""), change(a_site(C1="", C2="", C3=""), 3, name="By hand"))
    assert done(made) == [
        ("category_update", {"idnumber": "C3", "name": "C3", "parent": ""}, Because.CHANGED),
        ("category_update", {"idnumber": "C2", "name": "C2", "parent": "C1"}, Because.CHANGED),
    ]
    assert [(one.phase, one.wave, one.category) for one in made.operations] == [
        (Phase.CATEGORIES, 0, "C3"),
        (Phase.CATEGORIES, 1, "C2"),
    ]
    assert made.memory.marks["category"] == {1: "C1", 2: "C2", 3: "C3"}


@pytest.mark.rule("N23")
@pytest.mark.rule("D11")
def test_a_category_that_holds_a_desired_idnumber_and_was_not_adopted_stands_still_with_what_is_below():
    moodle = change(Moodle().category("C1", ours=False), name="By hand")
    made = plan(an_offer(C1="", C2="C1"), moodle)
    assert done(made) == [
        ("category_create", {"idnumber": "C2", "name": "C2", "parent": "C1"}, Because.WANTED)
    ]
    assert said(made) == [Stays("category", ("C1",), Still.NOT_ADOPTED, ("By hand",))]
    assert made.memory.marks["category"] == {}


@pytest.mark.rule("D11")
@pytest.mark.rule("N23")
def test_an_idnumber_held_twice_is_nobodys_and_what_belongs_below_waits():
    moodle = a_site(C1="", C9="").category("C1").category("C9")
    made = plan(an_offer(C1="", C2="C1", C3="C2"), moodle)
    assert done(made) == []
    assert said(made) == [
        Stays("category", ("C1",), Still.HELD_TWICE),
        Stays("category", ("C2",), Still.WAITS, ("C1",)),
        Stays("category", ("C3",), Still.WAITS, ("C2",)),
    ]


@pytest.mark.rule("D11")
def test_an_idnumber_held_twice_may_stand_below_itself():
    moodle = a_site(C1="", C2="C1").category("C1", parent="C2").category("C9", parent="C1")
    made = plan(an_offer(C2=""), moodle)
    assert [one["idnumber"] for one in made.operations] == ["C2", "C9"]


@pytest.mark.rule("D11")
def test_a_category_whose_idnumber_was_changed_by_hand_gets_it_back_and_is_not_deleted():
    made = plan(an_offer(C1="", C2="C1"), change(a_site(C2="", C1=""), idnumber="MINE"), {1: "C2", 2: "C1"})
    columns = {"idnumber": "MINE", "newidnumber": "C2", "name": "C2", "parent": "C1"}
    assert done(made) == [("category_update", columns, Because.IDNUMBER_BY_HAND)]
    (one,) = made.operations
    assert (one.phase, one.wave, one.category) == (Phase.CATEGORIES, 1, "MINE")
    assert [row.code for row in one.rows] == ["C2"]
    assert made.memory.marks["category"] == {1: "C2", 2: "C1"}


@pytest.mark.rule("D11")
def test_what_is_below_a_category_that_gets_its_idnumber_back_does_not_wait():
    made = plan(an_offer(C1="", C2="C1"), change(a_site(C1=""), idnumber="MINE"), {1: "C1"})
    assert [one[0] for one in done(made)] == ["category_update", "category_create"]


@pytest.mark.rule("D11")
@pytest.mark.rule("N16")
def test_only_the_nights_own_category_is_known_again_and_only_under_an_idnumber_nobody_else_wants():
    made = plan(an_offer(C1=""), change(Moodle().category("C1", ours=False), idnumber="MINE"), {1: "C1"})
    assert [(one[0], one[1]["idnumber"]) for one in done(made)] == [("category_create", "C1")]
    made = plan(an_offer(C1="", C2=""), a_site(C2=""), {1: "C1"})
    assert [(one[0], one[1]["idnumber"]) for one in done(made)] == [("category_create", "C1")]


@pytest.mark.rule("D11")
def test_a_category_whose_idnumber_was_emptied_stands_still_and_no_second_one_is_made():
    made = plan(an_offer(C1=""), change(a_site(C1=""), idnumber="", name="By hand"), {1: "C1"})
    assert (done(made), said(made)) == ([], [Stays("category", ("C1",), Still.IDNUMBER_LOST, ("By hand",))])


@pytest.mark.rule("D11")
@pytest.mark.rule("N21")
def test_a_category_that_took_the_idnumber_of_a_refused_row_stands_still():
    refused = an_offer(C1="", C9="NOWHERE")
    made = plan(refused, change(a_site(C1=""), idnumber="C9"), {1: "C1"})
    assert Stays("category", ("C1",), Still.IDNUMBER_LOST, ("C1",)) in said(made)
    assert done(made) == []


@pytest.mark.rule("N4")
@pytest.mark.rule("N20")
def test_categories_that_left_go_children_first_once_all_else_is_done():
    made = plan(an_offer(), a_site(C1="", C2="C1", C3="C2", C4="C1"))
    assert done(made) == [
        ("category_delete", {"idnumber": code}, Because.EMPTY) for code in ("C3", "C2", "C4", "C1")
    ]
    assert [(one.phase, one.category) for one in made.operations] == [
        (Phase.ARCHIVE, code) for code in ("C3", "C2", "C4", "C1")
    ]
    waves = [one.wave for one in made.operations]
    assert waves[0] < waves[1] == waves[2] < waves[3]
    assert waves[0] > 0  # the wave in which courses are archived, and may leave them


@pytest.mark.rule("N4")
def test_what_keeps_a_category_that_left_is_named_courses_first_at_most_ten():
    moodle = a_site(C1="", C2="C1").category("C3", parent="C1", ours=False)
    moodle.category("", parent="C1", ours=False)
    change(moodle, 4, name="By hand")
    moodle.course("SPACE", ours=False, category="C1").course("", ours=False, category="C1", shortname="Mine")
    made = plan(an_offer(), moodle)
    assert deleted(made) == ["C2"]
    assert said(made) == [Stays("category", ("C1",), Still.NOT_EMPTY, ("Mine", "SPACE", "By hand", "C3"))]
    for number in range(10, 21):
        moodle.course(f"S{number}", ours=False, category="C1")
    (one,) = said(plan(an_offer(), moodle))
    assert one.what == ("Mine", *(f"S{number}" for number in range(10, 19)))


@pytest.mark.rule("N4")
@pytest.mark.rule("N3")
@pytest.mark.parametrize("course", ["E1", "E2"])
def test_a_category_that_its_courses_and_categories_left_tonight_is_empty(course):
    university = an_offer(C1="", C2="C1").element("E1", title="E1", category="C1")
    moodle = a_site(C1="", C9="", C2="C9").course(course, category="C9", fullname=f"({course}) {course}")
    assert deleted(plan(university, moodle)) == (["C9"] if course == "E1" else [])


@pytest.mark.rule("N4")
@pytest.mark.rule("N16")
def test_only_the_nights_own_categories_are_deleted_and_never_the_archives_own():
    moodle = a_site(OLD="", C1="", C9="").category("HERS", ours=False)
    made = plan(an_offer(C1=""), moodle, archive_category="OLD")
    assert (deleted(made), said(made)) == (["C9"], [])


@pytest.mark.rule("N4")
@pytest.mark.rule("D11")
def test_a_category_whose_idnumber_was_emptied_is_not_deleted():
    made = plan(an_offer(), change(a_site(C1=""), idnumber=""))
    assert (done(made), said(made)) == ([], [])


@pytest.mark.rule("N21")
def test_a_category_whose_row_is_refused_is_not_deleted_nor_is_what_it_stands_in():
    made = plan(an_offer(C2="NOWHERE"), a_site(C1="", C2="C1"))
    assert done(made) == []
    assert said(made) == [
        Stays("category", ("C1",), Still.NOT_EMPTY, ("C2",)),
        Stays("category", ("C2",), Still.UNKNOWN),
    ]
