"""What is counted of a change of state, and how it is told (H4)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.measures import Measure, measures
from passerelle.domain.orders.order import Order
from passerelle.domain.records import Broken, Moment, moved
from passerelle.domain.states import BackupState, OrderState, PublicationState, RetrievalState, RunState
from passerelle.errors import Conflict
from passerelle.runtime.measured_records import MeasuredRecords
from passerelle.runtime.observability import measure
from tests.factories.night import a_run
from tests.factories.records import NOW, a_publication, a_retrieval, an_upload
from tests.factories.rollover import a_rollover
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


# Written a second time: which state of what is counted, and as what.
COUNTED = """
    upload refused BackupsRefused
    publication published PublicationsPublished
    publication failed PublicationsFailed
    retrieval done RetrievalsDone
    retrieval failed RetrievalsFailed
    rollover done RolloversDone
    rollover failed RolloversFailed
    order parked OrdersParked
    order fulfilled OrdersFulfilled
    order partly_fulfilled OrdersFulfilled
    run held PlansHeld
    run failed StagesFailed
    run done NightOperations
"""
RECORDS = {
    "upload": an_upload(state=BackupState.RECEIVED),
    "publication": a_publication(),
    "retrieval": a_retrieval(),
    "rollover": a_rollover(),
    "order": an_order(),
    "run": a_run(),
}


@pytest.mark.parametrize("name", RECORDS)
def test_each_state_that_counts_counts_under_its_name_and_no_other_does(name):
    told = {tuple(line.split()[:2]): line.split()[2] for line in COUNTED.strip().splitlines()}
    record = RECORDS[name]
    for state in type(record.state):
        before = replace(record, state=next(one for one in type(state) if one is not state))
        found = counted(before, replace(before, state=state))
        assert [one for one in found if not one.startswith("Seconds")] == (
            [told[name, state.value]] if (name, state.value) in told else []
        )


def test_what_comes_into_a_state_again_counts_again_only_where_it_waits_for_a_person():
    again = {"order parked", "run held", "run done"}
    for name, record in RECORDS.items():
        for state in type(record.state):
            history = (Moment(state.value, NOW, ""),)
            before = replace(
                record, state=next(one for one in type(state) if one is not state), history=history
            )
            assert bool(counted(before, replace(before, state=state))) is (f"{name} {state.value}" in again)


def test_an_order_done_in_part_and_then_whole_counts_once():
    before = an_order(state=OrderState.FULFILLING, paid_at=NOW)
    part = moved(before, OrderState.PARTLY_FULFILLED, LATER, "one refused")
    assert counted(before, part) == {"OrdersFulfilled": 1, "SecondsFromPaidToEnrolled": 180}
    told = [Measure("OrdersFulfilled", 1), Measure("SecondsFromPaidToEnrolled", 180, "Seconds")]
    assert list(measures(before, part)) == told
    assert counted(part, moved(part, OrderState.FULFILLED, LATER, "mended")) == {}
    released = an_order(state=OrderState.FULFILLING)
    assert counted(released, moved(released, OrderState.FULFILLED, LATER, "done")) == {"OrdersFulfilled": 1}


def test_seconds_are_told_as_such_and_never_below_nothing():
    before = a_publication(state=PublicationState.RESTORING, requested_at=LATER)
    found = list(measures(before, moved(before, PublicationState.PUBLISHED, NOW, "")))
    assert found == [
        Measure("PublicationsPublished", 1, "Count"),
        Measure("SecondsToPublish", 0.0, "Seconds"),
    ]
    unmoved = replace(before, state=PublicationState.PUBLISHED)
    assert counted(before, unmoved)["SecondsToPublish"] == 0


def test_two_records_of_different_kinds_are_no_change():
    assert counted(a_publication(), a_retrieval(state=RetrievalState.DONE)) == {}
    broken = Broken(id="x", kind="Order", code="c", at=NOW)
    assert counted(broken, broken) == {}


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
