"""What stands between somebody's request and the use cases: a world, and what proves who is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passerelle.domain.orders.shop import Shop
    from passerelle.ports import Requests, World
    from passerelle.shops.vendor import Api


@dataclass(frozen=True, slots=True)
class SiteDoor:
    world: World
    requests: Requests
    keys: Callable[[str], tuple[bytes, ...]]  # of a site; for an unknown one, keys that fit nothing
    # The same with the network and the secrets as they are now; None where they were looked at a moment ago.
    newer: Callable[[], SiteDoor | None] = lambda: None


@dataclass(frozen=True, slots=True)
class ShopDoor:
    world: World
    keys: Callable[[Shop], tuple[bytes, ...]]
    api: Callable[[str], Api | None] = lambda _shop: None  # where the vendor itself must be asked
    newer: Callable[[], ShopDoor | None] = lambda: None  # with secrets and network read again, if it is time


@dataclass(frozen=True, slots=True)
class SeatsDoor:
    world: World
    keys: Callable[[], tuple[bytes, ...]]
    newer: Callable[[], SeatsDoor | None] = lambda: None
