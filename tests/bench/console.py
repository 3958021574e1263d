"""Each page of the console, warm, with 50,000 orders and 100,000 publications in the table (H2).

    python -m tests.bench.console

The table is a double of DynamoDB's client under the real adapter: items lie in sorted partitions, as DynamoDB
keeps them, so that a query costs what it reads and not what is there. Neither moto nor the laptop's emulator
would do: both walk the whole table for each query of an index, and neither has the network in between. So
every request is charged what DynamoDB takes within a region (`REQUEST` and `ITEM`), on top of the processor's
time that the function takes (a whole core, as its 2,048 MB give it). Scans are refused. Moodles, S3 and SSM answer at once: of pages that ask
them, the table's part is measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from passerelle.domain.console import ConsoleAct, Seen
from passerelle.domain.moodle.core import Category, Course
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import CourseAccess, Grant, LedgerPage
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note, Record
from passerelle.domain.states import OrderState, PublicationState
from passerelle.ports import World
from passerelle.store.items import key, listings, naming, to_item
from passerelle.store.records import DynamoRecords
from passerelle.usecases.orders.receive import packed
from tests.bench.figure import Figure, show
from tests.factories.night import a_month, a_run
from tests.factories.orders import a_buyer, a_line, a_participant
from tests.factories.records import a_person, a_publication, a_retrieval
from tests.fakes.clock import FakeClock
from tests.fakes.lms import FakeLms
from tests.unit.console.conftest import Browser, FakeNights, a_console_world

ORDERS, PUBLICATIONS = 50_000, 100_000
LIMIT_MS = 300.0
REQUEST = 6.0  # ms: what DynamoDB takes for a read from Lambda in its region, p90 rather than median
ITEM = 0.05  # ms for each item read, of a few KiB
MOST_ITEMS = 500  # that one page may read, whatever is there
SALT = b"bench"
Item = dict[str, Any]


class Table:
    """What `DynamoRecords` asks of boto3's client, over items that are made when they are read."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Any] = {}  # (pk, sk) → an item, or what makes it
        self._sorted: dict[str, dict[str, list[tuple[str, str, str]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.requests = self.items = 0

    def put(self, item: Item, make: Any = None) -> None:
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        self._made[pk, sk] = make or item
        for index in ("", "gsi1", "gsi2"):
            if f"{index}pk" in item:
                self._sorted[index][item[f"{index}pk"]["S"]].append((item[f"{index}sk"]["S"], pk, sk))

    def settle(self) -> None:
        for partitions in self._sorted.values():
            for rows in partitions.values():
                rows.sort()

    def _item(self, pk: str, sk: str) -> Item | None:
        made = self._made.get((pk, sk))
        return made() if callable(made) else made

    def __len__(self) -> int:
        return len(self._made)

    # -- as the adapter calls it -----------------------------------------------------------------------

    def get_item(self, Key: Item, **_: Any) -> Mapping[str, Any]:  # noqa: N803 - boto3's name
        self.requests += 1
        self.items += 1
        found = self._item(Key["pk"]["S"], Key["sk"]["S"])
        return {"Item": found} if found else {}

    def batch_get_item(self, RequestItems: Any) -> Mapping[str, Any]:  # noqa: N803 - boto3's name
        self.requests += 1
        ((table, asked),) = RequestItems.items()
        keys = [(one["pk"]["S"], one["sk"]["S"]) for one in asked["Keys"]]
        self.items += len(keys)
        return {"Responses": {table: [item for at in keys if (item := self._item(*at))]}}

    def query(self, **asked: Any) -> Mapping[str, Any]:
        self.requests += 1
        values, index = asked["ExpressionAttributeValues"], asked.get("IndexName", "")
        rows = self._sorted[index].get(values[":pk"]["S"], [])
        begin = values.get(":kind", {}).get("S", "")
        low = bisect_left(rows, (begin,)) if begin else 0
        high = bisect_right(rows, (f"{begin}\U0010ffff",)) if begin else len(rows)
        past = asked.get("ExclusiveStartKey", {}).get(f"{index}sk", {}).get("S")
        backwards = not asked.get("ScanIndexForward", True)
        if past is not None:
            at = bisect_left(rows, (past,)) if backwards else bisect_right(rows, (past, "\U0010ffff"))
            low, high = (low, min(high, at)) if backwards else (max(low, at), high)
        limit = asked.get("Limit", 1000)
        some = rows[max(low, high - limit) : high][::-1] if backwards else rows[low : min(high, low + limit)]
        self.items += len(some)
        more = {"LastEvaluatedKey": {f"{index}sk": {"S": some[-1][0]}}} if high - low > limit else {}
        found = [self._item(pk, sk) for _, pk, sk in some]
        return {"Items": [one for one in found if one], **more}

    def put_item(self, Item: Item, **_: Any) -> Mapping[str, Any]:  # noqa: N803 - boto3's name
        self.requests += 1
        self._written(Item)
        return {}

    def transact_write_items(self, TransactItems: Any) -> Mapping[str, Any]:  # noqa: N803 - boto3's name
        self.requests += 1
        for step in TransactItems:
            if "Put" in step:
                self._written(step["Put"]["Item"])
        return {}

    def _written(self, item: Item) -> None:
        self._made[item["pk"]["S"], item["sk"]["S"]] = item
        for index in ("", "gsi1", "gsi2"):
            if f"{index}pk" in item:
                row = (item[f"{index}sk"]["S"], item["pk"]["S"], item["sk"]["S"])
                insort(self._sorted[index][item[f"{index}pk"]["S"]], row)


class Hub(FakeLms):
    """Thousands of courses wait in the hub's category."""

    def category_by_idnumber(self, idnumber: str) -> Category | None:
        return Category(1, "Mutualisés", idnumber)

    def courses_in(self, categoryid: int) -> tuple[Course, ...]:
        return tuple(Course(n, f"C{n}", f"C{n}", f"caen:C{n}", categoryid) for n in range(1, 3000))


class Sites:
    def lms(self, site: str) -> FakeLms:
        return Hub(site)


def filled(scale: float) -> tuple[World, Table]:
    clock, table = FakeClock(), Table()
    clock.set(a_run().heard_at)
    world = a_console_world(clock, FakeNights())
    records = DynamoRecords(table, "bench")  # type: ignore[arg-type]
    records._salted = SALT
    for record in _few(world):
        _put(table, record)
    _many(table, _order(world), int(ORDERS * scale), _order_of)
    _many(
        table,
        a_publication(state=PublicationState.PUBLISHED, version=1),
        int(PUBLICATIONS * scale),
        _publication_of,
    )
    table.settle()
    return replace(world, records=records, sites=Sites()), table  # type: ignore[arg-type]


def _many(table: Table, model: Any, count: int, of: Any) -> None:
    """Like the model but for what `of` says, by item: to make each as a record would take ten minutes."""
    whole = to_item(model, "0" * 32)
    fields = whole["record"]["M"]
    for number in range(count):
        record = of(model, number)
        keys = to_keys(record)
        changed = {"id": {"S": record.id}, **record_fields(record, model)}

        def make(keys: Item = keys, changed: Item = changed) -> Item:
            body = {**fields, **changed}
            return {**whole, **keys, "record": {"M": body}}

        table.put(keys, make)
        for item in (*listings(record).values(), *naming(record, SALT).values()):
            table.put(item)


def to_keys(record: Record) -> Item:
    from passerelle.store.items import INDEXES, partition, place

    found: Item = key(type(record), record.id)
    for name, index in INDEXES[type(record)].items():
        value = index.value(record)
        if index.kept != "items" and value is not None:
            found[f"{index.kept}pk"] = {"S": partition(type(record), name, value)}
            found[f"{index.kept}sk"] = {"S": place(record)}
    return found


def record_fields(record: Any, model: Any) -> Item:
    """The simple fields in which it differs from its model, as the table keeps them."""
    from boto3.dynamodb.types import TypeSerializer

    from passerelle.store.items import _plain

    to = TypeSerializer().serialize
    names = (
        "hub_course_id",
        "category_id",
        "number",
        "state",
        "received_at",
        "requested_at",
        "idnumber",
        "ancestor",
        "buyer",
    )
    changed: Item = {}
    for name in names:
        value = getattr(record, name, None)
        if value != getattr(model, name, None) and value is not None:
            if name == "buyer":
                buyer = {n: to(getattr(value, n)) for n in value.__dataclass_fields__}
                changed[name] = {"M": buyer}
            else:
                changed[name] = to(_plain(value.value if hasattr(value, "value") else value))
    return changed


def _order(world: World) -> Order:
    people = tuple(a_participant(f"learner{n}", lastname=f"Durand {n}") for n in range(12))
    line = replace(a_line(), quantity=12, participants=people)
    seats = tuple(
        Seat("1", person, SeatState.DONE, user_id=n + 1, username=f"learner{n}", existed=True)
        for n, person in enumerate(people)
    )
    return Order(
        id="boutique:0",
        shop="boutique",
        site="caen",
        number="0",
        received_at=world.clock.now() - timedelta(days=400),
        paid_at=world.clock.now(),
        state=OrderState.FULFILLED,
        lines=(line,),
        lines_known=True,
        total=4000,
        currency="EUR",
        seats=seats,
    )


def _order_of(model: Order, number: int) -> Order:
    state = OrderState.FULFILLED
    if number % 500 == 1:
        state = OrderState.PARKED
    if number % 100 == 2:
        state = OrderState.RECEIVED
    lastname = "Martin" if number % 10 == 3 else f"Client {number}"
    return replace(
        model,
        id=f"boutique:{number}",
        number=str(number),
        state=state,
        received_at=model.received_at + timedelta(minutes=10 * number),
        buyer=a_buyer(email=f"buyer{number}@client.example", lastname=lastname),
        lines=(),
        seats=(),
    )


def _publication_of(model: Publication, number: int) -> Publication:
    """Of a hundred one failed; one course has twelve versions, and six that were made from one of them."""
    course = "BIG" if number < 12 else f"C{number}"
    return replace(
        model,
        id=f"p{number}",
        hub_course_id=number,
        category_id=1,
        idnumber=course,
        upload=f"u{number}",
        ancestor="p7" if 300 <= number < 306 else "",
        state=PublicationState.FAILED if number % 100 == 1 else PublicationState.PUBLISHED,
        requested_at=model.requested_at + timedelta(minutes=number),
        author=a_person("prolific" if number % 1000 == 5 else f"author{number}"),
    )


def _few(world: World) -> Iterator[Record]:
    now = world.clock.now()
    yield from (run for run in a_month() if run.id != a_run().id)
    yield a_run()
    big = replace(_order(world), id="boutique:story", number="story", received_at=now)
    yield big
    for number in range(40):
        yield Delivery(
            id=f"boutique:d{number}",
            shop="boutique",
            topic="order.paid",
            received_at=now,
            order=big.id,
            state="taken",
            body=packed(b"{}"),
        )
    for number in range(12):
        grant = Grant("boutique:story:1", "student", now, None, "g")
        place = CourseAccess(number, "SPOC-1", grants=(grant,))
        yield LedgerPage(
            id=f"caen:{number + 1}",
            site="caen",
            user_id=number + 1,
            username=f"learner{number}",
            created_at=now,
            places=(place,),
        )
    for number in range(2_000):
        yield ConsoleAct(id=f"a{number}", at=now, by="hub:root", act="order_replay", about=big.id)
    for number in range(200):
        yield a_retrieval(f"r{number}", person=a_person(f"holder{number}"))
    for name in world.network.sites:
        yield Seen(id=f"site:{name}", at=now, since=now, why=Note("site_silent", {"site": name, "code": "x"}))


def _put(table: Table, record: Record) -> None:
    table.put(to_item(record, "0" * 32))
    for item in (*listings(record).values(), *naming(record, SALT).values()):
        table.put(item)


PAGES = {
    "home": "home",
    "nights": "nights",
    "one run of a night": f"run?id={a_run().id}",
    "orders of a shop": "orders?shop=boutique",
    "orders of a state": "orders?state=fulfilled",
    "orders: a number": "orders?q=1415",
    "orders: an address": "orders?q=buyer1415@client.example",
    "orders: a last name that 5,000 bear": "orders?q=martin",
    "orders: a learner in few orders": "orders?q=durand+7",
    "orders: nobody": "orders?q=no+such+person+at+all",
    "one order as a story": "order?id=boutique:story",
    "publications": "publications",
    "publications of a state": "publications?state=failed",
    "publications to reclassify": "publications?to_reclassify=1",
    "one publication": "publication?id=p1500",
    "one publication of 12 versions and 6 children": "publication?id=p7",
    "sites": "sites",
    "why": "why",
    "people: the form": "people",
    "journal": "acts",
}


def measured(rounds: int, scale: float) -> Iterator[Figure]:
    world, table = filled(scale)
    browser = Browser(world).sign_in("hub", "root")
    yield Figure("records and what finds them in the table", len(table), "items")
    asks: dict[str, Any] = {name: (path, None) for name, path in PAGES.items()}
    mark = browser.mark()
    asks["people: an author of 100 publications"] = ("people", {"mark": mark, "who": "prolific"})
    asks["people: a buyer"] = ("people", {"mark": mark, "who": "buyer1415@client.example"})
    for name, (path, form) in asks.items():
        browser.ask(path, form)  # warm
        times = []
        for _ in range(rounds):
            table.requests = table.items = 0
            began = time.process_time()
            given = browser.ask(path, form)
            times.append((time.process_time() - began) * 1000)
            if given["statusCode"] != 200:
                raise SystemExit(f"{name} answered {given['statusCode']}")
        charged = statistics.median(times) + table.requests * REQUEST + table.items * ITEM
        why = f"{table.requests} requests, {table.items} items, {statistics.median(times):.0f} ms of its own"
        yield Figure(f"{name} ({table.requests} requests)", charged, "ms", LIMIT_MS, why)
        yield Figure(f"{name}: items read", table.items, "", MOST_ITEMS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the table, for a quick look")
    asked = parser.parse_args()
    return show(measured(asked.rounds, asked.scale))


if __name__ == "__main__":
    sys.exit(main())
