"""G2: past its time a record names nobody, and what the guarantees rest on stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.names_end import loses_names_at, running_orders
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import CourseAccess, Grant, LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Broken, Moment
from passerelle.domain.retention import Retention
from passerelle.domain.states import OrderState
from passerelle.usecases import people
from tests.factories.orders import a_product, a_shop, some_facts
from tests.factories.records import NOW, a_network
from tests.scenes.orders import OrderScene
from tests.scenes.publishing import ADA, Scene
from tests.unit.people.test_forgetting import watched

RULES = Retention(orders=100, parked=10)
DAY = timedelta(days=1)


def an_order(state: OrderState, *, paid: bool = True) -> Order:
    moved = (Moment(state.value, NOW + DAY, "x"),)
    paid_at = NOW if paid else None
    return Order(id="b:1", shop="b", received_at=NOW, state=state, paid_at=paid_at, history=moved)


def a_page(*ends: timedelta | None) -> LedgerPage:
    grants = tuple(
        Grant("b:1:1", f"r{n}", NOW, None if end is None else NOW + end) for n, end in enumerate(ends)
    )
    places = (CourseAccess(5, grants=grants),) if grants else ()
    return LedgerPage(id="caen:7", site="caen", user_id=7, username="u", created_at=NOW, places=places)


@pytest.mark.rule("G2")
@pytest.mark.parametrize(
    ("state", "page", "after"),
    [
        (OrderState.FULFILLED, a_page(), 101 * DAY),
        (OrderState.FULFILLED, a_page(30 * DAY), 130 * DAY),
        (OrderState.FULFILLED, a_page(30 * DAY, 60 * DAY), 160 * DAY),
        (OrderState.FULFILLED, a_page(None), None),
        (OrderState.REFUNDED, a_page(), 101 * DAY),
        (OrderState.CANCELLED, a_page(), 101 * DAY),
        (OrderState.NOT_OURS, a_page(), 101 * DAY),
        (OrderState.WAITING, a_page(), None),
        (OrderState.PARKED, a_page(), None),
    ],
    ids=[
        "from its last change",
        "from the end of the access that it gives",
        "from the last of several ends",
        "access without an end",
        "given back",
        "cancelled",
        "no training in it",
        "waiting",
        "parked",
    ],
)
def test_an_order_loses_its_names(state: OrderState, page: LedgerPage, after: timedelta | None) -> None:
    ends = running_orders([page])
    assert loses_names_at(an_order(state), RULES, ends) == (None if after is None else NOW + after)


@pytest.mark.rule("G2")
def test_an_unpaid_order_that_nobody_released_loses_its_names_too() -> None:
    assert loses_names_at(an_order(OrderState.RECEIVED, paid=False), RULES, {}) == NOW + 101 * DAY


@pytest.mark.rule("G2")
@pytest.mark.parametrize(("ends", "after"), [((), 100 * DAY), ((30 * DAY,), 130 * DAY), ((None,), None)])
def test_a_page_of_the_ledger_loses_its_name(
    ends: tuple[timedelta | None, ...], after: timedelta | None
) -> None:
    page = a_page(*ends)
    expected = None if after is None else NOW + after
    assert loses_names_at(page, RULES, running_orders([page])) == expected


@pytest.mark.rule("G2")
def test_a_delivery_that_nobody_could_read_is_kept_to_be_replayed_for_a_while() -> None:
    parked = Delivery(id="b:1", shop="b", topic="x", received_at=NOW, body="", state="parked")
    assert loses_names_at(parked, RULES, {}) == NOW + 10 * DAY


@pytest.mark.rule("G2")
def test_the_night_takes_names_off_old_orders_once_and_leaves_counts_and_dates() -> None:
    scene = OrderScene(network=None, shop=a_shop())
    scene.sell(some_facts())
    before = scene.order()
    world = watched(replace(scene.world, network=replace(scene.world.network, retention=RULES)))
    scene.clock.tick(timedelta(days=100))
    assert people.keep_no_longer(world) == 0  # its access ended 65 days ago
    scene.clock.tick(timedelta(days=40))
    assert people.keep_no_longer(world) > 0
    named = [one for one in scene.records if "client.example" in repr(one)]
    assert named == []
    now = scene.order()
    assert {seat.person.email for seat in now.seats}.isdisjoint({seat.person.email for seat in before.seats})
    assert len({seat.key for seat in now.seats}) == len(before.seats)
    assert (now.state, now.total, now.paid_at, len(now.lines)) == (
        before.state,
        before.total,
        before.paid_at,
        len(before.lines),
    )
    assert people.keep_no_longer(world) == 0


@pytest.mark.rule("G2")
def test_a_publication_keeps_its_author_while_it_is_offered_and_not_for_ever_after() -> None:
    scene = Scene(network=a_network(retention=Retention(publications=100)))
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.deliver()
    world = watched(scene.world)
    scene.clock.tick(timedelta(days=2000))
    people.keep_no_longer(world)
    assert scene.publication(publication).author.username == ADA.username
    scene.ask("withdraw", publication=publication)
    scene.clock.tick(timedelta(days=101))
    people.keep_no_longer(world)
    after = scene.publication(publication)
    assert isinstance(after, Publication)
    assert (after.author.email, after.author.firstname) == ("", "")
    assert after.author.username != ADA.username


@pytest.mark.rule("G1", "G2")
def test_no_order_loses_its_names_while_a_page_that_it_may_rest_on_cannot_be_read() -> None:
    shop = a_shop(products={"SPOCM1": a_product(parameters="coursename=SPOCM1")})  # access without an end
    scene = OrderScene(shop)
    scene.sell(some_facts())
    before = scene.order()
    for page in scene.records.all(LedgerPage):
        name = f"LedgerPage#{page.id}"
        scene.records.unreadable.add(name)
        scene.records.add(Broken(id=name, kind="LedgerPage", code="record_unreadable", at=NOW))
    scene.clock.tick(timedelta(days=2000))
    people.keep_no_longer(watched(scene.world))
    assert scene.order().seats == before.seats
