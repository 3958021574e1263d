"""The plan of a night, proved on the twin: what it does, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Phase
from passerelle.domain.night.plan.serialised import memory_document, read_memory
from tests.factories.offer import University
from tests.scenes.night_site import NIGHT, Moodle, text_of
from tests.unit.offer.universities import CHANCE, grow, shuffle, spoiled

few = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def without_lines(plan):
    return [(one.phase, one.op, one.values, one.because) for one in plan.operations]


@pytest.mark.rule("N19")
@few
@given(CHANCE)
def test_an_applied_plan_leaves_nothing_to_do(chance):
    moodle, university = Moodle(), grow(chance)
    first = moodle.run(university)
    assert moodle.plan(university, first.memory).operations == ()


@pytest.mark.rule("N19")
@few
@given(CHANCE)
def test_from_any_university_to_any_other_and_then_nothing(chance):
    moodle = Moodle()
    first = moodle.run(grow(chance))
    other = grow(chance)
    second = moodle.run(other, first.memory, date=NIGHT + timedelta(1))
    assert moodle.plan(other, second.memory, date=NIGHT + timedelta(1)).operations == ()
    after = moodle.run(other, second.memory, date=NIGHT + timedelta(15))
    assert all(one.op == "unenrol" for one in after.operations)
    assert moodle.plan(other, after.memory, date=NIGHT + timedelta(16)).operations == ()


@pytest.mark.rule("N21")
@few
@given(spoiled())
def test_a_row_gone_bad_never_takes_anything_away(pair):
    good, bad = pair
    moodle = Moodle()
    first = moodle.run(good)
    extracts = bad.extracts()
    assume(extracts.refused and not extracts.problems)
    second = moodle.plan(extracts, first.memory, date=NIGHT + timedelta(1))
    harm = [
        (one.op, one.values)
        for one in second.operations
        if one.removes or one.op in ("course_update", "category_update", "group_update", "user_update")
    ]
    assert harm == []


@pytest.mark.rule("N21")
@few
@given(CHANCE)
def test_the_order_of_rows_does_not_change_the_plan(chance):
    moodle, university = Moodle(), grow(chance)
    plan = moodle.plan(university)
    assert without_lines(moodle.plan(shuffle(university, chance))) == without_lines(plan)


@pytest.mark.rule("N19")
@few
@given(CHANCE)
def test_two_plans_on_the_same_inputs_are_the_same_bytes(chance):
    moodle, university = Moodle(), grow(chance)
    moodle.run(grow(chance))
    plan = moodle.plan(university)
    assert text_of(plan) == text_of(moodle.plan(university))
    assert read_memory(memory_document(plan.memory)) == plan.memory
    assert read_memory(None) == Memory()


@pytest.mark.rule("N19")
@few
@given(CHANCE)
def test_every_operation_that_gives_names_its_rows(chance):
    plan = Moodle().plan(grow(chance))
    for one in plan.operations:
        assert one.rows or one.op in ("cohort_create", "cohort_update")
    phases = [(one.phase, one.wave) for one in plan.operations]
    assert phases == sorted(phases)
    assert {one.phase for one in plan.operations} <= set(Phase)


@pytest.mark.rule("N2")
def test_names_longer_than_moodles_columns_are_cut_once_and_not_again():
    """Moodle refuses a longer one: the group would be missing night after night."""
    university = University().category("C1", title="c" * 300).element("E1", title="e" * 300)
    university.group("G1", "g" * 300, on=("E1",)).row("cohorts.csv", "H1", "h" * 300)
    moodle = Moodle()
    first = moodle.run(university)
    names = {one.op: len(str(one["name"] or one["fullname"])) for one in first.operations}
    assert names == {"cohort_create": 254, "category_create": 255, "course_create": 254, "group_create": 254}
    assert moodle.plan(university, first.memory).operations == ()
