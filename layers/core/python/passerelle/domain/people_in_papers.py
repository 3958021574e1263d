"""Whom a document of the state bucket names, and the same document naming them no more (G1).

JSON is looked at by its values, tables by their cells, pages by what is read in them: a key, a tag or a state
that only looks like somebody's username stays, so that the document can be read afterwards as before.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from passerelle.domain.people import NOWHERE, PERSONAL, SAID, Who, people_of

# Fields of JSON that hold words of its own.
_OWN_WORDS = frozenset(
    {"format", "op", "phase", "because", "state", "stage", "kind", "role", "source", "site", "night", "year"}
)
# Words of its own in lists without names: what stays (domain.night.plan), rows of a source.
_OWN_KINDS = frozenset({"user", "cohort", "category", "course", "group", "enrolment", "member", "element"})
_KEYED_BY_PEOPLE = frozenset({"people", "before"})
_ROW_OF_A_PERSON = ("idnumber", "username", "lastname", "firstname", "email")  # as directory.json keeps them

DEPOSITS = "sis/"  # as the student system left them: a row is a person's or it is not
# Columns of deposits, in lower case, that say whose row it is; those of a file of people besides.
_COLUMNS = {"person_code": "idnumber", "username": "username", "email": "email", "usersourcedid": "idnumber"}
_COLUMNS_OF_PEOPLE = _COLUMNS | {
    "code": "idnumber",
    "sourcedid": "idnumber",
    "identifier": "idnumber",
    "firstname": "firstname",
    "givenname": "firstname",
    "lastname": "lastname",
    "familyname": "lastname",
}
_FILES_OF_PEOPLE = ("/people.csv", "/users.csv")
_MARKUP = re.compile(r"(<style.*?</style>|<script.*?</script>|<[^>]*>)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Leftover:
    """What may go at any time: an answer or a refusal kept to be given again, an older version of a document.
    `id`: a document's key, or like one; `at`: where it lies, for whoever lists it.
    """

    kind: str  # answer, refusal, version
    id: str
    text: str = field(repr=False)
    at: tuple[str, str] = ("", "")


def ties_names(key: str) -> bool:
    """Whether a document says of whole lists of people which names are the same person's."""
    return key.startswith(DEPOSITS) and key.endswith(_FILES_OF_PEOPLE)


def people_in(key: str, text: str, who: Who) -> Iterator[Mapping[str, Any]]:
    """Every person in a document that mentions `who`: more names of theirs are found there."""
    if not _mentions(text, who):
        return
    if key.endswith(".json"):
        document = _json(text)
        yield from people_of(document)
        rows = document.get("people") if isinstance(document, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, list):
                yield dict(zip(_ROW_OF_A_PERSON, row, strict=False))
    elif ties_names(key):
        table = _Table.read(key, text)
        for cells, _ in table.rows:
            yield {table.columns[at]: cell for at, cell in enumerate(cells) if cell and at in table.columns}


def excerpts(key: str, text: str, who: Who) -> list[str]:
    """What of a document is about them, and as little as can be of what is about others."""
    if not _mentions(text, who):
        return []
    if key.endswith(".json") and (document := _json(text)) is not None:
        return [json.dumps(one, ensure_ascii=False) for one in _smallest(document, who, "")]
    if key.startswith(DEPOSITS) and key.endswith(".csv"):
        table = _Table.read(key, text)
        return [line.strip() for cells, line in table.rows if table.is_theirs(cells, who)]
    if key.endswith(".html"):
        text = "\n".join(html.unescape(part) for part in _MARKUP.split(text)[::2])
    lines = (line.strip() for line in text.splitlines())
    return [line[:500] for line in lines if _said(line, who, "\x00") != line]


def text_without(key: str, text: str, who: Who, alias: str) -> str:
    """The same, naming `alias` instead; of a deposit, without the rows that are theirs."""
    if not _mentions(text, who):
        return text
    if key.endswith(".json") and (document := _json(text)) is not None:
        cleaned = _value(document, who, alias, "")
        return text if cleaned == document else json.dumps(cleaned, ensure_ascii=False)
    if key.startswith(DEPOSITS) and key.endswith(".csv"):
        table = _Table.read(key, text)
        return "".join(line for cells, line in table.rows if not table.is_theirs(cells, who))
    if key.endswith(".csv"):
        return _table_without(text, who, alias)
    if key.endswith(".html"):
        return _page_without(text, who, alias)
    return _said(text, who, alias)


def names_in(key: str, text: str, who: Who) -> bool:
    return text_without(key, text, who, "\x00") != text


def rows_in(text: str) -> int:
    """Of a file of a deposit, without its header."""
    return max(
        0, sum(1 for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if row) - 1
    )


