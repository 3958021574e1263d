"""Signed deliveries as each kind of shop sends them, to try a running stack with (`orders send-test`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from passerelle.domain.orders.order import Participant
from passerelle.errors import GiveUp
from passerelle.events.signatures import sign
from passerelle.shops.registry import key_of

Kind = str


@dataclass(frozen=True, slots=True)
class TestOrder:
    """What a test order says. Amounts are euros as text."""

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
    refunded: Mapping[str, int] = field(default_factory=dict)  # line → quantity; "" → an amount alone
    refund: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime | None = None

    @property
    def total(self) -> str:
        return f"{float(self.price) * self.quantity:.2f}"

    def changed(self, **changes: Any) -> TestOrder:
        return replace(self, modified=datetime.now(UTC), **changes)


@dataclass(frozen=True, slots=True)
class Delivery:
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def delivery(kind: Kind, secret: str, order: TestOrder, event: str = "") -> Delivery:
    """Raises GiveUp `cannot_sign` for PayPal, which signs with a key of its own."""
    build = {
        "standard": _standard,
        "woocommerce": _woocommerce,
        "shopify": _shopify,
        "stripe": _stripe,
    }.get(kind)
    if build is None:
        raise GiveUp("cannot_sign", kind=kind)
    return build(key_of(kind, secret), order, event or f"test_{secrets.token_hex(8)}")  # type: ignore[arg-type]


def _rows(people: Sequence[Participant], kind: str) -> str:
    return "\n".join(f"{p.lastname};{p.firstname};{p.email}" for p in people if p.kind == kind)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _standard(key: bytes, order: TestOrder, event: str) -> Delivery:
    people = [
        {"lastname": p.lastname, "firstname": p.firstname, "email": p.email, "role": p.kind}
        for p in order.people
    ]
    refunds = []
    if order.refund:
        lines = {line: count for line, count in order.refunded.items() if line}
        refunds = [{"id": f"r-{order.number}", "amount": order.refund, "lines": lines, "at": _iso(order.at)}]
    data = {
        "order": order.number,
        "number": order.number,
        "modified": _iso(order.modified or order.at),
        "currency": "EUR",
        "total": order.total,
        "paid_at": _iso(order.at) if order.paid else None,
        "cancelled_at": _iso(order.modified or order.at) if order.cancelled else None,
        "customer": {
            "email": order.email,
            "firstname": order.firstname,
            "lastname": order.lastname,
            "institution": order.institution,
            "lang": "fr",
        },
        "lines": [
            {
                "id": "1",
                "product": order.product,
                "quantity": order.quantity,
                "amount": order.total,
                "title": order.product,
                "participants": people,
            }
        ],
        "refunds": refunds,
    }
    word = "cancelled" if order.cancelled else "refunded" if refunds else "paid" if order.paid else "created"
    body = _json({"type": f"order.{word}", "timestamp": _iso(order.at), "data": data})
    return Delivery(sign(key, event, datetime.now(UTC), body), body)


def _hmac_base64(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def _woocommerce(key: bytes, order: TestOrder, event: str) -> Delivery:
    number = int("".join(c for c in order.number if c.isdigit()) or "1")
    modified = (order.modified or order.at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    status = "cancelled" if order.cancelled else "processing" if order.paid else "on-hold"
    document = {
        "id": number,
        "number": order.number,
        "status": status,
        "currency": "EUR",
        "total": order.total,
        "date_modified_gmt": modified,
        "date_paid_gmt": order.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if order.paid else None,
        "billing": {
            "first_name": order.firstname,
            "last_name": order.lastname,
            "company": order.institution,
            "email": order.email,
        },
        "line_items": [
            {
                "id": 1,
                "name": order.product,
                "sku": order.product,
                "quantity": order.quantity,
                "total": order.total,
                "total_tax": "0.00",
                "meta_data": [
                    {"key": "learners", "value": _rows(order.people, "learner")},
                    {"key": "tutors", "value": _rows(order.people, "tutor")},
                ],
            }
        ],
        "refunds": [{"id": 1, "total": f"-{order.refund}"}] if order.refund else [],
    }
    body = _json(document)
    headers = {
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-delivery-id": event,
        "x-wc-webhook-signature": _hmac_base64(key, body),
    }
    return Delivery(headers, body)


def _shopify(key: bytes, order: TestOrder, event: str) -> Delivery:
    number = int("".join(c for c in order.number if c.isdigit()) or "1")
    modified = _iso(order.modified or order.at)
    refund = {
        "id": 1,
        "created_at": modified,
        "refund_line_items": [
            {"line_item_id": int(line), "quantity": count} for line, count in order.refunded.items() if line
        ],
        "transactions": [{"amount": order.refund, "kind": "refund", "status": "success"}],
    }
    document = {
        "id": number,
        "name": f"#{order.number}",
        "email": order.email,
        "currency": "EUR",
        "total_price": order.total,
        "financial_status": "paid" if order.paid else "pending",
        "processed_at": _iso(order.at),
        "updated_at": modified,
        "cancelled_at": modified if order.cancelled else None,
        "customer": {"first_name": order.firstname, "last_name": order.lastname, "email": order.email},
        "billing_address": {"company": order.institution},
        "line_items": [
            {
                "id": 1,
                "sku": order.product,
                "title": order.product,
                "quantity": order.quantity,
                "price": order.price,
                "properties": [
                    {"name": "learners", "value": _rows(order.people, "learner")},
                    {"name": "tutors", "value": _rows(order.people, "tutor")},
                ],
            }
        ],
        "refunds": [refund] if order.refund else [],
    }
    body = _json(document)
    headers = {
        "x-shopify-topic": "orders/updated",
        "x-shopify-webhook-id": event,
        "x-shopify-hmac-sha256": _hmac_base64(key, body),
    }
    return Delivery(headers, body)


def _stripe(key: bytes, order: TestOrder, event: str) -> Delivery:
    now = int(datetime.now(UTC).timestamp())
    session = {
        "id": f"cs_test_{order.number}",
        "object": "checkout.session",
        "payment_intent": f"pi_{order.number}",
        "client_reference_id": order.number,
        "amount_total": round(float(order.total) * 100),
        "currency": "eur",
        "customer_details": {"email": order.email, "name": f"{order.firstname} {order.lastname}"},
        "payment_status": "paid" if order.paid else "unpaid",
        "metadata": {
            "lines": f"{order.product}:{order.quantity}",
            "learners": _rows(order.people, "learner"),
            "tutors": _rows(order.people, "tutor"),
        },
    }
    body = _json(
        {
            "id": f"evt_{event}",
            "object": "event",
            "created": int(order.at.timestamp()),
            "type": "checkout.session.completed",
            "data": {"object": session},
        }
    )
    signed = hmac.new(key, f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return Delivery({"stripe-signature": f"t={now},v1={signed}"}, body)
