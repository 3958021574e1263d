from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passerelle.domain.people_in_papers import Leftover
    from passerelle.domain.records import Record
    from tests.fakes.papers import FakePapers
    from tests.fakes.records import FakeRecords


class FakeInventory:
    def __init__(
        self, records: FakeRecords, papers: FakePapers, deposits: dict[str, str] | None = None
    ) -> None:
        self._records, self._papers = records, papers
        self.deposits = deposits if deposits is not None else {}  # extracts, which no port writes
        self.left: list[Leftover] = []

    def records(self, *, readable_only: bool = False) -> Iterator[Record]:
        for record in list(self._records):
            if readable_only and not self._records.can_read(type(record).__name__, record.id):
                continue
            self._records.get(type(record), record.id)  # raises where it cannot be read
            yield record

    def page(self, after: str | None, limit: int) -> tuple[tuple[Record, ...], str | None]:
        begin = int(after or 0)
        whole = list(self._records)
        more = str(begin + limit) if begin + limit < len(whole) else None
        can_read = self._records.can_read
        return tuple(
            one for one in whole[begin : begin + limit] if can_read(type(one).__name__, one.id)
        ), more

    def documents(self) -> Iterator[str]:
        yield from [*self._papers._kept, *self._papers.texts, *self.deposits]

    def text(self, key: str) -> str | None:
        return self._papers._kept.get(key) or self._papers.texts.get(key) or self.deposits.get(key)

    def rewrite(self, key: str, text: str) -> None:
        for held in (self._papers._kept, self._papers.texts, self.deposits):
            if key in held:
                held[key] = text

    def leftovers(self, after: str = "") -> Iterator[Leftover]:
        versions = sorted((one for one in self.left if one.kind == "version"), key=lambda one: one.id)
        others = [one for one in self.left if one.kind != "version" and not after]
        yield from [*others, *(one for one in versions if one.id > after)]

    def drop(self, leftover: Leftover) -> None:
        self.left.remove(leftover)
