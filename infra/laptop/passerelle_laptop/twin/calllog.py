"""What was asked of a site: function, rows, time, outcome. No parameter and no token is kept."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class LoggedCall:
    number: int
    function: str
    rows: int
    variables: int
    milliseconds: float
    outcome: str  # ok, an errorcode, or the fault that struck
    truncated: bool = False


class CallLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[LoggedCall] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()
        self._number = 0

    def note(
        self, function: str, rows: int, variables: int, seconds: float, outcome: str, truncated: bool
    ) -> None:
        with self._lock:
            self._number += 1
            self._counts[function] += 1
            self._calls.append(
                LoggedCall(
                    self._number, function, rows, variables, round(seconds * 1000, 3), outcome, truncated
                )
            )

    def calls(self, function: str | None = None) -> list[LoggedCall]:
        with self._lock:
            return [call for call in self._calls if function in {None, call.function}]

    def count(self, function: str | None = None) -> int:
        with self._lock:
            return self._number if function is None else self._counts[function]

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()
            self._number = 0

    def rows(self) -> list[dict[str, Any]]:
        return [asdict(call) for call in self.calls()]
