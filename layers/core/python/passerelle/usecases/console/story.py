"""One order as a story: what the shop sent, what was decided, done in Moodle and written to people (H2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from passerelle.domain.console import ConsoleAct
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Line
from passerelle.domain.orders.ledger import Grant, LedgerPage, page_id
from passerelle.domain.orders.order import Order, Seat
from passerelle.domain.records import Note
from passerelle.ports import World
from passerelle.usecases.console.people import site_of

MOST = 100  # of deliveries and acts, the newest
# Acts that the order's own history tells, with who and why.
IN_HISTORY = ("order_release", "order_park", "order_reschedule", "order_revoke_link")
PEOPLE = 25  # on one page: each is looked up in the ledger


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened. `what`: a delivery's topic, a state, an act, a kind of letter."""

    at: datetime
    kind: Literal["delivery", "state", "act", "letter"]
    what: str
    by: str = ""
    text: str = ""  # as somebody wrote it; of a state, why, as histories keep it
    note: Note | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What the ledger says a seat gave in one course. `url` in Moodle."""

    course: str
    url: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Seated:
    line: Line
    seat: Seat
    given: tuple[Given, ...]


def happened(world: World, order: Order, acts: list[ConsoleAct]) -> list[Told]:
    """Oldest first."""
    sent = world.records.list(Delivery, "order", order.id, limit=MOST, newest_first=True).items
    told = [
        *(Told(one.received_at, "delivery", one.topic, note=one.why) for one in sent),
        *(Told(one.at, "state", one.state, text=one.why) for one in order.history),
        *(
            Told(one.at, "act", one.act, one.by, one.why, refused=bool(one.refused))
            for one in acts
            if one.refused or one.act not in IN_HISTORY
        ),
        *(Told(one.at, "letter", one.state, text=one.why) for one in order.letters),
    ]
    return sorted(told, key=lambda one: one.at)


def people(world: World, order: Order, begin: int) -> tuple[list[Seated], int | None]:
    """The seats from the `begin`th on with what each gave, and where the next page begins."""
    seats = [(line, seat) for line in order.lines for seat in order.seats_of(line.id)]
    shown = seats[begin : begin + PEOPLE]
    after = begin + PEOPLE
    rows = [Seated(line, seat, tuple(_given(world, order, seat))) for line, seat in shown]
    return rows, after if after < len(seats) else None


def _given(world: World, order: Order, seat: Seat) -> Iterator[Given]:
    site = order.site or site_of(world.network, order)
    page = world.records.get(LedgerPage, page_id(site, seat.user_id)) if seat.user_id else None
    for place in page.places if page is not None else ():
        for grant in place.grants:
            if grant.by == f"{order.id}:{seat.line}":
                course = order.titles.get(place.course) or place.course or str(place.course_id)
                yield Given(course, f"{_url(world, site)}/course/view.php?id={place.course_id}", grant)


def _url(world: World, site: str) -> Any:
    known = world.network.sites.get(site)
    return known.url if known is not None else ""
