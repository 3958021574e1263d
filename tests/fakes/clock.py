from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def tick(self, by: timedelta = timedelta(seconds=1)) -> datetime:
        self._now += by
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
