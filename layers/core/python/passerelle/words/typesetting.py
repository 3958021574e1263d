"""French typography: no line begins with `:` or `?`, and none ends with `«`."""

from __future__ import annotations

_BOUND = (
    (" :", "\u00a0:"),
    ("« ", "«\u00a0"),
    (" »", "\u00a0»"),
    (" ;", "\u202f;"),
    (" ?", "\u202f?"),
    (" !", "\u202f!"),
)


def typeset(text: str, lang: str) -> str:
    """The same text with no-break spaces where French wants them."""
    if lang.startswith("fr"):
        for plain, bound in _BOUND:
            text = text.replace(plain, bound)
    return text
