"""What the buyer does with the seats: names people, swaps one not yet started, gives some back (S3, S14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from passerelle.domain.orders.accounts import account_of
from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.orders.people import RowProblem, problem_of
from passerelle.domain.orders.seats import LineOfSeats, SeatsView, swaps_left, too_many_free_tutors
from passerelle.domain.orders.session import Sold, free_seats, read_lines, seated
from passerelle.domain.states import OrderState
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend


def view(world: World, order_id: str) -> SeatsView:
    """Raises NotFound `order_unknown`."""
    order = world.records.get(Order, order_id)
    shop = world.network.shops.get(order.shop) if order else None
    if order is None or shop is None:
        raise NotFound("order_unknown", order=order_id)
    reading = read_lines(order, shop)
    if not order.due or reading.against is not None or order.state is OrderState.PARKED:
        return SeatsView(order, shop, waits=_waits(order))
    whole = replace(order, seats=seated(order, reading.sold, order.received_at))
    lines = tuple(
        LineOfSeats(sold, whole.seats_of(sold.line.id), free_seats(whole, sold))
        for sold in reading.sold
        if sold.peopled
    )
    return SeatsView(whole, shop, lines)


def _waits(order: Order) -> str:
    if order.gone:
        return "buyer_order_gone"
    return "buyer_looked_at" if order.due else "buyer_payment_awaited"


def name_people(
    world: World, order_id: str, line_id: str, people: tuple[Participant, ...]
) -> tuple[RowProblem, ...]:
    """Give free seats of a line to these people, all of them or, where a row is wrong, none.

    Answers what is wrong, by row. Raises Refused `no_free_seat`, NotFound.
    """
    now = world.clock.now()
    problems: list[RowProblem] = []

    def decide(order: Order) -> Order:
        problems.clear()
        sold, whole = _line(world, order, line_id)
        problems.extend(_wrong_rows(sold, whole, people))
        wanted = sum(sold.takes_a_seat(person) for person in people)
        free = free_seats(whole, sold)
        if wanted > max(free, 0):
            raise Refused("no_free_seat", free=max(free, 0))
        every = [seat.person for seat in whole.seats_of(line_id)] + list(people)
        if too_many_free_tutors(world.network.shops[order.shop], sold, every):
            raise Refused("too_many_tutors")
        if problems:
            return order
        again = {f"{line_id}:{person.key}" for person in people}
        kept = tuple(seat for seat in whole.seats if seat.key not in again or seat.user_id)
        fresh = []
        for person in people:
            old = next((seat for seat in kept if seat.key == f"{line_id}:{person.key}"), None)
            if old is not None:
                kept = tuple(
                    replace(seat, state=SeatState.OPEN, person=person, given_at=now) if seat is old else seat
                    for seat in kept
                )
            else:
                fresh.append(Seat(line_id, person, given_at=now))
        return replace(order, seats=(*kept, *fresh))

    amend(world.records, Order, order_id, decide)
    if not problems and people:
        world.queues.send("orders", {"order": order_id})
    return tuple(problems)


def _wrong_rows(sold: Sold, order: Order, people: tuple[Participant, ...]) -> Iterator[RowProblem]:
    held = {seat.person.key for seat in order.seats_of(sold.line.id)}
    seen: set[str] = set()
    for row, person in enumerate(people, 1):
        code = problem_of(person, seen) or ("email_seated" if person.key in held else "")
        if not code and person.course and person.course not in sold.courses():
            code = "course_unknown"
        if code:
            yield RowProblem(row, code)
        seen.add(person.key)


def swap(world: World, order_id: str, seat_key: str, person: Participant) -> tuple[RowProblem, ...]:
    """Another person on a seat whose holder has not started. Raises Refused `seat_started`, `no_swap_left`,
    NotFound.
    """
    order = _order(world, order_id)
    shop = world.network.shops.get(order.shop)
    if shop is None or not swaps_left(order, shop, read_lines(order, shop).sold):
        raise Refused("no_swap_left")
    seat = _seat(order, seat_key)
    if has_started(world, order, seat):
        raise Refused("seat_started")
    code = problem_of(person)
    if not code and any(s.person.key == person.key for s in order.seats_of(seat.line)):
        code = "email_seated"
    if code:
        return (RowProblem(1, code),)
    now = world.clock.now()

    def decide(before: Order) -> Order:
        old = _seat(before, seat_key)
        fresh = Seat(old.line, replace(person, kind=old.person.kind, course=old.person.course), given_at=now)
        others = tuple(s for s in before.seats if s.key not in (seat_key, fresh.key))
        seats = (*others, replace(old, state=SeatState.TAKEN, why=None), fresh)
        return replace(before, seats=seats, swaps=before.swaps + 1)

    amend(world.records, Order, order_id, decide)
    world.queues.send("orders", {"order": order_id})
    return ()


def give_back(world: World, order_id: str, seat_key: str) -> None:
    """The buyer says whose seat the refund is about (S14). Raises Refused where none is to be given back."""

    def decide(before: Order) -> Order:
        seat = _seat(before, seat_key)
        sold, whole = _line(world, before, seat.line)
        if free_seats(whole, sold) >= 0:
            raise Refused("no_free_seat", free=0)
        taken = tuple(
            replace(s, state=SeatState.TAKEN, why=None) if s.key == seat_key else s for s in whole.seats
        )
        return replace(before, seats=taken)

    amend(world.records, Order, order_id, decide)
    world.queues.send("orders", {"order": order_id})


def has_started(world: World, order: Order, seat: Seat) -> bool:
    """Whether the holder has opened Moodle since the seat was theirs; asked of Moodle now."""
    if seat.started or not seat.user_id:
        return seat.started
    shop = world.network.shops[order.shop]
    roster = world.sites.roster(shop.site)
    if world.network.sites[shop.site].plugins:
        found = roster.find_users("email", [seat.person.key]).get(seat.person.key, ())
    else:
        found = roster.users_by_email(seat.person.key)
    user = account_of(found)
    if user is None or not hasattr(user, "lastaccess"):
        return False
    since = seat.given_at or order.paid_at or order.received_at
    return user.lastaccess is not None and (user.lastaccess >= since or seat.existed is False)


def _order(world: World, order_id: str) -> Order:
    order = world.records.get(Order, order_id)
    if order is None:
        raise NotFound("order_unknown", order=order_id)
    return order


def _seat(order: Order, key: str) -> Seat:
    seat = next((s for s in order.seats if s.key == key and s.state != SeatState.TAKEN), None)
    if seat is None:
        raise NotFound("seat_unknown")
    return seat


def _line(world: World, order: Order, line_id: str) -> tuple[Sold, Order]:
    shop = world.network.shops.get(order.shop)
    if shop is None or not order.due:
        raise Refused("order_gone", order=order.shown)
    sold = next((s for s in read_lines(order, shop).sold if s.line.id == line_id and s.peopled), None)
    if sold is None:
        raise NotFound("seat_unknown")
    return sold, replace(order, seats=seated(order, (sold,), order.received_at))
