"""A file stops the stages that read it, and no others."""

from __future__ import annotations

import pytest

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.stages import TABLES, Stage, stopped_stages
from passerelle.sources.extracts import read_extracts
from tests.factories.offer import University


@pytest.mark.rule("N17")
@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("people.csv", {Stage.USERS, Stage.COHORTS, Stage.ENROLMENTS, Stage.GROUPS}),
        ("cohorts.csv", {Stage.COHORTS}),
        ("categories.csv", {Stage.OFFER, Stage.ENROLMENTS, Stage.GROUPS}),
        ("ade.csv", {Stage.ENROLMENTS}),
        ("ip.csv", {Stage.ENROLMENTS, Stage.GROUPS}),
        ("manifest.json", set(Stage)),
    ],
)
def test_a_file_that_is_missing_stops_who_reads_it(file: str, stages: set[Stage]) -> None:
    streams = University().streams()
    del streams[file]

    assert set(stopped_stages(read_extracts(streams))) == stages


@pytest.mark.rule("N21")
def test_without_the_registrations_no_student_leaves_and_teachers_still_may() -> None:
    streams = University().element("E1").person("P1").streams()
    del streams["ip.csv"]

    unknown = build_desired(read_extracts(streams)).unknown

    assert unknown.has_enrolment("E1", "p1", "student")
    assert not unknown.has_enrolment("E1", "p1", "editingteacher")


# Which groups exist decides who is enrolled, and who is enrolled who is a member.
READS = """
users people
cohorts people cohorts cohort_members
offer categories elements
enrolments categories elements collections groups people ia ip ade
groups categories elements collections groups people ia ip
"""


@pytest.mark.rule("N17")
def test_every_stage_rests_on_the_tables_that_decide_about_it() -> None:
    read = {stage.value: {table.value.removesuffix(".csv") for table in TABLES[stage]} for stage in TABLES}
    lines = (line.split() for line in READS.strip().splitlines())
    assert read == {stage: set(tables) for stage, *tables in lines}
    assert set(TABLES) == set(Stage)
