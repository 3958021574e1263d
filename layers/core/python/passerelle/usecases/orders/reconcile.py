"""Every night: each paid order is done, waits with a date or is parked with a reason; Moodle is compared with
the ledger, and brought back where the ledger is sure (S12, S14).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order, SeatState
from passerelle.domain.orders.session import desired, free_seats, read_lines
from passerelle.domain.records import MOST_HISTORY, Moment
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, TryAgain
from passerelle.ports import World
from passerelle.usecases.amend import amend, list_all
from passerelle.usecases.orders import accounts, ask, compare, messages, seller
from passerelle.usecases.orders.compare import STALLED
from passerelle.usecases.orders.order_run import OrderRun
from passerelle.usecases.orders.work import replay

LOG = logging.getLogger(__name__)

REPORT = "reports/orders.json"
# Refusals of Moodle that may be over by the next night: two orders were at one person at once, a role was
# missing for a while.
MAY_PASS = frozenset({"enrol_refused", "group_refused", "role_refused", "ledger_unreadable"})


@dataclass
class Reconciliation:
    queued: list[str] = field(default_factory=list)  # orders and deliveries put back on their way
    overdue: list[str] = field(default_factory=list)  # unpaid for too long; never withdrawn by themselves
    parked: list[str] = field(default_factory=list)
    differing: list[dict[str, object]] = field(default_factory=list)
    reminded: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)  # sites that were away or refused: not compared
    missed: dict[str, list[str]] = field(default_factory=dict)  # by shop, orders it had not delivered
    webhooks: dict[str, str] = field(default_factory=dict)  # by shop, one that is off, absent or incomplete

    @property
    def count(self) -> int:
        return len(self.queued) + len(self.differing)


def reconcile(world: World) -> int:
    """How many orders were queued again and differences found; the whole lies in `reports/orders.json`."""
    report = Reconciliation()
    report.missed = ask.ask_all(world, ask.A_WEEK)
    report.webhooks = _webhooks(world)
    _deliveries(world, report)
    _orders(world, report)
    for site in _sold_on(world):
        try:
            for difference in compare.compare(world, site):
                report.differing.append(difference)
                _again(world, report, difference)
        except (TryAgain, GiveUp):  # the other Moodles are compared all the same
            LOG.warning("not compared", extra={"site": site}, exc_info=True)
            report.away.append(site)
    seller.tell(world, everything=True)
    world.papers.put(REPORT, {"at": world.clock.now().isoformat(), **vars(report)})
    return report.count


def _sold_on(world: World) -> list[str]:
    """Sites that a shop sells on, or sold on before it was moved to another."""
    now = {shop.site for shop in world.network.shops.values()}
    return [
        site
        for site in world.network.sites
        if site in now or world.records.list(LedgerPage, "site", site, limit=1).items
    ]


def _again(world: World, report: Reconciliation, difference: compare.Difference) -> None:
    for order in compare.orders_of(world, difference):
        replay(world, order)
        report.queued.append(order)


def each_hour(world: World) -> int:
    """Ask the shops what was missed, tell sellers what is new; answers how many paid orders wait for one."""
    ask.ask_all(world)
    return seller.tell(world, everything=False)


def _webhooks(world: World) -> dict[str, str]:
    """By shop, what is wrong with its webhook: WooCommerce switches one off after five failures."""
    wrong = {}
    for name in world.network.shops:
        try:
            seen = world.shops.webhook(name)
        except (TryAgain, GiveUp):
            continue
        if seen is not None and (seen.state != "on" or seen.missing):
            wrong[name] = seen.state if seen.state != "on" else f"lacks {', '.join(seen.missing)}"
    return wrong


def _deliveries(world: World, report: Reconciliation) -> None:
    now = world.clock.now()
    for delivery in list_all(world.records, Delivery, "state", "pending"):
        if now - delivery.received_at >= STALLED:
            world.queues.send("orders", {"delivery": delivery.id})
            report.queued.append(delivery.id)


def _orders(world: World, report: Reconciliation) -> None:
    now = world.clock.now()
    for state in (OrderState.PAID, OrderState.FULFILLING, OrderState.WAITING):
        for order in list_all(world.records, Order, "state", state.value):
            due = order.wake_at is not None and order.wake_at + STALLED <= now
            last = order.history[-1].at if order.history else order.received_at
            stalled = state != OrderState.WAITING and now - last >= STALLED
            if due or stalled:
                world.queues.send("orders", {"order": order.id})
                report.queued.append(order.id)
    for order in list_all(world.records, Order, "state", OrderState.PARTLY_FULFILLED.value):
        if any(note.code in MAY_PASS for note in order.why):
            world.queues.send("orders", {"order": order.id})
            report.queued.append(order.id)
    _unpaid(world, report)
    for order in list_all(world.records, Order, "state", OrderState.PARKED.value):
        report.parked.append(order.id)
    for state in (OrderState.FULFILLED, OrderState.WAITING, OrderState.PARTLY_FULFILLED):
        for order in list_all(world.records, Order, "state", state.value):
            if _remind(world, order):
                report.reminded.append(order.id)


def _unpaid(world: World, report: Reconciliation) -> None:
    now = world.clock.now()
    for order in list_all(world.records, Order, "state", OrderState.RECEIVED.value):
        shop = world.network.shops.get(order.shop)
        if order.due:
            world.queues.send("orders", {"order": order.id})
            report.queued.append(order.id)
        elif shop is not None and now - order.received_at >= timedelta(days=shop.overdue_days):
            report.overdue.append(order.id)


def _remind(world: World, order: Order) -> bool:
    """The buyer is reminded of free seats and of people who never logged in, as configured (S11)."""
    shop, now = world.network.shops.get(order.shop), world.clock.now()
    since = order.reminded_at or order.paid_at or order.received_at
    if shop is None or not shop.remind_days or now - since < timedelta(days=shop.remind_days):
        return False
    reading = read_lines(order, shop)
    free = sum(max(0, free_seats(order, one)) for one in reading.sold if one.peopled)
    unseen = [
        seat
        for seat in order.seats
        if seat.state == SeatState.DONE and seat.existed is False and not seat.started
    ]
    if not (free or unseen) or order.gone:
        return False
    run = OrderRun.of(world, order, shop, desired(order, shop, reading.sold))
    try:
        accounts.look(run)
        unseen = [s for s in unseen if not (a := run.accounts.get(s.person.key)) or not a.seen]
        if free or unseen:
            messages.remind(run, free, unseen)
    except (TryAgain, GiveUp):
        return False
    written = (Moment("reminder", now, ""),) if free or unseen else ()
    amend(world.records, Order, order.id, lambda before: _reminded(before, now, written))
    return bool(free or unseen)


def _reminded(order: Order, now: datetime, written: tuple[Moment, ...]) -> Order:
    return replace(order, reminded_at=now, letters=(*order.letters, *written)[-MOST_HISTORY:])
