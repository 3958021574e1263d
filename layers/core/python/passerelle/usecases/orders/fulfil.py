"""A paid order becomes a session: what should stand, less what stands, step by step (S1–S14).

Every step may be cut and taken again. What is learned about an account is written into the order before
the account is made; what is given is written into the ledger before Moodle is told. People are done
independently: whoever is stopped is stopped alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from passerelle.domain.orders.end_state import end_state
from passerelle.domain.orders.order import Order, Seat, SeatState, merged, next_try, of_its_buyer
from passerelle.domain.orders.sales import sale_of
from passerelle.domain.orders.session import Reading, desired, read_lines, seated
from passerelle.domain.orders.shop import Shop
from passerelle.domain.records import MOST_HISTORY, Note, derived_id, moved
from passerelle.domain.states import OrderState
from passerelle.errors import Conflict, FixAccess, GiveUp, TryAgain
from passerelle.ports import World
from passerelle.usecases.amend import amend
from passerelle.usecases.orders import accounts, enrolments, messages, revoke, roles, sales
from passerelle.usecases.orders.order_run import AT_ONCE, OrderRun

ROUNDS = 5  # how often an order that changes while it is worked on is begun anew


def fulfil(world: World, order_id: str) -> None:
    """Do what is missing of an order. A Moodle or shop that is away is tried again later, with a date."""
    order = world.records.get(Order, order_id)
    if order is None or order.held:
        return
    try:
        for _ in range(ROUNDS):
            worked_on = _once(world, order)
            order = world.records.get(Order, order_id) or order
            if _facts(order) == worked_on:
                return
        raise Conflict("the order keeps changing")
    except FixAccess as error:
        _park(world, order_id, Note("moodle_refused", {"site": error.site, "errorcode": error.errorcode}))
        raise
    except GiveUp as error:
        # Whatever it is, a paid order says why it is not done (S12).
        _park(world, order_id, Note(error.code, {name: str(value) for name, value in error.details.items()}))
    except TryAgain:
        _wait(world, order_id)


Rests = tuple[Any, ...]


def _facts(order: Order) -> Rests:
    """What the work rests on: if it is another when it is done, it is begun again."""
    asked = tuple((s.key, s.state == SeatState.TAKEN) for s in order.seats)
    return (
        order.lines,
        order.paid_at,
        order.cancelled_at,
        order.refunds,
        order.disputes,
        order.released_at,
        order.shift,
        order.held,
        order.buyer,
        (order.given_back, order.kept_at, order.let_through, order.total, order.currency, order.test),
        asked,
    )


def _once(world: World, order: Order) -> Rests:
    """Answers what the work rested on, as it was written at the end."""
    order = _complete(world, order)
    if not order.due and not _touched(order):
        return _facts(_untouched(world, order))
    shop = world.network.shops.get(order.shop)
    if shop is None:
        return _facts(_park(world, order.id, Note("shop_unknown", {"shop": order.shop})))
    if order.site and order.site in world.network.sites:
        shop = replace(shop, site=order.site)
    if order.due and not order.sales and _touched(order):
        order = sales.remember(world, order, shop)
    if order.due and not order.lines_known:
        return _facts(_park(world, order.id, Note("lines_unknown")))
    reading = read_lines(order, shop)
    if order.due and reading.against is not None:
        return _facts(_park(world, order.id, reading.against))
    if order.due and not reading.sold and not _touched(order):
        if reading.refused:
            return _facts(_park(world, order.id, *reading.refused))
        return _facts(_leave(world, order))
    order = _begin(world, order, shop, reading)
    session = desired(order, shop, reading.sold, reading.unread)
    run = OrderRun.of(world, order, shop, session)
    return _done(world, run, reading, work(run))


def work(run: OrderRun) -> list[Note]:
    """All the outside steps, in an order in which each may be repeated; what went wrong for lines."""
    accounts.settle(run)
    problems = enrolments.give(run)
    problems += roles.attach(run)
    revoke.take_away(run)
    return problems


def _touched(order: Order) -> bool:
    """Whether anything was ever done for it."""
    operator = (order.operator,) if order.operator else ()
    return any(seat.user_id for seat in (*order.seats, *operator, *order.former))


def _complete(world: World, order: Order) -> Order:
    """Fetch what the delivery lacked: lines, the buyer, and what a refund was about."""
    if order.lines_at and not order.asked and (order.paid_at or order.released_at):
        order = _ask(world, order)
    if not order.refunds_known:
        try:
            refunds = world.shops.refunds(order)
        except GiveUp:
            refunds = None

        def known(before: Order) -> Order:
            by_id = {refund.id: refund for refund in refunds or ()}
            told = tuple(
                replace(refund, lines=by_id[refund.id].lines) if refund.id in by_id else refund
                for refund in before.refunds
            )
            return replace(before, refunds=told, refunds_known=True)

        order = amend(world.records, Order, order.id, known)
    return order


def _ask(world: World, order: Order) -> Order:
    """The shop's own word on an order, once; what deliveries said is kept where it cannot be asked."""
    try:
        facts = world.shops.lines(order)
    except FixAccess:
        raise
    except GiveUp:
        return order
    return amend(world.records, Order, order.id, lambda before: replace(merged(before, facts), asked=True))


def _leave(world: World, order: Order) -> Order:
    """Nothing in it is a training: nobody gets an account, nobody is written to (S21)."""
    now = world.clock.now()
    return amend(
        world.records,
        Order,
        order.id,
        lambda before: moved(before, OrderState.NOT_OURS, now, "no training", why=(), wake_at=None),
    )


