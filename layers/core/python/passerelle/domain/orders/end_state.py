"""What an order has come to once everything that could be done for it was done, and why (S3, S12, S14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from passerelle.domain.orders.order import Order, SeatState
from passerelle.domain.orders.session import Reading, Session, free_seats
from passerelle.domain.records import Note, distinct
from passerelle.domain.states import OrderState

EndState = tuple[OrderState, tuple[Note, ...]]


def end_state(
    order: Order, session: Session, reading: Reading, problems: Sequence[Note], remarks: Iterable[Note] = ()
) -> EndState:
    """`problems` are lines that could not be delivered; what stopped a person stands in the order's seats;
    `remarks` stop nothing.
    """
    if not order.due and any(note.code == "ledger_unreadable" for note in problems):
        return OrderState.PARKED, distinct(problems)  # somebody may still have what is to be taken away
    if order.cancelled_at is not None:
        return OrderState.CANCELLED, ()
    if not order.due:
        return OrderState.REFUNDED, ()
    if not reading.sold and not reading.refused:
        # Seats of lines that the shop took out since are gone by now.
        return OrderState.CANCELLED if order.seats else OrderState.NOT_OURS, ()
    too_many = _seats_to_choose(order, reading)
    undone = distinct([*reading.refused, *problems, *_people_stopped(order)])
    anybody = any(seat.state == SeatState.DONE for seat in order.seats)
    if too_many:
        return OrderState.WAITING, (*too_many, *undone)
    if undone:
        delivered = anybody or (bool(session.enrolments) and not problems)
        return (OrderState.PARTLY_FULFILLED if delivered else OrderState.PARKED), undone
    if session.missing:
        return OrderState.WAITING, session.missing
    left = _seats_left(order, reading)
    if left and not anybody:
        return OrderState.WAITING, left
    return OrderState.FULFILLED, (*left, *session.remarks, *remarks, *_amounts_given_back(order))


def _people_stopped(order: Order) -> Iterator[Note]:
    for seat in order.seats:
        if seat.state == SeatState.REFUSED and seat.why is not None:
            yield seat.why
    if order.operator is not None and order.operator.why is not None:
        yield order.operator.why


def _seats_to_choose(order: Order, reading: Reading) -> tuple[Note, ...]:
    """More seats given back than were free: the buyer says whose go (S14)."""
    return tuple(
        Note("choose_seats", {"product": one.line.product, "count": str(-free)})
        for one in reading.sold
        if one.peopled and (free := free_seats(order, one)) < 0
    )


def _seats_left(order: Order, reading: Reading) -> tuple[Note, ...]:
    free = sum(max(0, free_seats(order, one)) for one in reading.sold if one.peopled)
    return (Note("seats_free", {"count": str(free)}),) if free else ()


def _amounts_given_back(order: Order) -> tuple[Note, ...]:
    """Of an amount alone: noted, and takes nothing away (S14)."""
    lost = any(dispute.state == "lost" for dispute in order.disputes)
    if not lost and all(refund.lines for refund in order.given):
        return ()
    return (Note("refund_of_amount", {"amount": str(order.refunded)}),)
