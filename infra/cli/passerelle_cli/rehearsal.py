"""What deliveries mean, played through without storing or touching anything (`orders explain`, S22).

The same use cases do the work, on a table in memory and a Moodle that has every course and role, and
knows nobody.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from passerelle.domain.moodle.core import Category, Course, Outcome, User, Verdict
from passerelle.domain.moodle.plugin import (
    Notification,
    NotificationVerdict,
    OperationVerdict,
    SiteFacts,
    SiteRole,
)
from passerelle.domain.network import Network
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.money import shown
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.session import free_seats, read_lines
from passerelle.domain.orders.shop import Heard, Webhook
from passerelle.domain.records import Note, Record
from passerelle.domain.states import OrderState
from passerelle.errors import Conflict, GiveUp, NotFound, PasserelleError
from passerelle.ports import Page, QueueName, R, Roster, Sites, World
from passerelle.shops.registry import named, read_facts, vendor
from passerelle.usecases.orders import receive, work
from passerelle.words.formatter import Pair, fill
from passerelle.words.notes import note_text
from passerelle_cli.answers.orders import ExplainedOrder, IgnoredDelivery, OrdersExplained
from passerelle_cli.answers.orders import Grant as GrantRow

Grant = tuple[str, str, str, str]  # order, e-mail, role, course


class Rehearsal:
    """One shop and what it sends; `play` each delivery in its order, then ask."""

    def __init__(self, network: Network, shop: str) -> None:
        if shop not in network.shops:
            raise NotFound("shop_unknown", shop=shop)
        self.network, self.shop = network, shop
        self._records, self._queue, self._clock = _Records(), _Queue(), _Clock()
        self._moodle = _Moodle()
        nothing = cast(Any, None)
        self.world = World(
            network=network,
            records=self._records,
            archives=nothing,
            papers=nothing,
            backups=nothing,
            sites=cast(Sites, _Sites(self._moodle)),
            queues=self._queue,
            clock=self._clock,
            shops=_Shops(network),
        )
        self._given: set[Grant] = set()
        self._numbers = itertools.count(1)
        self.ignored: list[tuple[str, str]] = []  # topic, code

    def play(self, delivery: Mapping[str, Any]) -> None:
        """`{"topic": …, "body": …}`, `{"release": order}`, or a body alone."""
        self._clock.tick()
        if isinstance(delivery.get("release"), str):
            self._release(delivery["release"])
        else:
            self._deliver(delivery)
        for kind, key in self._queue:
            work.work(self.world, kind, key)
        self._given |= self._grants()

    def _release(self, order: str) -> None:
        try:
            work.release(self.world, order, "explain", "as told")
        except PasserelleError as refused:
            self.ignored.append(("release", getattr(refused, "code", "refused")))

    def _deliver(self, delivery: Mapping[str, Any]) -> None:
        wrapped = isinstance(delivery.get("body"), Mapping)
        body: Mapping[str, Any] = delivery["body"] if wrapped else delivery
        kind = vendor(self.network.shops[self.shop].kind)
        topic = str(delivery.get("topic", "")) if wrapped else ""
        topic = topic or kind.topic(body)
        event = str(delivery.get("event", "")) if wrapped else ""
        sent = json.dumps(body).encode()
        if not event:
            headers = dict.fromkeys(("x-wc-webhook-topic", "x-shopify-topic"), topic)
            number = f"explain-{next(self._numbers)}"
            headers |= {"x-shopify-webhook-id": number, "webhook-id": number}
            event = named(self.network.shops[self.shop], headers, sent).event
        told = receive.receive(self.world, self.shop, event, topic, sent, readable=True)
        if told == "known":
            self.ignored.append((topic, "known"))

    # -- what came of it ---------------------------------------------------------------------------------

    def result(self) -> OrdersExplained:
        orders = [self._explained(order) for order in self._records.all(Order)]
        ignored: list[IgnoredDelivery] = [{"topic": topic, "why": why.code} for topic, why in self._ends()]
        return {"orders": orders, "ignored": ignored}

    def sentences(self, order: str, lang: str) -> list[str]:
        """Why that order is not done."""
        found = self._records.get(Order, order)
        return [note_text(note, lang) for note in found.why] if found else []

    def left_alone(self, lang: str) -> list[tuple[str, str]]:
        """The topic of each delivery that changed nothing, and the sentence that says why."""
        return [
            (topic, fill(_KNOWN, lang) if why.code == "known" else note_text(why, lang))
            for topic, why in self._ends()
        ]

    def _ends(self) -> list[tuple[str, Note]]:
        ends = [(topic, Note(code)) for topic, code in self.ignored]
        ends += [
            (one.topic, one.why)
            for one in self._records.all(Delivery)
            if one.state in ("ignored", "parked") and one.why is not None
        ]
        return ends

    @property
    def parked(self) -> bool:
        """Whether anything would wait for a person."""
        orders = any(order.state is OrderState.PARKED for order in self._records.all(Order))
        return orders or any(one.state == "parked" for one in self._records.all(Delivery))

    def _explained(self, order: Order) -> ExplainedOrder:
        now = {grant for grant in self._grants() if grant[0] == order.id}
        was = {grant for grant in self._given if grant[0] == order.id}
        sold = [one for one in read_lines(order, self.network.shops[order.shop]).sold if one.peopled]
        return {
            "id": order.id,
            "state": order.state.value,
            "why": [note.code for note in order.why],
            "total": None if order.total is None else shown(order.total, order.currency),
            "currency": order.currency,
            "enrol": _rows(now),
            "withdraw": _rows(was - now),
            "seats": {
                "paid": sum(one.seats for one in sold),
                "free": sum(max(0, free_seats(order, one)) for one in sold),
            },
            "buyer": order.buyer.email,
        }

    def _grants(self) -> set[Grant]:
        found = set()
        emails = {user.id: email for email, user in self._moodle.users.items()}
        for page in self._records.all(LedgerPage):
            for place in page.places:
                for grant in place.grants:
                    order = grant.by.removesuffix(":support").rpartition(":")[0]
                    course = self._moodle.names[place.course_id]
                    found.add((order, emails[page.user_id], grant.role, course))
        return found


_KNOWN: Pair = ("déjà reçue, elle n’est pas comptée deux fois", "received before; it does not count twice")


def _rows(grants: Iterable[Grant]) -> list[GrantRow]:
    return [{"email": email, "role": role, "course": course} for _, email, role, course in sorted(grants)]


# -- the table ---------------------------------------------------------------------------------------------


class _Clock:
    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def tick(self) -> None:
        """Deliveries come one after the other."""
        self._now += timedelta(seconds=1)


class _Records:
    def __init__(self) -> None:
        self._kept: dict[tuple[type, str], Any] = {}

    def all(self, kind: type[R]) -> list[R]:
        return [record for (one, _), record in self._kept.items() if one is kind]

    def get(self, kind: type[R], key: str) -> R | None:
        found: R | None = self._kept.get((kind, key))
        return found

    def add(self, record: R) -> R:
        if (type(record), record.id) in self._kept:
            raise Conflict(f"{type(record).__name__} exists")
        self._kept[type(record), record.id] = record
        return record

    def change(self, before: R, after: R) -> R:
        written = replace(after, revision=before.revision + 1)
        self._kept[type(after), after.id] = written
        return written

    def delete(self, record: R) -> None:
        self._kept.pop((type(record), record.id), None)

    def can_read(self, kind: str, key: str) -> bool:
        raise NotImplementedError  # nothing here is ever damaged

    def list(
        self,
        kind: type[R],
        index: str,
        value: str,
        *,
        after: str | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Page[R]:
        raise NotImplementedError  # nothing here asks for lists

    def naming(
        self,
        word: str,
        kind: type[R] | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> Page[Any]:
        raise NotImplementedError

    def list_anew(self, record: Record) -> None:
        raise NotImplementedError


class _Queue:
    def __init__(self) -> None:
        self._sent: list[Mapping[str, str]] = []

    def send(self, queue: QueueName, message: Mapping[str, str], *, delay: timedelta | None = None) -> None:  # noqa: ARG002 - the port's own
        self._sent.append(message)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._sent:
            yield next(iter(self._sent.pop(0).items()))


@dataclass(frozen=True)
class _Shops:
    """Reads as the real ones do; nobody can be asked."""

    network: Network

    def read(self, delivery: Delivery) -> Facts | None:
        return read_facts(self.network.shops[delivery.shop], delivery.topic, receive.unpacked(delivery))

    def lines(self, order: Order) -> Facts:  # noqa: ARG002 - the port's own
        raise GiveUp("lines_unknown")

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:  # noqa: ARG002 - the port's own
        return None

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:  # noqa: ARG002 - the port's own
        return iter(())

    def webhook(self, shop: str) -> Webhook | None:  # noqa: ARG002 - the port's own
        return None

    def confirm(self, order: Order, text: str) -> None:
        """Nobody is told."""

    def seats_link(self, order: Order) -> str:  # noqa: ARG002 - the port's own
        return ""


# -- the Moodle --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sites:
    moodle: _Moodle

    def roster(self, site: str) -> Roster:  # noqa: ARG002 - all are alike
        return cast(Roster, self.moodle)


class _EveryRole(SiteFacts):
    def role(self, shortname: str) -> SiteRole | None:
        return SiteRole(sum(shortname.encode()), shortname)


@dataclass
class _Moodle:
    """Has every course that is asked for, and no account but those it is told to make."""

    names: dict[int, str] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups_made: dict[str, int] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)

    def get_site(self, category: str = "") -> SiteFacts:  # noqa: ARG002 - the port's own
        return _EveryRole("")

    def course_by_shortname(self, shortname: str) -> Course | None:
        return self._course(shortname) if shortname else None

    def course_by_idnumber(self, idnumber: str) -> Course | None:
        return self._course(idnumber) if idnumber else None

    def course(self, courseid: int) -> Course | None:
        return self._course(f"id {courseid}")

    def _course(self, name: str) -> Course:
        number = next((n for n, known in self.names.items() if known == name), len(self.names) + 1)
        self.names[number] = name
        return Course(number, name, name, idnumber=name)

    def category_by_idnumber(self, idnumber: str) -> Category | None:
        return Category(1, idnumber, idnumber)

    def find_users(self, field: str, values: Sequence[str]) -> Mapping[str, tuple[User, ...]]:  # noqa: ARG002 - the port's own
        return {one: (self.users[one],) if one in self.users else () for one in values}

    def users_by_email(self, email: str) -> tuple[User, ...]:
        return (self.users[email],) if email in self.users else ()

    def ensure_users(self, users: Sequence[Any]) -> tuple[Verdict, ...]:
        for one in users:
            self.users.setdefault(one.email, User(len(self.users) + 1, one.email, email=one.email))
        return tuple(Verdict(n, Outcome.DONE, self.users[one.email].id) for n, one in enumerate(users))

    def ensure_groups(self, new: Sequence[Any]) -> tuple[Verdict, ...]:
        for one in new:
            self.groups_made.setdefault(f"{one.courseid}:{one.idnumber}", len(self.groups_made) + 1)
        numbers = [self.groups_made[f"{one.courseid}:{one.idnumber}"] for one in new]
        return tuple(Verdict(n, Outcome.DONE, number) for n, number in enumerate(numbers))

    def apply(self, operations: Sequence[Mapping[str, object]]) -> tuple[OperationVerdict, ...]:
        return tuple(OperationVerdict(str(one["id"]), ok=True, changed=True) for one in operations)

    def notify_each(self, notifications: Sequence[Notification]) -> tuple[NotificationVerdict, ...]:
        return tuple(NotificationVerdict(one.key) for one in notifications)

    def ensure_course_copy(self, _template: int, shortname: str, _name: str, _category: int) -> Course | None:
        return self._course(shortname)

    def ensure_categories(self, new: Sequence[Any]) -> tuple[Verdict, ...]:
        return self._done(new)

    def participants(self, courseid: int) -> Iterable[Any]:  # noqa: ARG002 - the port's own
        return ()

    def groups(self, courseid: int) -> tuple[Any, ...]:  # noqa: ARG002 - the port's own
        return ()

    def group_members(self, groupids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        return dict.fromkeys(groupids, ())

    def send_messages(self, messages: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ARG002 - the port's own
        return ()

    def _done(self, rows: Sequence[Any]) -> tuple[Verdict, ...]:
        return tuple(Verdict(n, Outcome.DONE, n + 1) for n, _ in enumerate(rows))

    enrol = unenrol = assign_roles = unassign_roles = _done
    add_group_members = remove_group_members = _done
