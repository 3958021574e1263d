"""Read, decide, write: again where somebody else wrote in between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from passerelle.domain.records import S, moved
from passerelle.domain.states import State
from passerelle.errors import Conflict, GiveUp, NotFound
from passerelle.ports import R, Records, World

ATTEMPTS = 8


def amend(
    records: Records, kind: type[R], key: str, decide: Callable[[R], R], *, known: R | None = None
) -> R:
    """Write what `decide` makes of the stored record; nothing is written where it changes nothing.
    `known`: as it was read just now, which spares a reading where nobody wrote since.

    Raises NotFound, Conflict after eight lost races, and whatever `decide` raises.
    """
    if known is not None and (after := decide(known)) != known:
        with suppress(Conflict):
            return records.change(known, after)
    for attempt in range(ATTEMPTS):
        before = records.get(kind, key)
        if before is None:
            raise NotFound("not_found", kind=kind.__name__)
        after = decide(before)
        if after == before:
            return before
        try:
            return records.change(before, after)
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def amend_if(world: World, record: S, states: tuple[State, ...], to: State, why: str, **changes: Any) -> S:
    """The record in the state `to`, with `changes`, if by then it is in one of `states`; else as it is."""
    now = world.clock.now()

    def decide(before: S) -> S:
        return moved(before, to, now, why, **changes) if before.state in states else before

    return amend(world.records, type(record), record.id, decide)


def found_or_added(records: Records, record: R) -> R:
    """The stored record of this id, written now if nobody has."""
    stored = records.get(type(record), record.id)
    if stored is not None:
        return stored
    try:
        return records.add(record)
    except Conflict:
        again = records.get(type(record), record.id)
        if again is None:
            raise
        return again


def if_readable(records: Records, kind: type[R], key: str) -> R | None:
    """For rounds over many: one that cannot be read, which the store notes, is as one that is not there."""
    try:
        return records.get(kind, key)
    except GiveUp:
        return None


def list_all(records: Records, kind: type[R], index: str, value: str) -> list[R]:
    """All records under one value of an index."""
    items: list[R] = []
    after: str | None = None
    while True:
        page = records.list(kind, index, value, after=after)
        items += page.items
        after = page.next
        if after is None:
            return items
