"""The whole story of the nights, told on the deployed template and the twin: every line of it must hold."""

from __future__ import annotations

import pytest

from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.night import NightStory
from passerelle_laptop.telling import Teller


@pytest.mark.slow
@pytest.mark.rule("N17")
@pytest.mark.rule("N18")
@pytest.mark.rule("N19")
@pytest.mark.rule("N20")
@pytest.mark.rule("N22")
@pytest.mark.rule("N23")
@pytest.mark.rule("N26")
@pytest.mark.rule("N27")
@pytest.mark.rule("N29")
def test_the_story_of_the_nights_holds_line_by_line() -> None:
    teller = Teller("en")
    with Laptop.start(teller.line) as laptop:
        NightStory(laptop, teller).run()
    assert teller.failed == []
