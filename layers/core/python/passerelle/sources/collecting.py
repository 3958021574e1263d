"""Rows of one table: identical ones once, contradictory ones none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passerelle.domain.offer.model import Because, RefusedRow, Table
from passerelle.sources.tables import Fault, Layout, Record, readable_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

Values = tuple[str, ...]
Key = tuple[str, ...]

_SHOWN = 80  # letters of an offending value that a message shows


@dataclass(slots=True)
class Collected:
    """`good`: valid values with the line they first stood on."""

    layout: Layout
    table: Table
    file: str
    good: dict[Values, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    read: int = 0

    def refuse(self, line: int, values: tuple[str | None, ...], fault: Fault) -> None:
        fields = readable_fields(self.layout, values)
        # Some logins are e-mail addresses, which no message may show.
        shown = None if fault.value is None or "@" in fault.value else show_value(fault.value)
        row = RefusedRow(self.table, self.file, line, fault.because, fault.column, shown, fields)
        self.refused.append(row)


def show_value(value: str) -> str:
    """As it can be written anywhere: undecoded bytes as `\\xe9`, and no more than says which it is."""
    text = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def collect(records: Iterable[Record], layout: Layout, table: Table, file: str) -> Collected:
    """One key, several values: all are refused, for none can be told to be the right one. A row that
    is refused for another fault counts among them, as it may be the right one."""
    found = Collected(layout, table, file)
    bad_keys: set[Key] = set()
    places = [index for index, column in enumerate(layout.columns) if column.name in layout.key]
    keep = found.good.setdefault
    for line, values, fault in records:
        found.read += 1
        if fault is None:
            keep(values, line)  # type: ignore[arg-type]  # no fault: they are values
            continue
        found.refuse(line, values, fault)
        key = tuple(values[place] for place in places)
        if None not in key:
            bad_keys.add(key)  # type: ignore[arg-type]
    if not places or (len(places) == len(layout.columns) and not bad_keys):
        return found  # no key, or the whole row is its key: nothing can contradict it
    _refuse_contradictions(found, bad_keys, places)
    return found


def _refuse_contradictions(found: Collected, bad_keys: set[Key], places: list[int]) -> None:
    seen: set[Key] = set()
    for values in found.good:
        key = tuple(values[place] for place in places)
        if key in seen:
            bad_keys.add(key)
        seen.add(key)
    if not bad_keys:
        return
    for values in [values for values in found.good if tuple(values[place] for place in places) in bad_keys]:
        found.refuse(found.good.pop(values), values, Fault(Because.DIFFERENT_VALUES))


def refuse_shared_usernames(people: Collected) -> None:
    """Two people with one username: neither can be told to own it. Refused rows claim theirs too."""
    names = [column.name for column in people.layout.columns]
    code, username = names.index("code"), names.index("username")
    owners: defaultdict[str, set[str | None]] = defaultdict(set)
    for values in people.good:
        owners[values[username]].add(values[code])
    for row in people.refused:
        if row.fields.get("username"):
            owners[row.fields["username"]].add(row.fields.get("code"))
    shared = {name for name, codes in owners.items() if name and len(codes) > 1}
    for values in [values for values in people.good if values[username] in shared]:
        fault = Fault(Because.SAME_USERNAME, "username", values[username])
        people.refuse(people.good.pop(values), values, fault)
