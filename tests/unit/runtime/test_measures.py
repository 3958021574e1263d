"""What is counted of a change of state, and how it is told (H4)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.measures import Measure, measures
from passerelle.domain.orders.order import Order
from passerelle.domain.records import moved
from passerelle.domain.states import BackupState, OrderState, PublicationState, RunState
from passerelle.errors import Conflict
from passerelle.runtime.measured_records import MeasuredRecords
from passerelle.runtime.observability import measure
from tests.factories.night import a_run
from tests.factories.records import NOW, a_publication, an_upload
from tests.fakes.records import FakeRecords

pytestmark = pytest.mark.rule("H4")

LATER = NOW + timedelta(minutes=3)


def an_order(**changes) -> Order:
    return Order(id="boutique:1042", shop="boutique", received_at=NOW, **changes)


def counted(before, after) -> dict[str, float]:
    return {one.name: one.value for one in measures(before, after)}


def test_a_publication_counts_once_with_the_seconds_that_its_teacher_waited():
    before = a_publication(state=PublicationState.RESTORING, requested_at=NOW)
    after = moved(before, PublicationState.PUBLISHED, LATER, "restored")
    assert counted(before, after) == {"PublicationsPublished": 1, "SecondsToPublish": 180}


def test_a_change_within_one_state_counts_nothing():
    before = a_publication(state=PublicationState.PUBLISHED)
    assert counted(before, replace(before, hub_url="https://hub.example")) == {}


def test_an_order_counts_when_its_people_are_in_and_not_again_when_it_is_worked_on_once_more():
    before = an_order(state=OrderState.FULFILLING, paid_at=NOW)
    done = moved(before, OrderState.FULFILLED, LATER, "done")
    assert counted(before, done) == {"OrdersFulfilled": 1, "SecondsFromPaidToEnrolled": 180}
    again = moved(done, OrderState.FULFILLING, LATER, "begun")
    assert counted(again, moved(again, OrderState.FULFILLED, LATER, "done")) == {}


def test_an_order_that_waits_for_a_person_counts_each_time():
    before = an_order(state=OrderState.FULFILLING)
    parked = moved(before, OrderState.PARKED, LATER, "course_unknown")
    again = moved(parked, OrderState.FULFILLING, LATER, "begun")
    for one in (before, again):
        assert counted(one, moved(one, OrderState.PARKED, LATER, "course_unknown")) == {"OrdersParked": 1}


def test_a_night_counts_its_operations_and_a_held_plan():
    before = a_run(state=RunState.APPLYING, done=12)
    assert counted(before, replace(before, state=RunState.DONE)) == {"NightOperations": 12}
    planned = a_run(state=RunState.PLANNED)
    assert counted(planned, replace(planned, state=RunState.HELD)) == {"PlansHeld": 1}


def test_only_a_write_that_was_won_counts():
    told: list[Measure] = []
    records = MeasuredRecords(FakeRecords(), told.append)
    stored = records.add(an_upload(state=BackupState.RECEIVED))
    after = moved(stored, BackupState.REFUSED, LATER, "has_users")
    records.change(stored, after)
    with pytest.raises(Conflict):
        records.change(stored, after)
    assert [one.name for one in told] == ["BackupsRefused"]


def test_a_figure_is_told_in_the_log_by_stack(monkeypatch, capsys):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "passerelle-publish_course")
    measure("SecondsToPublish", 180.0, "Seconds")
    line = json.loads(capsys.readouterr().out)
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == "Passerelle"
    assert line["service"] == "passerelle"
    assert metric["Dimensions"] == [["service"]]
    assert line["SecondsToPublish"] in (180.0, [180.0])
    assert metric["Metrics"][0]["Unit"] == "Seconds"


def test_where_no_function_runs_nothing_is_told(monkeypatch, capsys):
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    measure("OrdersParked", 1)
    assert capsys.readouterr().out == ""
