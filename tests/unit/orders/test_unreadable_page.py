"""A page of the ledger that cannot be read stops one person of an order; the others are done (S12, S14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.orders.order import Order, SeatState
from passerelle.domain.records import Broken
from passerelle.domain.states import OrderState
from passerelle.usecases.orders import reconcile, seller, work
from tests.factories.orders import a_line, a_participant, some_facts
from tests.scenes.orders import OrderScene

ANA, ZOE, RH = "ana@client.example", "zoe@client.example", "rh@client.example"
TWO = a_line(quantity=2, amount=2000, participants=(a_participant("ana"), a_participant("zoe")))


def broken_page(username: str, scene: OrderScene) -> str:
    name = f"LedgerPage#{scene.page(username).id}"
    scene.records.unreadable.add(name)
    return name


def why(order: Order) -> list[tuple[str, dict[str, str]]]:
    return [(note.code, dict(note.details)) for note in order.why]


def of(scene: OrderScene, username: str) -> tuple[str, dict[str, str]]:
    return "ledger_unreadable", {"site": "caen", "user": str(scene.moodle.user(username).id)}


@pytest.fixture
def scene() -> OrderScene:
    """An order for ana is done; ana's page breaks."""
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(TWO, quantity=1, amount=1000, participants=TWO.participants[:1]),)))
    broken_page(ANA, scene)
    return scene


@pytest.mark.rule("S12")
def test_the_other_people_of_an_order_are_done_and_the_person_is_named(scene: OrderScene) -> None:
    order = scene.sell(some_facts("1043", lines=(TWO,)))
    assert (order.state, why(order)) == (OrderState.PARTLY_FULFILLED, [of(scene, ANA)])
    assert [seat.state for seat in order.seats] == [SeatState.REFUSED, SeatState.DONE]
    assert ZOE in scene.enrolled()
    scene.records.unreadable.clear()
    reconcile.reconcile(scene.world)  # what may pass by itself is tried again by night
    scene.deliver()
    order = scene.order("boutique:1043")
    assert (order.state, why(order)) == (OrderState.FULFILLED, [])
    by = {grant.by for place in scene.page(ANA).places for grant in place.grants}
    assert by == {"boutique:1042:1", "boutique:1043:1"}


@pytest.mark.rule("S14")
def test_a_cancelled_order_takes_from_the_others_and_does_not_end_before_the_page_is_repaired() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(TWO,)))
    broken_page(ANA, scene)
    scene.send(some_facts(lines=(TWO,), cancelled_at=scene.clock.now()))
    scene.deliver()
    order = scene.order()
    assert (order.state, why(order)) == (OrderState.PARKED, [of(scene, ANA)])
    assert set(scene.enrolled()) == {ANA}
    assert [one.id for one in seller.waiting(scene.world)] == [order.id]
    scene.records.unreadable.clear()
    work.replay(scene.world, order.id)
    scene.deliver()
    assert (scene.order().state, why(scene.order())) == (OrderState.CANCELLED, [])
    assert scene.enrolled() == {}


@pytest.mark.rule("S12", "S6")
def test_the_people_of_a_buyer_whose_page_cannot_be_read_are_done_all_the_same() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    ties = scene.ties()
    broken_page(RH, scene)
    line = a_line(quantity=5, amount=5000, participants=(*a_line().participants, a_participant("zoe")))
    later = scene.clock.now() + timedelta(hours=1)
    order = scene.sell(some_facts(lines=(line,), snapshot_at=later))
    assert ZOE in scene.enrolled()
    assert all(seat.state == SeatState.DONE for seat in order.seats)
    assert why(order) == [of(scene, RH)]
    assert scene.ties() == ties
    assert order.operator is not None
    assert order.operator.user_id == scene.moodle.user(RH).id


@pytest.mark.rule("S14")
def test_a_seat_swapped_away_keeps_its_access_until_its_page_is_repaired(scene: OrderScene) -> None:
    line = replace(TWO, quantity=1, amount=1000, participants=TWO.participants[1:])
    order = scene.sell(some_facts(lines=(line,)))
    assert of(scene, ANA) in why(order)
    assert ANA in scene.enrolled()
    scene.records.unreadable.clear()
    work.replay(scene.world, order.id)
    scene.deliver()
    assert set(scene.enrolled()) == {ZOE}
    assert scene.order().state == OrderState.FULFILLED
    assert not list(scene.records.all(Broken))
