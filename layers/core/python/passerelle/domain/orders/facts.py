"""What one delivery says of an order, whichever shop it comes from: lines, payment, refunds, disputes.

Amounts are whole minor units (cents). Personal data are kept out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

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
    discount: int = 0  # what the shop took off this line; `amount` is after it
    part_of: str = ""  # the line of a bundle that bears its price, or the bundle's own name
    odd: str = ""  # the figure that makes no sense, if one does
    untold: bool = False  # the field that lists people was lost on the way: those said before stay


@dataclass(frozen=True, slots=True)
class Refund:
    """`lines` says how much of which line was given back; empty: an amount alone. One that is pending or
    failed gives nothing back (S16).
    """

    id: str
    amount: int = 0
    lines: dict[str, int] = field(default_factory=dict)  # line id → quantity
    at: datetime | None = None
    state: Literal["done", "pending", "failed"] = "done"
    currency: str = ""  # where it is not the order's
    odd: str = ""  # the figure of it that makes no sense, if one does
    told_at: datetime | None = None  # when the shop said so
    event: bool = False  # it said so apart from the whole order; asked by the release before this one alone
    reversal: bool = False  # taken back by whoever handles the payment, and perhaps given back again


@dataclass(frozen=True, slots=True)
class Dispute:
    """`amount` None: about the whole order."""

    id: str
    state: Literal["open", "won", "lost"] = "open"
    at: datetime | None = None
    amount: int | None = None
    currency: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one delivery says. `snapshot_at` where it tells the whole order as of then, newer over older."""

    order: str  # the shop's own id of the order, the same in all its deliveries
    refs: tuple[str, ...] = ()  # other names of it: what a refund or a dispute may call it
    sale: bool = True  # False: it speaks of an order, and makes none where there is none
    number: str = ""  # as people know it
    snapshot_at: datetime | None = None
    buyer: Buyer | None = None
    lines: tuple[Line, ...] | None = None
    currency: str = ""
    total: int | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    whole_refunds: bool = False  # these are all there are: what is not among them was taken back (S16)
    given_back: bool | None = None  # the shop calls the whole order refunded, or does not
    disputes: tuple[Dispute, ...] = ()
    lines_at: str = ""  # what to ask the shop for where lines or buyer are missing
    refunds_at: str = ""  # likewise for what a refund was about
    discount: int = 0  # what the shop took off the lines' prices in all
    credit: int = 0  # paid by other means than money: gift cards, store credit, negative fees
    odd: tuple[str, ...] = ()  # figures of the whole that make no sense
    total_in: dict[str, int] = field(default_factory=dict)  # the total in other currencies it was shown in
    test: bool = False  # no money moved
    hearsay: bool = False  # the lines are what a page in the buyer's browser may have said
    stands: bool = False  # the payment does, as of `told_at`: reversals told before are taken back
    told_at: datetime | None = None  # when the shop said so, in an event that is no snapshot
    heard_at: datetime | None = None  # when it reached Passerelle
