"""What earlier releases wrote is listed in all of this release's lists, once, page after page (G1, H2)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from passerelle.errors import Conflict
from passerelle.ports import World

PROGRESS = "lists/progress.json"
LISTS = 1  # counted up with each list that is new to records written before
PAGE = 500
LONGEST_ROUND = timedelta(minutes=4)


def all_is_listed(world: World) -> bool:
    kept = world.papers.get(PROGRESS) or {}
    return kept.get("lists") == LISTS and kept.get("ended") is True


def list_anew(world: World) -> int:
    """Goes on where it stopped, until all is listed or the round has lasted long enough. Answers how many
    records were listed now.
    """
    if all_is_listed(world):
        return 0
    kept, until, count = world.papers.get(PROGRESS) or {}, world.clock.now() + LONGEST_ROUND, 0
    after = str(kept["after"]) if kept.get("lists") == LISTS and kept.get("after") else None
    while True:
        records, after = world.inventory.page(after, PAGE)
        for record in records:
            with suppress(Conflict):  # being written, by this release: listed with that
                world.records.list_anew(record)
                count += 1
        world.papers.put(PROGRESS, {"lists": LISTS, "after": after, "ended": after is None})
        if after is None or world.clock.now() > until:
            return count
