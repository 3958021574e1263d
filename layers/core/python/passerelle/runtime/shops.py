"""The port `Shops`: what deliveries say, what shops are asked, the links to seats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from passerelle.domain.network import Network
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.seats import link_until
from passerelle.domain.orders.shop import Heard, Shop, Webhook
from passerelle.errors import GiveUp
from passerelle.events.seats import sign_link
from passerelle.runtime.shop_keys import seat_keys
from passerelle.shops.api import Send, sender
from passerelle.shops.registry import read_facts, vendor
from passerelle.shops.vendor import Api
from passerelle.usecases.orders.receive import unpacked


class ShopDesk:
    """All shops of network.yaml. Their APIs are kept as long as a container is warm: a token lives hours."""

    def __init__(
        self,
        network: Callable[[], Network],
        secret: Callable[[str], str],
        send: Callable[[str], Send] = sender,
    ) -> None:
        self._network = network
        self._secret = secret
        self._send = send
        self._apis: dict[str, Api] = {}

    def read(self, delivery: Delivery) -> Facts | None:
        return read_facts(self._shop(delivery.shop), delivery.topic, unpacked(delivery))

    def lines(self, order: Order) -> Facts:
        api = self.api(order.shop)
        if api is None:
            raise GiveUp("lines_unknown")
        return api.vendor.complete(api, order)

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:
        api = self.api(order.shop)
        return None if api is None else api.vendor.refunds(api, order)

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:
        api = self.api(shop)
        return iter(()) if api is None else api.vendor.changed(api, since)

    def webhook(self, shop: str) -> Webhook | None:
        api = self.api(shop)
        return None if api is None else api.vendor.webhook(api, self.door(shop))

    def confirm(self, order: Order, text: str) -> None:
        api = self.api(order.shop)
        if api is not None and api.shop.api.confirm:
            api.vendor.confirm(api, order, text)

    def door(self, shop: str) -> str:
        """Where the shop's webhook goes."""
        return f"{self._network().address.rstrip('/')}/shops/{shop}/orders"

    def seats_link(self, order: Order) -> str:
        network = self._network()
        shop = network.shops.get(order.shop)
        if not network.address or not network.seats_secrets or shop is None:
            return ""
        keys = seat_keys(network, self._secret)
        token = sign_link(keys[0], order.id, link_until(order, shop), order.link_serial)
        return f"{network.address.rstrip('/')}/seats/{token}"

    def api(self, name: str) -> Api | None:
        """None where the shop has no key."""
        shop = self._shop(name)
        if not shop.api.key:
            return None
        key = self._secret(shop.api.key).strip()
        held = self._apis.get(name)
        if held is None or (held.shop, held.key) != (shop, key):
            held = self._apis[name] = Api(name, shop, vendor(shop.kind), key, self._send(name))
        return held

    def _shop(self, name: str) -> Shop:
        shop = self._network().shops.get(name)
        if shop is None:
            raise GiveUp("shop_unknown", shop=name)
        return shop
