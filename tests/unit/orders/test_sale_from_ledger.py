"""What an order of a release that noted nothing was sold as, by what its ledger gives (S14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from passerelle.domain.orders.facts import Line, Participant
from passerelle.domain.orders.ledger import Grant
from passerelle.domain.orders.order import Order, Sale, Seat, SeatState
from passerelle.domain.orders.sales import (
    Given,
    product_of,
    products_as_sold,
    sale_from_ledger,
    sale_of,
    shop_as_sold,
)
from passerelle.domain.orders.shop import Product, Shop
from tests.factories.orders import a_product, a_shop

pytestmark = pytest.mark.rule("S14")
START = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
END = START + timedelta(days=35)
DAY = timedelta(days=1)
PACK = a_product("std_generateseats", parameters="courselist=A, B&packsize=4&supervisor=now", price="9.00")


def given(course: str = "A", role: str = "student", by: str = "b:1:1", **changes: Any) -> Given:
    whole: dict[str, Any] = {"start": START, "end": END}
    tutor = bool(changes.pop("tutor", False))
    return Given(Grant(by, role, **whole | changes), course, tutor)


def seats(*courses: str, state: str = SeatState.DONE, line: str = "1") -> tuple[Seat, ...]:
    people = [Participant(f"p{n}@x", "P", str(n), course=course) for n, course in enumerate(courses)]
    return tuple(Seat(line, person, state) for person in people)


def sold(
    rows: Iterable[Given],
    *,
    product: Product | None = None,
    seated: tuple[Seat, ...] = (),
    quantity: int = 1,
    shift: int = 0,
) -> tuple[Sale, dict[str, str]] | None:
    shop = a_shop(products={"P": product} if product else {}, learner_role="learns", tutor_role="tutors")
    order = Order(id="b:1", shop="b", received_at=START, seats=seated, shift=shift)
    sale = sale_from_ledger(order, Line("1", "P", quantity=quantity), shop, rows)
    return None if sale is None else (sale, dict(parse_qsl(sale.parameters)))


def test_access_that_seats_got_is_a_session_and_access_of_the_buyer_alone_an_enrolment() -> None:
    window = {"starttime": START.isoformat(), "endtime": END.isoformat()}
    sale, parameters = sold([given()]) or pytest.fail("nothing")
    assert (sale.line, sale.product, sale.handler) == ("1", "P", "std_enrolonecourse")
    assert parameters == {"coursename": "A", "role": "student", **window}
    assert (sale.learner_role, sale.tutor_role) == ("learns", "tutors")
    sale, parameters = sold(
        [given(), given(role="teacher", tutor=True)], seated=seats("", "")
    ) or pytest.fail("nothing")
    assert sale.handler == "std_setuponecoursesession"
    assert parameters == {"coursename": "A", **window}
    assert (sale.learner_role, sale.tutor_role) == ("student", "teacher")
    _, parameters = sold([given(role="x", tutor=True)]) or pytest.fail("nothing")
    assert parameters["role"] == "learns"


def test_it_ran_from_the_first_start_to_the_one_end_before_it_was_moved() -> None:
    rows = [given(start=START + DAY), given()]
    _, parameters = sold(rows, shift=86_400) or pytest.fail("nothing")
    assert parameters["starttime"] == (START - DAY).isoformat()
    assert parameters["endtime"] == (END - DAY).isoformat()
    _, parameters = sold([given(end=None)], shift=86_400) or pytest.fail("nothing")
    assert "endtime" not in parameters


def test_only_what_the_line_itself_gave_counts_and_its_support_course_is_told() -> None:
    others = [
        given("B", by="b:1:2"),
        given("C", by="b:1:10"),
        given("S", by="b:1:1:support"),
        given("T", by="b:1:2:support"),
    ]
    _, parameters = sold([given(), *others]) or pytest.fail("nothing")
    assert (parameters["coursename"], parameters["customersupport"]) == ("A", "S")
    assert "customersupport" not in (sold([given()]) or pytest.fail("nothing"))[1]
    assert sold(others) is None


@pytest.mark.parametrize(
    "rows", [[], [given(), given("B")], [given(), given(end=None)], [given(), given(end=START)]]
)
def test_what_gave_nothing_or_differently_to_several_people_is_not_known_any_more(rows: list[Given]) -> None:
    assert sold(rows, seated=seats("", "")) is None


def test_several_roles_of_learners_are_those_of_the_shop() -> None:
    rows = [given(), given(role="other"), given(role="t1", tutor=True), given(role="t2", tutor=True)]
    sale, _ = sold(rows, seated=seats("")) or pytest.fail("nothing")
    assert (sale.learner_role, sale.tutor_role) == ("learns", "tutors")


@pytest.mark.rule("S3")
@pytest.mark.parametrize(
    ("people", "quantity", "product", "free"),
    [
        (2, 2, None, False),
        (3, 2, None, True),
        (3, 2, a_product(), False),
        (1, 2, a_product(tutors_free=True), True),
    ],
)
def test_a_tutor_was_free_if_the_product_says_so_or_else_if_there_are_more_people_than_seats(
    people: int, quantity: int, product: Product | None, free: bool
) -> None:
    rows = [given() for _ in range(people)]
    gone = seats("", "", state=SeatState.TAKEN) + seats("", "", line="2")
    sale, _ = sold(
        rows, product=product, seated=seats(*[""] * people) + gone, quantity=quantity
    ) or pytest.fail("no")
    assert sale.tutors_free is free


# -- packs of seats: open access, in courses that each person may choose ------------------------------------------

OPEN: dict[str, Any] = {"end": None}


@pytest.mark.parametrize(
    ("courses", "chosen", "listed"),
    [
        (["A"], [""], "A,B"),
        (["B"], [""], "B,A"),
        (["A", "B"], ["A", "B"], "A,B"),
        (["A", "B"], ["", "A"], "B,A"),
        (["B", "A"], ["", "B"], "A,B"),
        (["A"], ["", "A"], "A,B"),
        (["A", "B"], ["", "A", "B"], None),
        (["A", "B", "C"], ["", "C"], None),
        (["C", "A", "B"], ["", "C", "A"], "B,A,C"),
        (["A, x"], [""], None),
        (["A;x"], [""], None),
        (["A x"], [""], None),
        ([], [""], None),
    ],
)
def test_a_packs_first_course_is_the_one_that_nobody_chose(
    courses: list[str], chosen: list[str], listed: str | None
) -> None:
    rows = [given(name, **OPEN) for name in courses]
    found = sold(rows, product=PACK, seated=seats(*chosen)) if courses else sold(rows, product=PACK)
    assert (found and found[1].get("courselist")) == listed


def test_a_pack_keeps_its_size_and_takes_its_roles_from_the_ledger_and_no_price() -> None:
    rows = [given(**OPEN), given(role="teacher", tutor=True, **OPEN)]
    sale, parameters = sold(rows, product=PACK, seated=seats("", "")) or pytest.fail("nothing")
    assert (sale.handler, sale.price, sale.prices) == ("std_generateseats", "", {})
    assert parameters == {"courselist": "A,B", "packsize": "4", "supervisor": "teacher"}
    assert (sale.learner_role, sale.tutor_role) == ("student", "tutors")
    both = [*rows, given(role="x", **OPEN), given(role="y", tutor=True, **OPEN)]
    sale, parameters = sold(both, product=PACK, seated=seats("", "")) or pytest.fail("nothing")
    assert (sale.learner_role, parameters["supervisor"]) == ("learns", "now")


@pytest.mark.parametrize(
    ("people", "quantity", "size"), [(3, 1, "3"), (4, 2, "2"), (5, 2, "3"), (2, 0, "2"), (3, -1, "3"), (2, 2, None), (1, 1, None)]
)  # fmt: skip
def test_a_retired_pack_held_at_least_as_many_seats_as_people_have(
    people: int, quantity: int, size: str | None
) -> None:
    rows = [given(**OPEN) for _ in range(people)]
    sale, parameters = sold(rows, seated=seats(*[""] * people), quantity=quantity) or pytest.fail("nothing")
    assert parameters.get("packsize") == size
    assert (sale.handler == "std_generateseats") is (size is not None)
    ended = [given() for _ in range(people)]
    sale, _ = sold(ended, seated=seats(*[""] * people), quantity=quantity) or pytest.fail("nothing")
    assert sale.handler == "std_setuponecoursesession"


def test_a_pack_whose_access_has_an_end_was_no_pack() -> None:
    sale, _ = sold([given()], product=PACK, seated=seats("")) or pytest.fail("nothing")
    assert sale.handler == "std_setuponecoursesession"


# -- what is noted since -----------------------------------------------------------------------------------------


def test_what_was_sold_is_noted_whole_and_read_ever_after() -> None:
    shop: Shop = a_shop(learner_role="l", tutor_role="t")
    product = replace(PACK, currency="CHF", prices={"EUR": "8"}, discounts="park", tutors_free=True)
    sale = sale_of(Line("7", "P"), product, shop)
    assert (sale.line, sale.product, sale.learner_role, sale.tutor_role) == ("7", "P", "l", "t")
    assert product_of(sale) == product
    order = Order(id="b:1", shop="b", received_at=START, sales=(sale,))
    assert products_as_sold(order, shop) == {**shop.products, "P": product}
    later = replace(shop, learner_role="x", tutor_role="y")
    assert shop_as_sold(later, sale) == shop
    assert shop_as_sold(later, None) is later
