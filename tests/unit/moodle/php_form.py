"""How PHP reads a form body: `a[0][b]=c` into nested dicts, and silence above max_input_vars."""

import re
from typing import Any
from urllib.parse import parse_qsl

_NAME = re.compile(r"\A([^\[]+)((?:\[[^\]]*\])*)\Z")


def parse(body: bytes, max_input_vars: int | None = None) -> tuple[dict[str, Any], int]:
    """The nested parameters, and how many variables were dropped."""
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    kept = pairs if max_input_vars is None else pairs[:max_input_vars]
    tree: dict[str, Any] = {}
    for name, value in kept:
        head, tail = _NAME.match(name).groups()
        path = [head, *re.findall(r"\[([^\]]*)\]", tail)]
        here = tree
        for step in path[:-1]:
            here = here.setdefault(step, {})
        here[path[-1]] = value
    return _listed(tree), len(pairs) - len(kept)


def _listed(value: Any) -> Any:
    """Dicts with the keys 0, 1, 2 … are lists to whoever reads them."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    if inner and list(inner) == [str(place) for place in range(len(inner))]:
        return list(inner.values())
    return inner
