"""A stored delivery on its way to an order: read, merged, fulfilled; and what people may do to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from passerelle.domain.orders.amounts import RELEASABLE
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.records import Moment, Note, moved
from passerelle.domain.states import OrderState
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend
from passerelle.usecases.orders import fulfil, take


def work(world: World, kind: str, key: str) -> None:
    """One message of the queue `orders`: a `delivery`, an `order`, or one to `confirm` to its shop."""
    match kind:
        case "delivery":
            take.take(world, key)
        case "order":
            fulfil.fulfil(world, key)
        case "confirm":
            fulfil.confirm(world, key)


# -- what an authorised person may do --------------------------------------------------------------------


def find(world: World, order_id: str) -> Order:
    """Raises NotFound `order_unknown`."""
    order = world.records.get(Order, order_id)
    if order is None:
        raise NotFound("order_unknown", order=order_id)
    return order


def replay(world: World, order_id: str) -> Order:
    """Work on it again, now. A parked delivery is read again too."""
    delivery = world.records.get(Delivery, order_id)
    if delivery is not None:
        amend(world.records, Delivery, order_id, lambda d: replace(d, state="pending", why=None))
        world.queues.send("orders", {"delivery": order_id})
        return Order(id=order_id, shop=delivery.shop, received_at=delivery.received_at)
    order = find(world, order_id)
    amend(world.records, Order, order_id, _looked_at_again)
    world.queues.send("orders", {"order": order_id})
    return order


def _looked_at_again(order: Order) -> Order:
    """What was done is compared with Moodle once more; messages that went are known by their keys."""

    def opened(seat: Seat) -> Seat:
        return replace(seat, state=SeatState.OPEN) if seat.state == SeatState.DONE else seat

    return replace(
        order,
        attempts=0,
        wake_at=None,
        seats=tuple(opened(seat) for seat in order.seats),
        operator=opened(order.operator) if order.operator is not None else None,
    )


def park(world: World, order_id: str, by: str, why: str) -> Order:
    """Nothing more is done for it until it is released; what stands stays."""
    now = world.clock.now()

    def decide(order: Order) -> Order:
        if order.held:
            return order
        order = _noted(order, now, "parked_by", by, why)
        note = Note("parked_by_hand", {"by": by, "why": why})
        return moved(order, OrderState.PARKED, now, why or "by hand", held=True, why=(note,))

    find(world, order_id)
    return amend(world.records, Order, order_id, decide)


def release(world: World, order_id: str, by: str, why: str) -> Order:
    """Let a parked order, or an unpaid one (transfer, *bon de commande*), through, whatever its amounts
    say; recorded (S12, S13). Raises Refused where that changes nothing: `order_gone`, `release_no_help`.
    """
    now = world.clock.now()
    order = find(world, order_id)
    if order.gone:
        raise Refused("order_gone", order=order_id)
    stopped = [note.code for note in order.why if note.code not in RELEASABLE | {"parked_by_hand"}]
    if order.state == OrderState.PARKED and stopped and order.due and not order.held:
        raise Refused("release_no_help", order=order_id, reason=stopped[0])

    def decide(order: Order) -> Order:
        released = order.released_at or (None if order.paid_at else now)
        changed = replace(order, held=False, let_through=True, released_at=released, released_by=by)
        return _noted(changed, now, "released_by", by, why)

    order = amend(world.records, Order, order_id, decide)
    world.queues.send("orders", {"order": order_id})
    return order


def reschedule(world: World, order_id: str, seconds: int, by: str) -> Order:
    """Move the dates of what it gives by so much from what its products say."""
    now = world.clock.now()
    find(world, order_id)
    order = amend(
        world.records,
        Order,
        order_id,
        lambda o: (
            o
            if o.shift == seconds
            else _noted(replace(o, shift=seconds), now, "rescheduled_by", by, f"{seconds} s")
        ),
    )
    world.queues.send("orders", {"order": order_id})
    return order


def revoke_link(world: World, order_id: str, by: str) -> Order:
    """The buyer's link that went out opens nothing any more; the order has a new one (S18)."""
    now = world.clock.now()
    find(world, order_id)

    def decide(order: Order) -> Order:
        return _noted(replace(order, link_serial=order.link_serial + 1), now, "link_revoked_by", by, "")

    return amend(world.records, Order, order_id, decide)


def _noted(order: Order, now: datetime, what: str, by: str, why: str) -> Order:
    words = " – ".join(part for part in (what, by, why) if part)
    return replace(order, history=(*order.history, Moment(order.state.value, now, words))[-60:])
