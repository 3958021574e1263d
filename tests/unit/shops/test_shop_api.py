"""What shops are asked and told, against answers as their APIs give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Heard, ShopApi, Webhook
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, TryAgain
from passerelle.shops.registry import vendor
from passerelle.shops.vendor import Api
from passerelle.usecases.orders import fulfil
from tests.factories.orders import a_shop, some_facts
from tests.factories.records import NOW
from tests.fakes.paypal import FakePayPal
from tests.scenes.orders import OrderScene


class Answers:
    """Answers by method and path; `asked` is what it was asked. One that is missing is a 404."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any, Mapping[str, str]]] = []

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], form: Any = None, body: Any = None
    ) -> Any:
        path = url.split("//", 1)[1].partition("/")[2]
        self.asked.append((method, path, form or body, headers))
        for name, answer in self.answers.items():
            wanted, _, part = name.partition(" ")
            if wanted == method and part in path:
                return answer if isinstance(answer, tuple) else (200, answer)
        return 404, {}


def an_order(**changes: Any) -> Order:
    whole: dict[str, Any] = {"id": "s:42", "shop": "s", "received_at": NOW, "currency": "EUR"}
    return Order(**whole | changes)


def api(kind: str, answers: Any, **settings: Any) -> Api:
    shop = a_shop(kind=kind, webhook="WH", api=ShopApi(url="https://shop.example", key="/k", **settings))
    return Api("s", shop, vendor(kind), "id:secret", answers)


def lines(kind: str, answers: Answers, order: Order) -> Facts:
    one = api(kind, answers)
    return one.vendor.complete(one, order)


def refunds(kind: str, answers: Answers, order: Order) -> tuple[Refund, ...] | None:
    one = api(kind, answers)
    return one.vendor.refunds(one, order)


def confirm(kind: str, answers: Answers, order: Order, text: str, **settings: Any) -> None:
    one = api(kind, answers, **settings)
    one.vendor.confirm(one, order, text)


def test_stripes_lines_are_asked_for_with_what_names_their_product() -> None:
    row = {
        "id": "li_1",
        "quantity": 4,
        "amount_total": 4000,
        "description": "SPOC",
        "price": {
            "id": "price_1",
            "lookup_key": None,
            "product": {"id": "prod_1", "metadata": {"sku": "SPOCM1"}},
        },
    }
    session = {"metadata": {"learners": "Martin;Ana;ana@client.example"}}
    answers = Answers(**{"GET line_items": {"data": [row]}, "GET v1/checkout": session})
    facts = lines("stripe", answers, an_order(lines_at="cs_1"))
    assert facts.lines is not None
    (line,) = facts.lines
    assert (line.product, line.quantity, line.amount) == ("SPOCM1", 4, 4000)
    assert [p.email for p in line.participants] == ["ana@client.example"]
    assert all(headers["Authorization"] == "Bearer id:secret" for *_, headers in answers.asked)
    # What came from outside never leaves the path it is meant for.
    lines("stripe", answers, an_order(lines_at="../../v1/payouts"))
    assert ".." not in answers.asked[-1][1]


def test_paypals_order_gives_lines_and_payer() -> None:
    whole = {
        "payer": {"email_address": "rh@client.example", "name": {"given_name": "Rose", "surname": "Humbert"}},
        "purchase_units": [
            {
                "items": [
                    {
                        "sku": "SPOCM1",
                        "name": "SPOC",
                        "quantity": "4",
                        "unit_amount": {"value": "10.00", "currency_code": "EUR"},
                    }
                ]
            }
        ],
    }
    answers = Answers(**{"POST oauth2": {"access_token": "t"}, "GET v2/checkout": whole})
    facts = lines("paypal", answers, an_order(lines_at="4RR"))
    assert facts.lines is not None
    assert (facts.lines[0].product, facts.lines[0].amount) == ("SPOCM1", 4000)
    assert facts.buyer is not None
    assert facts.buyer.email == "rh@client.example"


