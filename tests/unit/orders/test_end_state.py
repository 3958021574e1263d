"""What an order has come to, by table (S3, S12, S14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.orders.end_state import end_state
from passerelle.domain.orders.facts import Dispute, Refund
from passerelle.domain.orders.order import Order, Seat, SeatState, merged, new_order
from passerelle.domain.orders.session import Reading, Session, desired, read_lines, seated
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from tests.factories.orders import a_line, a_participant, a_shop, some_facts
from tests.factories.records import NOW

ANA, BOB = a_participant("ana"), a_participant("bob")
NO_COURSE = Note("course_unknown", {"course": "SPOCM1", "site": "caen"})
NO_PRODUCT = Note("product_unknown", {"product": "?"})
TWICE = Note("email_twice")
NO_TUTOR = Note("role_missing", {"role": "teacher", "product": "SPOCM1"})


def worked_on(*states: str, seats: int = 2, **changes: Any) -> Order:
    """An order of two seats, ana's and bob's, with what became of each."""
    people = (ANA, BOB)[: len(states)]
    line = a_line(quantity=seats, amount=seats * 1000, participants=people)
    order = merged(new_order("boutique", some_facts(lines=(line,)), NOW), some_facts(lines=(line,)))
    reading = read_lines(order, a_shop())
    done = tuple(
        replace(seat, state=state, why=TWICE if state == SeatState.REFUSED else None)
        for seat, state in zip(seated(order, reading.sold, NOW), states, strict=True)
    )
    return replace(order, seats=done, **changes)


def ended(
    order: Order, *problems: Note, refused: tuple[Note, ...] = (), missing: tuple[Note, ...] = ()
) -> tuple[OrderState, list[str]]:
    reading = read_lines(order, a_shop())
    session = desired(order, a_shop(), reading.sold)
    state, why = end_state(
        order,
        replace(session, missing=missing),
        Reading(reading.sold, refused),
        problems,
    )
    return state, [note.code for note in why]


DONE, REFUSED, TAKEN = SeatState.DONE, SeatState.REFUSED, SeatState.TAKEN
ALL_DONE = worked_on(DONE, DONE)
ONE_BACK = Refund("r1", 1000, {"1": 1})
AMOUNT_BACK = Refund("r2", 500)


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("order", "given", "state", "why"),
    [
        (ALL_DONE, {}, OrderState.FULFILLED, []),
        (worked_on(DONE, seats=2), {}, OrderState.FULFILLED, ["seats_free"]),
        (worked_on(seats=2), {}, OrderState.WAITING, ["seats_free"]),
        (worked_on(DONE, REFUSED), {}, OrderState.PARTLY_FULFILLED, ["email_twice"]),
        (worked_on(REFUSED, REFUSED), {}, OrderState.PARTLY_FULFILLED, ["email_twice"]),
        (
            worked_on(REFUSED, REFUSED),
            {"problems": [NO_COURSE]},
            OrderState.PARKED,
            ["course_unknown", "email_twice"],
        ),
        (ALL_DONE, {"problems": [NO_COURSE, NO_COURSE]}, OrderState.PARTLY_FULFILLED, ["course_unknown"]),
        (ALL_DONE, {"refused": (NO_PRODUCT,)}, OrderState.PARTLY_FULFILLED, ["product_unknown"]),
        (ALL_DONE, {"missing": (NO_TUTOR,)}, OrderState.WAITING, ["role_missing"]),
        (replace(ALL_DONE, cancelled_at=NOW), {}, OrderState.CANCELLED, []),
        (replace(ALL_DONE, refunds=(Refund("r", 2000, {"1": 2}),)), {}, OrderState.REFUNDED, []),
        (replace(ALL_DONE, disputes=(Dispute("d", "lost"),)), {}, OrderState.REFUNDED, []),
        (replace(ALL_DONE, paid_at=None), {}, OrderState.REFUNDED, []),
    ],
    ids=[
        "everybody done",
        "a seat left to name",
        "nobody named yet",
        "one of two stopped",
        "all stopped, though the course stands",
        "all stopped, and no course",
        "a reason is said once",
        "another line refused",
        "a required role that nobody has",
        "cancelled",
        "given back whole",
        "a dispute lost",
        "payment taken back",
    ],
)
def test_an_order_ends(order: Order, given: dict[str, Any], state: OrderState, why: list[str]) -> None:
    given = dict(given)
    assert ended(order, *given.pop("problems", ()), **given) == (state, why)


@pytest.mark.rule("S14")
@pytest.mark.parametrize(
    ("order", "state", "why"),
    [
        (replace(ALL_DONE, refunds=(ONE_BACK,)), OrderState.WAITING, ["choose_seats"]),
        (
            replace(worked_on(DONE, REFUSED), refunds=(ONE_BACK,)),
            OrderState.WAITING,
            ["choose_seats", "email_twice"],
        ),
        (replace(worked_on(DONE, TAKEN), refunds=(ONE_BACK,)), OrderState.FULFILLED, []),
        (replace(worked_on(DONE), refunds=(ONE_BACK,)), OrderState.FULFILLED, []),
        (replace(ALL_DONE, refunds=(AMOUNT_BACK,)), OrderState.FULFILLED, ["refund_of_amount"]),
        (
            replace(worked_on(DONE), refunds=(AMOUNT_BACK,)),
            OrderState.FULFILLED,
            ["seats_free", "refund_of_amount"],
        ),
    ],
    ids=[
        "more given back than was free: whose goes is asked",
        "and who was stopped is said too",
        "the seat given back is chosen",
        "a free seat given back",
        "an amount alone takes nothing",
        "an amount alone, with a seat left",
    ],
)
def test_a_refund_leaves_an_order(order: Order, state: OrderState, why: list[str]) -> None:
    assert ended(order) == (state, why)


@pytest.mark.rule("S1")
def test_a_buyer_who_is_stopped_leaves_it_done_in_part() -> None:
    buyer = Seat("", a_participant("rh"), state=REFUSED, why=Note("account_suspended"))
    assert ended(replace(ALL_DONE, operator=buyer)) == (OrderState.PARTLY_FULFILLED, ["account_suspended"])


def test_where_nothing_is_sold_as_seats_nothing_is_free() -> None:
    nobody = replace(ALL_DONE, seats=())
    assert end_state(nobody, Session(), Reading(()), ()) == (OrderState.NOT_OURS, ())


def test_an_order_whose_lines_were_all_taken_out_is_gone() -> None:
    assert end_state(ALL_DONE, Session(), Reading(()), ()) == (OrderState.CANCELLED, ())
