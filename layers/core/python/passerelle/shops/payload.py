"""What all shops' payloads have in common once they are read: metadata, people, moments, amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from passerelle.domain.orders.order import Kind, Line, Participant
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.shop import DeclaredIn
from passerelle.errors import GiveUp


class PayloadUnreadable(GiveUp):
    """Well signed, but not as this kind of shop sends it. `where` is a path of keys, never a value."""

    def __init__(self, where: str) -> None:
        super().__init__("payload_unreadable", where=where)


class Said(BaseModel):
    """Only the fields in use; shops add others with every release."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


def people_in(metadata: Mapping[str, str], declared: DeclaredIn, note: str = "") -> tuple[Participant, ...]:
    """Those declared in metadata (`learners`, or `learners_1`, `learners_2` where a value has a limit) and,
    if so configured, in the customer's note.
    """
    kinds: tuple[tuple[str, Kind], ...] = ((declared.learners, "learner"), (declared.tutors, "tutor"))
    people: list[Participant] = []
    for name, kind in kinds:
        pieces = [
            value
            for key, value in sorted(metadata.items())
            if name and (key.lower() == name.lower() or key.lower().startswith(f"{name.lower()}_"))
        ]
        people += _declared("\n".join(pieces), kind)
    if declared.note and note.strip():
        people += _declared(note, "learner")
    return tuple({person.key or str(n): person for n, person in enumerate(people)}.values())


def _declared(text: str, kind: Kind) -> list[Participant]:
    """Bad rows stay, as people without an address: they are stopped by name, the others go on."""
    read = read_people(text, kind) if text.strip() else None
    if read is None:
        return []
    bad = [Participant(email=f"ligne {p.row} ({p.code})", kind=kind) for p in read.problems]
    return [*read.people, *bad]


def lines_in(text: str) -> tuple[Line, ...] | None:
    """`REF:2,OTHER` as lines; None where there is nothing."""
    lines = []
    for place, piece in enumerate(word.strip() for word in text.split(",") if word.strip()):
        reference, _, quantity = piece.rpartition(":") if ":" in piece else (piece, "", "1")
        if not quantity.isdigit() or not 1 <= int(quantity) <= 10_000:
            return None
        lines.append(Line(id=f"m{place + 1}", product=reference, quantity=int(quantity)))
    return tuple(lines) or None


def peopled(lines: Sequence[Line], people: tuple[Participant, ...]) -> tuple[Line, ...]:
    """People declared with the order as a whole sit on its first line."""
    if not people or not lines:
        return tuple(lines)
    return (replace(lines[0], participants=(*lines[0].participants, *people)), *lines[1:])


def at(text: str | float | None) -> datetime | None:
    """Unix seconds or ISO 8601; without zone it is UTC, as WooCommerce's `_gmt` fields are."""
    if text is None or text == "":
        return None
    try:
        if isinstance(text, int | float):
            return datetime.fromtimestamp(text, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise PayloadUnreadable("time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def split_name(name: str) -> tuple[str, str]:
    """First and last name of one typed into a single field."""
    first, _, last = name.strip().partition(" ")
    return (first, last) if last else ("", first)
