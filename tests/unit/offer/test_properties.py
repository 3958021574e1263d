"""What holds for every university, drawn at random."""

from __future__ import annotations

import copy
import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import STUDENT, Desired, as_lists
from passerelle.domain.offer.model import Registration
from passerelle.sources.extracts import read_extracts
from tests.factories.night import sources_findings
from tests.factories.offer import University
from tests.unit.offer.universities import CHANCE, grow_and_spoil, shuffle, spoiled, universities

KEYS_OF = {
    "users": 1,
    "cohorts": 1,
    "cohort_members": 2,
    "categories": 1,
    "courses": 1,
    "groups": 2,
    "enrolments": 3,
    "members": 3,
}


def keys(desired: Desired, name: str) -> set[tuple[str, ...]]:
    return {tuple(row[: KEYS_OF[name]]) for row in as_lists(desired)[name]}


def as_text(made: University) -> str:
    traps = [(f.cause, f.course, f.person, dict(f.details)) for f in sources_findings(made)]
    return json.dumps([as_lists(made.desired()), traps])


@pytest.mark.rule("N19")
@given(spoiled(), CHANCE)
@settings(max_examples=50)
def test_the_order_of_rows_does_not_matter(pair: tuple[University, University], chance: Random) -> None:
    _, made = pair

    assert as_text(shuffle(made, chance)) == as_text(made)


@given(universities(), st.data())
@settings(max_examples=50)
def test_a_good_row_removed_never_adds(made: University, data: st.DataObject) -> None:
    """Whatever file the row is in, a carrier's included: what was carried is then refused, never given a
    course of its own. It may rename (a label that is doubled no more), which is no addition. Rows that
    contradict each other are another matter: without one, the other is good again."""
    places = [(file, index) for file, rows in made.tables.items() for index in range(len(rows))]
    if not places:
        return
    file, index = data.draw(st.sampled_from(places))
    less = copy.deepcopy(made)
    del less.tables[file][index]

    before, after = made.desired(), less.desired()

    for name in KEYS_OF:
        assert keys(after, name) <= keys(before, name)


@pytest.mark.rule("N12")
@given(universities())
@settings(max_examples=50)
def test_no_student_is_enrolled_without_a_reason(made: University) -> None:
    desired = made.desired()
    people = {row.username: code for code, row in desired.users.items()}

    for (course, username, role), reasons in desired.enrolments.items():
        assert reasons
        for row in reasons:
            assert people[username] == row.person
            bearer = desired.structure.bearer[row.element]
            assert course in (bearer, f"FOAD-{bearer}")
            if role == STUDENT:
                assert isinstance(row, Registration)
                assert (course, row.group, username) in desired.members
    for (course, group, username), rows in desired.members.items():
        assert (course, group) in desired.groups
        assert set(rows) <= set(desired.enrolments[course, username, STUDENT])


@pytest.mark.rule("N7")
@given(universities())
@settings(max_examples=50)
def test_a_chain_of_carriers_ends_at_one_bearer_or_is_refused_whole(made: University) -> None:
    structure = made.desired().structure
    carriers = {row[0]: row[4] for row in made.tables["elements.csv"]}

    for code, carrier in carriers.items():
        assert (code in structure.bearer) != (code in structure.refused_elements)
        if code in structure.bearer and carrier:
            assert structure.bearer[code] == structure.bearer[carrier]
            assert carriers[structure.bearer[code]] == ""
        if carrier and carrier not in structure.bearer:
            assert code in structure.refused_elements


@pytest.mark.rule("N21")
@given(spoiled())
@settings(max_examples=50)
def test_a_row_gone_bad_never_removes_and_never_renames(pair: tuple[University, University]) -> None:
    good, bad = pair

    assert lost_for_certain(good.desired(), bad.desired()) == []


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    "seeds", [range(400), pytest.param(range(400, 20_000), marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_of_many_rows_gone_bad_none_removes(seeds: range) -> None:
    for seed in seeds:
        good, bad = grow_and_spoil(Random(seed))

        assert lost_for_certain(good.desired(), bad.desired()) == [], seed


@pytest.mark.rule("N21")
def test_several_rows_gone_bad_at_once_do_not_remove_either() -> None:
    for seed in range(150):
        good, bad = grow_and_spoil(Random(seed), rows=3)

        assert lost_for_certain(good.desired(), bad.desired()) == [], seed


@pytest.mark.rule("N21")
@given(universities(), st.sampled_from(sorted(University().tables)))
@settings(max_examples=50)
def test_a_file_that_stopped_never_removes(made: University, file: str) -> None:
    streams = made.streams()
    del streams[file]

    assert lost_for_certain(made.desired(), build_desired(read_extracts(streams))) == []


def lost_for_certain(before: Desired, after: Desired) -> list[object]:
    """What a difference of the two nights would remove, archive or rename on the word of a bad row."""
    unknown = after.unknown
    code = {row.username: row.code for row in before.users.values()}
    lost: list[object] = []
    lost += [
        key for key in before.categories if key not in after.categories and not unknown.has_category(key)
    ]
    lost += [key for key in before.courses if key not in after.courses and not unknown.has_course(key)]
    lost += [key for key in before.groups if key not in after.groups and not unknown.has_group(*key)]
    lost += [
        (key, "renamed")
        for key, row in before.groups.items()
        if key in after.groups and after.groups[key].name != row.name and not unknown.has_group_name(*key)
    ]
    lost += [
        key
        for key, row in before.users.items()
        if key not in after.users and not unknown.has_user(row.username, key)
    ]
    lost += [key for key in before.cohorts if key not in after.cohorts and not unknown.has_cohort(key)]
    lost += [
        key
        for key in before.cohort_members
        if key not in after.cohort_members and not unknown.has_cohort_member(*key, code[key[1]])
    ]
    lost += [
        key
        for key in before.enrolments
        if key not in after.enrolments and not unknown.has_enrolment(*key, code[key[1]])
    ]
    lost += [
        key
        for key in before.members
        if key not in after.members and not unknown.has_member(*key, code[key[2]])
    ]
    return lost
