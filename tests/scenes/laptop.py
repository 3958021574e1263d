"""The laptop's stack, waited for."""

from __future__ import annotations

import time

from passerelle_laptop.laptop import Laptop

QUEUES = ("uploads", "publications", "retrievals", "jobs")


def rest(laptop: Laptop, seconds: float) -> None:
    """Wait until no message of a publication waits and no Moodle works; fails after so many seconds."""
    until = time.monotonic() + seconds
    quiet = 0
    while quiet < 3 and time.monotonic() < until:
        idle = not any(laptop.stack.waiting(name) for name in QUEUES) and laptop.twin.settle(5)
        quiet = quiet + 1 if idle else 0
        time.sleep(0.5)
    assert quiet == 3, {name: laptop.stack.waiting(name) for name in QUEUES}
