"""What is held of a person is shown and forgotten; what names anybody too long names nobody (G1, G2)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, cast

from passerelle.domain.names_end import UNDER_WAY, access_ends, loses_names_at, running_orders
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Delivery, Order
from passerelle.domain.people import Who, known_as, names, nobody, without
from passerelle.domain.records import Record
from passerelle.domain.rollover.rollover import Rollover
from passerelle.errors import Conflict, NotFound, Refused
from passerelle.ports import Inventory, World
from passerelle.usecases.amend import amend
from passerelle.usecases.orders.receive import unpacked

ERASURES = "erasures/"
FLAT = ("sis/",)  # deposits of the student system: one line for each thing


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that names the person. `why`: what keeps it; empty where it can go."""

    where: str  # table or state bucket
    kind: str
    id: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    alias: str
    changed: int  # records and documents
    kept: tuple[Held, ...]


def who_is(inventory: Inventory, name: str) -> Who:
    """By a username or an e-mail. Raises NotFound `person_not_held` where nothing names such a person."""
    found = known_as([name], inventory.records())
    if not any(names(record, found) for record in inventory.records()) and not any(
        _text_names(inventory.text(key) or "", found) for key in inventory.documents()
    ):
        raise NotFound("person_not_held")
    return found


def show(world: World, name: str) -> dict[str, object]:
    """All that is held of one person, as Art. 15 of the GDPR asks."""
    inventory = world.inventory
    who = who_is(inventory, name)
    records = [
        {"kind": type(record).__name__, "id": record.id, "record": _plain(asdict(cast(Any, record)))}
        for record in inventory.records()
        if names(record, who)
    ]
    documents = [
        {"key": key, "lines": _lines(inventory.text(key) or "", who)}
        for key in inventory.documents()
        if _text_names(inventory.text(key) or "", who)
    ]
    parked = [one for one in _deliveries(inventory) if _names_delivery(one, who)]
    return {
        "known_as": sorted(who.names | who.fullnames),
        "records": records,
        "deliveries": [{"id": one.id, "received_at": one.received_at.isoformat()} for one in parked],
        "documents": documents,
        "kept_because": [asdict(one) for one in _kept(world, who)],
    }


def forget(world: World, name: str, because: str) -> Forgotten:
    """Everything that names the person names an alias; what still needs the name is told with its reason.

    May be cut and taken again: what was done names nobody any more. What was asked is written down without
    the name. Raises Refused `because_needed`, NotFound `person_not_held`.
    """
    if not because.strip():
        raise Refused("because_needed")
    inventory = world.inventory
    who = who_is(inventory, name)
    alias = f"forgotten-{secrets.token_hex(6)}"
    kept = list(_kept(world, who))
    stay = {(one.kind, one.id) for one in kept}
    done = 0
    for record in inventory.records():
        if (type(record).__name__, record.id) in stay:
            continue
        done += _forget_record(world, record, who, alias)
    for key in list(inventory.documents()):
        text = inventory.text(key)
        if key.startswith(ERASURES) or text is None or not _text_names(text, who):
            continue
        inventory.rewrite(key, _text_without(key, text, who, alias))
        done += 1
    document = {
        "at": world.clock.now().isoformat(),
        "because": because,
        "changed": done,
        "kept": [{"where": one.where, "kind": one.kind, "why": one.why} for one in kept],
    }
    world.papers.put(f"{ERASURES}{alias}.json", document)
    return Forgotten(alias, done, tuple(kept))


def keep_no_longer(world: World) -> int:
    """What is past its time names nobody from now on (G2). Answers how many records lost their names."""
    inventory, now = world.inventory, world.clock.now()
    pages = [record for record in inventory.records() if isinstance(record, LedgerPage)]
    ends = running_orders(pages)
    changed = 0
    for record in inventory.records():
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


def _forget_record(world: World, record: Record, who: Who, alias: str) -> int:
    with suppress(NotFound):
        if isinstance(record, Delivery):
            if not _names_delivery(record, who):
                return 0
            world.records.delete(record)
            return 1
        if names(record, who):
            amend(world.records, type(record), record.id, lambda one: without(one, who, alias))
            return 1
    return 0


def _nobody(record: Any, alias: str) -> Any:
    """Once: what names nobody any more is left as it is."""
    if isinstance(record, LedgerPage):
        return record if record.username.startswith("gone-") else replace(record, username=alias)
    return record if _is_gone(record) else nobody(record, alias)


def _is_gone(record: Any) -> bool:
    return nobody(record, "\x00") == record or '"gone-' in json.dumps(_plain(asdict(record)), default=str)


def _kept(world: World, who: Who) -> Iterator[Held]:
    """What law or something in progress still needs the name for."""
    now = world.clock.now()
    records = list(world.inventory.records())
    ends = running_orders([one for one in records if isinstance(one, LedgerPage)])
    for record in records:
        why = ""
        match record:
            case Order() if names(record, who):
                if record.state in UNDER_WAY and record.due:
                    why = "order_in_progress"
                elif _runs(ends.get(record.id, now), now):
                    why = "access_runs"
            case LedgerPage() if names(record, who):
                if _runs(access_ends(record), now):
                    why = "access_runs"
            case Delivery(state="pending") if _names_delivery(record, who):
                why = "order_in_progress"
            case Rollover() if names(record, who) and record.under_way:
                why = "rollover_in_progress"
        if why:
            yield Held("table", type(record).__name__, record.id, why)


def _runs(end: datetime | None, now: datetime) -> bool:
    return end is None or end > now


def _deliveries(inventory: Inventory) -> Iterator[Delivery]:
    return (record for record in inventory.records() if isinstance(record, Delivery))


def _names_delivery(delivery: Delivery, who: Who) -> bool:
    return _text_names(unpacked(delivery).decode("utf-8", "replace"), who)


def _text_names(text: str, who: Who) -> bool:
    pattern = who.pattern(usernames=True)
    return pattern is not None and pattern.search(text) is not None


def _lines(text: str, who: Who) -> list[str]:
    pattern = who.pattern(usernames=True)
    return [line[:2000] for line in text.splitlines() if pattern is not None and pattern.search(line)]


def _text_without(key: str, text: str, who: Who, alias: str) -> str:
    pattern = who.pattern(usernames=True)
    if pattern is None:
        return text
    if key.startswith(FLAT) and key.endswith(".csv"):
        return "".join(line for line in text.splitlines(keepends=True) if not pattern.search(line))
    if key.endswith(".json"):
        with suppress(ValueError):
            text = json.dumps(without(json.loads(text), who, alias), ensure_ascii=False)
    return pattern.sub(alias, text)


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
