"""Nights on the twin, rule by rule: what each changes, and what it leaves alone."""

from __future__ import annotations

from io import BytesIO

import pytest

from passerelle.domain.night.plan import Freeze, Still
from passerelle.domain.night.policy import Guard, Limit, NightRules
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import Refused
from passerelle.sources.extracts import read_extracts
from passerelle.usecases import night_applying, night_desk, night_papers
from passerelle.usecases.night import SourcesIncomplete, StageWaits
from tests.factories_offer import University
from tests.night_stage import NightStage

OPEN = Guard(
    all=Limit(percent=100, absolute=10**6),
    category=Limit(percent=100, absolute=10**6),
    course=Limit(percent=100, absolute=10**6),
    source=Limit(percent=100, absolute=10**6),
)


def rules(**changes):
    return NightRules(**{"guard": OPEN} | changes)


def a_university():
    made = University().element("E1", title="Chimie").element("E2", title="Physique", distance=True)
    made.group("G1", "TD 1", on=("E1",)).group("G2", "TD 2", on=("E1",)).group("G3", "CEMU", on=("E2",))
    for code in ("P1", "P2", "P3"):
        made.person(code)
    made.person("T1", kind="staff").ade("T1", "E1")
    made.tele("P3").ip("P1", "E1", "G1").ip("P2", "E1", "G2").ip("P3", "E2", "G3")
    return made.cohort("H1", "P1", "P2")


@pytest.fixture
def stage():
    made = NightStage(a_university(), rules())
    assert made.night().state is RunState.DONE
    return made


def drop(university, file, *start):
    rows = university.tables[file]
    rows[:] = [row for row in rows if row[: len(start)] != start]


def ops(stage, run=None, *, withheld=False):
    run = run or night_desk.newest(stage.world, "caen")
    return [
        tuple(str(line[name]) for name in line if name not in ("because", "rows", "phase", "source"))
        for line in night_papers.load_lines(stage.world.papers, run, withheld=withheld)
    ]


def course(stage, idnumber):
    return stage.moodle.site.course(idnumber)


def people(stage, idnumber):
    return sorted(
        (row["username"], row["method"], row["status"], *row["roles"])
        for row in stage.moodle.export("enrolments")
        if row["course"] == idnumber
    )


def members(stage, idnumber):
    return sorted(
        (r["group"], r["username"]) for r in stage.moodle.export("members") if r["course"] == idnumber
    )


@pytest.mark.rule("N1")
@pytest.mark.rule("N2")
@pytest.mark.rule("N9")
@pytest.mark.rule("N10")
@pytest.mark.rule("N12")
@pytest.mark.rule("N13")
@pytest.mark.rule("N14")
def test_a_first_night_makes_everything_from_nothing(stage):
    assert course(stage, "E1").fullname == "(E1) Chimie"
    assert course(stage, "FOAD-E2").summary.startswith("FOAD")
    assert members(stage, "FOAD-E2") == [("G3", "p3")]
    assert people(stage, "E1") == [
        ("p1", "passerelle", "active", "student"),
        ("p2", "passerelle", "active", "student"),
        ("t1", "passerelle", "active", "editingteacher"),
    ]
    assert people(stage, "E2") == []


@pytest.mark.rule("N6")
def test_new_courses_are_hidden_and_stay_as_people_set_them(stage):
    assert not course(stage, "E1").visible
    stage.moodle.site.state.change_course(course(stage, "E1"), visible=True)
    stage.says(lambda u: u.tables["elements.csv"].append(("E9", "New", "C1", "0", "", "2026-09-01")))
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").visible
    assert not course(stage, "E9").visible


@pytest.mark.rule("N19")
def test_a_night_without_change_writes_nothing(stage):
    stage.tomorrow()
    stage.moodle.calls.clear()
    run = stage.night()
    assert run.state is RunState.DONE
    assert run.counts == {}
    assert "apply" not in stage.moodle.calls
    assert len(stage.moodle.calls) == 9  # one page of each table


