"""A record that is too large for one item: what grows in it lies beside it, packed, in items of its own.

| item | pk | sk | also |
| --- | --- | --- | --- |
| the record | `{kind}#{id}` | `{kind}` | `record` without the fields that left, `parts` |
| its parts | `{kind}#{id}` | `{kind}#{revision}#{number}` | `part`: a piece of gzip, of JSON: field → value |

Both are written in one transaction, so that a record and its parts are always of one revision; who reads
the record and finds its parts gone was overtaken by a write, and reads again.
"""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Item = dict[str, Any]

# Kind → the fields that leave, once an item is larger than this: an order's people, and how they came.
LEAVING: dict[str, tuple[str, ...]] = {
    "Order": ("lines", "seats", "former", "claimed"),
    "Delivery": ("body",),
}
PACKED_OVER = 100_000  # bytes; DynamoDB holds 400 KiB, but what an index shows is read again and again
PIECE = 380_000


def packed(fields: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[bytes]]:
    """The fields that stay, and the pieces of those that leave."""
    leaving = {name: fields[name] for name in names if name in fields}
    whole = gzip.compress(
        json.dumps(leaving, ensure_ascii=False, separators=(",", ":"), default=_number).encode(), mtime=0
    )
    staying = {name: value for name, value in fields.items() if name not in leaving}
    return staying, [whole[start : start + PIECE] for start in range(0, len(whole), PIECE)]


def unpacked(pieces: Iterable[bytes]) -> dict[str, Any]:
    """Raises ValueError, EOFError or OSError where a piece is missing or damaged."""
    found: dict[str, Any] = json.loads(gzip.decompress(b"".join(pieces)))
    return found


def place(kind: str, revision: int, number: int) -> str:
    """Sorts by revision, then by number."""
    return f"{kind}#{revision:012}#{number:03}"


def items(pk: Mapping[str, Any], kind: str, revision: int, pieces: Iterable[bytes], more: Item) -> list[Item]:
    return [
        {"pk": dict(pk), "sk": {"S": place(kind, revision, number)}, "part": {"B": piece}, **more}
        for number, piece in enumerate(pieces)
    ]


def _number(value: Any) -> int:
    if isinstance(value, Decimal):
        return int(value)
    raise TypeError(type(value).__name__)
