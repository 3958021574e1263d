"""Stripe: `Stripe-Signature`, and the events of a Checkout session, its charge and its disputes.

Deliveries come repeated and in any order; the payment intent ties them together. A completed session has
no lines: they are asked for later, or stand in its metadata.
https://docs.stripe.com/webhooks#verify-manually, API version 2025-09-30
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from passerelle.domain.orders.order import Buyer, Dispute, Facts, Refund
from passerelle.domain.orders.shop import Shop
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.payload import Said, at, lines_in, people_in, peopled, split_name

TOLERANCE = timedelta(seconds=300)
_MOST_SIGNATURES = 10


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[bytes], now: datetime) -> None:
    """Raises SignatureRefused. The secret (`whsec_…`) is the key as it is, prefix and all."""
    seconds = ""
    given: list[bytes] = []
    for piece in headers.get("stripe-signature", "").split(","):
        name, _, value = piece.strip().partition("=")
        if name == "t":
            seconds = value
        elif name == "v1" and len(given) < _MOST_SIGNATURES:
            given.append(value.encode())
    fits = False
    for secret in secrets:
        wanted = hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
        for signature in given:
            fits |= hmac.compare_digest(wanted, signature)
    timely = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    if not (fits and timely and int(seconds) >= now.timestamp() - TOLERANCE.total_seconds()):
        raise SignatureRefused


def event_id(_headers: Mapping[str, str], document: Mapping[str, Any]) -> tuple[str, str]:
    return str(document["id"]), str(document["type"])


class _Address(Said):
    city: str | None = None


class _Customer(Said):
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: _Address | None = None


class _Typed(Said):
    value: str | None = None


class _CustomField(Said):
    key: str
    text: _Typed | None = None


class _Session(Said):
    id: str
    payment_intent: str | None = None
    client_reference_id: str | None = None
    amount_total: int | None = None
    currency: str | None = None
    customer_details: _Customer | None = None
    payment_status: Literal["paid", "unpaid", "no_payment_required"] = "unpaid"
    locale: str | None = None
    metadata: dict[str, str] | None = None
    custom_fields: tuple[_CustomField, ...] = ()


class _Charge(Said):
    id: str
    payment_intent: str | None = None
    amount_refunded: int = 0
    currency: str = ""


class _RefundSaid(Said):
    id: str
    payment_intent: str | None = None
    charge: str | None = None
    amount: int = 0
    status: str | None = None
    created: int | None = None
    metadata: dict[str, str] | None = None


class _DisputeSaid(Said):
    id: str
    payment_intent: str | None = None
    charge: str | None = None
    status: str = ""
    created: int | None = None


def read(document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
    """None: nothing that concerns an order."""
    thing = document["data"]["object"]
    created = at(document.get("created"))
    if topic.startswith("checkout.session."):
        return _of_session(_Session.model_validate(thing), topic, shop, created)
    if topic == "charge.refunded":
        charge = _Charge.model_validate(thing)
        refund = Refund(f"total:{charge.id}", charge.amount_refunded, at=created)
        return Facts(order=charge.payment_intent or charge.id, refunds=(refund,))
    if topic in ("refund.created", "refund.updated", "charge.refund.updated"):
        return _of_refund(_RefundSaid.model_validate(thing))
    if topic.startswith("charge.dispute."):
        dispute = _DisputeSaid.model_validate(thing)
        state: Literal["open", "won", "lost"] = (
            "won"
            if dispute.status in ("won", "warning_closed")
            else "lost"
            if dispute.status == "lost"
            else "open"
        )
        order = dispute.payment_intent or dispute.charge or dispute.id
        return Facts(order=order, disputes=(Dispute(dispute.id, state, at(dispute.created)),))
    return None


def _of_session(session: _Session, topic: str, shop: Shop, created: datetime | None) -> Facts:
    metadata = session.metadata or {}
    typed = {field.key: field.text.value or "" for field in session.custom_fields if field.text}
    people = people_in({**typed, **metadata}, shop.people)
    lines = lines_in(metadata.get(shop.people.lines, ""))
    paid = session.payment_status in ("paid", "no_payment_required")
    return Facts(
        order=session.payment_intent or session.id,
        number=session.client_reference_id or metadata.get("order", ""),
        buyer=_buyer(session, metadata, shop),
        lines=None if lines is None else peopled(lines, people),
        lines_at="" if lines else session.id,
        currency=(session.currency or "").upper(),
        total=session.amount_total,
        paid_at=created if paid and topic != "checkout.session.expired" else None,
        cancelled_at=created
        if topic in ("checkout.session.expired", "checkout.session.async_payment_failed")
        else None,
    )


def _buyer(session: _Session, metadata: Mapping[str, str], shop: Shop) -> Buyer:
    said = session.customer_details or _Customer()
    first, last = split_name(said.name or "")
    lang = session.locale if session.locale and session.locale != "auto" else shop.language
    return Buyer(
        email=said.email or "",
        firstname=first,
        lastname=last,
        city=(said.address.city or "") if said.address else "",
        phone=said.phone or "",
        institution=metadata.get("institution", ""),
        lang=lang,
    )


def _of_refund(refund: _RefundSaid) -> Facts | None:
    if refund.status not in (None, "succeeded", "pending"):
        return None
    lines = {}
    for piece in (refund.metadata or {}).get("lines", "").split(","):
        line, _, quantity = piece.strip().rpartition(":")
        if line and quantity.isdigit():
            lines[line] = int(quantity)
    said = Refund(refund.id, refund.amount, lines, at(refund.created))
    return Facts(order=refund.payment_intent or refund.charge or refund.id, refunds=(said,))


def people_of(document: Mapping[str, Any], shop: Shop) -> Any:
    """Those whom a session's own metadata declares, for lines that are fetched afterwards."""
    session = _Session.model_validate(document["data"]["object"])
    typed = {field.key: field.text.value or "" for field in session.custom_fields if field.text}
    return people_in({**typed, **(session.metadata or {})}, shop.people)
