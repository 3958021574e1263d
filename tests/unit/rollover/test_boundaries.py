"""What a change of year may do, each rule at its boundary (R1–R11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Group
from passerelle.domain.moodle.core import CourseSection, Module
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import CourseState, Holding
from passerelle.domain.rollover.plan import (
    Decision,
    Plan,
    PlanLine,
    TargetHistory,
    decide,
    in_category,
    without_twin,
)
from passerelle.domain.rollover.rollover import (
    SAFETY_KEPT,
    Destination,
    Wish,
    backup_jobkey,
    bare_code,
    differences,
    doubled,
    edits,
    fresh_upload,
    is_foad,
    left_out,
    made_by_hand,
    objections_of_target,
    others_editing,
    permit_id,
    rollover_id,
    settings_of,
    stash_name,
    teaching,
    whereabouts_id,
)
from passerelle.domain.states import BackupState, RolloverState
from tests.factories.records import NOW, an_upload
from tests.factories.rollover import a_rollover

SECOND = timedelta(seconds=1)


# -- which course is which (R1, N9, D18) ---------------------------------------------------------------------


@pytest.mark.rule("R1", "N9")
@pytest.mark.parametrize(
    ("idnumber", "foad", "code"),
    [
        ("SC1", False, "SC1"),
        ("SC1FOAD", True, "SC1"),
        ("sc1-foad", True, "SC1"),
        ("FOAD_SC1", True, "SC1"),
        ("SC1_FOAD_B", True, "SC1B"),
        ("FOADSC1", True, "SC1"),
        ("SC1FOADX", False, "SC1X"),
        ("ex_SC1", False, "SC1"),
        ("EX_sc1", False, "SC1"),
        (" SC1 ", False, "SC1"),
        ("", False, ""),
    ],
)
def test_a_distance_course_is_known_by_the_word_foad_and_its_code_is_what_is_left(
    idnumber: str, foad: bool, code: str
) -> None:
    assert (is_foad(idnumber), bare_code(idnumber)) == (foad, code)


@pytest.mark.rule("R1", "D18")
@pytest.mark.parametrize(
    ("target", "source", "code"),
    [
        ("SC1", "SC1", ""),
        ("SC1", " SC1 ", ""),
        ("SC1", "ex_sc1", ""),
        ("SC1FOAD", "SC1-FOAD", ""),
        ("SC1", "SC1FOAD", "foad_differs"),
        ("SC1FOAD", "SC1", "foad_differs"),
        ("SC1", "SC2", "other_code"),
        ("SC1FOAD", "SC2FOAD", "other_code"),
    ],
)
def test_a_backup_of_another_code_or_of_distance_against_not_is_told(
    target: str, source: str, code: str
) -> None:
    found = differences(target, source)
    assert [note.code for note in found] == ([code] if code else [])
    assert all(note.details == {"target": target, "source": source} for note in found)


# -- what may be done to the target (R5, R6, R11) --------------------------------------------------------------


def target(**changes: Any) -> CourseState:
    return CourseState(**{"exists": True, "courseid": 7, "empty": True, **changes})


FULL = {"empty": False, "holds": (Holding("modules", 3),)}


@pytest.mark.rule("R5", "R6")
@pytest.mark.parametrize(
    ("state", "destination", "codes"),
    [
        (target(), "replace", []),
        (target(**FULL), "replace", ["rollover_not_empty"]),
        (target(restoredfrom="bleu"), "replace", ["rollover_restored"]),
        (target(**FULL, restoredfrom="bleu"), "replace", ["rollover_restored", "rollover_not_empty"]),
        (target(**FULL), "merge", []),
        (target(**FULL, restoredfrom="bleu"), "merge", ["rollover_restored"]),
        (target(**FULL, restoredfrom="bleu"), "stash", []),
        (target(**FULL, restoredfrom="bleu"), "check", []),
    ],
)
def test_delete_then_restore_wants_an_empty_course_and_both_want_one_never_restored(
    state: CourseState, destination: Destination, codes: list[str]
) -> None:
    found = objections_of_target(state, destination)
    assert [note.code for note in found] == codes
    told = {"rollover_restored": {"origin": "bleu"}, "rollover_not_empty": {"holds": "modules: 3"}}
    assert all(note.details == told[note.code] for note in found)


@pytest.mark.rule("R6")
def test_a_merge_doubles_what_has_the_same_kind_and_name_as_often_as_both_have_it() -> None:
    def course(*modules: tuple[str, str]) -> list[CourseSection]:
        made = tuple(Module(id=n, modname=kind, name=name) for n, (kind, name) in enumerate(modules))
        return [CourseSection(1, "A", modules=made[:1]), CourseSection(2, "B", modules=made[1:])]

    here = course(("forum", "Annonces"), ("page", "Bohr"), ("page", "Bohr"), ("quiz", "Lewis"))
    there = course(("forum", " annonces "), ("page", "BOHR"), ("page", "Lewis"))
    assert doubled(here, there) == 2
    assert doubled(here, here) == 4
    assert doubled(here, []) == 0


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("state", "ended_at", "since", "may"),
    [
        (RolloverState.DONE, NOW, SAFETY_KEPT, True),
        (RolloverState.DONE, NOW, SAFETY_KEPT + SECOND, False),
        (RolloverState.DONE, None, timedelta(), False),
        (RolloverState.UNDONE, NOW, timedelta(), False),
        (RolloverState.STASHED, NOW, timedelta(), False),
        (RolloverState.FAILED, NOW, timedelta(), False),
    ],
)
def test_a_restore_may_be_undone_for_thirty_days_once_it_is_done(
    state: RolloverState, ended_at: datetime | None, since: timedelta, may: bool
) -> None:
    assert timedelta(days=30) == SAFETY_KEPT
    assert a_rollover(state=state, ended_at=ended_at).may_be_undone(NOW + since) is may


@pytest.mark.rule("R5", "R12")
@pytest.mark.parametrize("state", RolloverState)
def test_a_change_of_year_is_under_way_until_it_ends_and_a_check_until_it_is_reported(
    state: RolloverState,
) -> None:
    on_its_way = str(state) in ("requested", "backing_up", "checked", "restoring")
    one = a_rollover(state=state)
    assert (one.under_way, one.watched) == (on_its_way, on_its_way)
    assert replace(one, word_due=True).watched
    check = replace(one, wish=Wish(destination="check"))
    reported = replace(check, reported=True)
    assert check.under_way is on_its_way
    assert reported.under_way is (on_its_way and state is not RolloverState.CHECKED)
    assert (check.only_check, one.only_check) == (True, False)


@pytest.mark.rule("R4", "R6")
def test_only_delete_then_restore_and_merge_change_the_course() -> None:
    def changes(destination: Destination) -> bool:
        return a_rollover(wish=Wish(destination=destination)).changes_course

    assert [changes(one) for one in ("replace", "merge", "stash", "check")] == [True, True, False, False]


@pytest.mark.rule("R11")
def test_each_thing_that_is_asked_of_a_moodle_has_a_key_of_its_own() -> None:
    one = a_rollover("r1")
    assert (one.jobkey, one.undo_jobkey, one.report_key) == ("rol:r1", "und:r1.0", "rollovers/r1.json")
    assert replace(one, undo_attempt=2).undo_jobkey == "und:r1.2"
    assert one.private_area == f"{one.course_id}/stash/{one.person.username}"
    assert (one.target, one.source) == (f"{one.site}#{one.course_id}", f"{one.previous}#{one.source_id}")
    assert [whereabouts_id("bleu", "vert", "module", n) for n in (199, 200)] == [
        "bleu#vert#module#0",
        "bleu#vert#module#1",
    ]


# -- what is asked for (R7, R8) ---------------------------------------------------------------------------------


@pytest.mark.rule("R7")
def test_every_setting_that_is_left_to_be_chosen_is_said() -> None:
    always = (
        "activities blocks filters badges questionbank competencies customfield contentbankcontent permissions "
        "legacyfiles"
    )
    plain = dict.fromkeys(always.split(), "1") | {"groups": "0"}
    assert settings_of(Wish()) == plain
    assert settings_of(Wish(groups=True)) == plain | {"groups": "1"}
    assert settings_of(Wish(), override=True) == plain | {"override_notempty": "1"}


@pytest.mark.rule("R7", "R8")
def test_groups_come_only_if_asked_and_then_only_those_made_by_hand() -> None:
    night, hand, coded = Group(1, "TD 1", "GR1"), Group(2, "Projet", ""), Group(3, "Projet B", "P")
    assert [made_by_hand(one) for one in (night, hand, coded)] == [False, True, False]
    assert [made_by_hand(one, {1}) for one in (night, hand, coded)] == [False, True, True]
    page = LeftOut("activity", 11)
    assert left_out(Wish(exclude=(page,)), [night, hand]) == (page,)
    asked = Wish(groups=True, exclude=(page,))
    assert left_out(asked, [night, hand, coded]) == (page, LeftOut("group", 1), LeftOut("group", 3))
    assert left_out(asked, [night, hand, coded], {1}) == (page, LeftOut("group", 1))
    twice = Wish(groups=True, exclude=(LeftOut("group", 1),))
    assert left_out(twice, [night]) == (LeftOut("group", 1),)


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("code", "title", "year", "name"),
    [
        ("SC1", "Chimie générale", "24/25", "SC1_Chimie-generale_24-25_20251001.mbz"),
        ("", "Cœur & cæsium", "", "cours_Coeur-caesium_20251001.mbz"),
        ("SC1", "", "24/25", "SC1_24-25_20251001.mbz"),
        ("X1X", "Xi", "", "X1X_Xi_20251001.mbz"),
        ("SC1", "a" * 61, "", f"SC1_{'a' * 60}_20251001.mbz"),
        ("SC1", "a" * 59 + " b", "", f"SC1_{'a' * 59}_20251001.mbz"),
    ],
)
def test_what_lands_in_the_private_area_is_named_by_code_title_year_and_date(
    code: str, title: str, year: str, name: str
) -> None:
    assert stash_name(code, title, year, datetime(2025, 10, 1, tzinfo=UTC)) == name


# -- freshness (R9, R10), and who teaches (R3, D20) ---------------------------------------------------------------


@pytest.mark.rule("R9", "R10")
@pytest.mark.parametrize(
    ("last", "fresh"), [(NOW, True), (NOW - SECOND, True), (NOW + SECOND, False), (None, False)]
)
def test_a_backup_is_fresh_that_holds_the_courses_last_change(last: datetime | None, fresh: bool) -> None:
    mine = an_upload(intent="rollover", lastchange=NOW)
    assert (fresh_upload([mine], last) is mine) is fresh
    assert fresh_upload([replace(mine, lastchange=None)], last) is None


@pytest.mark.rule("R9")
def test_the_newest_backup_counts_that_is_good_or_under_check_and_made_for_a_change_of_year() -> None:
    def made(sequence: int, state: BackupState = BackupState.ACCEPTED, **changes: Any) -> Any:
        whole = {"intent": "rollover", "lastchange": NOW} | changes
        return an_upload(f"u{sequence}", sequence=sequence, state=state, **whole)

    good, checked = made(1), made(2, BackupState.RECEIVED)
    others = [made(3, BackupState.REFUSED), made(4, BackupState.DELETED), made(5, intent="share")]
    assert fresh_upload([good, *others], NOW) == good
    assert fresh_upload([good, checked, *others], NOW) == checked
    assert fresh_upload(others, NOW) is None
    old = made(2, lastchange=NOW - SECOND)
    assert fresh_upload([good, old], NOW) is None, "the newest decides, though an older one says more"


@pytest.mark.rule("R10")
def test_one_state_of_a_course_is_backed_up_once_whoever_asks() -> None:
    assert backup_jobkey("bleu", 7, NOW, 0) == f"bak:bleu:7:{int(NOW.timestamp())}.0"
    assert backup_jobkey("bleu", 7, None, 1) == "bak:bleu:7:0.1"


@pytest.mark.rule("R3", "R5", "D20")
def test_who_teaches_and_who_edits_is_compared_without_case() -> None:
    state = target(editingteachers=("Ada", "grace"), teachers=("TOM",))
    assert teaching(state) == {"ada", "grace", "tom"}
    assert [edits(state, who) for who in ("ADA", "Grace", "tom")] == [True, True, False]
    assert others_editing(state, "ada") == ("grace",)
    assert others_editing(state, "tom") == ("Ada", "grace")


@pytest.mark.rule("R3", "R5")
def test_one_request_is_one_change_of_year_and_one_person_has_one_permit_for_a_course() -> None:
    assert (rollover_id("vert", "msg_1"), rollover_id("vert", "msg_2")) == (
        "d43b9f8d70bceec94b6e8f4e",
        "8401452d01739c4995cabb6b",
    )
    permit = permit_id("vert", 7, "bleu", 8, "Ada")
    assert permit == permit_id("vert", 7, "bleu", 8, "ADA") == "27d8d1bc181164a284fcf637", (
        "as an earlier release called it"
    )


# -- a faculty's plan (R13) -------------------------------------------------------------------------------------

HERE = target(idnumber="SC1", fullname="Chimie", editingteachers=("ada",))
THERE = CourseState(exists=True, courseid=70, idnumber="SC1", fullname="Chimie 24", teachers=("Ada",))


def line_of(here: CourseState = HERE, there: CourseState | None = THERE, **known: Any) -> PlanLine:
    twice = known.pop("twice", False)
    return decide(here, there, TargetHistory(**known), doubled_idnumber=twice)


@pytest.mark.rule("R13", "R5")
def test_a_course_is_done_only_if_nothing_stands_against_it_and_the_first_that_does_is_said() -> None:
    """Each row takes away what the row before was stopped by."""
    acted = a_rollover(state=RolloverState.RESTORING)
    everything: dict[str, Any] = {"fresh_start": True, "latest": acted, "twice": True}
    holding = replace(HERE, idnumber=" ", restoredfrom="bleu", **FULL)
    rows = [
        (holding, None, everything, "skip", "plan_fresh_start", ""),
        (holding, None, everything | {"fresh_start": False}, "skip", "plan_asked", "restoring"),
        (holding, None, {"twice": True}, "skip", "plan_no_idnumber", ""),
        (replace(holding, idnumber="SC1"), None, {"twice": True}, "refuse", "plan_idnumber_twice", "SC1"),
        (replace(holding, idnumber="SC1"), None, {}, "skip", "plan_no_source", ""),
        (replace(holding, idnumber="SC1"), replace(THERE, empty=True), {}, "refuse", "plan_restored", "bleu"),
        (replace(HERE, **FULL), replace(THERE, empty=True), {}, "skip", "plan_not_empty", "modules: 3"),
        (HERE, replace(THERE, empty=True), {}, "skip", "plan_source_empty", ""),
        (HERE, THERE, {}, "do", "", ""),
    ]
    for here, there, known, verdict, why, detail in rows:
        line = line_of(here, there, **known)
        assert (line.verdict, line.why, line.detail) == (verdict, why, detail)
        assert (line.course_id, line.idnumber, line.fullname) == (7, here.idnumber, "Chimie")


@pytest.mark.rule("R13")
@pytest.mark.parametrize("state", RolloverState)
def test_a_teacher_has_acted_unless_what_was_asked_came_to_nothing(state: RolloverState) -> None:
    again = state in (RolloverState.REFUSED, RolloverState.FAILED)
    assert (line_of(latest=a_rollover(state=state)).verdict == Decision.DO) is again


@pytest.mark.rule("R13")
@pytest.mark.parametrize(
    ("size", "fresh", "seconds"),
    [
        (1_200_000_000, True, 32.0),  # 12 s of any restore, and 60 MB in a second
        (1_200_000_000, False, 100.0),  # 8 s of any backup more, and 20 MB in a second
        (63_660_000, True, 13.1),  # to a tenth: 13.061
        (0, True, 12.8),  # 50 MB where nobody knows
        (0, False, 23.3),
    ],
)
def test_a_plan_says_how_long_the_moodles_will_work_at_each_course(
    size: int, fresh: bool, seconds: float
) -> None:
    line = line_of(size=size, fresh=fresh)
    assert (line.source_id, line.source_fullname, line.teachers) == (70, "Chimie 24", ("ada",))
    assert (line.size, line.fresh, line.seconds) == (size, fresh, seconds)
    skipped = replace(line, verdict=Decision.SKIP)
    plan = Plan("p", "vert", "bleu", "SC", 0, (line, skipped, line, line))
    assert plan.to_do() == (line, line, line)
    assert plan.seconds == pytest.approx(3 * seconds)
    assert replace(plan, parallel=2).seconds == pytest.approx(1.5 * seconds)
    assert replace(plan, parallel=0).seconds == pytest.approx(3 * seconds)


@pytest.mark.rule("R13", "D17", "D18", "D20")
@pytest.mark.parametrize(
    ("here", "there", "fresh", "traps"),
    [
        ({}, {}, True, ()),
        ({"teachers": ("GRACE",)}, {"teachers": ("Ada", "grace")}, True, ()),
        ({"editingteachers": ("ada", "grace")}, {"editingteachers": ("grace",)}, True, ("D17",)),
        ({}, {}, False, ("D18",)),
        ({"idnumber": "SC1FOAD"}, {}, True, ("D18",)),
        ({}, {"teachers": ("ada", "grace")}, True, ("D20",)),
        ({"teachers": ("grace",)}, {}, True, ("D20",)),
    ],
)
def test_a_line_of_a_plan_names_its_traps(
    here: dict[str, Any], there: dict[str, Any], fresh: bool, traps: tuple[str, ...]
) -> None:
    assert line_of(replace(HERE, **here), replace(THERE, **there), fresh=fresh).traps == traps


@pytest.mark.rule("R13")
def test_a_plan_takes_a_category_with_all_below_it_and_lists_last_years_courses_without_a_twin() -> None:
    tree = [
        ("UFR", ""),
        ("SC", "UFR"),
        ("CH", "SC"),
        ("CH1", "CH"),
        ("BIO", "SC"),
        ("DROIT", "UFR"),
        ("", "SC"),
    ]
    rows = [{"idnumber": name, "parent": parent or None} for name, parent in tree]
    found = in_category(rows, "SC")
    assert found == {"SC", "CH", "CH1", "BIO"}
    assert in_category(rows, "UFR") == {name for name, _ in tree} - {""}
    turning = [{"idnumber": "A", "parent": "B"}, {"idnumber": "B", "parent": "A"}]
    assert in_category(turning, "A") == {"A", "B"}
    courses = [
        {"id": "1", "idnumber": "SC1", "fullname": "Chimie", "category": "CH"},
        {"id": "2", "idnumber": "SC2", "fullname": "Physique", "category": "CH1"},
        {"id": 3, "idnumber": None, "fullname": None, "category": "BIO"},
        {"id": 4, "idnumber": "D1", "category": "DROIT"},
        {"id": 5, "idnumber": "X", "category": None},
    ]
    assert without_twin(courses, found, frozenset({"SC1"})) == ((2, "SC2", "Physique"), (3, "", ""))
    assert without_twin(courses, found | {""}, frozenset({"SC1", "SC2", ""})) == ((5, "X", ""),)
