"""Whether what was paid is what was asked (S13).

What the shop itself granted and signed is no difference: a discount on a line or on the whole, a gift card
or store credit (a way of paying), a part of a bundle whose parent bears the price, a cent of rounding for
each piece.
"""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.orders.facts import Line
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Product
from passerelle.domain.records import Note

# What an authorised person may let through (S12, S13).
RELEASABLE = frozenset(
    {"amount_absurd", "amount_differs", "currency_differs", "price_differs", "price_unknown", "test_order"}
)


def check_amounts(order: Order, products: Mapping[str, Product]) -> Note | None:
    """Why nothing may be done for this money; None where it is right. Lines of what is no training count
    in the sum only.
    """
    trainings = [line for line in order.lines if line.product in products]
    return (
        _absurd(order, trainings)
        or _currency(order, trainings, products)
        or _sum_of_lines(order)
        or _prices(order, trainings, products)
        or _unsaid(order, trainings, products)
    )


def _absurd(order: Order, trainings: list[Line]) -> Note | None:
    """A figure that makes no sense is nobody's money."""
    odd = next(iter(order.odd), "")
    if not odd and order.total is not None and order.total < 0:
        odd = "total"
    for line in trainings:
        if not odd and (line.odd or line.quantity < 1 or (line.amount or 0) < 0):
            odd = f"{line.product}: {line.odd or ('quantity' if line.quantity < 1 else 'amount')}"
    odd = odd or next((f"{one.id}: {one.odd}" for one in order.refunds if one.odd), "")
    return Note("amount_absurd", {"figure": odd}) if odd else None


def _currency(order: Order, trainings: list[Line], products: Mapping[str, Product]) -> Note | None:
    for line in trainings:
        prices = products[line.product].prices_minor
        if prices and order.currency.upper() not in prices:
            details = {"product": line.product, "paid": order.currency or "?", "asked": ", ".join(prices)}
            return Note("currency_differs", details)
    return None


def _sum_of_lines(order: Order) -> Note | None:
    """Delivery and taxes may come on top of the lines; below them is only what was paid by other means, or
    taken off the whole.
    """
    if _short(order) > _off_the_whole(order):
        lines = sum(line.amount or 0 for line in order.lines)
        return Note("amount_differs", {"lines": str(lines), "total": str(order.total)})
    return None


def _short(order: Order) -> int:
    """How much the total is below its lines."""
    amounts = [line.amount for line in order.lines if not line.odd]
    if order.total is None or None in amounts:
        return 0
    lines = sum(amount or 0 for amount in amounts)
    return max(0, lines - order.credit - order.total - _rounding(order.lines))


def _off_the_whole(order: Order) -> int:
    """Discounts that stand on no line."""
    return max(0, order.discount - sum(line.discount for line in order.lines))


def _prices(order: Order, trainings: list[Line], products: Mapping[str, Product]) -> Note | None:
    """What each training was paid, with what the shop took off itself, is not below its price."""
    left = _off_the_whole(order) - _short(order)
    for line in trainings:
        product = products[line.product]
        price = product.prices_minor.get(order.currency.upper())
        if price is None or line.amount is None:
            continue
        missing = price * line.quantity - line.amount - line.quantity
        if product.discounts == "park":
            missing += _off_the_whole(order)
        elif missing > line.discount and not _bundled(order, line):
            missing -= line.discount
            used, left = min(missing, left), max(0, left - missing)
            missing -= used
        else:
            missing = 0
        if missing > 0:
            return Note("price_differs", {"product": line.product})
    return None


def _unsaid(order: Order, trainings: list[Line], products: Mapping[str, Product]) -> Note | None:
    """Lines that bear no amount: the total is not below the prices of what is sold."""
    silent = [line for line in trainings if line.amount is None]
    asked = 0
    for line in silent:
        price = products[line.product].prices_minor.get(order.currency.upper())
        if price is None and order.hearsay:
            return Note("price_unknown", {"product": line.product})
        asked += (price or 0) * line.quantity
    taken = all(products[line.product].discounts == "take" for line in silent)
    granted = order.credit + (order.discount if taken else 0)
    if asked > (order.total or 0) + granted + _rounding(silent):
        return Note("price_differs", {"product": silent[0].product})
    return None


def _bundled(order: Order, line: Line, below: frozenset[str] = frozenset()) -> bool:
    """Whether another line of the bundle bears the price: its parent, or one of the same group."""
    if not line.part_of or line.id in below:
        return False
    parent = order.line(line.part_of)
    if parent is not None:
        return (parent.amount or 0) + parent.discount > 0 or _bundled(order, parent, below | {line.id})
    group = [one for one in order.lines if one.part_of == line.part_of]
    return sum(one.amount or 0 for one in group) > 0


def _rounding(lines: tuple[Line, ...] | list[Line]) -> int:
    """One minor unit for each piece."""
    return sum(max(0, line.quantity) for line in lines)
