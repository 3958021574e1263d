"""G2: past its time a record names nobody, and what the guarantees rest on stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.names_end import access_ends, loses_names_at, running_orders
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import CourseAccess, Grant, LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Broken, Moment
from passerelle.domain.retention import Retention
from passerelle.domain.states import BackupState, OrderState, PublicationState, RetrievalState, State
from passerelle.usecases import people
from tests.factories.orders import a_product, a_shop, some_facts
from tests.factories.records import NOW, a_network, a_publication, a_retrieval, an_upload
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


ENDED = {
    OrderState.FULFILLED, OrderState.PARTLY_FULFILLED, OrderState.REFUNDED, OrderState.CANCELLED, OrderState.NOT_OURS,
}  # fmt: skip


@pytest.mark.rule("G2")
@pytest.mark.parametrize("state", OrderState)
def test_no_order_loses_its_names_while_it_is_paid_and_under_way(state: OrderState) -> None:
    paid = loses_names_at(an_order(state), RULES, {})
    assert paid == (NOW + 101 * DAY if state in ENDED else None)
    assert loses_names_at(an_order(state, paid=False), RULES, {}) == NOW + 101 * DAY


@pytest.mark.rule("G2")
def test_an_order_whose_access_ended_before_its_last_change_counts_from_that_change() -> None:
    assert loses_names_at(an_order(OrderState.FULFILLED), RULES, {"b:1": NOW}) == NOW + 101 * DAY
    assert loses_names_at(replace(an_order(OrderState.FULFILLED), history=()), RULES, {}) == NOW + 100 * DAY


@pytest.mark.rule("G2", "S14")
def test_a_grant_is_noted_under_each_beginning_of_its_name_and_the_last_end_wins() -> None:
    grants = (Grant("b:1:x:9", "r", NOW, NOW + 5 * DAY), Grant("b:1:y", "r", NOW, NOW + 3 * DAY))
    first = replace(a_page(), places=(CourseAccess(5, grants=grants),))
    second = replace(
        first, places=(CourseAccess(6, grants=(Grant("b:2:1", "r", NOW, None), Grant("c", "r", NOW))),)
    )
    assert running_orders([first]) == {"b": NOW + 5 * DAY, "b:1": NOW + 5 * DAY, "b:1:x": NOW + 5 * DAY}
    assert running_orders([first, second]) == {
        "b": None,
        "b:1": NOW + 5 * DAY,
        "b:1:x": NOW + 5 * DAY,
        "b:2": None,
    }
    assert access_ends(first) == NOW + 5 * DAY
    assert access_ends(second) is None
    assert access_ends(a_page()) == NOW


def of_state(record: Any, *ended: State) -> None:
    """Which states of a record let its names go, and when: `LATER` after its last moment, of all states."""
    last = (Moment("x", NOW - DAY, ""), Moment("y", NOW + DAY, ""))
    for state in type(record.state):
        found = loses_names_at(replace(record, state=state, history=last), LATER, {})
        assert (found is not None) is (state in ended), state
        assert found in (None, NOW + 8 * DAY), state
        without = loses_names_at(replace(record, state=state, history=()), LATER, {})
        assert without in (None, NOW + 7 * DAY), state


LATER = Retention(orders=1, parked=2, publications=7, retrievals=7, uploads=8)


@pytest.mark.rule("G2")
def test_a_publication_a_retrieval_and_a_backup_keep_their_names_until_nothing_rests_on_them() -> None:
    gone = PublicationState.SUPERSEDED, PublicationState.WITHDRAWN, PublicationState.FAILED
    of_state(a_publication(requested_at=NOW), *gone)
    of_state(a_retrieval(requested_at=NOW), RetrievalState.DONE)
    for state in BackupState:
        kept = state in (BackupState.ACCEPTED, BackupState.REFUSED)
        found = loses_names_at(an_upload(state=state, created_at=NOW), LATER, {})
        assert found == (NOW + 8 * DAY if kept else None)


@pytest.mark.rule("G2")
@pytest.mark.parametrize(
    ("state", "loses"), [("parked", True), ("pending", True), ("taken", False), ("ignored", False)]
)
def test_only_a_delivery_that_may_be_replayed_is_kept_by_the_rules(state: Any, loses: bool) -> None:
    one = Delivery(id="b:1", shop="b", topic="x", received_at=NOW, body="", state=state)
    assert loses_names_at(one, LATER, {}) == (NOW + 2 * DAY if loses else None)
    assert loses_names_at(Broken(id="x", kind="Order", code="c", at=NOW), LATER, {}) is None


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
