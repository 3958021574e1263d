"""The JSON schema of network.yaml, made from the models, for editors that complete and underline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Union

from pydantic import TypeAdapter

from passerelle.domain.network import Network

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    made = TypeAdapter(Network).json_schema()
    return {"$schema": DRAFT, **_without_titles(made), "title": "network.yaml (Passerelle)"}


def schema_made_of(shapes: Sequence[Any], title: str) -> dict[str, Any]:
    """Of an object that is one of these shapes."""
    one_of = Union[tuple(shapes)]  # type: ignore[valid-type]  # noqa: UP007 - known only when it runs
    made = TypeAdapter(one_of).json_schema(mode="serialization")
    return {"$schema": DRAFT, **_without_titles(made), "title": title}


def written() -> str:
    """As `infra/network.schema.json` holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _without_titles(node: Any) -> Any:
    """pydantic repeats each name as a title: an editor would show it instead of the description."""
    if isinstance(node, list):
        return [_without_titles(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: {key: _without_titles(one) for key, one in value.items()}
        if name in ("properties", "$defs")
        else _without_titles(value)
        for name, value in node.items()
        if name != "title" or not isinstance(value, str)
    }
