"""An operation as a line of JSON. A first night has hundreds of thousands of them, hence the haste."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from json import JSONEncoder
from json.encoder import encode_basestring
from operator import attrgetter

from passerelle.domain.night.plan.plan import Operation, Value, key_attributes
from passerelle.domain.offer.model import Row

_encode = JSONEncoder(ensure_ascii=False).encode


def _said(values: Iterable[Value]) -> tuple[str, ...]:
    """As JSON, each anew: to look up what was written before takes longer."""
    return tuple([encode_basestring(one) if isinstance(one, str) else _encode(one) for one in values])


class Pen:
    """Keeps the shape of each kind of line: one for each plan. `files`: where a table's rows came from, if
    not from the file of its name.
    """

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        self._files = files or {}
        self._heads: dict[tuple[str, tuple[str, ...]], str] = {}
        self._rows: dict[type, Callable[[Row], str]] = {}

    def line(self, one: Operation) -> str:
        """Its columns as `apply` takes them, then why."""
        known = (one.op, one.names)
        head = self._heads.get(known) or self._head(*known)
        said = head % _said(one.values)
        if not one.rows:
            return f'{said}"because":"{one.because}"}}'
        rows = ",".join([self._row(row) for row in one.rows])
        return f'{said}"because":"{one.because}","rows":[{rows}]}}'

    def _head(self, op: str, names: tuple[str, ...]) -> str:
        columns = "".join(f'"{name}":%s,' for name in names)
        head = self._heads[op, names] = f'{{"op":"{op}",{columns}'
        return head

    def _row(self, row: Row) -> str:
        """Its file, line and key columns."""
        write = self._rows.get(type(row)) or self._writer(row)
        return write(row)

    def _writer(self, like: Row) -> Callable[[Row], str]:
        table = like.table
        file = _encode(self._files.get(table, table.value)).replace("%", "%%")
        names = key_attributes(table)
        shape = f"[{file},%d,{','.join('%s' for _ in names)}]"
        line_and_key: Callable[[Row], tuple[Value, ...]] = attrgetter("line", *names)

        def write(row: Row) -> str:
            line, *key = line_and_key(row)
            return shape % (line, *_said(key))

        self._rows[type(like)] = write
        return write
