"""Standard Webhooks, for shops that speak for themselves (local_shop, PrestaShop modules).

{"type": "order.paid", "timestamp": "…", "data": {"order": "1042", "number": "1042",
 "modified": "2026-10-05T08:00:00Z", "currency": "EUR", "total": "40.00",
 "paid_at": "…" | null, "cancelled_at": null,
 "customer": {"email", "firstname", "lastname", "city", "phone", "institution", "lang"},
 "lines": [{"id", "product", "quantity", "amount", "title",
            "participants": [{"lastname", "firstname", "email", "role", "city", "phone", "institution"}]}],
 "refunds": [{"id", "amount", "lines": {"1": 2}, "at"}]}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passerelle.domain.orders.order import Buyer, Facts, Line, Participant, Refund, minor_units
from passerelle.domain.orders.shop import Shop
from passerelle.shops.payload import Said, at

TUTORS = ("tutor", "tuteur", "supervisor", "teacher")


def event_id(headers: Mapping[str, str], document: Mapping[str, Any]) -> tuple[str, str]:
    return headers["webhook-id"], str(document.get("type", ""))


class _Person(Said):
    email: str = ""
    firstname: str = ""
    lastname: str = ""
    role: str = ""
    city: str = ""
    phone: str = ""
    institution: str = ""
    lang: str = ""


class _Item(Said):
    id: str
    product: str
    quantity: int = 1
    amount: str | None = None
    title: str = ""
    participants: tuple[_Person, ...] = ()


class _RefundSaid(Said):
    id: str
    amount: str = "0"
    lines: dict[str, int] = {}  # noqa: RUF012 - pydantic copies defaults
    at: str | None = None


class _Order(Said):
    order: str
    number: str = ""
    modified: str | None = None
    currency: str = "EUR"
    total: str | None = None
    paid_at: str | None = None
    cancelled_at: str | None = None
    customer: _Person | None = None
    lines: tuple[_Item, ...] | None = None
    refunds: tuple[_RefundSaid, ...] = ()


def read(document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
    if not topic.startswith("order."):
        return None
    order = _Order.model_validate(document["data"])
    who = order.customer
    return Facts(
        order=order.order,
        number=order.number or order.order,
        snapshot_at=at(order.modified),
        buyer=None
        if who is None
        else Buyer(
            who.email,
            who.firstname,
            who.lastname,
            who.city,
            who.phone,
            who.institution,
            who.lang or shop.language,
        ),
        lines=None if order.lines is None else tuple(_line(item, order.currency) for item in order.lines),
        currency=order.currency,
        total=None if order.total is None else minor_units(order.total, order.currency),
        paid_at=at(order.paid_at),
        cancelled_at=at(order.cancelled_at),
        refunds=tuple(
            Refund(one.id, minor_units(one.amount, order.currency), dict(one.lines), at(one.at))
            for one in order.refunds
        ),
    )


def _line(item: _Item, currency: str) -> Line:
    people = [
        Participant(
            email=one.email.strip(),
            firstname=one.firstname[:100],
            lastname=one.lastname[:100],
            kind="tutor" if one.role.lower() in TUTORS else "learner",
            city=one.city[:120],
            phone=one.phone[:20],
            institution=one.institution[:255],
        )
        for one in item.participants
    ]
    named = {person.key or str(place): person for place, person in enumerate(people)}
    return Line(
        id=item.id,
        product=item.product,
        quantity=item.quantity,
        amount=None if item.amount is None else minor_units(item.amount, currency),
        title=item.title,
        participants=tuple(named.values()),
    )
