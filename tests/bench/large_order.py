"""One order of 5,000 people, with all that S2 lets a shop say of them, from the shop's door to the course, on the
laptop's functions, queues, table and HTTP; and one of one person more, refused before anything is made (S3).

python -m tests.bench.large_order [--people 5000]

Only figures are printed. It exits 1 where somebody is missing or doubled, or it took longer than its limit.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from passerelle.domain.orders.order import Order
from passerelle.domain.orders.session import MOST_PEOPLE
from passerelle.domain.states import OrderState
from passerelle.events.signatures import read_secret, sign
from passerelle.shops.vendor import SampleDelivery
from passerelle_laptop.boutique import SITE, post
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.twin.state import State
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


def run(people: int) -> bool:
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

        def send(order: str, count: int) -> tuple[int, float]:
            body = a_body(order, count, chance)
            headers = sign(key, f"msg_{order}", datetime.now(UTC), body)
            began = time.perf_counter()
            status = post(laptop.stack.api, "boutique", SampleDelivery(headers, body))
            print(
                f"{count} people: {len(body) / 1e6:.2f} MB, answered {status} in {time.perf_counter() - began:.1f} s"
            )
            return status, began

        def order(number: str) -> Order | None:
            return laptop.world().records.get(Order, f"boutique:{number}")

        asked_before = site.log.count()
        status, _ = send("9", MOST_PEOPLE + 1)
        _within(300, lambda: (found := order("9")) is not None and found.state is OrderState.PARKED)
        refused = order("9")
        why = refused.why[0].code if refused is not None and refused.why else ""
        print(f"one more than {MOST_PEOPLE}: {refused.state.value if refused else 'lost'} ({why})")
        untouched = not site.state.groups and site.log.count() == asked_before
        good = status == 200 and why == "too_many_at_once" and untouched

        status, began = send("1", people)
        _within(LIMIT, lambda: (found := order("1")) is not None and found.state is OrderState.FULFILLED)
        seconds = time.perf_counter() - began
        found = order("1")
        wrong = missing(site.state, people, found)
        dead = laptop.stack.waiting("orders", dead=True)
        print(
            f"{found.state.value if found else 'lost'}; missing or doubled: {dict(wrong) or 'nothing'}; dead letters: {dead}"
        )
        allowed = max(300.0, LIMIT * people / MOST_PEOPLE)
        print(f"{seconds:.0f} s (≤ {allowed:.0f} s), {people / seconds:.0f} people a second")
        return good and status == 200 and not wrong and not dead and seconds <= allowed


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
    logging.disable(logging.CRITICAL)
    return 0 if run(asked.people) else 1


if __name__ == "__main__":
    sys.exit(main())
