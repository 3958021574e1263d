"""In and out of the console: a site's word becomes a ticket, the ticket once a session (H2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from passerelle.domain.console import (
    SESSION_LIVES,
    TICKET_LIVES,
    ConsoleSession,
    ConsoleTicket,
    Operator,
    Reach,
    digest,
    reach_of,
)
from passerelle.domain.site_commands import EnterConsole
from passerelle.errors import Conflict, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend


class EntryRefused(Refused):
    """The address was used, is too old, or belongs to another browser; or the session is over."""

    def __init__(self) -> None:
        super().__init__("console_entry")


def answer(world: World, command: EnterConsole) -> Mapping[str, object]:
    """`code` for `/console/enter/{code}`. Raises Refused `console_not_allowed`, `person_unknown`."""
    person = command.person
    if person is None or not person.key(world.network.identity):
        raise Refused("person_unknown")
    operator = Operator(
        site=command.site,
        identity=person.key(world.network.identity),
        name=person.fullname,
        lang=person.lang[:2] or "fr",
    )
    if reach_of(world.network, operator.site, operator.identity).nothing:
        raise Refused("console_not_allowed", site=command.site)
    return {"code": invite(world, operator, browser=command.browser)}


def invite(world: World, operator: Operator, *, browser: str = "", lives: timedelta = TICKET_LIVES) -> str:
    """A code that opens one session. Without `browser` whoever has it gets in: for the command line only."""
    code = secrets.token_urlsafe(32)
    world.records.add(
        ConsoleTicket(id=digest(code), operator=operator, browser=browser, until=world.clock.now() + lives)
    )
    return code


def enter(world: World, code: str, browser: str) -> tuple[str, ConsoleSession]:
    """The cookie of a new session. `browser`: what it was given when it asked. Raises EntryRefused."""
    now = world.clock.now()

    def use(before: ConsoleTicket) -> ConsoleTicket:
        bound_elsewhere = before.browser != "" and before.browser != digest(browser)
        if before.used or now > before.until or bound_elsewhere:
            raise EntryRefused
        return replace(before, used=True)

    try:
        ticket = amend(world.records, ConsoleTicket, digest(code), use)
    except (NotFound, Conflict):
        raise EntryRefused from None
    cookie = secrets.token_urlsafe(32)
    session = ConsoleSession(
        id=digest(cookie), operator=ticket.operator, opened_at=now, until=now + SESSION_LIVES
    )
    return cookie, world.records.add(session)


def recognise(world: World, cookie: str) -> tuple[ConsoleSession, Reach]:
    """Whose session it is and how far it reaches as `network.yaml` stands now. Raises EntryRefused."""
    session = world.records.get(ConsoleSession, digest(cookie)) if cookie else None
    if session is None or session.ended or world.clock.now() > session.until:
        raise EntryRefused
    reach = reach_of(world.network, session.operator.site, session.operator.identity)
    if reach.nothing:
        raise EntryRefused
    return session, reach


def leave(world: World, session: ConsoleSession) -> None:
    amend(world.records, ConsoleSession, session.id, lambda before: replace(before, ended=True))
