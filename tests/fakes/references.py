from __future__ import annotations

from passerelle.domain.refusals import KEPT_FOR, Refusal
from passerelle.ports import Clock
from tests.fakes.clock import FakeClock


class FakeReferences:
    """`references["caen", "K7QX2M4P"]` is what was kept."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._kept: dict[tuple[str, str], Refusal] = {}

    def keep(self, refusal: Refusal) -> None:
        self._kept[refusal.site, refusal.reference] = refusal

    def find(self, site: str, reference: str) -> Refusal | None:
        found = self._kept.get((site, reference))
        return found if found and found.at + KEPT_FOR > self._clock.now() else None

    def __getitem__(self, key: tuple[str, str]) -> Refusal:
        return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)
