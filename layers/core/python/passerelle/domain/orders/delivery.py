"""What a shop sent, kept as it came, and what is known of the shop itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from passerelle.domain.records import Note


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
class OrderName:
    """Another name of an order (an invoice, a payment), or what was said of one that is not here: its
    deliveries wait, and are taken should the order come after them.
    """

    id: str  # {shop}:{name}
    at: datetime
    order: str = ""
    waiting: tuple[str, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What is known of a shop itself: when it was asked, what it had not delivered, what its seller knows."""

    id: str  # the shop's name
    asked_at: datetime | None = None
    missed: int = 0  # found by asking, ever
    missed_at: datetime | None = None  # the last time that something was
    told: tuple[str, ...] = ()  # what waits and was told to the seller: `{order} {reason}`
    revision: int = 0
