"""Complete deliveries, as each shop sends them, become one and the same order."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from passerelle.domain.orders.facts import Dispute, Facts, Refund
from passerelle.domain.orders.order import Order, merged, new_order
from passerelle.domain.orders.shop import DeclaredIn
from passerelle.errors import GiveUp
from passerelle.shops.registry import read_facts
from tests.factories.orders import a_line, a_shop, some_facts
from tests.factories.records import NOW

EVENTS = Path(__file__).parents[2] / "events" / "shops"
PEOPLE = ["ana@client.example", "bob@client.example", "cleo@client.example", "tom@client.example"]


def read(kind: str, name: str, topic: str, **changes: object) -> Facts | None:
    document = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8")) | changes
    shop = a_shop(kind=kind, webhook="WH-1")
    return read_facts(shop, topic, json.dumps(document).encode())


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("kind", "name", "topic", "order"),
    [
        ("woocommerce", "woocommerce_order", "order.updated", "727"),
        ("shopify", "shopify_orders_paid", "orders/paid", "820982911946154508"),
        ("standard", "standard_order_paid", "order.paid", "1042"),
    ],
)
def test_a_complete_delivery_names_buyer_lines_people_and_amounts(
    kind: str, name: str, topic: str, order: str
) -> None:
    facts = read(kind, name, topic)
    assert facts is not None
    assert facts.order == order
    assert facts.buyer is not None
    assert (facts.buyer.email, facts.buyer.lastname, facts.buyer.institution) == (
        "rh@client.example",
        "Humbert",
        "Client SA",
    )
    assert facts.lines is not None
    (line,) = facts.lines
    assert (line.product, line.quantity, line.amount) == ("SPOCM1", 4, 4000)
    assert [person.key for person in line.participants] == PEOPLE
    assert [person.kind for person in line.participants] == ["learner"] * 3 + ["tutor"]
    assert (facts.total, facts.currency) == (4000, "EUR")
    assert facts.paid_at is not None
    assert facts.paid_at.date() == NOW.date()
    assert facts.cancelled_at is None


def test_a_stripe_session_has_no_lines_and_says_where_they_are() -> None:
    facts = read("stripe", "stripe_checkout_session_completed", "checkout.session.completed")
    assert facts is not None
    assert facts.order == "pi_3SExample0000000001"
    assert facts.lines is None
    assert facts.lines_at == "cs_live_a1B2c3D4e5F6g7H8i9J0"
    assert (facts.total, facts.currency, facts.number) == (4000, "EUR", "1042")
    assert facts.buyer is not None
    assert (facts.buyer.firstname, facts.buyer.lastname, facts.buyer.city) == ("Rose", "Humbert", "Caen")


@pytest.mark.rule("S2")
def test_a_stripe_session_may_carry_lines_and_people_in_its_metadata() -> None:
    document = json.loads((EVENTS / "stripe_checkout_session_completed.json").read_text(encoding="utf-8"))
    document["data"]["object"]["metadata"]["lines"] = "SPOCM1:4"
    facts = read_facts(a_shop(kind="stripe"), "checkout.session.completed", json.dumps(document).encode())
    assert facts is not None
    assert facts.lines is not None
    # Learners cut over several values, for each has a limit; the tutor in a custom field.
    assert sorted(person.key for person in facts.lines[0].participants) == PEOPLE


def test_a_bank_transfer_that_failed_cancels_and_one_that_came_pays() -> None:
    document = json.loads((EVENTS / "stripe_checkout_session_completed.json").read_text(encoding="utf-8"))
    document["data"]["object"]["payment_status"] = "unpaid"
    body = json.dumps(document).encode()
    waiting = read_facts(a_shop(kind="stripe"), "checkout.session.completed", body)
    failed = read_facts(a_shop(kind="stripe"), "checkout.session.async_payment_failed", body)
    assert waiting is not None
    assert waiting.paid_at is None
    assert waiting.cancelled_at is None
    assert failed is not None
    assert failed.cancelled_at is not None
    document["data"]["object"]["payment_status"] = "paid"
    paid = read_facts(
        a_shop(kind="stripe"), "checkout.session.async_payment_succeeded", json.dumps(document).encode()
    )
    assert paid is not None
    assert paid.paid_at is not None


@pytest.mark.rule("S14")
def test_refunds_and_disputes_name_the_same_order_as_the_payment() -> None:
    refund = read("stripe", "stripe_charge_refunded", "charge.refunded")
    dispute = read("stripe", "stripe_charge_dispute_closed", "charge.dispute.closed")
    assert refund is not None
    assert refund.order == "pi_3SExample0000000001"
    assert refund.refunds[0].amount == 1000
    assert refund.refunds[0].lines == {}
    assert dispute is not None
    assert dispute.order == "pi_3SExample0000000001"
    assert dispute.disputes[0].state == "lost"
    shopify = read("shopify", "shopify_refunds_create", "refunds/create")
    assert shopify is not None
    assert shopify.order == "820982911946154508"
    (given,) = shopify.refunds
    assert (given.id, given.amount, given.lines, given.at, given.state) == (
        "890088186047892319",
        1000,
        {"866550311766439020": 1},
        datetime(2026, 10, 6, 8, tzinfo=UTC),
        "done",
    )
    assert not any(one.sale for one in (refund, dispute, shopify))
    paypal = read("paypal", "paypal_payment_capture_refunded", "PAYMENT.CAPTURE.REFUNDED")
    capture = read("paypal", "paypal_payment_capture_completed", "PAYMENT.CAPTURE.COMPLETED")
    assert paypal is not None
    assert capture is not None
    assert paypal.order == capture.order == "3C679366HH908993F"
    assert capture.lines_at == "4RR959492F879224U"
    assert capture.lines is not None
    assert (capture.lines[0].product, capture.lines[0].quantity) == ("SPOCM1", 4)


def test_woocommerces_states_are_understood() -> None:
    assert read("woocommerce", "woocommerce_order", "order.updated", status="cancelled").cancelled_at
    on_hold = read("woocommerce", "woocommerce_order", "order.updated", status="on-hold", date_paid_gmt=None)
    assert on_hold is not None
    assert on_hold.paid_at is None
    refunds = [{"id": 9, "reason": "", "total": "-10.00"}]
    partly = read("woocommerce", "woocommerce_order", "order.updated", refunds=refunds)
    assert partly is not None
    assert [one.amount for one in partly.refunds] == [1000]
    assert partly.refunds_at == "727"
    whole = read("woocommerce", "woocommerce_order", "order.updated", status="refunded")
    assert whole is not None
    assert whole.given_back
    assert partly.given_back is False


def test_what_is_no_order_is_left_alone() -> None:
    assert read("stripe", "stripe_checkout_session_completed", "customer.created") is None
    assert read("woocommerce", "woocommerce_order", "product.updated") is None
    assert read("shopify", "shopify_orders_paid", "orders/delete") is None
    assert read("paypal", "paypal_payment_capture_completed", "BILLING.PLAN.CREATED") is None


@pytest.mark.parametrize(
    ("kind", "name", "topic", "changes"),
    [
        ("woocommerce", "woocommerce_order", "order.updated", {"line_items": [{"name": "x"}]}),
        ("woocommerce", "woocommerce_order", "order.updated", {"id": None}),
        ("shopify", "shopify_orders_paid", "orders/paid", {"id": {}}),
        ("stripe", "stripe_checkout_session_completed", "checkout.session.completed", {"data": {}}),
        ("standard", "standard_order_paid", "order.paid", {"data": {"order": None}}),
        ("paypal", "paypal_payment_capture_completed", "PAYMENT.CAPTURE.COMPLETED", {"resource": []}),
    ],
)
def test_an_unreadable_payload_says_where_and_shows_no_value(
    kind: str, name: str, topic: str, changes: dict[str, object]
) -> None:
    with pytest.raises(GiveUp) as refused:
        read(kind, name, topic, **changes)
    assert refused.value.code == "payload_unreadable"
    assert "client.example" not in repr(refused.value.details)


def test_a_customers_note_may_hold_the_people() -> None:
    shop = a_shop(kind="woocommerce", people=DeclaredIn(note=True, learners="x", tutors="y"))
    document = json.loads((EVENTS / "woocommerce_order.json").read_text(encoding="utf-8"))
    document["customer_note"] = "Nom;Prénom;Courriel\nMartin;Ana;ana@client.example\nSans adresse"
    facts = read_facts(shop, "order.updated", json.dumps(document).encode())
    assert facts is not None
    assert facts.lines is not None
    good, bad = facts.lines[0].participants
    assert good.email == "ana@client.example"
    # The row that cannot be read stays visible, to be stopped by itself.
    assert "@" not in bad.email


# -- deliveries add up, whatever their order -----------------------------------------------------------


def deliveries() -> list[Facts]:
    hour = timedelta(hours=1)
    first = some_facts(paid_at=None)
    paid = some_facts(snapshot_at=NOW + hour)
    fewer = some_facts(snapshot_at=NOW + 2 * hour, lines=(replace(a_line(), quantity=5),), total=5000)
    refund = Facts(order="1042", refunds=(Refund("r1", 1000, {"1": 1}, NOW),))
    more = Facts(order="1042", refunds=(Refund("r1", 1000), Refund("r2", 500)))
    opened = Facts(order="1042", disputes=(Dispute("d1", "open", NOW),))
    won = Facts(order="1042", disputes=(Dispute("d1", "won", NOW),))
    return [first, paid, fewer, refund, more, opened, won]


@pytest.mark.rule("S12")
def test_deliveries_add_up_to_the_same_order_in_any_sequence_and_however_often() -> None:
    whole = deliveries()

    def after(sequence: tuple[Facts, ...]) -> Order:
        order = new_order("boutique", whole[0], NOW)
        for facts in sequence:
            order = merged(merged(order, facts), facts)
        return order

    expected = after(tuple(whole))
    assert expected.lines[0].quantity == 5
    told = [(one.id, one.amount, one.lines, one.at) for one in expected.refunds]
    assert told == [("r1", 1000, {"1": 1}, NOW), ("r2", 500, {}, None)]
    assert expected.disputes == (Dispute("d1", "won", NOW),)
    for sequence in itertools.permutations(whole):
        assert after(sequence) == expected


def test_a_cancellation_is_taken_back_only_by_a_shop_that_tells_the_whole_order() -> None:
    order = new_order("boutique", some_facts(), NOW)
    later = NOW + timedelta(hours=1)
    cancelled = merged(order, some_facts(cancelled_at=NOW))
    assert cancelled.gone
    assert not merged(cancelled, some_facts(snapshot_at=later)).gone
    assert merged(cancelled, Facts(order="1042", paid_at=later)).gone
