"""What becomes of a course: made, named, moved, known again, archived and brought back (N2, N3, N5, N6, N9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Because, Phase, Stays, Still
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import rules
from tests.unit.night.faculty import NIGHT, enrolled

BY_HAND, CHANGED, CAME_BACK = Because.IDNUMBER_BY_HAND, Because.CHANGED, Because.CAME_BACK


def an_offer(*codes: str, **more: object) -> University:
    """These elements, named as their codes, in C1."""
    made = University().category("C1", title="C1").category("C2", title="C2")
    for code in codes:
        made.element(code, title=code, **more)  # type: ignore[arg-type]
    return made


def a_site(*codes: str) -> Moodle:
    """These courses as the night makes them, in C1."""
    made = Moodle().category("C1").category("C2")
    for code in codes:
        put(made, code)
    return made


def put(moodle: Moodle, code: str, *, ours: bool = True, **more: object) -> Moodle:
    return moodle.course(code, ours=ours, **({"category": "C1", "fullname": f"({code}) {code}"} | more))  # type: ignore[arg-type]


def archive(moodle: Moodle, idnumber: str, *, ours: bool = True) -> Moodle:
    return put(moodle, idnumber, ours=ours, fullname="ex_Old")


def desired_by(university: University, **naming: str):
    return build_desired(university.extracts(), Naming(**naming), frozenset())


def plan(
    university: University, moodle: Moodle, marks: dict[int, str] | None = None, desired=None, **asked: object
):
    night = Night(site="caen", date=NIGHT, rules=rules(**asked))
    memory = Memory(marks={"course": marks or {}})
    return make_plan(night, desired or desired_by(university), moodle.actual(), memory)


def done(made):
    return [(one.columns, one.because) for one in made.operations if one.op.startswith("course")]


def said(made):
    return [one for one in made.stays if one.kind == "course"]


def update(idnumber: str, because: Because = CHANGED, **columns: str):
    return ({"idnumber": idnumber, **columns}, because)


def archived(idnumber: str, end: str = "", **more: str):
    new = f"ex_{idnumber}{end}"
    names = {"newidnumber": new, "shortname": new, "fullname": f"ex_({idnumber}) {idnumber}{end}"}
    return ({"idnumber": idnumber, **names, **more}, Because.LEFT_OFFER)


@pytest.mark.rule("N1")
@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
@pytest.mark.rule("N6")
def test_a_course_is_made_as_its_row_says_and_nothing_says_that_it_is_visible():
    made = plan(an_offer("E1"), a_site())
    begins = int(datetime(2026, 9, 1, tzinfo=ZoneInfo("Europe/Paris")).timestamp())
    columns = {
        "idnumber": "E1",
        "shortname": "E1",
        "fullname": "(E1) E1",
        "category": "C1",
        "startdate": begins,
    }
    assert done(made) == [(columns, Because.WANTED)]
    (one,) = made.operations
    assert (one.op, one.phase, one.wave) == ("course_create", Phase.COURSES, 1)  # once others gave names free
    assert (one.course, one.category) == ("E1", "C1")
    assert [type(row).__name__ for row in one.rows] == ["Element"]


@pytest.mark.rule("N3")
def test_a_course_of_a_source_that_knows_no_terms_has_moodles_own_start():
    desired = desired_by(an_offer("E1"))
    courses = {"E1": replace(desired.courses["E1"], startdate=None)}
    made = plan(an_offer("E1"), a_site(), desired=replace(desired, courses=courses))
    assert "startdate" not in done(made)[0][0]


@pytest.mark.rule("N12")
@pytest.mark.rule("N20")
def test_a_course_made_tonight_has_its_people_tonight_where_the_guard_counts_them():
    university = an_offer("E1").group("G1", on=("E1",)).person("P1").ip()
    (one,) = [one for one in plan(university, a_site()).operations if one.op == "enrol"]
    assert (one.course, one.category) == ("E1", "C1")


@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
def test_names_and_place_follow_the_offer_and_nothing_else_is_written():
    names = {"shortname": "Mine", "fullname": "By hand", "category": "C2", "visible": False}
    made = plan(an_offer("E1", "E2"), put(a_site("E2"), "E1", **names))
    assert done(made) == [update("E1", shortname="E1", fullname="(E1) E1", category="C1")]
    (one,) = made.operations
    assert (one.op, one.phase, one.wave) == ("course_update", Phase.COURSES, 0)
    assert (one.course, one.category) == ("E1", "C2")  # where it is now
    assert [type(row).__name__ for row in one.rows] == ["Element"]
    assert made.memory.marks["course"] == {1: "E2", 2: "E1"}


@pytest.mark.rule("N3")
@pytest.mark.rule("D11")
def test_what_belongs_into_a_category_that_is_not_there_waits():
    moodle = put(a_site(), "E2", category="C2").category("C1")  # held twice now
    made = plan(an_offer("E1", "E2"), moodle)
    assert done(made) == []
    assert said(made) == [Stays("course", (code,), Still.WAITS, ("C1",)) for code in ("E1", "E2")]


@pytest.mark.rule("N2")
@pytest.mark.rule("D11")
def test_a_short_name_that_another_course_bears_is_not_taken():
    moodle = put(a_site("E2"), "HERS", ours=False, shortname="E1")
    assert plan(an_offer("E1", "E2"), moodle).operations == ()
    taken = [Stays("course", ("E1",), Still.NAME_TAKEN, ("E1",))]
    assert said(plan(an_offer("E1", "E2"), moodle)) == taken
    made = plan(an_offer("E1", "E2"), put(moodle, "E1", shortname="Mine", fullname="By hand"))
    assert (done(made), said(made)) == ([update("E1", fullname="(E1) E1")], taken)


@pytest.mark.rule("N9")
@pytest.mark.parametrize(
    ("summary", "becomes"),
    [
        ("", "FOAD"),
        ("Mine", "FOAD Mine"),
        ("<p>Mine, not FOAD</p>", "FOAD <p>Mine, not FOAD</p>"),
        ("FO</p>AD", "FOAD FO</p>AD"),
        ("FOAD", None),
        ("\n <div class='a'> <p>\n FOAD</p> and what I added</div>", None),
    ],
)
def test_the_description_of_a_foad_course_begins_so_and_what_people_wrote_stays(summary, becomes):
    moodle = a_site("E1")
    put(moodle, "FOAD-E1", shortname="FOAD - E1", fullname="FOAD - (E1) E1", summary=summary)
    made = plan(an_offer("E1", distance=True), moodle)
    assert done(made) == ([] if becomes is None else [update("FOAD-E1", summary=becomes)])


@pytest.mark.rule("N9")
def test_the_second_course_of_a_distance_element_is_made_with_its_description():
    made = plan(an_offer("E1", distance=True), a_site("E1"))
    ((columns, _),) = done(made)
    assert (columns["idnumber"], columns["summary"]) == ("FOAD-E1", "FOAD")


@pytest.mark.rule("D11")
def test_a_course_whose_idnumber_was_changed_by_hand_gets_it_back_and_is_not_archived():
    university = an_offer("E1", "E2").group("G1", on=("E1",)).person("P1").ip()
    moodle = put(a_site("E2"), "MINE", shortname="E1", fullname="(E1) E1", category="C2").user()
    made = plan(university, moodle, {1: "E2", 2: "E1"})
    assert done(made) == [update("MINE", BY_HAND, newidnumber="E1", category="C1")]
    assert made.memory.marks["course"] == {1: "E2", 2: "E1"}
    assert [one.course for one in made.operations if one.op == "enrol"] == ["E1"]


@pytest.mark.rule("D11")
@pytest.mark.rule("N16")
def test_only_the_nights_own_course_is_known_again_and_only_under_an_idnumber_nobody_else_wants():
    made = plan(an_offer("E1"), put(a_site(), "MINE", ours=False), {1: "E1"})
    assert [columns["idnumber"] for columns, _ in done(made)] == ["E1"]
    # Called E2 by hand, it is E2's from now on: were it given back to E1, E2's people would stand before nothing.
    made = plan(an_offer("E1", "E2"), put(a_site(), "E2", fullname="Old"), {1: "E1"})
    assert [(one.op, one["idnumber"], one["newidnumber"]) for one in made.operations] == [
        ("course_update", "E2", ""),
        ("course_create", "E1", ""),
    ]
    assert made.memory.marks["course"] == {1: "E2"}


@pytest.mark.rule("D11")
def test_a_course_whose_idnumber_was_emptied_stands_still_and_no_second_one_is_made():
    moodle = put(a_site(), "", shortname="Mine", fullname="By hand")
    made = plan(an_offer("E1"), moodle, {1: "E1"})
    assert (done(made), said(made)) == ([], [Stays("course", ("E1",), Still.IDNUMBER_LOST, ("By hand",))])
    made = plan(an_offer(), moodle, {1: "E1"})
    assert (done(made), said(made)) == ([], [Stays("course", ("Mine",), Still.IDNUMBER_LOST)])


@pytest.mark.rule("D11")
@pytest.mark.rule("N21")
def test_a_course_that_took_the_idnumber_of_a_refused_row_stands_still():
    refused = an_offer("E1").row("elements.csv", "E2", "E2", "C1", "perhaps", "", "2026-09-01")
    made = plan(refused, put(a_site(), "E2", fullname="By hand"), {1: "E1"})
    assert (done(made), said(made)) == ([], [Stays("course", ("E1",), Still.IDNUMBER_LOST, ("By hand",))])


@pytest.mark.rule("D11")
@pytest.mark.rule("N23")
def test_an_idnumber_held_twice_is_nobodys_and_both_stay():
    moodle = put(put(a_site("E1", "E2"), "E2", shortname="Copy"), "E9").user()
    put(moodle, "E9", shortname="Copy of E9", ours=False)
    made = plan(an_offer("E1", "E2").group("G1", on=("E2",)).person("P1").ip("P1", "E2"), moodle)
    assert [one for one in made.operations if one.course] == []
    assert said(made) == [Stays("course", (code,), Still.HELD_TWICE) for code in ("E2", "E9")]


@pytest.mark.rule("N23")
@pytest.mark.rule("D11")
def test_a_course_that_holds_a_desired_idnumber_and_was_not_adopted_stands_still():
    moodle = put(a_site(), "E1", ours=False, fullname="By hand").user()
    made = plan(an_offer("E1").group("G1", on=("E1",)).person("P1").ip(), moodle)
    assert [one for one in made.operations if one.course] == []
    assert said(made) == [Stays("course", ("E1",), Still.NOT_ADOPTED, ("By hand",))]


@pytest.mark.rule("N5")
@pytest.mark.rule("N20")
def test_what_left_the_offer_is_archived_where_the_guard_counts_it_and_what_is_archived_stays():
    moodle = a_site().put("owned", kind="course", itemid=0)  # deleted by hand
    archive(put(put(moodle, "E1"), "E2"), "ex_E9")
    made = plan(an_offer("E1"), moodle)
    assert (done(made), said(made)) == ([archived("E2")], [])
    (one,) = made.operations
    assert (one.op, one.phase, one.wave) == ("course_update", Phase.ARCHIVE, 0)
    assert (one.course, one.category, one.removes) == ("E2", "C1", True)


@pytest.mark.rule("N5")
def test_an_archive_stands_still_its_people_and_its_groups_too():
    moodle = a_site("E1").user()
    moodle.put("groups", course="E1", courseid=1, idnumber="G1", name="G1").put(
        "owned", kind="group", itemid=1
    )
    made = plan(an_offer(), enrolled(moodle, "student"))
    assert done(made) == [archived("E1")]
    assert len(made.operations) == 1


@pytest.mark.rule("N21")
def test_a_course_whose_row_is_refused_is_not_archived():
    refused = an_offer("E1").row("elements.csv", "E2", "E2", "C1", "perhaps", "", "2026-09-01")
    made = plan(refused, a_site("E1", "E2"))
    assert (done(made), said(made)) == ([], [Stays("course", ("E2",), Still.UNKNOWN)])


@pytest.mark.rule("N5")
@pytest.mark.parametrize(
    ("taken", "end"),
    [
        ([("ex_E1", "Hers")], "_2"),
        ([("Hers", "ex_E1")], "_2"),
        ([("ex_E1", "Hers"), ("Hers", "ex_E1_2"), ("ex_E1_3", "Hers")], "_4"),
        ([("Hers", "ex_E2")], ""),
    ],
)
def test_an_archive_takes_the_first_number_under_which_neither_idnumber_nor_short_name_is_taken(taken, end):
    moodle = a_site("E1")
    for idnumber, shortname in taken:
        put(moodle, idnumber, ours=False, shortname=shortname)
    assert done(plan(an_offer(), moodle)) == [archived("E1", end)]


@pytest.mark.rule("N5")
def test_two_courses_archived_in_one_night_do_not_take_one_name():
    moodle = put(a_site("E1"), "E2", shortname="E1_2")
    put(moodle, "ex_E1", ours=False)
    names = [(columns["newidnumber"], columns["shortname"]) for columns, _ in done(plan(an_offer(), moodle))]
    assert names == [("ex_E1_2", "ex_E1_2"), ("ex_E2_2", "ex_E1_2_2")]


@pytest.mark.rule("N5")
def test_an_archive_leaves_its_name_to_a_course_made_tonight():
    assert done(plan(an_offer("ex_E1"), a_site("E1")))[1] == archived("E1", "_2")


@pytest.mark.rule("N5")
def test_the_names_of_archives_fit_into_moodles_columns_with_their_number():
    moodle = put(a_site(), "i" * 100, shortname="s" * 255, fullname="f" * 254)
    put(moodle, "Hers", ours=False, shortname=f"ex_{'s' * 252}")
    ((columns, _),) = done(plan(an_offer(), moodle))
    names = {"newidnumber": ("i", 95), "shortname": ("s", 250), "fullname": ("f", 249)}
    assert columns == {
        "idnumber": "i" * 100,
        **{column: f"ex_{letter * many}_2" for column, (letter, many) in names.items()},
    }


@pytest.mark.rule("N5")
@pytest.mark.parametrize(
    ("configured", "moves"), [("", False), ("C2", True), ("C1", False), ("NOT-THERE", False)]
)
def test_an_archive_moves_to_the_archive_category_if_there_is_one(configured, moves):
    made = plan(an_offer(), a_site("E1"), archive_category=configured)
    assert done(made)[0] == archived("E1", **({"category": "C2"} if moves else {}))


@pytest.mark.rule("N4")
@pytest.mark.rule("N5")
def test_a_category_that_its_archive_left_for_the_archive_category_is_empty():
    gone = University().category("C2", title="C2")
    made = plan(gone, a_site("E1"), archive_category="C2")
    assert [one.op for one in made.operations] == ["course_update", "category_delete"]
    assert [one.op for one in plan(gone, a_site("E1")).operations] == ["course_update"]


@pytest.mark.rule("N5")
@pytest.mark.parametrize(
    ("archives", "wanted", "comes_back"),
    [
        (["ex_E1"], ["E1"], {"E1": "ex_E1"}),
        (["ex_E1", "ex_E1_10", "ex_E1_2"], ["E1"], {"E1": "ex_E1_10"}),  # people last worked in
        (["ex_E1_2", "ex_E1"], ["E1"], {"E1": "ex_E1_2"}),
        (["ex_E1_2"], ["E1"], {"E1": "ex_E1_2"}),
        (["ex_E1_2"], ["E1_2"], {"E1_2": "ex_E1_2"}),
        (["ex_E1_2"], ["E1", "E1_2"], {"E1_2": "ex_E1_2"}),  # the likelier of the two
        (["ex_E1_2", "E1_2"], ["E1", "E1_2"], {"E1": "ex_E1_2"}),
        (["ex_E1"], ["E1", "ex_E1"], {}),  # a code of its own
        (["ex_E1_1"], ["E1"], {}),  # no archive is numbered 1
        (["E9", "ex_E1"], ["E1"], {"E1": "ex_E1"}),
        (["other_E1"], ["E1"], {}),
    ],
)
def test_a_code_that_comes_back_brings_back_the_newest_archive_that_bears_it(archives, wanted, comes_back):
    moodle = a_site()
    moodle.put("owned", kind="course", itemid=99)  # deleted by hand
    for idnumber in archives:
        put(moodle, idnumber)
    made = plan(an_offer(*wanted), moodle)
    found = {columns["newidnumber"]: columns["idnumber"] for columns, why in done(made) if why is CAME_BACK}
    assert found == comes_back
    made_anew = {str(one["idnumber"]) for one in made.operations if one.op == "course_create"}
    assert made_anew == set(wanted) - set(comes_back) - set(archives)


@pytest.mark.rule("N5")
def test_what_comes_back_has_its_names_its_place_and_its_people_again():
    university = an_offer("E1").group("G1", on=("E1",)).person("P1").ip()
    made = plan(university, put(a_site(), "ex_E1", category="C2").user())
    columns = {"newidnumber": "E1", "shortname": "E1", "fullname": "(E1) E1", "category": "C1"}
    assert done(made) == [update("ex_E1", CAME_BACK, **columns)]
    assert [one.course for one in made.operations if one.op == "enrol"] == ["E1"]
    assert made.memory.marks["course"] == {1: "E1"}


@pytest.mark.rule("N16")
def test_an_archive_that_is_not_the_nights_does_not_come_back():
    made = plan(an_offer("E1"), archive(a_site(), "ex_E1", ours=False))
    assert [columns["idnumber"] for columns, _ in done(made)] == ["E1"]
