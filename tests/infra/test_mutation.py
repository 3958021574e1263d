"""What the sample of mutants in CI answers (tests/mutation): its exit status and its words."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from passerelle.mbz import personal
from tests.mutation.__main__ import Score, Scores, show, verdict
from tests.mutation.live import put_in_place
from tests.mutation.mutants import LAYER, Source
from tests.mutation.session import Wanted, in_a_child

SIZES = Source(LAYER / "passerelle/domain/sizes.py")


def scores(**modules: tuple[int, int]) -> Scores:
    """Of each module, how many were tried and how many died."""
    return {name: Score(Counter(died=died, lived=tried - died)) for name, (tried, died) in modules.items()}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (scores(a=(100, 90), b=(10, 9)), ""),
        (scores(a=(100, 89), b=(1000, 1000)), "fewer died than 90 per cent: a\n"),
        ({}, "nothing was tried: the time was too short, or there is nothing to change\n"),
        (
            {"a": Score(Counter(equivalent=3))},
            "nothing was tried: the time was too short, or there is nothing to",
        ),
    ],
)
def test_of_all_mutants_nine_in_ten_die_in_each_module(
    found: Scores, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(found, is_sample=False) == (1 if words else 0)
    assert capsys.readouterr().out.startswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (scores(a=(100, 83)), ""),
        (
            scores(a=(100, 81)),
            "fewer died than 90 per cent of all, more than chance explains: all together\n",
        ),
        (scores(a=(10, 7)), ""),
        (scores(a=(3, 0), b=(200, 190)), ""),
        (
            scores(a=(5, 0), b=(200, 190)),
            "fewer died than 90 per cent of all, more than chance explains: a\n",
        ),
        ({}, "nothing was tried"),
    ],
)
def test_a_sample_may_be_as_bad_as_chance_explains_and_no_worse(
    found: Scores, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(found, is_sample=True) == (1 if words else 0)
    assert capsys.readouterr().out.startswith(words)


def test_the_table_has_a_line_for_each_module_and_one_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    show(scores(b=(4, 3), a=(2, 2)))
    rows = [line.split()[:4] for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [["a", "2", "2", "100"], ["b", "4", "3", "75"], ["all", "together", "6", "5"]]


def test_the_parts_together_are_all_mutants_and_a_seed_says_their_order() -> None:
    def lines(part: tuple[int, int], at_most: int = -1, seed: str = "commit") -> list[str]:
        return [str(one.difference) for one in Wanted(Random(seed), part, at_most).of(SIZES.mutants())]

    whole = lines((1, 1))
    assert sorted(lines((1, 3)) + lines((2, 3)) + lines((3, 3))) == sorted(whole)
    assert lines((1, 1)) == whole != lines((1, 1), seed="another")
    assert lines((1, 1), at_most=5) == whole[:5]


def test_a_table_that_another_module_makes_of_a_changed_one_is_changed_with_it() -> None:
    plugins = Source(LAYER / "passerelle/mbz/plugins.py")
    member = "activities/booking_1/booking.xml"
    assert "bookingmanager" in personal.rules_for(member)

    def is_still_there() -> str:
        put_in_place(plugins.module, plugins.text, plugins.text.replace('"bookingmanager"', '"manager"'))
        return str("bookingmanager" in personal.rules_for(member))

    assert in_a_child(is_still_there, 60) == "False"
