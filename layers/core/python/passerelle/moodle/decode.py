"""Reads a decoded JSON answer into the dataclasses of `domain`, by their type hints.

Moodle adds keys with every release and leaves optional ones out, so unknown keys are ignored and
absent ones take their default. PHP blurs types, so `1`, `"1"` and `true` are one boolean, an empty
list stands for an empty object, and an object with numbered keys for a list.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
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


Reader = Callable[[Any], Any]


def shaped(wanted: type[T], value: object, where: str = "answer") -> T:
    """`value` as `wanted`: a dataclass, `tuple[X, ...]`, `dict[str, X]`, a scalar or an optional one."""
    try:
        return cast("T", _reader(cast("Any", wanted))(value))
    except Mismatch as mismatch:
        raise Mismatch(where + mismatch.where) from None


@cache
def _reader(wanted: Any) -> Reader:
    """Made once for each type: a course's groups or people are read by the ten thousand."""
    if wanted is Any:
        return lambda value: value
    origin = typing.get_origin(wanted)
    if origin in (types.UnionType, typing.Union):
        return _optional(wanted)
    if origin is tuple:
        return _rows(_reader(typing.get_args(wanted)[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_reader(typing.get_args(wanted)[1]))
    if dataclasses.is_dataclass(wanted):
        return _object(wanted)
    return _scalar(wanted)


def _optional(wanted: Any) -> Reader:
    (inner,) = (kind for kind in typing.get_args(wanted) if kind is not types.NoneType)
    read = _reader(inner)
    # Moodle's "never" is 0; an optional object that is empty comes as [].
    never: tuple[object, ...] = (
        (0, "0", "") if inner is datetime else ([],) if dataclasses.is_dataclass(inner) else ()
    )
    return lambda value: None if value is None or value in never else read(value)


def _rows(read: Reader) -> Reader:
    def rows(value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            raise Mismatch("")
        found: list[Any] = []
        try:
            found.extend(map(read, value))
        except Mismatch as mismatch:
            raise Mismatch(f"[{len(found)}]{mismatch.where}") from None
        return tuple(found)

    return rows


def _mapping(read: Reader) -> Reader:
    def mapping(value: Any) -> dict[str, Any]:
        if value is None or value == []:
            return {}
        if not isinstance(value, dict):
            raise Mismatch("")
        try:
            return {str(key): read(item) for key, item in value.items()}
        except Mismatch as mismatch:
            raise Mismatch(f".*{mismatch.where}") from None

    return mapping


def _object(wanted: Any) -> Reader:
    hints = typing.get_type_hints(wanted)
    readers = [(field.name, _reader(hints[field.name])) for field in dataclasses.fields(wanted)]
    needed = [
        field.name
        for field in dataclasses.fields(wanted)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    def read_object(value: Any) -> Any:
        if value == []:
            value = {}
        if not isinstance(value, dict):
            raise Mismatch("")
        lacking = next((name for name in needed if value.get(name) is None), None)
        if lacking is not None:
            raise Mismatch(f".{lacking}")
        given: dict[str, Any] = {}
        name = ""
        try:
            for name, read in readers:
                if value.get(name) is not None:
                    given[name] = read(value[name])
        except Mismatch as mismatch:
            raise Mismatch(f".{name}{mismatch.where}") from None
        return wanted(**given)

    return read_object


def _scalar(wanted: Any) -> Reader:
    if wanted is bool:
        convert: Reader = _boolean
    elif wanted is datetime:
        convert = _moment
    elif wanted is str:
        convert = _text
    elif wanted in (int, float) or issubclass(wanted, Enum):
        convert = wanted
    else:
        convert = _impossible

    def scalar(value: Any) -> Any:
        if value is None or isinstance(value, (dict, list)):
            raise Mismatch("")
        try:
            return convert(value)
        except (ValueError, OverflowError, OSError):
            raise Mismatch("") from None

    return scalar


def _boolean(value: float | str | bool) -> bool:
    if value in (True, "1", "true"):
        return True
    if value in (False, "0", "", "false"):
        return False
    raise ValueError


def _moment(value: float | str) -> datetime:
    return datetime.fromtimestamp(int(value), UTC)


def _text(value: float | str | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _impossible(_value: object) -> object:
    raise ValueError
