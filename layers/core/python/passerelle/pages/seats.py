"""The page of seats: what its templates (pages/templates/seats) show of an order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passerelle.domain.orders.order import Seat, SeatState
from passerelle.domain.orders.people import RowProblem
from passerelle.domain.orders.seats import LineOfSeats, SeatsView, link_until
from passerelle.pages.templating import render
from passerelle.words.buyers import say_to_buyer
from passerelle.words.seats import SEATS_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from passerelle.domain.records import Note


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says of the form that was just sent."""

    done: bool = False
    refused: str = ""  # a sentence
    problems: tuple[RowProblem, ...] = ()
    pasted: str = field(default="", repr=False)
    line: str = ""
    form: str = ""  # the seat or the line whose form it was
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def wrong(self) -> str:
        """The field that a problem is about."""
        code = self.problems[0].code if self.problems else ""
        return "email" if code.startswith("email") else "lastname" if code.startswith("name") else ""


@dataclass(frozen=True, slots=True)
class _ShownSeat:
    key: str = field(repr=False)
    who: str = field(repr=False)
    email: str = field(repr=False)
    tutor: bool
    done: bool
    started: bool
    why: Note | None

    @property
    def prefix(self) -> str:
        """What the ids of its form begin with; the key names a person."""
        return "s" + hashlib.sha256(self.key.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class _ShownLine:
    id: str
    title: str
    seats: tuple[_ShownSeat, ...]
    free: int
    excess: int  # seats that were refunded and must be given back
    courses: tuple[str, ...]
    course: str = ""  # its title, where it is one course
    start: datetime | None = None
    end: datetime | None = None


def page(view: SeatsView, lang: str, mark: str, said: Said, assistance: str) -> str:
    return render(
        "seats/page.html",
        lang,
        SEATS_PAGE,
        order=view.order.shown,
        shop=view.shop.title or view.order.shop,
        until=link_until(view.order, view.shop).date(),
        waits=view.waits,
        lines=[_line(view, line) for line in view.lines],
        mark=mark,
        said=said,
        assistance=assistance,
        reason=lambda note: say_to_buyer(note, lang),
    )


def notice(text: str, lang: str, assistance: str = "") -> str:
    """A page that only says something."""
    return render("seats/notice.html", lang, SEATS_PAGE, text=text, assistance=assistance)


def _line(view: SeatsView, line: LineOfSeats) -> _ShownLine:
    start, end = line.sold.window(view.order)
    course = str(line.sold.parameters.course)
    return _ShownLine(
        id=line.sold.line.id,
        title=line.sold.line.title or line.sold.line.product,
        seats=tuple(_seat(seat) for seat in line.seats),
        free=max(0, line.free),
        excess=max(0, -line.free),
        courses=tuple(line.sold.courses()),
        course=view.order.titles.get(course, ""),
        start=start,
        end=end,
    )


def _seat(seat: Seat) -> _ShownSeat:
    person = seat.person
    return _ShownSeat(
        key=seat.key,
        who=f"{person.firstname} {person.lastname}".strip() or person.email,
        email=person.email,
        tutor=person.kind == "tutor",
        done=seat.state == SeatState.DONE,
        started=seat.started,
        why=seat.why if seat.state == SeatState.REFUSED else None,
    )
