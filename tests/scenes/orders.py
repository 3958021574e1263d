"""A shop and a Moodle on a table: deliveries in, a postman for the queue `orders`, what stands at the end."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from passerelle.domain.network import Network
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Facts
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Shop
from passerelle.errors import Conflict, TryAgain
from passerelle.ports import R, World
from passerelle.usecases.orders import receive, work
from passerelle_laptop.twin.records import Role
from tests.factories.orders import a_payload, a_selling_network
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut, Killed
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.shops import FakeShops

VIEWER = Role(11, "viewer", "Voit le profil", "", ("user",))


class SharedRecords(FakeRecords):
    """Gives out what it keeps: orders are frozen, and a sweep reads them a hundred thousand times."""

    def get(self, kind: type[R], key: str) -> R | None:
        if self.unreadable:
            return super().get(kind, key)
        found = self._kept.get((kind, key))
        return found if isinstance(found, kind) else None

    def add(self, record: R) -> R:
        with self._lock:
            if (type(record), record.id) in self._kept:
                raise Conflict(f"{type(record).__name__} exists")
            self._kept[type(record), record.id] = record
        return record

    def change(self, before: R, after: R) -> R:
        with self._lock:
            self._must_be_current(before)
            written = replace(after, revision=before.revision + 1)
            self._kept[type(after), after.id] = written
        return written


class OrderScene:
    def __init__(
        self, shop: Shop | None = None, *, plugins: bool = True, network: Network | None = None
    ) -> None:
        self.clock = FakeClock()
        self.network = network or a_selling_network(shop)
        if not plugins:
            sites = dict(self.network.sites)
            ids = {"student": 5, "teacher": 4, "mentor": 10, "viewer": 11}
            sites["caen"] = replace(sites["caen"], plugins=False, role_ids=ids)
            self.network = replace(self.network, sites=sites)
        self.records = SharedRecords()
        self.queues = FakeQueues()
        self.shops = FakeShops(self.network)
        self.caen = TwinMoodle("caen", self.clock, plugins=plugins)
        self.moodle = self.caen.site
        self.moodle.state.roles[VIEWER.id] = VIEWER
        self.moodle.add_course("SPOCM1", "SPOC Moodle", idnumber="SPOC-1", sections=1)
        self.moodle.add_course("SUPPORT", "Aide aux clients", idnumber="AIDE", sections=1)
        archives = FakeArchives(self.clock)
        self.base = World(
            network=self.network,
            records=self.records,
            archives=archives,
            papers=FakePapers(),
            backups=FakeBackups(archives),
            sites=TwinSites(None, self.caen),
            queues=self.queues,
            clock=self.clock,
            shops=self.shops,
        )
        self.world = self.base
        self.cuts: list[str] = []
        self._events = itertools.count(1)

    # -- cutting -------------------------------------------------------------------------------------

    def cut_at(self, cut: Cut) -> OrderScene:
        wrapped = cut.around_world(self.base)
        self.world = replace(wrapped, sites=TwinSites(cut, self.caen))
        return self

    def step(self, action: Callable[[], Any]) -> Any:
        why: Exception | None = None
        for _ in range(12):
            try:
                return action()
            except Killed as killed:
                self.cuts.append(str(killed))
                self.world = self.base
            except (TryAgain, Conflict) as again:
                why = again
        raise AssertionError("a step was not taken in twelve tries") from why

    # -- the shop --------------------------------------------------------------------------------------

    def send(self, facts: Facts, event: str = "", kind: str = "order.paid") -> str:
        event = event or f"msg_{next(self._events)}"
        body = a_payload(facts, kind)
        self.step(lambda: receive.receive(self.world, "boutique", event, kind, body, readable=True))
        return f"boutique:{facts.order}"

    def sell(self, facts: Facts, event: str = "") -> Order:
        key = self.send(facts, event)
        self.deliver()
        return self.order(key)

    # -- the postman -----------------------------------------------------------------------------------

    def deliver(self, *, patience: int = 400) -> None:
        for _ in range(patience):
            sent = next((one for one in self.queues.sent if one.queue == "orders"), None)
            if sent is None:
                return
            if sent.delay:
                self.clock.tick(timedelta(0))
            kind, key = next(iter(sent.message.items()))
            self.step(lambda kind=kind, key=key: work.work(self.world, kind, key))
            self.queues.sent.remove(sent)
        raise AssertionError("the queue never comes to rest")

    # -- what stands -------------------------------------------------------------------------------------

    def order(self, key: str = "boutique:1042") -> Order:
        return self.records[Order, key]

    def page(self, username: str) -> LedgerPage:
        return self.records[LedgerPage, f"caen:{self.moodle.user(username).id}"]

    def enrolled(self, course: str = "SPOCM1", *, source: str = "shop") -> dict[str, tuple[str, ...]]:
        """username → roles, of those whom the shop's own instance holds."""
        state = self.moodle.state
        here = self.moodle.course(course)
        found = {}
        for row in state.enrolments.values():
            instance = state.instances[row.instance]
            wanted = (instance.enrol, instance.source) == ("passerelle", "shop")
            if source != "shop":
                wanted = instance.enrol == source
            if row.courseid != here.id or not wanted:
                continue
            roles = [
                state.roles[a.roleid].shortname
                for a in state.assignments.values()
                if a.level == "course"
                and a.instance == here.id
                and a.userid == row.userid
                and (a.itemid == instance.id or source != "shop")
            ]
            found[state.users[row.userid].username] = tuple(sorted(roles))
        return dict(sorted(found.items()))

    def members(self, course: str = "SPOCM1") -> dict[str, list[str]]:
        state = self.moodle.state
        here = self.moodle.course(course)
        return {
            state.groups[number].idnumber: sorted(
                state.users[u].username for u in state.groups[number].members
            )
            for number in state.groupsof.get(here.id, {})
        }

    def ties(self) -> list[tuple[str, str, str]]:
        """(who, role, over whom)"""
        state = self.moodle.state
        return sorted(
            (
                state.users[a.userid].username,
                state.roles[a.roleid].shortname,
                state.users[a.instance].username,
            )
            for a in state.assignments.values()
            if a.level == "user"
        )

    def messages(self) -> Counter[str]:
        """How many messages each person got."""
        state = self.moodle.state
        return Counter(state.users[message.touser].username for message in state.messages)

    def end(self) -> dict[str, Any]:
        state = self.moodle.state

        def plain(record: Any) -> Any:
            record = replace(record, revision=0)
            if isinstance(record, Order):
                record = replace(record, history=(), claimed=())
            if isinstance(record, LedgerPage):
                record = replace(record, places=record.places)
            return record

        dates = sorted(
            (state.users[r.userid].username, r.courseid, r.timestart, r.timeend, r.status)
            for r in state.enrolments.values()
        )
        return {
            "records": sorted((repr(plain(r)) for r in self.records), key=str),
            "accounts": sorted(user.username for user in state.users.values()),
            "enrolled": {c: self.enrolled(c) for c in ("SPOCM1", "SUPPORT")},
            "dates": dates,
            "groups": self.members(),
            "ties": self.ties(),
            "messages": self.messages(),
            "mails": sorted(state.users[u].username for u in state.firstpasswordmails),
            "queues": list(self.queues),
        }


__all__ = ["Delivery", "OrderScene"]
