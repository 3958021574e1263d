"""A sample delivery, as `passerelle shops test` sends it, is read back as what it was made of (S12, S13, S15)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Facts, Participant
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Product
from passerelle.shops.registry import read_facts, sample, vendor, verified
from passerelle.shops.vendor import Api, Knock, SampleOrder
from tests.factories.orders import a_product, a_shop

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
KINDS = ("shopify", "standard", "stripe", "woocommerce")
AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
CHANGED = AT + timedelta(hours=1)
PEOPLE = (
    Participant("ana@x.example", "Ana", "Martin"),
    Participant("tom@x.example", "Tom", "Petit", "tutor"),
)


def told(kind: str, **changes: Any) -> Facts:
    whole: dict[str, Any] = {
        "number": "1042",
        "product": "SPOCM1",
        "quantity": 3,
        "people": PEOPLE,
        "at": AT,
        "modified": CHANGED,
    }
    order = SampleOrder(**whole | changes)
    sent = sample(kind, SECRET, order, "e1")
    shop = a_shop(kind=kind)
    knock = Knock(sent.headers, sent.body, datetime.now(UTC))
    found = verified(shop, knock, [vendor(kind).key(SECRET)], None)
    assert found is not None
    assert found.readable
    facts = read_facts(shop, found.topic, sent.body)
    assert facts is not None
    return facts


@pytest.mark.rule("S2", "S15")
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_says_its_number_its_line_its_buyer_and_its_people(kind: str) -> None:
    facts = told(kind)
    assert facts.number == "1042"
    assert (facts.total, facts.currency, facts.discount, facts.refunds, facts.odd) == (3000, "EUR", 0, (), ())
    assert facts.cancelled_at is None
    assert facts.buyer is not None
    buyer = facts.buyer
    assert (buyer.email, buyer.firstname, buyer.lastname) == ("rh@client.example", "Rose", "Humbert")
    assert buyer.institution == ("" if kind == "stripe" else "Client SA")
    (line,) = facts.lines or ()
    assert (line.product, line.quantity) == ("SPOCM1", 3)
    if kind != "stripe":  # its lines stand in its metadata, without amounts
        assert (line.title, line.amount, line.id) == ("SPOCM1", 3000, "1")
    assert line.participants == PEOPLE


@pytest.mark.rule("S12")
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_paid_unpaid_or_cancelled_when_it_says_so(kind: str) -> None:
    paid = CHANGED if kind == "stripe" else AT
    assert told(kind).paid_at == paid
    assert told(kind, paid=False).paid_at is None
    cancelled = told(kind, cancelled=True).cancelled_at
    assert cancelled == (None if kind == "stripe" else CHANGED)
    if kind != "stripe":
        assert told(kind).snapshot_at == CHANGED


@pytest.mark.rule("S13")
@pytest.mark.parametrize("kind", KINDS)
def test_a_samples_discount_is_taken_off_its_total(kind: str) -> None:
    facts = told(kind, discount="5.00")
    assert (facts.total, facts.discount) == (2500, 500)
    if kind == "shopify":
        assert [(line.amount, line.discount) for line in facts.lines or ()] == [(2500, 500)]


@pytest.mark.rule("S14")
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_that_is_refunded_says_how_much_and_of_which_line(kind: str) -> None:
    facts = told(kind, refund="10.00", refunded={"1": 1, "": 4})
    (refund,) = facts.refunds
    assert refund.amount == 1000
    assert refund.state == "done"
    if kind in ("shopify", "standard"):
        assert refund.lines == {"1": 1}
    if kind == "woocommerce":
        assert facts.refunds_at == "1042"
    if kind == "stripe":
        assert facts.order == "pi_1042"


@pytest.mark.rule("S12")
def test_a_sample_of_a_shop_that_counts_has_the_digits_of_its_number() -> None:
    assert [SampleOrder(one, "P").digits for one in ("A-17b2", "x", "007")] == [172, 1, 7]
    counted = [told(one, number="A-17") for one in ("shopify", "woocommerce")]
    assert [(one.order, one.number) for one in counted] == [("17", "A-17")] * 2
    assert told("standard", number="A-17").order == "A-17"
    assert told("stripe", number="A-17").order == "pi_A-17"
    assert SampleOrder("1", "P", 3, "9.99", discount="0.50").total == "29.47"
    again = SampleOrder("1", "P", at=AT)
    assert again.changed_at == AT
    assert again.changed(paid=False).changed_at > CHANGED - timedelta(days=10**4)
    assert not again.changed(paid=False).paid


@pytest.mark.rule("S15")
@pytest.mark.parametrize(
    ("changes", "topic"),
    [
        ({}, "order.paid"),
        ({"paid": False}, "order.created"),
        ({"refund": "10.00"}, "order.refunded"),
        ({"paid": False, "refund": "10.00"}, "order.refunded"),
        ({"cancelled": True, "refund": "10.00"}, "order.cancelled"),
    ],
)
def test_a_sample_of_a_shop_of_ones_own_is_called_by_the_last_that_happened(
    changes: dict[str, Any], topic: str
) -> None:
    sent = sample("standard", SECRET, SampleOrder("1", "P", at=AT, **changes), "e1")
    whole = json.loads(sent.body)
    assert (whole["type"], whole["timestamp"]) == (topic, "2026-10-05T08:00:00.000000+00:00")
    assert sent.headers["webhook-id"] == "e1"


# What each vendor must be told to send, a second time.
TOPICS = {
    "standard": "order.created order.paid order.cancelled order.refunded",
    "shopify": "orders/create orders/updated orders/paid orders/cancelled refunds/create",
    "woocommerce": "order.created order.updated",
    "stripe": "checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed "
    "charge.refunded refund.created refund.updated refund.failed charge.dispute.created charge.dispute.closed "
    "invoice_payment.paid",
    "paypal": "PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED PAYMENT.CAPTURE.DECLINED "
    "PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED "
    "CUSTOMER.DISPUTE.RESOLVED",
}


@pytest.mark.rule("S15", "S17")
@pytest.mark.parametrize("kind", TOPICS)
def test_each_vendor_is_told_to_send_what_is_understood(kind: str) -> None:
    assert vendor(kind).topics == tuple(TOPICS[kind].split())
    lacking = {field for field, _ in vendor(kind).problems(a_shop(kind=kind, secrets=()))}
    assert lacking == ({"webhook", "api"} if kind == "paypal" else {"secrets"})


@pytest.mark.rule("S15")
@pytest.mark.parametrize("kind", KINDS)
def test_a_ping_proves_the_way_and_is_about_no_order(kind: str) -> None:
    sent = vendor(kind).ping(vendor(kind).key(SECRET), "e1")
    shop = a_shop(kind=kind)
    found = verified(
        shop, Knock(sent.headers, sent.body, datetime.now(UTC)), [vendor(kind).key(SECRET)], None
    )
    assert found is not None
    assert (found.topic, found.readable) == ("passerelle.ping", True)
    assert read_facts(shop, found.topic, sent.body) is None


# -- words of the Standard kind, lines of Stripe -----------------------------------------------------------------


@pytest.mark.rule("S14", "S16")
@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("", "done"),
        ("done", "done"),
        ("pending", "pending"),
        ("failed", "failed"),
        ("cancelled", "failed"),
        ("canceled", "failed"),
    ],
)
def test_a_refund_of_a_shop_of_ones_own_gives_back_once_it_is_done(state: str, read: str) -> None:
    refund = {
        "id": "r1",
        "amount": "-10.00",
        "state": state,
        "lines": {"1": 2, "2": "x"},
        "at": AT.isoformat(),
    }
    data: dict[str, Any] = {"order": "1042", "currency": "EUR", "refunds": [refund]}
    body = json.dumps({"type": "order.refunded", "data": data}).encode()
    facts = read_facts(a_shop(kind="standard"), "order.refunded", body)
    assert facts is not None
    (one,) = facts.refunds
    assert (one.id, one.amount, one.state, one.lines, one.at, one.currency) == (
        "r1",
        1000,
        read,
        {"1": 2},
        AT,
        "",
    )
    assert (facts.number, facts.given_back) == ("1042", None)
    data |= {
        "number": "n-7",
        "refunded": True,
        "customer": {"email": "c@x", "phone": "1", "institution": "i" * 300},
    }
    named = read_facts(a_shop(kind="standard"), "order.refunded", json.dumps({"data": data}).encode())
    assert named is not None
    assert named.buyer is not None
    assert (named.number, named.given_back, named.buyer.phone) == ("n-7", True, "1")
    refund["currency"] = "JPY"
    facts = read_facts(a_shop(kind="standard"), "order.refunded", json.dumps({"data": data}).encode())
    assert facts is not None
    assert (facts.refunds[0].amount, facts.refunds[0].currency) == (10, "JPY")


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("tutor", "tutor"),
        ("tuteur", "tutor"),
        ("tutrice", "tutor"),
        ("supervisor", "tutor"),
        ("teacher", "tutor"),
        ("learner", "learner"),
        ("", "learner"),
    ],
)
def test_a_tutor_of_a_shop_of_ones_own_is_called_so(role: str, kind: str) -> None:
    person = {"email": "a@x.example", "firstname": "A", "lastname": "B", "role": role}
    data = {"order": "1", "lines": [{"id": "1", "product": "P", "participants": [person]}]}
    facts = read_facts(a_shop(kind="standard"), "order.paid", json.dumps({"data": data}).encode())
    assert facts is not None
    assert [one.kind for one in (facts.lines or ())[0].participants] == [kind]


def stripes(
    pages: list[Mapping[str, Any]], session: Mapping[str, Any], *products: str
) -> tuple[Facts, list[str]]:
    asked: list[str] = []
    left = list(pages)

    def send(_method: str, url: str, **_what: Any) -> tuple[int, Any]:
        asked.append(url.removeprefix("https://api.stripe.com/v1/checkout/sessions/"))
        return 200, left.pop(0) if "line_items" in url else session

    named: dict[str, Product] = {name: a_product() for name in products}
    api = Api("b", a_shop(kind="stripe", products=named), vendor("stripe"), "k", send)
    order = Order(id="b:pi_1", shop="b", received_at=AT, lines_at="cs_1", snapshot_at=AT)
    return vendor("stripe").complete(api, order), asked


@pytest.mark.rule("S13", "S17")
def test_stripes_lines_are_asked_for_page_by_page_with_what_they_are_called_by() -> None:
    def row(name: str, **more: Any) -> dict[str, Any]:
        return {
            "id": name,
            "price": {"id": f"price_{name}", "product": f"prod_{name}"},
            "amount_total": 1000,
        } | more

    skus = {
        "lookup_key": "key",
        "id": "price_x",
        "product": {"id": "prod_x", "metadata": {"sku": "SKU", "learners": "M,A,a@x.example"}},
    }
    pages = [
        {
            "data": [row("li_1", quantity=2, amount_discount=5, description="T"), row("li_2", quantity=0)],
            "has_more": True,
        },
        {
            "data": [row("li_3", quantity="4"), row("li_4"), row("li_5", price=skus, amount_total=None)],
            "has_more": False,
        },
    ]
    session = {"total_details": {"amount_discount": 7}, "metadata": {"tutors": "N,B,b@x.example"}}
    facts, asked = stripes(pages, session, "prod_li_2", "key")
    tail = "line_items?limit=100&expand[]=data.price.product"
    assert asked == [f"cs_1/{tail}", f"cs_1/{tail}&starting_after=li_2", "cs_1"]
    lines = facts.lines or ()
    assert [(one.product, one.quantity, one.amount, one.odd) for one in lines] == [
        ("price_li_1", 2, 1000, ""), ("prod_li_2", 1, 1000, "quantity"), ("price_li_3", 1, 1000, "quantity"),
        ("price_li_4", 1, 1000, ""), ("key", 1, None, ""),
    ]  # fmt: skip
    assert (lines[0].discount, lines[0].title, facts.discount, facts.order) == (5, "T", 7, "pi_1")
    assert [one.email for one in lines[4].participants] == ["a@x.example"]
    assert [one.email for one in lines[1].participants] == ["b@x.example"]
    nothing, asked = stripes([{"data": [], "has_more": True}], {})
    assert (nothing.lines, len(asked)) == ((), 2)
