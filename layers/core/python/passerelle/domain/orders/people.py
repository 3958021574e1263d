"""People as somebody typed or pasted them: one a row, last name, first name, e-mail, what may follow (S2)."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from passerelle.domain.orders.accounts import email_fits
from passerelle.domain.orders.facts import Kind, Participant

MOST_ROWS = 2_000
COLUMNS = ("lastname", "firstname", "email", "city", "phone", "institution")
_TITLES = {
    "nom": "lastname",
    "nom de famille": "lastname",
    "last name": "lastname",
    "lastname": "lastname",
    "surname": "lastname",
    "prénom": "firstname",
    "prenom": "firstname",
    "first name": "firstname",
    "firstname": "firstname",
    "courriel": "email",
    "adresse électronique": "email",
    "adresse de courriel": "email",
    "e-mail": "email",
    "email": "email",
    "mail": "email",
    "ville": "city",
    "city": "city",
    "téléphone": "phone",
    "telephone": "phone",
    "phone": "phone",
    "établissement": "institution",
    "etablissement": "institution",
    "organisme": "institution",
    "entreprise": "institution",
    "institution": "institution",
    "company": "institution",
    "rôle": "kind",
    "role": "kind",
    "type": "kind",
}
# Names are names (S18): no address of a page or a person, no mark-up.
_NAME = re.compile(r"(?!.*(?:://|www\.|@))[^<>]+", re.IGNORECASE)
# Control and format characters, halves of a pair, ends of line and of paragraph.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNREAD = re.compile(r"ligne \d+ \((\w+)\)")
_TUTORS = ("tuteur", "tutrice", "tutor", "supervisor", "teacher", "manager")


@dataclass(frozen=True, slots=True)
class RowProblem:
    row: int  # from 1, as the person counts them
    code: str  # of words.sentences


@dataclass(frozen=True, slots=True)
class People:
    people: tuple[Participant, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    rows: tuple[int, ...] = ()  # where each of the people stands

    def placed(self, problems: tuple[RowProblem, ...]) -> tuple[RowProblem, ...]:
        """Problems counted by person, counted by row as whoever typed them sees it."""
        return tuple(RowProblem(self.rows[one.row - 1], one.code) for one in problems)


def read_people(text: str, kind: Kind = "learner") -> People:
    """From rows (commas, semicolons or tabs; a first row of titles is understood) or a JSON list."""
    stripped = text.strip().lstrip("\ufeff")
    if stripped.startswith("["):
        return _from_json(stripped, kind)
    rows = _rows(stripped)
    columns: list[str | None] = list(COLUMNS)
    people: list[Participant] = []
    problems: list[RowProblem] = []
    places: list[int] = []
    seen: set[str] = set()
    for number, row in rows[: MOST_ROWS + 1]:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        titles = [_TITLES.get(cell.lower()) for cell in cells]
        if not people and not problems and titles.count(None) < len(cells) and "email" in titles:
            columns = list(titles)
            continue
        given = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
        person = _person(given, kind, cells)
        code = problem_of(person, seen)
        if len(people) >= MOST_ROWS:
            code = "too_many_rows"
        if code:
            problems.append(RowProblem(number, code))
            continue
        seen.add(person.key)
        people.append(person)
        places.append(number)
    return People(tuple(people), tuple(problems), tuple(places))


def unread_row(row: int, code: str) -> str:
    """Stands for an address where a declared row cannot be read: it stays visible, the others go on."""
    return f"ligne {row} ({code})"


def why_unread(key: str) -> str:
    """The code of such a row, or of any other text that is no address."""
    found = _UNREAD.fullmatch(key)
    return found[1] if found else "email_invalid"


def problem_of(person: Participant, seen: set[str] | frozenset[str] = frozenset()) -> str:
    if not person.email:
        return "email_missing"
    if not email_fits(person.email):
        return "email_invalid"
    if person.key in seen:
        return "email_repeated"
    if not person.lastname or not person.firstname:
        return "name_missing"
    if not all(_is_name(name) for name in (person.lastname, person.firstname)):
        return "name_invalid"
    return ""


def _is_name(text: str) -> bool:
    return (
        bool(_NAME.fullmatch(text)) and not any(_shows_nothing(one) for one in text) and not _is_mark(text[0])
    )


def _is_mark(character: str) -> bool:
    """An accent, a variation selector: it is seen on the letter before it, as in a Japanese name, or not."""
    return unicodedata.category(character).startswith("M")


def _shows_nothing(character: str) -> bool:
    """Unicode counts fillers (Hangul's) and blanks (Braille's) as letters and signs; their names tell."""
    name = unicodedata.name(character, "")
    return unicodedata.category(character) in _UNSEEN or name.endswith((" FILLER", " BLANK"))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    lines = [line for piece in text.splitlines() for line in piece.split("|")]
    heads = "\n".join(lines[:20])
    delimiter = max("\t;,", key=heads.count)
    return [
        (number, next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []))
        for number, line in enumerate(lines, 1)
    ]


def _person(given: dict[str, str], kind: Kind, cells: list[str]) -> Participant:
    given = {name: value[:255] for name, value in given.items()}
    said = given.pop("kind", "").lower()
    if len(cells) > len(COLUMNS) and not said:
        said = cells[len(COLUMNS)].lower()
    if "@" not in given.get("email", ""):
        # Whoever puts the address first means it all the same.
        address = next((name for name, value in given.items() if "@" in value), None)
        if address == "lastname":
            values = [*cells[1:3], cells[0]]
            given |= dict(zip(("lastname", "firstname", "email"), values, strict=False))
    return Participant(
        email=given.get("email", ""),
        firstname=given.get("firstname", "")[:100],
        lastname=given.get("lastname", "")[:100],
        kind="tutor" if any(said.startswith(word) for word in _TUTORS) else kind,
        city=given.get("city", "")[:120],
        phone=given.get("phone", "")[:20],
        institution=given.get("institution", ""),
    )


def _from_json(text: str, kind: Kind) -> People:
    try:
        rows: Any = json.loads(text)
    except ValueError:
        return People(problems=(RowProblem(1, "rows_unreadable"),))
    people: list[Participant] = []
    problems: list[RowProblem] = []
    places: list[int] = []
    seen: set[str] = set()
    for number, row in enumerate(rows[:MOST_ROWS], 1):
        if not isinstance(row, dict):
            problems.append(RowProblem(number, "rows_unreadable"))
            continue
        given = {
            _TITLES.get(str(key).lower(), str(key).lower()): str(value).strip()
            for key, value in row.items()
            if isinstance(value, str | int)
        }
        person = _person({k: v for k, v in given.items() if k in (*COLUMNS, "kind")}, kind, [])
        if code := problem_of(person, seen):
            problems.append(RowProblem(number, code))
            continue
        seen.add(person.key)
        people.append(person)
        places.append(number)
    return People(tuple(people), tuple(problems), tuple(places))
