"""The whole change of year, told on the deployed template with two Moodles: every line of it must hold."""

import pytest

from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.rollover import RolloverStory
from passerelle_laptop.telling import Teller


@pytest.mark.slow
@pytest.mark.rule("R2")
@pytest.mark.rule("R4")
@pytest.mark.rule("R5")
@pytest.mark.rule("R8")
@pytest.mark.rule("R9")
@pytest.mark.rule("R11")
@pytest.mark.rule("R12")
def test_the_story_of_a_year_holds_line_by_line() -> None:
    teller = Teller("en")
    with Laptop.start(teller.line) as laptop:
        RolloverStory(laptop, teller).run()
    assert teller.failed == []
