"""One order that says everything its kind of shop can say, and one that says next to nothing, read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Buyer, Facts, Line, Participant, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import ShopApi
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.payload import PayloadUnreadable
from passerelle.shops.registry import read_facts, vendor
from passerelle.shops.vendor import Api, Knock, SampleOrder, Vendor
from passerelle.shops.woocommerce import sign_base64
from tests.factories.orders import a_shop

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PEOPLE = (
    Participant("ana@x.example", "Ana", "Martin"),
    Participant("tom@x.example", "Tom", "Petit", "tutor"),
    Participant("lea@x.example", "Léa", "Grand"),
)


def read(kind: str, topic: str, document: Mapping[str, Any], **shop: Any) -> Facts | None:
    return read_facts(a_shop(kind=kind, **shop), topic, json.dumps(document).encode())


# -- a shop of one's own (Standard Webhooks) ------------------------------------------------------------------

FULL = {
    "order": "1042",
    "number": "F-1042",
    "modified": "2026-10-05T09:00:00Z",
    "currency": "EUR",
    "total": "40.00",
    "discount": "4.00",
    "credit": "1.50",
    "test": True,
    "paid_at": "2026-10-05T08:01:00Z",
    "cancelled_at": "2026-10-05T08:02:00Z",
    "refunded": False,
    "customer": {
        "email": "rh@x.example",
        "firstname": "Rose",
        "lastname": "Humbert",
        "city": "Caen",
        "phone": "0231",
        "institution": "SA",
        "lang": "en",
    },
    "lines": [
        {
            "id": "1",
            "product": "SPOCM1",
            "quantity": 2,
            "amount": "36.00",
            "title": "SPOC",
            "discount": "4.00",
            "part_of": "9",
            "participants": [
                {
                    "lastname": "l" * 101,
                    "firstname": "f" * 101,
                    "email": "ana@x.example",
                    "role": "Tutor",
                    "city": "c" * 121,
                    "phone": "p" * 21,
                    "institution": "i" * 256,
                },
                {"email": "bob@x.example"},
                {"email": "BOB@x.example", "firstname": "Bob"},
                {"firstname": "one"},
                {"firstname": "two"},
            ],
        },
        {"id": "2", "product": "OTHER", "quantity": "x", "amount": None, "participants": None},
    ],
    "refunds": [
        {
            "id": "r1",
            "amount": "-5.00",
            "currency": "EUR",
            "state": "pending",
            "lines": {"1": 2, "2": "-1"},
            "at": "2026-10-05T08:03:00Z",
        },
        {"id": "r2", "amount": "5", "currency": "JPY"},
    ],
}


@pytest.mark.rule("S2", "S12", "S13", "S14", "S16")
def test_every_field_of_an_order_of_a_shop_of_ones_own_is_read() -> None:
    assert read("standard", "order.paid", {"data": FULL}) == Facts(
        order="1042",
        number="F-1042",
        snapshot_at=AT + HOUR,
        buyer=Buyer("rh@x.example", "Rose", "Humbert", "Caen", "0231", "SA", "en"),
        lines=(
            Line(
                "1",
                "SPOCM1",
                2,
                3600,
                "SPOC",
                (
                    Participant(
                        "ana@x.example",
                        "f" * 100,
                        "l" * 100,
                        "tutor",
                        city="c" * 120,
                        phone="p" * 20,
                        institution="i" * 255,
                    ),
                    Participant("BOB@x.example", "Bob"),
                    Participant("", "one"),
                    Participant("", "two"),
                ),
                discount=400,
                part_of="9",
            ),
            Line("2", "OTHER", 0, None, odd="quantity", untold=True),
        ),
        currency="EUR",
        total=4000,
        paid_at=AT + MINUTE,
        cancelled_at=AT + 2 * MINUTE,
        refunds=(
            Refund("r1", 500, {"1": 2}, AT + 3 * MINUTE, state="pending"),
            Refund("r2", 5, {}, currency="JPY"),
        ),
        whole_refunds=True,
        given_back=False,
        discount=400,
        credit=150,
        test=True,
    )


@pytest.mark.rule("S12", "S16")
def test_an_order_of_a_shop_of_ones_own_that_says_nothing_claims_nothing() -> None:
    assert read("standard", "order.created", {"data": {"order": "1"}}) == Facts(order="1", number="1")
    assert read("standard", "passerelle.ping", {"data": {"order": "1"}}) is None
    assert read("standard", "orders.paid", {"data": {"order": "1"}}) is None
    said: dict[str, Any] = {
        "order": "1",
        "customer": {},
        "lines": [],
        "total": 0,
        "refunds": [],
        "currency": "EUR",
    }
    empty = Facts(order="1", number="1", buyer=Buyer(lang="fr"), lines=(), total=0, currency="EUR")
    assert read("standard", "order.created", {"data": said}) == empty
    # Without a time of change it is no whole: what an earlier one said of refunds stays.
    dated = read("standard", "order.created", {"data": said | {"modified": "2026-10-05T08:00:00Z"}})
    assert dated is not None
    assert (dated.whole_refunds, dated.snapshot_at) == (True, AT)


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"order": " "}, "order"),
        ({"lines": [{"product": "P"}]}, "id"),
        ({"lines": [{"id": "1"}]}, "product"),
        ({"refunds": [{"amount": "1"}]}, "id"),
    ],
)
def test_what_an_order_of_a_shop_of_ones_own_cannot_do_without_is_named(change: Any, where: str) -> None:
    with pytest.raises(PayloadUnreadable) as said:
        read("standard", "order.paid", {"data": {"order": "1"} | change})
    assert said.value.details == {"where": where}


@pytest.mark.rule("S12")
def test_a_message_of_a_shop_of_ones_own_is_known_by_its_id() -> None:
    event = vendor("standard").event
    assert event({"webhook-id": "m1"}, {"type": "order.paid"}, "d") == ("m1", "order.paid")
    assert event({"webhook-id": "m1"}, {}, "d") == ("m1", "")
    with pytest.raises(KeyError):
        event({}, {}, "d")


# -- WooCommerce ----------------------------------------------------------------------------------------------


@pytest.mark.rule("S2", "S12", "S13", "S14", "S16")
def test_every_field_of_an_order_of_woocommerce_is_read() -> None:
    learners = {"key": "learners", "value": "Martin;Ana;ana@x.example"}
    item = {
        "id": 5,
        "name": "SPOC",
        "sku": "SPOCM1",
        "quantity": 2,
        "total": "30.00",
        "total_tax": "6.00",
        "subtotal": "33.00",
        "subtotal_tax": "7.00",
        "bundled_by": "9",
        "meta_data": [learners],
    }
    document = {
        "id": 727,
        "number": "F-727",
        "status": "processing",
        "currency": "EUR",
        "total": "40.00",
        "date_created_gmt": "2026-10-05T07:00:00",
        "date_modified_gmt": "2026-10-05T09:00:00",
        "date_paid_gmt": "2026-10-05T08:00:00",
        "customer_note": "Grand;Léa;lea@x.example",
        "meta_data": [{"key": "tutors", "value": "Petit;Tom;tom@x.example"}],
        "line_items": [item, {"id": 6, "product_id": 33, "quantity": 1, "total": "4.00", "subtotal": "3.00"}],
        "billing": {"email": "rh@x.example", "company": "SA"},
        "refunds": [{"id": 9, "total": "-10.00"}],
    }
    shop = a_shop(kind="woocommerce")
    people = {"people": type(shop.people)(note=True)}
    assert read("woocommerce", "order.updated", document, **people) == Facts(
        order="727",
        number="F-727",
        snapshot_at=AT + HOUR,
        buyer=Buyer("rh@x.example", institution="SA", lang="fr"),
        lines=(
            Line(
                "5",
                "SPOCM1",
                2,
                3600,
                "SPOC",
                PEOPLE,
                discount=400,
                part_of="9",
            ),
            Line("6", "33", 1, 400, untold=True),
        ),
        currency="EUR",
        total=4000,
        paid_at=AT,
        refunds=(Refund("9", 1000, at=AT + HOUR),),
        whole_refunds=True,
        given_back=False,
        refunds_at="727",
        discount=400,
    )


@pytest.mark.rule("S12", "S16")
def test_an_order_of_woocommerce_that_says_nothing_claims_nothing() -> None:
    bare = Facts(order="7", number="7", buyer=Buyer(lang="fr"), lines=(), total=0, given_back=False)
    assert read("woocommerce", "order.created", {"id": 7}) == bare
    assert read("woocommerce", "product.updated", {"id": 7}) is None
    erased = read("woocommerce", "order.created", {"id": 7, "billing": {"email": "deleted@site.invalid"}})
    assert erased == bare, "what WordPress writes for whoever asks to be forgotten is nobody's address"
    created = read("woocommerce", "order.created", {"id": 7, "date_created_gmt": "2026-10-05T08:00:00"})
    assert created is not None
    assert created.snapshot_at == AT


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("document", "paid_at"),
    [
        ({"date_paid_gmt": "2026-10-05T08:00:00", "date_modified_gmt": "2026-10-05T09:00:00"}, AT),
        ({"date_paid_gmt": "soon", "date_paid": "2026-10-05T08:00:00", "date_modified_gmt": "2026-10-05T09:00:00"}, AT),
        ({"status": "completed", "date_modified_gmt": "2026-10-05T09:00:00"}, AT + HOUR),
        ({"status": "completed", "date_created_gmt": "2026-10-05T08:00:00"}, AT),
        ({"date_modified_gmt": "2026-10-05T09:00:00", "date_paid": "2026-10-05T08:00:00"}, None),
    ],
)  # fmt: skip
def test_a_payment_at_woocommerce_is_as_old_as_the_first_date_that_says_so(
    document: dict[str, Any], paid_at: datetime | None
) -> None:
    told = read("woocommerce", "order.updated", {"id": 7, **document})
    assert told is not None
    assert told.paid_at == paid_at


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({}, "id"),
        ({"id": 7, "status": "completed"}, "date_paid_gmt"),
        ({"id": 7, "status": "failed"}, "date_modified_gmt"),
        ({"id": 7, "line_items": [{"sku": "P"}]}, "id"),
    ],
)
def test_what_an_order_of_woocommerce_cannot_do_without_is_named(document: Any, where: str) -> None:
    with pytest.raises(PayloadUnreadable) as said:
        read("woocommerce", "order.updated", document)
    assert said.value.details == {"where": where}


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("body", "headers", "ping"),
    [
        (b"webhook_id=12", {}, True),
        (b" webhook_id=12\n", {}, True),
        (b"webhook_id=" + b"1" * 20, {}, True),
        (b"webhook_id=" + b"1" * 21, {}, False),
        (b"webhook_id=", {}, False),
        (b"webhook_id=12&a=1", {}, False),
        (b"webhook_id=12", {"x-wc-webhook-signature": "x"}, False),
        (b"{}", {}, False),
    ],
)
def test_woocommerces_first_word_is_a_ping_only_unsigned_and_only_that(
    body: bytes, headers: dict[str, str], ping: bool
) -> None:
    assert vendor("woocommerce").is_ping(Knock(headers, body, AT)) is ping
    assert vendor("standard").is_ping(Knock(headers, body, AT)) is False


@pytest.mark.rule("S12")
@pytest.mark.parametrize("kind", ["woocommerce", "shopify"])
def test_while_a_secret_is_changed_whatever_either_of_them_signed_is_believed(kind: str) -> None:
    name = {"woocommerce": "x-wc-webhook-signature", "shopify": "x-shopify-hmac-sha256"}[kind]
    shop, one = a_shop(kind=kind), vendor(kind)
    for signer in (b"old", b"new"):
        headers = {name: f" {sign_base64(signer, b'{}')} "}
        for keys in ([b"old", b"new"], [b"new", b"old"]):
            one.verify(Knock(headers, b"{}", AT), keys, shop, None)
        for keys in ([b"third"], []):
            with pytest.raises(SignatureRefused):
                one.verify(Knock(headers, b"{}", AT), keys, shop, None)


@pytest.mark.rule("S13", "S14")
def test_an_order_of_woocommerce_is_discounted_by_the_most_that_one_of_its_places_says() -> None:
    def discount(order: str, coupons: str, lines: str) -> int:
        item = {"id": 1, "quantity": 1, "total": "0", "subtotal": lines}
        document = {"id": 7, "currency": "EUR", "discount_total": order, "line_items": [item, item]}
        told = read("woocommerce", "order.updated", document | {"coupon_lines": [{"discount": coupons}]})
        assert told is not None
        return told.discount

    assert [discount(*one) for one in (("3", "2", "1"), ("2", "3", "1"), ("1", "2", "3"))] == [300, 300, 600]


def told_to_woo(order: Order, notes: Any, **settings: str) -> list[tuple[str, str, Any]]:
    asked: list[tuple[str, str, Any]] = []

    def send(method: str, url: str, **what: Any) -> tuple[int, Any]:
        asked.append(
            (method, url.removeprefix("https://shop.example/wp-json/wc/v3/orders/"), what.get("body"))
        )
        return 200, notes if method == "GET" else {}

    api = Api(
        "b",
        a_shop(kind="woocommerce", api=ShopApi(url="https://shop.example/", **settings)),
        vendor("woocommerce"),
        "k:s",
        send,
    )
    api.vendor.confirm(api, order, "fait")
    return asked


@pytest.mark.rule("S12")
@pytest.mark.parametrize("state", OrderState)
def test_woocommerce_gets_its_note_once_and_its_status_only_of_what_is_fulfilled(state: OrderState) -> None:
    order = Order(id="b:42", shop="b", received_at=AT, state=state)
    note = ("POST", "42/notes", {"note": "fait", "customer_note": False})
    status = ("PUT", "42", {"status": "completed"})
    ends = [status] if state == OrderState.FULFILLED else []
    asked = ("GET", "42/notes", None)
    assert told_to_woo(order, [{"note": "autre"}], done_status="completed") == [asked, note, *ends]
    assert told_to_woo(order, [{"note": "autre"}, {"note": "<p>fait</p>"}], done_status="completed") == [
        asked,
        *ends,
    ]
    assert told_to_woo(order, None) == [asked, note]
    odd = Order(id="b:../x", shop="b", received_at=AT)
    assert all(".." not in path for _, path, _ in told_to_woo(odd, []))


# -- samples --------------------------------------------------------------------------------------------------

ORDER = {
    "number": "A-17",
    "product": "SPOCM1",
    "quantity": 3,
    "people": PEOPLE,
    "at": AT,
    "modified": AT + HOUR,
}


def sampled(kind: str, **changes: Any) -> tuple[dict[str, str], dict[str, Any]]:
    sent = vendor(kind).sample(b"k" * 32, SampleOrder(**(ORDER | changes)), "e1")
    return dict(sent.headers), json.loads(sent.body)


@pytest.mark.rule("S15")
def test_a_sample_of_woocommerce_is_an_order_as_its_api_writes_one() -> None:
    headers, document = sampled("woocommerce")
    assert {name: text for name, text in headers.items() if name != "x-wc-webhook-signature"} == {
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-delivery-id": "e1",
    }
    assert document == {
        "id": 17,
        "number": "A-17",
        "status": "processing",
        "currency": "EUR",
        "total": "30.00",
        "discount_total": "0.00",
        "date_modified_gmt": "2026-10-05T09:00:00",
        "date_paid_gmt": "2026-10-05T08:00:00",
        "billing": {
            "first_name": "Rose",
            "last_name": "Humbert",
            "company": "Client SA",
            "email": "rh@client.example",
        },
        "line_items": [
            {
                "id": 1,
                "name": "SPOCM1",
                "sku": "SPOCM1",
                "quantity": 3,
                "total": "30.00",
                "total_tax": "0.00",
                "meta_data": [
                    {"key": "learners", "value": "Martin;Ana;ana@x.example\nGrand;Léa;lea@x.example"},
                    {"key": "tutors", "value": "Petit;Tom;tom@x.example"},
                ],
            }
        ],
        "refunds": [],
    }
    states = [
        sampled("woocommerce", **one)[1] for one in ({"paid": False}, {"cancelled": True}, {"refund": "5.00"})
    ]
    assert [one["status"] for one in states] == ["on-hold", "cancelled", "processing"]
    assert [one["date_paid_gmt"] is None for one in states] == [True, False, False]
    assert states[2]["refunds"] == [{"id": 1, "total": "-5.00"}]
    assert sampled("woocommerce", discount="2.50")[1]["discount_total"] == "2.50"


@pytest.mark.rule("S15")
def test_a_sample_of_a_shop_of_ones_own_is_an_order_as_the_contract_writes_one() -> None:
    headers, document = sampled("standard", refund="5.00", refunded={"1": 1, "": 2}, paid=False)
    assert headers["webhook-id"] == "e1"
    assert document == {
        "type": "order.refunded",
        "timestamp": "2026-10-05T08:00:00.000000+00:00",
        "data": {
            "order": "A-17",
            "number": "A-17",
            "modified": "2026-10-05T09:00:00.000000+00:00",
            "currency": "EUR",
            "total": "30.00",
            "discount": "0.00",
            "paid_at": None,
            "cancelled_at": None,
            "customer": {
                "email": "rh@client.example",
                "firstname": "Rose",
                "lastname": "Humbert",
                "institution": "Client SA",
                "lang": "fr",
            },
            "lines": [
                {
                    "id": "1",
                    "product": "SPOCM1",
                    "quantity": 3,
                    "amount": "30.00",
                    "title": "SPOCM1",
                    "participants": [
                        {"lastname": p.lastname, "firstname": p.firstname, "email": p.email, "role": p.kind}
                        for p in PEOPLE
                    ],
                }
            ],
            "refunds": [
                {
                    "id": "r-A-17",
                    "amount": "5.00",
                    "lines": {"1": 1},
                    "at": "2026-10-05T08:00:00.000000+00:00",
                }
            ],
        },
    }
    _, ended = sampled("standard", cancelled=True, discount="2.50")
    assert (ended["type"], ended["data"]["discount"], ended["data"]["refunds"]) == (
        "order.cancelled",
        "2.50",
        [],
    )
    assert ended["data"]["cancelled_at"] == "2026-10-05T09:00:00.000000+00:00"
    assert ended["data"]["paid_at"] == "2026-10-05T08:00:00.000000+00:00"


# -- what every kind does unless it says otherwise ------------------------------------------------------------


class Plain(Vendor):
    kind = "plain"


@pytest.mark.rule("S12", "S15")
def test_a_kind_of_shop_that_says_nothing_of_its_own_has_nothing_and_can_nothing() -> None:
    plain = Plain()
    order = Order(id="b:1", shop="b", received_at=AT)
    api = Api("b", a_shop(api=ShopApi(key="/k")), plain, "id:s", lambda *_a, **_k: (200, {"a": 1}))
    assert (plain.topics, plain.address, plain.api_needed, api.address) == ((), "", False, "")
    assert (plain.key(" s "), plain.topic({"type": 7}), plain.topic({})) == (b"s", "7", "")
    assert plain.is_ping(Knock({}, b"webhook_id=1", AT)) is False
    assert plain.credentials(api) == {"Authorization": "Basic aWQ6cw=="}
    assert (plain.refunds(api, order), list(plain.changed(api, AT)), plain.webhook(api, "d")) == (
        None,
        [],
        None,
    )
    assert plain.confirm(api, order, "x") is None  # type: ignore[func-returns-value]
    assert api.ask("GET", "/x") == {"a": 1}
    for empty in ("", " \n"):
        with pytest.raises(ValueError, match="a signing secret is empty"):
            plain.key(empty)
    with pytest.raises(GiveUp) as said:
        plain.complete(api, order)
    assert (said.value.code, said.value.details) == ("lines_unknown", {})
    for sign in (
        lambda: plain.signed(b"k", b"", "e", "t"),
        lambda: plain.sample(b"k", SampleOrder("1", "P"), "e"),
    ):
        with pytest.raises(GiveUp) as cannot:
            sign()
        assert (cannot.value.code, cannot.value.details) == ("cannot_sign", {"kind": "plain"})
    assert plain.problems(a_shop(secrets=())) == (
        ("secrets", "the SSM parameter with what signs its webhooks"),
    )
    assert plain.problems(a_shop()) == ()


@pytest.mark.rule("S15")
def test_a_ping_says_what_it_is_and_about_nothing() -> None:
    sent = vendor("woocommerce").ping(b"k", "e1")
    assert json.loads(sent.body) == {"id": "e1", "type": "passerelle.ping", "data": {"object": {}}}
    assert sent.headers["x-wc-webhook-topic"] == "passerelle.ping"


@pytest.mark.rule("S15")
def test_a_sample_order_counts_what_it_costs_and_lists_people_by_kind() -> None:
    whole = SampleOrder("1", "P", 3, "9.99", people=PEOPLE, at=AT)
    assert (whole.total, whole.changed(discount="0.97").total) == ("29.97", "29.00")
    assert whole.rows("learner") == "Martin;Ana;ana@x.example\nGrand;Léa;lea@x.example"
    assert (whole.rows("tutor"), SampleOrder("1", "P").rows("learner")) == ("Petit;Tom;tom@x.example", "")
    one = SampleOrder("1", "P")
    said = (one.quantity, one.price, one.email, one.firstname, one.lastname, one.institution, one.total)
    assert said == (1, "10.00", "rh@client.example", "Rose", "Humbert", "Client SA", "10.00")
    assert (one.people, one.paid, one.cancelled, one.discount, one.refunded, one.refund) == (
        (),
        True,
        False,
        "",
        {},
        "",
    )
