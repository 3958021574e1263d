"""What a buyer sees of an order's seats: line by line, who sits there and how many are free (S3)."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    @property
    def free(self) -> int:
        return sum(max(0, line.free) for line in self.lines)
