"""What `passerelle people show` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from passerelle.usecases.people_kept import Held


class HeldRecord(TypedDict):
    kind: str
    id: str
    record: dict[str, Any]


class HeldDocument(TypedDict):
    key: str
    lines: list[Any]


class HeldDelivery(TypedDict):
    id: str
    received_at: datetime


class HeldLeftover(TypedDict):
    kind: str
    id: str
    lines: list[Any]


class PersonHeld(TypedDict):
    known_as: list[str]
    records: list[HeldRecord]
    deliveries: list[HeldDelivery]
    documents: list[HeldDocument]
    leftovers: list[HeldLeftover]
    kept_because: list[Held]
