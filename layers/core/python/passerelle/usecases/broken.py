"""What cannot be read any more, noted where the console and the daily word list it."""

from __future__ import annotations

from passerelle.domain.records import Broken
from passerelle.errors import PaperUnreadable
from passerelle.ports import World
from passerelle.usecases.amend import found_or_added, list_all


def note_broken(world: World, cut: PaperUnreadable) -> None:
    """A document; of records the store itself says so."""
    found_or_added(world.records, Broken(id=cut.paper, kind="document", code=cut.code, at=world.clock.now()))


def broken(world: World) -> list[Broken]:
    """Oldest first."""
    return list_all(world.records, Broken, "all", "all")
