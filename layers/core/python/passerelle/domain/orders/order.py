"""An order as every shop's is understood, and how deliveries add up to it, in whatever order they come.

An order is its facts (lines, payment, refunds, disputes) and its seats; what is owed is worked out from
them (`session`). Amounts are whole minor units (cents). Personal data are kept out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from passerelle.domain.orders.facts import Buyer, Dispute, Facts, Line, Participant, Refund
from passerelle.domain.records import Moment, Note
from passerelle.domain.states import OrderState


@dataclass(frozen=True, slots=True)
class Sale:
    """What a line was sold as, written down when it was first fulfilled: its product in network.yaml may be
    retired, repointed or dearer since, and that changes nothing for what was paid (S14).
    """

    line: str
    product: str
    handler: str
    parameters: str
    learner_role: str
    tutor_role: str
    tutors_free: bool = False
    price: str = ""  # with which the line was compared
    currency: str = "EUR"
    prices: dict[str, str] = field(default_factory=dict)
    discounts: str = "take"


class SeatState:
    OPEN = "open"  # named, not yet done
    DONE = "done"
    REFUSED = "refused"  # stopped for a reason, the others went on
    TAKEN = "taken"  # taken away again


@dataclass(frozen=True, slots=True)
class Seat:
    """A person on a line. What was found out about the account is written down before it is acted on."""

    line: str
    person: Participant
    state: str = SeatState.OPEN
    why: Note | None = None
    user_id: int = 0
    username: str = field(default="", repr=False)
    existed: bool | None = None  # whether the account was there before this order; None: not looked yet
    started: bool = False  # they have opened Moodle since: no swap any more
    given_at: datetime | None = None
    declared: bool = False  # by the shop; else named by the buyer
    gone_with: str = ""  # taken because the order is gone or the shop corrected it; it may come back

    @property
    def key(self) -> str:
        return f"{self.line}:{self.person.key}"


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
    asked: bool = False  # the shop was asked for what its deliveries lack
    refunds_at: str = ""
    refunds_known: bool = True
    currency: str = ""
    total: int | None = None
    snapshot_at: datetime | None = None
    heard_at: datetime | None = None  # of the snapshot that counts
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    refunds_as_of: datetime | None = None  # of the newest word that told all of them
    given_back: bool = False
    disputes: tuple[Dispute, ...] = ()
    kept_at: datetime | None = None
    discount: int = 0
    credit: int = 0
    odd: tuple[str, ...] = ()
    total_in: dict[str, int] = field(default_factory=dict)
    test: bool = False
    hearsay: bool = False
    deliveries: int = 0

    state: OrderState = OrderState.RECEIVED
    why: tuple[Note, ...] = ()
    wake_at: datetime | None = None  # when it is tried again
    attempts: int = 0
    released_at: datetime | None = None  # an authorised person let an unpaid order through (S12)
    released_by: str = ""
    let_through: bool = False  # whatever the amounts say (S13)
    held: bool = False  # parked by hand
    sales: tuple[Sale, ...] = ()  # what its lines were sold as; of a line not begun yet there is none
    site: str = ""  # the Moodle that it was sold for, once begun
    basis: str = ""  # payment, shift of dates and buyer that its seats were last worked on with
    seats: tuple[Seat, ...] = ()
    operator: Seat | None = None  # the buyer's own account
    former: tuple[Seat, ...] = ()  # those of buyers whom the shop has corrected since
    swaps: int = 0  # how often the buyer has put another person on a seat (S18)
    link_serial: int = 0  # of the buyer's link; those before it were revoked
    titles: dict[str, str] = field(default_factory=dict)  # of courses, by the name that products give them
    told: str = ""  # digest of the last summary to the buyer
    claimed: tuple[str, ...] = ()  # messages about to be sent where Moodle cannot tell a repetition
    letters: tuple[Moment, ...] = ()  # what was written to people: `welcome` (and to how many), `summary`, …
    confirmed: str = ""  # digest of what the shop was last told
    reminded_at: datetime | None = None
    shift: int = 0  # seconds that an authorised person moved the dates by
    history: tuple[Moment, ...] = ()
    revision: int = 0

    @property
    def shown(self) -> str:
        return self.number or self.id.partition(":")[2]

    @property
    def granted_at(self) -> datetime:
        """Since when what was bought is owed: paid, or released."""
        return self.paid_at or self.released_at or self.received_at

    @property
    def due(self) -> bool:
        """Whether what was bought is owed: paid or released, and not given back whole."""
        return (self.paid_at is not None or self.released_at is not None) and not self.gone

    @property
    def gone(self) -> bool:
        return (
            self.cancelled_at is not None
            or self.given_back
            or self.returned
            or self.refunded_whole
            or any(dispute.state == "lost" and dispute.amount is None for dispute in self.disputes)
        )

    @property
    def returned(self) -> bool:
        """Every line was given back, piece by piece."""
        told = any(refund.lines for refund in self.given)
        return told and all(self.quantity_left(line) <= 0 for line in self.lines)

    @property
    def refunded_whole(self) -> bool:
        """The whole price is back, whatever the shop says of lines."""
        return (self.total or 0) > 0 and self.refunded >= (self.total or 0)

    @property
    def given(self) -> tuple[Refund, ...]:
        """The refunds that stand."""
        return tuple(
            one
            for one in self.refunds
            if one.state == "done" and not self._reversal_ended(one) and not self._all_undone(one)
        )

    @property
    def refunded(self) -> int:
        """Some shops tell each refund, some a running total (`total:…`), some both."""
        totals = [one for one in self.given if one.id.startswith("total:")]
        each = [one for one in self.given if not one.id.startswith("total:")]
        lost = [one for one in self.disputes if one.state == "lost"]
        most = max(
            sum(self.worth(one.amount, one.currency) - self._undone(one) for one in totals),
            sum(self.worth(one.amount, one.currency) for one in each),
        )
        return most + sum(self.worth(one.amount or 0, one.currency) for one in lost)

    def _all_undone(self, one: Refund) -> bool:
        undone = self._undone(one) if one.id.startswith("total:") else 0
        return undone > 0 and undone >= self.worth(one.amount, one.currency)

    def _undone(self, total: Refund) -> int:
        """What a running total holds of parts that are pending, or failed since it was told."""
        parts = [one for one in self.refunds if not one.id.startswith("total:") and one.state != "done"]
        return sum(
            self.worth(one.amount, one.currency)
            for one in parts
            if one.state == "pending" or not one.told_at or not total.told_at or one.told_at >= total.told_at
        )

    def worth(self, amount: int, currency: str) -> int:
        """An amount in the order's currency; nothing where no rate is known: it is a part, then."""
        if not currency or currency == self.currency:
            return amount
        whole = self.total_in.get(currency)
        return amount * (self.total or 0) // whole if whole else 0

    def _reversal_ended(self, refund: Refund) -> bool:
        """What was reversed is back: the payment was told to stand since, or the dispute was won since."""
        if not refund.reversal:
            return False
        since = [self.kept_at, *(one.told_at for one in self.disputes if one.state == "won")]
        return any(later and refund.told_at and later > refund.told_at for later in since)

    def quantity_left(self, line: Line) -> int:
        return line.quantity - sum(refund.lines.get(line.id, 0) for refund in self.given)

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def sale(self, line: Line) -> Sale | None:
        return next((s for s in self.sales if (s.line, s.product) == (line.id, line.product)), None)

    def seats_of(self, line_id: str) -> tuple[Seat, ...]:
        return tuple(s for s in self.seats if s.line == line_id and s.state != SeatState.TAKEN)


