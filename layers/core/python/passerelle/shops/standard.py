"""Standard Webhooks, for shops that speak for themselves (local_shop, PrestaShop modules).

{"type": "order.paid", "timestamp": "…", "data": {"order": "1042", "number": "1042",
 "modified": "2026-10-05T08:00:00Z", "currency": "EUR", "total": "40.00",
 "discount": "4.00", "credit": "0.00", "test": false,
 "paid_at": "…" | null, "cancelled_at": null, "refunded": false,
 "customer": {"email", "firstname", "lastname", "city", "phone", "institution", "lang"},
 "lines": [{"id", "product", "quantity", "amount", "title", "discount", "part_of",
            "participants": [{"lastname", "firstname", "email", "role", "city", "phone", "institution"}]}],
 "refunds": [{"id", "amount", "currency", "state": "done" | "pending" | "failed", "lines": {"1": 2}, "at"}]}}

`discount` is what the shop took off the prices in all (a line's own is part of it), `credit` what was paid
by gift card or store credit; `part_of` names the line of a bundle that bears its price.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from passerelle.domain.orders.facts import Buyer, Facts, Line, Participant, Refund
from passerelle.events.signatures import read_secret, sign
from passerelle.events.signatures import verify as verify_standard
from passerelle.shops.payload import Figures, Said
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop

TUTORS = ("tutor", "tuteur", "tutrice", "supervisor", "teacher")


class Standard(Vendor):
    kind = "standard"
    topics = ("order.created", "order.paid", "order.cancelled", "order.refunded")

    def key(self, secret: str) -> bytes:
        return read_secret(secret)

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:  # noqa: ARG002 - every shop's own shape
        verify_standard(knock.headers, knock.body, keys, knock.at)

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:  # noqa: ARG002 - every shop's own shape
        # A message's id is its own by the standard: repeated, it has the same body.
        return headers["webhook-id"], str(document.get("type", ""))

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        if not topic.startswith("order."):
            return None
        said = Said(document).thing("data")
        figures = Figures(said.text("currency"))
        number = said.needed("order")
        return Facts(
            order=number,
            number=said.text("number") or number,
            snapshot_at=said.at("modified"),
            buyer=_buyer(said.thing("customer"), shop) if said.has("customer") else None,
            lines=tuple(_line(item, figures.currency) for item in said.things("lines"))
            if said.has("lines")
            else None,
            currency=figures.currency,
            total=figures.money(said, "total") if said.has("total") else None,
            paid_at=said.at("paid_at"),
            cancelled_at=said.at("cancelled_at"),
            refunds=tuple(_refund(one, figures) for one in said.things("refunds")),
            whole_refunds=said.has("refunds") and said.at("modified") is not None,
            given_back=said.true("refunded") if said.has("refunded") else None,
            discount=figures.money(said, "discount"),
            credit=figures.money(said, "credit"),
            odd=tuple(figures.odd),
            test=said.true("test"),
        )

    def signed(self, key: bytes, body: bytes, event: str, topic: str) -> Mapping[str, str]:  # noqa: ARG002 - every shop's own shape
        return sign(key, event, datetime.now(UTC), body)

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:
        people = [
            {"lastname": p.lastname, "firstname": p.firstname, "email": p.email, "role": p.kind}
            for p in order.people
        ]
        refunds = []
        if order.refund:
            lines = {line: count for line, count in order.refunded.items() if line}
            refunds = [
                {"id": f"r-{order.number}", "amount": order.refund, "lines": lines, "at": _iso(order.at)}
            ]
        data = {
            "order": order.number,
            "number": order.number,
            "modified": _iso(order.changed_at),
            "currency": "EUR",
            "total": order.total,
            "discount": order.discount or "0.00",
            "paid_at": _iso(order.at) if order.paid else None,
            "cancelled_at": _iso(order.changed_at) if order.cancelled else None,
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
        done = (
            "cancelled" if order.cancelled else "refunded" if refunds else "paid" if order.paid else "created"
        )
        document: dict[str, Any] = {"type": f"order.{done}", "timestamp": _iso(order.at), "data": data}
        body = json.dumps(document, ensure_ascii=False).encode()
        return SampleDelivery(self.signed(key, body, event, document["type"]), body)


def _buyer(who: Said, shop: Shop) -> Buyer:
    return Buyer(
        who.text("email"),
        who.text("firstname"),
        who.text("lastname"),
        who.text("city"),
        who.text("phone"),
        who.text("institution"),
        who.text("lang") or shop.language,
    )


def _line(item: Said, currency: str) -> Line:
    figures = Figures(currency)
    people = [
        Participant(
            email=one.text("email"),
            firstname=one.text("firstname")[:100],
            lastname=one.text("lastname")[:100],
            kind="tutor" if one.text("role").lower() in TUTORS else "learner",
            city=one.text("city")[:120],
            phone=one.text("phone")[:20],
            institution=one.text("institution")[:255],
        )
        for one in item.things("participants")
    ]
    named = {person.key or str(place): person for place, person in enumerate(people)}
    pieces, discount = figures.pieces(item), figures.money(item, "discount")
    return Line(
        id=item.needed("id"),
        product=item.needed("product"),
        quantity=pieces,
        amount=figures.money(item, "amount") if item.has("amount") else None,
        title=item.text("title"),
        participants=tuple(named.values()),
        discount=discount,
        part_of=item.text("part_of"),
        odd=figures.first_odd,
        untold=item.lost("participants"),
    )


def _refund(one: Said, figures: Figures) -> Refund:
    state: Literal["done", "pending", "failed"] = "done"
    if one.text("state") == "pending":
        state = "pending"
    elif one.text("state") in ("failed", "cancelled", "canceled"):
        state = "failed"
    lines = {line: int(pieces) for line, pieces in one.texts("lines").items() if pieces.isdigit()}
    currency = one.text("currency")
    reading = figures if currency in ("", figures.currency) else Figures(currency)
    return Refund(
        one.needed("id"),
        abs(reading.money(one, "amount")),
        lines,
        one.at("at"),
        state=state,
        currency="" if reading is figures else currency,
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


VENDOR = Standard()
