"""The figures and names of a night's report, made of runs, rows and findings that stand here (N19, D13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from passerelle.domain.night.plan.plan import ADDITIONS, REMOVALS
from passerelle.domain.night.report.report import (
    ADDED,
    REMOVED,
    Ingredients,
    Line,
    NightReport,
    NotApplied,
    SourceFile,
    StageLine,
    Trend,
    compose,
)
from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.model import Because as Refusal
from passerelle.domain.offer.model import RefusedRow, Table
from passerelle.domain.states import RunState
from tests.factories.night import NIGHT, a_run
from tests.factories.offer import University


def a_report(made: University | None = None, *findings: Reason, **more: object) -> NightReport:
    extracts = (made or University()).extracts()
    known = {"extracts": extracts, "desired": (made or University()).desired(), "findings": findings}
    begun = a_run().started_at
    return compose(Ingredients("caen", "eCampus", NIGHT, begun, **(known | more)))  # type: ignore[arg-type]


@pytest.mark.rule("N20")
def test_what_the_figures_call_added_and_removed_is_what_the_guard_does():
    assert set(ADDED) == ADDITIONS
    assert set(REMOVED) == REMOVALS | {"course_archive"}


@pytest.mark.rule("D13")
def test_the_stages_of_a_night_stand_in_the_order_in_which_they_began_without_what_ran_beside_them():
    late = a_run("groups", counts={"member_add": 2}, done=2, failed=1, frozen=3, holds=("h",), error="e")
    late = replace(late, released_by="ada")
    report = a_report(
        runs=(late, a_run("users"), a_run("offer", adoption=True), a_run("users", date(2026, 10, 5)))
    )
    assert [one.stage for one in report.stages] == ["users", "groups"]
    begun, ended = late.started_at, late.finished_at
    assert report.stages[1] == StageLine(
        "groups", "done", begun, ended, {"member_add": 2}, 2, 1, 3, ("h",), "e", "ada"
    )
    assert [one.seconds for one in report.stages] == [390, 390]
    assert replace(report.stages[1], finished_at=None).seconds == 0
    assert (report.site, report.title, report.night, report.year) == ("caen", "eCampus", NIGHT, "2026")
    assert report.made_at == a_run().started_at


@pytest.mark.rule("D13")
def test_what_a_held_stage_would_have_done_is_apart_from_what_was_done():
    held = a_run("enrolments", state=RunState.HELD, counts={"suspend": 3, "enrol": 1})
    report = a_report(
        runs=(held, a_run("groups", counts={"member_add": 2}), a_run("users", counts={"enrol": 4}))
    )
    assert (report.would, report.done) == ({"enrol": 1, "suspend": 3}, {"enrol": 4, "member_add": 2})
    assert list(report.counts.items()) == [("enrol", 5), ("member_add", 2), ("suspend", 3)]
    assert (report.held, report.failed) == (True, False)


@pytest.mark.rule("D13")
@pytest.mark.parametrize(
    ("runs", "held", "failed"),
    [
        ((), False, False),
        ((a_run(),), False, False),
        ((a_run(state=RunState.FAILED),), False, True),
        ((a_run(failed=1),), False, True),
        ((a_run("users"), a_run(state=RunState.HELD)), True, False),
    ],
)
def test_a_night_is_held_or_failed_if_one_of_its_stages_is(runs, held, failed):
    report = a_report(runs=runs)
    assert (report.held, report.failed) == (held, failed)


@pytest.mark.rule("D13")
def test_a_night_never_ran_if_its_hour_passed_and_no_stage_began():
    missing = Reason(Cause.STAGE_MISSING)
    assert not a_report().never_ran
    assert a_report(None, missing).never_ran
    begun = a_report(None, missing, runs=(a_run(),))
    assert (begun.missing, begun.never_ran) == (True, False)


@pytest.mark.rule("N20")
def test_the_trend_shows_thirty_nights_up_to_this_one_oldest_first():
    nights = [NIGHT - timedelta(back) for back in range(-1, 32)]
    trend = a_report(runs=tuple(a_run(night=night) for night in nights)).trend
    assert [one.night for one in trend] == [str(NIGHT - timedelta(back)) for back in range(29, -1, -1)]


@pytest.mark.rule("N20")
def test_a_night_in_the_trend_adds_its_stages_up():
    users = a_run("users", minutes=1, counts={"user_create": 2, "user_update": 3})
    archives = a_run("offer", minutes=2, counts={"course_archive": 5, "course_update": 7, "suspend": 11})
    beside = a_run("groups", counts={"member_add": 1}, adoption=True)
    assert a_report(runs=(users, archives, beside)).trend == (
        Trend(str(NIGHT), 2, 10, 16, 180, False, False),
    )
    held = a_run("enrolments", minutes=3, state=RunState.HELD, holds=("all",))  # heard of after three minutes
    failed = a_run("groups", minutes=0, state=RunState.FAILED)
    assert a_report(runs=(held, failed)).trend == (Trend(str(NIGHT), 0, 0, 0, 180, True, True),)
    assert a_report(runs=(failed, users)).trend[0].failed
    assert a_report(runs=(held, users)).trend[0].held


@pytest.mark.rule("N21")
def test_each_source_is_shown_with_its_rows_before_and_those_refused():
    made = University().person("P1").person("P2").row("ip.csv", "P1", "").row("ip.csv", "P1")
    report = a_report(made, good_rows={"ip.csv": 9, "gone.csv": 1})
    assert [one for one in report.sources if one.file in ("ip.csv", "people.csv")] == [
        SourceFile("ip.csv", 2, 9, 2),
        SourceFile("people.csv", 2, None, 0),
    ]
    assert [one.file for one in report.sources] == sorted(one.file for one in report.sources)
    assert len(report.refused) == 2
    noted = RefusedRow(Table.IA, "ia.csv", 3, Refusal.BAD_VALUE)
    extracts = replace(made.extracts(), noted=(noted,))
    assert a_report(made, extracts=extracts).refused[-1] == noted


@pytest.mark.rule("N21")
def test_what_was_left_untouched_and_what_is_no_element_is_counted():
    made = University().element("E1").person("P1").person("P2", email="").ip("P1", "ELSEWHERE", "G1")
    report = a_report(made)
    assert (report.untouched, report.elsewhere) == (1, 1)


@pytest.mark.rule("D1")
def test_a_line_stands_in_the_faculty_at_the_top_of_its_course_and_names_course_and_person():
    made = University().category("SCI", title="Sciences").category("L2", "SCI", "Licence 2").category("DRO")
    made.element("E1", title="Chimie", category="L2", distance=True).element(
        "E2", title="Solutions", carrier="E1"
    )
    made.person("P1", firstname="Ada", lastname="").person("P2")
    findings = (
        Reason(Cause.NO_IP, course="E1", person="P1"),
        Reason(Cause.FOAD_WITHOUT_TEACHER, course="FOAD-E1"),
        Reason(Cause.BECAME_CARRIED, course="E2"),
        Reason(Cause.ARCHIVE_ACTIVE, course="ex_E9"),
        Reason(Cause.STAGE_MISSING),
    )
    pages = {"E1": "https://moodle/1", "FOAD-E1": "https://moodle/2", "ex_E9": "https://moodle/9"}
    report = a_report(made, *findings, pages=pages)
    assert [line.faculty for line in report.lines] == ["SCI", "SCI", "C1", "", ""]
    assert report.faculties == {"C1": "Category C1", "SCI": "Sciences"}
    assert report.courses == {
        "E1": "(E1) Chimie",
        "FOAD-E1": "FOAD - (E1) Chimie",
        "E2": "(E2) Solutions",
    }
    assert report.people == {"P1": "Ada"}
    assert report.pages == pages
    assert [(code, len(lines)) for code, lines in report.by_faculty().items()] == [
        ("", 2),
        ("C1", 1),
        ("SCI", 2),
    ]
    assert [(who, len(lines)) for who, lines in report.by_repairs()] == [
        (Repairs.SCOLARITE, 2),
        (Repairs.CEMU, 1),
        (Repairs.ADMINISTRATOR, 2),
    ]
    assert Line(findings[3], "").check == "D9"


@pytest.mark.rule("N1")
def test_a_line_about_an_element_leads_to_its_ordinary_course_whatever_that_is_called():
    made = University().element("E1", distance=True)
    desired = made.desired()
    named = replace(desired.courses["E1"], idnumber="c-E1")
    courses = {"c-E1": named, "FOAD-E1": desired.courses["FOAD-E1"]}
    report = a_report(
        made,
        Reason(Cause.NO_IP, course="E1"),
        desired=replace(desired, courses=courses),
        pages={"c-E1": "https://moodle/1", "FOAD-E1": "https://moodle/2"},
    )
    assert report.pages == {"E1": "https://moodle/1"}


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            {"op": "enrol", "course": "E1", "username": "p1", "phase": "enrol"},
            NotApplied("enrol", "E1", "e", "p1"),
        ),
        (
            {"op": "member_add", "course": "E1", "group": "G1", "username": "p1"},
            NotApplied("member_add", "E1 / G1", "e", "p1"),
        ),
        ({"op": "cohort_add", "cohort": "H1", "username": "p1"}, NotApplied("cohort_add", "H1", "e", "p1")),
        ({"op": "group_create", "course": "E1", "idnumber": "E1"}, NotApplied("group_create", "E1", "e")),
        (
            {"op": "group_create", "course": "E1", "idnumber": "G1"},
            NotApplied("group_create", "E1 / G1", "e"),
        ),
        (
            {"op": "course_update", "idnumber": "E1", "phase": "archive"},
            NotApplied("course_archive", "E1", "e"),
        ),
        (
            {"op": "course_update", "idnumber": "E1", "phase": "courses"},
            NotApplied("course_update", "E1", "e"),
        ),
        ({"op": "group_delete", "idnumber": "G1", "phase": "archive"}, NotApplied("group_delete", "G1", "e")),
    ],
)
def test_what_moodle_refused_is_told_by_its_kind_and_place(line, told):
    (found,) = a_report(failures=({**line, "errorcode": "e"},)).not_applied
    assert (found, found.person) == (told, told.person)
