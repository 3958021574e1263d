"""A site after its first night."""

from __future__ import annotations

import pytest

from passerelle.domain.states import RunState
from tests.night_stage import NightStage, a_university, rules


@pytest.fixture
def stage() -> NightStage:
    made = NightStage(a_university(), rules())
    assert made.night().state is RunState.DONE
    return made
