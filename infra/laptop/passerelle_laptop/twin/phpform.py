"""PHP's reading of a form: `a[b][]=c` becomes nested arrays, and what exceeds the limit is dropped."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

_SUBSCRIPT = re.compile(r"\[([^\]]*)\]")
# PHP turns these into underscores in the name of a variable, before the first bracket.
_NOT_IN_NAMES = str.maketrans({" ": "_", ".": "_"})


def decode(body: bytes, max_input_vars: int) -> dict[str, Any]:
    """The variables of `body` as PHP would hand them to Moodle, silently without those over the limit."""
    variables: dict[str, Any] = {}
    kept = 0
    for pair in body.decode("latin-1").split("&"):
        if not pair:
            continue
        if kept >= max_input_vars:
            break
        kept += 1
        name, _, value = pair.partition("=")
        _place(variables, unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace"))
    return variables


def count(body: bytes) -> int:
    return sum(1 for pair in body.split(b"&") if pair)


def _place(variables: dict[str, Any], name: str, value: str) -> None:
    head, bracket, rest = name.lstrip(" ").partition("[")
    head = head.translate(_NOT_IN_NAMES)
    keys = _SUBSCRIPT.findall(bracket + rest)
    if not head:
        return
    if not keys:
        variables[head] = value
        return
    here = variables.get(head)
    if not isinstance(here, dict):
        here = variables[head] = {}
    for written in keys[:-1]:
        key = _key(here, written)
        below = here.get(key)
        if not isinstance(below, dict):
            below = here[key] = {}
        here = below
    here[_key(here, keys[-1])] = value


def _key(array: dict[str, Any], key: str) -> str:
    if key:
        return key
    numbers = [int(used) for used in array if used.isdigit()]
    return str(max(numbers) + 1 if numbers else 0)
