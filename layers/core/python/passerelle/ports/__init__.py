"""The roles that the outside plays for the use cases, room by room, and the world that they make up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from passerelle.ports.mbz import BackupReader, Cleaned, PeopleFile, PeopleRead
from passerelle.ports.moodle import Lms, Roster, Sites
from passerelle.ports.shops import Shops
from passerelle.ports.sources import Sources
from passerelle.ports.store import (
    Archives,
    D,
    DeadLetters,
    Inventory,
    Nights,
    Page,
    Papers,
    Part,
    QueueName,
    Queues,
    R,
    Records,
    References,
    Requests,
    Secrets,
    Stored,
)
from passerelle.unconfigured import (
    NoDeadLetters,
    NoInventory,
    NoNights,
    NoReferences,
    NoSecrets,
    NoShops,
    NoSources,
)

# Here and in the rooms, the domain is named for the type checker only: a function pays at its cold start for
# the classes that it uses.
if TYPE_CHECKING:
    from passerelle.domain.network import Network

__all__ = [
    "Archives",
    "BackupReader",
    "Cleaned",
    "Clock",
    "D",
    "DeadLetters",
    "Inventory",
    "Lms",
    "Nights",
    "Page",
    "Papers",
    "Part",
    "PeopleFile",
    "PeopleRead",
    "QueueName",
    "Queues",
    "R",
    "Records",
    "References",
    "Requests",
    "Roster",
    "Secrets",
    "Shops",
    "Sites",
    "Sources",
    "Stored",
    "World",
]


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything a use case may touch, wired by `runtime` or by a test."""

    network: Network
    records: Records
    archives: Archives
    papers: Papers
    backups: BackupReader
    sites: Sites
    queues: Queues
    clock: Clock
    shops: Shops = field(default_factory=NoShops)
    sources: Sources = field(default_factory=NoSources)
    references: References = field(default_factory=NoReferences)
    nights: Nights = field(default_factory=NoNights)
    dead_letters: DeadLetters = field(default_factory=NoDeadLetters)
    secrets: Secrets = field(default_factory=NoSecrets)
    inventory: Inventory = field(default_factory=NoInventory)
