"""`local_passerelle_apply`: operations one by one, each with its own verdict; none spans two."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from passerelle_laptop.twin import operations_access, operations_people, operations_places
from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter
from passerelle_laptop.twin.operation import Operation, OperationRefused

Apply = Callable[[Operation], bool]

OPERATIONS: dict[str, Apply] = {
    **operations_people.OPERATIONS,
    **operations_places.OPERATIONS,
    **operations_access.OPERATIONS,
}


def apply(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        operations = json.loads(params["operations"])
    except ValueError:
        raise invalid_parameter() from None
    if not isinstance(operations, list):
        raise invalid_parameter()
    return [_verdict(asked, operation) for operation in operations]


def _verdict(asked: Asked, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {"id": "", "ok": False, "changed": False, "errorcode": "invalid", "message": "not an object"}
    row: dict[str, Any] = {"id": str(given.get("id", ""))}
    do = OPERATIONS.get(str(given.get("op", "")))
    if do is None:
        return row | {"ok": False, "changed": False, "errorcode": "invalid", "message": "op"}
    try:
        changed = do(Operation(asked, given))
    except OperationRefused as refused:
        return row | {"ok": False, "changed": False, "errorcode": refused.code, "message": refused.what}
    return row | {"ok": True, "changed": changed}


FUNCTIONS: dict[str, Handler] = {"local_passerelle_apply": apply}
