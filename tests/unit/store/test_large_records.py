"""An order with more people than one item holds (S3): its people lie in items of their own."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order, Seat, new_order
from passerelle.errors import Conflict, GiveUp
from passerelle.store.records import DynamoRecords
from passerelle.usecases.orders import receive
from tests.factories.orders import a_line, a_participant, some_facts
from tests.factories.records import NOW
from tests.unit.store.conftest import TABLE


def an_order(people: int) -> Order:
    named = tuple(a_participant(f"someone{n}", lastname=f"Martin {n * 7919}") for n in range(people))
    line = replace(a_line(), quantity=people, participants=named)
    seats = tuple(Seat("1", person, user_id=n + 1, username=person.email) for n, person in enumerate(named))
    return replace(new_order("boutique", some_facts(), NOW), lines=(line,), lines_known=True, seats=seats)


@pytest.fixture
def records(aws: Any) -> DynamoRecords:
    return DynamoRecords(aws.dynamodb, TABLE)


def items(aws: Any) -> list[dict[str, Any]]:
    """Of records and their parts, without what finds people."""
    found: list[dict[str, Any]] = []
    for page in aws.dynamodb.get_paginator("scan").paginate(TableName=TABLE):
        found += [one for one in page["Items"] if not one["pk"]["S"].startswith("Person")]
    return found


@pytest.mark.rule("S3")
# moto copies its whole table for each transaction: more people take it minutes.
@pytest.mark.parametrize("people", [200, *(pytest.param(n, marks=pytest.mark.slow) for n in (712, 5_000))])
def test_an_order_of_many_people_is_kept_read_changed_listed_and_deleted_whole(
    aws: Any, records: DynamoRecords, people: int
) -> None:
    order = records.add(an_order(people))
    assert records.get(Order, order.id) == order
    changed = records.change(order, replace(order, shift=60))
    assert records.get(Order, order.id) == changed
    assert records.list(Order, "shop", "boutique").items == (changed,)
    with pytest.raises(Conflict):
        records.change(order, replace(order, shift=61))
    assert records.get(Order, order.id) == changed
    few = records.change(changed, replace(changed, seats=changed.seats[:3], lines=()))
    assert records.get(Order, order.id) == few
    assert len(items(aws)) == 1, "the parts of former revisions are gone"
    again = records.change(few, replace(changed, revision=few.revision))
    assert records.get(Order, order.id) == again
    records.delete(again)
    assert items(aws) == []


@pytest.mark.rule("S3")
def test_what_an_index_shows_of_a_large_order_is_small(aws: Any, records: DynamoRecords) -> None:
    records.add(an_order(200))
    assert len(items(aws)) > 1, "its people lie in parts"
    (shown,) = (item for item in items(aws) if "gsi1pk" in item)
    assert set(shown["record"]["M"]).isdisjoint({"seats", "lines"})


@pytest.mark.rule("S2", "S3")
def test_the_delivery_of_a_large_order_is_kept_as_it_came(aws: Any, records: DynamoRecords) -> None:
    chance = random.Random(3)
    body = receive.packed(
        chance.randbytes(600_000)
    )  # what 5,000 people are, packed, of whom no two are alike
    delivery = Delivery(
        id="boutique:m1", shop="boutique", topic="", received_at=NOW, body=body, state="pending"
    )
    records.add(delivery)
    taken = records.change(delivery, replace(delivery, state="taken", order="boutique:1042"))
    assert records.get(Delivery, "boutique:m1") == taken
    assert records.list(Delivery, "state", "taken").items == (taken,)
    records.delete(taken)
    assert items(aws) == []


@pytest.mark.rule("S3")
def test_an_order_that_cannot_be_held_says_so_before_anything_is_made(records: DynamoRecords) -> None:
    order = an_order(10)
    noise = "".join(chr(0x4E00 + (n * 2_654_435_761) % 20_000) for n in range(2_000_000))
    with pytest.raises(GiveUp, match="record_too_large"):
        records.add(replace(order, lines=(replace(order.lines[0], title=noise),)))


@pytest.mark.rule("S3")
def test_a_reader_overtaken_between_an_order_and_its_parts_reads_again(
    aws: Any, records: DynamoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = records.add(an_order(200))
    reader = DynamoRecords(aws.dynamodb, TABLE)
    read, overtaken = reader._get_all, []

    def late(keys: Any) -> Any:
        if not overtaken:
            overtaken.append(records.change(order, replace(order, shift=60)))
        return read(keys)

    monkeypatch.setattr(reader, "_get_all", late)
    assert reader.get(Order, order.id) == overtaken[0]
