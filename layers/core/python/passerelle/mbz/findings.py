"""The reasons against an archive, collected while it streams by."""

from __future__ import annotations

from collections import Counter

from passerelle.domain.backups.manifest import Reason, Why

PER_CODE = 5  # a damaged archive can break one rule ten thousand times; five examples are enough


class Broken(Exception):
    """The archive cannot be read beyond this point; `reason` says why."""

    def __init__(self, code: Why, message: str, member: str | None = None) -> None:
        super().__init__(code)
        self.reason = Reason(code, message, member)


class Findings:
    """Reasons in the order found. Adding is safe from several threads: it only appends."""

    def __init__(self) -> None:
        self._reasons: list[Reason] = []
        self._counts: Counter[Why] = Counter()

    def add(self, code: Why, message: str, member: str | None = None) -> None:
        self.take(Reason(code, message, member))

    def take(self, reason: Reason) -> None:
        self._counts[reason.code] += 1
        if self._counts[reason.code] <= PER_CODE:
            self._reasons.append(reason)

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def __contains__(self, code: Why) -> bool:
        return self._counts[code] > 0

    def reasons(self) -> tuple[Reason, ...]:
        """Each reason once, those that say most about the archive first."""
        order = {code: place for place, code in enumerate(Why)}
        return tuple(sorted(dict.fromkeys(self._reasons), key=lambda reason: order[reason.code]))
