"""Nothing is missed (S17): each shop with a key is asked what changed, and what was never delivered is taken
as if it had been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from passerelle.domain.orders.delivery import Delivery, Hearing
from passerelle.domain.orders.order import Order, merged
from passerelle.domain.orders.shop import Heard
from passerelle.errors import GiveUp, TryAgain
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.orders import receive, take

OVERLAP = timedelta(minutes=10)  # a shop's clock, and what it wrote while it was asked
FIRST = timedelta(days=1)  # how far back a shop is asked the first time
A_WEEK = timedelta(days=7)


def ask_all(world: World, back: timedelta | None = None) -> dict[str, list[str]]:
    """Every shop since it was last asked, or that far back. By shop, the orders that had been missed; a
    shop that is away or refuses is asked again the next time.
    """
    found: dict[str, list[str]] = {}
    for shop, settings in world.network.shops.items():
        if not settings.api.key:
            continue
        try:
            orders = ask(world, shop, back)
        except (TryAgain, GiveUp):
            orders = []
        if orders:
            found[shop] = orders
    return found


def ask(world: World, shop: str, back: timedelta | None = None) -> list[str]:
    """Take what this shop never delivered; answers the orders it is about. Raises TryAgain, GiveUp."""
    now = world.clock.now()
    orders = []
    for heard in missed(world, shop, back):
        receive.receive(world, shop, heard.event, heard.topic, heard.body, readable=True)
        orders.append(order_of(world, shop, heard))
    amend(
        world.records,
        Hearing,
        hearing(world, shop).id,
        lambda known: replace(
            known,
            asked_at=now,
            missed=known.missed + len(orders),
            missed_at=now if orders else known.missed_at,
        ),
    )
    return list(dict.fromkeys(orders))


def missed(world: World, shop: str, back: timedelta | None = None) -> Iterator[Heard]:
    """What the shop says and never delivered. Changes nothing."""
    for heard in world.shops.changed(shop, since(world, shop, back)):
        if _is_news(world, shop, heard):
            yield heard


def since(world: World, shop: str, back: timedelta | None) -> datetime:
    now = world.clock.now()
    if back is not None:
        return now - back
    known = world.records.get(Hearing, shop)
    asked_at = known.asked_at if known is not None else None
    return max(asked_at - OVERLAP, now - A_WEEK) if asked_at else now - FIRST


def hearing(world: World, shop: str) -> Hearing:
    return found_or_added(world.records, Hearing(id=shop))


def order_of(world: World, shop: str, heard: Heard) -> str:
    """The order's id, as far as reading tells."""
    if heard.order:
        return f"{shop}:{heard.order}"
    try:
        facts = world.shops.read(_delivery(world, shop, heard))
    except GiveUp:
        return f"{shop}:?"
    return f"{shop}:{facts.order}" if facts else f"{shop}:?"


def _is_news(world: World, shop: str, heard: Heard) -> bool:
    """Whether it would change an order, or be a new one. What is only said of what was never here is none."""
    delivery = _delivery(world, shop, heard)
    if world.records.get(Delivery, delivery.id) is not None:
        return False
    try:
        facts = world.shops.read(delivery)
    except GiveUp:
        return True  # a person looks at it, as if it had come
    if facts is None:
        return False
    key = take.key_of(world, shop, facts)
    order = world.records.get(Order, key) if key is not None else None
    if order is None:
        return facts.sale
    after = merged(order, replace(facts, heard_at=order.heard_at))
    return replace(after, snapshot_at=order.snapshot_at, kept_at=order.kept_at) != order


def _delivery(world: World, shop: str, heard: Heard) -> Delivery:
    return Delivery(
        id=f"{shop}:{heard.event}",
        shop=shop,
        topic=heard.topic,
        received_at=world.clock.now(),
        body=receive.packed(heard.body),
    )
