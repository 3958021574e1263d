"""How often something happened, where only the number is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from passerelle.domain.orders.order import Tally
from passerelle.errors import Conflict, PasserelleError
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added


def count_up(world: World, name: str, until: datetime) -> int:
    """One more; how many there are. A count that is lost in a race is not worth an answer."""
    try:
        found_or_added(world.records, Tally(id=name, until=until))
        return amend(world.records, Tally, name, lambda one: replace(one, count=one.count + 1)).count
    except (Conflict, PasserelleError):
        return 0
