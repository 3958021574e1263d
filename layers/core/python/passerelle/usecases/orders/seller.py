"""Whoever sells is told of each paid order that waits for a person, and what to do (S19)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from passerelle.domain.moodle.plugin import Notification
from passerelle.domain.orders.amounts import RELEASABLE
from passerelle.domain.orders.delivery import Delivery, Hearing
from passerelle.domain.orders.order import Order
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, TryAgain
from passerelle.ports import World
from passerelle.usecases.amend import amend, list_all
from passerelle.usecases.orders.ask import hearing
from passerelle.words.sentences import say

A_DAY = timedelta(days=1)
MOST = 50  # in one message
# The buyer's to settle, not the seller's.
BUYERS = frozenset({"seats_free", "choose_seats", "role_missing"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A paid order, or a delivery that nobody could read, and why it waits for a person."""

    id: str
    shop: str
    why: Note

    @property
    def mark(self) -> str:
        return f"{self.id} {self.why.code}"

    @property
    def command(self) -> str:
        """What helps, once the cause is mended."""
        if self.why.code in RELEASABLE:
            return f'passerelle orders release {self.id} --because "…"'
        return f"passerelle orders replay {self.id}"


def waiting(world: World) -> Iterator[Waiting]:
    now = world.clock.now()
    for order in list_all(world.records, Order, "state", OrderState.PARKED.value):
        if order.due or order.gone or order.held:
            yield Waiting(order.id, order.shop, order.why[0] if order.why else Note("parked_by_hand"))
    for state in (OrderState.PAID, OrderState.FULFILLING, OrderState.WAITING, OrderState.PARTLY_FULFILLED):
        for order in list_all(world.records, Order, "state", state.value):
            since = order.released_at or order.paid_at or order.received_at
            why = next((note for note in order.why if note.code not in BUYERS), None)
            if now - since >= A_DAY and (why is not None or state is not OrderState.WAITING):
                yield Waiting(order.id, order.shop, why or Note("away"))
    for delivery in list_all(world.records, Delivery, "state", "parked"):
        yield Waiting(delivery.id, delivery.shop, delivery.why or Note("payload_unreadable"))


def tell(world: World, *, everything: bool) -> int:
    """Tell the sellers what is new since they were told, or (once a day) everything that waits. Answers how
    much waits in all.
    """
    found = list(waiting(world))
    for name in world.network.shops:
        with suppress(TryAgain, GiveUp):  # told the next time
            _tell(world, name, [one for one in found if one.shop == name], everything=everything)
    return len(found)


def _tell(world: World, name: str, mine: list[Waiting], *, everything: bool) -> None:
    shop = world.network.shops[name]
    known = set(hearing(world, name).told)
    fresh = mine if everything else [one for one in mine if one.mark not in known]
    if fresh and shop.report_to and world.network.sites[shop.site].plugins:
        _send(world, name, fresh, len(mine))
    marks = tuple(sorted(one.mark for one in mine))
    amend(world.records, Hearing, name, lambda before: replace(before, told=marks))


def _send(world: World, name: str, fresh: list[Waiting], count: int) -> None:
    shop = world.network.shops[name]
    lang = shop.language
    rows = [
        "\n".join((f"– {one.id} : {say(one.why.code, lang, **one.why.details)}", f"  {one.command}"))
        for one in fresh[:MOST]
    ]
    text = "\n\n".join([say("seller_waiting", lang, shop=name, count=count), *rows])
    # The same list of the same day is sent once.
    day = f"{world.clock.now():%Y-%m-%d}"
    digest = hashlib.sha256("\n".join([day, *(one.mark for one in fresh)]).encode()).hexdigest()[:16]
    values = {"subject": say("seller_subject", lang, shop=name, count=count), "text": text[:8_000]}
    world.sites.roster(shop.site).notify_each(
        [
            Notification(f"sell:{name}:{digest}", username, kind="message", lang=lang, values=values)
            for username in shop.report_to
        ]
    )
