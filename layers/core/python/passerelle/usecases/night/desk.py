"""What people decide about nights: hold, release, freeze, thaw; who and when stays written (N18, N20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from passerelle.domain.night.plan.run import NightDesk, Run, moved_run
from passerelle.domain.night.policy import Freeze
from passerelle.domain.records import Moment
from passerelle.domain.states import RunState
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend, list_all
from passerelle.usecases.night.plan_stage import desk_of, rules_of


def runs_of(world: World, site: str) -> list[Run]:
    """Oldest first."""
    return list_all(world.records, Run, "site", site)


def newest(world: World, site: str, state: RunState | None = None) -> Run:
    """The newest run of a site, or its newest in a state. Raises NotFound `run_unknown`."""
    found = [run for run in runs_of(world, site) if state is None or run.state is state]
    if not found:
        raise NotFound("run_unknown", run=site)
    return max(found, key=lambda run: (run.night, run.heard_at))


def release(world: World, run: str, by: str) -> Run:
    """A held plan may be applied as it stands, unless a later night's plan has taken its place."""
    known = world.records.get(Run, run)
    if known is None:
        raise NotFound("run_unknown", run=run)
    later = [
        other.id
        for other in runs_of(world, known.site)
        if other.stage in (known.stage, "night") and other.night > known.night and other.folder
    ]
    if later:
        raise Refused("night_overtaken", run=run, later=max(later))
    now = world.clock.now()

    def decide(before: Run) -> Run:
        if before.state is not RunState.HELD and not before.waits_for_a_person:
            raise Refused("night_not_held", run=run, state=before.state.value)
        # Whoever was at it may have died with its lease: a person has decided, so the plan is free.
        history = (*before.history, _said(by, now))
        return replace(before, released_by=by, released_at=now, heard_at=now, holder="", history=history)

    return amend(world.records, Run, run, decide)


def _said(by: str, now: datetime) -> Moment:
    return Moment(RunState.HELD.value, now, f"released by {by}")


def hold(world: World, run: str, by: str, why: str = "") -> Run:
    """A plan that is waiting or on its way stops: chunks that have not begun are not begun."""
    if world.records.get(Run, run) is None:
        raise NotFound("run_unknown", run=run)
    now = world.clock.now()
    said = f"held by {by}: {why}" if why else f"held by {by}"

    def decide(before: Run) -> Run:
        if before.state is RunState.HELD and not before.released_by:
            return before
        held = before
        if before.state is not RunState.HELD:
            held = moved_run(before, RunState.HELD, now, said)
        return replace(held, held_by=by, released_by="", released_at=None)

    return amend(world.records, Run, run, decide)


def hold_site(world: World, site: str, by: str, why: str = "") -> NightDesk:
    """From now on nights are planned and wait. An empty `by` lifts it."""
    rules_of(world, site)
    desk_of(world, site)
    at = world.clock.now() if by else None
    return amend(
        world.records, NightDesk, site, lambda desk: replace(desk, held_by=by, held_at=at, held_why=why)
    )


def freeze(world: World, site: str, freeze: Freeze) -> NightDesk:
    rules_of(world, site)
    desk_of(world, site)
    if freeze.until is not None and freeze.until < freeze.since:
        raise Refused("freeze_dates")
    return amend(
        world.records,
        NightDesk,
        site,
        lambda desk: replace(desk, freezes=tuple(dict.fromkeys((*desk.freezes, freeze)))),
    )


def thaw(world: World, site: str, day: date) -> NightDesk:
    """Every freeze set here ends before `day`. The next night shows its plan first."""
    desk_of(world, site)

    def decide(desk: NightDesk) -> NightDesk:
        kept = (one for one in desk.freezes if one.since < day)
        return replace(desk, freezes=tuple(_ended(one, day) for one in kept))

    return amend(world.records, NightDesk, site, decide)


def _ended(freeze: Freeze, day: date) -> Freeze:
    last = date.fromordinal(day.toordinal() - 1)
    return replace(freeze, until=last if freeze.until is None else min(freeze.until, last))
