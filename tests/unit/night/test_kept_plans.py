"""A plan as it is kept and read again: what adds and what takes away, its heading, chunks, names and memory (N19)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from passerelle.domain.night.plan.memory import Memory, remembered_by
from passerelle.domain.night.plan.names import key_of, names_of
from passerelle.domain.night.plan.plan import (
    STAGE_OF,
    Because,
    Hold,
    Phase,
    Plan,
    Stays,
    Still,
    Verdict,
    count,
    key_attributes,
    operation,
    reason_of,
)
from passerelle.domain.night.plan.serialised import (
    chunks_of,
    columns_of,
    freeze_document,
    heading,
    memory_document,
    read_memory,
    sha256_of,
)
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import Untouched
from passerelle.domain.offer.model import Because as Refusal
from passerelle.domain.offer.model import Group, Standing, Table
from passerelle.domain.offer.stages import Stage
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.unit.night.faculty import NIGHT

# Every operation of the contract: its stage, and what the guard takes it for.
OPERATIONS = """
user_create users adds
user_update users -
user_suspend users removes
user_unsuspend users adds
cohort_create cohorts adds
cohort_update cohorts -
cohort_add cohorts adds
cohort_remove cohorts removes
category_create offer adds
category_update offer -
category_delete offer removes
course_create offer adds
course_update offer -
adopt offer -
enrol enrolments adds
suspend enrolments removes
unenrol enrolments removes
group_create groups adds
group_update groups -
group_delete groups removes
member_add groups adds
member_remove groups removes
"""


@pytest.mark.rule("N20")
@pytest.mark.rule("N17")
@pytest.mark.parametrize("line", OPERATIONS.strip().splitlines())
def test_what_an_operation_gives_or_takes_away_and_in_which_stage(line):
    op, stage, does = line.split()
    one = operation(Phase.COURSES, op, {})
    assert (one.stage, one.adds, one.removes) == (Stage(stage), does == "adds", does == "removes")
    assert (one.kind, one.wave, one.course, one.category) == (op, 0, "", "")


@pytest.mark.rule("N5")
@pytest.mark.rule("N20")
def test_an_archive_is_a_removal_and_counted_apart_from_other_changes_of_courses():
    one = operation(Phase.ARCHIVE, "course_update", {"idnumber": "E1"}, Because.LEFT_OFFER)
    assert (one.kind, one.removes, one.adds) == ("course_archive", True, False)
    assert {line.split()[0].partition("_")[0] for line in OPERATIONS.strip().splitlines()} == set(STAGE_OF)


@pytest.mark.rule("N20")
def test_operations_are_counted_by_kind_and_within_their_category_and_course():
    enrol = operation(Phase.ENROL, "enrol", {}, course="E1", category="C1")
    there = operation(Phase.ENROL, "enrol", {}, course="E2", category="C1")
    archive = operation(Phase.ARCHIVE, "course_update", {}, course="E1", category="C1")
    user = operation(Phase.USERS, "user_create", {})
    found = count([user, enrol, enrol, there, enrol, archive])
    assert found.kinds == {"course_archive": 1, "enrol": 4, "user_create": 1}
    assert found.categories == {"C1": {"course_archive": 1, "enrol": 4}}
    assert found.courses == {"E1": {"course_archive": 1, "enrol": 3}, "E2": {"enrol": 1}}
    assert found.total == 6


def test_a_row_is_named_by_its_file_line_and_key_columns():
    row = Standing("P1", "2026", "L1CHI", tele=True, state="E", line=7)
    assert reason_of(row) == ("ia.csv", 7, ("P1", "2026", "L1CHI"))
    assert reason_of(row, {Table.IA: "enrollments.csv"}).file == "enrollments.csv"
    assert reason_of(Group("G1", "TD", "K1", 3)) == ("groups.csv", 3, ("G1",))
    assert {table: key_attributes(table) for table in Table} == {
        Table.CATEGORIES: ("code",),
        Table.ELEMENTS: ("code",),
        Table.COLLECTIONS: ("collection", "element", "group"),
        Table.GROUPS: ("code",),
        Table.PEOPLE: ("code",),
        Table.IA: ("person", "year", "step"),
        Table.IP: ("person", "element", "group"),
        Table.ADE: ("person", "element", "sheet", "origin", "state", "status"),
        Table.COHORTS: ("code",),
        Table.COHORT_MEMBERS: ("cohort", "person"),
    }


# -- chunks ------------------------------------------------------------------------------------------------


def chunks(*courses: str, op: str = "enrol", size: int = 3) -> list[str]:
    """`courses`: one letter for each operation, a dot where it is in none."""
    operations = [
        operation(Phase.ENROL, op, {}, course=course.strip(".")) for one in courses for course in one
    ]
    letters = (course for one in courses for course in one)
    return ["".join(next(letters) for _ in chunk.lines) for chunk in chunks_of(operations, {}, size)]


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    ("operations", "cut"),
    [
        ("", []),
        ("A", ["A"]),
        ("AAA", ["AAA"]),
        ("AAB", ["AAB"]),
        ("AABBC", ["AA", "BBC"]),
        ("ABBBC", ["A", "BBB", "C"]),
        ("ABBBBBC", ["A", "BBBBB", "C"]),  # a course stays together
        (".......", ["...", "...", "."]),
        ("......", ["...", "..."]),
        ("..AAB", ["..", "AAB"]),
        ("....AAB", ["...", ".AA", "B"]),
    ],
)
def test_operations_are_cut_between_courses_and_those_of_one_course_stay_together(operations, cut):
    assert chunks(operations) == cut


@pytest.mark.rule("N19")
def test_a_worker_does_a_thousand_operations_before_it_confirms():
    operations = [operation(Phase.USERS, "user_create", {})] * 1001
    assert [len(chunk.lines) for chunk in chunks_of(operations, {})] == [1000, 1]


@pytest.mark.rule("N19")
def test_a_plans_hash_is_of_its_papers_each_a_line():
    line = '{"é":1}'
    assert sha256_of([{"é": 1}, "x"]) == hashlib.sha256(f'{line}\n"x"\n'.encode()).hexdigest()


@pytest.mark.rule("N19")
@pytest.mark.rule("N20")
def test_chunks_are_named_in_the_order_in_which_they_are_done_and_never_mix_what_takes_and_what_gives():
    operations = [
        operation(Phase.COURSES, "course_update", {"idnumber": "E1"}, course="E1"),
        operation(Phase.COURSES, "course_create", {"idnumber": "E2"}, course="E2"),
        operation(Phase.COURSES, "course_update", {"idnumber": "E3"}, course="E3"),
        operation(Phase.COURSES, "course_create", {"idnumber": "E4"}, course="E4", wave=1),
        operation(Phase.ARCHIVE, "category_delete", {"idnumber": "C1"}, wave=998),
    ]
    found = list(chunks_of(operations, {}, 2))
    assert [(one.name, one.phase, one.wave, one.adds, len(one.lines)) for one in found] == [
        ("3-courses-0000-00000", Phase.COURSES, 0, False, 2),
        ("3-courses-0000-00001", Phase.COURSES, 0, True, 1),
        ("3-courses-0001-00000", Phase.COURSES, 1, True, 1),
        ("9-archive-0998-00000", Phase.ARCHIVE, 998, False, 1),
    ]
    assert found[3].text(adds=False) == (
        '{"phase":"archive","wave":998,"operations":[{"op":"category_delete","idnumber":"C1",'
        '"because":"wanted"}],"adds":false}'
    )


def test_moodle_is_told_an_operations_columns_and_not_why_it_stands_in_the_plan():
    line = {"op": "enrol", "course": "E1", "because": "wanted", "rows": [], "phase": "enrol", "wave": 0}
    assert columns_of(line) == {"op": "enrol", "course": "E1"}


# -- the heading -------------------------------------------------------------------------------------------

FREEZE = Freeze(
    date(2026, 7, 1), date(2026, 7, 9), ("2026",), ("C1",), ("E1",), people=True, why="exams", by="ada"
)
FROZEN = {
    "since": "2026-07-01",
    "until": "2026-07-09",
    "years": ["2026"],
    "categories": ["C1"],
    "courses": ["E1"],
    "people": True,
    "cohorts": False,
    "why": "exams",
    "by": "ada",
}
MEMORY = Memory(
    suspended={("E2", "p1"): date(2026, 10, 2), ("E1", "p1"): date(2026, 10, 1)},
    gone={9: date(2026, 9, 9), 3: date(2026, 9, 3)},
    put_to_sleep=frozenset({5, 4}),
    kept_groups={("E1", "G1"): date(2026, 10, 3)},
    marks={"group": {2: "G2", 1: "G1"}, "course": {7: "E1"}},
)
REMEMBERED = {
    "suspended": [["E1", "p1", "2026-10-01"], ["E2", "p1", "2026-10-02"]],
    "gone": [[3, "2026-09-03"], [9, "2026-09-09"]],
    "put_to_sleep": [4, 5],
    "kept_groups": [["E1", "G1", "2026-10-03"]],
    "marks": {"course": [[7, "E1"]], "group": [[1, "G1"], [2, "G2"]]},
}


@pytest.mark.rule("N19")
def test_the_heading_of_a_plan_says_all_but_its_operations():
    enrol = operation(Phase.ENROL, "enrol", {"username": "p1"}, course="E1", category="C1")
    suspend = operation(Phase.UNENROL, "suspend", {"username": "p1"}, course="E1", category="C1")
    plan = Plan(
        "caen",
        NIGHT,
        Stage.ENROLMENTS,
        "2026",
        operations=(enrol, enrol, suspend),
        frozen=(enrol,),
        stays=(Stays("course", ("E9",), Still.NOT_ADOPTED, ("Hers",)),),
        untouched=(Untouched("element", "E8", Refusal.LOOP),),
        inputs={"source:ip.csv": "00"},
        source_rows={"ip.csv": 3},
        verdict=Verdict((Hold("all", "", 1, 2, "5 %"),), additions_go_on=True),
        freezes=(FREEZE,),
        memory=MEMORY,
        adoption=True,
    )
    assert heading(plan, ["one", "two"]) == {
        "format": 1,
        "site": "caen",
        "night": "2026-10-06",
        "stage": "enrolments",
        "year": "2026",
        "adoption": True,
        "counts": {"enrol": 2, "suspend": 1},
        "categories": {"C1": {"enrol": 2, "suspend": 1}},
        "courses": {"E1": {"enrol": 2, "suspend": 1}},
        "removals": 1,
        "frozen": {"enrol": 1},
        "freezes": [FROZEN],
        "held": [{"scope": "all", "key": "", "count": 1, "there": 2, "limit": "5 %"}],
        "additions_go_on": True,
        "stays": [["course", ["E9"], "not_adopted", ["Hers"]]],
        "untouched": [["element", "E8", "loop"]],
        "source_rows": {"ip.csv": 3},
        "inputs": {"source:ip.csv": "00"},
        "memory": REMEMBERED,
        "chunks": ["one", "two"],
    }
    assert heading(replace(plan, stage=None))["stage"] == ""


@pytest.mark.rule("N18")
def test_a_freeze_without_an_end_has_none():
    assert freeze_document(Freeze(date(2026, 7, 1))) == {
        **dict.fromkeys(("people", "cohorts"), False),
        **dict.fromkeys(("why", "by"), ""),
        "since": "2026-07-01",
        "until": None,
        "years": [],
        "categories": [],
        "courses": [],
    }


# -- what one night remembers for the next -----------------------------------------------------------------


@pytest.mark.rule("N24")
@pytest.mark.rule("N25")
def test_what_is_remembered_is_read_again_as_it_was_whatever_its_order():
    assert memory_document(MEMORY) == REMEMBERED
    assert read_memory(REMEMBERED) == MEMORY


@pytest.mark.rule("N17")
@pytest.mark.parametrize(
    ("stage", "known"),
    [
        (None, {"suspended", "gone", "put_to_sleep", "kept_groups", "category", "course", "group"}),
        (Stage.USERS, {"gone", "put_to_sleep"}),
        (Stage.COHORTS, set()),
        (Stage.OFFER, {"category", "course"}),
        (Stage.ENROLMENTS, {"suspended"}),
        (Stage.GROUPS, {"kept_groups", "group"}),
    ],
)
def test_a_stage_remembers_what_it_reads_and_leaves_the_rest_as_it_was(stage, known):
    after = replace(MEMORY, marks={**MEMORY.marks, "category": {6: "C1"}})
    before = Memory(
        marks={kind: {} for kind in ("category", "course", "group")} | {"course": {1: "was here"}}
    )
    found = remembered_by(stage, before, after)
    fields = {"suspended", "gone", "put_to_sleep", "kept_groups"}
    assert {name for name in fields if getattr(found, name) != getattr(before, name)} == known & fields
    assert {kind for kind in before.marks if found.marks[kind] != before.marks[kind]} == known - fields
    for name in known:
        assert (getattr(found, name) if name in fields else found.marks[name]) == (
            getattr(after, name) if name in fields else after.marks[name]
        )


@pytest.mark.rule("D11")
def test_a_stage_that_finds_nothing_of_its_own_forgets_what_it_knew():
    before = Memory(marks={"course": {1: "E1"}, "category": {1: "C1"}, "group": {1: "G1"}})
    assert remembered_by(Stage.OFFER, before, Memory()).marks == {
        "course": {},
        "category": {},
        "group": {1: "G1"},
    }
    assert remembered_by(Stage.GROUPS, before, Memory()).marks["group"] == {}


# -- names, for whoever reads it ---------------------------------------------------------------------------


def named(*operations):
    university = University().element("E1", title="Chimie").person("P1").person("P2")
    university.group("G1", "TD 1", on=("E1",)).group("G2", "TD 2", on=("E1",))
    moodle = Moodle().category("C1", parent="C0").course("E9", shortname="e9", category="C1", startdate=7)
    moodle.course("E8")
    moodle.user("p9", "P9", firstname="Ada", lastname="Lovelace", email="ada@univ.example").user("p8", "P8")
    moodle.put("groups", course="E9", courseid=1, idnumber="G9", name="Old")
    moodle.put("groups", course="E9", courseid=1, idnumber="G8", name="Older")
    moodle.put("cohorts", idnumber="H9", name="Chemists")
    return names_of(operations, build_desired(university.extracts()), moodle.actual())


@pytest.mark.rule("N19")
def test_a_plan_names_the_people_courses_and_groups_it_touches_and_no_others():
    found = named(
        operation(Phase.ENROL, "enrol", {"username": "p1"}, course="E1"),
        operation(Phase.COURSES, "course_update", {"idnumber": "E8"}),
        operation(Phase.ADD_MEMBERS, "member_add", {"username": "p9", "group": "G1"}, course="E1"),
        operation(Phase.REMOVE_MEMBERS, "member_remove", {"username": "p9", "group": "G9"}, course="E9"),
    )
    assert found.people == {"p1": "First P1 Last P1", "p9": "Ada Lovelace"}
    assert found.courses == {"E1": "(E1) Chimie", "E8": "E8", "E9": "E9"}
    assert found.groups == {"E1/G1": "TD 1", "E9/G9": "Old"}
    assert set(found.before) == {"course/E8"}


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    ("op", "columns", "key", "before"),
    [
        (
            "course_update",
            {"idnumber": "E9"},
            "course/E9",
            {"shortname": "e9", "fullname": "E9", "category": "C1", "startdate": 7},
        ),
        ("category_update", {"idnumber": "C1"}, "category/C1", {"name": "C1", "parent": "C0"}),
        ("group_update", {"course": "E9", "idnumber": "G9"}, "group/E9/G9", {"name": "Old"}),
        ("cohort_update", {"idnumber": "H9"}, "cohort/H9", {"name": "Chemists"}),
        (
            "user_update",
            {"username": "p9", "idnumber": "P7"},
            "user/p9",
            {
                "idnumber": "P9",
                "firstname": "Ada",
                "lastname": "Lovelace",
                "email": "ada@univ.example",
                "newusername": "p9",
            },
        ),
    ],
)
def test_of_what_is_changed_a_plan_says_what_it_is_now(op, columns, key, before):
    assert key_of(op, columns) == key
    assert named(operation(Phase.COURSES, op, columns)).before == {key: before}
    assert named(operation(Phase.COURSES, op.replace("update", "delete"), columns)).before == {}
