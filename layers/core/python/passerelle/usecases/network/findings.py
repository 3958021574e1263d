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

    def said(self, lang: str) -> str:
        return typeset(self.french, lang) if lang.startswith("fr") else self.english

    def worded(self, lang: str) -> str:
        colon = typeset(" :", lang) if lang.startswith("fr") else ":"
        return f"{self.level} {self.site}{colon} {self.said(lang)}"


def good(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.GOOD, french, english)


def warning(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.WARNING, french, english)


def bad(site: str, french: str, english: str) -> Finding:
    return Finding(site, Level.BAD, french, english)
