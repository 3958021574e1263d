"""What cannot be read any more: noted, listed, and told to whoever asked for it and whoever can repair it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from passerelle.domain.records import Broken, derived_id
from passerelle.errors import GiveUp, PaperUnreadable, PasserelleError
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added, list_all
from passerelle.words.sentences import say

if TYPE_CHECKING:
    from passerelle.domain.moodle.plugin import Notification

LOG = logging.getLogger(__name__)

DOCUMENT = "document"


def note_broken(world: World, cut: PaperUnreadable) -> None:
    """A document; of records the store itself says so."""
    found_or_added(world.records, Broken(id=cut.paper, kind=DOCUMENT, code=cut.code, at=world.clock.now()))


def broken(world: World) -> list[Broken]:
    """Oldest first."""
    return list_all(world.records, Broken, "all", "all")


def tell(world: World) -> int:
    """Every few minutes: what can be read again is forgotten, of the rest people are told, once. Answers of
    how much they were told now.
    """
    told = 0
    for one in broken(world):
        try:
            told += _told_of(world, one)
        except PasserelleError:  # a Moodle is away: in the next round
            LOG.warning("nobody told of what is broken", extra={"record": one.id}, exc_info=True)
    return told


def _told_of(world: World, one: Broken) -> bool:
    if one.kind != DOCUMENT and world.records.can_read(one.kind, one.id.partition("#")[2]):
        world.records.delete(one)
        return False
    if one.told_at is not None:
        return False
    for site, notification in _notifications(world, one):
        try:
            world.sites.lms(site).notify([notification])
        except GiveUp:  # this Moodle takes no message: the console and the command say it
            LOG.warning("not told", extra={"site": site, "record": one.id}, exc_info=True)
    now = world.clock.now()
    amend(world.records, Broken, one.id, lambda before: replace(before, username="", told_at=now))
    return True


def _notifications(world: World, one: Broken) -> Iterator[tuple[str, Notification]]:
    """To whoever asked, of the demand; to those who repair, of the record."""
    # Here, because few of those that only note what is broken know Moodle's answers: they start sooner.
    from passerelle.domain.moodle.plugin import Notification

    site = site_of(world, one)
    people = [(site, one.username, "yours")] if one.username and one.site == site else []
    people += [(site, username, "here") for username in _repairers(world, site, one.shop)]
    for where, username, whose in people:
        configured = world.network.sites[where]
        if not configured.plugins:
            continue
        lang, email = configured.language, configured.assistance.email
        text = say(f"broken_{whose}", lang, what=one.id)
        if email and whose == "yours":
            text += "\n\n" + say("broken_ask", lang, email=email)
        values = {"subject": say(f"broken_{whose}_subject", lang), "text": text}
        yield (
            where,
            Notification(
                key=f"broken:{derived_id(one.id)}:{username}",
                username=username,
                kind="message",
                lang=lang,
                values=values,
            ),
        )


def site_of(world: World, one: Broken) -> str:
    """Where it belongs: a document says so by its key; where nothing does, it is the hub's to repair."""
    sites, shop = world.network.sites, world.network.shops.get(one.shop)
    named = (one.site, shop.site if shop else "", *(one.id.split("/") if one.kind == DOCUMENT else ()))
    return next((name for name in named if name in sites), world.network.hub.site)


def _repairers(world: World, site: str, shop: str) -> tuple[str, ...]:
    """Usernames there: who is told what waits at the shop or of the nights, else who administers."""
    seller, configured = world.network.shops.get(shop), world.network.sites[site]
    night = configured.night
    return (
        (seller.report_to if seller else ())
        or (night.report_to if night else ())
        or configured.administrators
    )
