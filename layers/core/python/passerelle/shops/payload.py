"""What a shop sent, read without trust: what is missing or of another type is empty, what nobody needs is
never looked at (S17). Shops add fields with every release, plug-ins set others to null, PHP turns lists
with holes into objects.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from passerelle.domain.orders.facts import Kind, Line, Participant
from passerelle.domain.orders.money import minor_units
from passerelle.domain.orders.people import read_people, unread_row
from passerelle.domain.orders.shop import DeclaredIn
from passerelle.errors import GiveUp

MOST_PIECES = 10_000


class PayloadUnreadable(GiveUp):
    """Well signed, but not as this kind of shop sends it. `where` is a path of keys, never a value."""

    def __init__(self, where: str) -> None:
        super().__init__("payload_unreadable", where=where)


@dataclass(frozen=True, slots=True)
class Said:
    """A JSON object of a shop."""

    given: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def text(self, *names: str) -> str:
        """The first of these that says something; numbers as text."""
        for name in names:
            value = self.given.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return ""

    def needed(self, name: str) -> str:
        """Raises PayloadUnreadable."""
        found = self.text(name)
        if not found:
            raise PayloadUnreadable(name)
        return found

    def true(self, name: str) -> bool:
        return self.given.get(name) is True

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def lost(self, name: str) -> bool:
        """There, but as null: a plug-in may filter a field away."""
        return name in self.given and self.given[name] is None

    def thing(self, *names: str) -> Said:
        """The object inside, several levels deep."""
        here: Any = self.given
        for name in names:
            here = here.get(name) if isinstance(here, Mapping) else None
        return Said(here if isinstance(here, Mapping) else {})

    def things(self, name: str) -> list[Said]:
        """The objects of a list, or of an object that stands for one."""
        value = self.given.get(name)
        rows = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return [Said(row) for row in rows if isinstance(row, Mapping)]

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts (metadata)."""
        inside = self.thing(name)
        return {str(key): inside.text(key) for key in inside.given}

    def pairs(self, name: str, key: str = "name") -> dict[str, str]:
        """A list of `{name, value}` as texts; values that are none are left out."""
        rows = self.things(name)
        return {row.text(key): row.text("value") for row in rows if row.text(key) and row.text("value")}

    def at(self, *names: str) -> datetime | None:
        """The first that is a moment: Unix seconds or ISO 8601; without zone UTC, as WooCommerce's `_gmt`."""
        for name in names:
            found = moment(self.given.get(name))
            if found is not None:
                return found
        return None


def moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


# -- money and pieces: a figure that makes no sense is named, and parks its order (S13) ---------------------


@dataclass
class Figures:
    """Reads figures in one currency; `odd` names those that make no sense."""

    currency: str
    odd: list[str] = field(default_factory=list)

    def money(self, said: Said, name: str) -> int:
        """In minor units; nothing said is 0."""
        value = said.given.get(name)
        if value is None or value == "":
            return 0
        try:
            return minor_units(value, self.currency)
        except GiveUp:
            self.odd.append(name)
            return 0

    def pieces(self, said: Said, name: str = "quantity") -> int:
        """A whole number of pieces; nothing said is one."""
        value = said.given.get(name)
        if value is None or value == "":
            return 1
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = 0.0
        if not 1 <= number <= MOST_PIECES or number != int(number):
            self.odd.append(name)
            return 0
        return int(number)

    @property
    def first_odd(self) -> str:
        return self.odd[0] if self.odd else ""


def pick(known: Sequence[str], products: Mapping[str, Any], ignored: Sequence[str] = ()) -> str:
    """Which of a line's references (SKU, variant, product) network.yaml names; else the first."""
    filled = [one for one in known if one and one != "0"]
    named = (one for one in filled if one in products or one in ignored)
    return next(named, filled[0] if filled else "")


# -- people ------------------------------------------------------------------------------------------------


def people_in(metadata: Mapping[str, str], declared: DeclaredIn, note: str = "") -> tuple[Participant, ...]:
    """Those declared in metadata (`learners`, or `learners_1`, `learners_2` where a value has a limit) and,
    if so configured, in the customer's note.
    """
    kinds: tuple[tuple[str, Kind], ...] = ((declared.learners, "learner"), (declared.tutors, "tutor"))
    people: list[Participant] = []
    for name, kind in kinds:
        people += _declared("\n".join(_pieces(metadata, name)), kind)
    if declared.note and note.strip():
        people += _declared(note, "learner")
    return tuple({person.key or str(n): person for n, person in enumerate(people)}.values())


def _pieces(metadata: Mapping[str, str], name: str) -> list[str]:
    found = []
    for key, value in metadata.items():
        fits = re.fullmatch(rf"{re.escape(name)}(?:_(\d{{1,4}}))?", key, re.IGNORECASE) if name else None
        if fits:
            found.append((int(fits[1] or 0), value))
    return [value for _, value in sorted(found)]


def _declared(text: str, kind: Kind) -> list[Participant]:
    """Bad rows stay, as people without an address: they are stopped by name, the others go on."""
    read = read_people(text, kind) if text.strip() else None
    if read is None:
        return []
    bad = [Participant(email=unread_row(p.row, p.code), kind=kind) for p in read.problems]
    return [*read.people, *bad]


def lines_in(text: str) -> tuple[Line, ...] | None:
    """`REF:2,OTHER` as lines; None where there is nothing."""
    lines = []
    for place, piece in enumerate(word.strip() for word in text.split(",") if word.strip()):
        reference, _, quantity = piece.rpartition(":") if ":" in piece else (piece, "", "1")
        figures = Figures("")
        pieces = figures.pieces(Said({"quantity": quantity.strip()}))
        lines.append(
            Line(id=f"m{place + 1}", product=reference.strip(), quantity=pieces, odd=figures.first_odd)
        )
    return tuple(lines) or None


def peopled(
    lines: Sequence[Line], people: tuple[Participant, ...], products: Container[str]
) -> tuple[Line, ...]:
    """People declared with the order as a whole sit on its first training."""
    if not people or not lines:
        return tuple(lines)
    at = next((place for place, line in enumerate(lines) if line.product in products), 0)
    with_them = replace(lines[at], participants=(*lines[at].participants, *people))
    return (*lines[:at], with_them, *lines[at + 1 :])


def split_name(name: str) -> tuple[str, str]:
    """First and last name of one typed into a single field."""
    first, _, last = name.strip().partition(" ")
    return (first, last) if last else ("", first)
