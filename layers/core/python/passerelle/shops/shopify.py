"""Shopify: `X-Shopify-Hmac-SHA256`; orders as a whole, and refunds line by line.

A discount by code or by itself stands in a line's `discount_allocations`, not in its `total_discount`. A
gift card is a way of paying: the total stays what it was. A refund's money is in the currency that the
buyer saw, the order's total in the shop's.
https://shopify.dev/docs/apps/build/webhooks/subscribe/https, API version 2025-10
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from passerelle.domain.orders.facts import Buyer, Facts, Line, Refund
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.shops.payload import Figures, PayloadUnreadable, Said, people_in, peopled, pick
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor
from passerelle.shops.woocommerce import sign_base64, verify_base64

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop

VERSION = "2025-10"
PAID = frozenset({"paid", "partially_refunded", "refunded"})
PAGE = 250


class Shopify(Vendor):
    kind = "shopify"
    topics = ("orders/create", "orders/updated", "orders/paid", "orders/cancelled", "refunds/create")

    # -- the door ----------------------------------------------------------------------------------------

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:  # noqa: ARG002 - every shop's own shape
        verify_base64(knock.headers.get("x-shopify-hmac-sha256", ""), knock.body, keys)

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:  # noqa: ARG002 - every shop's own shape
        return f"{headers['x-shopify-webhook-id']}:{digest}", headers.get("x-shopify-topic", "")

    # -- what it says ------------------------------------------------------------------------------------

    def topic(self, document: Mapping[str, Any]) -> str:
        return "refunds/create" if "order_id" in document else "orders/updated"

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        said = Said(document)
        if topic == "refunds/create":
            refund = _refund(said, "")
            return Facts(
                order=said.needed("order_id"), sale=False, refunds=(refund,), told_at=said.at("created_at")
            )
        if not topic.startswith("orders/") or topic == "orders/delete":
            return None
        return _order(said, shop)

    # -- what it is asked --------------------------------------------------------------------------------

    def credentials(self, api: Api) -> Mapping[str, str]:
        return {"X-Shopify-Access-Token": api.key}

    def changed(self, api: Api, since: datetime) -> Iterator[Heard]:
        """By time of change, a page from where the last one ended."""
        told: set[str] = set()
        while True:
            rows = api.ask(
                "GET",
                f"/admin/api/{VERSION}/orders.json?status=any&order=updated_at%20asc&limit={PAGE}"
                f"&updated_at_min={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            )
            page = Said(rows if isinstance(rows, Mapping) else {}).things("orders")
            fresh = [row for row in page if f"{row.text('id')}:{row.text('updated_at')}" not in told]
            for row in fresh:
                told.add(f"{row.text('id')}:{row.text('updated_at')}")
                body = json.dumps(row.given, ensure_ascii=False).encode()
                event = f"asked:{row.text('id')}:{hashlib.sha256(body).hexdigest()[:16]}"
                yield Heard(event, "orders/updated", body, row.text("id"), row.at("updated_at"))
            if len(page) < PAGE:
                return
            last = page[-1].at("updated_at") or since
            since = last if fresh and last > since else since + timedelta(seconds=1)

    def webhook(self, api: Api, door: str) -> Webhook | None:
        """Shopify takes one that failed for two days out of its list."""
        answer = api.ask("GET", f"/admin/api/{VERSION}/webhooks.json?limit={PAGE}")
        rows = Said(answer if isinstance(answer, Mapping) else {}).things("webhooks")
        ours = {one.text("topic") for one in rows if one.text("address").rstrip("/") == door}
        if not ours:
            return Webhook("absent")
        needed = ("orders/updated", "refunds/create")
        return Webhook("on", tuple(topic for topic in needed if topic not in ours))

    # -- connecting --------------------------------------------------------------------------------------

    def signed(self, key: bytes, body: bytes, event: str, topic: str) -> Mapping[str, str]:
        return {
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": event,
            "x-shopify-hmac-sha256": sign_base64(key, body),
        }

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:
        changed = _iso(order.changed_at)
        refund = {
            "id": 1,
            "created_at": changed,
            "refund_line_items": [
                {"line_item_id": int(line), "quantity": n} for line, n in order.refunded.items() if line
            ],
            "transactions": [{"amount": order.refund, "kind": "refund", "status": "success"}],
        }
        document = {
            "id": order.digits,
            "name": f"#{order.number}",
            "email": order.email,
            "currency": "EUR",
            "total_price": order.total,
            "total_discounts": order.discount or "0.00",
            "financial_status": "paid" if order.paid else "pending",
            "processed_at": _iso(order.at),
            "updated_at": changed,
            "cancelled_at": changed if order.cancelled else None,
            "customer": {"first_name": order.firstname, "last_name": order.lastname, "email": order.email},
            "billing_address": {"company": order.institution},
            "line_items": [
                {
                    "id": 1,
                    "sku": order.product,
                    "title": order.product,
                    "quantity": order.quantity,
                    "price": order.price,
                    "total_discount": "0.00",
                    "discount_allocations": [{"amount": order.discount}] if order.discount else [],
                    "properties": [
                        {"name": "learners", "value": order.rows("learner")},
                        {"name": "tutors", "value": order.rows("tutor")},
                    ],
                }
            ],
            "refunds": [refund] if order.refund else [],
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        return SampleDelivery(self.signed(key, body, event, "orders/updated"), body)


def _order(said: Said, shop: Shop) -> Facts:
    figures = Figures(said.text("currency"))
    customer, address = said.thing("customer"), said.thing("billing_address")
    number, status = said.needed("id"), said.text("financial_status")
    taken_out = _taken_out(said)
    lines = tuple(
        _line(item, said, shop, taken_out.get(item.text("id"), 0))
        for item in said.things("line_items")
        if not _gone(item, taken_out)
    )
    people = people_in(said.pairs("note_attributes"), shop.people, said.text("note"))
    paid_at = said.at("processed_at", "created_at", "updated_at")
    if status in PAID and paid_at is None:
        raise PayloadUnreadable("processed_at")
    gateways = [*_gateways(said), said.text("gateway")]
    return Facts(
        order=number,
        number=said.text("name").removeprefix("#") or number,
        snapshot_at=said.at("updated_at"),
        buyer=Buyer(
            email=said.text("email", "contact_email") or customer.text("email"),
            firstname=customer.text("first_name") or address.text("first_name"),
            lastname=customer.text("last_name") or address.text("last_name"),
            city=address.text("city"),
            phone=customer.text("phone") or address.text("phone"),
            institution=address.text("company"),
            lang=said.text("customer_locale") or shop.language,
        ),
        lines=peopled(lines, people, shop.products),
        currency=figures.currency,
        total=figures.money(said, "total_price") - _outstanding(said, figures),
        total_in=_total_in(said),
        paid_at=paid_at if status in PAID else None,
        cancelled_at=said.at("cancelled_at"),
        refunds=tuple(_refund(one, figures.currency) for one in said.things("refunds")),
        whole_refunds=said.has("refunds"),
        given_back=status == "refunded",
        discount=figures.money(said, "total_discounts"),
        odd=tuple(figures.odd),
        test=said.true("test") or any("bogus" in one.lower() for one in gateways),
    )


def _gateways(said: Said) -> list[str]:
    names = said.given.get("payment_gateway_names")
    return [one for one in names if isinstance(one, str)] if isinstance(names, list) else []


def _total_in(said: Said) -> dict[str, int]:
    """The total as the buyer saw it, where that was another currency."""
    shown = said.thing("total_price_set", "presentment_money")
    currency = shown.text("currency_code")
    figures = Figures(currency)
    amount = figures.money(shown, "amount")
    return {currency: amount} if currency and currency != said.text("currency") and not figures.odd else {}


def _outstanding(said: Said, figures: Figures) -> int:
    """What an order is short of since a line was added to it."""
    waits = said.text("financial_status") == "partially_paid" and said.has("total_outstanding")
    return figures.money(said, "total_outstanding") if waits else 0


def _taken_out(said: Said) -> dict[str, int]:
    """Pieces of lines that the shop edited away: `quantity` stays, and no refund tells of them."""
    if not said.has("refunds"):
        return {}
    refunded: dict[str, int] = {}
    for refund in said.things("refunds"):
        for line, pieces in _refund(refund, "").lines.items():
            refunded[line] = refunded.get(line, 0) + pieces
    found = {}
    for item in said.things("line_items"):
        line, now = item.text("id"), item.given.get("current_quantity")
        if isinstance(now, int) and not isinstance(now, bool) and now >= 0:
            found[line] = max(0, Figures("").pieces(item) - now - refunded.get(line, 0))
    return found


def _gone(item: Said, taken_out: Mapping[str, int]) -> bool:
    out = taken_out.get(item.text("id"), 0)
    return out > 0 and out == Figures("").pieces(item)


def _line(item: Said, order: Said, shop: Shop, out: int) -> Line:
    """`out`: as many of its pieces were edited away, and their share of the money with them."""
    figures = Figures(order.text("currency"))
    sold = figures.pieces(item)
    pieces = sold - out
    allocated = sum(figures.money(one, "amount") for one in item.things("discount_allocations"))
    discount = max(figures.money(item, "total_discount"), allocated)
    amount = figures.money(item, "price") * sold - discount
    if order.given.get("taxes_included") is False:
        amount += sum(figures.money(tax, "price") for tax in item.things("tax_lines"))
    if out:
        amount, discount = amount * pieces // sold, discount * pieces // sold
    return Line(
        id=item.needed("id"),
        product=pick(
            (item.text("sku"), item.text("variant_id"), item.text("product_id")), shop.products, shop.ignored
        ),
        quantity=pieces,
        amount=amount,
        title=item.text("title"),
        participants=people_in(item.pairs("properties"), shop.people),
        discount=discount,
        part_of=item.text("sales_line_item_group_id"),
        odd=figures.first_odd,
        untold=not item.has("properties") or order.lost("note_attributes"),
    )


def _refund(refund: Said, currency: str) -> Refund:
    lines: dict[str, int] = {}
    counted = Figures("")
    for row in refund.things("refund_line_items"):
        name, pieces = row.text("line_item_id"), counted.pieces(row)
        if name and pieces:
            lines[name] = lines.get(name, 0) + pieces
    moved = [t for t in refund.things("transactions") if t.text("kind") in ("refund", "")]
    given = [t for t in moved if t.text("status") in ("success", "")]
    code = next((t.text("currency") for t in given if t.text("currency")), currency)
    figures = Figures(code)
    amount = sum(abs(figures.money(t, "amount")) for t in given)
    state: Literal["done", "pending", "failed"] = "done"
    if moved and not given:
        # Of money that is on its way or never went, nothing is given back.
        state = "pending" if any(t.text("status") == "pending" for t in moved) else "failed"
    return Refund(
        refund.needed("id"),
        amount,
        lines,
        refund.at("created_at"),
        state=state,
        currency="" if code == currency else code,
        odd=figures.first_odd or counted.first_odd,
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


VENDOR = Shopify()
