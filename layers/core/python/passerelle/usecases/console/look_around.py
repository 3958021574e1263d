"""Each hour: which Moodles do not answer, which webhooks are off; the console reads what was found (H2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from passerelle.domain.console import Seen
from passerelle.domain.records import Note
from passerelle.errors import PasserelleError
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.orders.catalogue_check import check_webhook

LONGEST = timedelta(minutes=10)  # what is not looked at by then stays as it was seen before


def look(world: World) -> int:
    """How many are not well."""
    until, unwell = world.clock.now() + LONGEST, 0
    for name, ask in (*_sites(world), *_webhooks(world)):
        if world.clock.now() > until:
            break
        unwell += _kept(world, name, ask()).since is not None
    return unwell


def _sites(world: World) -> Iterator[tuple[str, Callable[[], Note | None]]]:
    def ask(site: str) -> Note | None:
        try:
            if world.network.sites[site].plugins:
                world.sites.lms(site).get_site()
            else:
                world.sites.roster(site).finds_by_email()
        except PasserelleError as error:
            return Note("site_silent", {"site": site, "code": _code(error)})
        return None

    yield from ((f"site:{name}", lambda name=name: ask(name)) for name in world.network.sites)


def _webhooks(world: World) -> Iterator[tuple[str, Callable[[], Note | None]]]:
    def ask(shop: str) -> Note | None:
        try:
            found = [one for one in check_webhook(world, shop) if one.serious]
        except PasserelleError as error:
            return Note("shop_silent", {"shop": shop, "code": _code(error)})
        return Note(found[0].code, {k: str(v) for k, v in found[0].details.items()}) if found else None

    yield from ((f"webhook:{name}", lambda name=name: ask(name)) for name in world.network.shops)


def _code(error: PasserelleError) -> str:
    return str(getattr(error, "code", "") or getattr(error, "errorcode", "") or type(error).__name__)


def _kept(world: World, name: str, why: Note | None) -> Seen:
    now = world.clock.now()

    def decide(before: Seen) -> Seen:
        since = None if why is None else before.since or now
        return replace(before, at=now, since=since, why=why)

    found_or_added(world.records, Seen(id=name, at=now))
    return amend(world.records, Seen, name, decide)
