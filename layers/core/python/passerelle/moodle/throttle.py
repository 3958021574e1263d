"""How fast, how many at once, and how long a site is asked: pure arithmetic around a clock."""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Clock:
    """Injected whole, so that a test can hold time still."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    # Jitter spreads callers out; nothing secret hangs on it.
    between: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class Patience:
    """The budget of one call: tries and seconds, whichever ends first.

    `budget` bounds when the last try may start; that one may take the read timeout longer.
    """

    attempts: int = 5
    budget: timedelta = timedelta(seconds=90)
    first_wait: timedelta = timedelta(milliseconds=500)
    longest_wait: timedelta = timedelta(seconds=20)

    def wait_after(self, attempt: int, asked: timedelta | None, clock: Clock) -> timedelta:
        """Full jitter: anything between nothing and the doubled wait, but no less than was asked for."""
        most = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        jittered = timedelta(seconds=clock.between(0.0, most.total_seconds()))
        return max(jittered, asked or timedelta())


IMPATIENT = Patience(attempts=1)


@dataclass(slots=True)
class TokenBucket:
    """`rate` calls a second on average, `burst` at once. Shared by all threads that ask one site."""

    rate: float
    burst: int
    clock: Clock = field(default_factory=Clock)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _free_at: float = field(default=float("-inf"), repr=False)

    def take(self) -> None:
        """Wait for one's turn. Turns are given out under the lock and waited for outside it."""
        gap = 1.0 / self.rate
        with self._lock:
            now = self.clock.now()
            earliest = max(self._free_at, now - gap * (self.burst - 1))
            self._free_at = earliest + gap
        if earliest > now:
            waiting(earliest - now, self.clock)


_testing = False


@contextmanager
def testing() -> Iterator[None]:
    """Within it no client waits: not between tries, not for its turn. For tests only."""
    global _testing  # noqa: PLW0603 - a switch for a whole test, like stamina's
    before, _testing = _testing, True
    try:
        yield
    finally:
        _testing = before


def waiting(seconds: float, clock: Clock) -> None:
    if not _testing:
        clock.sleep(seconds)