def _mentions(text: str, who: Who) -> bool:
    """Quickly, and perhaps too often: most documents name somebody else. Shops write `Zo\\u00e9` in JSON."""
    low = html.unescape(text).lower()
    return "\\u" in low or any(name in low for name in who.names | who.fullnames)


# -- JSON -----------------------------------------------------------------------------------------------


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _value(value: Any, who: Who, alias: str, field: str) -> Any:
    match value:
        case str() if field in _OWN_WORDS or value in _OWN_KINDS:
            return value
        case str() if who.is_(value):
            return who.instead(value, alias)
        case str():
            return _said(value, who, alias) if field in SAID else _named(value, who, alias)
        case dict():
            return _mapping(value, who, alias, field)
        case list() if field == "people" and any(who.is_(one) for one in value):
            # One of directory.json: names stand in it by their place.
            names = (2, 3)
            return ["" if at in names else _value(one, who, alias, field) for at, one in enumerate(value)]
        case list():
            return [_value(one, who, alias, field) for one in value]
    return value


def _mapping(value: dict[str, Any], who: Who, alias: str, field: str) -> dict[str, Any]:
    mine = who.bears(value)
    found = {}
    for name, inner in value.items():
        kept = name
        kind, slash, login = name.rpartition("/")
        if field in _KEYED_BY_PEOPLE and who.is_(login):
            kept = f"{kind}{slash}{alias}"
        if mine and name in PERSONAL and isinstance(inner, str):
            found[kept] = alias + NOWHERE if name == "email" and "username" not in value and inner else ""
        elif field == "people" and kept != name:
            found[kept] = ""  # names.json: login → name
        else:
            found[kept] = _value(inner, who, alias, name)
    return found


def _smallest(value: Any, who: Who, field: str) -> Iterator[Any]:
    """The innermost lists and objects that name them."""
    if isinstance(value, dict) and who.bears(value):
        yield value
        return
    named = [
        (name, inner)
        for name, inner in (value.items() if isinstance(value, dict) else ((field, one) for one in value))
        if _value({name: inner}, who, "\x00", field) != {name: inner}
    ]
    for name, inner in named:
        if isinstance(inner, dict | list):
            yield from _smallest(inner, who, name)
    plain = {name: inner for name, inner in named if not isinstance(inner, dict | list)}
    if plain:
        yield plain if isinstance(value, dict) else value


# -- tables ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """A file of a deposit. `columns`: what a column says of whom, by its place; `rows`: cells, each with the
    very text that they stand in.
    """

    columns: Mapping[int, str]
    rows: list[tuple[list[str], str]]

    @classmethod
    def read(cls, key: str, text: str) -> _Table:
        lines = text.splitlines(keepends=True)
        reader = csv.reader(lines, delimiter=_delimiter(text))
        found, ends = [], [0]
        for cells in reader:
            found.append(cells)
            ends.append(reader.line_num)
        header = [cell.strip("\ufeff \t").lower() for cell in found[0]] if found else []
        known = _COLUMNS_OF_PEOPLE if key.endswith(_FILES_OF_PEOPLE) else _COLUMNS
        columns = {at: known[name] for at, name in enumerate(header) if name in known}
        texts = ["".join(lines[begin:end]) for begin, end in pairwise(ends)]
        return cls(columns, list(zip(found, texts, strict=True)))

    def is_theirs(self, cells: list[str], who: Who) -> bool:
        return any(
            who.is_(cell) and ("@" in cell or self.columns.get(at) in ("idnumber", "username"))
            for at, cell in enumerate(cells)
        )


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(";,\t|", key=head.count)


def _table_without(text: str, who: Who, alias: str) -> str:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    delimiter = _delimiter(text)
    rows = list(csv.reader(io.StringIO(text.removeprefix(mark), newline=""), delimiter=delimiter))
    cleaned = [[_cell(cell, who, alias) for cell in row] for row in rows]
    if cleaned == rows:
        return text
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(cleaned)
    return mark + out.getvalue()


def _cell(text: str, who: Who, alias: str) -> str:
    return who.instead(text, alias) if who.is_(text) else _said(text, who, alias)


# -- pages and texts ------------------------------------------------------------------------------------


def _page_without(text: str, who: Who, alias: str) -> str:
    def part(number: int, one: str) -> str:
        said = html.unescape(one)
        cleaned = _named(said, who, alias) if number % 2 else _said(said, who, alias)
        return one if cleaned == said else cleaned if number % 2 else html.escape(cleaned)

    return "".join(part(number, one) for number, one in enumerate(_MARKUP.split(text)))


def _said(text: str, who: Who, alias: str) -> str:
    pattern = who.pattern(usernames=True)
    return pattern.sub(alias, text) if pattern else text


def _named(text: str, who: Who, alias: str) -> str:
    pattern = who.pattern(usernames=False)
    return pattern.sub(alias, text) if pattern else text
