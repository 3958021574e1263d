"""How every command speaks: the reader's language, sentences with their plurals."""

from __future__ import annotations

import os
import unicodedata

import click

from passerelle.words.formatter import fill


def language() -> str:
    """`fr` or `en`, as the person's environment says."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def visible(text: str) -> str:
    """Characters that would move the cursor, colour the screen or turn the writing round, as their numbers:
    titles and names are other people's.
    """
    return "".join(
        f"\\u{{{ord(one):x}}}" if unicodedata.category(one) in {"Cc", "Cf"} and one not in "\n\t" else one
        for one in text
    )


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    click.echo(visible(str(text)), err=err, nl=nl)


def worded(french: str, english: str, **details: object) -> str:
    """The sentence in the reader's language, with its details (words.formatter says what may stand in it)."""
    return fill((french, english), language(), details)
