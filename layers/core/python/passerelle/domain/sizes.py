"""Sizes as people write them."""

from __future__ import annotations

import re

UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}


def parse_size(text: str) -> int:
    """`20 GB`, `500 Mo`, `1000`, `2 GiB` → bytes. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)[bo]?\s*", text.lower())
    if match is None:
        raise ValueError(f"'{text}' is not a size such as 20 GB")
    number, unit, binary = match.groups()
    factor = UNITS[unit]
    if binary:
        factor = 1024 ** ("kmgt".index(unit) + 1)
    return int(float(number) * factor)


def spell_size(size: int, lang: str) -> str:
    unit = "o" if lang.startswith("fr") else "B"
    value = float(size)
    for prefix in ("", "k", "M", "G"):
        if value < 1000 or prefix == "G":
            digits = 0 if prefix == "" or value >= 100 else 1
            text = f"{value:.{digits}f}"
            return f"{text.replace('.', ',')}\u00a0{prefix}o" if unit == "o" else f"{text} {prefix}B"
        value /= 1000
    raise AssertionError
