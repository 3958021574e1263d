"""What shops really send, a kind at a time, in every shop that can show it (S13–S17, S21).

Deliveries are reduced to what tells the kind, with invented people. They are played as `orders explain`
plays them: the use cases themselves, on a Moodle that has the courses and knows nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from passerelle.domain.orders.shop import Shop
from passerelle_cli.rehearsal import Rehearsal
from tests.factories.orders import a_product, a_selling_network, a_shop

BUYER = "rh@client.example"
ANA_BOB = "Nom;Ana;ana@client.example\nNom;Bob;bob@client.example"
SESSION = "coursename=SPOCM1"


# -- one delivery of each shop: 4 × 10.00, by default ---------------------------------------------------


def woo(status: str = "processing", minute: int = 0, **changes: Any) -> dict[str, Any]:
    item = {"id": 1, "sku": "SPOCM1", "quantity": 4, "total": "40.00", "total_tax": "0.00"}
    people = [{"key": "learners", "value": changes.pop("people", ANA_BOB)}]
    body = {
        "id": 700,
        "status": status,
        "currency": "EUR",
        "total": "40.00",
        "date_modified_gmt": f"2026-10-05T08:{minute:02}:00",
        "date_paid_gmt": "2026-10-05T08:00:00",
        "billing": {"first_name": "Rose", "last_name": "Humbert", "email": BUYER},
        "line_items": [{**item, "meta_data": people} | changes.pop("item", {})],
        "refunds": [],
    }
    return {"topic": "order.updated", "body": body | changes}


def shopify(status: str = "paid", minute: int = 0, **changes: Any) -> dict[str, Any]:
    item = {"id": 1, "sku": "SPOCM1", "quantity": 4, "price": "10.00", "total_discount": "0.00"}
    people = [{"name": "learners", "value": changes.pop("people", ANA_BOB)}]
    body = {
        "id": 700,
        "name": "#700",
        "email": BUYER,
        "currency": "EUR",
        "total_price": "40.00",
        "financial_status": status,
        "processed_at": "2026-10-05T08:00:00Z",
        "updated_at": f"2026-10-05T08:{minute:02}:00Z",
        "customer": {"first_name": "Rose", "last_name": "Humbert"},
        "line_items": [{**item, "properties": people} | changes.pop("item", {})],
        "refunds": [],
    }
    return {"topic": "orders/updated", "body": body | changes}


def stripe(topic: str, thing: dict[str, Any], minute: int = 0) -> dict[str, Any]:
    body = {"id": f"evt_{topic}_{minute}", "created": 1791187200 + 60 * minute, "type": topic}
    return {"topic": topic, "body": {**body, "data": {"object": thing}}}


def session(**changes: Any) -> dict[str, Any]:
    whole = {
        "id": "cs_700",
        "payment_intent": "700",
        "amount_total": 4000,
        "currency": "eur",
        "customer_details": {"email": BUYER, "name": "Rose Humbert"},
        "payment_status": "paid",
        "metadata": {"lines": "SPOCM1:4", "learners": ANA_BOB},
    }
    return stripe("checkout.session.completed", whole | changes)


def paypal(topic: str, resource: dict[str, Any], minute: int = 0) -> dict[str, Any]:
    name = f"PAYMENT.CAPTURE.{topic}" if "." not in topic else topic
    created = f"2026-10-05T08:{minute:02}:00Z"
    body = {"id": f"WH-{name}-{minute}", "event_type": name, "create_time": created, "resource": resource}
    return {"topic": name, "body": body}


def money(value: str, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": {"value": value, "currency_code": currency}}


def capture(minute: int = 0, topic: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    lines = "lines=SPOCM1:4&learners=Nom;Ana;ana@client.example|Nom;Bob;bob@client.example"
    whole = {"id": "700", **money("40.00"), "create_time": "2026-10-05T08:00:00Z", "custom_id": lines}
    return paypal(topic, whole | changes, minute)


def given(kind: str, value: str, minute: int, status: str = "COMPLETED") -> dict[str, Any]:
    up = {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/700"}
    return paypal(kind, {"id": f"R{minute}", **money(value), "status": status, "links": [up]}, minute)


def standard(minute: int = 0, **changes: Any) -> dict[str, Any]:
    people = [
        {"lastname": "Nom", "firstname": name, "email": f"{name.lower()}@client.example"}
        for name in changes.pop("people", ("Ana", "Bob"))
    ]
    line = {"id": "1", "product": "SPOCM1", "quantity": 4, "amount": "40.00", "participants": people}
    data = {
        "order": "700",
        "modified": f"2026-10-05T08:{minute:02}:00Z",
        "currency": "EUR",
        "total": "40.00",
        "paid_at": "2026-10-05T08:00:00Z",
        "customer": {"email": BUYER, "firstname": "Rose", "lastname": "Humbert"},
        "lines": [line | changes.pop("item", {})],
        "refunds": [],
    }
    return {"topic": "order.paid", "body": {"type": "order.paid", "data": data | changes}}


def refund(value: int, status: str, minute: int, **changes: Any) -> dict[str, Any]:
    thing = {"id": "re_1", "payment_intent": "700", "amount": value, "currency": "eur", "status": status}
    return stripe("refund.updated", thing | changes, minute)


# -- what came of it --------------------------------------------------------------------------------------


def play(kind: str, *deliveries: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "kind": kind,
        "webhook": "WH-1",
        "products": {"SPOCM1": a_product(parameters=SESSION)},
    }
    shop: Shop = a_shop(**whole | changes)
    rehearsal = Rehearsal(a_selling_network(shop), "boutique")
    for one in deliveries:
        rehearsal.play(json.loads(json.dumps(one)))
    return rehearsal.result()


def one(result: dict[str, Any]) -> dict[str, Any]:
    (order,) = result["orders"]
    found: dict[str, Any] = order
    return found


def outcome(kind: str, *deliveries: Mapping[str, Any], **changes: Any) -> tuple[str, list[str], list[str]]:
    """The state, the reasons, and who is enrolled."""
    order = one(play(kind, *deliveries, **changes))
    return order["state"], order["why"], [row["email"].partition("@")[0] for row in order["enrol"]]


FULL = ("fulfilled", ["seats_free"], ["ana", "bob"])


@pytest.mark.rule("S22")
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [
        ("woocommerce", woo()),
        ("shopify", shopify()),
        ("stripe", session()),
        ("paypal", capture()),
        ("standard", standard()),
    ],
)
def test_an_ordinary_order_of_each_shop_enrols_its_people(kind: str, delivery: dict[str, Any]) -> None:
    order = one(play(kind, delivery))
    assert (order["state"], order["why"]) == ("fulfilled", ["seats_free"])
    assert (order["id"], order["total"], order["currency"]) == ("boutique:700", "40.00", "EUR")
    assert order["seats"] == {"paid": 4, "free": 2}
    assert order["enrol"][0] == {"email": "ana@client.example", "role": "student", "course": "SPOCM1"}
    assert order["buyer"] == ("" if kind == "paypal" else BUYER)


# -- money: what the shop granted (S13) ----------------------------------------------------------------------

GRANTED = {
    "woo: coupon on the line": (
        "woocommerce",
        woo(total="36.00", item={"subtotal": "40.00", "total": "36.00"}),
    ),
    "woo: coupon said by the order alone": (
        "woocommerce",
        woo(
            total="36.00",
            item={"total": "36.00"},
            coupon_lines=[{"code": "X", "discount": "4.00"}],
        ),
    ),
    "woo: everything granted": (
        "woocommerce",
        woo(total="0.00", item={"total": "0.00"}, coupon_lines=[{"code": "X", "discount": "40.00"}]),
    ),
    "woo: gift card": ("woocommerce", woo(total="16.00", gift_cards=[{"id": 2, "amount": 24}])),
    "woo: negative fee": (
        "woocommerce",
        woo(total="35.00", fee_lines=[{"total": "-5.00", "total_tax": "0.00"}]),
    ),
    "woo: delivery on top": ("woocommerce", woo(total="45.00")),
    "woo: a cent a piece": ("woocommerce", woo(total="39.96", item={"total": "39.96"})),
    "shopify: code": (
        "shopify",
        shopify(
            total_price="36.00",
            item={"discount_allocations": [{"amount": "4.00", "discount_application_index": 0}]},
        ),
    ),
    "shopify: on the line": ("shopify", shopify(total_price="36.00", item={"total_discount": "4.00"})),
    "shopify: said twice": (
        "shopify",
        shopify(
            total_price="36.00",
            item={"total_discount": "4.00", "discount_allocations": [{"amount": "4.00"}]},
        ),
    ),
    "stripe: promotion code": (
        "stripe",
        session(amount_total=3600, total_details={"amount_discount": 400}),
    ),
    "stripe: everything granted": (
        "stripe",
        session(
            amount_total=0, payment_status="no_payment_required", total_details={"amount_discount": 4000}
        ),
    ),
    "standard: discount": ("standard", standard(total="36.00", discount="4.00")),
    "standard: discount on the line": (
        "standard",
        standard(total="36.00", discount="4.00", item={"amount": "36.00", "discount": "4.00"}),
    ),
    "standard: store credit": ("standard", standard(total="10.00", credit="30.00")),
}


@pytest.mark.rule("S13")
@pytest.mark.parametrize("name", GRANTED)
def test_what_the_shop_itself_granted_is_no_underpayment(name: str) -> None:
    kind, delivery = GRANTED[name]
    assert outcome(kind, delivery) == FULL


UNDERPAID = {
    "woo: less than its lines": ("woocommerce", woo(total="16.00"), "amount_differs"),
    "woo: less than its price": ("woocommerce", woo(total="16.00", item={"total": "16.00"}), "price_differs"),
    "woo: a discount smaller than what lacks": (
        "woocommerce",
        woo(total="16.00", item={"total": "16.00"}, discount_total="4.00"),
        "price_differs",
    ),
    "woo: one discount counted once": (
        "woocommerce",
        woo(total="32.00", item={"total": "36.00"}, discount_total="4.00"),
        "price_differs",
    ),
    "woo: part of a bundle that is not there": (
        "woocommerce",
        woo(total="0.00", item={"total": "0.00", "bundled_by": 9}),
        "price_differs",
    ),
    "shopify: price altered": (
        "shopify",
        shopify(total_price="4.00", item={"price": "1.00"}),
        "price_differs",
    ),
    "stripe: lines in the metadata": ("stripe", session(amount_total=100), "price_differs"),
    "stripe: no total at all": ("stripe", session(amount_total=None), "price_differs"),
    "paypal: lines in custom_id": ("paypal", capture(**money("1.00")), "price_differs"),
    "standard: no amount on the line": (
        "standard",
        standard(total="1.00", item={"amount": None}),
        "price_differs",
    ),
    "woo: another currency": ("woocommerce", woo(currency="CHF"), "currency_differs"),
    "shopify: another currency": ("shopify", shopify(currency="USD"), "currency_differs"),
    "stripe: another currency": ("stripe", session(currency="chf"), "currency_differs"),
    "paypal: another currency": ("paypal", capture(**money("40.00", "USD")), "currency_differs"),
    "standard: another currency": ("standard", standard(currency="CHF"), "currency_differs"),
    "standard: no currency": ("standard", standard(currency=None), "currency_differs"),
}


@pytest.mark.rule("S13")
@pytest.mark.parametrize("name", UNDERPAID)
def test_what_was_not_paid_parks_the_order_and_a_release_lets_it_through(name: str) -> None:
    kind, delivery, code = UNDERPAID[name]
    assert outcome(kind, delivery) == ("parked", [code], [])
    assert outcome(kind, delivery, {"release": "boutique:700"}) == FULL


ABSURD = {
    "quantity 0": woo(item={"quantity": 0}),
    "negative quantity": woo(item={"quantity": -4}),
    "half a seat": woo(item={"quantity": 1.5}),
    "negative line": woo(item={"total": "-40.00"}),
    "negative total": woo(total="-40.00"),
    "NaN": woo(total="NaN"),
    "without end": woo(total="1e999999999"),
    "long digits": woo(total="9" * 5000),
    "words": woo(total="beaucoup"),
    "a line of NaN": woo(item={"total": "NaN"}),
}


@pytest.mark.rule("S13")
@pytest.mark.parametrize("name", ABSURD)
def test_a_figure_that_makes_no_sense_parks_and_never_breaks(name: str) -> None:
    assert outcome("woocommerce", ABSURD[name]) == ("parked", ["amount_absurd"], [])


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [
        ("shopify", shopify(item={"quantity": 0})),
        ("shopify", shopify(total_price="-1.00")),
        ("stripe", session(metadata={"lines": "SPOCM1:0"})),
        ("stripe", session(metadata={"lines": "SPOCM1:-1"})),
        ("stripe", session(amount_total=-1)),
        ("paypal", capture(**money("NaN"))),
        ("paypal", capture(custom_id="lines=SPOCM1:0")),
        ("standard", standard(total="1e999999999")),
        ("standard", standard(item={"quantity": -1})),
    ],
)
def test_the_same_in_the_other_shops(kind: str, delivery: dict[str, Any]) -> None:
    assert outcome(kind, delivery)[:2] == ("parked", ["amount_absurd"])


@pytest.mark.rule("S13")
def test_a_price_in_a_further_currency_is_one_and_discounts_may_be_parked() -> None:
    product = a_product(parameters=SESSION, prices={"CHF": "11.00"})
    assert (
        outcome(
            "standard",
            standard(currency="CHF", total="44.00", item={"amount": "44.00"}),
            products={"SPOCM1": product},
        )
        == FULL
    )
    assert outcome("standard", standard(currency="CHF"), products={"SPOCM1": product})[1] == ["price_differs"]
    strict = {"SPOCM1": a_product(parameters=SESSION, discounts="park")}
    for name in ("woo: coupon on the line", "shopify: code", "stripe: promotion code", "standard: discount"):
        kind, delivery = GRANTED[name]
        assert outcome(kind, delivery, products=strict)[:2] == ("parked", ["price_differs"])
    kind, delivery = GRANTED["woo: gift card"]
    assert outcome(kind, delivery, products=strict) == FULL


@pytest.mark.rule("S13")
def test_what_a_page_in_the_browser_said_needs_a_price_to_be_believed() -> None:
    unpriced = {"SPOCM1": a_product(parameters=SESSION, price="")}
    assert outcome("paypal", capture(), products=unpriced) == ("parked", ["price_unknown"], [])
    assert outcome("stripe", session(), products=unpriced) == FULL


@pytest.mark.rule("S13")
def test_a_part_of_a_bundle_costs_nothing_where_its_parent_bears_the_price() -> None:
    def bundle(parent: str, **part: Any) -> dict[str, Any]:
        pack = {"id": 9, "sku": "PACK", "quantity": 1, "total": parent, "total_tax": "0.00"}
        seats = woo()["body"]["line_items"][0] | {"total": "0.00"} | part
        return woo(total=parent, line_items=[pack, seats])

    for part in ({"bundled_by": 9}, {"composite_parent": "9"}):
        assert outcome("woocommerce", bundle("25.00", **part), ignored=("PACK",)) == FULL
    free = outcome("woocommerce", bundle("0.00", bundled_by=9), ignored=("PACK",))
    assert free[:2] == ("parked", ["price_differs"])
    items = [
        {"id": 1, "sku": "SPOCM1", "quantity": 4, "price": "0.00", "sales_line_item_group_id": 5},
        {"id": 2, "sku": "LIVRE", "quantity": 1, "price": "25.00", "sales_line_item_group_id": 5},
    ]
    grouped = outcome("shopify", shopify(total_price="25.00", line_items=items), ignored=("LIVRE",))
    assert grouped[:2] == ("waiting", ["seats_free"])
    pack = {"id": "9", "product": "PACK", "quantity": 1, "amount": "25.00"}
    seats = standard()["body"]["data"]["lines"][0] | {"amount": "0.00", "part_of": "9"}
    assert outcome("standard", standard(total="25.00", lines=[pack, seats]), ignored=("PACK",)) == FULL


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [
        ("shopify", shopify(test=True)),
        ("shopify", shopify(payment_gateway_names=["bogus"])),
        ("stripe", session(livemode=False)),
        ("woocommerce", woo(meta_data=[{"key": "_wcpay_mode", "value": "test"}])),
        ("standard", standard(test=True)),
    ],
)
def test_a_test_order_is_parked_unless_the_shop_takes_them(kind: str, delivery: dict[str, Any]) -> None:
    assert outcome(kind, delivery) == ("parked", ["test_order"], [])
    assert outcome(kind, delivery, {"release": "boutique:700"}) == FULL
    assert outcome(kind, delivery, test_orders="take") == FULL


# -- what is taken back (S14, S16) -----------------------------------------------------------------------------

WHOLE = [{"id": 9, "reason": "", "total": "-40.00"}]
DONE = [{"kind": "refund", "status": "success", "amount": "40.00"}]

TAKEN_BACK = {
    "woo: a refund deleted": (
        "woocommerce",
        (woo(), woo("refunded", 5, refunds=WHOLE), woo("completed", 9)),
    ),
    "woo: cancelled, then processing": ("woocommerce", (woo(), woo("cancelled", 5), woo("processing", 9))),
    "woo: failed, then paid": ("woocommerce", (woo("failed", 0), woo("processing", 5))),
    "woo: refunded in the second of the sale, and again completed": (
        "woocommerce",
        (woo(), woo("refunded", refunds=WHOLE), woo("completed", 1)),
    ),
    "shopify: cancelled, then not": (
        "shopify",
        (shopify(), shopify(minute=5, cancelled_at="2026-10-05T08:05:00Z"), shopify(minute=9)),
    ),
    "standard: cancelled, then not": (
        "standard",
        (standard(), standard(5, cancelled_at="2026-10-05T08:05:00Z"), standard(9)),
    ),
    "standard: a refund no longer listed": (
        "standard",
        (standard(), standard(5, refunds=[{"id": "r", "amount": "40.00"}]), standard(9)),
    ),
    "stripe: a refund that failed": (
        "stripe",
        (session(), refund(4000, "succeeded", 5), refund(4000, "failed", 9)),
    ),
    "stripe: one cancelled while pending": (
        "stripe",
        (session(), refund(4000, "pending", 5), refund(4000, "canceled", 9)),
    ),
    "stripe: failed, with the running total": (
        "stripe",
        (
            session(),
            stripe("charge.refunded", {"id": "ch_1", "payment_intent": "700", "amount_refunded": 4000}, 5),
            refund(4000, "failed", 9),
        ),
    ),
    "stripe: a dispute won": (
        "stripe",
        (
            session(),
            stripe(
                "charge.dispute.created", {"id": "dp", "payment_intent": "700", "status": "needs_response"}, 5
            ),
            stripe("charge.dispute.closed", {"id": "dp", "payment_intent": "700", "status": "won"}, 9),
        ),
    ),
    "paypal: a reversal cancelled by the dispute": (
        "paypal",
        (
            capture(),
            given("REVERSED", "40.00", 5),
            paypal(
                "CUSTOMER.DISPUTE.RESOLVED",
                {
                    "dispute_id": "PP-D-1",
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"},
                    "disputed_transactions": [{"seller_transaction_id": "700"}],
                },
                9,
            ),
        ),
    ),
    "paypal: a reversal, then completed again": (
        "paypal",
        (capture(), given("REVERSED", "40.00", 5), capture(9)),
    ),
    "paypal: a refund that failed": (
        "paypal",
        (capture(), given("REFUNDED", "40.00", 5, "PENDING"), given("REFUNDED", "40.00", 5, "FAILED")),
    ),
}


@pytest.mark.rule("S16")
@pytest.mark.parametrize("name", TAKEN_BACK)
def test_what_the_shop_takes_back_gives_access_again(name: str) -> None:
    kind, deliveries = TAKEN_BACK[name]
    assert outcome(kind, *deliveries) == FULL


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("stripe", refund(4000, "pending", 5)),
        ("stripe", refund(4000, "requires_action", 5)),
        ("paypal", given("REFUNDED", "40.00", 5, "PENDING")),
        (
            "shopify",
            {
                "topic": "refunds/create",
                "body": {
                    "id": 7,
                    "order_id": 700,
                    "created_at": "2026-10-05T08:05:00Z",
                    "refund_line_items": [{"line_item_id": 1, "quantity": 4}],
                    "transactions": [{"kind": "refund", "status": "pending", "amount": "40.00"}],
                },
            },
        ),
        ("standard", standard(5, refunds=[{"id": "r", "amount": "40.00", "state": "pending"}])),
    ],
)
def test_a_refund_that_is_only_pending_takes_nothing(kind: str, told: dict[str, Any]) -> None:
    first = {"stripe": session(), "paypal": capture(), "shopify": shopify(), "standard": standard()}[kind]
    assert outcome(kind, first, told)[2] == ["ana", "bob"]


GIVEN_BACK = {
    "woo": ("woocommerce", woo(), woo("refunded", 5, refunds=WHOLE)),
    "woo: a free order": (
        "woocommerce",
        woo(total="0.00", item={"total": "0.00"}, discount_total="40.00"),
        woo("refunded", 5, total="0.00", item={"total": "0.00"}, discount_total="40.00"),
    ),
    "shopify: lines": (
        "shopify",
        shopify(),
        {
            "topic": "refunds/create",
            "body": {
                "id": 7,
                "order_id": 700,
                "created_at": "2026-10-05T08:05:00Z",
                "refund_line_items": [{"line_item_id": 1, "quantity": 4}],
                "transactions": DONE,
            },
        },
    ),
    "shopify: status": ("shopify", shopify(), shopify("refunded", 5)),
    "stripe: succeeded": ("stripe", session(), refund(4000, "succeeded", 5)),
    "stripe: another currency, shown to the buyer": (
        "stripe",
        session(presentment_details={"presentment_amount": 4400, "presentment_currency": "chf"}),
        refund(4400, "succeeded", 5, currency="chf"),
    ),
    "stripe: dispute lost": (
        "stripe",
        session(),
        stripe(
            "charge.dispute.closed",
            {"id": "dp", "payment_intent": "700", "amount": 4000, "status": "lost"},
            5,
        ),
    ),
    "paypal: refunded": ("paypal", capture(), given("REFUNDED", "40.00", 5)),
    "paypal: reversed": ("paypal", capture(), given("REVERSED", "40.00", 5)),
    "paypal: amounts of the first version": (
        "paypal",
        capture(amount={"total": "40.00", "currency": "EUR"}),
        paypal(
            "PAYMENT.SALE.REFUNDED",
            {
                "id": "R",
                "sale_id": "700",
                "amount": {"total": "-40.00", "currency": "EUR"},
                "state": "completed",
            },
            5,
        ),
    ),
    "standard": ("standard", standard(), standard(5, refunds=[{"id": "r", "amount": "40.00"}])),
    "standard: said so": ("standard", standard(), standard(5, refunded=True)),
}


@pytest.mark.rule("S14")
@pytest.mark.parametrize("name", GIVEN_BACK)
def test_what_is_given_back_whole_takes_access_away(name: str) -> None:
    kind, *deliveries = GIVEN_BACK[name]
    order = one(play(kind, *deliveries))
    assert (order["state"], order["why"], order["enrol"]) == ("refunded", [], [])
    assert [row["email"] for row in order["withdraw"]] == ["ana@client.example", "bob@client.example"]


IN_FRANCS = {
    "topic": "refunds/create",
    "body": {
        "id": 7,
        "order_id": 700,
        "created_at": "2026-10-05T08:05:00Z",
        "refund_line_items": [],
        "transactions": [{"kind": "refund", "status": "success", "amount": "41.00", "currency": "CHF"}],
    },
}
PARTS = {
    "woo": ("woocommerce", woo(), woo(minute=5, refunds=[{"id": 9, "total": "-10.00"}])),
    "shopify: another currency of unknown rate": (
        "shopify",
        shopify(presentment_currency="CHF"),
        IN_FRANCS,
    ),
    "shopify: another currency as the buyer saw it": (
        "shopify",
        shopify(total_price_set={"presentment_money": {"amount": "44.00", "currency_code": "CHF"}}),
        IN_FRANCS,
    ),
    "stripe": ("stripe", session(), refund(1000, "succeeded", 5)),
    "stripe: a part disputed and lost": (
        "stripe",
        session(),
        stripe(
            "charge.dispute.closed",
            {"id": "dp", "payment_intent": "700", "amount": 1000, "status": "lost"},
            5,
        ),
    ),
    "paypal: reversed": ("paypal", capture(), given("REVERSED", "10.00", 5)),
    "paypal: a part disputed and lost": (
        "paypal",
        capture(),
        paypal(
            "CUSTOMER.DISPUTE.RESOLVED",
            {
                "dispute_id": "PP-D-1",
                "status": "RESOLVED",
                "dispute_amount": {"value": "10.00", "currency_code": "EUR"},
                "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
                "disputed_transactions": [{"seller_transaction_id": "700"}],
            },
            5,
        ),
    ),
    "standard": ("standard", standard(), standard(5, refunds=[{"id": "r", "amount": "10.00"}])),
}


@pytest.mark.rule("S14")
@pytest.mark.parametrize("name", PARTS)
def test_an_amount_given_back_in_part_is_noted_and_takes_nothing(name: str) -> None:
    kind, *deliveries = PARTS[name]
    assert outcome(kind, *deliveries) == ("fulfilled", ["seats_free", "refund_of_amount"], ["ana", "bob"])


NOBODYS = {
    "stripe refund": ("stripe", refund(4000, "succeeded", 5)),
    "stripe charge": (
        "stripe",
        stripe("charge.refunded", {"id": "ch", "payment_intent": "pi_9", "amount_refunded": 1}),
    ),
    "stripe dispute": (
        "stripe",
        stripe("charge.dispute.created", {"id": "d", "payment_intent": "pi", "status": "x"}),
    ),
    "stripe expired session": ("stripe", stripe("checkout.session.expired", {"id": "cs_9"})),
    "paypal refund": ("paypal", given("REFUNDED", "40.00", 5)),
    "paypal reversal": ("paypal", given("REVERSED", "40.00", 5)),
    "paypal declined": ("paypal", capture(topic="DECLINED")),
    "shopify refund": ("shopify", {"topic": "refunds/create", "body": {"id": 7, "order_id": 1}}),
}


@pytest.mark.rule("S16")
@pytest.mark.parametrize("name", NOBODYS)
def test_what_only_speaks_of_an_order_makes_none(name: str) -> None:
    kind, delivery = NOBODYS[name]
    assert play(kind, delivery) == {
        "orders": [],
        "ignored": [{"topic": delivery["topic"], "why": "order_never_here"}],
    }


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    "name", ["stripe: succeeded", "paypal: refunded", "paypal: reversed", "shopify: lines"]
)
def test_a_refund_that_came_before_its_order_waits_for_it(name: str) -> None:
    kind, sold, back = GIVEN_BACK[name]
    order = one(play(kind, back, sold))
    assert (order["state"], order["enrol"]) == ("refunded", [])


@pytest.mark.rule("S16")
def test_a_subscriptions_refund_finds_its_session_by_invoice_or_by_its_payment() -> None:
    sold = session(payment_intent=None, mode="subscription", subscription="sub_1", invoice="in_1")
    charge = {"id": "ch_9", "payment_intent": "pi_9", "amount_refunded": 4000, "currency": "eur"}
    by_invoice = stripe("charge.refunded", {**charge, "invoice": "in_1"}, 5)
    assert one(play("stripe", sold, by_invoice))["state"] == "refunded"
    # Newer versions say the invoice of a payment in an event of its own.
    paid = stripe(
        "invoice_payment.paid",
        {
            "object": "invoice_payment",
            "invoice": "in_1",
            "payment": {"type": "payment_intent", "payment_intent": "pi_9"},
        },
    )
    for sequence in (
        (sold, paid, stripe("charge.refunded", charge, 5)),
        (stripe("charge.refunded", charge, 5), paid, sold),
    ):
        assert one(play("stripe", *sequence))["state"] == "refunded"
    # The refund of a later period is not the session's.
    later = stripe("charge.refunded", {**charge, "payment_intent": "pi_2", "invoice": "in_2"}, 5)
    assert one(play("stripe", sold, later))["state"] == "fulfilled"


# -- people (S16, S17) -----------------------------------------------------------------------------------------


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    ("kind", "first", "then"),
    [
        ("woocommerce", woo(people=ANA_BOB + "b"), woo(minute=5)),
        ("shopify", shopify(people=ANA_BOB + "b"), shopify(minute=5)),
        ("standard", standard(people=("Ana", "Bobb")), standard(5)),
    ],
)
def test_a_person_corrected_in_the_shop_is_corrected_here(
    kind: str, first: dict[str, Any], then: dict[str, Any]
) -> None:
    order = one(play(kind, first, then))
    assert [row["email"] for row in order["enrol"]] == ["ana@client.example", "bob@client.example"]
    assert len(order["withdraw"]) == 1
    back = one(
        play(
            kind,
            first,
            then,
            {**first, "body": json.loads(json.dumps(then["body"]).replace("08:05", "08:09"))},
        )
    )
    assert [row["email"] for row in back["enrol"]] == ["ana@client.example", "bob@client.example"]


@pytest.mark.rule("S16")
def test_a_buyer_corrected_in_the_shop_takes_over_what_the_wrong_one_got() -> None:
    products = {"SPOCM1": a_product("std_enrolonecourse", parameters="coursename=SPOCM1&duration=35")}
    wrong = woo(billing={"first_name": "Rose", "last_name": "Humbert", "email": "hr@client.example"})
    order = one(play("woocommerce", wrong, woo(minute=5), products=products))
    assert [row["email"] for row in order["enrol"]] == [BUYER]
    assert [row["email"] for row in order["withdraw"]] == ["hr@client.example"]
    assert order["buyer"] == BUYER


@pytest.mark.rule("S14", "S16")
@pytest.mark.parametrize(
    ("kind", "sold", "erased"),
    [
        (
            "woocommerce",
            woo(),
            woo(
                minute=5,
                billing={
                    "first_name": "[deleted]",
                    "last_name": "[deleted]",
                    "email": "deleted@site.invalid",
                },
            ),
        ),
        ("shopify", shopify(), shopify(minute=5, email="", contact_email=None, customer=None)),
    ],
)
def test_a_shop_that_erased_its_buyer_corrects_nobody(
    kind: str, sold: dict[str, Any], erased: dict[str, Any]
) -> None:
    before, after = one(play(kind, sold)), one(play(kind, sold, erased))
    assert before["buyer"]
    assert (after["buyer"], after["enrol"], after["withdraw"]) == (before["buyer"], before["enrol"], [])


@pytest.mark.rule("S17")
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [
        ("woocommerce", woo(meta_data={"3": {"id": 3, "key": "a", "value": "b"}})),
        (
            "woocommerce",
            woo(billing={"first_name": "Rose", "last_name": "Humbert", "email": BUYER, "company": None}),
        ),
        ("woocommerce", woo(number=700, date_created=False, coupon_lines=None, refunds={})),
        ("woocommerce", woo(item={"sku": "SPOCM1", "name": None, "variation_id": "", "price": "x"})),
        ("woocommerce", woo(meta_data=[{"key": None, "value": {"a": 1}}, "x", None])),
        ("shopify", shopify(billing_address=None, note=None, customer_locale=None, tax_lines=None)),
        ("shopify", shopify(total_weight="heavy", shipping_lines=[None], discount_codes={})),
        ("stripe", session(custom_fields=[{"key": "x"}], locale=None, total_details=None)),
        ("paypal", capture(invoice_id=None, supplementary_data=None, seller_protection=[])),
        ("standard", standard(number=700, discount=None, credit="", test=None)),
    ],
)
def test_a_field_nobody_needs_never_stops_an_order(kind: str, delivery: dict[str, Any]) -> None:
    assert outcome(kind, delivery) == FULL


@pytest.mark.rule("S17")
def test_two_changes_in_one_second_are_two_and_the_same_bytes_are_one() -> None:
    part = woo(refunds=[{"id": 9, "total": "-10.00"}])
    assert one(play("woocommerce", woo(), part))["why"] == ["seats_free", "refund_of_amount"]
    assert play("woocommerce", woo(), woo())["ignored"] == [{"topic": "order.updated", "why": "known"}]


@pytest.mark.rule("S21")
@pytest.mark.parametrize(
    ("kind", "delivery"),
    [
        ("woocommerce", woo(item={"sku": "LIVRE"})),
        ("shopify", shopify(item={"sku": "LIVRE"})),
        ("stripe", session(metadata={"lines": "LIVRE:1"})),
        ("paypal", capture(custom_id="lines=LIVRE:1")),
        ("standard", standard(item={"product": "LIVRE"})),
        ("woocommerce", woo(line_items=[])),
    ],
)
def test_an_order_in_which_nothing_is_a_training_touches_nobody(kind: str, delivery: dict[str, Any]) -> None:
    order = one(play(kind, delivery, ignored=("LIVRE",)))
    assert (order["state"], order["why"], order["enrol"]) == ("not_ours", [], [])


@pytest.mark.rule("S21")
def test_a_card_kept_for_later_is_no_order() -> None:
    kept = session(mode="setup", payment_intent=None, amount_total=None, payment_status="no_payment_required")
    assert play("stripe", kept)["orders"] == []


@pytest.mark.rule("S3")
def test_places_that_serve_nobody_and_a_course_bought_again_are_said() -> None:
    products = {"SPOCM1": a_product("std_enrolonecourse", parameters="coursename=SPOCM1&duration=35")}
    more = woo(id=701, item={"quantity": 1, "total": "10.00"}, total="10.00")
    first, second = play("woocommerce", woo(), more, products=products)["orders"]
    assert (first["state"], first["why"]) == ("fulfilled", ["quantity_unused"])
    assert (second["state"], second["why"]) == ("fulfilled", ["bought_again"])


# -- an order that was edited -----------------------------------------------------------------------------


def edited(quantity: int, current: int, status: str = "paid", **changes: Any) -> dict[str, Any]:
    """Shopify keeps the quantity that was sold and tells what is left of it beside."""
    return shopify(status, 5, item={"quantity": quantity, "current_quantity": current}, **changes)


@pytest.mark.rule("S16")
def test_a_line_that_the_shop_takes_out_is_gone_as_a_refunded_one_is() -> None:
    zoe = [{"key": "learners", "value": "Nom;Zoe;zoe@client.example"}]
    more = {"id": 2, "sku": "SPOCM1", "quantity": 1, "total": "10.00", "meta_data": zoe}
    added = json.loads(json.dumps(woo(total="50.00")))
    added["body"]["line_items"].append(more)
    assert outcome("woocommerce", added, woo(minute=5)) == FULL
    (order,) = play("woocommerce", added, woo(minute=5))["orders"]
    assert [row["email"] for row in order["withdraw"]] == ["zoe@client.example"]

    order = one(play("shopify", shopify(), edited(4, 0)))
    assert [row["email"] for row in order["withdraw"]] == ["ana@client.example", "bob@client.example"]
    assert (order["state"], order["seats"]) == ("cancelled", {"paid": 0, "free": 0})
    assert outcome("shopify", shopify(), edited(4, 0), shopify(minute=9)) == FULL
    assert one(play("shopify", shopify(), edited(4, 2)))["seats"] == {"paid": 2, "free": 0}


def test_what_a_refund_took_out_is_not_taken_out_again() -> None:
    back = {"id": 7, "created_at": "2026-10-05T08:05:00Z", "transactions": [{**DONE[0], "amount": "10.00"}]}
    told = edited(4, 3, refunds=[{**back, "refund_line_items": [{"line_item_id": 1, "quantity": 1}]}])
    order = one(play("shopify", shopify(), told))
    assert (order["state"], order["seats"]["free"]) == ("fulfilled", 1)
    assert len(order["enrol"]) == 2


@pytest.mark.rule("S12")
def test_a_line_that_is_added_and_not_yet_paid_is_looked_at_first() -> None:
    told = edited(6, 6, "partially_paid", total_price="60.00", total_outstanding="20.00")
    state, why, people = outcome("shopify", shopify(), told)
    assert (state, why, people) == ("parked", ["amount_differs"], ["ana", "bob"])
    assert outcome("shopify", shopify(), told, shopify(minute=9))[0] == "fulfilled"


def test_a_row_that_cannot_be_read_says_its_own_reason() -> None:
    rows = "Nom;Ana;ana@client.example\nhttp://x.example;Bob;bob@client.example\nNom;Ana;ana@client.example"
    state, why, people = outcome("woocommerce", woo(people=rows))
    assert (state, sorted(why), people) == (
        "partly_fulfilled",
        ["email_repeated", "name_invalid"],
        ["ana"],
    )


@pytest.mark.rule("S17")
@pytest.mark.parametrize(
    ("kind", "told", "lost", "empty"),
    [
        (
            "woocommerce",
            woo(),
            woo(minute=5, item={"meta_data": None}),
            woo(minute=9, item={"meta_data": []}),
        ),
        (
            "shopify",
            shopify(),
            shopify(minute=5, item={"properties": None}),
            shopify(minute=9, item={"properties": []}),
        ),
        (
            "standard",
            standard(),
            standard(5, item={"participants": None}),
            standard(9, item={"participants": []}),
        ),
    ],
)
def test_a_field_of_people_lost_on_the_way_withdraws_nobody_but_an_empty_one_does(
    kind: str, told: Mapping[str, Any], lost: Mapping[str, Any], empty: Mapping[str, Any]
) -> None:
    assert outcome(kind, told, lost) == FULL
    assert outcome(kind, lost, told, lost) == FULL
    assert outcome(kind, told, empty) == ("waiting", ["seats_free"], [])


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("kind", "sale", "told"),
    [
        ("woocommerce", woo(), woo(minute=5, refunds=[{"id": 9, "total": "NaN"}])),
        ("stripe", session(), refund(-4000, "succeeded", 5)),
        ("paypal", capture(), given("REFUNDED", "NaN", 5)),
        (
            "shopify",
            shopify(),
            {
                "topic": "refunds/create",
                "body": {"id": 7, "order_id": 700, "transactions": [{**DONE[0], "amount": "1e999999999"}]},
            },
        ),
        ("standard", standard(), standard(5, refunds=[{"id": "r", "amount": "1e999999999"}])),
    ],
)
def test_a_refund_of_a_figure_that_makes_no_sense_is_looked_at_and_takes_nothing(
    kind: str, sale: Mapping[str, Any], told: Mapping[str, Any]
) -> None:
    assert outcome(kind, sale, told) == ("parked", ["amount_absurd"], ["ana", "bob"])


@pytest.mark.rule("S13")
def test_a_bundle_that_only_hidden_fields_tell_of() -> None:
    def item(number: int, sku: str, total: str, **meta: str) -> dict[str, Any]:
        rows = [{"key": key, "value": value} for key, value in meta.items()]
        return {"id": number, "sku": sku, "quantity": 1, "total": total, "meta_data": rows}

    pack = item(1, "PACK", "40.00", _bundle_cart_key="k1")
    part = item(2, "SPOCM1", "0.00", _bundled_by="k1", _bundle_cart_key="k2", learners=ANA_BOB[:26])
    order = one(play("woocommerce", woo(line_items=[pack, part]), ignored=("PACK",)))
    assert (order["state"], order["why"]) == ("fulfilled", [])
    alone = one(play("woocommerce", woo(line_items=[part]), ignored=("PACK",)))
    assert (alone["state"], alone["why"]) == ("parked", ["price_differs"])


def test_parts_that_are_each_other_s_parent_bear_no_price() -> None:
    one_part = {"id": 1, "sku": "SPOCM1", "quantity": 1, "total": "0.00", "bundled_by": 2}
    other = {**one_part, "id": 2, "bundled_by": 1}
    assert outcome("woocommerce", woo(line_items=[one_part, other]))[:2] == ("parked", ["price_differs"])
