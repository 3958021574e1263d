"""`Fn::ForEach`, unrolled: the emulator applies AWS::LanguageExtensions to a root template only."""

from __future__ import annotations

import re
from typing import Any

_LOOP = "Fn::ForEach::"


def unrolled(template: dict[str, Any]) -> dict[str, Any]:
    """`template` without loops in its resources, and without the transform that allows them."""
    if template.get("Transform") != "AWS::LanguageExtensions":
        return template
    resources: dict[str, Any] = {}
    for key, value in template["Resources"].items():
        if key.startswith(_LOOP):
            name, items, body = value
            for item in items:
                resources |= {_key(k, name, item): _value(v, name, item) for k, v in body.items()}
        else:
            resources[key] = value
    return {k: v for k, v in template.items() if k != "Transform"} | {"Resources": resources}


def _key(key: str, name: str, item: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]", "", item)
    return key.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", plain)


def _value(node: Any, name: str, item: str) -> Any:
    match node:
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": text.replace(f"${{{name}}}", item)}
        case {"Ref": str(referred)} if referred == name:
            return item
        case dict():
            return {key: _value(value, name, item) for key, value in node.items()}
        case list():
            return [_value(value, name, item) for value in node]
    return node
