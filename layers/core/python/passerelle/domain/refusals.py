"""What a person was refused, kept under the reference they were given (H1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passerelle.domain.states import State, read_state, spell_state

KEPT_FOR = timedelta(days=90)  # a semester's questions come back within weeks
LONGEST = 300  # characters of one detail

# What names people in a sentence is kept as `…`, whatever else figures, codes, sites and courses say.
_PEOPLE = frozenset(
    {
        *(
            "name",
            "names",
            "username",
            "email",
            "firstname",
            "lastname",
            "person",
            "people",
            "author",
            "user",
        ),
        *("who", "whose", "by", "asked", "login", "value", "teachers", "label", "told", "said", "contact"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`code` and `details` make its sentence (words.sentences), in whichever language is read."""

    reference: str
    site: str
    code: str
    route: str
    at: datetime
    course: str = ""  # idnumber, or `#` and Moodle's number
    details: Mapping[str, str] = field(default_factory=dict)


def discreet(details: Mapping[str, object]) -> dict[str, str]:
    """Details as they may be kept: words and figures, cut short, nothing that could be a person's."""
    return {
        name: spell_state(value) if isinstance(value, State) else _discreet(name, str(value))
        for name, value in details.items()
        if isinstance(value, str | int | float)
    }


def _discreet(name: str, text: str) -> str:
    return "…" if name in _PEOPLE or "@" in text else text[:LONGEST]


def readable(details: Mapping[str, str]) -> dict[str, object]:
    """Kept details as the sentence takes them: a state is worded for whoever reads, not for who asked."""
    return {name: read_state(text) or text for name, text in details.items()}
