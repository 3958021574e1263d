"""Documents of the state bucket as JSON, and back: one way for all kinds, each with a format number.

| kept | read again |
| --- | --- |
| `{"format": 1, …}`, the fields of the class | fields that this release does not know are passed over |
| without `format`: before formats were numbered | as format 1 |
| a higher number than the class's `FORMAT` | refused: written by a newer release |

A class whose JSON changes counts its `FORMAT` up by one and gets a line in `STEPS`, which makes the new
form of the former one. A field that is only added needs neither, but a default.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from passerelle.errors import PaperUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from passerelle.domain.records import Document
    from passerelle.ports import D


def read_json(body: bytes | str, key: str) -> Mapping[str, object]:
    """Raises PaperUnreadable where it is cut, or no JSON object."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise PaperUnreadable(key)
    return document


# Class and format → its JSON in the next format.
STEPS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}

_adapters: dict[type, TypeAdapter[Any]] = {}  # made when first used: each takes milliseconds


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_document(thing: Document) -> dict[str, Any]:
    return {"format": thing.FORMAT, **_adapter(type(thing)).dump_python(thing, mode="json")}


def from_document(kind: type[D], document: Mapping[str, Any], key: str = "") -> D:
    """Raises PaperUnreadable, naming `key`, where it is no such document or a newer release wrote it."""
    fields = dict(document)
    number = fields.pop("format", 1)
    if not isinstance(number, int) or number > kind.FORMAT:
        raise PaperUnreadable(key)
    try:
        for older in range(number, kind.FORMAT):
            fields = STEPS[kind.__name__, older](fields)
        thing: D = _adapter(kind).validate_python(fields)
    except (ValidationError, KeyError, TypeError):
        # pydantic quotes the values, which may be people's names.
        raise PaperUnreadable(key) from None
    return thing