@pytest.mark.rule("S13")
def test_paypals_own_word_on_an_order_counts_and_its_custom_id_only_beside_the_total() -> None:
    paypal = FakePayPal()
    one = Api(
        "s", a_shop(kind="paypal", api=ShopApi(key="/k", sandbox=True)), vendor("paypal"), "id:secret", paypal
    )
    assert one.address == "https://api-m.sandbox.paypal.com"
    unit: dict[str, Any] = {
        "amount": {"value": "36.00", "breakdown": {"discount": {"value": "4.00", "currency_code": "EUR"}}},
        "custom_id": "lines=SPOCM1:4&learners=Martin;Ana;ana@client.example",
    }
    payer = {"email_address": "rh@client.example", "name": {"given_name": "Rose", "surname": "Humbert"}}
    paypal.orders["ORD1"] = {"payment_source": {"paypal": payer}, "purchase_units": [unit]}
    facts = one.vendor.complete(one, an_order(lines_at="ORD1"))
    assert facts.lines is not None
    assert (facts.lines[0].product, facts.lines[0].quantity, facts.lines[0].amount) == ("SPOCM1", 4, None)
    assert [p.email for p in facts.lines[0].participants] == ["ana@client.example"]
    assert (facts.discount, facts.buyer.email if facts.buyer else "") == (400, "rh@client.example")
    unit["items"] = [{"name": "SPOC", "sku": "AUTRE", "quantity": "2", "unit_amount": {"value": "20.00"}}]
    facts = one.vendor.complete(one, an_order(lines_at="ORD1"))
    assert facts.lines is not None
    assert [(line.product, line.quantity, line.amount) for line in facts.lines] == [("AUTRE", 2, 4000)]
    with pytest.raises(GiveUp):
        one.vendor.complete(one, an_order(lines_at="ORD2"))


@pytest.mark.rule("S2")
def test_people_typed_into_stripes_page_are_the_same_with_a_key_and_without() -> None:
    typed = [{"key": "learners", "text": {"value": "Martin;Ana;ana@client.example\nsans adresse"}}]
    whole = {"id": "cs_1", "metadata": {"learnersnote": "x@y.example"}, "custom_fields": typed}
    row = {
        "id": "li_1",
        "quantity": 4,
        "amount_total": 3600,
        "amount_discount": 400,
        "price": {"lookup_key": "SPOCM1"},
    }
    answers = Answers(**{"GET line_items": {"data": [row]}, "GET v1/checkout": whole})
    fetched = lines("stripe", answers, an_order(lines_at="cs_1"))
    session = whole | {"metadata": {"lines": "SPOCM1:4", "learnersnote": "x@y.example"}}
    event = {"data": {"object": session}, "created": 1}
    told = vendor("stripe").read(event, "checkout.session.completed", a_shop(kind="stripe"))
    assert told is not None
    for facts in (fetched, told):
        assert facts.lines is not None
        emails = [person.email for person in facts.lines[0].participants]
        assert emails == ["ana@client.example", "ligne 2 (email_missing)"]
    assert fetched.lines is not None
    assert (fetched.lines[0].amount, fetched.lines[0].discount) == (3600, 400)


