"""Reads a decoded JSON answer into the dataclasses of `domain`, by their type hints.

Moodle adds keys with every release and leaves optional ones out, so unknown keys are ignored and
absent ones take their default. PHP blurs types, so `1`, `"1"` and `true` are one boolean, an empty
list stands for an empty object, and an object with numbered keys for a list.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Mismatch(ValueError):
    """The answer does not fit. `where` is a path of keys; the value is never told."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def shaped(wanted: type[T], value: object, where: str = "answer") -> T:
    """`value` as `wanted`: a dataclass, `tuple[X, ...]`, `dict[str, X]`, a scalar or an optional one."""
    return cast("T", _read(wanted, value, where))


def _read(wanted: Any, value: Any, where: str) -> Any:
    if wanted is Any:
        return value
    origin = typing.get_origin(wanted)
    if origin in (types.UnionType, typing.Union):
        return _optional(wanted, value, where)
    if origin is tuple:
        return _rows(typing.get_args(wanted)[0], value, where)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(typing.get_args(wanted)[1], value, where)
    if dataclasses.is_dataclass(wanted):
        return _object(wanted, value, where)
    return _scalar(wanted, value, where)


def _optional(wanted: Any, value: Any, where: str) -> Any:
    (inner,) = (kind for kind in typing.get_args(wanted) if kind is not types.NoneType)
    # Moodle's "never" is 0; an optional object that is empty comes as [].
    if value is None or (inner is datetime and value in (0, "0", "")):
        return None
    if value == [] and dataclasses.is_dataclass(inner):
        return None
    return _read(inner, value, where)


def _rows(inner: Any, value: Any, where: str) -> tuple[Any, ...]:
    if value is None:
        return ()
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise Mismatch(where)
    return tuple(_read(inner, item, f"{where}[{place}]") for place, item in enumerate(value))


def _mapping(inner: Any, value: Any, where: str) -> dict[str, Any]:
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise Mismatch(where)
    return {str(key): _read(inner, item, f"{where}.*") for key, item in value.items()}


@cache
def _fields(wanted: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = typing.get_type_hints(wanted)
    return tuple(
        (
            field.name,
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(wanted)
    )


def _object(wanted: Any, value: Any, where: str) -> Any:
    if value == []:
        value = {}
    if not isinstance(value, dict):
        raise Mismatch(where)
    given: dict[str, Any] = {}
    for name, hint, needed in _fields(wanted):
        if value.get(name) is not None:
            given[name] = _read(hint, value[name], f"{where}.{name}")
        elif needed:
            raise Mismatch(f"{where}.{name}")
    return wanted(**given)


def _scalar(wanted: Any, value: Any, where: str) -> Any:
    if isinstance(value, (dict, list)) or value is None:
        raise Mismatch(where)
    try:
        if wanted is bool:
            return _boolean(value)
        if wanted is datetime:
            return datetime.fromtimestamp(int(value), UTC)
        if wanted is str:
            return str(int(value)) if isinstance(value, bool) else str(value)
        if wanted is int:
            return int(value)
        if wanted is float or issubclass(wanted, Enum):
            return wanted(value)
    except (ValueError, OverflowError, OSError):
        raise Mismatch(where) from None
    raise Mismatch(where)


def _boolean(value: float | str | bool) -> bool:
    if value in (True, "1", "true"):
        return True
    if value in (False, "0", "", "false"):
        return False
    raise ValueError
