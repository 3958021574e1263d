"""Shopify: `X-Shopify-Hmac-SHA256`; orders as a whole, and refunds line by line.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https, API version 2025-10
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from passerelle.domain.orders.order import Buyer, Facts, Line, Refund, minor_units
from passerelle.domain.orders.shop import Shop
from passerelle.shops.payload import Said, at, people_in, peopled
from passerelle.shops.woocommerce import verify_base64


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[bytes], _now: datetime) -> None:
    verify_base64(headers.get("x-shopify-hmac-sha256", ""), body, secrets)


def event_id(headers: Mapping[str, str], _document: Mapping[str, Any]) -> tuple[str, str]:
    return headers["x-shopify-webhook-id"], headers.get("x-shopify-topic", "")


class _Named(Said):
    name: str
    value: str | None = None


class _Tax(Said):
    price: str = "0"


class _Item(Said):
    id: int
    sku: str | None = None
    variant_id: int | None = None
    product_id: int | None = None
    title: str = ""
    quantity: int = 1
    price: str = "0"
    total_discount: str = "0"
    properties: tuple[_Named, ...] = ()
    tax_lines: tuple[_Tax, ...] = ()


class _Returned(Said):
    line_item_id: int
    quantity: int = 0


class _Transaction(Said):
    amount: str = "0"
    kind: str = "refund"
    status: str = "success"


class _RefundSaid(Said):
    id: int
    order_id: int | None = None
    created_at: str | None = None
    refund_line_items: tuple[_Returned, ...] = ()
    transactions: tuple[_Transaction, ...] = ()


class _Address(Said):
    company: str | None = None
    city: str | None = None
    phone: str | None = None


class _Customer(Said):
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


class _Order(Said):
    id: int
    name: str = ""
    email: str | None = None
    currency: str = "EUR"
    total_price: str = "0"
    financial_status: str | None = None
    processed_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    cancelled_at: str | None = None
    customer_locale: str | None = None
    taxes_included: bool = True
    note: str | None = None
    note_attributes: tuple[_Named, ...] = ()
    customer: _Customer | None = None
    billing_address: _Address | None = None
    line_items: tuple[_Item, ...] = ()
    refunds: tuple[_RefundSaid, ...] = ()


PAID = frozenset({"paid", "partially_refunded", "refunded"})


def read(document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
    if topic == "refunds/create":
        refund = _RefundSaid.model_validate(document)
        # The currency is the order's; transactions of a refund carry it too, in minor units of the same.
        currency = str((document.get("transactions") or [{}])[0].get("currency") or "EUR")
        return Facts(order=str(refund.order_id), refunds=(_refund(refund, currency),))
    if not topic.startswith("orders/"):
        return None
    if topic == "orders/delete":
        return None
    order = _Order.model_validate(document)
    customer, address = order.customer or _Customer(), order.billing_address or _Address()
    notes = {row.name: row.value or "" for row in order.note_attributes}
    lines = tuple(_line(item, order, shop) for item in order.line_items)
    paid = order.financial_status in PAID
    return Facts(
        order=str(order.id),
        number=order.name.removeprefix("#") or str(order.id),
        snapshot_at=at(order.updated_at),
        buyer=Buyer(
            email=order.email or customer.email or "",
            firstname=customer.first_name or "",
            lastname=customer.last_name or "",
            city=address.city or "",
            phone=customer.phone or address.phone or "",
            institution=address.company or "",
            lang=order.customer_locale or shop.language,
        ),
        lines=peopled(lines, people_in(notes, shop.people, order.note or "")),
        currency=order.currency,
        total=minor_units(order.total_price, order.currency),
        paid_at=at(order.processed_at or order.created_at) if paid else None,
        cancelled_at=at(order.cancelled_at),
        refunds=tuple(_refund(refund, order.currency) for refund in order.refunds),
    )


def _line(item: _Item, order: _Order, shop: Shop) -> Line:
    known = (item.sku or "", str(item.variant_id or ""), str(item.product_id or ""))
    reference = next((one for one in known if one and one in shop.products), "") or next(
        filter(None, known), ""
    )
    amount = minor_units(item.price, order.currency) * item.quantity
    amount -= minor_units(item.total_discount, order.currency)
    if not order.taxes_included:
        amount += sum(minor_units(tax.price, order.currency) for tax in item.tax_lines)
    properties = {row.name: row.value or "" for row in item.properties}
    return Line(
        id=str(item.id),
        product=reference,
        quantity=item.quantity,
        amount=amount,
        title=item.title,
        participants=people_in(properties, shop.people),
    )


def _refund(refund: _RefundSaid, currency: str) -> Refund:
    lines: dict[str, int] = {}
    for row in refund.refund_line_items:
        lines[str(row.line_item_id)] = lines.get(str(row.line_item_id), 0) + row.quantity
    given = [t for t in refund.transactions if t.kind == "refund" and t.status == "success"]
    amount = sum(minor_units(t.amount, currency) for t in given)
    return Refund(str(refund.id), amount, lines, at(refund.created_at))
