"""An order as every shop's is understood, and how deliveries add up to it, in whatever order they come.

An order is its facts (lines, payment, refunds, disputes) and its seats; what is owed is worked out from
them (`sessions`). Amounts are whole minor units (cents). Personal data are kept out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from passerelle.domain.records import Moment, Note
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp

Kind = Literal["learner", "tutor"]


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone declared with an order (S2). `email` is what counts; compared without case (S4)."""

    email: str = field(repr=False)
    firstname: str = field(default="", repr=False)
    lastname: str = field(default="", repr=False)
    kind: Kind = "learner"
    city: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    institution: str = field(default="", repr=False)
    course: str = ""  # for seats sold for a choice of courses: the short name chosen

    @property
    def key(self) -> str:
        return self.email.strip().lower()


@dataclass(frozen=True, slots=True)
class Buyer:
    email: str = field(default="", repr=False)
    firstname: str = field(default="", repr=False)
    lastname: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    institution: str = field(default="", repr=False)
    lang: str = ""

    @property
    def key(self) -> str:
        return self.email.strip().lower()


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is what the line costs, tax included; None where the shop does not say it by line."""

    id: str
    product: str  # the shop's reference (SKU, price id), as network.yaml names it
    quantity: int = 1
    amount: int | None = None
    title: str = ""
    participants: tuple[Participant, ...] = ()


@dataclass(frozen=True, slots=True)
class Refund:
    """`lines` says how much of which line was given back; empty: an amount alone."""

    id: str
    amount: int = 0
    lines: dict[str, int] = field(default_factory=dict)  # line id → quantity
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    id: str
    state: Literal["open", "won", "lost"] = "open"
    at: datetime | None = None


class SeatState:
    OPEN = "open"  # named, not yet done
    DONE = "done"
    REFUSED = "refused"  # stopped for a reason, the others went on
    TAKEN = "taken"  # taken away again


@dataclass(frozen=True, slots=True)
class Seat:
    """A person on a line. What was found out about his account is written down before it is acted on."""

    line: str
    person: Participant
    state: str = SeatState.OPEN
    why: Note | None = None
    user_id: int = 0
    username: str = field(default="", repr=False)
    existed: bool | None = None  # whether the account was there before this order; None: not looked yet
    started: bool = False  # he has opened Moodle since: he cannot be swapped any more
    given_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.line}:{self.person.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one delivery says. `snapshot_at` where it tells the whole order as of then, newer over older."""

    order: str  # the shop's own id of the order, the same in all its deliveries
    number: str = ""  # as people know it
    snapshot_at: datetime | None = None
    buyer: Buyer | None = None
    lines: tuple[Line, ...] | None = None
    currency: str = ""
    total: int | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    lines_at: str = ""  # what to ask the shop for where the lines are missing
    refunds_at: str = ""  # likewise for what a refund was about


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: str  # {shop}:{the shop's id}
    shop: str
    received_at: datetime
    number: str = ""
    buyer: Buyer = field(default_factory=Buyer)
    lines: tuple[Line, ...] = ()
    lines_known: bool = False
    lines_at: str = ""
    refunds_at: str = ""
    refunds_known: bool = True
    currency: str = ""
    total: int | None = None
    snapshot_at: datetime | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    deliveries: int = 0

    state: OrderState = OrderState.RECEIVED
    why: tuple[Note, ...] = ()
    wake_at: datetime | None = None  # when it is tried again
    attempts: int = 0
    released_at: datetime | None = None  # an authorised person let an unpaid order through (S12)
    released_by: str = ""
    held: bool = False  # parked by hand
    seats: tuple[Seat, ...] = ()
    operator: Seat | None = None  # the buyer's own account
    told: str = ""  # digest of the last summary to the buyer
    claimed: tuple[str, ...] = ()  # messages about to be sent where Moodle cannot tell a repetition
    confirmed: str = ""  # digest of what the shop was last told
    reminded_at: datetime | None = None
    shift: int = 0  # seconds that an authorised person moved the dates by
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def shown(self) -> str:
        return self.number or self.id.partition(":")[2]

    @property
    def due(self) -> bool:
        """Whether what was bought is owed: paid or released, and not given back whole."""
        return (self.paid_at is not None or self.released_at is not None) and not self.gone

    @property
    def gone(self) -> bool:
        return (
            self.cancelled_at is not None
            or any(dispute.state == "lost" for dispute in self.disputes)
            or (bool(self.lines) and all(self.quantity_left(line) <= 0 for line in self.lines))
            or self.refunded_whole
        )

    @property
    def refunded_whole(self) -> bool:
        """The whole price is back, whatever the shop says of lines."""
        return bool(self.total) and self.refunded >= (self.total or 0)

    @property
    def refunded(self) -> int:
        """Some shops tell each refund, some a running total (`total:…`), some both."""
        totals = sum(refund.amount for refund in self.refunds if refund.id.startswith("total:"))
        return max(totals, sum(r.amount for r in self.refunds if not r.id.startswith("total:")))

    def quantity_left(self, line: Line) -> int:
        return line.quantity - sum(refund.lines.get(line.id, 0) for refund in self.refunds)

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def seats_of(self, line_id: str) -> tuple[Seat, ...]:
        return tuple(s for s in self.seats if s.line == line_id and s.state != SeatState.TAKEN)


