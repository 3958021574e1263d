"""What the night does with each order, by table: which go on their way again, and from which minute (S12, S19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order, merged, new_order
from passerelle.domain.orders.shop import Webhook
from passerelle.domain.records import Moment, Note
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp
from passerelle.usecases.orders import reconcile, seller
from tests.factories.orders import a_line, a_participant, a_selling_network, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

SECOND, HALF_AN_HOUR, DAY = timedelta(seconds=1), timedelta(minutes=30), timedelta(days=1)
BOUTIQUE = "boutique:1042"


def a_kept_order(state: OrderState, **changes: Any) -> Order:
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    return replace(order, state=state, **changes)


def a_delivery(**changes: Any) -> Delivery:
    whole = {"id": BOUTIQUE, "shop": "boutique", "topic": "order.paid", "received_at": NOW, "body": ""}
    return Delivery(**whole | changes)


def a_night_over(record: Order | Delivery, **shop: Any) -> tuple[OrderScene, dict[str, Any]]:
    scene = OrderScene(a_shop(**shop))
    scene.records.add(record)
    reconcile.reconcile(scene.world)
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    return scene, dict(report)


def since(at: datetime) -> tuple[Moment, ...]:
    return (Moment("paid", NOW - DAY, ""), Moment("fulfilling", at, "begun"))


def waiting_for(*codes: str) -> tuple[Note, ...]:
    return tuple(Note(code) for code in codes)


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("state", "changes", "again"),
    [
        (OrderState.PAID, {"history": since(NOW - HALF_AN_HOUR)}, True),
        (OrderState.PAID, {"history": since(NOW - HALF_AN_HOUR + SECOND)}, False),
        (OrderState.PAID, {"received_at": NOW - HALF_AN_HOUR}, True),
        (OrderState.PAID, {"received_at": NOW - HALF_AN_HOUR + SECOND}, False),
        (OrderState.FULFILLING, {"history": since(NOW - HALF_AN_HOUR)}, True),
        (OrderState.FULFILLING, {"history": since(NOW - HALF_AN_HOUR + SECOND)}, False),
        (OrderState.WAITING, {"history": since(NOW - DAY)}, False),
        (OrderState.WAITING, {"wake_at": NOW - HALF_AN_HOUR}, True),
        (OrderState.WAITING, {"wake_at": NOW - HALF_AN_HOUR + SECOND}, False),
        (OrderState.PARTLY_FULFILLED, {"why": waiting_for("email_twice", "enrol_refused")}, True),
        (OrderState.PARTLY_FULFILLED, {"why": waiting_for("group_refused")}, True),
        (OrderState.PARTLY_FULFILLED, {"why": waiting_for("role_refused")}, True),
        (OrderState.PARTLY_FULFILLED, {"why": waiting_for("email_twice")}, False),
        (OrderState.RECEIVED, {}, True),
        (OrderState.RECEIVED, {"paid_at": None}, False),
        (OrderState.FULFILLED, {"history": since(NOW - DAY)}, False),
        (OrderState.CANCELLED, {"history": since(NOW - DAY)}, False),
    ],
)
def test_an_order_goes_on_its_way_again_once_nobody_can_be_at_it(
    state: OrderState, changes: dict[str, Any], again: bool
) -> None:
    scene, report = a_night_over(a_kept_order(state, **changes))
    assert report["queued"] == [BOUTIQUE] * again
    assert scene.queues["orders"] == [{"order": BOUTIQUE}] * again


@pytest.mark.rule("S12")
@pytest.mark.parametrize(("age", "again"), [(HALF_AN_HOUR, True), (HALF_AN_HOUR - SECOND, False)])
def test_so_does_a_delivery_that_nobody_read(age: timedelta, again: bool) -> None:
    scene, report = a_night_over(a_delivery(received_at=NOW - age))
    assert report["queued"] == [BOUTIQUE] * again
    assert scene.queues["orders"] == [{"delivery": BOUTIQUE}] * again


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("state", "changes", "overdue"),
    [
        (OrderState.RECEIVED, {"received_at": NOW - 20 * DAY, "paid_at": None}, True),
        (OrderState.RECEIVED, {"received_at": NOW - 20 * DAY + SECOND, "paid_at": None}, False),
        (OrderState.RECEIVED, {"received_at": NOW - 20 * DAY, "shop": "closed", "paid_at": None}, False),
        (OrderState.PARKED, {"received_at": NOW - 20 * DAY, "paid_at": None}, False),
    ],
)
def test_an_unpaid_order_is_overdue_after_as_many_days_as_its_shop_says_and_is_left_as_it_is(
    state: OrderState, changes: dict[str, Any], overdue: bool
) -> None:
    order = a_kept_order(state, **changes)
    scene, report = a_night_over(order, overdue_days=20)
    assert report["overdue"] == [BOUTIQUE] * overdue
    assert report["parked"] == [BOUTIQUE] * (state is OrderState.PARKED)
    assert scene.order() == order


@pytest.mark.rule("S11")
@pytest.mark.parametrize(
    ("after", "days", "people", "reminded"),
    [
        (7 * DAY, 7, ("ana", "bob"), True),
        (7 * DAY - SECOND, 7, ("ana", "bob"), False),
        (7 * DAY, 0, ("ana", "bob"), False),
        (7 * DAY, 7, ("ana", "bob", "cleo", "dan"), True),
    ],
    ids=["places are free", "a second too early", "the shop reminds nobody", "nobody has logged in"],
)
def test_a_buyer_is_reminded_after_as_many_days_as_the_shop_says_and_the_report_names_the_order(
    after: timedelta, days: int, people: tuple[str, ...], reminded: bool
) -> None:
    scene = OrderScene(a_shop(remind_days=days))
    scene.sell(some_facts(lines=(replace(a_line(), participants=tuple(map(a_participant, people))),)))
    told = scene.messages()["rh@client.example"]
    scene.clock.set(NOW + after)
    reconcile.reconcile(scene.world)
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    assert report["reminded"] == [BOUTIQUE] * reminded
    assert scene.messages()["rh@client.example"] == told + reminded
    kept = scene.order()
    assert kept.reminded_at == (scene.clock.now() if reminded else None)
    assert [letter.state for letter in kept.letters][2:] == ["reminder"] * reminded


@pytest.mark.rule("S19")
@pytest.mark.parametrize(
    ("record", "told"),
    [
        (a_kept_order(OrderState.PARKED, why=waiting_for("underpaid")), "underpaid"),
        (a_kept_order(OrderState.PARKED, held=True, paid_at=None), "parked_by_hand"),
        (a_kept_order(OrderState.PARKED, paid_at=None, why=waiting_for("underpaid")), None),
        (a_kept_order(OrderState.PAID, paid_at=NOW - DAY), "away"),
        (a_kept_order(OrderState.PAID, paid_at=NOW - DAY + SECOND), None),
        (a_kept_order(OrderState.PAID, paid_at=NOW - 2 * DAY, released_at=NOW), None),
        (a_kept_order(OrderState.FULFILLING, paid_at=NOW - DAY), "away"),
        (a_kept_order(OrderState.WAITING, paid_at=NOW - DAY, why=waiting_for("away")), "away"),
        (a_kept_order(OrderState.WAITING, paid_at=NOW - DAY, why=waiting_for("seats_free")), None),
        (a_kept_order(OrderState.WAITING, paid_at=NOW - DAY, why=waiting_for("choose_seats")), None),
        (
            a_kept_order(
                OrderState.PARTLY_FULFILLED, paid_at=NOW - DAY, why=waiting_for("role_missing", "email_twice")
            ),
            "email_twice",
        ),
        (a_kept_order(OrderState.FULFILLED, paid_at=NOW - DAY), None),
        (a_delivery(state="parked"), "payload_unreadable"),
        (a_delivery(state="parked", why=Note("lines_unknown")), "lines_unknown"),
        (a_delivery(), None),
    ],
)
def test_what_waits_for_whoever_sells_is_told_with_its_reason(
    record: Order | Delivery, told: str | None
) -> None:
    scene = OrderScene()
    scene.records.add(record)
    assert [(one.id, one.why.code) for one in seller.waiting(scene.world)] == [(BOUTIQUE, told)] * bool(told)


@pytest.mark.rule("S17")
def test_each_webhook_that_is_not_well_is_in_the_nights_report_whatever_another_shop_answers() -> None:
    names = ("away", "off", "absent", "lacks", "well", "unseen")
    network = a_selling_network()
    scene = OrderScene(network=replace(network, shops={name: a_shop() for name in names}))
    scene.shops.webhooks |= {
        "off": Webhook("off"),
        "absent": Webhook("absent"),
        "lacks": Webhook("on", ("order.updated", "refund")),
        "well": Webhook("on"),
    }
    whole = scene.shops.webhook

    def asked(shop: str) -> Webhook | None:
        if shop == "away":
            raise GiveUp("shop_refused")
        return whole(shop)

    scene.shops.webhook = asked  # type: ignore[method-assign]
    reconcile.reconcile(scene.world)
    report = scene.world.papers.get("reports/orders.json")
    assert report is not None
    assert report["at"] == NOW.isoformat()
    assert report["webhooks"] == {"off": "off", "absent": "absent", "lacks": "lacks order.updated, refund"}
