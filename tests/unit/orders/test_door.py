"""`receive_order` at its door: verified before parsed, stored once, answered; and nightly reconciliation."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.moodle.plugin import Notification, NotificationVerdict
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import ShopApi
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from passerelle.errors import MoodleRefused, TryAgain
from passerelle.events.bodies import SHOP_BODY_LIMIT
from passerelle.events.signatures import read_secret, sign
from passerelle.moodle.site_api import Moodle
from passerelle.runtime.doors import ShopDoor
from passerelle.runtime.shop_door import answer_shop
from passerelle.runtime.shops import ShopDesk
from passerelle.usecases.orders import receive, reconcile, work
from tests.factories.orders import a_line, a_participant, a_payload, a_shop, some_facts
from tests.factories.records import NOW
from tests.fakes.paypal import FakePayPal
from tests.scenes.orders import OrderScene
from tests.unit.shops.test_signatures import SECRET, in_base64

EVENTS = Path(__file__).parents[2] / "events" / "shops"
KEY = read_secret(SECRET)


class Context:
    function_name, aws_request_id = "receive_order", "r1"


def post(
    scene: OrderScene,
    body: bytes,
    headers: dict[str, str],
    *,
    shop: str = "boutique",
    key: bytes = KEY,
    coded: bool = False,
) -> dict[str, Any]:
    door = ShopDoor(scene.world, lambda _shop: (key,))
    event = {
        "pathParameters": {"shop": shop},
        "headers": headers,
        "body": base64.b64encode(body).decode() if coded else body.decode(),
        "isBase64Encoded": coded,
    }
    return answer_shop(event, Context(), lambda: door)


def signed(scene: OrderScene, body: bytes, event: str = "msg_1") -> dict[str, str]:
    return sign(KEY, event, scene.clock.now(), body)


@pytest.mark.rule("S12")
@pytest.mark.parametrize("coded", [False, True])
def test_a_delivery_is_stored_once_queued_and_answered(coded: bool) -> None:
    scene = OrderScene()
    body = a_payload(some_facts())
    told = post(scene, body, signed(scene, body), coded=coded)
    assert (told["statusCode"], json.loads(told["body"])) == (200, {"received": "new"})
    assert scene.queues["orders"] == [{"delivery": "boutique:msg_1"}]
    assert post(scene, body, signed(scene, body))["statusCode"] == 200
    assert len(scene.records.all(Delivery)) == 1
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    # Once it is taken, a repetition wakes nobody.
    post(scene, body, signed(scene, body))
    assert len(scene.queues) == 0


@pytest.mark.rule("S13")
def test_a_bad_signature_leaves_nothing() -> None:
    scene = OrderScene()
    body = a_payload(some_facts())
    for _ in range(3):
        told = post(scene, body + b" ", signed(scene, body))
        assert (told["statusCode"], json.loads(told["body"])) == (401, {"error": "signature"})
    assert post(scene, body, signed(scene, body), shop="nobody")["statusCode"] == 401
    assert (len(scene.records), len(scene.queues)) == (0, 0)


@pytest.mark.rule("S12", "S13")
def test_a_secret_overwritten_in_place_is_read_again_after_the_first_refusal() -> None:
    scene = OrderScene()
    fresh = ShopDoor(scene.world, lambda _shop: (KEY,))
    stale = ShopDoor(scene.world, lambda _shop: (b"the old one, of thirty-two bytes",), newer=lambda: fresh)
    body = a_payload(some_facts())
    event = {
        "pathParameters": {"shop": "boutique"},
        "headers": signed(scene, body),
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    assert answer_shop(event, Context(), lambda: stale)["statusCode"] == 200
    bad = event | {"body": body.decode() + " "}
    assert answer_shop(bad, Context(), lambda: stale)["statusCode"] == 401


def test_what_is_well_signed_and_unreadable_is_parked_and_may_be_replayed() -> None:
    scene = OrderScene()
    assert post(scene, b"{half", signed(scene, b"{half"))["statusCode"] == 200
    (kept,) = scene.records.all(Delivery)
    assert (kept.state, kept.why) == ("parked", Note("payload_unreadable", {"where": "body"}))
    body = json.dumps({"type": "order.paid", "data": {"order": "7", "lines": [{"id": "1"}]}}).encode()
    post(scene, body, signed(scene, body, "msg_2"))
    scene.deliver()
    assert scene.records[Delivery, "boutique:msg_2"].state == "parked"
    assert scene.records.all(Order) == ()


def test_woocommerces_ping_gets_its_200_and_nothing_is_stored() -> None:
    scene = OrderScene(a_shop(kind="woocommerce"))
    assert post(scene, b"webhook_id=12", {})["statusCode"] == 200
    assert len(scene.records) == 0
    body = (EVENTS / "woocommerce_order.json").read_bytes()
    headers = {"X-WC-Webhook-Signature": in_base64(body, "s"), "X-WC-Webhook-Topic": "order.updated"}
    assert post(scene, body, headers, key=b"s")["statusCode"] == 200
    scene.deliver()
    assert scene.order("boutique:727").state == OrderState.FULFILLED


def test_too_much_is_refused_before_it_is_looked_at() -> None:
    scene = OrderScene()
    assert post(scene, b"x" * (SHOP_BODY_LIMIT + 1), {})["statusCode"] == 413
    assert len(scene.records) == 0


def test_a_store_that_is_away_is_told_to_the_shop_so_that_it_sends_again() -> None:
    scene = OrderScene()

    class Away:
        def __getattr__(self, _name: str) -> Any:
            def fail(*_args: Any, **_kwargs: Any) -> Any:
                raise TryAgain

            return fail

    scene.world = replace(scene.world, records=Away())  # type: ignore[arg-type]
    body = a_payload(some_facts())
    told = post(scene, body, signed(scene, body))
    assert (told["statusCode"], told["headers"]["retry-after"]) == (503, "30")


@pytest.mark.rule("S12")
def test_lines_that_a_delivery_lacks_are_asked_for_or_the_order_is_parked() -> None:
    shop = a_shop(kind="stripe")
    scene = OrderScene(shop)
    body = (EVENTS / "stripe_checkout_session_completed.json").read_bytes()
    receive.receive(scene.world, "boutique", "e1", "checkout.session.completed", body, readable=True)
    scene.deliver()
    key = "boutique:pi_3SExample0000000001"
    assert (scene.order(key).state, scene.order(key).why[0].code) == (OrderState.PARKED, "lines_unknown")
    found = replace(some_facts("pi_3SExample0000000001"), buyer=None, snapshot_at=None, paid_at=None)
    scene.shops.known_lines["cs_live_a1B2c3D4e5F6g7H8i9J0"] = found
    work.replay(scene.world, key)
    scene.deliver()
    assert scene.order(key).state == OrderState.FULFILLED


@pytest.mark.rule("S12", "S13")
def test_a_paypal_delivery_is_asked_about_and_its_payer_gets_his_seats() -> None:
    paypal = FakePayPal()
    payer = {"email_address": "rh@client.example", "name": {"given_name": "Rose", "surname": "Humbert"}}
    unit = {"items": [{"sku": "SPOCM1", "name": "SPOC", "quantity": "4", "unit_amount": {"value": "10.00"}}]}
    paypal.orders["ORD0001"] = {"payer": payer, "purchase_units": [unit]}
    shop = a_shop(kind="paypal", webhook="WH-1", secrets=(), api=ShopApi(key="/k"))
    scene = OrderScene(shop)
    desk = ShopDesk(lambda: scene.network, lambda _name: "id:secret", lambda _shop: paypal)
    scene.world = scene.base = replace(scene.base, shops=desk)
    resource = {
        "id": "CAP0001",
        "amount": {"value": "40.00", "currency_code": "EUR"},
        "create_time": "2026-10-05T08:00:07Z",
        "custom_id": "lines=SPOCM1:4",
        "links": [{"rel": "up", "href": "https://api.paypal.com/v2/checkout/orders/ORD0001"}],
    }
    body = json.dumps(
        {"id": "WH-A", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": resource}
    ).encode()
    door = ShopDoor(scene.world, lambda _shop: (), desk.api)

    def send(headers: dict[str, str]) -> int:
        event = {"pathParameters": {"shop": "boutique"}, "headers": headers, "body": body.decode()}
        return int(answer_shop(event, Context(), lambda: door)["statusCode"])

    good = paypal.headers(body, at=scene.clock.now())
    assert send({**good, "paypal-transmission-sig": "AAAA"}) == 401
    paypal.away = True
    assert send(good) == 503
    paypal.away = False
    assert send(good) == 200
    scene.deliver()
    order = scene.order("boutique:CAP0001")
    assert (order.state, [note.code for note in order.why]) == (OrderState.WAITING, ["seats_free"])
    assert (order.buyer.email, order.lines[0].amount, order.hearsay) == ("rh@client.example", 4000, False)
    assert scene.messages()["rh@client.example"] == 1


# -- every night -----------------------------------------------------------------------------------------


@pytest.mark.rule("S12")
def test_the_night_puts_what_stalled_back_on_its_way_and_lists_the_rest() -> None:
    scene = OrderScene()
    scene.send(some_facts(), "lost")
    scene.queues.sent.clear()  # stored, and never queued
    scene.sell(some_facts("unpaid", paid_at=None))
    scene.clock.tick(timedelta(hours=1))
    assert reconcile.reconcile(scene.world) == 1
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    scene.clock.tick(timedelta(days=31))
    reconcile.reconcile(scene.world)
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    assert report["overdue"] == ["boutique:unpaid"]
    assert scene.order("boutique:unpaid").state == OrderState.RECEIVED


@pytest.mark.rule("S14")
def test_the_night_reports_and_repairs_where_moodle_differs_from_the_ledger() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    assert reconcile.reconcile(scene.world) == 0
    ana = scene.moodle.user("ana@client.example")
    (row,) = [r for r in scene.moodle.state.enrolments.values() if r.userid == ana.id]
    scene.moodle.state.drop_enrolment(row)
    assert reconcile.reconcile(scene.world) == 1
    assert "ana@client.example" in scene.enrolled()
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    (difference,) = report["differing"]  # type: ignore[misc]
    assert (difference["user"], difference["repaired"]) == (ana.id, True)
    assert "client.example" not in json.dumps(report)


@pytest.mark.rule("S14")
def test_without_plugins_the_night_sees_who_is_missing_and_the_order_is_done_again() -> None:
    scene = OrderScene(plugins=False)
    scene.sell(some_facts())
    ana = scene.moodle.user("ana@client.example")
    (row,) = [r for r in scene.moodle.state.enrolments.values() if r.userid == ana.id]
    scene.moodle.state.drop_enrolment(row)
    assert reconcile.reconcile(scene.world) == 2
    scene.deliver()
    assert "ana@client.example" in scene.enrolled(source="manual")


@pytest.mark.rule("S11", "S12")
@pytest.mark.parametrize("whole", [True, False])
def test_a_message_that_cannot_go_holds_up_no_order_and_is_named_in_the_log(
    whole: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = OrderScene()

    def refuses(_moodle: object, notifications: Sequence[Notification]) -> tuple[NotificationVerdict, ...]:
        if whole:
            raise MoodleRefused("caen", "local_passerelle_notify", "invalidparameter")
        return tuple(NotificationVerdict(one.key, ok=False, errorcode="unknownuser") for one in notifications)

    monkeypatch.setattr(Moodle, "notify_each", refuses)
    assert scene.sell(some_facts()).state == OrderState.FULFILLED
    lines = [line for line in caplog.records if line.message == "not told"]
    assert {line.order for line in lines} == {"boutique:1042"}  # type: ignore[attr-defined]
    assert "client.example" not in caplog.text


@pytest.mark.rule("S11")
def test_the_buyer_is_reminded_of_free_seats_and_of_people_never_seen() -> None:
    scene = OrderScene()
    scene.sell(
        some_facts(lines=(replace(a_line(), participants=(a_participant("ana"), a_participant("bob"))),))
    )
    told = scene.messages()["rh@client.example"]
    reconcile.reconcile(scene.world)
    assert scene.messages()["rh@client.example"] == told
    scene.clock.set(NOW + timedelta(days=8))
    scene.moodle.user("bob@client.example").firstaccess = int(NOW.timestamp()) + 60
    reconcile.reconcile(scene.world)
    text = scene.moodle.state.messages[-1].values["text"]
    assert "2 places" in text
    assert "Ana Martin" in text
    assert "Bob" not in text
    reconcile.reconcile(scene.world)
    assert scene.messages()["rh@client.example"] == told + 1
