"""What is held of a person, and forgetting them, as the command does it but by the index of who is named
where: the console never scans (G1, H2).

An operator of the network sees and forgets. An administrator of a site sees what is of that site, which leads
to nothing elsewhere: who else somebody is, is learnt from the site's own records alone. What only a whole
look finds (documents, a name in what people wrote) the night forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from passerelle.domain.console import Reach
from passerelle.domain.network import Network
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage, page_id
from passerelle.domain.orders.order import Order
from passerelle.domain.people import known_as
from passerelle.domain.people_in_papers import Leftover
from passerelle.domain.person_words import by_identifier
from passerelle.domain.records import Record
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases import people
from passerelle.usecases.amend import list_all
from passerelle.usecases.erasures import erasure_key
from passerelle.usecases.people_kept import CONFIGURATION

MOST = 2000  # records that one page can be made of
MOST_UNREAD = 100  # deliveries without an order that are opened and read


@dataclass(frozen=True)
class Indexed:
    """The port `Inventory` over what names one person, the deliveries of their orders, and the pages of the
    ledger that tell until when these orders run. Raises Refused `person_too_often`.
    """

    world: World
    name: str = field(repr=False)
    within: Callable[[Record], bool]

    def records(self, *, readable_only: bool = False) -> Iterator[Record]:  # noqa: ARG002 - the port's own
        return iter(self._found)

    def page(self, after: str | None, limit: int) -> tuple[tuple[Record, ...], str | None]:  # noqa: ARG002 - the port's own
        return self._found, None

    def documents(self) -> Iterator[str]:
        return iter(())

    def text(self, key: str) -> str | None:
        """Of the configuration alone: whoever is in office stays named in what they decided."""
        return self.world.papers.get_text(key) if key == CONFIGURATION else None

    def rewrite(self, key: str, text: str) -> None:
        self.world.papers.put_json(key, text)

    def leftovers(self, after: str = "") -> Iterator[Leftover]:  # noqa: ARG002 - the port's own
        return iter(())

    def drop(self, leftover: Leftover) -> None:
        """None is held here."""

    @cached_property
    def _found(self) -> tuple[Record, ...]:
        found: dict[tuple[type, str], Record] = {}
        words, asked = {by_identifier(self.name)}, set[str]()
        while words - asked:
            for word in words - asked:
                found |= {(type(one), one.id): one for one in self._naming(word)}
                if len(found) > MOST:
                    raise Refused("person_too_often")
            asked |= words
            words = {by_identifier(one) for one in self._names(found.values())}
        for one in list(found.values()):
            if isinstance(one, Order):
                found |= {(type(other), other.id): other for other in self._around(one)}
        return (*found.values(), *self._unread())

    def _names(self, found: Iterable[Record]) -> frozenset[str]:
        return known_as([self.name], found, self.world.network.identity).names

    def _naming(self, word: str) -> Iterator[Record]:
        after: str | None = None
        while True:
            page = self.world.records.naming(word, after=after)
            yield from (one for one in page.items if self.within(one))
            after = page.next
            if after is None:
                return

    def _around(self, order: Order) -> Iterator[Record]:
        records = self.world.records
        yield from list_all(records, Delivery, "order", order.id)
        site = order.site or site_of(self.world.network, order)
        for user in {seat.user_id for seat in order.seats if seat.user_id}:
            page = records.get(LedgerPage, page_id(site, user))
            if page is not None:
                yield page

    def _unread(self) -> Iterator[Record]:
        """They name people in what the shop sent alone, and belong to no order yet."""
        for state in ("pending", "parked"):
            listed = self.world.records.list(Delivery, "state", state, limit=MOST_UNREAD, newest_first=True)
            yield from (one for one in listed.items if not one.order and self.within(one))


def site_of(network: Network, record: Record) -> str:
    """Of which site it is; nothing where it is the network's own."""
    shop = network.shops.get(str(getattr(record, "shop", "")))
    return shop.site if shop is not None else str(getattr(record, "site", ""))


def look(world: World, reach: Reach, name: str) -> Mapping[str, Any]:
    """As `people.show` tells it, of what is within reach. Raises NotFound `person_not_held`, Refused."""
    return people.show(_within(world, reach, name), name)


def forget(world: World, name: str, because: str) -> people.Forgotten:
    """For an operator of the network. Raises as `people.forget` does."""
    return people.forget(_within(world, Reach(everything=True), name), name, because, rest_tonight=True)


def forgotten(world: World, reach: Reach, alias: str) -> Mapping[str, Any]:
    """What was written down when somebody was forgotten. Raises NotFound."""
    known = world.papers.get(erasure_key(alias)) if reach.everything and alias.isascii() else None
    if known is None or not alias.replace("-", "").isalnum():
        raise NotFound("not_found", kind="Erasure")
    return {name: value for name, value in known.items() if name != "still"} | {"waits": "still" in known}


def _within(world: World, reach: Reach, name: str) -> World:
    def reached(record: Record) -> bool:
        return reach.everything or site_of(world.network, record) in reach.sites

    if not by_identifier(name):
        raise NotFound("person_not_held")
    return replace(world, inventory=Indexed(world, name, reached))