def new_order(shop: str, facts: Facts, now: datetime) -> Order:
    return Order(id=f"{shop}:{facts.order}", shop=shop, received_at=now)


def merged(order: Order, facts: Facts) -> Order:
    """The order with one more delivery's facts. The order in which they come does not matter, and the
    same one twice changes nothing.
    """
    newer = _newer(order, facts)
    changes: dict[str, object] = {}
    if newer or not order.lines_known:
        # What the shop itself answered is not replaced by what a page said of it.
        if facts.lines is not None and not (facts.hearsay and order.asked and order.lines_known):
            lines = _peopled(facts.lines, order.lines)
            changes |= {"lines": lines, "lines_known": True, "hearsay": facts.hearsay}
            changes |= {"discount": facts.discount, "credit": facts.credit, "odd": facts.odd}
        for name in ("number", "currency", "total", "total_in", "test", "given_back"):
            value = getattr(facts, name)
            if value not in (None, "", {}) and not (name == "test" and facts.lines is None):
                changes[name] = value
    elif facts.lines is not None:
        changes["lines"] = _peopled(order.lines, facts.lines)
    if newer and facts.snapshot_at is not None:
        changes |= {"snapshot_at": facts.snapshot_at, "heard_at": facts.heard_at}
    if facts.lines_at and not order.asked:
        changes["lines_at"] = facts.lines_at
    if facts.refunds_at:
        changes["refunds_at"] = facts.refunds_at
    refunds_as_of = _latest(order.refunds_as_of, _when(facts) if facts.whole_refunds else None)
    refunds = _refunds(order, facts, refunds_as_of)
    if facts.refunds_at and refunds != order.refunds:
        changes["refunds_known"] = False
    return replace(
        order,
        **changes,  # type: ignore[arg-type]
        buyer=_buyer(order, facts, told=newer or not order.lines_known),
        paid_at=_earliest(order.paid_at, facts.paid_at),
        cancelled_at=_cancelled(order, facts, newer=newer),
        refunds=refunds,
        refunds_as_of=refunds_as_of,
        disputes=_disputes(order.disputes, facts),
        kept_at=_latest(order.kept_at, _when(facts) if facts.stands else None),
    )


