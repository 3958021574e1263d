"""French typography: no line begins with `:` or `?`, and none ends with `«`."""

from __future__ import annotations

import re

_BOUND = (
    (" :", "\u00a0:"),
    ("« ", "«\u00a0"),
    (" »", "\u00a0»"),
    (" ;", "\u202f;"),
    (" ?", "\u202f?"),
    (" !", "\u202f!"),
)
_TEXT = re.compile(r">[^<]+")


def typeset(text: str, lang: str) -> str:
    """The same text with no-break spaces where French wants them."""
    if lang.startswith("fr"):
        for plain, bound in _BOUND:
            text = text.replace(plain, bound)
    return text


def typeset_html(html: str, lang: str) -> str:
    """Of a page's body, what is read: tags and addresses stay as they are. Not for what people typed in."""
    return _TEXT.sub(lambda found: typeset(found[0], lang), html)
