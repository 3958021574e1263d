"""How a story is told: a line per thing that happens, each proved where it says so."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from passerelle.words.formatter import fill
from passerelle.words.typesetting import typeset

T = TypeVar("T")
PATIENCE = 30.0  # seconds that a thing told may take to come true


class NotAsTold(Exception):
    """Something of the story did not come true."""


class Teller:
    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.failed: list[str] = []
        self._begun = time.monotonic()

    def say(self, french: str, english: str) -> str:
        return typeset(french, self.lang) if self.lang.startswith("fr") else english

    def scene(self, french: str, english: str) -> None:
        print(f"\n{self.say(french, english)}", flush=True)

    def line(self, french: str, english: str) -> None:
        print(f"  · {self.say(french, english)}", flush=True)

    def proved(self, holds: bool, french: str, english: str) -> None:
        """A line that is checked; a story with one that does not hold ends with a non-zero status."""
        words = self.say(french, english)
        print(f"  {'✓' if holds else '✗'} {words}", flush=True)
        if not holds:
            self.failed.append(words)

    def until(
        self, look: Callable[[], T | None], french: str, english: str, *, patience: float = PATIENCE
    ) -> T:
        """Wait until `look` sees something, then tell it. Raises NotAsTold after `patience` seconds."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            seen = look()
            if seen:
                self.proved(holds=True, french=french, english=english)
                return seen
            time.sleep(0.1)
        self.proved(holds=False, french=french, english=english)
        raise NotAsTold(self.say(french, english))

    def end(self) -> int:
        seconds = time.monotonic() - self._begun
        if self.failed:
            print(
                fill(
                    (
                        "\n{n:# point ne s’est pas passé|# points ne se sont pas passés} comme raconté "
                        "(voyez ✗). {seconds} s.",
                        "\n{n:# thing is|# things are} not as told (see ✗). {seconds} s.",
                    ),
                    self.lang,
                    {"n": len(self.failed), "seconds": f"{seconds:.0f}"},
                ),
                file=sys.stderr,
            )
            return 1
        said = self.say("Tout s’est passé comme raconté.", "All is as told.")
        print(f"\n{said} {seconds:.0f} s.")
        return 0
