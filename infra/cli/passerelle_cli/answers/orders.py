"""What `passerelle orders` prints with --json."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

from passerelle_cli.answers.notes import Moment, Reason


class OrderRow(TypedDict):
    order: str
    number: str
    shop: str
    state: str
    received_at: datetime
    paid_at: datetime | None
    wake_at: datetime | None
    why: list[Reason]
    seats: int


class UnreadableDelivery(TypedDict):
    delivery: str
    shop: str
    why: list[Reason]


class WaitingOrder(TypedDict):
    order: str
    shop: str
    why: list[Reason]
    command: str


class OrdersListed(TypedDict):
    orders: list[OrderRow]
    unreadable: list[UnreadableDelivery]


class OrdersWaiting(TypedDict):
    waiting: list[WaitingOrder]


class Buyer(TypedDict):
    firstname: str
    lastname: str
    email: str


class OrderSeat(TypedDict):
    firstname: str
    lastname: str
    email: str
    kind: str
    state: str
    why: list[Reason]


class OrderLine(TypedDict):
    line: str
    product: str
    title: str
    quantity: int
    amount: int | None
    seats: list[OrderSeat]


class OrderWhole(OrderRow):
    currency: str
    total: int | None
    buyer: Buyer
    seats_link: str
    lines: list[OrderLine]
    history: list[Moment]


class Grant(TypedDict):
    email: str
    role: str
    course: str


class SeatCounts(TypedDict):
    paid: int
    free: int


class ExplainedOrder(TypedDict):
    id: str
    state: str
    why: list[str]
    total: str | None
    currency: str
    enrol: list[Grant]
    withdraw: list[Grant]
    seats: SeatCounts
    buyer: str


class IgnoredDelivery(TypedDict):
    topic: str
    why: str


class OrdersExplained(TypedDict):
    orders: list[ExplainedOrder]
    ignored: list[IgnoredDelivery]
