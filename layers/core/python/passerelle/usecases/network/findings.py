"""One line of `network check`: of which site, how grave, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from passerelle.words.typesetting import typeset


class Level(StrEnum):
    GOOD = "✓"
    WARNING = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    site: str
    level: Level
    french: str
    english: str

    def worded(self, lang: str) -> str:
        if lang.startswith("fr"):
            return typeset(f"{self.level} {self.site} : {self.french}", lang)
        return f"{self.level} {self.site}: {self.english}"


def good(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.GOOD, french, english)


def warning(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.WARNING, french, english)


def bad(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.BAD, french, english)
