"""`receive_order` at its door: verified before parsed, stored once, answered; and nightly reconciliation."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.orders import Delivery, Order, Tally
from passerelle.domain.states import OrderState
from passerelle.errors import TryAgain
from passerelle.events.shops.door import Trust
from passerelle.events.signatures import read_secret, sign
from passerelle.runtime.shop_door import ShopDoor, answer
from passerelle.usecases import deliveries, orders, reconciliation
from tests.factories import NOW
from tests.factories_orders import a_line, a_participant, a_payload, a_shop, some_facts
from tests.stage_orders import OrderStage
from tests.unit.orders.test_signatures import SECRET, in_base64

EVENTS = Path(__file__).parents[2] / "events" / "shops"
KEY = read_secret(SECRET)


class Context:
    function_name, aws_request_id = "receive_order", "r1"


def post(
    stage: OrderStage,
    body: bytes,
    headers: dict[str, str],
    *,
    shop: str = "boutique",
    key: bytes = KEY,
    coded: bool = False,
) -> dict[str, Any]:
    door = ShopDoor(stage.world, lambda _shop: (key,), Trust(lambda _u: b"", lambda: b""))
    event = {
        "pathParameters": {"shop": shop},
        "headers": headers,
        "body": base64.b64encode(body).decode() if coded else body.decode(),
        "isBase64Encoded": coded,
    }
    return answer(event, Context(), lambda: door)


def signed(stage: OrderStage, body: bytes, event: str = "msg_1") -> dict[str, str]:
    return sign(KEY, event, stage.clock.now(), body)


@pytest.mark.rule("S12")
@pytest.mark.parametrize("coded", [False, True])
def test_a_delivery_is_stored_once_queued_and_answered(coded: bool) -> None:
    stage = OrderStage()
    body = a_payload(some_facts())
    told = post(stage, body, signed(stage, body), coded=coded)
    assert (told["statusCode"], json.loads(told["body"])) == (200, {"received": "new"})
    assert stage.queues["orders"] == [{"delivery": "boutique:msg_1"}]
    assert post(stage, body, signed(stage, body))["statusCode"] == 200
    assert len(stage.records.all(Delivery)) == 1
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    # Once it is taken, a repetition wakes nobody.
    post(stage, body, signed(stage, body))
    assert len(stage.queues) == 0


@pytest.mark.rule("S13")
def test_a_bad_signature_leaves_nothing_but_a_count() -> None:
    stage = OrderStage()
    body = a_payload(some_facts())
    for _ in range(3):
        told = post(stage, body + b" ", signed(stage, body))
        assert (told["statusCode"], json.loads(told["body"])) == (401, {"error": "signature"})
    assert [type(record) for record in stage.records] == [Tally]
    (tally,) = stage.records.all(Tally)
    assert (tally.id, tally.count) == ("refused:boutique:2026-10-05", 3)
    assert len(stage.queues) == 0
    assert post(stage, body, signed(stage, body), shop="nobody")["statusCode"] == 401
    assert len(stage.records) == 1


def test_what_is_well_signed_and_unreadable_is_parked_and_may_be_replayed() -> None:
    stage = OrderStage()
    assert post(stage, b"{half", signed(stage, b"{half"))["statusCode"] == 200
    (kept,) = stage.records.all(Delivery)
    assert (kept.state, kept.why.code if kept.why else "") == ("parked", "payload_unreadable")
    body = json.dumps({"type": "order.paid", "data": {"order": "7", "lines": [{"id": "1"}]}}).encode()
    post(stage, body, signed(stage, body, "msg_2"))
    stage.deliver()
    assert stage.records[Delivery, "boutique:msg_2"].state == "parked"
    assert stage.records.all(Order) == ()


def test_woocommerces_ping_gets_its_200_and_nothing_is_stored() -> None:
    stage = OrderStage(a_shop(kind="woocommerce"))
    assert post(stage, b"webhook_id=12", {})["statusCode"] == 200
    assert len(stage.records) == 0
    body = (EVENTS / "woocommerce_order.json").read_bytes()
    headers = {"X-WC-Webhook-Signature": in_base64(body, "s"), "X-WC-Webhook-Topic": "order.updated"}
    assert post(stage, body, headers, key=b"s")["statusCode"] == 200
    stage.deliver()
    assert stage.order("boutique:727").state == OrderState.FULFILLED


def test_too_much_is_refused_before_it_is_looked_at() -> None:
    stage = OrderStage()
    assert post(stage, b"x" * (1024 * 1024 + 1), {})["statusCode"] == 413
    assert len(stage.records) == 0


def test_a_store_that_is_away_is_told_to_the_shop_so_that_it_sends_again() -> None:
    stage = OrderStage()

    class Away:
        def __getattr__(self, _name: str) -> Any:
            def fail(*_args: Any, **_kwargs: Any) -> Any:
                raise TryAgain

            return fail

    stage.world = replace(stage.world, records=Away())  # type: ignore[arg-type]
    body = a_payload(some_facts())
    told = post(stage, body, signed(stage, body))
    assert (told["statusCode"], told["headers"]["retry-after"]) == (503, "30")


@pytest.mark.rule("S12")
def test_lines_that_a_delivery_lacks_are_asked_for_or_the_order_is_parked() -> None:
    shop = a_shop(kind="stripe")
    stage = OrderStage(shop)
    body = (EVENTS / "stripe_checkout_session_completed.json").read_bytes()
    deliveries.receive(stage.world, "boutique", "e1", "checkout.session.completed", body, readable=True)
    stage.deliver()
    key = "boutique:pi_3SExample0000000001"
    assert (stage.order(key).state, stage.order(key).why[0].code) == (OrderState.PARKED, "lines_unknown")
    found = replace(some_facts("pi_3SExample0000000001"), buyer=None, snapshot_at=None, paid_at=None)
    stage.shops.known_lines["cs_live_a1B2c3D4e5F6g7H8i9J0"] = found
    orders.replay(stage.world, key)
    stage.deliver()
    assert stage.order(key).state == OrderState.FULFILLED


# -- every night -----------------------------------------------------------------------------------------


@pytest.mark.rule("S12")
def test_the_night_puts_what_stalled_back_on_its_way_and_lists_the_rest() -> None:
    stage = OrderStage()
    stage.send(some_facts(), "lost")
    stage.queues.sent.clear()  # stored, and never queued
    stage.sell(some_facts("unpaid", paid_at=None))
    stage.clock.tick(timedelta(hours=1))
    assert reconciliation.reconcile(stage.world) == 1
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    stage.clock.tick(timedelta(days=31))
    reconciliation.reconcile(stage.world)
    report = stage.world.papers.get(reconciliation.REPORT)
    assert report is not None
    assert report["overdue"] == ["boutique:unpaid"]
    assert stage.order("boutique:unpaid").state == OrderState.RECEIVED


@pytest.mark.rule("S14")
def test_the_night_reports_and_repairs_where_moodle_differs_from_the_ledger() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    assert reconciliation.reconcile(stage.world) == 0
    ana = stage.moodle.user("ana@client.example")
    (row,) = [r for r in stage.moodle.state.enrolments.values() if r.userid == ana.id]
    stage.moodle.state.drop_enrolment(row)
    assert reconciliation.reconcile(stage.world) == 1
    assert "ana@client.example" in stage.enrolled()
    report = stage.world.papers.get(reconciliation.REPORT)
    assert report is not None
    (difference,) = report["differing"]  # type: ignore[misc]
    assert (difference["user"], difference["repaired"]) == (ana.id, True)
    assert "client.example" not in json.dumps(report)


@pytest.mark.rule("S14")
def test_without_plugins_the_night_sees_who_is_missing_and_the_order_is_done_again() -> None:
    stage = OrderStage(plugins=False)
    stage.sell(some_facts())
    ana = stage.moodle.user("ana@client.example")
    (row,) = [r for r in stage.moodle.state.enrolments.values() if r.userid == ana.id]
    stage.moodle.state.drop_enrolment(row)
    assert reconciliation.reconcile(stage.world) == 2
    stage.deliver()
    assert "ana@client.example" in stage.enrolled(source="manual")


@pytest.mark.rule("S11")
def test_the_buyer_is_reminded_of_free_seats_and_of_people_never_seen() -> None:
    stage = OrderStage()
    stage.sell(
        some_facts(lines=(replace(a_line(), participants=(a_participant("ana"), a_participant("bob"))),))
    )
    told = stage.messages()["rh@client.example"]
    reconciliation.reconcile(stage.world)
    assert stage.messages()["rh@client.example"] == told
    stage.clock.set(NOW + timedelta(days=8))
    stage.moodle.user("bob@client.example").firstaccess = int(NOW.timestamp()) + 60
    reconciliation.reconcile(stage.world)
    text = stage.moodle.state.messages[-1].values["text"]
    assert "2 place(s)" in text
    assert "Ana Martin" in text
    assert "Bob" not in text
    reconciliation.reconcile(stage.world)
    assert stage.messages()["rh@client.example"] == told + 1
