"""`name.yaml` beside an archive in a drop folder: its card, as lines of `key: value` (P21).

A part of YAML, read by hand: one level of keys, plain or quoted values, and `|` or `>` before indented lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

from passerelle.errors import Refused

KEYS = ("title", "summary", "language", "level", "licence", "category")
_LINE = re.compile(r"([a-z]+)\s*:(?:\s+(.*))?\Z")
LONGEST = 20_000  # characters


def read_card(text: str) -> Mapping[str, str]:
    """Raises Refused (`card_unreadable`) with the line and what is expected."""
    if len(text) > LONGEST:
        raise Refused("card_unreadable", line=1, keys=", ".join(KEYS))
    card: dict[str, str] = {}
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    rest: list[tuple[int, str]] = list(lines)
    while rest:
        number, line = rest.pop(0)
        if not line.strip() or line.lstrip().startswith("#") or line.strip() == "---":
            continue
        found = _LINE.match(line.rstrip())
        if found is None or found[1] not in KEYS or found[1] in card:
            raise Refused("card_unreadable", line=number, keys=", ".join(KEYS))
        value = (found[2] or "").strip()
        if value in ("|", ">"):
            block = list(_indented(rest))
            del rest[: len(block)]
            value = ("\n" if value == "|" else " ").join(block).strip()
        card[found[1]] = _unquoted(value)
    return card


def _indented(rest: list[tuple[int, str]]) -> Iterator[str]:
    for _, line in takewhile(lambda row: not row[1].strip() or row[1][:1] in " \t", rest):
        yield line.strip()


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
