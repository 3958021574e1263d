"""How every command speaks: the reader's language, sentences with their plurals."""

from __future__ import annotations

import difflib
import os
import unicodedata
from typing import Any

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


class Named(click.Choice[str]):
    """One of a few names; another is refused with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = difflib.get_close_matches(str(value), [str(one) for one in self.choices], n=1, cutoff=0.5)
            if near:
                meant = worded("Vouliez-vous dire « {near} » ?", "Did you mean “{near}”?", near=near[0])
                raise click.BadParameter(f"{error.message} {meant}", ctx, param) from None
            raise


def worded(french: str, english: str, **details: object) -> str:
    """The sentence in the reader's language, with its details (words.formatter says what may stand in it)."""
    return fill((french, english), language(), details)
