"""Two readings of EXTRACTS.md agree."""

from __future__ import annotations

from random import Random

import pytest

from passerelle.domain.offer.desired import as_lists
from tests.factories_offer import HEADERS, University
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
