"""Random small universities, and the ways in which one row of them goes bad."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.factories.offer import HEADERS, Row, University
from tests.unit.offer.plain_reading import KEY_LENGTH

CATEGORIES = ["C1", "C2", "C3"]
ELEMENTS = ["E1", "E2", "E3", "E4", "E5", "E6"]
COLLECTIONS = ["K1", "K2", "K3"]
GROUPS = ["G1", "G2", "G3", "G4", "G5"]
PEOPLE = ["P1", "P2", "P3", "P4"]
COHORTS = ["H1", "H2"]
# Hypothesis chooses every draw, and so can shrink what it finds.
CHANCE = st.randoms(use_true_random=False)
LABELS = ["TD", "TD", "CM", "TD cemu", "CEMU", "CEMU"]

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


def grow(chance: Random) -> University:
    """Valid rows that mostly lead somewhere: chains of carriers, shared collections, people in groups.
    Some references lead nowhere and some chains loop, as in real extracts."""
    made = University()
    for place, code in enumerate(_some(chance, CATEGORIES, least=1)):
        made.category(code, _odd(chance, [*CATEGORIES, "CX"], ["", *CATEGORIES[:place]]))
    carriers = _grow_elements(made, chance)
    attached = _attach(made, chance, carriers)
    placed: list[tuple[str, str]] = []  # element, group
    for code in _some(chance, GROUPS, least=3):
        collection = _odd(chance, COLLECTIONS, sorted(attached))
        made.row("groups.csv", code, chance.choice(LABELS), collection)
        placed += [(element, code) for element in attached.get(collection, ())]
    for code in _some(chance, PEOPLE, least=3):
        made.person(
            code,
            username=_odd(chance, ["", code], [code.lower()]),  # a capital counts for nothing
            email=_odd(chance, [""], [None]),
            kind=chance.choice(["student", "staff"]),
        )
    for person, step in _some(chance, list(product(PEOPLE, ["S1", "S2"])), least=4):
        year, state = _odd(chance, ["2025"], ["2026"]), _odd(chance, ["A"], ["E"])
        made.row("ia.csv", person, year, step, chance.choice("011"), state)
    likely = [(person, *pair) for person in PEOPLE for pair in placed]
    anything = list(product([*PEOPLE, "PX"], [*ELEMENTS, "EX"], ["", *GROUPS, "GX"]))
    rows = _some(chance, likely, least=3, most=10) + _some(chance, anything, most=4)
    for row in dict.fromkeys(rows):
        made.row("ip.csv", *row)
    for person, element in _some(chance, list(product([*PEOPLE, "PX"], [*ELEMENTS, "EX"])), most=5):
        made.ade(
            person,
            element,
            origin=_odd(chance, ["LOCAL"], ["APOGEE"]),
            state=_odd(chance, ["OBSOLETE"], ["CURRENT"]),
            status=_odd(chance, ["ASSOCIATED"], ["PLANNED"]),
        )
    for code in _some(chance, COHORTS):
        made.cohort(code, *_some(chance, [*PEOPLE, "PX"]))
    return made


def _grow_elements(made: University, chance: Random) -> dict[str, str]:
    categories = [row[0] for row in made.tables["categories.csv"]]
    carriers: dict[str, str] = {}
    for code in _some(chance, ELEMENTS, least=3):
        # Of those there already, so that chains mostly end.
        carrier = _odd(chance, [*ELEMENTS, "EX"], ["", *carriers])
        category = _odd(chance, [*CATEGORIES, "CX"], categories)
        made.row("elements.csv", code, f"Title {code}", category, chance.choice("01"), carrier, "2026-09-01")
        carriers[code] = carrier
    return carriers


def _attach(made: University, chance: Random, carriers: dict[str, str]) -> dict[str, list[str]]:
    """Elements by collection: any, and then mostly all that carry them."""
    attached: dict[str, list[str]] = {}
    for collection in _some(chance, COLLECTIONS, least=2):
        wanted = set(_some(chance, [*carriers, "EX"], least=1, most=3))
        for element in sorted(wanted):
            above = carriers.get(element, "")
            while above and above not in wanted and chance.random() < 0.8:
                wanted.add(above)
                above = carriers.get(above, "")
        attached[collection] = sorted(wanted)
        made.collection(collection, *attached[collection])
    return attached


def _some(chance: Random, values: list[Any], *, least: int = 0, most: int = 99) -> list[Any]:
    most = min(most, len(values))
    return chance.sample(values, chance.randint(min(least, most), most))


def _odd(chance: Random, rarely: list[Any], mostly: list[Any]) -> Any:
    return chance.choice(rarely if chance.random() < 0.06 else mostly)


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
    column = KEY_LENGTH[file] + column % max(1, len(row) - KEY_LENGTH[file])
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


def grow_and_spoil(chance: Random, *, rows: int = 1) -> tuple[University, University]:
    """A university, and itself with as many different rows gone bad."""
    good = grow(chance)
    bad = copy.deepcopy(good)
    places = [(file, index) for file, found in good.tables.items() for index in range(len(found))]
    for _ in range(9 * rows):  # not every way fits every row
        if not places or not rows:
            break
        file, index = chance.choice(places)
        if chance.choice(SPOILS)(bad, file, index, chance.randrange(len(HEADERS[file]))):
            places.remove((file, index))
            rows -= 1
    return good, bad


def spoiled() -> st.SearchStrategy[tuple[University, University]]:
    return CHANCE.map(grow_and_spoil)


def shuffle(made: University, chance: Random) -> University:
    return University({file: chance.sample(rows, len(rows)) for file, rows in made.tables.items()})
