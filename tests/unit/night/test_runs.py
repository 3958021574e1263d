"""A run of a stage: who has it, who waits for whom, and which plans a person holds (N17, N18, N20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Hold, Phase
from passerelle.domain.night.plan.run import (
    ADOPTION,
    MORNING,
    PERSON,
    SILENT,
    WHOLE,
    NightDesk,
    Run,
    moved_run,
    run_id,
)
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.factories.records import NOW
from tests.scenes.night import OPEN, rules
from tests.unit.night.faculty import NIGHT


def a_run(**more: object) -> Run:
    fields = {"id": "x", "site": "caen", "night": "2026-10-06", "stage": "offer", "started_at": NOW}
    return Run(**({**fields, "heard_at": NOW} | more))  # type: ignore[arg-type]


def test_a_run_is_called_by_its_site_night_and_stage_and_these_names_outlive_releases():
    assert run_id("caen", date(2026, 10, 6), Stage.OFFER) == "caen/2026-10-06/offer"
    assert run_id("caen", date(2026, 10, 6), None) == "caen/2026-10-06/night"
    assert (WHOLE, ADOPTION, PERSON) == ("night", "adopt", "person")


@pytest.mark.rule("D13")
def test_by_seven_in_the_morning_every_stage_has_ended():
    assert MORNING.isoformat() == "07:00:00"


@pytest.mark.rule("N17")
@pytest.mark.parametrize("state", RunState)
def test_a_run_is_under_way_while_it_is_planned_or_applied(state):
    assert a_run(state=state).under_way is (state.value in {"planning", "planned", "applying"})


@pytest.mark.rule("N20")
@pytest.mark.parametrize(
    ("state", "known", "waits"),
    [
        (RunState.HELD, {}, True),
        (RunState.HELD, {"released_by": "ada"}, False),
        (RunState.FAILED, {}, False),
        (RunState.FAILED, {"folder": "f"}, False),
        (RunState.FAILED, {"holds": ("all",)}, False),
        (RunState.FAILED, {"folder": "f", "holds": ("all",)}, True),
        (RunState.FAILED, {"folder": "f", "held_by": "ada"}, True),
        (RunState.FAILED, {"folder": "f", "held_by": "ada", "released_by": "ada"}, False),
        (RunState.DONE, {"folder": "f", "holds": ("all",)}, False),
    ],
)
def test_what_was_held_waits_until_a_person_releases_it_even_if_it_failed_since(state, known, waits):
    assert a_run(state=state, **known).waits_for_a_person is waits


@pytest.mark.rule("N17")
@pytest.mark.parametrize(
    ("holder", "silent", "leased"),
    [
        ("another", timedelta(0), True),
        ("another", SILENT - timedelta(seconds=1), True),
        ("another", SILENT, False),
        ("me", timedelta(0), False),
        ("", timedelta(0), False),
    ],
)
def test_a_lease_is_anothers_until_he_has_been_silent_for_longer_than_a_function_runs(holder, silent, leased):
    assert a_run(holder=holder).leased_to_another("me", NOW + silent) is leased
    assert timedelta(minutes=20) == SILENT


@pytest.mark.rule("N17")
@pytest.mark.parametrize(
    ("stage", "newest", "by"),
    [
        ("offer", {"offer": "2026-10-07"}, "2026-10-07"),
        ("offer", {"offer": "2026-10-06"}, ""),
        ("offer", {"offer": "2026-10-05"}, ""),
        ("offer", {"users": "2026-10-07"}, ""),
        ("offer", {"night": "2026-10-08", "offer": "2026-10-07"}, "2026-10-08"),
        ("night", {"users": "2026-10-07", "offer": "2026-10-08"}, "2026-10-08"),
        ("adopt", {"users": "2026-10-07"}, "2026-10-07"),
        ("night", {}, ""),
    ],
)
def test_a_plan_is_overtaken_by_a_newer_night_that_read_its_stages_sources(stage, newest, by):
    assert NightDesk(id="caen", newest=newest).overtaken(stage, "2026-10-06") == by


@pytest.mark.rule("N19")
def test_of_a_runs_history_the_last_fifty_moments_are_kept():
    run = a_run(state=RunState.APPLYING)
    for number in range(51):
        run = moved_run(run, RunState.APPLYING, NOW + timedelta(number), str(number))
    assert [one.why for one in run.history] == [str(number) for number in range(1, 51)]
    assert (run.heard_at, run.history[-1].state) == (NOW + timedelta(50), "applying")


# -- the plan that a run makes -----------------------------------------------------------------------------


def plan(university: University, **more: object):
    files, rows = more.pop("files", None), more.pop("source_rows", None)
    night = Night(site="caen", date=NIGHT, **({"rules": rules(guard=OPEN)} | more))  # type: ignore[arg-type]
    desired = build_desired(university.extracts(), Naming(), frozenset())
    made = Moodle().user("p9", "P9", suspended=True)
    memory = Memory(put_to_sleep=frozenset({1, 77}))  # 77 is gone from Moodle
    return make_plan(night, desired, made.actual(), memory, files=files, source_rows=rows, inputs={"b": "1"})


@pytest.mark.rule("N18")
@pytest.mark.rule("N20")
@pytest.mark.parametrize(
    ("decided", "holds"),
    [
        ({}, ()),
        ({"thawing": True}, (Hold("thaw", "", 2, 0),)),
        ({"held_by": "ada"}, (Hold("person", "ada", 2, 0),)),
        ({"thawing": True, "held_by": "ada"}, (Hold("thaw", "", 2, 0), Hold("person", "ada", 2, 0))),
        ({"thawing": True, "freezes": (Freeze(NIGHT),)}, ()),  # frozen still
    ],
)
def test_a_thaw_and_a_person_hold_a_plan_that_has_anything_to_do_additions_too(decided, holds):
    university = University().element("E1")
    made = plan(university, rules=rules(guard=replace(OPEN, additions_go_on=True)), **decided)
    assert made.verdict.holds == holds
    assert made.verdict.additions_go_on is not bool(holds)
    assert made.verdict.held is bool(holds)
    assert (len(made.operations), len(made.frozen)) == ((0, 2) if "freezes" in decided else (2, 0))
    assert plan(University(), **decided).verdict.holds == ()


@pytest.mark.rule("N17")
@pytest.mark.parametrize("stage", [None, Stage.OFFER, Stage.USERS])
def test_a_stage_plans_its_own_operations_alone(stage):
    made = plan(University().element("E1").person("P1"), stage=stage)
    kinds = {
        None: ["user_create", "category_create", "course_create"],
        Stage.USERS: ["user_create"],
        Stage.OFFER: ["category_create", "course_create"],
    }
    assert [one.op for one in made.operations] == kinds[stage]
    assert made.stage is stage


@pytest.mark.rule("N19")
def test_a_plan_names_what_it_rests_on_and_remembers_only_accounts_that_are_there():
    made = plan(University(), files={"ip.csv": "enrollments.csv"}, source_rows={"b.csv": 2, "a.csv": 1})
    assert (made.files, list(made.source_rows)) == ({"ip.csv": "enrollments.csv"}, ["a.csv", "b.csv"])
    assert (made.site, made.night, made.year, made.inputs) == ("caen", NIGHT, "2026", {"b": "1"})
    assert made.memory.put_to_sleep == {1}


@pytest.mark.rule("N25")
@pytest.mark.rule("D11")
def test_a_plan_tells_what_stands_still_of_people_cohorts_and_places():
    moodle = Moodle().user("p1", "P1").user("p2", "P1").category("C1", ours=False)
    moodle.put("cohorts", idnumber="H1", name="H1", component="")
    desired = build_desired(University().person("P1", username="p3").cohort().category().extracts())
    made = make_plan(Night(site="caen", date=NIGHT), desired, moodle.actual(), Memory())
    assert [one.kind for one in made.stays] == ["category", "cohort", "user"]


@pytest.mark.rule("N18")
def test_a_freeze_of_a_category_covers_the_course_of_a_category_made_under_it_the_same_night():
    university = University().category("C1").category("C2", "C1").element("E1", category="C2")
    made = plan(university, freezes=(Freeze(NIGHT, categories=("C1",)),))
    assert [(one.op, one.phase) for one in made.frozen] == [
        ("category_create", Phase.CATEGORIES),
        ("category_create", Phase.CATEGORIES),
        ("course_create", Phase.COURSES),
    ]
    assert made.freezes == (Freeze(NIGHT, categories=("C1",)),)
