"""Two readings of infra/docs/extracts.md agree."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from passerelle.domain.offer.desired import as_lists
from tests.factories.offer import HEADERS, University
from tests.unit.offer.plain_reading import read_plainly
from tests.unit.offer.universities import grow, grow_and_spoil


def by_the_rules(made: University) -> dict[str, list[list[str]]]:
    lists = as_lists(made.desired())
    lists["untouched"] = [row[:2] for row in lists["untouched"]]
    return lists


@pytest.mark.rule("N12")
def test_two_readings_of_a_thousand_universities_agree() -> None:
    for seed in range(1000):
        made = grow(Random(seed))

        assert by_the_rules(made) == read_plainly(made), seed


def test_the_universities_hold_every_case_and_often() -> None:
    """Two readings agree easily on universities in which nobody is enrolled."""
    counts = Counter(case for seed in range(200) for case in cases_of(grow(Random(seed))))

    rare = {case: counts[case] for case in CASES if counts[case] < 200 * CASES[case]}
    assert rare == {}


# Of the universities, at least this part has one.
CASES = {
    "student": 0.6,
    "teacher": 0.3,
    "FOAD student": 0.2,
    "FOAD student, ordinary besides": 0.03,
    "cemu group, no IA": 0.2,
    "student of a carried element": 0.3,
    "student of a carried element's carried element": 0.08,
    "teacher of a carried element": 0.15,
    "label doubled": 0.3,
    "label doubled in FOAD": 0.1,
    "cohort member": 0.3,
    "nobody enrolled by a row": 0.6,
    "untouched category": 0.1,
    "untouched element": 0.2,
    "untouched person": 0.15,
}


def cases_of(made: University) -> set[str]:
    lists = read_plainly(made)
    return cases_made(lists) | cases_of_elements(made, lists)


def cases_made(lists: dict[str, list[list[str]]]) -> set[str]:
    found = {f"untouched {kind}" for kind, _ in lists["untouched"]}
    found |= {"cohort member"} if lists["cohort_members"] else set()
    for course, username, role in lists["enrolments"]:
        foad = course.startswith("FOAD-")
        found.add({"student": "FOAD student" if foad else "student"}.get(role, "teacher"))
        if [f"FOAD-{course}", username, role] in lists["enrolments"]:
            found.add("FOAD student, ordinary besides")
    for course, _, name in lists["groups"]:
        if name.endswith(")"):
            found |= {"label doubled", "label doubled in FOAD" if course.startswith("FOAD-") else ""}
    return found


def cases_of_elements(made: University, lists: dict[str, list[list[str]]]) -> set[str]:
    carriers = {row[0]: row[4] for row in made.tables["elements.csv"]}
    people = {row[0]: row[1].lower() for row in made.tables["people.csv"]}
    labels = {row[0]: row[1].lower() for row in made.tables["groups.csv"]}
    members = {(group, username) for _, group, username in lists["members"]}
    found = set()
    for person, element, group in made.tables["ip.csv"]:
        carrier = carriers.get(element, "")
        if (group, people.get(person)) not in members:
            cemu = carriers.get(element) == "" and "cemu" in labels.get(group, "")
            found |= {"nobody enrolled by a row", "cemu group, no IA" if cemu else ""}
        elif carrier:
            deep = "student of a carried element's carried element"
            found |= {"student of a carried element", deep if carriers.get(carrier) else ""}
    for person, element, *_ in made.tables["ade.csv"]:
        if [carriers.get(element), people.get(person), "editingteacher"] in lists["enrolments"]:
            found.add("teacher of a carried element")
    return found


@pytest.mark.rule("N21")
def test_two_readings_of_spoiled_universities_agree() -> None:
    """All that is made; what is left untouched as well, where the bad row still says its key."""
    for seed in range(500):
        _, made = grow_and_spoil(Random(seed))
        rules, plain = by_the_rules(made), read_plainly(made)
        if rules["untouched"] != plain["untouched"]:
            assert hides_its_key(made), seed
            rules["untouched"] = plain["untouched"]

        assert rules == plain, seed


def hides_its_key(made: University) -> bool:
    """Cut, lengthened, with a NUL: how much of the key is readable is the reader's affair."""
    return any(
        len(row) != len(HEADERS[file]) or any("\x00" in value for value in row) or row[0] == ""
        for file, rows in made.tables.items()
        for row in rows
    )
