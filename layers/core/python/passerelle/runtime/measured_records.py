"""The port `Records` with each change of state counted (H4), once its conditional write was won."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from passerelle.domain.measures import Measure, measures

if TYPE_CHECKING:
    from passerelle.ports import R, Records


class MeasuredRecords:
    def __init__(self, records: Records, tell: Callable[[Measure], None]) -> None:
        self._records = records
        self._tell = tell
        self.get, self.add, self.delete, self.list = records.get, records.add, records.delete, records.list
        self.can_read = records.can_read
        self.naming, self.list_anew = records.naming, records.list_anew

    def change(self, before: R, after: R) -> R:
        changed = self._records.change(before, after)
        for measure in measures(before, after):
            self._tell(measure)
        return changed
