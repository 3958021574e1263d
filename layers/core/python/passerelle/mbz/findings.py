"""The reasons against an archive, collected while it streams by."""

from __future__ import annotations

from collections import Counter

from passerelle.domain.backups.manifest import Reason, Why
from passerelle.domain.backups.refusals import REFUSALS
from passerelle.words.sentences import say

PER_CODE = 5  # a damaged archive can break one rule ten thousand times; five examples are enough


def reason(what: str, member: str | None = None, **details: str) -> Reason:
    """`what` is a key of `REFUSALS`; its sentence may name the member and the details."""
    told = {"member": member, **details} if member is not None else details
    return Reason(REFUSALS[what], say(what, "en", **told), member, what, told)


class Broken(Exception):
    """The archive cannot be read beyond this point; `reason` says why."""

    def __init__(self, what: str, member: str | None = None, **details: str) -> None:
        super().__init__(what)
        self.reason = reason(what, member, **details)


class Findings:
    """Reasons in the order found. Adding is safe from several threads: it only appends."""

    def __init__(self) -> None:
        self._reasons: list[Reason] = []
        self._counts: Counter[str] = Counter()

    def add(self, what: str, member: str | None = None, **details: str) -> None:
        self.take(reason(what, member, **details))

    def take(self, reason: Reason) -> None:
        self._counts[reason.what] += 1
        if self._counts[reason.what] <= PER_CODE:
            self._reasons.append(reason)

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def reasons(self) -> tuple[Reason, ...]:
        """Each reason once, those that say most about the archive first."""
        order = {code: place for place, code in enumerate(Why)}
        known: dict[tuple[str, str | None], Reason] = {}
        for found in self._reasons:
            known.setdefault((found.what, found.member), found)
        return tuple(sorted(known.values(), key=lambda found: order[found.code]))
