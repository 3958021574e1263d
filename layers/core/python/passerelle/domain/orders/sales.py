"""What the lines of an order were sold as (S14): noted when they are first fulfilled, and read ever after.

An order of a release that noted nothing takes it from its ledger: course, roles and dates as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast
from urllib.parse import parse_qsl, urlencode

from passerelle.domain.orders.facts import Line
from passerelle.domain.orders.ledger import Grant
from passerelle.domain.orders.order import Order, Sale, SeatState
from passerelle.domain.orders.products import Handler
from passerelle.domain.orders.shop import Product, Shop


def sale_of(line: Line, product: Product, shop: Shop) -> Sale:
    return Sale(
        line=line.id,
        product=line.product,
        handler=product.handler,
        parameters=product.parameters,
        learner_role=shop.learner_role,
        tutor_role=shop.tutor_role,
        tutors_free=product.tutors_free,
        price=product.price,
        currency=product.currency,
        prices=dict(product.prices),
        discounts=product.discounts,
    )


def product_of(sale: Sale) -> Product:
    return Product(
        handler=sale.handler,
        parameters=sale.parameters,
        price=sale.price,
        currency=sale.currency,
        prices=sale.prices,
        discounts=cast("Literal['take', 'park']", sale.discounts),
        tutors_free=sale.tutors_free,
    )


def products_as_sold(order: Order, shop: Shop) -> dict[str, Product]:
    """The shop's products, each as this order bought it, where it did."""
    return {**shop.products, **{sale.product: product_of(sale) for sale in order.sales}}


def shop_as_sold(shop: Shop, sale: Sale | None) -> Shop:
    if sale is None:
        return shop
    return replace(shop, learner_role=sale.learner_role, tutor_role=sale.tutor_role)


# -- orders of the last release ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A grant of the ledger with what is known of its course and person now."""

    grant: Grant
    course: str  # short name
    tutor: bool = False


def sale_from_ledger(order: Order, line: Line, shop: Shop, given: Iterable[Given]) -> Sale | None:
    """What the line gave, as parameters; None where it gave nothing in a course, or differently to several
    people: the product as it is now must do then.
    """
    by, shift = f"{order.id}:{line.id}", timedelta(seconds=order.shift)
    mine = [one for one in given if one.grant.by == by]
    support = next((one.course for one in given if one.grant.by == f"{by}:support"), "")
    courses = {one.course for one in mine}
    now = shop.products.get(line.product)
    ends = {one.grant.end for one in mine}
    people = sum(1 for seat in order.seats if seat.line == line.id and seat.state != SeatState.TAKEN)
    if now is None and ends == {None} and people > line.quantity:
        seats = -(-people // max(1, line.quantity))
        now = Product(handler=Handler.SEATS.value, parameters=f"packsize={seats}")  # that many at least
    if now is not None and now.handler == Handler.SEATS.value and ends == {None}:
        return _pack_from_ledger(order, line, shop, now, mine)
    if len(courses) != 1:
        return None
    starts = [one.grant.start for one in mine]
    if len(ends) != 1:
        return None
    parameters = _window(min(starts) - shift, _less(ends.pop(), shift))
    parameters = {"coursename": courses.pop(), **parameters}
    if support:
        parameters["customersupport"] = support
    seated = any(seat.line == line.id for seat in order.seats)
    learners, tutors = _roles(mine)
    if not seated:
        parameters["role"] = learners.pop() if learners else shop.learner_role
    return Sale(
        line=line.id,
        product=line.product,
        handler=(Handler.SESSION if seated else Handler.ENROL).value,
        parameters=urlencode(parameters),
        learner_role=learners.pop() if len(learners) == 1 else shop.learner_role,
        tutor_role=tutors.pop() if len(tutors) == 1 else shop.tutor_role,
        tutors_free=now.tutors_free if now else people > line.quantity,
    )


def _pack_from_ledger(
    order: Order, line: Line, shop: Shop, product: Product, mine: Sequence[Given]
) -> Sale | None:
    """Its courses, and who is what in them. How many seats it had stands in the product only."""
    parameters = dict(parse_qsl(product.parameters))
    chosen = {seat.person.course for seat in order.seats if seat.line == line.id}
    courses = sorted({one.course for one in mine})
    unchosen = [name for name in courses if name not in chosen]
    if "" in chosen and len(courses) > 1:
        if len(unchosen) != 1:
            return None  # nobody knows any more which of them came first
        courses = [*unchosen, *(name for name in courses if name not in unchosen)]
    if any(re.search(r"[,;\s]", name) for name in courses):
        return None
    named = re.split(r"[,;\s]+", parameters.get("courselist", ""))
    learners, tutors = _roles(mine)
    parameters["courselist"] = ",".join([*courses, *(one for one in named if one and one not in courses)])
    if len(tutors) == 1:
        parameters["supervisor"] = tutors.pop()
    return replace(
        sale_of(line, product, shop),
        parameters=urlencode(parameters),
        learner_role=learners.pop() if len(learners) == 1 else shop.learner_role,
        price="",  # it was compared when it was sold
        prices={},
    )


def _roles(mine: Iterable[Given]) -> tuple[set[str], set[str]]:
    """Of learners, and of tutors."""
    given = list(mine)
    return {g.grant.role for g in given if not g.tutor}, {g.grant.role for g in given if g.tutor}


def _less(moment: datetime | None, shift: timedelta) -> datetime | None:
    return None if moment is None else moment - shift


def _window(start: datetime, end: datetime | None) -> Mapping[str, str]:
    return {"starttime": start.isoformat(), **({"endtime": end.isoformat()} if end else {})}
