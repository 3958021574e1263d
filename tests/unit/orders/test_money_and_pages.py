"""Small figures, one cent each way, and what a page of the ledger keeps (S13, S14, S16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.orders.amounts import check_amounts
from passerelle.domain.orders.facts import Buyer, Line, Participant, Refund
from passerelle.domain.orders.ledger import CourseAccess, Grant, LedgerPage, to_be_written
from passerelle.domain.orders.order import Order, Seat, of_its_buyer
from passerelle.domain.orders.people import read_people
from tests.factories.orders import a_product

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    return Order(**{"id": "b:1", "shop": "b", "received_at": AT, "currency": "EUR", **changes})


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("total", "price", "differs"),
    [(0, "0.01", False), (0, "0.02", True), (1, "0.02", False), (None, "0.02", True)],
)
def test_of_lines_without_an_amount_the_total_may_be_a_cent_for_each_piece_below_the_price(
    total: int | None, price: str, differs: bool
) -> None:
    order = an_order(lines=(Line("1", "P", quantity=1),), total=total)
    note = check_amounts(order, {"P": a_product(price=price)})
    assert (note is not None and note.code == "price_differs") is differs


@pytest.mark.rule("S13", "S16")
@pytest.mark.parametrize(
    ("total", "whole", "amount", "worth"),
    [(100, 3, 1, 33), (100, 3, 3, 100), (100, 0, 1, 0), (None, 3, 1, 0)],
)
def test_an_amount_of_another_currency_is_worth_its_part_of_the_total_in_whole_cents(
    total: int | None, whole: int, amount: int, worth: int
) -> None:
    order = an_order(total=total, total_in={"USD": whole})
    found = order.worth(amount, "USD")
    assert (found, type(found)) == (worth, int)
    assert (order.worth(amount, "EUR"), order.worth(amount, ""), order.worth(amount, "CHF")) == (
        amount,
        amount,
        0,
    )


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    ("pending", "state", "told", "refunded"),
    [
        (1, "pending", 0, 0),
        (1, "failed", 0, 0),
        (1, "failed", -1, 1),
        (1, "done", 0, 1),
        (2, "pending", 0, 0),
    ],
)
def test_a_running_total_of_a_cent_whose_only_part_is_pending_or_failed_since_is_no_refund(
    pending: int, state: Any, told: int, refunded: int
) -> None:
    part = Refund("r", pending, state=state, told_at=AT + timedelta(seconds=told))
    order = an_order(total=100, refunds=(Refund("total:1", 1, told_at=AT), part))
    assert order.refunded == refunded


@pytest.mark.rule("S16")
def test_a_buyer_whom_the_shop_corrected_is_remembered_until_nothing_is_left_to_the_wrong_one() -> None:
    wrong = Seat("", Participant("old@x", "O", "Ld"), user_id=7)
    order = an_order(buyer=Buyer(email="new@x"), operator=wrong, former=(wrong,))
    assert of_its_buyer(order) == replace(order, operator=None, former=(wrong, wrong))
    right = replace(order, operator=Seat("", Participant("New@x", "N", "Ew")))
    assert of_its_buyer(right) is right
    nobody = replace(order, operator=None)
    assert of_its_buyer(nobody) is nobody


@pytest.mark.rule("S14")
def test_a_page_keeps_the_groups_and_roles_that_moodle_may_hold_beside_those_that_are_wanted() -> None:
    place = CourseAccess(
        5, grants=(Grant("b:1:1", "student", AT, group="new"),), written=("teacher",), groups=("old",)
    )
    page = LedgerPage(id="caen:7", site="caen", user_id=7, username="u", created_at=AT, places=(place,))
    written = to_be_written(page, 5).place(5)
    assert written is not None
    assert (written.written, written.groups) == (("student", "teacher"), ("new", "old"))


@pytest.mark.rule("S2")
def test_a_row_with_the_three_needed_cells_says_nothing_more_and_a_quoted_name_loses_its_quotes() -> None:
    assert read_people("Martin,Ana,ana@x.example").people == (Participant("ana@x.example", "Ana", "Martin"),)
    (quoted,) = read_people('"Martin, fils", "Ana", ana@x.example').people
    assert (quoted.lastname, quoted.firstname) == ("Martin, fils", "Ana")
