"""Orders valid by default: one paid line of three seats of SPOCM1, with its people declared."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from passerelle.domain.network import Network
from passerelle.domain.orders.facts import Buyer, Facts, Line, Participant
from passerelle.domain.orders.shop import Attachment, Product, Shop
from tests.factories.records import NOW, a_network

SESSION = "std_setuponecoursesession"


def a_participant(name: str = "ana", **changes: Any) -> Participant:
    whole: dict[str, Any] = {
        "email": f"{name}@client.example",
        "firstname": name.capitalize(),
        "lastname": "Martin",
    }
    return Participant(**whole | changes)


def a_buyer(**changes: Any) -> Buyer:
    whole: dict[str, Any] = {
        "email": "rh@client.example",
        "firstname": "Rose",
        "lastname": "Humbert",
        "institution": "Client SA",
        "lang": "fr",
    }
    return Buyer(**whole | changes)


def a_line(id: str = "1", **changes: Any) -> Line:  # noqa: A002
    whole: dict[str, Any] = {
        "id": id,
        "product": "SPOCM1",
        "quantity": 4,
        "amount": 4000,
        "title": "SPOC d'appropriation de Moodle",
        "participants": (
            a_participant("ana"),
            a_participant("bob"),
            a_participant("cleo"),
            a_participant("tom", kind="tutor"),
        ),
    }
    return Line(**whole | changes)


def some_facts(order: str = "1042", **changes: Any) -> Facts:
    whole: dict[str, Any] = {
        "order": order,
        "number": order,
        "snapshot_at": NOW,
        "buyer": a_buyer(),
        "lines": (a_line(),),
        "currency": "EUR",
        "total": sum(line.amount or 0 for line in changes.get("lines", (a_line(),))),
        "paid_at": NOW,
    }
    return Facts(**whole | changes)


def a_product(handler: str = SESSION, **changes: Any) -> Product:
    whole: dict[str, Any] = {
        "handler": handler,
        "parameters": "coursename=SPOCM1&supervisor=teacher&duration=35&customersupport=SUPPORT",
        "price": "10.00",
    }
    return Product(**whole | changes)


def a_shop(**changes: Any) -> Shop:
    whole: dict[str, Any] = {
        "kind": "standard",
        "site": "caen",
        "secrets": ("/passerelle/shops/boutique/secret",),
        "products": {"SPOCM1": a_product()},
        "attachment": Attachment(
            over_new="mentor", over_existing="viewer", back_over_new="", back_over_existing=""
        ),
    }
    return Shop(**whole | changes)


def a_selling_network(shop: Shop | None = None, **changes: Any) -> Network:
    return a_network(shops={"boutique": shop or a_shop()}, address="https://passerelle.example", **changes)


def a_payload(facts: Facts, kind: str = "order.paid") -> bytes:
    """The facts as a Standard Webhooks delivery says them."""

    def iso(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    def money(amount: int | None) -> str | None:
        return None if amount is None else f"{amount / 100:.2f}"

    who = facts.buyer
    data: dict[str, Any] = {
        "order": facts.order,
        "number": facts.number,
        "modified": iso(facts.snapshot_at),
        "currency": facts.currency,
        "total": money(facts.total),
        "paid_at": iso(facts.paid_at),
        "cancelled_at": iso(facts.cancelled_at),
        "refunds": [
            {"id": one.id, "amount": money(one.amount), "lines": one.lines, "at": iso(one.at)}
            for one in facts.refunds
        ],
    }
    if who is not None:
        data["customer"] = {
            "email": who.email,
            "firstname": who.firstname,
            "lastname": who.lastname,
            "institution": who.institution,
            "lang": who.lang,
        }
    if facts.lines is not None:
        data["lines"] = [
            {
                "id": line.id,
                "product": line.product,
                "quantity": line.quantity,
                "amount": money(line.amount),
                "title": line.title,
                "participants": [
                    {
                        "email": person.email,
                        "firstname": person.firstname,
                        "lastname": person.lastname,
                        "role": person.kind,
                    }
                    for person in line.participants
                ],
            }
            for line in facts.lines
        ]
    return json.dumps({"type": kind, "timestamp": NOW.isoformat(), "data": data}).encode()
