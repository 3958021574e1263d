"""What changed at a shop, and how it sees its webhook: asked of each vendor's own API (S15, S17)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.orders.shop import ShopApi
from passerelle.shops.registry import vendor
from passerelle.shops.vendor import Api
from tests.factories.orders import a_shop

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SOON = "2026-10-05T08:00:00Z"
DOOR = "https://p.example/shops/b"


class Shop:
    """Answers each path by the first of `answers` whose key stands in it; says what it was asked."""

    def __init__(self, kind: str, **answers: Any) -> None:
        self.asked: list[str] = []
        self.answers = answers
        url = "" if kind in ("stripe", "paypal") else "https://shop.example"
        shop = a_shop(kind=kind, webhook="WH-1", api=ShopApi(url=url, key="/k"))
        self.kind = vendor(kind)
        self.api = Api("b", shop, self.kind, "id:secret", self.send)

    def send(self, method: str, url: str, **_what: Any) -> tuple[int, Any]:
        self.asked.append(f"{method} {url}")
        if "oauth2" in url:
            return 200, {"access_token": "t", "expires_in": 999}
        return 200, self.answers["pages"].pop(0)


@pytest.mark.rule("S17")
def test_stripes_events_of_all_pages_come_oldest_first_with_their_own_bytes() -> None:
    def event(number: int) -> dict[str, Any]:
        return {
            "id": f"evt_{number}",
            "type": "refund.created",
            "created": int(AT.timestamp()) + number,
            "x": "é",
        }

    pages = [{"data": [event(3), event(2)], "has_more": True}, {"data": [event(1)], "has_more": False}]
    shop = Shop("stripe", pages=pages)
    heard = list(shop.kind.changed(shop.api, AT))
    assert [(one.event, one.topic, json.loads(one.body)["x"]) for one in heard] == [
        (f"evt_{number}", "refund.created", "é") for number in (1, 2, 3)
    ]
    assert [(one.at - AT).total_seconds() for one in heard if one.at] == [1, 2, 3]
    assert {one.order for one in heard} == {""}, "only reading it tells"
    first, second = shop.asked
    assert first.startswith(
        f"GET https://api.stripe.com/v1/events?limit=100&created[gte]={int(AT.timestamp())}&types[]="
    )
    assert all(f"types[]={topic}" in first for topic in shop.kind.topics)
    assert second == f"{first}&starting_after=evt_2"
    assert list(shop.kind.changed(Shop("stripe", pages=[{"data": [], "has_more": True}]).api, AT)) == []


@pytest.mark.rule("S17")
def test_paypals_events_come_oldest_first_and_a_link_never_leads_to_another_host() -> None:
    def event(number: int, kind: str = "PAYMENT.CAPTURE.COMPLETED") -> dict[str, Any]:
        return {"id": f"WH-{number}", "event_type": kind, "create_time": SOON, "x": "é"}

    further = [
        {"rel": "self", "href": "https://x/self"},
        {"rel": "next", "href": "https://evil.example/v1/more?page=2"},
    ]
    pages = [
        {"events": [event(3), event(9, "BILLING.PLAN.CREATED")], "links": further},
        {"events": [event(1)], "links": [{"rel": "self", "href": "https://x/self"}]},
    ]
    shop = Shop("paypal", pages=pages)
    heard = list(shop.kind.changed(shop.api, AT))
    assert [(one.event, one.topic, json.loads(one.body)["x"], one.at) for one in heard] == [
        (f"WH-{number}", "PAYMENT.CAPTURE.COMPLETED", "é", AT) for number in (1, 3)
    ]
    assert {one.order for one in heard} == {""}, "only reading it tells"
    asked = [one for one in shop.asked if "oauth2" not in one]
    assert asked == [
        "GET https://api-m.paypal.com/v1/notifications/webhooks-events?page_size=300&start_time=2026-10-05T08%3A00%3A00Z",
        "GET https://api-m.paypal.com/v1/more?page=2",
    ]
    endless = Shop("paypal", pages=[{"events": [], "links": further}])
    assert list(endless.kind.changed(endless.api, AT)) == []


NEEDED = {
    "stripe": ("checkout.session.completed", "charge.refunded"),
    "paypal": ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"),
}


@pytest.mark.rule("S15", "S19")
@pytest.mark.parametrize(
    ("rows", "state", "missing"),
    [
        ([], "absent", ""),
        ([{"url": "https://other.example", "enabled_events": ["*"]}], "absent", ""),
        ([{"url": f"{DOOR}/", "enabled_events": ["*"]}], "on", ""),
        ([{"url": DOOR, "enabled_events": ["charge.refunded"]}], "on", "checkout.session.completed"),
        ([{"url": DOOR, "enabled_events": ["x"]}], "on", "checkout.session.completed charge.refunded"),
        (
            [{"url": DOOR, "enabled_events": ["*"], "status": "disabled"}],
            "off",
            "checkout.session.completed charge.refunded",
        ),
        (
            [
                {"url": DOOR, "status": "disabled"},
                {"url": DOOR, "enabled_events": ["*"], "status": "enabled"},
            ],
            "on",
            "",
        ),
    ],
)
def test_stripe_says_whether_its_webhook_is_on_and_what_it_does_not_send(
    rows: list[dict[str, Any]], state: str, missing: str
) -> None:
    shop = Shop("stripe", pages=[{"data": rows}])
    found = shop.kind.webhook(shop.api, DOOR)
    assert found is not None
    assert (found.state, found.missing) == (state, tuple(missing.split()))
    assert shop.asked == ["GET https://api.stripe.com/v1/webhook_endpoints?limit=100"]


@pytest.mark.rule("S15", "S19")
@pytest.mark.parametrize(
    ("said", "state", "missing"),
    [
        ({}, "absent", ""),
        ({"url": "https://other.example"}, "absent", ""),
        ({"url": f"{DOOR}/", "event_types": [{"name": "*"}]}, "on", ""),
        (
            {"url": DOOR, "event_types": [{"name": "PAYMENT.CAPTURE.REFUNDED"}]},
            "on",
            "PAYMENT.CAPTURE.COMPLETED",
        ),
        ({"url": DOOR}, "on", "PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.REFUNDED"),
    ],
)
def test_paypal_says_where_its_webhook_leads_and_what_it_does_not_send(
    said: dict[str, Any], state: str, missing: str
) -> None:
    shop = Shop("paypal", pages=[said])
    found = shop.kind.webhook(shop.api, DOOR)
    assert found is not None
    assert (found.state, found.missing) == (state, tuple(missing.split()))
    assert shop.asked[-1] == "GET https://api-m.paypal.com/v1/notifications/webhooks/WH-1"


@pytest.mark.rule("S15", "S19")
@pytest.mark.parametrize(
    ("rows", "state", "missing"),
    [
        ([], "absent", ""),
        ([("https://other.example", "order.created", "active")], "absent", ""),
        ([(DOOR, "order.created", "active"), (f"{DOOR}/", "order.updated", "active")], "on", ""),
        ([(DOOR, "order.created", "active"), (DOOR, "order.updated", "paused")], "on", "order.updated"),
        ([(DOOR, "order.created", "disabled")], "off", "order.created order.updated"),
    ],
)
def test_woocommerce_says_which_of_its_webhooks_are_active(
    rows: list[tuple[str, str, str]], state: str, missing: str
) -> None:
    said = [{"delivery_url": url, "topic": topic, "status": status} for url, topic, status in rows]
    shop = Shop("woocommerce", pages=[said])
    found = shop.kind.webhook(shop.api, DOOR)
    assert found is not None
    assert (found.state, found.missing) == (state, tuple(missing.split()))
    assert shop.asked == ["GET https://shop.example/wp-json/wc/v3/webhooks?per_page=100"]


@pytest.mark.rule("S17")
def test_woocommerces_orders_come_page_by_page_until_one_is_not_full() -> None:
    def order(number: int) -> dict[str, Any]:
        return {"id": number, "status": "processing", "date_modified_gmt": "2026-10-05T08:00:00", "x": "é"}

    shop = Shop("woocommerce", pages=[[order(n) for n in range(100)], [order(100)]])
    heard = list(shop.kind.changed(shop.api, AT))
    assert [one.order for one in heard] == [str(n) for n in range(101)]
    assert {(one.topic, one.at, json.loads(one.body)["x"]) for one in heard} == {("order.updated", AT, "é")}
    assert len({one.event for one in heard}) == 101
    first, second = shop.asked
    tail = (
        "modified_after=2026-10-05T08:00:00&dates_are_gmt=true&orderby=modified&order=asc&per_page=100&page="
    )
    assert (first, second) == tuple(
        f"GET https://shop.example/wp-json/wc/v3/orders?{tail}{n}" for n in (1, 2)
    )
    broken = Shop("woocommerce", pages=[{"code": "x"}])
    assert list(broken.kind.changed(broken.api, AT)) == []
