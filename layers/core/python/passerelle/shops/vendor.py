"""What a shop is: one object for each kind, in a module of its own (`registry` knows them all).

A new kind is a module with a `Vendor` in it, a line of the registry and an entry of
`network.example.yaml`. Everything a vendor decides differently stands here as a method.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.errors import GiveUp
from passerelle.shops.api import check

if TYPE_CHECKING:
    from passerelle.domain.orders.facts import Facts, Participant, Refund
    from passerelle.domain.orders.order import Order
    from passerelle.domain.orders.shop import Shop
    from passerelle.shops.api import Send


@dataclass(frozen=True, slots=True)
class Knock:
    """A delivery at the door, nothing of it believed yet. Header names are in lower case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """What a sample delivery says. Amounts are euros as text."""

    number: str
    product: str
    quantity: int = 1
    price: str = "10.00"
    email: str = "rh@client.example"
    firstname: str = "Rose"
    lastname: str = "Humbert"
    institution: str = "Client SA"
    people: tuple[Participant, ...] = ()
    paid: bool = True
    cancelled: bool = False
    discount: str = ""
    refunded: Mapping[str, int] = field(default_factory=dict)  # line → quantity; "" → an amount alone
    refund: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime | None = None

    @property
    def total(self) -> str:
        return f"{float(self.price) * self.quantity - float(self.discount or 0):.2f}"

    @property
    def digits(self) -> int:
        """Its number, for shops that count."""
        return int("".join(c for c in self.number if c.isdigit()) or "1")

    @property
    def changed_at(self) -> datetime:
        return self.modified or self.at

    def changed(self, **changes: Any) -> SampleOrder:
        return replace(self, modified=datetime.now(UTC), **changes)

    def rows(self, kind: str) -> str:
        return "\n".join(f"{p.lastname};{p.firstname};{p.email}" for p in self.people if p.kind == kind)


@dataclass(frozen=True, slots=True)
class SampleDelivery:
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Vendor:
    """One kind of shop. `topics` are what it must be told to send, in the vendor's own words."""

    kind: ClassVar[str]
    topics: ClassVar[tuple[str, ...]] = ()
    address: ClassVar[str] = ""  # of the vendor's API, where it has one for all shops
    api_needed: ClassVar[bool] = False  # whether nothing works without a key

    # -- the door ----------------------------------------------------------------------------------------

    def key(self, secret: str) -> bytes:
        """What signatures are checked with. Raises ValueError, which never shows the secret."""
        if not secret.strip():
            raise ValueError("a signing secret is empty")
        return secret.strip().encode()

    def is_ping(self, knock: Knock) -> bool:  # noqa: ARG002 - for those that ping
        """An unsigned knock that must get a 200 and says nothing."""
        return False

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:
        """Raises SignatureRefused; TryAgain where the vendor itself must be asked and is away."""
        raise NotImplementedError

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:
        """What makes a delivery the same one, and its topic. `digest` is of the body: two changes in one
        second are two (S17). Raises KeyError, TypeError.
        """
        raise NotImplementedError

    # -- what it says ------------------------------------------------------------------------------------

    def topic(self, document: Mapping[str, Any]) -> str:
        """Of a body that came without its headers."""
        return str(document.get("type", ""))

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        """None: nothing about an order. Raises GiveUp `payload_unreadable`."""
        raise NotImplementedError

    # -- what it is asked --------------------------------------------------------------------------------

    def address_of(self, shop: Shop) -> str:  # noqa: ARG002 - every shop's own shape
        """Of the vendor's API, where it has one for all its shops."""
        return ""

    def credentials(self, api: Api) -> Mapping[str, str]:
        """Headers of every call."""
        return {"Authorization": api.basic()}

    def complete(self, api: Api, order: Order) -> Facts:  # noqa: ARG002 - every shop's own shape
        """Lines and buyer that deliveries lack. Raises GiveUp `lines_unknown`, TryAgain."""
        raise GiveUp("lines_unknown")

    def refunds(self, api: Api, order: Order) -> tuple[Refund, ...] | None:  # noqa: ARG002 - every shop's own shape
        """What refunds were about, line by line; None where deliveries say it."""
        return None

    def changed(self, api: Api, since: datetime) -> Iterator[Heard]:  # noqa: ARG002 - every shop's own shape
        """What changed since then, oldest first (S17)."""
        return iter(())

    def webhook(self, api: Api, door: str) -> Webhook | None:  # noqa: ARG002 - every shop's own shape
        """How the shop sees its webhook to the address `door`; None where it cannot be asked."""
        return None

    # -- what it is told ---------------------------------------------------------------------------------

    def confirm(self, api: Api, order: Order, text: str) -> None:
        """What was done, beside the order in the shop. The same text stands once."""

    # -- connecting --------------------------------------------------------------------------------------

    def problems(self, shop: Shop) -> tuple[tuple[str, str], ...]:
        """What network.yaml lacks for this kind: field, and what it should hold."""
        return () if shop.secrets else (("secrets", "the SSM parameter with what signs its webhooks"),)

    def signed(self, key: bytes, body: bytes, event: str, topic: str) -> Mapping[str, str]:  # noqa: ARG002 - every shop's own shape
        """The headers of a delivery as the shop sends it. Raises GiveUp `cannot_sign`."""
        raise GiveUp("cannot_sign", kind=self.kind)

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:  # noqa: ARG002 - every shop's own shape
        """A signed delivery of an order. Raises GiveUp `cannot_sign`."""
        raise GiveUp("cannot_sign", kind=self.kind)

    def ping(self, key: bytes, event: str) -> SampleDelivery:
        """A signed delivery that is about no order: it proves the way. Raises GiveUp `cannot_sign`."""
        body = json.dumps({"id": event, "type": "passerelle.ping", "data": {"object": {}}}).encode()
        return SampleDelivery(self.signed(key, body, event, "passerelle.ping"), body)


@dataclass
class Api:
    """One shop's own API, kept between calls, so that a token is asked for once. `key` is what the SSM
    parameter holds: a key, or `id:secret`. One that may write is only needed where the shop is told.
    """

    name: str
    shop: Shop
    vendor: Vendor
    key: str = field(repr=False)
    send: Send
    token: str = field(default="", repr=False)
    token_until: float = 0.0

    @property
    def address(self) -> str:
        return self.shop.api.url.rstrip("/") or self.vendor.address_of(self.shop)

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """Raises ShopAway, ShopRefused."""
        headers = self.vendor.credentials(self)
        status, document = self.send(method, f"{self.address}{path}", headers=headers, **what)
        check(self.name, status)
        return document

    def basic(self) -> str:
        return f"Basic {base64.b64encode(self.key.encode()).decode()}"

    def bearer(self, fetch: Callable[[], tuple[str, float]]) -> str:
        """A token that `fetch` gets with its life in seconds; kept until a minute before its end."""
        if time.monotonic() >= self.token_until:
            self.token, seconds = fetch()
            self.token_until = time.monotonic() + max(0.0, seconds - 60)
        return f"Bearer {self.token}"