@pytest.mark.rule("N2")
@pytest.mark.rule("N3")
def test_a_name_changed_by_hand_is_put_back_and_a_course_moves_with_the_offer(stage):
    stage.moodle.site.state.change_course(course(stage, "E1"), fullname="Ma chimie")
    stage.says(lambda u: u.category("C2", title="Other"))
    stage.says(lambda u: drop(u, "elements.csv", "E2"))
    stage.says(lambda u: u.element("E2", title="Physique", distance=True, category="C2"))
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").fullname == "(E1) Chimie"
    state = stage.moodle.site.state
    assert {state.categories[course(stage, one).category].idnumber for one in ("E2", "FOAD-E2")} == {"C2"}


@pytest.mark.rule("N5")
def test_what_left_the_offer_is_archived_standing_still_and_comes_back(stage):
    rows = list(stage.university.tables["elements.csv"])
    before = people(stage, "E1"), members(stage, "E1")
    stage.says(lambda u: drop(u, "elements.csv", "E1"))
    stage.tomorrow()
    stage.night()
    archived = course(stage, "ex_E1")
    assert (archived.shortname, archived.fullname) == ("ex_E1", "ex_(E1) Chimie")
    assert (people(stage, "ex_E1"), members(stage, "ex_E1")) == before
    stage.tomorrow()
    assert stage.night().counts == {}
    stage.university.tables["elements.csv"][:] = rows
    stage.tomorrow()
    stage.night()
    assert course(stage, "E1").id == archived.id
    assert course(stage, "E1").fullname == "(E1) Chimie"
    assert (people(stage, "E1"), members(stage, "E1")) == before


@pytest.mark.rule("N5")
def test_a_taken_archive_name_gets_a_number_and_the_archive_category_is_used():
    stage = NightStage(a_university(), rules(archive_category="OLD"))
    stage.moodle.site.add_category("Old", "OLD")
    stage.moodle.site.add_course("ex_E1", "Somebody's", "OLD", idnumber="ex_E1")
    stage.night()
    stage.says(lambda u: drop(u, "elements.csv", "E1"))
    stage.tomorrow()
    stage.night()
    archived = course(stage, "ex_E1_2")
    assert (archived.shortname, archived.fullname) == ("ex_E1_2", "ex_(E1) Chimie_2")
    assert stage.moodle.site.state.categories[archived.category].idnumber == "OLD"


@pytest.mark.rule("N4")
def test_a_category_that_left_goes_only_if_it_is_empty():
    stage = NightStage(a_university().category("C2").category("C3"), rules())
    stage.night()
    stage.moodle.site.add_course("KEEP", "Kept", "C3", idnumber="KEEP")
    stage.says(lambda u: drop(u, "categories.csv", "C2"))
    stage.says(lambda u: drop(u, "categories.csv", "C3"))
    stage.tomorrow()
    run = stage.night()
    assert ops(stage, run) == [("category_delete", "C2")]
    said = night_papers.load_heading(stage.papers, run)["stays"]
    assert ["category", ["C3"], "not_empty", ["KEEP"]] in said


@pytest.mark.rule("N7")
@pytest.mark.rule("N8")
def test_who_moves_to_another_carrier_is_enrolled_there_before_he_is_taken_out():
    made = University().element("A").element("B").element("C", carrier="A").person("P1")
    made.row("groups.csv", "G1", "TD", "K").collection("K", "A", "B", "C").ip("P1", "C", "G1")
    stage = NightStage(made, rules())
    stage.night()
    assert people(stage, "A") == [("p1", "passerelle", "active", "student")]
    drop(made, "elements.csv", "C")
    made.element("C", carrier="B")
    stage.tomorrow()
    run = stage.night()
    assert [one[0] for one in ops(stage, run)] == ["enrol", "member_add", "suspend"]
    assert people(stage, "B") == [("p1", "passerelle", "active", "student")]
    assert people(stage, "A") == [("p1", "passerelle", "suspended", "student")]


