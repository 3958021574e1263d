"""How often something happened, where only the number is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from passerelle.domain.records import Tally
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added


def count_up(world: World, name: str, until: datetime) -> int:
    """One more; how many there are. Raises Conflict where too many count at once: a limit that cannot be
    looked up is not taken for kept.
    """
    found_or_added(world.records, Tally(id=name, until=until))
    return amend(world.records, Tally, name, lambda one: replace(one, count=one.count + 1)).count
