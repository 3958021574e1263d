"""How every command speaks: the reader's language, sentences with their plurals, tables, moments, JSON."""

from __future__ import annotations

import difflib
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import click

from passerelle.domain.states import state_word
from passerelle.words.figures import say_when
from passerelle.words.formatter import fill
from passerelle.words.typesetting import typeset
from passerelle_cli.patience import PATIENCE

F = TypeVar("F", bound=Callable[..., Any])


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


def echo(text: object = "", *, err: bool = False, nl: bool = True, colour: str = "") -> None:
    """`colour` (click's name of one, or `bold` or `dim`): on a terminal only, and not under NO_COLOR."""
    PATIENCE.make_room()
    plain = visible(str(text))
    click.echo(_coloured(plain, colour, err=err), err=err, nl=nl)


def _coloured(text: str, colour: str, *, err: bool) -> str:
    stream = sys.stderr if err else sys.stdout
    if not colour or os.environ.get("NO_COLOR") or not stream.isatty():  # no-color.org
        return text
    if colour in ("bold", "dim"):
        return click.style(text, bold=colour == "bold", dim=colour == "dim")
    return click.style(text, fg=colour)


def table(rows: Iterable[Sequence[object]]) -> None:
    """Rows in columns that stand under one another; the last column is as long as it is."""
    shown = [[str(cell) for cell in row] for row in rows]
    columns = max((len(row) for row in shown), default=0)
    widths = [max((_width(row[n]) for row in shown if n < len(row) - 1), default=0) for n in range(columns)]
    for row in shown:
        padded = (cell + " " * (widths[n] - _width(cell)) for n, cell in enumerate(row[:-1]))
        echo("  ".join((*padded, *row[-1:])).rstrip())


def _width(text: str) -> int:
    """Places on the screen: wide letters take two, marks none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def when(at: datetime | None) -> str:
    """In the time of the reader's machine."""
    return "" if at is None else say_when(at.astimezone(), language())


def moment_of(seconds: int | None) -> datetime | None:
    """Of Unix seconds, as the plugins are told it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")(command)


def print_json(document: object) -> None:
    """The one object of `--json`; `passerelle schema COMMAND` says its shape."""
    echo(json.dumps(document, ensure_ascii=False, indent=1, default=_as_json))


def _as_json(value: Any) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """`Did you mean “caen”?`, or which there are."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if near:
        return worded("Vouliez-vous dire « {near} » ?", "Did you mean “{near}”?", near=near[0])
    if not names:
        return worded("Il n’y en a aucun.", "There is none.")
    return worded("Il y a : {names}.", "There are: {names}.", names=", ".join(names))


def refuse(name: str, sentence: str) -> NoReturn:
    """The command was not written as it must be: `name` is the argument or option that is wrong."""
    raise click.BadParameter(sentence, param_hint=name)


class Named(click.Choice[str]):
    """One of a few names; another is refused with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            names = [str(one) for one in self.choices]
            if difflib.get_close_matches(str(value), names, n=1, cutoff=0.5):
                raise click.BadParameter(
                    f"{error.message} {nearest(str(value), names)}", ctx, param
                ) from None
            raise


class StateNamed(Named):
    """A state by its code or by the word that lists show in the reader's language."""

    def __init__(self, states: type[StrEnum]) -> None:
        super().__init__([one.value for one in states])
        self._states: Any = states

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        said = str(value).strip().lower()
        meant: dict[str, str] = {
            state_word(one, lang): one.value for one in self._states for lang in ("fr", "en")
        }
        meant |= {one.value: one.value for one in self._states}
        if said not in meant:
            words = [state_word(one, language()) for one in self._states]
            refused = worded("« {state} » n’est pas un état.", "“{state}” is no state.", state=value)
            raise click.BadParameter(f"{refused} {nearest(said, words)}", ctx, param)
        return meant[said]


def either(french: str, english: str) -> str:
    """The sentence in the reader's language, with what stands in it already."""
    return typeset(french, "fr") if language() == "fr" else english


def worded(french: str, english: str, **details: object) -> str:
    """The sentence in the reader's language, with its details (words.formatter says what may stand in it)."""
    return fill((french, english), language(), details)