def _buyer(order: Order, facts: Facts, *, told: bool) -> Buyer:
    """Where a shop has forgotten the address, as it must for whoever asks, it corrects nobody: what was sold
    stays theirs.
    """
    said = facts.buyer
    if said is None or (order.buyer.key and not said.key):
        return order.buyer
    return said if told or (said.key and not order.buyer.key) else order.buyer


def _peopled(lines: tuple[Line, ...], others: tuple[Line, ...]) -> tuple[Line, ...]:
    people = {line.id: line.participants for line in others}
    return tuple(
        replace(line, participants=people[line.id])
        if line.untold and not line.participants and line.id in people
        else line
        for line in lines
    )


def _when(facts: Facts) -> datetime | None:
    return facts.snapshot_at or facts.told_at or facts.heard_at


def _newer(order: Order, facts: Facts) -> bool:
    """Of two snapshots of one moment the one that came later is the newer (a second is long); but what one of
    them takes back stays taken back, whichever came first.
    """
    if facts.snapshot_at is None or order.snapshot_at is None or facts.snapshot_at > order.snapshot_at:
        return True
    if facts.snapshot_at < order.snapshot_at:
        return False
    return order.heard_at is None or facts.heard_at is None or facts.heard_at >= order.heard_at


def of_its_buyer(order: Order) -> Order:
    """A buyer whom the shop has corrected is remembered for as long as the order, cut or not: what the wrong
    one got is taken away (S16).
    """
    wrong = order.operator
    if wrong is None or wrong.person.key == order.buyer.key:
        return order
    return replace(order, operator=None, former=(*order.former, wrong))


def _cancelled(order: Order, facts: Facts, *, newer: bool) -> datetime | None:
    """A shop that tells the whole order may take a cancellation back, later; one that tells events may not.
    Of two words of one second the cancellation is the last, whichever came first.
    """
    if facts.snapshot_at is None or facts.snapshot_at == order.snapshot_at:
        return _earliest(order.cancelled_at, facts.cancelled_at)
    return facts.cancelled_at if newer else order.cancelled_at


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _refunds(order: Order, facts: Facts, as_of: datetime | None) -> tuple[Refund, ...]:
    """What was last told before the newest word on all of them, which does not name it, was taken back; of
    one second the word that gives back is the last. Whichever came first.
    """
    by_id = {refund.id: refund for refund in order.refunds}
    for told_one in facts.refunds:
        refund = replace(told_one, told_at=_when(facts), event=not facts.whole_refunds)
        held = by_id.get(refund.id)
        by_id[refund.id] = refund if held is None else _one_refund(held, refund)
    stand = (by_id[name] for name in sorted(by_id))
    return tuple(one for one in stand if not as_of or not one.told_at or one.told_at >= as_of)


_FINAL = {"pending": 0, "done": 1, "failed": 2}


def _one_refund(held: Refund, told: Refund) -> Refund:
    """The newer word counts; what is known of lines is not forgotten; a running total only grows."""
    if _rank(told) >= _rank(held):
        newer, older = told, held
    else:
        newer, older = held, told
    dated = newer.told_at is not None and older.told_at is not None and newer.told_at != older.told_at
    return replace(
        newer,
        amount=newer.amount if dated else max(held.amount, told.amount),
        lines=newer.lines or older.lines,
        at=_earliest(held.at, told.at),
        event=held.event and told.event,
    )


def _rank(one: Refund) -> tuple[float, int]:
    return (one.told_at.timestamp() if one.told_at else 0.0, _FINAL[one.state])


_ENDED = {"open": 0, "won": 1, "lost": 2}


def _disputes(known: tuple[Dispute, ...], facts: Facts) -> tuple[Dispute, ...]:
    by_id = {dispute.id: dispute for dispute in known}
    for dispute in (replace(one, told_at=_when(facts)) for one in facts.disputes):
        held = by_id.get(dispute.id)
        if held is None or _dispute_rank(dispute) > _dispute_rank(held):
            by_id[dispute.id] = dispute
    return tuple(by_id[name] for name in sorted(by_id))


def _dispute_rank(one: Dispute) -> tuple[float, int]:
    return (one.told_at.timestamp() if one.told_at else 0.0, _ENDED[one.state])


BACKOFF = (10, 30, 60, 120, 300, 600, 900)  # seconds between tries while a Moodle is away


def next_try(attempts: int) -> timedelta:
    return timedelta(seconds=BACKOFF[min(attempts, len(BACKOFF) - 1)])
