"""Rollovers, permits and *Je repars de zéro*: the fake and DynamoDB keep and list them alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.records import Moment, Note, moved
from passerelle.domain.rollover.rollover import (
    FreshStart,
    Override,
    Permit,
    Rollover,
    Whereabouts,
    Wish,
)
from passerelle.domain.states import RolloverState
from passerelle.errors import Conflict
from tests.factories.records import NOW, a_person
from tests.factories.rollover import LAST_YEAR, THIS_YEAR, a_rollover
from tests.unit.store.conftest import both

pytestmark = both

FULL = a_rollover(
    wish=Wish(destination="merge", groups=True, keep_dates=True, exclude=(LeftOut("section", 2),)),
    override=Override("root", "parce que", NOW, ("rollover_not_empty",)),
    others=("grace",),
    source_start=LAST_YEAR,
    target_start=THIS_YEAR,
    findings={"stale_link": 3},
    message=Note("rollover_busy"),
    undo_note=Note("changed", {"n": "1"}),
    history=(Moment("requested", NOW, "asked"),),
    reported=True,
    ended_at=NOW,
)
PERMIT = Permit(
    id="permit1",
    site="vert",
    course_id=100,
    previous="bleu",
    source_id=100,
    person=a_person("grace"),
    asked_at=NOW,
    granted_at=NOW,
)
FRESH = FreshStart(id="vert#100", site="vert", username="ada", at=NOW)


PAGE = Whereabouts(id="bleu#vert#module#4", at=NOW, moved={"991": ("rollover1", 4711)})


@pytest.mark.parametrize(
    "record", [FULL, PERMIT, FRESH, PAGE], ids=["rollover", "permit", "fresh start", "whereabouts"]
)
def test_nothing_of_a_record_is_lost(records, record) -> None:
    records.add(record)
    assert records.get(type(record), record.id) == record


def test_a_rollover_is_listed_by_its_target_its_source_and_its_site(records) -> None:
    records.add(FULL)
    for index, value in (("target", "vert#100"), ("source", "bleu#100"), ("site", "vert")):
        assert [r.id for r in records.list(Rollover, index, value).items] == ["rollover1"], index
        assert records.list(Rollover, index, "other#1").items == ()


def test_a_rollover_is_watched_while_it_is_under_way(records) -> None:
    asked = records.add(a_rollover())
    assert len(records.list(Rollover, "running", "yes").items) == 1
    later = NOW + timedelta(minutes=1)
    records.change(asked, moved(asked, RolloverState.REFUSED, later, "no"))
    assert records.list(Rollover, "running", "yes").items == ()


def test_a_check_is_watched_until_its_report_stands(records) -> None:
    check = a_rollover(wish=Wish(destination="check"), state=RolloverState.CHECKED)
    kept = records.add(check)
    assert len(records.list(Rollover, "running", "yes").items) == 1
    records.change(kept, replace(kept, reported=True))
    assert records.list(Rollover, "running", "yes").items == ()


def test_whoever_writes_second_has_lost(records) -> None:
    asked = records.add(a_rollover())
    records.change(asked, replace(asked, doubled=1))
    with pytest.raises(Conflict):
        records.change(asked, replace(asked, doubled=2))


def test_permits_are_listed_by_target_and_choices_by_site(records) -> None:
    records.add(PERMIT)
    records.add(FRESH)
    assert [p.id for p in records.list(Permit, "target", "vert#100").items] == ["permit1"]
    assert [f.id for f in records.list(FreshStart, "site", "vert").items] == ["vert#100"]
