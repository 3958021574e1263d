"""`receive_order`: its own time in process, and 6,000 deliveries to the laptop stack, each stored once.

python -m tests.bench.orders            # in process
python -m tests.bench.orders --stack    # and a laptop stack, as fast as it takes them
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from passerelle.domain.orders.delivery import Delivery
from passerelle.events.signatures import read_secret, sign
from passerelle.runtime.doors import ShopDoor
from passerelle.runtime.shop_door import answer_shop
from passerelle.usecases.amend import list_all
from tests.bench.figure import Figure, show
from tests.factories.orders import a_payload, some_facts
from tests.scenes.orders import OrderScene

SECRET = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
LIMIT_MS = 20.0


class Context:
    function_name, aws_request_id = "receive_order", "bench"


def in_process(count: int) -> list[Figure]:
    """Warm, with a store that takes no time."""
    scene = OrderScene()
    key = read_secret(SECRET)
    door = ShopDoor(scene.world, lambda _shop: (key,))
    times = []
    for number in range(count):
        body = a_payload(some_facts(str(number)))
        event: dict[str, Any] = {
            "pathParameters": {"shop": "boutique"},
            "headers": sign(key, f"msg_{number}", scene.clock.now(), body),
            "body": body.decode(),
        }
        began = time.perf_counter()
        told = answer_shop(event, Context(), lambda: door)
        times.append((time.perf_counter() - began) * 1000)
        if told["statusCode"] != 200:
            raise SystemExit(f"answered {told['statusCode']}")
    warm = sorted(times[50:])
    p99 = warm[int(len(warm) * 0.99)]
    return [
        Figure("a shop's delivery received, in process: median", statistics.median(warm), "ms"),
        Figure("a shop's delivery received, in process: p99", p99, "ms", LIMIT_MS),
    ]


def on_the_stack(count: int, workers: int) -> list[Figure]:
    import requests

    from passerelle.shops.registry import sample
    from passerelle.shops.vendor import SampleOrder
    from passerelle_laptop.boutique import post
    from passerelle_laptop.laptop import Laptop

    with Laptop.start(lambda _fr, _en: None) as laptop:
        shop = laptop.document["shops"]["boutique"]
        ssm = laptop.emulator.client("ssm")
        secret = ssm.get_parameter(Name=shop["secrets"][0], WithDecryption=True)["Parameter"]["Value"]
        # Unpaid: stored and queued, and nothing to do on the Moodle.
        ready = [
            sample("standard", secret, SampleOrder(number=str(n), product="SPOCM1", paid=False), f"msg_{n}")
            for n in range(count)
        ]
        sessions = [requests.Session() for _ in range(workers)]

        def send(place: int) -> int:
            tries = 0
            while True:
                try:
                    status = post(
                        laptop.stack.api, "boutique", ready[place], session=sessions[place % workers]
                    )
                except requests.RequestException:
                    status = 503  # no answer: a shop sends it again
                tries += 1
                if status != 503 or tries == 20:
                    return status

        began = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            statuses = list(pool.map(send, range(count)))
        seconds = time.perf_counter() - began
        world = laptop.world()
        stored = {
            one.id
            for state in ("pending", "taken", "parked", "ignored")
            for one in list_all(world.records, Delivery, "state", state)
        }
        return [
            Figure("one delivery on the laptop's stack", seconds / count * 1000, "ms"),
            Figure(f"deliveries of {count} that were not answered 200", count - statuses.count(200), "", 0),
            Figure(f"deliveries of {count} lost or stored twice", abs(count - len(stored)), "", 0),
        ]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", action="store_true")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--workers", type=int, default=4)
    asked = parser.parse_args()
    figures = in_process(min(asked.count, 2000))
    if asked.stack:
        figures += on_the_stack(asked.count, asked.workers)
    return show(figures)


if __name__ == "__main__":
    sys.exit(main())
