"""Nothing is missed (S17), and whoever sells is told what waits (S19)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.delivery import Delivery, Hearing
from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Heard, ShopApi, Webhook
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, TryAgain
from passerelle.usecases.orders import ask, catalogue_check, reconcile, seller, work
from tests.factories.orders import a_line, a_payload, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

HOUR = timedelta(hours=1)


def a_scene(**changes: Any) -> OrderScene:
    return OrderScene(a_shop(api=ShopApi(key="/k"), **changes))


def heard(facts: Facts, event: str = "") -> Heard:
    at = facts.snapshot_at or NOW
    name = event or f"asked:{facts.order}:{at.isoformat()}"
    return Heard(name, "order.paid", a_payload(facts), facts.order, at)


@pytest.mark.rule("S17")
def test_what_was_never_delivered_is_taken_as_if_it_had_been() -> None:
    scene = a_scene()
    scene.sell(some_facts("1"))
    scene.shops.happened["boutique"] = [heard(some_facts("1")), heard(some_facts("2"))]
    assert [one.order for one in ask.missed(scene.world, "boutique")] == ["2"]
    assert scene.records.all(Order) == (scene.order("boutique:1"),)  # to look changes nothing
    assert reconcile.each_hour(scene.world) == 0
    scene.deliver()
    assert scene.order("boutique:2").state == OrderState.FULFILLED
    assert list(ask.missed(scene.world, "boutique", ask.A_WEEK)) == []
    known = scene.records[Hearing, "boutique"]
    assert (known.missed, known.asked_at, known.missed_at) == (1, NOW, NOW)


@pytest.mark.rule("S17")
def test_a_change_of_the_same_second_is_found_and_the_same_said_twice_is_not() -> None:
    scene = a_scene()
    scene.sell(some_facts())
    again = some_facts(refunds=(Refund("r", 1000),))
    scene.shops.happened["boutique"] = [heard(some_facts(), "a")]
    assert ask.ask(scene.world, "boutique", HOUR) == []
    scene.shops.happened["boutique"] = [heard(again, "b"), heard(again, "b")]
    assert ask.ask(scene.world, "boutique", HOUR) == ["boutique:1042"]
    scene.deliver()
    assert [note.code for note in scene.order().why] == ["refund_of_amount"]
    assert ask.ask(scene.world, "boutique", HOUR) == []


@pytest.mark.rule("S17")
def test_each_hour_goes_on_where_the_last_ended_and_the_night_looks_a_week_back() -> None:
    scene = a_scene()
    assert ask.since(scene.world, "boutique", None) == NOW - timedelta(days=1)
    reconcile.each_hour(scene.world)
    scene.clock.tick(HOUR)
    assert ask.since(scene.world, "boutique", None) == NOW - timedelta(minutes=10)
    old = some_facts("old", snapshot_at=NOW - timedelta(days=5), paid_at=NOW - timedelta(days=5))
    scene.shops.happened["boutique"] = [heard(old)]
    reconcile.each_hour(scene.world)
    assert scene.records.get(Order, "boutique:old") is None
    reconcile.reconcile(scene.world)
    scene.deliver()
    assert scene.order("boutique:old").state == OrderState.FULFILLED
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    assert report["missed"] == {"boutique": ["boutique:old"]}


@pytest.mark.rule("S17")
@pytest.mark.parametrize(
    ("ago", "back"),
    [(timedelta(days=6), timedelta(days=6, minutes=10)), (timedelta(days=9), timedelta(days=7))],
)
def test_a_shop_that_was_not_heard_of_for_long_is_asked_a_week_back_at_most(
    ago: timedelta, back: timedelta
) -> None:
    scene = a_scene()
    scene.records.add(Hearing(id="boutique", asked_at=NOW - ago))
    assert ask.since(scene.world, "boutique", None) == NOW - back
    assert ask.since(scene.world, "boutique", HOUR) == NOW - HOUR


@pytest.mark.rule("S17")
def test_what_a_shop_names_by_no_order_is_told_by_its_reading_and_what_cannot_be_read_is_looked_at() -> None:
    scene = a_scene()
    unnamed = Heard("asked:1", "order.paid", a_payload(some_facts("9")), "", NOW)
    unreadable = Heard("asked:2", "order.paid", b"[1]", "", NOW)
    nothing = Heard("asked:3", "product.created", a_payload(some_facts("8"), "product.created"), "", NOW)
    scene.shops.happened["boutique"] = [unnamed, unreadable, nothing]
    assert ask.ask(scene.world, "boutique", HOUR) == ["boutique:9", "boutique:?"]
    scene.deliver()
    assert scene.order("boutique:9").state == OrderState.FULFILLED
    parked = scene.records.list(Delivery, "state", "parked").items
    assert [one.id for one in parked] == ["boutique:asked:2"]


@pytest.mark.rule("S17")
def test_a_shop_that_is_away_or_refuses_is_asked_again_and_one_without_a_key_is_not() -> None:
    scene = a_scene()

    def fail(*_: object) -> Any:
        raise TryAgain

    scene.shops.changed = fail  # type: ignore[method-assign]
    assert ask.ask_all(scene.world) == {}
    assert scene.records.get(Hearing, "boutique") in (None, Hearing(id="boutique"))
    other = OrderScene()
    other.shops.happened["boutique"] = [heard(some_facts())]
    assert ask.ask_all(other.world) == {}


@pytest.mark.rule("S17")
def test_what_only_speaks_of_an_order_that_was_never_here_is_no_news() -> None:
    scene = a_scene(kind="stripe")
    event = {
        "id": "evt_9",
        "type": "refund.updated",
        "created": 1,
        "data": {"object": {"id": "re", "charge": "ch"}},
    }
    told = Heard("evt_9", "refund.updated", json.dumps(event).encode(), "", NOW)
    scene.shops.happened["boutique"] = [told]
    assert list(ask.missed(scene.world, "boutique")) == []


@pytest.mark.rule("S17", "S15")
def test_a_webhook_that_is_off_incomplete_or_silent_is_named() -> None:
    scene = a_scene()
    check = catalogue_check.check_webhook

    def codes() -> list[tuple[str, bool]]:
        return [(one.code, one.serious) for one in check(scene.world, "boutique")]

    assert codes() == []
    for seen, expected in (
        (Webhook("on"), []),
        (Webhook("off"), [("webhook_off", True)]),
        (Webhook("absent"), [("webhook_absent", True)]),
        (Webhook("on", ("order.updated",)), [("webhook_lacks", False)]),
    ):
        scene.shops.webhooks["boutique"] = seen
        assert codes() == expected
    reconcile.reconcile(scene.world)
    report = scene.world.papers.get(reconcile.REPORT)
    assert report is not None
    assert report["webhooks"] == {"boutique": "lacks order.updated"}
    scene.shops.webhooks["boutique"] = Webhook("on")
    scene.shops.happened["boutique"] = [heard(some_facts())]
    ask.ask(scene.world, "boutique")
    assert codes() == [("webhook_silent", False)]

    def refuse(_shop: str) -> Any:
        raise GiveUp("shop_refused", shop="boutique", status=403)

    scene.shops.webhook = refuse  # type: ignore[method-assign]
    assert codes()[0] == ("webhook_not_seen", False)


# -- the seller ----------------------------------------------------------------------------------------------


def underpaid(number: str) -> Facts:
    return some_facts(number, total=100, lines=(replace(a_line(), amount=100),))


@pytest.mark.rule("S19")
def test_the_seller_is_told_within_the_hour_once_and_each_day_of_everything() -> None:
    scene = a_scene(report_to=("vente",))
    scene.moodle.add_user("vente", "Vera", "Ente", email="vente@caen.example")
    scene.sell(underpaid("1"))
    scene.sell(some_facts("2"))
    assert reconcile.each_hour(scene.world) == 1
    assert reconcile.each_hour(scene.world) == 1
    assert scene.messages()["vente"] == 1
    text = scene.moodle.state.messages[-1].values["text"]
    assert "boutique:1 " in text
    assert "boutique:2" not in text
    assert 'passerelle orders release boutique:1 --because "…"' in text
    assert "client.example" not in text
    scene.sell(some_facts("3", lines=(replace(a_line(), product="?"),)))
    scene.clock.tick(HOUR)
    assert reconcile.each_hour(scene.world) == 2
    text = scene.moodle.state.messages[-1].values["text"]
    assert "boutique:3" in text
    assert "boutique:1 " not in text
    assert "passerelle orders replay boutique:3" in text
    scene.clock.tick(timedelta(days=1))
    reconcile.reconcile(scene.world)
    text = scene.moodle.state.messages[-1].values["text"]
    assert "boutique:1 " in text
    assert "boutique:3" in text
    work.release(scene.world, "boutique:1", "vente", "geste commercial")
    scene.deliver()
    assert [one.id for one in seller.waiting(scene.world)] == ["boutique:3"]


@pytest.mark.rule("S19")
def test_what_waits_for_the_buyer_is_not_the_sellers_and_what_lies_for_a_day_is() -> None:
    scene = a_scene()
    scene.sell(some_facts("1", lines=(replace(a_line(), participants=()),)))
    assert scene.order("boutique:1").state == OrderState.WAITING
    scene.clock.tick(timedelta(days=2))
    assert list(seller.waiting(scene.world)) == []
    scene.sell(some_facts("2", paid_at=None))  # nothing is owed yet
    assert list(seller.waiting(scene.world)) == []
    scene.moodle.state.users[scene.moodle.user("rh@client.example").id].suspended = True
    scene.sell(some_facts("3"))
    (one,) = seller.waiting(scene.world)
    assert (one.id, one.why.code) == ("boutique:3", "account_suspended")


@pytest.mark.rule("S13", "S12")
def test_a_release_is_recorded_and_says_where_it_cannot_help() -> None:
    scene = a_scene()
    scene.sell(underpaid("1"))
    work.release(scene.world, "boutique:1", "lydie", "remise accordée")
    scene.deliver()
    order = scene.order("boutique:1")
    assert (order.state, order.released_by) == (OrderState.FULFILLED, "lydie")
    assert any("lydie" in moment.why and "remise accordée" in moment.why for moment in order.history)
    scene.sell(some_facts("2", lines=(replace(a_line(), product="?"),)))
    with pytest.raises(GiveUp, match="release_no_help"):
        work.release(scene.world, "boutique:2", "lydie", "")
    scene.sell(some_facts("3", cancelled_at=NOW))
    with pytest.raises(GiveUp, match="order_gone"):
        work.release(scene.world, "boutique:3", "lydie", "")
