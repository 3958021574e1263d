"""PayPal: its own word on every delivery, and on every order.

PayPal signs with a certificate that it serves without its issuers and renews; a chain of our own cannot be
kept true. So each delivery is put to PayPal's `verify-webhook-signature`, the body as it came. A capture has
no lines and no payer: they are read from its order, never believed from `custom_id` alone, which a page in
the buyer's browser may have set. A refund or reversal names its capture in its link `up`.
https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from passerelle.domain.orders.facts import Buyer, Dispute, Facts, Line, Participant, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.errors import GiveUp
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.api import check, reference, safe
from passerelle.shops.payload import Figures, PayloadUnreadable, Said, lines_in, moment, people_in, peopled
from passerelle.shops.vendor import Api, Knock, Vendor

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop

LIVE, SANDBOX = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
SIGNED = ("auth-algo", "cert-url", "transmission-id", "transmission-sig", "transmission-time")
LONGEST = 600  # characters of one such header
WINDOW = timedelta(days=4)  # PayPal tries for three days
AHEAD = timedelta(minutes=5)
PAGE = 300

_ENDED_WELL = ("COMPLETED",)
_FAILED = ("DENIED", "DECLINED", "FAILED", "VOIDED")


class PayPal(Vendor):
    kind = "paypal"
    api_needed = True
    topics = (
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",
        "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.CAPTURE.REFUNDED",
        "PAYMENT.CAPTURE.REVERSED",
        "CUSTOMER.DISPUTE.CREATED",
        "CUSTOMER.DISPUTE.UPDATED",
        "CUSTOMER.DISPUTE.RESOLVED",
    )

    def address_of(self, shop: Shop) -> str:
        return SANDBOX if shop.api.sandbox else LIVE

    # -- the door ----------------------------------------------------------------------------------------

    def key(self, secret: str) -> bytes:
        return secret.encode()  # none is needed: PayPal itself is asked

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:  # noqa: ARG002 - every shop's own shape
        """Nothing is fetched from an address in a header, and PayPal is asked only about what could be."""
        given = {name: knock.headers.get(f"paypal-{name}", "") for name in SIGNED}
        sent = moment(given["transmission-time"])
        fits = all(value and len(value) <= LONGEST for value in given.values()) and sent is not None
        if not fits or sent is None or not knock.at - WINDOW <= sent <= knock.at + AHEAD:
            raise SignatureRefused
        body = _one_object(knock.body)
        if api is None:
            raise GiveUp("shop_without_key", kind=self.kind)
        named = {name.replace("-", "_"): value for name, value in given.items()} | {
            "webhook_id": shop.webhook
        }
        # The event verbatim: PayPal's checksum is of these very bytes.
        asked = json.dumps(named)[:-1].encode() + b', "webhook_event": ' + body + b"}"
        answer = Said(api.ask("POST", "/v1/notifications/verify-webhook-signature", body=asked))
        if answer.text("verification_status") != "SUCCESS":
            raise SignatureRefused

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:  # noqa: ARG002 - every shop's own shape
        return str(document["id"]), str(document["event_type"])

    # -- what it says ------------------------------------------------------------------------------------

    def topic(self, document: Mapping[str, Any]) -> str:
        return str(document.get("event_type", ""))

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        said, told_at = Said(document).thing("resource"), moment(document.get("create_time"))
        if topic.startswith("CUSTOMER.DISPUTE."):
            return _of_dispute(said, told_at)
        # SALE: the same in the first version of the API.
        family, _, what = topic.rpartition(".")
        if family not in ("PAYMENT.CAPTURE", "PAYMENT.SALE"):
            return None
        if what in ("REFUNDED", "REVERSED"):
            return _of_refund(said, told_at, reversal=what == "REVERSED")
        status = said.text("status", "state").upper()
        if what in _FAILED or status in _FAILED:
            since = told_at or said.at("update_time", "create_time")
            if since is None:
                raise PayloadUnreadable("create_time")
            return Facts(order=said.needed("id"), sale=False, cancelled_at=since, told_at=told_at)
        if what not in (*_ENDED_WELL, "PENDING"):
            return None
        return _of_capture(said, shop, told_at, paid=what in _ENDED_WELL and status != "PENDING")

    # -- what it is asked --------------------------------------------------------------------------------

    def credentials(self, api: Api) -> Mapping[str, str]:
        return {"Authorization": api.bearer(lambda: _token(api))}

    def complete(self, api: Api, order: Order) -> Facts:
        """Lines, amounts and payer as PayPal has them."""
        whole = Said(api.ask("GET", f"/v2/checkout/orders/{safe(order.lines_at)}"))
        units = whole.things("purchase_units")
        lines = _lines(units, order.currency)
        people: tuple[Participant, ...] = ()
        for unit in units:
            metadata = dict(parse_qsl(unit.text("custom_id")))
            people = people or people_in(metadata, api.shop.people)
            lines = lines or list(lines_in(metadata.get(api.shop.people.lines, "")) or ())
        if not lines:
            raise GiveUp("lines_unknown")
        breakdowns = [unit.thing("amount", "breakdown") for unit in units]
        figures = Figures(order.currency)
        discounts = [
            figures.money(one.thing(name), "value")
            for one in breakdowns
            for name in ("discount", "shipping_discount")
        ]
        return Facts(
            order=reference(order),
            buyer=_payer(whole, api.shop),
            lines=peopled(lines, people, api.shop.products),
            discount=sum(discounts),
            odd=tuple(figures.odd),
            snapshot_at=order.snapshot_at,
        )

    def changed(self, api: Api, since: datetime) -> Iterator[Heard]:
        """Events of the application, which PayPal gives newest first and keeps for thirty days."""
        found: list[Said] = []
        path = (
            f"/v1/notifications/webhooks-events?page_size={PAGE}"
            f"&start_time={quote(f'{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}')}"
        )
        while path:
            page = Said(api.ask("GET", path))
            found += page.things("events")
            links = page.things("links") if page.things("events") else []
            further = urlsplit(next((one.text("href") for one in links if one.text("rel") == "next"), ""))
            # Of the link only what is behind our own address: never another host.
            path = f"{further.path}?{further.query}" if further.path else ""
        for event in reversed(found):
            if event.text("event_type") in self.topics:
                body = json.dumps(event.given, ensure_ascii=False).encode()
                yield Heard(event.text("id"), event.text("event_type"), body, "", event.at("create_time"))

    def webhook(self, api: Api, door: str) -> Webhook | None:
        said = Said(api.ask("GET", f"/v1/notifications/webhooks/{safe(api.shop.webhook)}"))
        if said.text("url").rstrip("/") != door:
            return Webhook("absent")
        sent = {one.text("name") for one in said.things("event_types")}
        needed = () if "*" in sent else ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED")
        return Webhook("on", tuple(topic for topic in needed if topic not in sent))

    # -- connecting --------------------------------------------------------------------------------------

    def problems(self, shop: Shop) -> tuple[tuple[str, str], ...]:
        found = []
        if not shop.webhook:
            found.append(("webhook", "the id that PayPal gave the webhook"))
        if not shop.api.key:
            found.append(("api", "key: PayPal is asked about every delivery, with `client id:secret`"))
        return tuple(found)


def _one_object(body: bytes) -> bytes:
    """The bytes, once they are one whole JSON object: anything else could close ours and go on. Raises
    SignatureRefused.
    """
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SignatureRefused from None
    if not isinstance(document, dict):
        raise SignatureRefused
    return body


def _token(api: Api) -> tuple[str, float]:
    status, document = api.send(
        "POST",
        f"{api.address}/v1/oauth2/token",
        headers={"Authorization": api.basic()},
        form={"grant_type": "client_credentials"},
    )
    check(api.name, status)
    said = Said(document if isinstance(document, Mapping) else {})
    return said.text("access_token"), float(said.text("expires_in") or 0)


def _money(said: Said, name: str) -> tuple[Figures, int]:
    """`{value, currency_code}`, or `{total, currency}` as the first version has it."""
    amount = said.thing(name)
    figures = Figures(amount.text("currency_code", "currency").upper())
    return figures, abs(figures.money(amount, "value" if amount.has("value") else "total"))


def _behind(said: Said, *kinds: str) -> str:
    """The id at the end of a link to something of that kind."""
    for link in said.things("links"):
        pieces = urlsplit(link.text("href")).path.rstrip("/").split("/")
        if len(pieces) > 1 and pieces[-2] in kinds:
            return pieces[-1]
    return ""


def _of_capture(said: Said, shop: Shop, told_at: datetime | None, *, paid: bool) -> Facts:
    figures, total = _money(said, "amount")
    metadata = dict(parse_qsl(said.text("custom_id", "custom")))
    lines = lines_in(metadata.get(shop.people.lines, ""))
    people = people_in(metadata, shop.people)
    order = said.thing("supplementary_data", "related_ids").text("order_id") or _behind(said, "orders")
    paid_at = said.at("create_time", "update_time") or told_at
    if paid and paid_at is None:
        raise PayloadUnreadable("create_time")
    return Facts(
        order=said.needed("id"),
        refs=(order,) if order else (),
        number=said.text("invoice_id", "invoice_number"),
        lines=None if lines is None else peopled(lines, people, shop.products),
        hearsay=lines is not None,
        lines_at=order,
        currency=figures.currency,
        total=total,
        paid_at=paid_at if paid else None,
        odd=tuple(f"amount.{name}" for name in figures.odd),
        stands=paid,
        told_at=told_at,
    )


def _of_refund(said: Said, told_at: datetime | None, *, reversal: bool) -> Facts | None:
    """Of a capture, or of a sale in the first version. A reversal bears its own id, not the capture's."""
    capture = _behind(said, "captures", "capture", "sale") or said.text("sale_id", "capture_id")
    if not capture:
        capture = said.thing("supplementary_data", "related_ids").text("capture_id")
    if not capture:
        return None
    figures, amount = _money(said, "amount")
    states: dict[str, Literal["done", "pending", "failed"]] = {
        "PENDING": "pending",
        "FAILED": "failed",
        "CANCELLED": "failed",
        "CANCELED": "failed",
    }
    refund = Refund(
        said.needed("id"),
        amount,
        at=said.at("create_time", "update_time") or told_at,
        state=states.get(said.text("status", "state").upper(), "done"),
        currency=figures.currency,
        reversal=reversal,
        odd="amount" if figures.odd else "",
    )
    return Facts(order=capture, sale=False, refunds=(refund,), told_at=told_at)