@pytest.mark.rule("N11")
def test_a_student_moved_to_another_group_changes_groups_and_keeps_his_course(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.university.ip("P1", "E1", "G2")
    stage.tomorrow()
    run = stage.night()
    assert [one[0] for one in ops(stage, run)] == ["member_add", "member_remove"]
    assert members(stage, "E1") == [("G2", "p1"), ("G2", "p2")]


@pytest.mark.rule("N11")
@pytest.mark.parametrize("hanging", ["nothing", "hand", "restriction"])
def test_a_group_that_left_is_deleted_only_if_nothing_else_hangs_on_it(stage, hanging):
    site = stage.moodle.site
    group = next(g for g in site.state.groups.values() if g.idnumber == "G1")
    if hanging == "hand":
        site.add_user("guest1")
        site.enrol("E1", "guest1", "student")
        site.call(
            "core_group_add_group_members", members=[{"groupid": group.id, "userid": site.user("guest1").id}]
        )
    if hanging == "restriction":
        section = next(iter(course(stage, "E1").content.sections.values()))
        section.availability = f'{{"op":"&","c":[{{"type":"group","id":{group.id}}}]}}'
    drop(stage.university, "groups.csv", "G1")
    drop(stage.university, "ip.csv", "P1")
    stage.university.ip("P1", "E1", "G2")
    stage.tomorrow()
    run = stage.night()
    assert (group.id in site.state.groups) is (hanging != "nothing")
    assert ("G1", "p1") not in members(stage, "E1")
    assert run.failed == (hanging == "restriction")
    stage.tomorrow()
    assert stage.night().counts == {}  # not asked again each night


@pytest.mark.rule("N24")
def test_who_leaves_is_suspended_at_once_and_unenrolled_after_the_grace(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    stage.night()
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")
    assert ("G1", "p1") in members(stage, "E1")
    stage.tomorrow(13)
    assert stage.night().counts == {}
    stage.tomorrow()
    assert stage.night().counts == {"unenrol": 1}
    assert "p1" not in {row[0] for row in people(stage, "E1")}


@pytest.mark.rule("N24")
def test_coming_back_before_the_grace_ends_reactivates(stage):
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    stage.night()
    stage.university.ip("P1", "E1", "G1")
    stage.tomorrow(3)
    assert stage.night().counts == {"enrol": 1}
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow(12)
    assert stage.night().counts == {"suspend": 1}  # the grace begins anew


@pytest.mark.rule("N24")
def test_without_a_grace_who_leaves_is_unenrolled_at_once():
    stage = NightStage(a_university(), rules(removal_grace=0))
    stage.night()
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    assert stage.night().counts == {"unenrol": 1}


@pytest.mark.rule("N14")
def test_a_teacher_no_longer_planned_is_taken_out(stage):
    drop(stage.university, "ade.csv", "T1")
    stage.tomorrow()
    assert stage.night().counts == {"suspend": 1}


@pytest.mark.rule("N15")
def test_teachers_of_foad_courses_are_left_to_people(stage):
    site = stage.moodle.site
    site.enrol("FOAD-E2", "t1", "editingteacher")
    enrol = {
        "id": "1",
        "op": "enrol",
        "course": "FOAD-E2",
        "username": "t1",
        "role": "teacher",
        "source": "night",
    }
    assert stage.moodle.apply([enrol])[0].ok
    before = people(stage, "FOAD-E2")
    stage.tomorrow()
    assert stage.night().counts == {}
    assert people(stage, "FOAD-E2") == before


@pytest.mark.rule("N16")
def test_what_the_night_neither_made_nor_adopted_is_never_touched(stage):
    site = stage.moodle.site
    site.add_course("SPACE", "Complementary", "C1", idnumber="SPACE")
    site.add_group("SPACE", "Mine", "MINE")
    site.enrol("SPACE", "p1", "student")
    site.enrol("E1", "p3", "student")  # by hand, in a course of the night
    site.add_group("E1", "By hand", "HAND")
    before = (people(stage, "SPACE"), people(stage, "E1"), course(stage, "SPACE").fullname)
    stage.tomorrow()
    assert stage.night().counts == {}
    assert (people(stage, "SPACE"), people(stage, "E1"), course(stage, "SPACE").fullname) == before


@pytest.mark.rule("N23")
def test_an_unadopted_object_with_a_desired_code_stands_still_and_is_reported():
    stage = NightStage(a_university(), rules())
    site = stage.moodle.site
    site.add_category("Mine", "C1")
    site.add_course("E1", "Somebody's chemistry", "C1", idnumber="E1")
    run = stage.night()
    assert course(stage, "E1").fullname == "Somebody's chemistry"
    assert people(stage, "E1") == []
    stays = night_papers.load_heading(stage.papers, run)["stays"]
    assert {(kind, key[0], why) for kind, key, why, _ in stays} == {
        ("category", "C1", Still.NOT_ADOPTED.value),
        ("course", "E1", Still.NOT_ADOPTED.value),
    }


@pytest.mark.rule("N25")
def test_a_changed_login_name_and_address_update_the_same_account(stage):
    number = stage.moodle.site.user("p1").id
    drop(stage.university, "people.csv", "P1")
    stage.university.row("people.csv", "P1", "curie", "Curie", "Marie", "mc@univ.example", "student")
    stage.tomorrow()
    run = stage.night()
    assert run.counts == {"user_update": 1}
    user = stage.moodle.site.user("curie")
    assert (user.id, user.lastname, user.email) == (number, "Curie", "mc@univ.example")
    stage.tomorrow()
    assert stage.night().counts == {}


@pytest.mark.rule("N25")
def test_an_account_found_by_its_login_gets_its_code():
    stage = NightStage(a_university(), rules())
    made = stage.moodle.site.add_user("p1", "First P1", "Last P1")
    stage.night()
    assert stage.moodle.site.user("p1").id == made.id
    assert stage.moodle.site.user("p1").idnumber == "P1"


@pytest.mark.rule("N25")
@pytest.mark.parametrize("after", [None, 2])
def test_who_left_the_sources_sleeps_only_if_configured_and_wakes_on_return(after):
    stage = NightStage(a_university().person("P4"), rules(leavers_after=after))
    stage.moodle.site.add_user("hand", idnumber="HAND")
    stage.night()
    row = next(r for r in stage.university.tables["people.csv"] if r[0] == "P4")
    drop(stage.university, "people.csv", "P4")
    for _ in range(3):
        stage.tomorrow()
        stage.night()
    assert stage.moodle.site.user("p4").suspended is (after is not None)
    assert not stage.moodle.site.user("hand").suspended
    stage.university.tables["people.csv"].append(row)
    stage.tomorrow()
    stage.night()
    assert not stage.moodle.site.user("p4").suspended


@pytest.mark.rule("N25")
def test_a_cohort_that_left_is_emptied_not_deleted(stage):
    drop(stage.university, "cohorts.csv", "H1")
    drop(stage.university, "cohort_members.csv", "H1")
    stage.tomorrow()
    assert stage.night().counts == {"cohort_remove": 2}
    assert [row["idnumber"] for row in stage.moodle.export("cohorts")] == ["H1"]


@pytest.mark.rule("N21")
def test_one_blank_address_removes_nobody(stage):
    drop(stage.university, "people.csv", "P1")
    stage.university.person("P1", username="")
    stage.tomorrow()
    run = stage.night()
    assert run.counts == {}
    assert ["person", "P1", "no_username"] in night_papers.load_heading(stage.papers, run)["untouched"]


@pytest.mark.rule("N21")
def test_two_elements_that_carry_each_other_are_not_archived(stage):
    for code, carrier in (("E1", "E2"), ("E2", "E1")):
        drop(stage.university, "elements.csv", code)
        stage.university.element(code, carrier=carrier)
    stage.tomorrow()
    assert stage.night().counts == {}


@pytest.mark.rule("N21")
def test_a_duplicate_key_removes_nothing(stage):
    stage.university.row("groups.csv", "G1", "Another", "KG1")
    stage.tomorrow()
    assert stage.night().counts == {}


# -- guard and freeze -----------------------------------------------------------------------------------


TIGHT = Guard(
    all=Limit(percent=100, absolute=1),
    category=Limit(percent=100, absolute=100),
    course=Limit(percent=100, absolute=100),
    source=Limit(percent=10, absolute=100),
)


@pytest.mark.rule("N20")
def test_too_many_removals_and_a_source_that_shrank_wait_for_a_person():
    stage = NightStage(a_university(), NightRules(guard=TIGHT))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.university.ip("P1", "E2", "")
    stage.tomorrow()
    run = stage.plan()
    assert run.state is RunState.HELD
    assert {one.split(":")[0] for one in run.holds} == {"all", "source"}
    with pytest.raises(Refused) as refused:
        night_applying.apply_run(stage.world, run.id)
    assert refused.value.code == "night_held"
    assert ("p1", "passerelle", "active", "student") in people(stage, "E1")
    released = night_desk.release(stage.world, run.id, "desk@caen")
    assert (released.released_by, released.released_at) == ("desk@caen", stage.clock.now())
    assert night_applying.apply_run(stage.world, run.id).state is RunState.DONE
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")


@pytest.mark.rule("N20")
@pytest.mark.parametrize("scope", ["category", "course"])
def test_one_category_or_course_is_guarded_by_itself(scope):
    guard = {"all": OPEN.all, "source": OPEN.source, "category": OPEN.category, "course": OPEN.course}
    stage = NightStage(
        a_university(), NightRules(guard=Guard(**guard | {scope: Limit(percent=1, absolute=0)}))
    )
    stage.night()
    drop(stage.university, "ip.csv", "P1")
    stage.tomorrow()
    run = stage.plan()
    assert [one.split(":")[:2] for one in run.holds] == [[scope, {"category": "C1", "course": "E1"}[scope]]]


@pytest.mark.rule("N20")
def test_additions_go_on_while_removals_are_held():
    stage = NightStage(a_university(), NightRules(guard=Guard(**{**_fields(TIGHT), "additions_go_on": True})))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    run = stage.night()
    assert run.state is RunState.HELD
    rows = people(stage, "E1")
    assert ("p3", "passerelle", "active", "student") in rows
    assert ("p1", "passerelle", "active", "student") in rows
    night_desk.release(stage.world, run.id, "desk")
    assert night_applying.apply_run(stage.world, run.id).state is RunState.DONE
    assert ("p1", "passerelle", "suspended", "student") in people(stage, "E1")


def _fields(guard):
    return {name: getattr(guard, name) for name in ("all", "category", "course", "source")}


@pytest.mark.rule("N20")
def test_a_released_plan_that_a_later_night_overtook_is_refused():
    stage = NightStage(a_university(), NightRules(guard=TIGHT))
    stage.night()
    drop(stage.university, "ip.csv")
    stage.tomorrow()
    run = stage.plan()
    stage.tomorrow()
    stage.plan()
    with pytest.raises(Refused) as refused:
        night_desk.release(stage.world, run.id, "desk")
    assert refused.value.code == "night_overtaken"


@pytest.mark.rule("N20")
def test_a_person_may_hold_a_site_and_let_it_go(stage):
    night_desk.hold_site(stage.world, "caen", "ada", "exams")
    stage.university.ip("P3", "E1", "G1")
    stage.tomorrow()
    assert stage.plan().state is RunState.HELD
    night_desk.hold_site(stage.world, "caen", "")
    assert stage.night().state is RunState.DONE


@pytest.mark.rule("N18")
def test_a_frozen_night_says_what_it_would_have_done_and_a_thaw_shows_its_plan_first(stage):
    night_desk.freeze(stage.world, "caen", Freeze(since=stage.day, until=None, by="ada"))
    stage.university.person("P9").ip("P9", "E1", "G1")
    stage.tomorrow()
    run = stage.night()
    assert (run.state, run.counts, run.frozen) == (RunState.DONE, {"user_create": 1}, 2)
    assert [one[0] for one in ops(stage, run, withheld=True)] == ["enrol", "member_add"]
    stage.tomorrow()
    assert stage.plan().state is RunState.FROZEN
    night_desk.thaw(stage.world, "caen", stage.day)
    thawed = stage.plan()
    assert (thawed.state, [one.split(":")[0] for one in thawed.holds]) == (RunState.HELD, ["thaw"])
    night_desk.release(stage.world, thawed.id, "ada")
    assert night_applying.apply_run(stage.world, thawed.id).counts == {"enrol": 1, "member_add": 1}


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ({"courses": ("E1",)}, {"enrol"}),
        ({"categories": ("C2",)}, {"course_update"}),
        ({"years": ("2025",)}, set()),
        ({"people": True}, {"enrol", "course_update", "user_update"}),
    ],
)
def test_a_freeze_covers_a_year_a_category_or_a_course(freeze, frozen):
    made = a_university().element("E5", category="C2")
    stage = NightStage(made, rules())
    stage.night()
    made.ip("P3", "E1", "G1")
    drop(made, "elements.csv", "E5")
    made.element("E5", title="Renamed", category="C2")
    drop(made, "people.csv", "P2")
    made.row("people.csv", "P2", "p2", "Other", "Name", "p2@univ.example", "student")
    stage.tomorrow()
    night_desk.freeze(stage.world, "caen", Freeze(since=stage.day, **freeze))
    run = stage.plan()
    withheld = {one[0] for one in ops(stage, run, withheld=True)} - {"member_add"}
    assert withheld == frozen


