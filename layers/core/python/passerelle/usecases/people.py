"""What is held of a person is shown and forgotten; what names anybody too long names nobody (G1, G2)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from passerelle.domain.names_end import loses_names_at, running_orders
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.people import Who, known_as, nobody, others_hidden, people_of
from passerelle.domain.people_in_papers import excerpts, names_in, people_in
from passerelle.errors import Conflict, NotFound, Refused
from passerelle.ports import Inventory, World
from passerelle.usecases import erasures
from passerelle.usecases.amend import amend
from passerelle.usecases.broken import broken
from passerelle.usecases.people_kept import Held, is_named_in, kept_for

A_NIGHT = timedelta(minutes=8)  # of the fifteen that the night's tidying has for all that it does


@dataclass(frozen=True, slots=True)
class Forgotten:
    alias: str
    changed: int  # records and documents
    kept: tuple[Held, ...]
    because: str = ""  # without the name


def who_is(inventory: Inventory, name: str, identity: str = "username") -> Who:
    """By a username, an e-mail or a code. Raises NotFound `person_not_held` where nothing names them."""
    found, in_documents = _known_as(inventory, [name], identity)
    held = (
        in_documents
        or any(is_named_in(record, found) for record in inventory.records())
        or any(names_in(one.id, one.text, found) for one in inventory.leftovers())
    )
    if not held:
        raise NotFound("person_not_held")
    return found


def _known_as(inventory: Inventory, given: Iterable[str], identity: str) -> tuple[Who, bool]:
    """By all their names, and whether a document has one. Documents are many: each is read once for each
    time that more names were found.
    """
    people = [person for record in inventory.records() for person in people_of(record)]
    found = known_as(given, people, identity)
    while True:
        named, more = False, list(people)
        for key in inventory.documents():
            text = inventory.text(key) or ""
            named = named or names_in(key, text, found)
            more += people_in(key, text, found)
        grown = known_as(found.names, more, identity)
        if grown == found:
            return found, named
        found = grown


def show(world: World, name: str) -> dict[str, object]:
    """All that is held of one person, as Art. 15 of the GDPR asks, and nothing of anybody else."""
    inventory = world.inventory
    who = who_is(inventory, name, world.network.identity)
    records = [
        {
            "kind": type(record).__name__,
            "id": record.id,
            "record": _plain(asdict(cast(Any, others_hidden(record, who)))),
        }
        for record in inventory.records()
        if is_named_in(record, who) and not isinstance(record, Delivery)
    ]
    documents = [
        {"key": key, "lines": lines}
        for key in inventory.documents()
        if (lines := excerpts(key, inventory.text(key) or "", who))
    ]
    parked = [one for one in _deliveries(inventory) if is_named_in(one, who)]
    left = [one for one in inventory.leftovers() if names_in(one.id, one.text, who)]
    return {
        "known_as": sorted(who.names | who.fullnames),
        "records": records,
        "deliveries": [{"id": one.id, "received_at": one.received_at.isoformat()} for one in parked],
        "documents": documents,
        "leftovers": [
            {"kind": one.kind, "id": one.id, "lines": excerpts(one.id, one.text, who)} for one in left
        ],
        "kept_because": [asdict(one) for one in kept_for(world, who)],
    }


def forget(world: World, name: str, because: str, *, rest_tonight: bool = False) -> Forgotten:
    """Everything that names the person names an alias; what still needs the name is told with its reason.

    May be cut and taken again by any of their names: all of them stand in what is written down until it is
    done, and none from then on. `rest_tonight`: what `world.inventory` does not hold is left to
    `forget_the_rest`, and the names stand until then. Raises Refused `because_needed`, NotFound
    `person_not_held`.
    """
    if not because.strip():
        raise Refused("because_needed")
    one = erasures.begun(world, name, because) or erasures.Erasure.asked(world, name, because)
    before = one.changed
    erasures.forget_all(world, [one], rest_tonight=rest_tonight)
    if not one.found:
        raise NotFound("person_not_held")
    return Forgotten(one.alias, one.changed - before, tuple(one.held), one.because)


def forget_the_rest(world: World) -> int:
    """What was asked by day is looked for everywhere, and what was cut is finished: for as long as a night's
    function has, and the next night goes on. Answers how many things were changed.
    """
    people = list(erasures.pending(world))
    before = sum(one.changed for one in people)
    erasures.forget_all(world, people, until=world.clock.now() + A_NIGHT)
    return sum(one.changed for one in people) - before


def keep_no_longer(world: World) -> int:
    """What is past its time names nobody from now on (G2). Answers how many records lost their names."""
    inventory, now = world.inventory, world.clock.now()
    pages = [one for one in inventory.records(readable_only=True) if isinstance(one, LedgerPage)]
    ends = running_orders(pages)
    # Of whose access nobody knows when it ends: no order loses its names until that can be read again.
    unsure = any(one.kind == LedgerPage.__name__ for one in broken(world))
    changed = 0
    for record in inventory.records(readable_only=True):
        if unsure and isinstance(record, Order):
            continue
        until = loses_names_at(record, world.network.retention, ends)
        if until is None or until > now:
            continue
        alias = f"gone-{secrets.token_hex(6)}"
        with suppress(Conflict, NotFound):
            if isinstance(record, Delivery):
                world.records.delete(record)
                changed += 1
            else:
                after = amend(world.records, type(record), record.id, partial(_nobody, alias=alias))
                changed += after != record
    return changed


# -- how ------------------------------------------------------------------------------------------------


def _nobody(record: Any, alias: str) -> Any:
    """Once: what names nobody any more is left as it is."""
    if isinstance(record, LedgerPage):
        return record if record.username.startswith("gone-") else replace(record, username=alias)
    return record if _is_gone(record) else nobody(record, alias)


def _is_gone(record: Any) -> bool:
    return nobody(record, "\x00") == record or '"gone-' in json.dumps(_plain(asdict(record)), default=str)


def _deliveries(inventory: Inventory) -> Iterator[Delivery]:
    return (record for record in inventory.records() if isinstance(record, Delivery))


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
