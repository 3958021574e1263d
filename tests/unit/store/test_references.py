from __future__ import annotations

import pytest

from passerelle.domain.refusals import KEPT_FOR, Refusal
from passerelle.store.references import DynamoReferences
from tests.fakes.references import FakeReferences
from tests.unit.store.conftest import TABLE, both

pytestmark = both


@pytest.fixture
def references(real, request, clock) -> DynamoReferences | FakeReferences:
    if not real:
        return FakeReferences(clock)
    return DynamoReferences(request.getfixturevalue("aws").dynamodb, TABLE, clock)


def refusal(clock, **changes) -> Refusal:
    fields = {
        "reference": "K7QX2M4P",
        "site": "caen",
        "code": "too_large",
        "route": "uploads",
        "at": clock.now().replace(microsecond=0),
        "course": "CHIM1",
        "details": {"size": "21 GB", "limit": "20 GB"},
    }
    return Refusal(**(fields | changes))


@pytest.mark.rule("H1")
def test_a_refusal_is_found_again_by_site_and_reference(references, clock) -> None:
    references.keep(refusal(clock))

    assert references.find("caen", "K7QX2M4P") == refusal(clock)
    assert references.find("lille", "K7QX2M4P") is None
    assert references.find("caen", "AAAAAAAA") is None


@pytest.mark.rule("H1")
def test_the_newest_of_one_reference_stays(references, clock) -> None:
    references.keep(refusal(clock))
    references.keep(refusal(clock, code="away", details={}))

    assert references.find("caen", "K7QX2M4P").code == "away"


@pytest.mark.rule("H1")
def test_a_refusal_is_forgotten_after_its_time(references, clock) -> None:
    references.keep(refusal(clock))
    clock.tick(KEPT_FOR)

    assert references.find("caen", "K7QX2M4P") is None
