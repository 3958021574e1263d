"""Orders, deliveries and the ledger: the fake and DynamoDB's alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Dispute, Refund
from passerelle.domain.orders.ledger import Before, CourseAccess, Grant, LedgerPage, Owned, Tie
from passerelle.domain.orders.order import Order, Seat, SeatState, merged, new_order
from passerelle.domain.records import Moment, Note, Tally
from passerelle.domain.states import OrderState
from passerelle.store.items import LARGEST, expires, size_of, to_item
from passerelle.usecases.orders.receive import packed, unpacked
from tests.factories.orders import a_line, a_participant, some_facts
from tests.factories.records import NOW
from tests.unit.store.conftest import both

HOUR = timedelta(hours=1)


def an_order(number: str = "1042", **changes: object) -> Order:
    facts = some_facts(
        number, refunds=(Refund("r", 1000, {"1": 1}, NOW),), disputes=(Dispute("d", "open", NOW),)
    )
    order = merged(new_order("boutique", facts, NOW), facts)
    seat = Seat("1", a_participant("ana"), SeatState.DONE, None, 7, "ana", existed=False, given_at=NOW)
    whole = {
        "state": OrderState.WAITING,
        "why": (Note("away", {"site": "caen"}),),
        "wake_at": NOW + HOUR,
        "seats": (seat, Seat("1", a_participant("bob"), existed=None)),
        "operator": Seat("", a_participant("rose"), SeatState.REFUSED, Note("email_twice")),
        "history": (Moment("paid", NOW, "paid"),),
    }
    return replace(order, **{**whole, **changes})  # type: ignore[arg-type]


def a_delivery(id: str = "boutique:msg_1", **changes: object) -> Delivery:  # noqa: A002
    whole = {"id": id, "shop": "boutique", "topic": "order.paid", "received_at": NOW, "body": packed(b"{}")}
    return Delivery(**{**whole, **changes})  # type: ignore[arg-type]


def a_page(user: int = 7, **changes: object) -> LedgerPage:
    grant = Grant("boutique:1042:1", "student", NOW, None, "boutique:1042")
    place = CourseAccess(2, "SPOC-1", "manual", Before(True, True, ("teacher",)), (grant,), ("student",))
    whole = {
        "id": f"caen:{user}",
        "site": "caen",
        "user_id": user,
        "username": "ana",
        "created_at": NOW,
        "operators": (9,),
        "places": (place,),
        "ties": (Tie(9, "user", 7, "mentor", ("boutique:1042:1",), ours=False, done=True),),
        "products": (Owned("boutique:1:1", "R", NOW),),
    }
    return LedgerPage(**{**whole, **changes})  # type: ignore[arg-type]


@both
@pytest.mark.parametrize(
    "record",
    [
        an_order(),
        a_delivery(why=Note("payload_unreadable"), state="parked"),
        a_page(),
        Tally(id="t", until=NOW, count=3),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_of_orders_comes_back_as_it_was_written(records, record):
    assert records.add(record) == record
    assert records.get(type(record), record.id) == record


@both
def test_orders_are_listed_by_state_and_shop_and_deliveries_by_state(records):
    first, second = an_order("1"), an_order("2", received_at=NOW + HOUR)
    for record in (second, first, a_delivery(), a_delivery("boutique:msg_2", state="taken")):
        records.add(record)
    assert [o.id for o in records.list(Order, "state", "waiting").items] == ["boutique:1", "boutique:2"]
    assert [o.id for o in records.list(Order, "shop", "boutique").items] == ["boutique:1", "boutique:2"]
    assert [d.id for d in records.list(Delivery, "state", "pending").items] == ["boutique:msg_1"]
    moved = records.change(records.get(Order, first.id), replace(first, state=OrderState.FULFILLED))
    assert moved.revision == first.revision + 1
    assert [o.id for o in records.list(Order, "state", "waiting").items] == ["boutique:2"]


@both
def test_the_ledger_lists_pages_that_give_something(records):
    empty = a_page(8, places=(), ties=())
    for page in (a_page(), empty):
        records.add(page)
    assert [page.user_id for page in records.list(LedgerPage, "site", "caen").items] == [7]


def test_orders_and_the_ledger_stay_and_what_was_delivered_goes_after_a_season():
    assert expires(an_order()) is None
    assert expires(a_page()) is None
    assert expires(a_delivery()) is None
    assert expires(a_delivery(state="parked")) is None
    assert expires(a_delivery(state="taken")) == NOW + timedelta(days=90)
    assert expires(Tally(id="t", until=NOW)) == NOW


def test_an_order_of_five_hundred_people_fits_into_one_item():
    people = tuple(a_participant(f"person.number.{n}") for n in range(500))
    line = replace(a_line(), quantity=500, participants=people)
    seats = tuple(Seat("1", p, SeatState.DONE, None, 7, p.email, existed=False, given_at=NOW) for p in people)
    order = an_order(lines=(line,), seats=seats)
    assert size_of(to_item(order, "0" * 32)) < LARGEST


def test_a_body_is_kept_as_it_came():
    body = '{"é": "\\u0000"}\r\n'.encode()
    assert unpacked(a_delivery(body=packed(body))) == body
