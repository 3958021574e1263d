"""The shops. The adapter stands in `runtime`, over `shops`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from passerelle.domain.orders.delivery import Delivery
    from passerelle.domain.orders.facts import Facts, Refund
    from passerelle.domain.orders.order import Order
    from passerelle.domain.orders.shop import Heard, Webhook


class Shops(Protocol):
    """What shops sent, read; what they did not send, asked for; what was done, told to them."""

    def read(self, delivery: Delivery) -> Facts | None:
        """None: nothing about an order. Raises GiveUp `payload_unreadable`."""
        ...

    def lines(self, order: Order) -> Facts:
        """The lines (and the buyer, where they come with them). Raises GiveUp `lines_unknown`, TryAgain."""
        ...

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:
        """What the refunds were about, line by line; None where this shop cannot be asked."""
        ...

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:
        """What changed there since then, oldest first; nothing of a shop that cannot be asked. Raises
        TryAgain, GiveUp.
        """
        ...

    def webhook(self, shop: str) -> Webhook | None:
        """How the shop sees its webhook to us; None where it cannot be asked. Raises TryAgain, GiveUp."""
        ...

    def confirm(self, order: Order, text: str) -> None:
        """Tell the shop, where it is to be told. The same text is written once. Raises TryAgain, GiveUp."""
        ...

    def seats_link(self, order: Order) -> str:
        """The buyer's address for the seats, or nothing where links are not set up. Always the same."""
        ...
