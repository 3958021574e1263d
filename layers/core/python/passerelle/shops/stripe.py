"""Stripe: `Stripe-Signature`, and the events of a Checkout session, its refunds and its disputes.

Deliveries come repeated and in any order; the payment intent ties them together, for a subscription its
invoice. A completed session has no lines: they are asked for later, or stand in its metadata. A refund is
`pending` first, and may still fail.
https://docs.stripe.com/webhooks#verify-manually, API version 2025-09-30
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from passerelle.domain.orders.facts import Buyer, Dispute, Facts, Line, Participant, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.api import reference, safe
from passerelle.shops.payload import Said, lines_in, moment, people_in, peopled, pick, split_name
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop

TOLERANCE = timedelta(seconds=300)
PAGE = 100
_MOST_SIGNATURES = 10
_REFUNDED = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


class Stripe(Vendor):
    kind = "stripe"
    topics = (
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.closed",
        "invoice_payment.paid",
    )

    def address_of(self, shop: Shop) -> str:  # noqa: ARG002 - every shop's own shape
        return "https://api.stripe.com"

    # -- the door ----------------------------------------------------------------------------------------

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:  # noqa: ARG002 - every shop's own shape
        """The secret (`whsec_…`) is the key as it is, prefix and all."""
        seconds = ""
        given: list[bytes] = []
        for piece in knock.headers.get("stripe-signature", "").split(","):
            name, _, value = piece.strip().partition("=")
            if name == "t":
                seconds = value
            elif name == "v1" and len(given) < _MOST_SIGNATURES:
                given.append(value.encode())
        fits = False
        for secret in keys:
            signed = seconds.encode() + b"." + knock.body
            wanted = hmac.new(secret, signed, hashlib.sha256).hexdigest().encode()
            for signature in given:
                fits |= hmac.compare_digest(wanted, signature)
        timely = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
        if not (fits and timely and int(seconds) >= knock.at.timestamp() - TOLERANCE.total_seconds()):
            raise SignatureRefused

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:  # noqa: ARG002 - every shop's own shape
        # Its own id for ever; the body of a repetition counts `pending_webhooks` down.
        return str(document["id"]), str(document["type"])

    # -- what it says ------------------------------------------------------------------------------------

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        thing = Said(document).thing("data", "object")
        told_at = moment(document.get("created"))
        if topic.startswith("checkout.session."):
            return _of_session(thing, topic, shop, told_at)
        if topic == "charge.refunded":
            return _of_charge(thing, told_at)
        if topic in _REFUNDED:
            return _of_refund(thing, topic, told_at)
        if topic.startswith("charge.dispute."):
            return _of_dispute(thing, told_at)
        if topic in ("invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"):
            return _of_invoice(thing)
        return None

    # -- what it is asked --------------------------------------------------------------------------------

    def credentials(self, api: Api) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {api.key}"}

    def complete(self, api: Api, order: Order) -> Facts:
        session = f"/v1/checkout/sessions/{safe(order.lines_at)}"
        rows: list[Said] = []
        more = ""
        while True:
            page = Said(
                api.ask("GET", f"{session}/line_items?limit={PAGE}&expand[]=data.price.product{more}")
            )
            rows += page.things("data")
            if not page.true("has_more") or not rows:
                break
            more = f"&starting_after={safe(rows[-1].text('id'))}"
        whole = Said(api.ask("GET", session))
        lines = tuple(_line(row, api.shop) for row in rows)
        return Facts(
            order=reference(order),
            lines=peopled(lines, _people(whole, api.shop), api.shop.products),
            discount=_whole(whole.thing("total_details"), "amount_discount"),
            snapshot_at=order.snapshot_at,
        )

    def changed(self, api: Api, since: datetime) -> Iterator[Heard]:
        """Events of the last thirty days, which Stripe gives newest first."""
        found: list[Said] = []
        types = "&".join(f"types[]={topic}" for topic in self.topics)
        more = ""
        while True:
            page = Said(
                api.ask("GET", f"/v1/events?limit={PAGE}&created[gte]={int(since.timestamp())}&{types}{more}")
            )
            rows = page.things("data")
            found += rows
            if not page.true("has_more") or not rows:
                break
            more = f"&starting_after={rows[-1].text('id')}"
        for event in reversed(found):
            body = json.dumps(event.given, ensure_ascii=False).encode()
            yield Heard(event.text("id"), event.text("type"), body, "", event.at("created"))

    def webhook(self, api: Api, door: str) -> Webhook | None:
        rows = Said(api.ask("GET", f"/v1/webhook_endpoints?limit={PAGE}")).things("data")
        ours = [one for one in rows if one.text("url").rstrip("/") == door]
        if not ours:
            return Webhook("absent")
        enabled = [one for one in ours if one.text("status") != "disabled"]
        sent = {topic for one in enabled for topic in one.given.get("enabled_events", ())}
        needed = () if "*" in sent else ("checkout.session.completed", "charge.refunded")
        return Webhook("on" if enabled else "off", tuple(topic for topic in needed if topic not in sent))

    # -- what it is told ---------------------------------------------------------------------------------

    def confirm(self, api: Api, order: Order, text: str) -> None:
        """In the payment's metadata."""
        intent = safe(reference(order))
        kind = "payment_intents" if intent.startswith("pi_") else "checkout/sessions"
        form = {"metadata[passerelle_state]": order.state.value, "metadata[passerelle]": text[:500]}
        api.ask("POST", f"/v1/{kind}/{intent}", form=form)

    # -- connecting --------------------------------------------------------------------------------------

    def signed(self, key: bytes, body: bytes, event: str, topic: str) -> Mapping[str, str]:  # noqa: ARG002 - every shop's own shape
        now = int(datetime.now(UTC).timestamp())
        digest = hmac.new(key, f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={now},v1={digest}"}

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:
        intent = f"pi_{order.number}"
        session = {
            "id": f"cs_test_{order.number}",
            "object": "checkout.session",
            "payment_intent": intent,
            "client_reference_id": order.number,
            "amount_total": round(float(order.total) * 100),
            "total_details": {"amount_discount": round(float(order.discount or 0) * 100)},
            "currency": "eur",
            "customer_details": {"email": order.email, "name": f"{order.firstname} {order.lastname}"},
            "payment_status": "paid" if order.paid else "unpaid",
            "metadata": {
                "lines": f"{order.product}:{order.quantity}",
                "learners": order.rows("learner"),
                "tutors": order.rows("tutor"),
            },
        }
        refund = {
            "id": f"re_{order.number}",
            "object": "refund",
            "payment_intent": intent,
            "amount": round(float(order.refund or 0) * 100),
            "currency": "eur",
            "status": "succeeded",
        }
        document: dict[str, Any] = {
            "id": f"evt_{event}",
            "object": "event",
            "created": int(order.changed_at.timestamp()),
            "type": "refund.updated" if order.refund else "checkout.session.completed",
            "data": {"object": refund if order.refund else session},
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        return SampleDelivery(self.signed(key, body, event, document["type"]), body)


def _id_of(said: Said, name: str) -> str:
    """An id, or the object that it was expanded to."""
    return said.text(name) or said.thing(name).text("id")


def _whole(said: Said, name: str) -> int:
    value = said.given.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _people(session: Said, shop: Shop) -> tuple[Participant, ...]:
    """In metadata, or typed by the buyer into a custom field of the Checkout page."""
    typed = {
        row.text("key"): row.thing("text").text("value") or row.thing("dropdown").text("value")
        for row in session.things("custom_fields")
    }
    return people_in({**typed, **session.texts("metadata")}, shop.people)


def _of_session(session: Said, topic: str, shop: Shop, told_at: datetime | None) -> Facts | None:
    if session.text("mode") == "setup":
        return None  # a card kept for later: nothing was sold
    metadata = session.texts("metadata")
    lines = lines_in(metadata.get(shop.people.lines, ""))
    number, intent = session.needed("id"), _id_of(session, "payment_intent")
    status = session.text("payment_status")
    paid = status in ("paid", "no_payment_required") and topic != "checkout.session.expired"
    currency = session.text("currency").upper()
    shown = session.thing("presentment_details")
    shown_in = shown.text("presentment_currency").upper()
    odd = session.has("amount_total") and not isinstance(session.given["amount_total"], int)
    return Facts(
        order=intent or number,
        refs=tuple(ref for ref in (number, _id_of(session, "invoice")) if ref and ref != (intent or number)),
        # An expired one never was an order, unless it was told before.
        sale=topic != "checkout.session.expired",
        number=session.text("client_reference_id") or metadata.get("order", ""),
        buyer=_buyer(session, metadata, shop),
        lines=None if lines is None else peopled(lines, _people(session, shop), shop.products),
        lines_at="" if lines else number,
        currency=currency,
        total=_whole(session, "amount_total") if session.has("amount_total") else None,
        total_in={shown_in: _whole(shown, "presentment_amount")} if shown_in not in ("", currency) else {},
        discount=_whole(session.thing("total_details"), "amount_discount"),
        paid_at=(told_at or session.at("created")) if paid else None,
        cancelled_at=told_at
        if topic in ("checkout.session.expired", "checkout.session.async_payment_failed")
        else None,
        odd=("amount_total",) if odd else (),
        test=session.given.get("livemode") is False,
        told_at=told_at,
    )


def _buyer(session: Said, metadata: Mapping[str, str], shop: Shop) -> Buyer:
    said = session.thing("customer_details")
    first, last = split_name(said.text("name", "individual_name"))
    lang = session.text("locale")
    return Buyer(
        email=said.text("email") or session.text("customer_email"),
        firstname=first,
        lastname=last,
        city=said.thing("address").text("city"),
        phone=said.text("phone"),
        institution=metadata.get("institution", "") or said.text("business_name"),
        lang=lang if lang and lang != "auto" else shop.language,
    )


def _named(thing: Said, *names: str) -> tuple[str, tuple[str, ...]]:
    """What a refund or dispute calls its order, and what else it may be called."""
    found = [ref for ref in (_id_of(thing, name) for name in names) if ref]
    return (found[0], tuple(dict.fromkeys(found[1:]))) if found else (thing.needed("id"), ())


def _of_charge(charge: Said, told_at: datetime | None) -> Facts:
    """The running total, and each refund where this version of the API still lists them."""
    order, refs = _named(charge, "payment_intent", "invoice", "id")
    currency = charge.text("currency").upper()
    each = tuple(_refund(one) for one in charge.thing("refunds").things("data") if one.text("id"))
    total = Refund(
        f"total:{charge.needed('id')}", _whole(charge, "amount_refunded"), at=told_at, currency=currency
    )
    return Facts(order=order, refs=refs, sale=False, refunds=(total, *each), told_at=told_at)


def _of_refund(said: Said, topic: str, told_at: datetime | None) -> Facts:
    order, refs = _named(said, "payment_intent", "charge")
    refund = _refund(said)
    if topic == "refund.failed":
        refund = replace(refund, state="failed")
    return Facts(order=order, refs=refs, sale=False, refunds=(refund,), told_at=told_at)


def _refund(said: Said) -> Refund:
    """Lines that it is about may stand in its metadata: `lines` = `li_1:2`."""
    lines = {}
    for piece in said.thing("metadata").text("lines").split(","):
        line, _, quantity = piece.strip().rpartition(":")
        if line and quantity.isdigit():
            lines[line] = int(quantity)
    states: dict[str, Literal["done", "pending", "failed"]] = {
        "pending": "pending",
        "requires_action": "pending",
        "failed": "failed",
        "canceled": "failed",
    }
    return Refund(
        said.needed("id"),
        _whole(said, "amount"),
        lines,
        said.at("created"),
        state=states.get(said.text("status"), "done"),
        currency=said.text("currency").upper(),
        odd="" if _whole(said, "amount") >= 0 else "amount",
    )


def _of_dispute(said: Said, told_at: datetime | None) -> Facts:
    order, refs = _named(said, "payment_intent", "charge")
    status = said.text("status")
    state: Literal["open", "won", "lost"] = "open"
    if status in ("won", "warning_closed", "prevented"):
        state = "won"
    elif status == "lost":
        state = "lost"
    amount = _whole(said, "amount") if said.has("amount") else None
    dispute = Dispute(said.needed("id"), state, said.at("created"), amount, said.text("currency").upper())
    return Facts(order=order, refs=refs, sale=False, disputes=(dispute,), told_at=told_at)


def _of_invoice(thing: Said) -> Facts | None:
    """Which payment an invoice was paid with: newer refunds name the payment alone."""
    invoice = _id_of(thing, "invoice") if thing.text("object") == "invoice_payment" else thing.text("id")
    payment = _id_of(thing, "payment_intent") or _id_of(thing.thing("payment"), "payment_intent")
    if not invoice or not payment:
        return None
    return Facts(order=invoice, refs=(payment,), sale=False)


def _line(row: Said, shop: Shop) -> Line:
    price = row.thing("price")
    product = price.thing("product")
    quantity = row.given.get("quantity")
    pieces = quantity if isinstance(quantity, int) and quantity > 0 else 1
    return Line(
        id=row.needed("id"),
        product=pick(
            (
                product.thing("metadata").text("sku"),
                price.text("lookup_key"),
                price.text("id"),
                product.text("id") or price.text("product"),
            ),
            shop.products,
            shop.ignored,
        ),
        quantity=pieces,
        amount=_whole(row, "amount_total") if row.has("amount_total") else None,
        title=row.text("description"),
        participants=people_in(product.texts("metadata"), shop.people),
        discount=_whole(row, "amount_discount"),
        odd="quantity" if quantity is not None and pieces != quantity else "",
    )


VENDOR = Stripe()
