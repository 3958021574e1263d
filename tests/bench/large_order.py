"""One order of 5,000 people, with all that S2 lets a shop say of them, from the shop's door to the course, on the
laptop's functions, queues, table and HTTP; and one of one person more, refused before anything is made (S3).

python -m tests.bench.large_order [--people 5000]

It exits 1 where somebody is missing or doubled, or it took longer than its limit.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from passerelle.domain.orders.order import Order
from passerelle.domain.orders.session import MOST_PEOPLE
from passerelle.domain.states import OrderState
from passerelle.events.signatures import read_secret, sign
from passerelle.shops.vendor import SampleDelivery
from passerelle_laptop.boutique import SITE, post
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.twin.state import State
from tests.bench.figure import Figure, show
from tests.factories.orders import a_line, a_participant, a_payload, some_facts

LIMIT = 30 * 60.0  # seconds, of 5,000 people
LETTERS = string.ascii_lowercase + "éèçàï"


def a_body(order: str, people: int, chance: random.Random) -> bytes:
    """Names, towns, employers and telephones of which no two are alike: nothing packs well."""

    def word(length: int) -> str:
        return "".join(chance.choices(LETTERS, k=length)).capitalize()

    named = tuple(
        a_participant(
            f"p{n}",
            firstname=word(9),
            lastname=word(11),
            email=f"p{n}.{word(12).encode().hex()}@client.example",
        )
        for n in range(people)
    )
    line = replace(a_line(), quantity=people, amount=1000 * people, participants=named)
    document = json.loads(a_payload(some_facts(order, lines=(line,), paid_at=datetime.now(UTC))))
    for person in document["data"]["lines"][0]["participants"]:
        digits = "".join(chance.choices(string.digits, k=10))
        person |= {"city": word(14), "phone": digits, "institution": word(24)}
    return json.dumps(document, ensure_ascii=False).encode()


def run(people: int) -> Iterator[Figure]:
    chance = random.Random(3)
    with Laptop.start(lambda _fr, _en: None) as laptop:
        site = laptop.site(SITE)
        for course in ("SPOCM1", "SUPPORT"):
            site.add_course(course, course, idnumber=course, sections=1)
        laptop.document["sites"][SITE]["calls_per_second"] = 1000.0
        laptop.publish()
        secret = laptop.document["shops"]["boutique"]["secrets"][0]
        value = laptop.emulator.client("ssm").get_parameter(Name=secret, WithDecryption=True)
        key = read_secret(value["Parameter"]["Value"])

        def send(order: str, count: int) -> int:
            body = a_body(order, count, chance)
            return post(
                laptop.stack.api, "boutique", SampleDelivery(sign(key, f"msg_{order}", now(), body), body)
            )

        def order(number: str) -> Order | None:
            return laptop.world().records.get(Order, f"boutique:{number}")

        asked_before = site.log.count()
        status = send("9", MOST_PEOPLE + 1)
        _within(300, lambda: (found := order("9")) is not None and found.state is OrderState.PARKED)
        refused = order("9")
        codes = [note.code for note in refused.why] if refused else []
        told = status == 200 and codes == ["too_many_at_once"]
        yield Figure(f"an order of {MOST_PEOPLE + 1} people that is not refused so", not told, "", 0)
        yield Figure("calls of Moodle for it", site.log.count() - asked_before, "", 0)

        began = time.perf_counter()
        status = send("1", people)
        accepted = time.perf_counter() - began
        _within(LIMIT, lambda: (found := order("1")) is not None and found.state is OrderState.FULFILLED)
        seconds = time.perf_counter() - began
        wrong = missing(site.state, people, order("1"))
        yield Figure(f"an order of {people} people: until its shop is answered", accepted, "s", 10)
        yield Figure("not answered 200", status != 200, "", 0)
        yield Figure(
            "one of its people enrolled, grouped, tied and told", seconds / people * 1000, "ms", LIMIT / 5
        )
        yield Figure("people missing or doubled", wrong.total(), "", 0, ", ".join(sorted(wrong)))
        yield Figure("its state is another than fulfilled", order_state(order("1")) != "fulfilled", "", 0)
        yield Figure("dead letters", laptop.stack.waiting("orders", dead=True), "", 0)


def now() -> datetime:
    return datetime.now(UTC)


def order_state(order: Order | None) -> str:
    return order.state.value if order else "lost"


def missing(state: State, people: int, order: Order | None) -> Counter[str]:
    found: Counter[str] = Counter()
    course = state.shortnames["SPOCM1"]
    shop = {
        number
        for number in state.instancesof.get(course, ())
        if (state.instances[number].enrol, state.instances[number].source) == ("passerelle", "shop")
    }
    enrolled = Counter(row.userid for row in state.enrolments.values() if row.instance in shop)
    found["enrolled"] = abs(people - len(enrolled)) + sum(times > 1 for times in enrolled.values())
    members = [group.members for group in state.groups.values() if group.idnumber == "boutique:1"]
    found["in the group"] = abs(people - sum(map(len, members)))
    told = Counter(message.key for message in state.messages if message.key.startswith("ord:boutique:1:"))
    found["told"] = abs(people + 1 - len(told)) + sum(times > 1 for times in told.values())  # and the buyer
    done = Counter(seat.state for seat in order.seats)["done"] if order else 0
    found["seats done"] = abs(people - done)
    return +found


def _within(seconds: float, came_true: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not came_true():
        time.sleep(2)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=MOST_PEOPLE)
    asked = parser.parse_args()
    return show(run(asked.people))


if __name__ == "__main__":
    sys.exit(main())
