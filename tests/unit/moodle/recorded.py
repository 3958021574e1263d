"""The recorded exchanges and signatures of a real Moodle 4.5.6."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "moodle"


@cache
def exchanges() -> list[dict[str, Any]]:
    return json.loads((FOLDER / "exchanges-4.5.json").read_text())["exchanges"]


@cache
def functions() -> dict[str, Any]:
    return json.loads((FOLDER / "functions-4.5.json").read_text())["functions"]


def exchange(case: str) -> dict[str, Any]:
    (found,) = (one for one in exchanges() if one["case"] == case)
    return found
