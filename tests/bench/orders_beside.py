"""Ten thousand orders, a tenth delivered twice and all shuffled, one call of Moodle in ten failing, workers
killed: nothing lost, nothing doubled, no dead letter (S12).

python -m tests.bench.orders_beside            # the use cases over the fakes, an hour of waiting in no time
python -m tests.bench.orders_beside --stack    # the laptop's functions, queues, table and HTTP

It exits 1 where something was lost or doubled, lies among the dead letters, or took longer than its limit.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import os
import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from botocore.config import Config

from passerelle.domain.orders.facts import Facts
from passerelle.domain.orders.order import Order
from passerelle.domain.states import OrderState
from passerelle.errors import Conflict, TryAgain
from passerelle.events.signatures import read_secret, sign
from passerelle.ports import World
from passerelle.runtime.queue_door import SOON
from passerelle.shops.vendor import SampleDelivery
from passerelle.usecases.amend import list_all
from passerelle.usecases.orders import receive, reconcile, work
from passerelle_laptop.boutique import SITE, post
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.twin.faults import Fault, Faults
from passerelle_laptop.twin.state import State
from tests.bench.figure import Figure, show
from tests.factories.orders import a_buyer, a_line, a_participant, a_payload, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.fakes.cutting import Cut, Killed
from tests.fakes.moodle import TwinSites
from tests.scenes.orders import OrderScene

COURSES = [f"SPOC{n}" for n in range(10)]
PARAMETERS = "coursename={course}&supervisor=teacher&duration=35&customersupport=SUPPORT"
EVERY = 10  # one call of Moodle in so many fails
LIKELY = 0.001  # of a call to the outside: that its worker is killed at it (fakes)
KILL_EVERY = 10.0  # seconds from one kill to the next (stack)
MOST_RECEIVES = 7
VISIBILITY = timedelta(minutes=6)  # until a message whose worker died comes again
FAKES_LIMIT, STACK_LIMIT = 90.0, 1500.0  # ms for an order
PATIENCE = 4 * 3600.0  # seconds until all is worked off


# -- what is sold, and what must stand at the end -------------------------------------------------------------


def sold(count: int, chance: random.Random, at: datetime) -> dict[str, Facts]:
    """By order: a buyer's session of one to three people, who buy and are sent more than once."""
    orders = {}
    for number in range(count):
        people = tuple(
            a_participant(f"p{n}") for n in chance.sample(range(count // 2 + 3), chance.randint(1, 3))
        )
        line = replace(
            a_line(),
            product=chance.choice(COURSES),
            quantity=len(people),
            amount=1000 * len(people),
            participants=people,
        )
        buyer = a_buyer(email=f"rh{chance.randrange(count // 10 + 1)}@client.example")
        orders[str(number)] = some_facts(str(number), buyer=buyer, lines=(line,), paid_at=at)
    return orders


def deliveries(orders: Mapping[str, Facts], chance: random.Random) -> list[str]:
    """Each once, a tenth twice, in no order."""
    found = [*orders, *chance.sample(sorted(orders), len(orders) // 10)]
    chance.shuffle(found)
    return found


def wrong(orders: Mapping[str, Facts], kept: Iterable[Order], state: State) -> Counter[str]:
    """What stands and should not, or does not and should, counted by kind: from what was sold alone."""
    found: Counter[str] = Counter()
    people: dict[str, set[str]] = defaultdict(set)
    groups: dict[tuple[str, str], set[str]] = {}
    for number, facts in orders.items():
        for line in facts.lines or ():
            keys = {person.key for person in line.participants}
            people[line.product] |= keys
            groups[line.product, f"boutique:{number}"] = keys
        people["SUPPORT"].add(facts.buyer.key if facts.buyer else "")
    states = Counter(order.state for order in kept)
    found["orders that are not fulfilled, or there twice"] = abs(
        len(orders) - states.pop(OrderState.FULFILLED, 0)
    )
    found["orders in another state"] = states.total()
    emails = Counter(user.email.lower() for user in state.users.values() if user.email)
    found["accounts made twice"] = sum(1 for times in emails.values() if times > 1)
    sent = Counter(message.key for message in state.messages if message.key)
    found["messages sent twice"] = sum(1 for times in sent.values() if times > 1)
    told = Counter(tuple(key.split(":")[2:4]) for key in sent)  # ord:boutique:{order}:sum:… or …:{person}
    lacking = [number for number in orders if not told[number, "sum"]]
    found["buyers never told"] = len(lacking)
    words = sum(times for (_, what), times in told.items() if what not in ("sum", "rem"))
    found["people told of other than their courses"] = abs(words - sum(len(who) for who in groups.values()))
    for course, wanted in people.items():
        found["enrolments lost or too many"] += len(wanted ^ _enrolled(state, course))
    members = dict(_groups(state))
    found["groups lost or too many"] = len(groups.keys() ^ members.keys())
    found["groups of other people"] = sum(
        1 for key in groups.keys() & members.keys() if groups[key] != members[key]
    )
    return +found


def _enrolled(state: State, course: str) -> set[str]:
    here = state.shortnames[course]
    instances = [
        number
        for number in state.instancesof.get(here, ())
        if (state.instances[number].enrol, state.instances[number].source) == ("passerelle", "shop")
    ]
    return {
        state.users[row.userid].email.lower()
        for row in state.enrolments.values()
        if row.instance in instances
    }


def _groups(state: State) -> Iterator[tuple[tuple[str, str], set[str]]]:
    names = {number: course.shortname for number, course in state.courses.items()}
    for group in state.groups.values():
        yield (
            (names[group.courseid], group.idnumber),
            {state.users[number].email.lower() for number in group.members},
        )


# -- over the fakes -------------------------------------------------------------------------------------------


class Mortal(Cut):
    """A worker that may be killed at each call, before its effect or after."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def begin(self, name: str) -> None:
        if self.dead:
            raise Killed(f"already dead at {name}")
        self.calls.append(name)
        self._perhaps()

    def end(self) -> None:
        self._perhaps()

    def _perhaps(self) -> None:
        if self._chance.random() < LIKELY / 2:
            self.dead = True
            raise Killed(self.calls[-1])


@dataclass
class Post:
    """The queue: what is held back comes when it is due, what failed as the door says (SOON) or after the visibility timeout, seven times."""

    scene: OrderScene
    worked: int = 0
    killed: int = 0
    dead: int = 0
    _waiting: list[tuple[datetime, int, Mapping[str, str], int]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def empty(self, open_world: Callable[[], World]) -> None:
        clock = self.scene.clock
        self._collect()
        while self._waiting:
            at, _, message, tries = heapq.heappop(self._waiting)
            clock.set(max(at, clock.now()))
            self.worked += 1
            ((kind, key),) = message.items()
            try:
                work.work(open_world(), kind, key)
            except (TryAgain, Conflict, Killed) as error:
                self.killed += isinstance(error, Killed)
                if tries + 1 < MOST_RECEIVES:
                    soon = tries < len(SOON) and not isinstance(error, Killed)
                    pause = timedelta(seconds=SOON[tries]) if soon else VISIBILITY
                    self._put(clock.now() + pause, message, tries + 1)
                else:
                    self.dead += 1
            self._collect()

    def _collect(self) -> None:
        for sent in self.scene.queues.sent:
            self._put(self.scene.clock.now() + (sent.delay or timedelta()), sent.message, 0)
        self.scene.queues.sent.clear()

    def _put(self, at: datetime, message: Mapping[str, str], tries: int) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), message, tries))


def over_fakes(count: int, seed: int) -> Iterator[Figure]:
    chance = random.Random(seed)
    orders = sold(count, chance, NOW)
    products = {course: a_product(parameters=PARAMETERS.format(course=course)) for course in COURSES}
    scene = OrderScene(a_shop(products=products))
    for course in COURSES:
        scene.moodle.add_course(course, course, idnumber=course, sections=1)
    scene.caen.every = EVERY

    def mortal() -> World:
        turn = Mortal(chance)
        return replace(turn.around_world(scene.base), sites=TwinSites(turn, scene.caen))

    began, first = time.perf_counter(), scene.clock.now()
    for number in deliveries(orders, chance):
        receive.receive(scene.base, "boutique", f"msg_{number}", "", a_payload(orders[number]), readable=True)
    queue = Post(scene)
    queue.empty(mortal)
    waited = scene.clock.now() - first
    scene.caen.every = 0
    scene.clock.tick(timedelta(days=1))
    differing = reconcile.reconcile(scene.base)
    queue.empty(lambda: scene.base)
    seconds = time.perf_counter() - began
    yield Figure(f"fakes: messages worked on, of {count} orders", queue.worked, "")
    yield Figure("fakes: calls of Moodle, one in ten failing", len(scene.caen.calls), "")
    yield Figure("fakes: workers killed", queue.killed, "")
    yield Figure("fakes: until the last was done, by its own clock", waited.total_seconds() / 60, "min")
    yield Figure("fakes: differences that the night found", differing, "", 0)
    yield Figure("fakes: dead letters", queue.dead, "", 0)
    yield from verdict("fakes", orders, scene.records.all(Order), scene.moodle.state)
    yield Figure("fakes: one order", seconds / count * 1000, "ms", FAKES_LIMIT)


def verdict(where: str, orders: Mapping[str, Facts], kept: Iterable[Order], state: State) -> Iterator[Figure]:
    found = wrong(orders, kept, state)
    yield Figure(f"{where}: lost or doubled", found.total(), "", 0, ", ".join(sorted(found)))


# -- on the laptop's queues -----------------------------------------------------------------------------------


class OneInTen(Faults):
    """Faults by chance: a connection cut before the call or after its effect, a page of errors, maintenance."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.struck = self.calls = 0
        self.on = True

    def for_call(self, function: str) -> Fault | None:
        self.calls += 1
        if not self.on or self._chance.randrange(EVERY):
            return None
        self.struck += 1
        return Fault(self._chance.choice(["cutbefore", "cutafter", "http500", "maintenance"]), function)


def on_the_stack(count: int, seed: int) -> Iterator[Figure]:
    chance = random.Random(seed)
    orders = sold(count, chance, datetime.now(UTC))
    with Laptop.start(lambda _fr, _en: None) as laptop:
        faults = furnish(laptop, chance)
        over = threading.Event()
        killer = Killer(laptop, chance, over)
        killer.start()
        began = time.perf_counter()
        refused = send_all(laptop, orders, deliveries(orders, chance))
        sent = time.perf_counter() - began
        rest(laptop, PATIENCE)
        done = time.perf_counter() - began
        over.set()
        killer.join()
        faults.on = False
        patient = laptop.emulator.session.client(
            "lambda",
            endpoint_url=laptop.emulator.endpoint,
            config=Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1}),
        )
        patient.invoke(FunctionName=f"{laptop.stack.name}-reconcile_orders", Payload=b"{}")
        rest(laptop, PATIENCE)
        dead = laptop.stack.waiting("orders", dead=True)
        kept = list_all(laptop.world().records, Order, "shop", "boutique")
        yield Figure(f"stack: one of {count} orders, accepted", sent / count * 1000, "ms")
        yield Figure(f"stack: one of {count} orders, worked off", done / count * 1000, "ms", STACK_LIMIT)
        yield Figure("stack: deliveries never accepted", refused, "", 0)
        yield Figure("stack: calls of Moodle", faults.calls, "")
        yield Figure("stack: of which failed", faults.struck, "")
        yield Figure("stack: workers killed", killer.killed, "")
        yield Figure("stack: dead letters", dead, "", 0)
        yield from verdict("stack", orders, kept, laptop.site(SITE).state)


def furnish(laptop: Laptop, chance: random.Random) -> OneInTen:
    site = laptop.site(SITE)
    for course in (*COURSES, "SUPPORT"):
        site.add_course(course, course, idnumber=course, sections=1)
    laptop.document["shops"]["boutique"]["products"] = {
        course: {
            "handler": "std_setuponecoursesession",
            "parameters": PARAMETERS.format(course=course),
            "price": "10.00",
        }
        for course in COURSES
    }
    laptop.document["sites"][SITE]["calls_per_second"] = 1000.0
    laptop.publish()
    # A worker that is killed is waited for as long as a function may run: not here.
    laptop.emulator.client("sqs").set_queue_attributes(
        QueueUrl=laptop.stack.queue("orders"), Attributes={"VisibilityTimeout": "30"}
    )
    faults = OneInTen(random.Random(chance.random()))
    site.faults = faults
    return faults


def send_all(laptop: Laptop, orders: Mapping[str, Facts], numbers: Iterable[str], lanes: int = 4) -> int:
    """As a shop does, which repeats what was not answered; how many were never accepted."""
    secret = laptop.document["shops"]["boutique"]["secrets"][0]
    ssm = laptop.emulator.client("ssm")
    key = read_secret(ssm.get_parameter(Name=secret, WithDecryption=True)["Parameter"]["Value"])

    def send(number: str) -> bool:
        body = a_payload(orders[number])
        for _ in range(20):
            headers = sign(key, f"msg_{number}", datetime.now(UTC), body)
            try:
                if post(laptop.stack.api, "boutique", SampleDelivery(headers, body)) == 200:
                    return True
            except OSError:
                pass
            time.sleep(0.5)
        return False

    with ThreadPoolExecutor(lanes) as pool:
        return sum(1 for accepted in pool.map(send, numbers) if not accepted)


def rest(laptop: Laptop, limit: float) -> None:
    until, quiet = time.monotonic() + limit, 0
    while quiet < 3 and time.monotonic() < until:
        quiet = 0 if laptop.stack.waiting("orders") else quiet + 1
        time.sleep(1)


class Killer(threading.Thread):
    """Every few seconds SIGKILL to one of the processes in which the embedded AWS runs `fulfil_order`."""

    def __init__(self, laptop: Laptop, chance: random.Random, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._emulator, self._chance, self._over = laptop.emulator._process.pid, chance, over
        self.killed = 0

    def run(self) -> None:
        while not self._over.wait(self._chance.uniform(0, 2 * KILL_EVERY)):
            workers = [pid for pid in _children(self._emulator) if _runs(pid, b"fulfil_order")]
            if workers:
                os.kill(self._chance.choice(workers), signal.SIGKILL)
                self.killed += 1


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _runs(pid: int, function: bytes) -> bool:
    try:
        return function in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", action="store_true")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    return show((on_the_stack if asked.stack else over_fakes)(asked.count, asked.seed))


if __name__ == "__main__":
    sys.exit(main())
