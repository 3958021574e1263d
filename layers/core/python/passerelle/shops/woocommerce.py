"""WooCommerce: `X-WC-Webhook-Signature`, and the order as a whole, each time it changes.

No timestamp is signed. `X-WC-Webhook-Delivery-ID` is the same for two orders of one second, so that an
event is known by its order, status and time of change. Nothing is ever sent again.
https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks, REST API v3
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from passerelle.domain.orders.order import Buyer, Facts, Line, Refund, minor_units
from passerelle.domain.orders.shop import Shop
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.payload import Said, at, people_in, peopled

PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def is_ping(body: bytes) -> bool:
    """What WooCommerce posts, unsigned, when a webhook is made; without a 200 it is not kept."""
    return PING.fullmatch(body.strip()) is not None


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[bytes], _now: datetime) -> None:
    verify_base64(headers.get("x-wc-webhook-signature", ""), body, secrets)


def verify_base64(given: str, body: bytes, secrets: Iterable[bytes]) -> None:
    """HMAC-SHA256 of the raw body in base64. Raises SignatureRefused."""
    fits = False
    for secret in secrets:
        wanted = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
        fits |= hmac.compare_digest(wanted, given.strip().encode("utf-8", "surrogatepass"))
    if not fits:
        raise SignatureRefused


def event_id(headers: Mapping[str, str], document: Mapping[str, Any]) -> tuple[str, str]:
    topic = headers.get("x-wc-webhook-topic", "order.updated")
    if not topic.startswith("order."):
        return f"{topic}:{document.get('id')}:{document.get('date_modified_gmt')}", topic
    if topic == "order.deleted":
        return f"{document['id']}:deleted", topic
    return f"{document['id']}:{document['status']}:{document['date_modified_gmt']}", topic


class _Meta(Said):
    key: str
    value: Any = None


class _Item(Said):
    id: int
    name: str = ""
    product_id: int = 0
    variation_id: int = 0
    quantity: int = 1
    total: str = "0"
    total_tax: str = "0"
    sku: str | None = None
    meta_data: tuple[_Meta, ...] = ()


class _RefundSaid(Said):
    id: int
    total: str = "0"


class _Billing(Said):
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""


class _Order(Said):
    id: int
    number: str = ""
    status: str = ""
    currency: str = "EUR"
    total: str = "0"
    billing: _Billing = _Billing()
    customer_note: str = ""
    date_modified_gmt: str | None = None
    date_paid_gmt: str | None = None
    line_items: tuple[_Item, ...] = ()
    refunds: tuple[_RefundSaid, ...] = ()
    meta_data: tuple[_Meta, ...] = ()


def read(document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
    if not topic.startswith("order."):
        return None
    if topic == "order.deleted":
        return None  # put into the shop's bin: access follows money, not the shop's tidiness
    order = _Order.model_validate(document)
    modified = at(order.date_modified_gmt)
    people = people_in(_texts(order.meta_data), shop.people, order.customer_note)
    lines = tuple(_line(item, order.currency, shop) for item in order.line_items)
    refunds = tuple(
        Refund(str(refund.id), abs(minor_units(refund.total, order.currency)), at=modified)
        for refund in order.refunds
    )
    total = minor_units(order.total, order.currency)
    if order.status == "refunded" and sum(refund.amount for refund in refunds) < total:
        refunds = (*refunds, Refund("total:status", total, at=modified))
    paid = order.date_paid_gmt or (order.date_modified_gmt if order.status == "completed" else None)
    return Facts(
        order=str(order.id),
        number=order.number or str(order.id),
        snapshot_at=modified,
        buyer=Buyer(
            email=order.billing.email,
            firstname=order.billing.first_name,
            lastname=order.billing.last_name,
            city=order.billing.city,
            phone=order.billing.phone,
            institution=order.billing.company,
            lang=shop.language,
        ),
        lines=peopled(lines, people),
        currency=order.currency,
        total=total,
        paid_at=at(paid),
        cancelled_at=modified if order.status in ("cancelled", "failed", "trash") else None,
        refunds=refunds,
        refunds_at=str(order.id) if order.refunds else "",
    )


def _line(item: _Item, currency: str, shop: Shop) -> Line:
    known = (item.sku or "", str(item.variation_id or ""), str(item.product_id or ""))
    reference = next((one for one in known if one and one in shop.products), "") or next(
        filter(None, known), ""
    )
    return Line(
        id=str(item.id),
        product=reference,
        quantity=item.quantity,
        amount=minor_units(item.total, currency) + minor_units(item.total_tax, currency),
        title=item.name,
        participants=people_in(_texts(item.meta_data), shop.people),
    )


def _texts(rows: tuple[_Meta, ...]) -> dict[str, str]:
    return {row.key: row.value for row in rows if isinstance(row.value, str)}
