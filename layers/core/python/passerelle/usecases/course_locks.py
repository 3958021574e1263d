"""One restore at a time into an existing course (R5), under a lock that no crash can leave behind.

The holder is the key of what restores: `rol:{rollover}`, `und:{rollover}` or a retrieval's id. A lock whose
holder has ended, or was never written down, is anybody's at once; every other dies after a while.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.records import RunningJob, TargetLock
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import RetrievalState
from passerelle.errors import Conflict, Refused
from passerelle.ports import World
from passerelle.usecases.amend import found_or_added

LOCK_LIVES = timedelta(hours=6)  # longer than any restore; renewed by each step of a longer wait


def hold(world: World, site: str, course_id: int | str, holder: str) -> None:
    """Take or renew the lock. Raises Refused `rollover_busy` where another restore is alive."""
    now = world.clock.now()
    wanted = TargetLock(id=f"{site}:{course_id}", holder=holder, until=now + LOCK_LIVES)
    stored = found_or_added(world.records, wanted)
    if stored.holder == holder and stored.until == wanted.until:
        return
    if stored.holder != holder and stored.until > now and is_alive(world, stored.holder):
        raise Refused("rollover_busy")
    try:
        world.records.change(stored, replace(wanted, revision=stored.revision))
    except Conflict:
        again = world.records.get(TargetLock, wanted.id)
        if again is None or again.holder != holder:
            raise Refused("rollover_busy") from None


def let_go(world: World, site: str, course_id: int | str, holder: str) -> None:
    lock = world.records.get(TargetLock, f"{site}:{course_id}")
    if lock is None or lock.holder != holder:
        return
    try:
        world.records.delete(lock)
    except Conflict:
        return  # somebody took it over meanwhile: it is theirs to let go


def is_alive(world: World, holder: str) -> bool:
    kind, _, identity = holder.partition(":")
    if kind == "rol":
        rollover = world.records.get(Rollover, identity)
        return rollover is not None and rollover.under_way
    if kind == "und":
        job = world.records.get(RunningJob, holder)
        return job is not None and not job.ended
    retrieval = world.records.get(Retrieval, holder)
    return retrieval is not None and retrieval.state in (RetrievalState.REQUESTED, RetrievalState.RESTORING)
