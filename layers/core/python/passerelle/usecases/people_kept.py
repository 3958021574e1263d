"""What law, or something in progress, still needs a person's name for (G1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from passerelle.domain.console import ConsoleAct, ConsoleSession, ConsoleTicket
from passerelle.domain.names_end import UNDER_WAY, access_ends, running_orders
from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.people import Who, names
from passerelle.domain.people_in_papers import DEPOSITS, names_in
from passerelle.domain.records import Record, TargetLock
from passerelle.domain.rollover.rollover import Rollover
from passerelle.ports import Inventory, World
from passerelle.usecases.orders.receive import unpacked

CONFIGURATION = "config/network.json"
# Since when somebody is suspended: the night ends that by the name.
_MEMORY = re.compile(r"nights/[^/]+/memory[^/]*\.json")


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that names the person, and what keeps it: a code of `words`."""

    where: str  # table or documents
    kind: str
    id: str  # of documents: what their keys begin with
    why: str


OFFICE = Held("documents", "network.yaml", "config/", "named_in_network")


def is_named_in(record: Record, who: Who) -> bool:
    match record:
        case Delivery():
            return names_in("body.json", unpacked(record).decode("utf-8", "replace"), who)
        case ConsoleSession() | ConsoleTicket():
            return who.is_(record.operator.identity)
        case TargetLock():  # of a private area: `…/stash/{username}`
            return who.is_(record.id.rpartition("/stash/")[2])
    return names(record, who)


def kept_for(world: World, who: Who) -> tuple[Held, ...]:
    office = in_office(world.inventory, who)
    records = kept_records(world, list(world.inventory.records()), who, in_office=office)
    return (*records, *([OFFICE] if office else []), *_documents(world, who))


# -- records --------------------------------------------------------------------------------------------


def kept_records(world: World, records: Sequence[Record], who: Who, *, in_office: bool) -> Iterator[Held]:
    now = world.clock.now()
    ends = running_orders([one for one in records if isinstance(one, LedgerPage)])
    waiting = {run.id for run in _nights_in_progress(records)}
    for record in records:
        why = _of_a_sale(record, ends, now) or _in_progress(record, now)
        if isinstance(record, Run) and record.id in waiting:
            why = "night_in_progress"
        if in_office and isinstance(record, ConsoleAct):
            why = "named_in_network"
        if why and is_named_in(record, who):
            yield Held("table", type(record).__name__, record.id, why)


def _of_a_sale(record: Record, ends: Mapping[str, datetime | None], now: datetime) -> str:
    match record:
        case Delivery(state="pending"):
            return "order_in_progress"
        case Order() if record.state in UNDER_WAY and record.due:
            return "order_in_progress"
        case Order() if _runs(ends.get(record.id, now), now):
            return "access_runs"
        case LedgerPage() if _runs(access_ends(record), now):
            return "access_runs"
    return ""


def _in_progress(record: Record, now: datetime) -> str:
    match record:
        case Rollover() if record.under_way:
            return "rollover_in_progress"
        case TargetLock() if record.until > now:
            return "rollover_in_progress"
    return ""


def _nights_in_progress(records: Iterable[Record]) -> Iterator[Run]:
    """Under way, or held until somebody releases it: unless a newer night has overtaken it meanwhile."""
    held = list(records)
    desks = {desk.id: desk for desk in held if isinstance(desk, NightDesk)}
    for run in held:
        if isinstance(run, Run) and (run.under_way or run.waits_for_a_person):
            desk = desks.get(run.site)
            if desk is None or not desk.overtaken(run.stage, run.night):
                yield run


def _runs(end: datetime | None, now: datetime) -> bool:
    return end is None or end > now


# -- documents ------------------------------------------------------------------------------------------


def live_documents(world: World, keys: Sequence[str]) -> dict[str, str]:
    """What keys begin with of documents that stay where they name somebody, and why."""
    inventory, today = world.inventory, world.clock.now().date().isoformat()
    live = dict.fromkeys(_deposits_in_force(inventory, keys, today), "in_extracts")
    live |= {key: "night_remembers" for key in keys if _MEMORY.fullmatch(key)}
    nights = (run for run in _nights_in_progress(inventory.records()) if run.folder)
    return live | {f"{run.folder}/": "night_in_progress" for run in nights}


def _documents(world: World, who: Who) -> Iterator[Held]:
    keys = list(world.inventory.documents())
    for begin, why in live_documents(world, keys).items():
        under = (key for key in keys if key.startswith(begin))
        if any(names_in(key, world.inventory.text(key) or "", who) for key in under):
            yield Held("documents", begin.partition("/")[0], begin, why)


def in_office(inventory: Inventory, who: Who) -> bool:
    """Whether network.yaml names them: it is its administrators who take them out."""
    return names_in(CONFIGURATION, inventory.text(CONFIGURATION) or "", who)


def _deposits_in_force(inventory: Inventory, keys: Sequence[str], today: str) -> Iterator[str]:
    """Of each site the newest deposit until today, those for nights to come, and those before that were
    only added to (OneRoster's `delta`): who stands there would be made again by the next night.
    """
    sites: dict[str, set[str]] = {}
    for key in keys:
        parts = key.split("/")
        if key.startswith(DEPOSITS) and len(parts) > 3:
            sites.setdefault(parts[1], set()).add("/".join([*parts[:3], ""]))
    for folders in sites.values():
        for folder in sorted(folders, reverse=True):
            yield folder
            to_come = folder.split("/")[2] > today
            if not to_come and "delta" not in (inventory.text(f"{folder}manifest.csv") or ""):
                break
