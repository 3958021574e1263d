"""The console: who may do what there, and what is kept of who did it (H2).

Signing in is Moodle's: a site vouches for a person, `network.yaml` says how far that person reaches. A site
speaks only for itself, so that what one vouches for opens nothing of another's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passerelle.domain.network import Network
from passerelle.domain.records import Note

TICKET_LIVES = timedelta(minutes=1)
SESSION_LIVES = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A person whom a site vouches for. `identity`: the value of the network's identity key."""

    site: str
    identity: str = field(repr=False)
    name: str = field(default="", repr=False)
    lang: str = "fr"

    @property
    def id(self) -> str:
        return f"{self.site}:{self.identity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far an operator sees and acts: whose nights and years, which shops, publications or not."""

    sites: frozenset[str] = frozenset()
    shops: frozenset[str] = frozenset()
    publications: bool = False
    everything: bool = False  # an operator of the network: people and acts of others as well

    @property
    def nothing(self) -> bool:
        return not (self.sites or self.shops or self.publications or self.everything)


def reach_of(network: Network, site: str, identity: str) -> Reach:
    """`administrators` of a site: its nights, its years, its shops' orders; `hub.managers`: all publications;
    `operators`: everything.
    """
    who = f"{site}:{identity}".lower()
    if who in {name.lower() for name in network.operators}:
        return Reach(
            sites=frozenset(network.sites), shops=frozenset(network.shops), publications=True, everything=True
        )
    known = network.sites.get(site)
    administers = known is not None and identity.lower() in {name.lower() for name in known.administrators}
    return Reach(
        sites=frozenset({site}) if administers else frozenset(),
        shops=frozenset(n for n, shop in network.shops.items() if shop.site == site)
        if administers
        else frozenset(),
        publications=who in {name.lower() for name in network.hub.managers},
    )


def digest(secret: str) -> str:
    """What is kept of a code or a cookie: enough to know it again, too little to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleTicket:
    """The way in, once, within a minute. `browser`: digest of what the browser that asked holds; empty where
    the command line made it for whoever has this installation's rights.
    """

    id: str  # digest of the code in the address
    operator: Operator
    browser: str
    until: datetime
    used: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSession:
    id: str  # digest of the cookie
    operator: Operator
    opened_at: datetime
    until: datetime
    ended: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleAct:
    """What somebody decided in the console, as long as its subject is asked about."""

    id: str
    at: datetime
    by: str = field(repr=False)  # Operator.id
    act: str  # of usecases.console.acts.ACTS
    about: str  # order, run, plan, publication or site
    why: str = field(default="", repr=False)
    refused: str = ""  # code of why it was not done
    subject: str = ""  # what a person calls what it is about, where `about` says nothing to one
    revision: int = 0

    @property
    def day(self) -> str:
        return self.at.date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a Moodle or a shop's webhook was found when it was last looked at, by the hourly round."""

    id: str  # `site:caen`, `webhook:boutique`
    at: datetime
    since: datetime | None = None  # from when on it is not well; None: it is
    why: Note | None = None
    revision: int = 0

    @property
    def about(self) -> str:
        """The site or shop."""
        return self.id.partition(":")[2]


def form_mark(cookie: str) -> str:
    """What each form of a session carries: who cannot read the cookie cannot make it up."""
    return hashlib.sha256(b"console form\x1f" + cookie.encode()).hexdigest()[:32]
