"""A site after its first night."""

from __future__ import annotations

import pytest

from passerelle.domain.states import RunState
from tests.scenes.night import NightScene, a_university, rules


@pytest.fixture
def stage() -> NightScene:
    made = NightScene(a_university(), rules())
    assert made.night().state is RunState.DONE
    return made