@pytest.mark.rule("S14")
def test_woocommerces_refunds_are_asked_for_line_by_line() -> None:
    rows = [
        {
            "id": 9,
            "amount": "10.00",
            "line_items": [{"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "315"}]}],
        },
        {"id": 10, "amount": "5.00", "line_items": []},
    ]
    answers = Answers(**{"GET refunds": rows})
    found = refunds("woocommerce", answers, an_order(refunds_at="727"))
    assert found == (Refund("9", 1000, {"315": 1}), Refund("10", 500, {}))
    assert refunds("stripe", answers, an_order()) is None


@pytest.mark.parametrize(("status", "kind"), [(500, TryAgain), (429, TryAgain), (403, GiveUp), (404, GiveUp)])
def test_a_shop_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as raised:
        refunds("woocommerce", Answers(**{"GET refunds": (status, {})}), an_order(refunds_at="7"))
    assert "secret" not in str(raised.value)


def test_woocommerce_gets_one_note_and_the_configured_status() -> None:
    answers = Answers(**{"GET notes": [], "POST notes": {}, "PUT orders/42": {}})
    order = an_order(state=OrderState.FULFILLED)
    confirm("woocommerce", answers, order, "Passerelle : réalisée.", done_status="completed")
    assert [(method, what) for method, _, what, _ in answers.asked] == [
        ("GET", None),
        ("POST", {"note": "Passerelle : réalisée.", "customer_note": False}),
        ("PUT", {"status": "completed"}),
    ]
    again = Answers(**{"GET notes": [{"note": "Passerelle : réalisée."}], "PUT orders": {}})
    confirm("woocommerce", again, order, "Passerelle : réalisée.")
    assert [method for method, *_ in again.asked] == ["GET"]


def test_stripe_is_told_in_metadata() -> None:
    answers = Answers(**{"POST payment_intents/pi_1": {}})
    confirm("stripe", answers, an_order(id="s:pi_1", state=OrderState.FULFILLED), "fait")
    (_, _, form, _) = answers.asked[0]
    assert form == {"metadata[passerelle_state]": "fulfilled", "metadata[passerelle]": "fait"}


@pytest.mark.rule("S12")
def test_telling_the_shop_is_retried_apart_from_the_fulfilment() -> None:
    scene = OrderScene(a_shop(api=ShopApi(confirm=True)))
    scene.send(some_facts())
    message = scene.queues.take("orders")
    assert message is not None
    from passerelle.usecases.orders import work

    work.work(scene.world, "delivery", message["delivery"])
    assert scene.order().state == OrderState.FULFILLED
    assert scene.queues["orders"] == [{"confirm": "boutique:1042"}]
    scene.deliver()
    assert [order for order, _ in scene.shops.confirmed] == ["boutique:1042"]
    assert "client.example" not in scene.shops.confirmed[0][1]
    fulfil.confirm(scene.world, "boutique:1042")
    assert len(scene.shops.confirmed) == 1
    assert replace(scene.order(), confirmed="") != scene.order()


# -- what changed, and the shop's own view of its webhook (S17) -------------------------------------------


def changed(kind: str, answers: Any) -> list[Heard]:
    one = api(kind, answers)
    return list(one.vendor.changed(one, NOW - timedelta(hours=1)))


@pytest.mark.rule("S17")
def test_shopify_is_asked_by_time_of_change_from_where_a_page_ended() -> None:
    rows = [{"id": n, "updated_at": f"2026-10-05T07:{n // 10:02}:00Z"} for n in range(300)]
    tokens: set[str] = set()

    def answers(method: str, url: str, *, headers: Mapping[str, str], **_: Any) -> Any:
        tokens.add(headers["X-Shopify-Access-Token"])
        since = url.rpartition("updated_at_min=")[2]
        return 200, {"orders": [row for row in rows if str(row["updated_at"]) >= since][:250]}

    found = changed("shopify", answers)
    assert sorted(int(one.order) for one in found) == list(range(300))
    assert tokens == {"id:secret"}


@pytest.mark.rule("S17")
def test_paypals_events_are_read_page_by_page_and_never_from_another_host() -> None:
    paypal = FakePayPal()
    created = "2026-10-05T07:30:00Z"
    paypal.events = [
        {"id": f"WH-{n}", "event_type": "PAYMENT.CAPTURE.COMPLETED", "create_time": created} for n in range(5)
    ]
    paypal.events.append({"id": "WH-X", "event_type": "BILLING.PLAN.CREATED"})
    assert [one.event for one in changed("paypal", paypal)] == [f"WH-{n}" for n in range(5)]


@pytest.mark.rule("S17")
def test_shopify_and_a_played_paypal_say_how_their_webhooks_stand_and_a_shop_of_ones_own_cannot() -> None:
    door = "https://passerelle.example/shops/boutique/orders"

    def seen(kind: str, answers: Any) -> Webhook | None:
        one = api(kind, answers)
        return one.vendor.webhook(one, door)

    hooks = {"webhooks": [{"address": door, "topic": "orders/updated"}]}
    assert seen("shopify", Answers(**{"GET webhooks": hooks})) == Webhook("on", ("refunds/create",))
    paypal = FakePayPal(webhook="WH")
    assert seen("paypal", paypal) == Webhook("on")
    paypal.url = "https://elsewhere.example/"
    assert seen("paypal", paypal) == Webhook("absent")
    assert seen("standard", Answers()) is None
