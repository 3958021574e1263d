"""A stored delivery read into the order that it is about, by whatever name it calls it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from passerelle.domain.orders.delivery import Delivery, OrderName
from passerelle.domain.orders.facts import Facts
from passerelle.domain.orders.order import Order, merged, new_order
from passerelle.domain.records import Note
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.orders import fulfil


def take(world: World, delivery_id: str) -> None:
    """Read a delivery into its order, and do what is then to be done. Safe to repeat at any point."""
    delivery = world.records.get(Delivery, delivery_id)
    if delivery is None or delivery.state in ("ignored", "parked"):
        return
    if delivery.state == "taken":
        fulfil.fulfil(world, delivery.order)
        return
    try:
        facts = world.shops.read(delivery)
    except GiveUp as error:
        _ended(world, delivery, "parked", Note(error.code, {k: str(v) for k, v in error.details.items()}))
        return
    if facts is None:
        _ended(world, delivery, "ignored", Note("no_order"))
        return
    try:
        order = merge(world, delivery.shop, replace(facts, heard_at=delivery.received_at), delivery.id)
    except GiveUp as error:  # it cannot even be held: somebody is told, and nothing was made
        _ended(world, delivery, "parked", Note(error.code, {k: str(v) for k, v in error.details.items()}))
        return
    if order is None:
        _ended(world, delivery, "ignored", Note("order_never_here"))
        return
    amend(
        world.records,
        Delivery,
        delivery_id,
        lambda d: replace(d, state="taken", order=order.id) if d.state == "pending" else d,
    )
    fulfil.fulfil(world, order.id)


def _ended(world: World, delivery: Delivery, state: str, why: Note) -> None:
    amend(world.records, Delivery, delivery.id, lambda d: replace(d, state=state, why=why))  # type: ignore[arg-type]


def merge(world: World, shop: str, facts: Facts, delivery: str = "") -> Order | None:
    """The order with these facts. What only speaks of an order makes none where there is none: it waits
    under each name that it gives (S14, S16).
    """
    key = key_of(world, shop, facts)
    if key is None and not facts.sale:
        _wait(world, shop, (facts.order, *facts.refs), delivery)
        key = key_of(world, shop, facts)  # it may have come meanwhile
        if key is None:
            return None
    if key is None:
        key = found_or_added(world.records, new_order(shop, facts, world.clock.now())).id
    order = amend(world.records, Order, key, lambda before: merged(before, facts))
    if facts.sale or facts.refs:
        _name(world, order, (facts.order, *facts.refs))
    return order


def key_of(world: World, shop: str, facts: Facts) -> str | None:
    """Under which id the order is kept, if it is."""
    if world.records.get(Order, f"{shop}:{facts.order}") is not None:
        return f"{shop}:{facts.order}"
    for name in () if facts.sale else (facts.order, *facts.refs):
        known = world.records.get(OrderName, f"{shop}:{name}")
        if known is not None and known.order:
            return known.order
    return None


def _wait(world: World, shop: str, names: Iterable[str], delivery: str) -> None:
    now = world.clock.now()
    for name in names:
        key = f"{shop}:{name}"
        found_or_added(world.records, OrderName(id=key, at=now))
        amend(
            world.records,
            OrderName,
            key,
            lambda n: replace(n, waiting=tuple(sorted({*n.waiting, delivery}))),
        )


def _name(world: World, order: Order, names: Iterable[str]) -> None:
    """From now on these lead to the order; what waited under them is taken."""
    for name in names:
        key = f"{order.shop}:{name}"
        known = world.records.get(OrderName, key)
        if known is None and key == order.id:
            continue  # its own name, and nothing waits
        if known is None:
            known = found_or_added(world.records, OrderName(id=key, at=world.clock.now(), order=order.id))
        for waiting in known.waiting:
            amend(world.records, Delivery, waiting, _again)
            world.queues.send("orders", {"delivery": waiting})
        if known.waiting or known.order != order.id:
            amend(world.records, OrderName, key, lambda n: replace(n, order=order.id, waiting=()))


def _again(delivery: Delivery) -> Delivery:
    return replace(delivery, state="pending", why=None) if delivery.state == "ignored" else delivery
