"""An operation as a line of JSON. A first night has hundreds of thousands of them, hence the haste."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import JSONEncoder
from operator import attrgetter

from passerelle.domain.night.plan.plan import Operation, Value, key_attributes
from passerelle.domain.offer.model import Row

_encode = JSONEncoder(ensure_ascii=False).encode


class _Said(dict[Value, str]):
    """Values as JSON: codes come again and again."""

    def __missing__(self, value: Value) -> str:
        said = _encode(value)
        if isinstance(value, str):  # 1 and True are one key
            self[value] = said
        return said


class Pen:
    """Keeps what it has written before: one for each plan. `files`: where a table's rows came from, if
    not from the file of its name.
    """

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        self._files = files or {}
        self._said = _Said()
        self._heads: dict[tuple[str, tuple[str, ...]], str] = {}
        self._rows: dict[type, Callable[[Row], str]] = {}

    def line(self, one: Operation) -> str:
        """Its columns as `apply` takes them, then why."""
        known = (one.op, one.names)
        head = self._heads.get(known) or self._head(*known)
        said = head % tuple(map(self._said.__getitem__, one.values))
        if not one.rows:
            return f'{said}"because":"{one.because}"}}'
        rows = ",".join([self._row(row) for row in one.rows])
        return f'{said}"because":"{one.because}","rows":[{rows}]}}'

    def _head(self, op: str, names: tuple[str, ...]) -> str:
        columns = "".join(_encode(name).replace("%", "%%") + ":%s," for name in names)
        head = self._heads[op, names] = f'{{"op":"{op}",{columns}'
        return head

    def _row(self, row: Row) -> str:
        """Its file, line and key columns."""
        write = self._rows.get(type(row)) or self._writer(row)
        return write(row)

    def _writer(self, like: Row) -> Callable[[Row], str]:
        table, said = like.table, self._said.__getitem__
        file = _encode(self._files.get(table, table.value)).replace("%", "%%")
        names = key_attributes(table)
        shape = f"[{file},%d,{','.join('%s' for _ in names)}]"
        line_and_key: Callable[[Row], tuple[Value, ...]] = attrgetter("line", *names)

        def write(row: Row) -> str:
            line, *key = line_and_key(row)
            return shape % (line, *map(said, key))

        self._rows[type(like)] = write
        return write
