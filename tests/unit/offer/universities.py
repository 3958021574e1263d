"""Random small universities, and the ways in which one row of them goes bad."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.factories_offer import HEADERS, Row, University

CATEGORIES = ["C1", "C2", "C3"]
ELEMENTS = ["E1", "E2", "E3", "E4", "E5"]
COLLECTIONS = ["K1", "K2", "K3"]
GROUPS = ["G1", "G2", "G3", "G4"]
PEOPLE = ["P1", "P2", "P3"]
COHORTS = ["H1", "H2"]
# Hypothesis chooses every draw, and so can shrink what it finds.
CHANCE = st.randoms(use_true_random=False)
LABELS = ["TD", "TD cemu", "CM", "CEMU"]

# What a column may be replaced by and still be a valid value, to make a row contradict another.
_OTHER = {
    "title": "Another title",
    "label": "TD",
    "parent_code": "C1",
    "category_code": "C3",
    "carrier_code": "E1",
    "collection_code": "K3",
    "distance": "1",
    "tele": "1",
    "state": "A",
    "term_start": "2027-01-01",
    "username": "p9",
    "kind": "staff",
    "email": "other@univ.example",
    "lastname": "Other",
    "firstname": "Other",
}
_KEYS = {
    "categories.csv": 1,
    "elements.csv": 1,
    "collections.csv": 2,
    "groups.csv": 1,
    "people.csv": 1,
    "ia.csv": 3,
    "ip.csv": 3,
    "ade.csv": 6,
    "cohorts.csv": 1,
    "cohort_members.csv": 2,
}


def grow(chance: Random) -> University:
    """Valid rows; references may lead nowhere, chains may loop, as in real extracts."""
    made = University()
    for code in _some(chance, CATEGORIES):
        made.category(code, chance.choice(["", "", "", *CATEGORIES, "CX"]))
    for code in _some(chance, ELEMENTS):
        category = chance.choice(["C1", "C1", *CATEGORIES])
        carrier = chance.choice(["", "", "", *ELEMENTS, "EX"])
        made.row("elements.csv", code, f"Title {code}", category, chance.choice("01"), carrier, "2026-09-01")
    for pair in _some(chance, list(product(COLLECTIONS, [*ELEMENTS, "EX"])), most=9):
        made.row("collections.csv", *pair)
    for code in _some(chance, GROUPS):
        made.row("groups.csv", code, chance.choice(LABELS), chance.choice(COLLECTIONS))
    for code in _some(chance, PEOPLE):
        made.person(code)
    for person in _some(chance, PEOPLE):
        year = chance.choice(["2026", "2026", "2025"])
        made.tele(person, year=year, tele=chance.choice("01"), state=chance.choice("EEA"))
    for row in _some(chance, list(product(PEOPLE, [*ELEMENTS, "EX"], ["", *GROUPS])), most=14):
        made.row("ip.csv", *row)
    for person, element in _some(chance, list(product(PEOPLE, ELEMENTS)), most=4):
        made.ade(person, element, status=chance.choice(["PLANNED", "PLANNED", "ASSOCIATED"]))
    for code in _some(chance, COHORTS):
        made.cohort(code, *_some(chance, PEOPLE))
    return made


def _some(chance: Random, values: list[Any], *, most: int = 99) -> list[Any]:
    return chance.sample(values, chance.randint(0, min(most, len(values))))


def universities() -> st.SearchStrategy[University]:
    return CHANCE.map(grow)


Spoil = Callable[[University, str, int, int], bool]


def _replace(made: University, file: str, index: int, values: Row) -> bool:
    if made.tables[file][index] == values:
        return False
    made.tables[file][index] = values
    return True


def _set(made: University, file: str, index: int, column: int, value: str) -> bool:
    row = list(made.tables[file][index])
    row[column] = value
    return _replace(made, file, index, tuple(row))


def contradict(made: University, file: str, index: int, column: int) -> bool:
    """A second row with the same key and another value."""
    row = list(made.tables[file][index])
    column = _KEYS[file] + column % max(1, len(row) - _KEYS[file])
    if column >= len(row):
        return False
    other = _OTHER[HEADERS[file][column]]
    if row[column] == other:
        return False
    row[column] = other
    made.tables[file].append(tuple(row))
    return True


def blank(made: University, file: str, index: int, column: int) -> bool:
    name = HEADERS[file][column]
    if name in ("parent_code", "carrier_code", "group_code", "lastname", "firstname"):
        return False  # these may be empty, and mean something then
    return _set(made, file, index, column, "")


def cut_short(made: University, file: str, index: int, column: int) -> bool:
    row = made.tables[file][index][: column + 1]
    return bool(row[0]) and _replace(made, file, index, row)


def lengthen(made: University, file: str, index: int, column: int) -> bool:
    """A separator where free text stands, and it was not quoted; where no text stands, anywhere."""
    row = made.tables[file][index]
    names = HEADERS[file]
    text = next((place for place, name in enumerate(names) if name in ("title", "label", "lastname")), -1)
    column = max(column, text + 1)
    return _replace(made, file, index, (*row[:column], "extra", *row[column:]))


def put_nul(made: University, file: str, index: int, column: int) -> bool:
    return _set(made, file, index, column, f"{made.tables[file][index][column]}\x00")


def garble(made: University, file: str, index: int, column: int) -> bool:
    if HEADERS[file][column] not in ("distance", "tele", "term_start", "kind"):
        return False
    return _set(made, file, index, column, "2026-13-45")


def loop(made: University, file: str, index: int, column: int) -> bool:
    """An element or a category that hangs on itself."""
    place = {"categories.csv": 1, "elements.csv": 4}.get(file)
    if place is None:
        return False
    return _set(made, file, index, place, made.tables[file][index][0])


def lose_parent(made: University, file: str, index: int, column: int) -> bool:
    """A reference that leads nowhere refuses its row."""
    names = {"categories.csv": [1], "elements.csv": [2, 4]}.get(file, [])
    if column not in names or (column == 2 and made.tables[file][index][4]):
        return False  # a carried element's category plays no part
    return _set(made, file, index, column, "NOWHERE")


def share_username(made: University, file: str, index: int, column: int) -> bool:
    if file != "people.csv" or len(made.tables[file]) < 2:
        return False
    return _set(made, file, index, 1, made.tables[file][index - 1][1])


SPOILS: list[Spoil] = [
    contradict,
    blank,
    cut_short,
    lengthen,
    put_nul,
    garble,
    loop,
    lose_parent,
    share_username,
]


def grow_and_spoil(chance: Random) -> tuple[University, University]:
    """A university, and itself with one row gone bad."""
    good = grow(chance)
    bad = copy.deepcopy(good)
    places = [(file, index) for file, rows in good.tables.items() for index in range(len(rows))]
    for _ in range(9):  # not every way fits every row
        if not places:
            break
        file, index = chance.choice(places)
        if chance.choice(SPOILS)(bad, file, index, chance.randrange(len(HEADERS[file]))):
            break
    return good, bad


def spoiled() -> st.SearchStrategy[tuple[University, University]]:
    return CHANCE.map(grow_and_spoil)


def shuffle(made: University, chance: Random) -> University:
    return University({file: chance.sample(rows, len(rows)) for file, rows in made.tables.items()})