def _of_dispute(said: Said, told_at: datetime | None) -> Facts | None:
    about = said.things("disputed_transactions")
    capture = next((one.text("seller_transaction_id", "buyer_transaction_id") for one in about), "")
    if not capture:
        return None
    outcome = said.thing("dispute_outcome")
    state: Literal["open", "won", "lost"] = "open"
    if said.text("status") == "RESOLVED" or outcome.text("outcome_code"):
        code = outcome.text("outcome_code")
        state = "lost" if code in ("RESOLVED_BUYER_FAVOUR", "ACCEPTED") else "won"
    returned = outcome if outcome.has("amount_refunded") else said
    figures, amount = _money(returned, "amount_refunded" if returned is outcome else "dispute_amount")
    known = said.has("dispute_amount") or outcome.has("amount_refunded")
    dispute = Dispute(
        said.needed("dispute_id"),
        state,
        said.at("create_time"),
        amount if known else None,
        figures.currency,
    )
    return Facts(order=capture, sale=False, disputes=(dispute,), told_at=told_at)


def _lines(units: list[Said], currency: str) -> list[Line]:
    lines: list[Line] = []
    for unit in units:
        for row in unit.things("items"):
            figures = Figures(row.thing("unit_amount").text("currency_code") or currency)
            pieces = figures.pieces(row)
            each = figures.money(row.thing("unit_amount"), "value") + figures.money(row.thing("tax"), "value")
            text = row.text("description")
            lines.append(
                Line(
                    id=str(len(lines) + 1),
                    product=row.text("sku", "name"),
                    quantity=pieces,
                    amount=each * pieces,
                    title=row.text("name"),
                    participants=read_people(text).people if "@" in text else (),
                    odd=figures.first_odd,
                )
            )
    return lines


def _payer(whole: Said, shop: Shop) -> Buyer | None:
    """Under `payment_source.paypal`; `payer` where an older order has it there."""
    said = whole.thing("payment_source", "paypal")
    said = said if said.has("email_address") else whole.thing("payer")
    if not said.has("email_address"):
        return None
    return Buyer(
        email=said.text("email_address"),
        firstname=said.thing("name").text("given_name"),
        lastname=said.thing("name").text("surname"),
        city=said.thing("address").text("admin_area_2"),
        phone=said.thing("phone_number").text("national_number"),
        lang=shop.language,
    )


VENDOR = PayPal()
