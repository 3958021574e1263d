"""What waits for a person, across the network (H2): a few bounded queries, never a scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from passerelle.domain.console import Reach, Seen
from passerelle.domain.night.plan.run import MORNING, Run
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import OrderState, PublicationState, RolloverState, RunState
from passerelle.ports import World
from passerelle.usecases.broken import broken, site_of
from passerelle.usecases.night.plan_stage import rules_of

MOST = 20  # of one kind on the first page; the page of that kind has the rest
MOST_COUNTED = 200  # for the morning's word
LOOKED_BACK = timedelta(days=30)  # for what failed: later nobody mends it here any more
STAGES_OF_A_MONTH = 5 * 30
NO_EXTRACTS = ("night_sources_stopped", "sources_stopped")

Kind = Literal[
    "night_held",
    "night_failed",
    "night_absent",
    "extracts",
    "site_silent",
    "webhook",
    "dead_letters",
    "broken",
    "order_parked",
    "order_overdue",
    "delivery",
    "publication",
    "rollover",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`about`: the id of what waits; `at`: since when; `why`: what its page says in words."""

    kind: Kind
    about: str
    site: str  # or shop
    at: datetime
    title: str = ""
    why: tuple[Note, ...] = ()
    error: str = ""  # code of words.stages, where a stage failed


def waiting(world: World, reach: Reach, most: int = MOST) -> list[Waiting]:
    """Newest first; `most` of what there can be thousands of are looked at."""
    found = [
        *_dead_letters(world, reach),
        *_broken(world, reach),
        *_outside(world, reach),
        *_nights(world, reach),
        *_orders(world, reach, most),
        *_deliveries(world, reach, most),
        *_publications(world, reach, most),
        *_rollovers(world, reach, most),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _dead_letters(world: World, reach: Reach) -> Iterator[Waiting]:
    if not reach.everything:
        return
    for queue, count in world.dead_letters.counts().items():
        why = (Note("dead_letters", {"count": str(count), "queue": queue}),)
        yield Waiting(kind="dead_letters", about=queue, site="", at=world.clock.now(), title=queue, why=why)


def _broken(world: World, reach: Reach) -> Iterator[Waiting]:
    """What cannot be read any more: it stops itself only, until somebody restores or removes it."""
    for one in broken(world):
        site = site_of(world, one)
        if reach.everything or site in reach.sites:
            why = (Note("something_broken", {"what": one.id}),)
            yield Waiting(kind="broken", about=one.id, site=site, at=one.at, title=one.kind, why=why)


def _outside(world: World, reach: Reach) -> Iterator[Waiting]:
    """Sites that do not answer, webhooks that are off, as the last round found them."""
    for one in seen(world, reach):
        if one.since is not None:
            kind: Kind = "site_silent" if one.id.startswith("site:") else "webhook"
            why = (one.why,) if one.why else ()
            yield Waiting(kind=kind, about=one.about, site=one.about, at=one.since, why=why)


def seen(world: World, reach: Reach) -> list[Seen]:
    """What the last round found of what is within reach and still in network.yaml."""
    known = world.records.list(Seen, "all", "all").items
    sites, shops = reach.sites & world.network.sites.keys(), reach.shops & world.network.shops.keys()
    return [one for one in known if one.about in (sites if one.id.startswith("site:") else shops)]


def newest_runs(world: World, site: str, limit: int = STAGES_OF_A_MONTH) -> tuple[Run, ...]:
    return world.records.list(Run, "site", site, limit=limit, newest_first=True).items


def _nights(world: World, reach: Reach) -> Iterator[Waiting]:
    since = world.clock.now() - LOOKED_BACK
    for site in sorted(reach.sites):
        if world.network.sites[site].night is None:
            continue
        seen: set[str] = set()
        runs = newest_runs(world, site)
        yield from _absent(world, site, runs)
        for run in runs:
            if run.stage in seen or run.started_at < since:
                continue  # a later night of this stage took its place
            seen.add(run.stage)
            if run.waits_for_a_person:
                yield Waiting(kind="night_held", about=run.id, site=site, at=run.heard_at, title=run.stage)
            elif run.state is RunState.FAILED:
                kind: Kind = "extracts" if run.error in NO_EXTRACTS else "night_failed"
                yield Waiting(
                    kind=kind, about=run.id, site=site, at=run.heard_at, title=run.stage, error=run.error
                )


def _absent(world: World, site: str, runs: tuple[Run, ...]) -> Iterator[Waiting]:
    """A night of which no stage began by the morning: no extracts, or nothing started it (D13)."""
    rules = rules_of(world, site)
    now = world.clock.now().astimezone(rules.zone)
    day = now.date() if now.time() >= MORNING else now.date() - timedelta(1)
    if not any(run.night == day.isoformat() for run in runs):
        why = (Note("console_night_absent", {"night": day.isoformat()}),)
        yield Waiting(kind="night_absent", about=site, site=site, at=world.clock.now(), why=why)


def _orders(world: World, reach: Reach, most: int) -> Iterator[Waiting]:
    if not reach.shops:
        return
    now = world.clock.now()
    for order in _listed(world, OrderState.PARKED, most, newest_first=True):
        if order.shop in reach.shops:
            yield Waiting(
                kind="order_parked",
                about=order.id,
                site=order.shop,
                at=order.history[-1].at if order.history else order.received_at,
                title=order.shown,
                why=order.why,
            )
    for order in _listed(world, OrderState.RECEIVED, most, newest_first=False):  # what is overdue is old
        shop = world.network.shops.get(order.shop)
        late = shop is not None and now - order.received_at >= timedelta(days=shop.overdue_days)
        if order.shop in reach.shops and late and not order.due:
            yield Waiting(
                kind="order_overdue", about=order.id, site=order.shop, at=order.received_at, title=order.shown
            )


def _deliveries(world: World, reach: Reach, most: int) -> Iterator[Waiting]:
    if not reach.shops:
        return
    for delivery in world.records.list(Delivery, "state", "parked", limit=most, newest_first=True).items:
        if delivery.shop in reach.shops:
            yield Waiting(
                kind="delivery",
                about=delivery.id,
                site=delivery.shop,
                at=delivery.received_at,
                title=delivery.topic,
                why=(delivery.why,) if delivery.why else (),
            )


def _publications(world: World, reach: Reach, most: int) -> Iterator[Waiting]:
    if not reach.publications:
        return
    since = world.clock.now() - LOOKED_BACK
    failed = world.records.list(
        Publication, "state", PublicationState.FAILED.value, limit=most, newest_first=True
    )
    for one in failed.items:
        if one.requested_at >= since:
            yield Waiting(
                kind="publication",
                about=one.id,
                site=one.site,
                at=one.history[-1].at if one.history else one.requested_at,
                title=one.card.title,
                why=(one.message,) if one.message else (),
            )


def _rollovers(world: World, reach: Reach, most: int) -> Iterator[Waiting]:
    since = world.clock.now() - LOOKED_BACK
    for site in sorted(reach.sites):
        if not world.network.sites[site].previous:
            continue
        for one in world.records.list(Rollover, "site", site, limit=most, newest_first=True).items:
            if one.state is RolloverState.FAILED and one.requested_at >= since:
                yield Waiting(
                    kind="rollover",
                    about=one.id,
                    site=site,
                    at=one.history[-1].at if one.history else one.requested_at,
                    title=one.idnumber,
                    why=(one.message,) if one.message else (),
                )


def _listed(world: World, state: OrderState, most: int, *, newest_first: bool) -> tuple[Order, ...]:
    return world.records.list(Order, "state", state.value, limit=most, newest_first=newest_first).items
