"""What a buyer sees of an order's seats: line by line, who sits there and how many are free (S3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.order import Order, Seat
from passerelle.domain.orders.session import Sold
from passerelle.domain.orders.shop import Shop


@dataclass(frozen=True, slots=True)
class LineOfSeats:
    sold: Sold
    seats: tuple[Seat, ...] = field(repr=False)
    free: int  # below zero: so many must be given back


@dataclass(frozen=True, slots=True)
class SeatsView:
    order: Order = field(repr=False)
    shop: Shop
    lines: tuple[LineOfSeats, ...] = ()
    waits: str = ""  # code of what is to be known where nobody can be named: unpaid, looked at, gone

    @property
    def free(self) -> int:
        return sum(max(0, line.free) for line in self.lines)


def link_until(order: Order, shop: Shop) -> datetime:
    """When the buyer's link dies."""
    return order.granted_at + timedelta(days=shop.seats_days)


def swaps_left(order: Order, shop: Shop, lines: Iterable[Sold]) -> int:
    return max(0, shop.swaps_per_seat * sum(one.seats for one in lines if one.peopled) - order.swaps)


def too_many_free_tutors(shop: Shop, sold: Sold, people: Iterable[Participant]) -> bool:
    """Tutors take no place where the product says so, and yet there is an end to them (S18)."""
    free = {person.key for person in people if not sold.takes_a_seat(person)}
    return len(free) > shop.free_tutors_per_seat * sold.seats
