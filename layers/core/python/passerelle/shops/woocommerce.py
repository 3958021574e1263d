"""WooCommerce: `X-WC-Webhook-Signature`, and the order as a whole, each time it changes.

No timestamp is signed, and nothing is ever sent again. `X-WC-Webhook-Delivery-ID` is the same for two
orders of one second, and a refund may leave `date_modified` as it was: an event is known by its order,
status, time of change and body. After five failures in a row a webhook is switched off.
https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks, REST API v3
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from passerelle.domain.orders.facts import Buyer, Facts, Line, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.api import reference, safe
from passerelle.shops.payload import Figures, PayloadUnreadable, Said, people_in, peopled, pick
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop

PING = re.compile(rb"webhook_id=[0-9]{1,20}")
GONE = ("cancelled", "failed", "trash")
PAGE = 100
_ERASED = "deleted@site.invalid"  # what WordPress writes for whoever asks to be forgotten


def verify_base64(given: str, body: bytes, secrets: Sequence[bytes]) -> None:
    """HMAC-SHA256 of the raw body in base64. Raises SignatureRefused."""
    fits = False
    for secret in secrets:
        wanted = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
        fits |= hmac.compare_digest(wanted, given.strip().encode("utf-8", "surrogatepass"))
    if not fits:
        raise SignatureRefused


def sign_base64(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


class WooCommerce(Vendor):
    kind = "woocommerce"
    topics = ("order.created", "order.updated")

    # -- the door ----------------------------------------------------------------------------------------

    def is_ping(self, knock: Knock) -> bool:
        """What WooCommerce posts, unsigned, when a webhook is made; without a 200 it is not kept."""
        return "x-wc-webhook-signature" not in knock.headers and bool(PING.fullmatch(knock.body.strip()))

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:  # noqa: ARG002 - every shop's own shape
        verify_base64(knock.headers.get("x-wc-webhook-signature", ""), knock.body, keys)

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:
        topic = headers.get("x-wc-webhook-topic", "order.updated")
        changed = document.get("date_modified_gmt")
        if not topic.startswith("order."):
            return f"{topic}:{document.get('id')}:{changed}", topic
        if topic == "order.deleted":
            return f"{document['id']}:deleted", topic
        return f"{document['id']}:{document.get('status')}:{changed}:{digest}", topic

    # -- what it says ------------------------------------------------------------------------------------

    def topic(self, document: Mapping[str, Any]) -> str:
        return "order.updated" if "line_items" in document or "status" in document else ""

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        if not topic.startswith("order."):
            return None
        if topic == "order.deleted":
            return None  # put into the shop's bin: access follows money, not the shop's tidiness
        said = Said(document)
        figures = Figures(said.text("currency"))
        number, status = said.needed("id"), said.text("status")
        changed = said.at("date_modified_gmt", "date_created_gmt")
        refunds = tuple(
            Refund(one.text("id"), abs(figures.money(one, "total")), at=changed)
            for one in said.things("refunds")
            if one.text("id")
        )
        lines = tuple(_line(item, said, shop) for item in said.things("line_items"))
        people = people_in(said.pairs("meta_data", "key"), shop.people, said.text("customer_note"))
        fees = [
            figures.money(one, "total") + figures.money(one, "total_tax") for one in said.things("fee_lines")
        ]
        total = figures.money(said, "total")
        return Facts(
            order=number,
            number=said.text("number") or number,
            snapshot_at=changed,
            buyer=_buyer(said.thing("billing"), shop),
            lines=peopled(lines, people, shop.products),
            currency=figures.currency,
            total=total,
            paid_at=_paid_at(said, status),
            cancelled_at=_dated(said, "date_modified_gmt", "date_created_gmt") if status in GONE else None,
            refunds=refunds,
            whole_refunds=said.has("refunds"),
            given_back=status == "refunded",
            refunds_at=number if refunds else "",
            discount=max(_discount(said, figures), sum(line.discount for line in lines)),
            credit=sum(abs(figures.money(one, "amount")) for one in said.things("gift_cards"))
            - sum(fee for fee in fees if fee < 0),
            odd=tuple(figures.odd),
            test=said.pairs("meta_data", "key").get("_wcpay_mode") == "test",
        )

    # -- what it is asked --------------------------------------------------------------------------------

    def refunds(self, api: Api, order: Order) -> tuple[Refund, ...] | None:
        """WooCommerce tells the lines of a refund only here."""
        rows = api.ask("GET", f"/wp-json/wc/v3/orders/{safe(order.refunds_at)}/refunds?per_page={PAGE}")
        found = []
        for row in Said({"rows": rows}).things("rows"):
            lines: dict[str, int] = {}
            for item in row.things("line_items"):
                sold = item.pairs("meta_data", "key").get("_refunded_item_id", "")
                pieces = abs(int(float(item.text("quantity") or 0)))
                if sold and pieces:
                    lines[sold] = lines.get(sold, 0) + pieces
            found.append(Refund(row.needed("id"), abs(Figures(order.currency).money(row, "amount")), lines))
        return tuple(found)

    def changed(self, api: Api, since: datetime) -> Iterator[Heard]:
        page = 1
        while True:
            rows = api.ask(
                "GET",
                f"/wp-json/wc/v3/orders?modified_after={since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
                f"&dates_are_gmt=true&orderby=modified&order=asc&per_page={PAGE}&page={page}",
            )
            rows = rows if isinstance(rows, list) else []
            for row in rows:
                body = json.dumps(row, ensure_ascii=False).encode()
                digest = hashlib.sha256(body).hexdigest()[:16]
                event, topic = self.event({}, row, digest)
                said = Said(row)
                yield Heard(event, topic, body, said.text("id"), said.at("date_modified_gmt"))
            if len(rows) < PAGE:
                return
            page += 1

    def webhook(self, api: Api, door: str) -> Webhook | None:
        rows = Said({"rows": api.ask("GET", f"/wp-json/wc/v3/webhooks?per_page={PAGE}")}).things("rows")
        ours = [one for one in rows if one.text("delivery_url").rstrip("/") == door]
        active = {one.text("topic") for one in ours if one.text("status") == "active"}
        if not ours:
            return Webhook("absent")
        missing = tuple(topic for topic in self.topics if topic not in active)
        return Webhook("off" if not active else "on", missing)

    # -- what it is told ---------------------------------------------------------------------------------

    def confirm(self, api: Api, order: Order, text: str) -> None:
        """A note, perhaps a status."""
        path = f"/wp-json/wc/v3/orders/{safe(reference(order))}"
        notes = Said({"rows": api.ask("GET", f"{path}/notes")}).things("rows")
        if all(text not in note.text("note") for note in notes):
            api.ask("POST", f"{path}/notes", body={"note": text, "customer_note": False})
        status = api.shop.api.done_status
        if status and order.state.value == "fulfilled":
            api.ask("PUT", path, body={"status": status})

    # -- connecting --------------------------------------------------------------------------------------

    def signed(self, key: bytes, body: bytes, event: str, topic: str) -> Mapping[str, str]:
        return {
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-delivery-id": event,
            "x-wc-webhook-signature": sign_base64(key, body),
        }

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:
        changed = order.changed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        paid = order.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        document = {
            "id": order.digits,
            "number": order.number,
            "status": "cancelled" if order.cancelled else "processing" if order.paid else "on-hold",
            "currency": "EUR",
            "total": order.total,
            "discount_total": order.discount or "0.00",
            "date_modified_gmt": changed,
            "date_paid_gmt": paid if order.paid else None,
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
                        {"key": "learners", "value": order.rows("learner")},
                        {"key": "tutors", "value": order.rows("tutor")},
                    ],
                }
            ],
            "refunds": [{"id": 1, "total": f"-{order.refund}"}] if order.refund else [],
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        return SampleDelivery(self.signed(key, body, event, "order.updated"), body)


def _paid_at(said: Said, status: str) -> datetime | None:
    """An order set to a paid status by hand (a transfer seen) may bear no date of payment."""
    if said.has("date_paid_gmt") or status == "completed":
        return _dated(said, "date_paid_gmt", "date_paid", "date_modified_gmt", "date_created_gmt")
    return None


def _dated(said: Said, *names: str) -> datetime:
    """Raises PayloadUnreadable: what has no time at all cannot be put in order."""
    found = said.at(*names)
    if found is None:
        raise PayloadUnreadable(names[0])
    return found


def _buyer(billing: Said, shop: Shop) -> Buyer:
    email = billing.text("email")
    return Buyer(
        email="" if email == _ERASED else email,
        firstname=billing.text("first_name"),
        lastname=billing.text("last_name"),
        city=billing.text("city"),
        phone=billing.text("phone"),
        institution=billing.text("company"),
        lang=shop.language,
    )


def _line(item: Said, order: Said, shop: Shop) -> Line:
    figures = Figures(order.text("currency"))
    amount, before = _with_tax(item, "total", figures), _with_tax(item, "subtotal", figures)
    pieces = figures.pieces(item)
    meta = item.pairs("meta_data", "key")
    known = (item.text("sku"), item.text("variation_id"), item.text("product_id"))
    return Line(
        id=item.needed("id"),
        product=pick(known, shop.products, shop.ignored),
        quantity=pieces,
        amount=amount,
        title=item.text("name"),
        participants=people_in(meta, shop.people),
        discount=max(0, before - amount),
        part_of=item.text("bundled_by", "composite_parent") or _bundle(meta),
        odd=figures.first_odd,
        untold=not item.has("meta_data") or order.lost("meta_data"),
    )


def _bundle(meta: Mapping[str, str]) -> str:
    """The bundle's own name, which parent and parts share where only their hidden fields tell."""
    names = ("_bundled_by", "_composite_parent", "_bundle_cart_key", "_composite_cart_key")
    return next((meta[name] for name in names if meta.get(name)), "")


def _with_tax(said: Said, name: str, figures: Figures) -> int:
    return figures.money(said, name) + figures.money(said, f"{name}_tax")


def _discount(said: Said, figures: Figures) -> int:
    """As the order says it, or as its coupons do."""
    coupons = said.things("coupon_lines")
    given = [figures.money(one, "discount") + figures.money(one, "discount_tax") for one in coupons]
    return max(figures.money(said, "discount_total") + figures.money(said, "discount_tax"), sum(given), 0)


VENDOR = WooCommerce()
