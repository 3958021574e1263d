"""Faults on demand: what a site does wrong, how often, and for which function."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

#: of a call: `slow` (seconds), `http500`, `html`, `maintenance`, `cutbefore`, `cutafter`, `down`;
#: of a job: `precheck`, `stuck` (never goes on), `unreported` (never says how it ended),
#: `killed` (phase, when).
CALL_KINDS = frozenset({"slow", "http500", "html", "maintenance", "cutbefore", "cutafter", "down"})
JOB_KINDS = frozenset({"precheck", "stuck", "unreported", "killed"})
MOMENTS = frozenset({"before", "during", "after"})


@dataclass(slots=True)
class Fault:
    """`function` is a web-service function or `*`; for job faults the job's kind, its key or `*`.

    `count` is how many times it strikes (-1: until cleared), after letting `skip` go by.
    """

    kind: str
    function: str = "*"
    count: int = 1
    skip: int = 0
    seconds: float = 0.0
    phase: str = ""
    when: str = "before"

    def __post_init__(self) -> None:
        if self.kind not in CALL_KINDS | JOB_KINDS or self.when not in MOMENTS:
            raise ValueError(self.kind)


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def add(self, kind: str, function: str = "*", count: int = 1, **details: Any) -> Fault:
        fault = Fault(kind, function, count, **details)
        with self._lock:
            self._armed.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def armed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]

    def for_call(self, function: str) -> Fault | None:
        return self._strike(lambda fault: fault.kind in CALL_KINDS and fault.function in {"*", function})

    def for_job(self, fault_kind: str, job_kind: str, jobkey: str, phase: str = "", when: str = "") -> bool:
        return (
            self._strike(
                lambda fault: (
                    fault.kind == fault_kind
                    and fault.function in {"*", job_kind, jobkey}
                    and fault.phase in {"", phase}
                    and (not when or fault.when == when)
                )
            )
            is not None
        )

    def _strike(self, applies: Any) -> Fault | None:
        with self._lock:
            for fault in self._armed:
                if not applies(fault):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count > 0:
                    fault.count -= 1
                    if fault.count == 0:
                        self._armed.remove(fault)
                return fault
        return None