def _untouched(world: World, order: Order) -> Order:
    """Not paid, or gone before anything was done: only its state changes."""
    now = world.clock.now()

    def decide(before: Order) -> Order:
        if before.cancelled_at is not None:
            return moved(before, OrderState.CANCELLED, now, "cancelled", why=())
        if before.gone:
            return moved(before, OrderState.REFUNDED, now, "refunded", why=())
        return before

    return amend(world.records, Order, order.id, decide)


_BEGUN_FROM = (OrderState.PAID, OrderState.WAITING, OrderState.PARKED, OrderState.NOT_OURS)
_TAKEN_BACK_FROM = (OrderState.REFUNDED, OrderState.CANCELLED)  # the shop took that back (S16)


def _begin(world: World, order: Order, shop: Shop, reading: Reading) -> Order:
    """What was sold is written down before anything is given."""
    now = world.clock.now()

    def decide(before: Order) -> Order:
        before = of_its_buyer(before)
        if before.state == OrderState.RECEIVED:
            before = moved(before, OrderState.PAID, now, "paid" if before.paid_at else "released")
        seats = seated(before, reading.sold, before.received_at) if before.due else before.seats
        if before.state in _BEGUN_FROM or (before.due and before.state in _TAKEN_BACK_FROM):
            before = moved(before, OrderState.FULFILLING, now, "begun")
        if before.due:
            known = {(sale.line, sale.product) for sale in before.sales}
            fresh = (sale_of(one.line, one.product, shop) for one in reading.sold)
            seats = _again_for_all(before, seats)
            sales = (*before.sales, *(sale for sale in fresh if (sale.line, sale.product) not in known))
            basis = _basis(before)
            before = replace(before, sales=sales, site=before.site or shop.site, basis=basis)
        return replace(before, seats=seats)

    return amend(world.records, Order, order.id, decide)


def _basis(order: Order) -> str:
    """What every seat rests on: of a large order those done are not looked at again while it is the same."""
    return derived_id("basis", str(order.paid_at or order.released_at), str(order.shift), order.buyer.key)


def _again_for_all(order: Order, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
    if not order.basis or order.basis == _basis(order):
        return seats
    return (
        tuple(
            replace(seat, state=SeatState.OPEN) if seat.state == SeatState.DONE and seat.user_id else seat
            for seat in seats
        )
        if len(seats) > AT_ONCE
        else seats
    )


def _done(world: World, run: OrderRun, reading: Reading, problems: list[Note]) -> Rests:
    """The order's end state, and why it is not `fulfilled` where it is not."""
    now = world.clock.now()
    written = messages.tell(run, reading, problems)

    changed = [False]

    def decide(before: Order) -> Order:
        changed[0] = before.held or _facts(before) != _facts(run.order)
        if changed[0]:
            return before
        seats = tuple(run.seat_now(seat) for seat in before.seats)
        titles = {str(name): course.fullname for name, course in run.courses.items() if course is not None}
        settled = replace(
            before,
            seats=seats,
            operator=run.operator_now(before),
            titles=before.titles | titles,
            told=run.digest,
            letters=(*before.letters, *written)[-MOST_HISTORY:],
            attempts=0,
        )
        if run.rest:
            return moved(settled, before.state, now, "", why=(), wake_at=None)
        remarks = (*reading.remarks, *run.remarks)
        undone = [*problems, *run.unreadable.values()]
        state, why = end_state(settled, run.session, reading, undone, remarks)
        return moved(settled, state, now, why[0].code if why else "done", why=why, wake_at=None)

    order = amend(world.records, Order, run.order.id, decide)
    rested = _facts(order) if changed == [False] else _facts(run.order)
    if run.rest:
        world.queues.send("orders", {"order": order.id})
        return rested
    if _to_confirm(run.shop, order):
        world.queues.send("orders", {"confirm": order.id})
    return rested


def _park(world: World, order_id: str, *why: Note) -> Order:
    now = world.clock.now()

    def decide(before: Order) -> Order:
        if before.held:
            return before
        if before.state == OrderState.RECEIVED:
            before = moved(before, OrderState.PAID, now, "paid")
        return moved(before, OrderState.PARKED, now, why[0].code, why=why, wake_at=None)

    return amend(world.records, Order, order_id, decide)


def _wait(world: World, order_id: str) -> None:
    """Something is away: the order waits with a date, and a message of its own wakes it."""
    now = world.clock.now()

    def decide(before: Order) -> Order:
        if before.held:
            return before
        wake = now + next_try(before.attempts)
        if before.state == OrderState.RECEIVED:
            before = moved(before, OrderState.PAID, now, "paid")
        changes = {"attempts": before.attempts + 1, "wake_at": wake, "why": (Note("away"),)}
        return moved(before, OrderState.WAITING, now, "away", **changes)

    order = amend(world.records, Order, order_id, decide)
    if order.wake_at is not None:
        world.queues.send("orders", {"order": order_id}, delay=max(order.wake_at - now, next_try(0)))


# -- the shop is told ------------------------------------------------------------------------------------


def _to_confirm(shop: Shop, order: Order) -> bool:
    return shop.api.confirm and _confirmation(order) != order.confirmed


def _confirmation(order: Order) -> str:
    return f"{order.state.value}:{','.join(note.code for note in order.why)}"


def confirm(world: World, order_id: str) -> None:
    """Apart from the fulfilment: a shop that is away holds up nothing. Raises TryAgain to come back."""
    order = world.records.get(Order, order_id)
    shop = world.network.shops.get(order.shop) if order else None
    if order is None or shop is None or not _to_confirm(shop, order):
        return
    world.shops.confirm(order, messages.for_shop(order, shop))
    said = _confirmation(order)
    amend(world.records, Order, order_id, lambda before: replace(before, confirmed=said))