# -- stages ----------------------------------------------------------------------------------------------


@pytest.mark.rule("N17")
def test_five_stages_one_after_the_other_do_what_one_whole_night_does():
    whole, staged = NightStage(a_university(), rules()), None
    whole.night()
    expected = sorted((row["course"], row["username"]) for row in whole.moodle.export("enrolments"))
    staged = NightStage(a_university(), rules())
    for one in Stage:
        assert staged.night(one).state is RunState.DONE
    assert sorted((r["course"], r["username"]) for r in staged.moodle.export("enrolments")) == expected
    staged.tomorrow()
    assert staged.plan().counts == {}


@pytest.mark.rule("N17")
def test_a_stage_waits_for_the_one_it_needs_and_refuses_after_its_failure(stage):
    stage.tomorrow()
    with pytest.raises(StageWaits):
        stage.plan(Stage.GROUPS)
    stage.night(Stage.OFFER)
    stage.sources.read = lambda *_: University(year="").extracts()
    with pytest.raises(Refused):
        stage.plan(Stage.USERS)
    del stage.sources.read
    with pytest.raises(Refused) as refused:
        stage.plan(Stage.ENROLMENTS)
    assert refused.value.code == "stage_needs"


@pytest.mark.rule("N20")
def test_a_file_that_is_missing_stops_the_night_before_it_plans(stage):
    good = stage.sources.read
    cut = stage.university.contents()
    del cut["ip.csv"]
    stage.tomorrow()
    stage.sources.read = lambda *_: read_extracts({name: BytesIO(body) for name, body in cut.items()})
    with pytest.raises(SourcesIncomplete):
        stage.plan()
    run = night_desk.newest(stage.world, "caen")
    assert (run.state, run.error) == (RunState.FAILED, "night_sources_stopped")
    stage.sources.read = good
    assert stage.night().state is RunState.DONE
