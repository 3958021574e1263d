"""One door for all shops: bytes verified before they are parsed, and what makes a delivery the same event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from passerelle.domain.orders.shop import Shop, ShopKind
from passerelle.errors import GiveUp
from passerelle.events.signatures import SignatureRefused, read_secret
from passerelle.events.signatures import verify as verify_standard
from passerelle.shops import shopify, standard, stripe, woocommerce

if TYPE_CHECKING:
    from passerelle.domain.orders.order import Facts

LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Trust:
    """What PayPal's signatures rest on: how its certificates are fetched, and the authorities trusted."""

    fetch: Callable[[str], bytes]
    roots: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Verified:
    """A well-signed delivery. `event` is the same for repetitions; `readable` False: parked as it is."""

    event: str
    topic: str
    readable: bool = True
    body: bytes = field(default=b"", repr=False)


def key_of(kind: ShopKind, secret: str) -> bytes:
    """Raises ValueError, which never shows the secret."""
    if kind == "standard":
        return read_secret(secret)
    if not secret.strip():
        raise ValueError("a signing secret is empty")
    return secret.strip().encode()


def verified(
    shop: Shop,
    headers: Mapping[str, str],
    body: bytes,
    keys: Iterable[bytes],
    now: datetime,
    trust: Trust,
) -> Verified | None:
    """The delivery, once its signature held; None for WooCommerce's unsigned ping.

    Raises SignatureRefused.
    """
    if shop.kind == "woocommerce" and is_unsigned_ping(headers, body):
        return None
    match shop.kind:
        case "stripe":
            stripe.verify(headers, body, keys, now)
        case "woocommerce":
            woocommerce.verify(headers, body, keys, now)
        case "shopify":
            shopify.verify(headers, body, keys, now)
        case "paypal":
            from passerelle.shops import paypal

            paypal.verify(headers, body, shop.webhook, now, trust.fetch, trust.roots)
        case "standard":
            verify_standard(headers, body, keys, now)
    digest = hashlib.sha256(body).hexdigest()
    document = document_of(body)
    if document is None:
        return Verified(f"unreadable:{digest}", "", readable=False, body=body)
    try:
        event, topic = _event_id(shop.kind)(headers, document)
    except (KeyError, TypeError):
        return Verified(f"unreadable:{digest}", "", readable=False, body=body)
    event = event if len(event) <= LONGEST_ID else hashlib.sha256(event.encode()).hexdigest()
    return Verified(event, topic[:100], body=body)


def is_unsigned_ping(headers: Mapping[str, str], body: bytes) -> bool:
    return "x-wc-webhook-signature" not in headers and woocommerce.is_ping(body)


def document_of(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _event_id(kind: ShopKind) -> Callable[[Mapping[str, str], Mapping[str, Any]], tuple[str, str]]:
    if kind == "paypal":
        from passerelle.shops import paypal

        return paypal.event_id
    known: dict[str, Callable[[Mapping[str, str], Mapping[str, Any]], tuple[str, str]]] = {
        "stripe": stripe.event_id,
        "woocommerce": woocommerce.event_id,
        "shopify": shopify.event_id,
        "standard": standard.event_id,
    }
    return known[kind]


def read_facts(shop: Shop, topic: str, body: bytes) -> Facts | None:
    """What a delivery says of an order; None: nothing. Raises GiveUp `payload_unreadable`."""
    from pydantic import ValidationError

    from passerelle.shops.payload import PayloadUnreadable

    document = document_of(body)
    if document is None:
        raise PayloadUnreadable("body")
    if shop.kind == "paypal":
        from passerelle.shops import paypal

        read = paypal.read
    else:
        read = {
            "stripe": stripe.read,
            "woocommerce": woocommerce.read,
            "shopify": shopify.read,
            "standard": standard.read,
        }[shop.kind]
    try:
        return read(document, topic, shop)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_input=False)[0]["loc"])
    except (KeyError, TypeError, AttributeError, ValueError):
        where = topic
    except GiveUp as error:
        where = str(error.details.get("where", error.code))
    raise PayloadUnreadable(where)


__all__ = ["SignatureRefused", "Trust", "Verified", "document_of", "key_of", "read_facts", "verified"]
