from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from passerelle.domain.network import Network
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.errors import GiveUp
from passerelle.shops.registry import read_facts
from passerelle.usecases.orders.receive import unpacked


class FakeShops:
    """Reads as the real one does; what shops answer is said by the test."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.known_lines: dict[str, Facts] = {}
        self.known_refunds: dict[str, tuple[Refund, ...]] = {}
        self.confirmed: list[tuple[str, str]] = []
        self.happened: dict[str, list[Heard]] = {}  # shop → what it answers when asked what changed
        self.webhooks: dict[str, Webhook] = {}

    def read(self, delivery: Delivery) -> Facts | None:
        return read_facts(self._network.shops[delivery.shop], delivery.topic, unpacked(delivery))

    def lines(self, order: Order) -> Facts:
        if order.lines_at not in self.known_lines:
            raise GiveUp("lines_unknown")
        return self.known_lines[order.lines_at]

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:
        return self.known_refunds.get(order.id)

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:
        return iter([one for one in self.happened.get(shop, []) if one.at is None or one.at >= since])

    def webhook(self, shop: str) -> Webhook | None:
        return self.webhooks.get(shop)

    def confirm(self, order: Order, text: str) -> None:
        if (order.id, text) not in self.confirmed:
            self.confirmed.append((order.id, text))

    def seats_link(self, order: Order) -> str:
        return f"{self._network.address}/seats/{order.id}"
