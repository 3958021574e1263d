"""A shop in front of one real site (or the twin's HTTP): deliveries in, the queue worked off, requests kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from passerelle.domain.moodle.core import User
from passerelle.domain.orders.facts import Facts, Participant
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import Attachment
from passerelle.moodle.client import Site, Socket
from passerelle.moodle.protocol import Answer
from passerelle.moodle.site_api import Moodle
from passerelle.ports import World
from passerelle.usecases.orders import fulfil, receive, work
from tests.factories.orders import (
    a_buyer,
    a_line,
    a_payload,
    a_product,
    a_selling_network,
    a_shop,
    some_facts,
)
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.shops import FakeShops
from tests.live.ground import Ground, fresh

SITE = "caen"  # the factories' network knows it by this name, whatever the site is called


@dataclass(frozen=True)
class Roles:
    """Over user contexts; the site has them, and the service account may assign them."""

    over_new: str = "mentor"
    over_existing: str = "viewer"
    back: str = "viewer"


class Wire:
    """Every HTTP request of a site, its body and its answer."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self.said: list[tuple[bytes, bytes]] = []

    def __call__(self, body: bytes, /, *, fresh: bool) -> Answer:
        answer = self._socket(body, fresh=fresh)
        self.said.append((body, answer.body))
        return answer

    @property
    def functions(self) -> list[str]:
        return [body.partition(b"wsfunction=")[2].partition(b"&")[0].decode() for body, _ in self.said]


class _Sites:
    def __init__(self, moodle: Moodle) -> None:
        self._moodle = moodle

    def lms(self, site: str) -> Moodle:
        return self._moodle

    def roster(self, site: str) -> Moodle:
        return self._moodle.for_many()


class Boutique:
    """`course` and `support` are short names of courses that the site has, `category` is an idnumber.

    With `role_ids` the site is treated as one without plugins.
    """

    def __init__(
        self,
        ground: Ground,
        course: str,
        support: str,
        category: str,
        roles: Roles,
        *,
        role_ids: Mapping[str, int] | None = None,
    ) -> None:
        # A whole second: Moodle's dates have no less.
        self.now = datetime.now(UTC).replace(microsecond=0)
        parameters = f"coursename={course}&supervisor=teacher&duration=35&customersupport={support}"
        copied = f"coursecategory={category}&template={course}&duration=35"
        attachment = Attachment(
            over_new=roles.over_new, over_existing=roles.over_existing, back_over_new=roles.back
        )
        products = {
            "SPOCM1": a_product(parameters=parameters),
            "COPY": a_product("std_createcourse", parameters=copied),
        }
        shop = a_shop(products=products, attachment=attachment)
        network = a_selling_network(shop)
        here = replace(network.sites[SITE], url=ground.address)
        if role_ids is not None:
            here = replace(here, plugins=False, role_ids=role_ids)
        network = replace(network, sites={**network.sites, SITE: here})
        site = Site(ground.name, ground.address, ground.token, calls_per_second=200.0, burst=200)
        self.wire = Wire(Socket(site))
        self.moodle = Moodle.at(site, self.wire)
        self.records, self.queues, self.clock = FakeRecords(), FakeQueues(), FakeClock(self.now)
        archives = FakeArchives(self.clock)
        self.world = World(
            network=network,
            records=self.records,
            archives=archives,
            papers=FakePapers(),
            backups=FakeBackups(archives),
            sites=_Sites(self.moodle),
            queues=self.queues,
            clock=self.clock,
            shops=FakeShops(network),
        )
        self.number = fresh("")
        self._ground = ground
        self._ends = {table: ground.end(table) for table in ("enrolments", "groups", "members")}
        self._events = 0

    def sell(self, facts: Facts) -> Order:
        self._events += 1
        event, body = f"msg_{self._events}", a_payload(facts)
        receive.receive(self.world, "boutique", event, "order.paid", body, readable=True)
        while self.queues.sent:
            kind, key = next(iter(self.queues.sent[0].message.items()))
            work.work(self.world, kind, key)
            self.queues.sent.pop(0)
        return self.order

    def again(self) -> None:
        fulfil.fulfil(self.world, self.order.id)

    @property
    def order(self) -> Order:
        return self.records[Order, f"boutique:{self.number}"]

    def facts(self, *people: Participant, buyer: str, hours: int = 0, **changes: Any) -> Facts:
        line = a_line(quantity=len(people), amount=1000 * len(people), participants=people)
        whole: dict[str, Any] = {
            "buyer": a_buyer(email=buyer),
            "lines": (line,),
            "total": line.amount,
            "paid_at": self.now,
            "snapshot_at": self.now + timedelta(hours=hours),
        }
        return some_facts(self.number, **whole | changes)

    def user(self, email: str) -> User:
        [user] = self.moodle.find_users("email", [email])[email]
        return user

    def enrolments(self, course: str) -> list[tuple[Any, ...]]:
        """(username, source or method, role …, start, end) of what came since this shop opened, sorted."""
        return sorted(
            (
                row["username"],
                row["source"] or row["method"],
                *row["roles"],
                row["timestart"],
                row["timeend"],
            )
            for row in self._rows("enrolments", course)
        )

    def groups(self, course: str) -> dict[str, list[str]]:
        """idnumber → members, sorted."""
        found: dict[str, list[str]] = {row["idnumber"]: [] for row in self._rows("groups", course)}
        for row in self._rows("members", course):
            found[row["group"]].append(row["username"])
        return {group: sorted(members) for group, members in found.items()}

    def _rows(self, table: str, course: str) -> list[dict[str, Any]]:
        rows = self._ground.rows(table, limit=5000, after=self._ends[table])
        return [row for row in rows if row["course"] == course]

    def requests(self) -> int:
        return len(self.wire.said)