def new_order(shop: str, facts: Facts, now: datetime) -> Order:
    return Order(id=f"{shop}:{facts.order}", shop=shop, received_at=now)


def merged(order: Order, facts: Facts) -> Order:
    """The order with one more delivery's facts. The order in which they come does not matter, and the
    same one twice changes nothing.
    """
    newer = facts.snapshot_at is None or order.snapshot_at is None or facts.snapshot_at >= order.snapshot_at
    changes: dict[str, object] = {}
    if newer or not order.lines_known:
        if facts.lines is not None:
            changes |= {"lines": facts.lines, "lines_known": True}
        for name in ("number", "currency", "total", "buyer"):
            value = getattr(facts, name)
            if value not in (None, ""):
                changes[name] = value
    if newer and facts.snapshot_at is not None:
        changes["snapshot_at"] = facts.snapshot_at
    if facts.lines is None and not order.lines_known and facts.lines_at:
        changes["lines_at"] = facts.lines_at
    if facts.refunds_at:
        changes["refunds_at"] = facts.refunds_at
    refunds = _refunds(order.refunds, facts.refunds)
    if facts.refunds_at and refunds != order.refunds:
        changes["refunds_known"] = False
    return replace(
        order,
        **changes,  # type: ignore[arg-type]
        paid_at=_earliest(order.paid_at, facts.paid_at),
        cancelled_at=_cancelled(order, facts, newer=newer),
        refunds=refunds,
        disputes=_disputes(order.disputes, facts.disputes),
    )


def _cancelled(order: Order, facts: Facts, *, newer: bool) -> datetime | None:
    """A shop that tells the whole order may take a cancellation back; one that tells events may not."""
    if facts.snapshot_at is None:
        return _earliest(order.cancelled_at, facts.cancelled_at)
    return facts.cancelled_at if newer else order.cancelled_at


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _refunds(known: tuple[Refund, ...], told: tuple[Refund, ...]) -> tuple[Refund, ...]:
    by_id = {refund.id: refund for refund in known}
    for refund in told:
        held = by_id.get(refund.id)
        if held is None:
            by_id[refund.id] = refund
            continue
        # A running total only grows; what is known of lines is not forgotten.
        by_id[refund.id] = replace(
            held,
            amount=max(held.amount, refund.amount),
            lines=refund.lines or held.lines,
            at=_earliest(held.at, refund.at),
        )
    return tuple(by_id[name] for name in sorted(by_id))


_ENDED = {"open": 0, "won": 1, "lost": 2}


def _disputes(known: tuple[Dispute, ...], told: tuple[Dispute, ...]) -> tuple[Dispute, ...]:
    by_id = {dispute.id: dispute for dispute in known}
    for dispute in told:
        held = by_id.get(dispute.id)
        if held is None or _ENDED[dispute.state] > _ENDED[held.state]:
            by_id[dispute.id] = dispute
    return tuple(by_id[name] for name in sorted(by_id))


def check_amounts(order: Order, prices: dict[str, int | None]) -> Note | None:
    """S13: the lines add up to no more than what was asked in all, and a product costs what it costs.

    Delivery and taxes may come on top of the lines; a total below them is a discount that the shop
    spreads over the lines itself, so that a difference means that somebody altered one of the two.
    """
    amounts = [line.amount for line in order.lines]
    if order.total is not None and None not in amounts:
        lines = sum(amount or 0 for amount in amounts)
        if lines > order.total:
            return Note("amount_differs", {"lines": str(lines), "total": str(order.total)})
    for line in order.lines:
        price = prices.get(line.product)
        if price is not None and line.amount is not None and line.amount < price * line.quantity:
            return Note("price_differs", {"product": line.product})
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a shop sent, as it came: well signed, kept once. `body` is gzip in base64; it names people."""

    id: str  # {shop}:{what makes it the same event}
    shop: str
    topic: str
    received_at: datetime
    body: str = field(repr=False)
    order: str = ""
    state: Literal["pending", "taken", "ignored", "parked"] = "pending"
    why: Note | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A count that dies by itself: refused signatures of a day, tries of a minute."""

    id: str
    until: datetime
    count: int = 0
    revision: int = 0


BACKOFF = (10, 30, 60, 120, 300, 600, 900)  # seconds between tries while a Moodle is away


def next_try(attempts: int) -> timedelta:
    return timedelta(seconds=BACKOFF[min(attempts, len(BACKOFF) - 1)])


def minor_units(text: object, currency: str) -> int:
    """`"10.00"` EUR → 1000; `"1000"` JPY → 1000. Raises GiveUp `amount_unreadable`."""
    from decimal import Decimal, InvalidOperation

    try:
        number = Decimal(str(text))
    except InvalidOperation:
        raise GiveUp("amount_unreadable") from None
    if not number.is_finite():
        raise GiveUp("amount_unreadable")
    return int((number * 10 ** decimals(currency)).to_integral_value())


_WITHOUT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def decimals(currency: str) -> int:
    code = currency.upper()
    return 0 if code in _WITHOUT else 3 if code in _THREE else 2
