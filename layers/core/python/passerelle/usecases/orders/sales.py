"""What an order of the last release was sold as, taken from its ledger at first touch (S14)."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.orders.ledger import LedgerPage, page_id
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.sales import Given, sale_from_ledger
from passerelle.domain.orders.shop import Shop
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.usecases.amend import amend


def remember(world: World, order: Order, shop: Shop) -> Order:
    """The order with what its lines gave; one of which nothing stands is left as it is."""
    given = _given(world, order, shop)
    found = (sale_from_ledger(order, line, shop, given) for line in order.lines)
    sales = tuple(sale for sale in found if sale is not None)
    if not sales:
        return order
    return amend(
        world.records,
        Order,
        order.id,
        lambda before: before if before.sales else replace(before, sales=sales, site=shop.site),
    )


def _page(world: World, site: str, user_id: int) -> LedgerPage | None:
    """Without it nobody knows what was sold: the order waits, and says whose page is to be repaired."""
    try:
        return world.records.get(LedgerPage, page_id(site, user_id))
    except GiveUp:
        raise GiveUp("ledger_unreadable", site=site, user=user_id) from None


def _given(world: World, order: Order, shop: Shop) -> list[Given]:
    tutors = {seat.user_id for seat in order.seats if seat.person.kind == "tutor"}
    people = {seat.user_id for seat in (*order.seats, order.operator) if seat is not None and seat.user_id}
    roster = world.sites.roster(shop.site)
    names: dict[int, str] = {}
    found = []
    for user_id in sorted(people):
        page = _page(world, shop.site, user_id)
        for place in page.places if page else ():
            mine = [grant for grant in place.grants if grant.by.startswith(f"{order.id}:")]
            if mine and place.course_id not in names:
                course = roster.course(place.course_id)
                names[place.course_id] = course.shortname if course else ""
            if mine and names[place.course_id]:
                found += [Given(one, names[place.course_id], user_id in tutors) for one in mine]
    return found
