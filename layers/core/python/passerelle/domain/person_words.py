"""The words by which a record is found again that names a person: what identifies people, and, of orders,
their last names, as buyers and learners are asked for at a desk (G1, H2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.people import IDENTIFIERS, NOWHERE, WHO_FIELDS

ALIASES = ("forgotten-", "gone-")  # who bears one is nobody any more


def person_words(record: object) -> frozenset[str]:
    """Each as `by_identifier` or `by_last_name` makes it."""
    match record:
        case Order():
            found = _of_order(record)
        case LedgerPage():  # what is `by` there is a line of an order
            found = iter([record.username])
        case _:
            found = _identifiers(record, "")
    names = _last_names(record) if isinstance(record, Order) else ()
    identifiers = (by_identifier(one) for one in found if one.strip() and not _is_alias(one))
    return frozenset([*identifiers, *(by_last_name(one) for one in names if one.strip())])


def by_identifier(word: str) -> str:
    """Of an e-mail, a username (perhaps as `site:username`) or a code."""
    low = word.strip().lower()
    return low.partition(":")[2] or low


def by_last_name(name: str) -> str:
    """Without accents, case and hyphens: as somebody may type it."""
    plain = unicodedata.normalize("NFKD", name.replace("-", " ").replace("’", "'")).casefold()
    return "name " + " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def _of_order(order: Order) -> Iterator[str]:
    yield order.buyer.email
    for line in order.lines:
        yield from (one.email for one in line.participants)
    for seat in (*order.seats, *order.former, *((order.operator,) if order.operator else ())):
        yield seat.person.email
        yield seat.username
    yield order.released_by


def _last_names(order: Order) -> Iterator[str]:
    yield order.buyer.lastname
    for line in order.lines:
        yield from (one.lastname for one in line.participants)
    yield from (seat.person.lastname for seat in order.seats)


def _identifiers(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, str):
        if name in WHO_FIELDS:
            yield value
    elif is_dataclass(value) or isinstance(value, Mapping):
        inside = (
            value if isinstance(value, Mapping) else {f.name: getattr(value, f.name) for f in fields(value)}
        )
        if any(isinstance(inside.get(one), str) and inside[one] for one in ("username", "email")):
            yield from (inside[one] for one in IDENTIFIERS if isinstance(inside.get(one), str))
        for key, one in inside.items():
            yield from _identifiers(one, str(key))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _identifiers(one, name)


def _is_alias(word: str) -> bool:
    low = by_identifier(word)
    return low.startswith(ALIASES) or low.endswith(NOWHERE)
