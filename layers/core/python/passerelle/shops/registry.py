"""All kinds of shops, each a module that is imported when a shop of its kind is met; and what all have in
common at the door: bytes verified before they are parsed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from passerelle.errors import GiveUp
from passerelle.events.bodies import read_json
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor

if TYPE_CHECKING:
    from passerelle.domain.orders.facts import Facts
    from passerelle.domain.orders.shop import Shop

MODULES: dict[str, str] = {
    "paypal": "passerelle.shops.paypal",
    "shopify": "passerelle.shops.shopify",
    "standard": "passerelle.shops.standard",
    "stripe": "passerelle.shops.stripe",
    "woocommerce": "passerelle.shops.woocommerce",
}
LONGEST_ID = 200


def vendor(kind: str) -> Vendor:
    """Raises GiveUp `shop_kind_unknown`."""
    if kind not in MODULES:
        raise GiveUp("shop_kind_unknown", kind=kind, known=", ".join(sorted(MODULES)))
    found: Vendor = import_module(MODULES[kind]).VENDOR
    return found


def sample(kind: str, secret: str, order: SampleOrder, event: str = "") -> SampleDelivery:
    """A delivery signed as that kind of shop does. Raises GiveUp `cannot_sign`."""
    one = vendor(kind)
    return one.sample(one.key(secret), order, event or f"test_{secrets.token_hex(8)}")


@dataclass(frozen=True, slots=True)
class Verified:
    """A well-signed delivery. `event` is the same for repetitions; `readable` False: parked as it is."""

    event: str
    topic: str
    readable: bool = True
    body: bytes = field(default=b"", repr=False)


def verified(shop: Shop, knock: Knock, keys: Sequence[bytes], api: Api | None) -> Verified | None:
    """The delivery, once its signature held; None for a ping. Raises SignatureRefused, TryAgain."""
    kind = vendor(shop.kind)
    if kind.is_ping(knock):
        return None
    kind.verify(knock, keys, shop, api)
    return named(shop, knock.headers, knock.body)


def named(shop: Shop, headers: Mapping[str, str], body: bytes) -> Verified:
    """What makes a body that is believed the same event."""
    digest = hashlib.sha256(body).hexdigest()
    document = document_of(body)
    unreadable = Verified(f"unreadable:{digest}", "", readable=False, body=body)
    if document is None:
        return unreadable
    try:
        event, topic = vendor(shop.kind).event(headers, document, digest[:16])
    except (KeyError, TypeError):
        return unreadable
    event = event if len(event) <= LONGEST_ID else hashlib.sha256(event.encode()).hexdigest()
    return Verified(event, topic[:100], body=body)


def document_of(body: bytes) -> dict[str, Any] | None:
    try:
        document = read_json(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_facts(shop: Shop, topic: str, body: bytes) -> Facts | None:
    """What a delivery says of an order; None: nothing. Raises GiveUp `payload_unreadable`."""
    from passerelle.shops.payload import PayloadUnreadable

    document = document_of(body)
    if document is None:
        raise PayloadUnreadable("body")
    kind = vendor(shop.kind)
    return kind.read(document, topic or kind.topic(document), shop)
