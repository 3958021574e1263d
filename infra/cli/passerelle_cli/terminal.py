"""How every command speaks: the reader's language, sentences with their plurals."""

from __future__ import annotations

import os

from passerelle.words.formatter import fill


def language() -> str:
    """`fr` or `en`, as the person's environment says."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def worded(french: str, english: str, **details: object) -> str:
    """The sentence in the reader's language, with its details (words.formatter says what may stand in it)."""
    return fill((french, english), language(), details)
