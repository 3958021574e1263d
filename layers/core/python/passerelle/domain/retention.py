"""How many days what names a person is kept (G2), as `retention:` of network.yaml says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days after which names go. `orders` counts from the last change of an order, or the end of the last
    access that rests on it, whichever is later; three years are France's usual limit for customers.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    orders: int = 1095
    parked: int = 365  # deliveries that nobody could read, kept to be replayed
    publications: int = 1095  # after they were replaced, withdrawn or came to nothing
    retrievals: int = 1095
    uploads: int = 400  # of a backup that is kept: who made it

    def __post_init__(self) -> None:
        for one in fields(self):
            if getattr(self, one.name) < 1:
                raise ValueError(f"{one.name}: at least 1")
