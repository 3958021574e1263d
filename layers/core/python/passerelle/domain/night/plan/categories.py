"""Categories: made, named and moved as the offer says, deleted only if empty (N3, N4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from passerelle.domain.night.plan.builder import Places, ancestry, fit_name
from passerelle.domain.night.plan.plan import Because, Phase, Still, Value
from passerelle.domain.offer.desired import DesiredCategory
from passerelle.domain.offer.model import Row
from passerelle.domain.offer.naming import fill

KEEPERS = 10  # named of what keeps a category
DEEPEST = 1000


def plan_categories(places: Places) -> None:
    """Parents first, a wave for each depth."""
    desired, actual = places.desired, places.actual
    ids = actual.by_idnumber("category")
    places.there = {idnumber for idnumber, held in ids.items() if len(held) == 1}
    places.above = {row.idnumber: row.parent for row in actual.categories.values() if row.idnumber}
    template = places.rules.naming.category_idnumber
    rows = {fill(template, code=code): row for code, row in desired.structure.categories.items()}
    depth = depths({row.idnumber: row.parent for row in desired.categories.values()})
    lost = places.renumbered(
        "category",
        {row.id: row.idnumber for row in actual.categories.values()},
        frozenset(desired.categories),
    )
    for idnumber in sorted(desired.categories, key=lambda one: (depth[one], one)):
        wanted = desired.categories[idnumber]
        held = ids.get(idnumber, ())
        row = (rows[idnumber],)
        if len(held) > 1:
            places.stay("category", (idnumber,), Still.HELD_TWICE)
        elif wanted.parent and wanted.parent not in places.there:
            places.stay("category", (idnumber,), Still.WAITS, wanted.parent)
        elif held:
            _keep_up(places, wanted, held[0], row, depth[idnumber])
        elif idnumber in lost:
            _renumber(places, wanted, lost[idnumber], row, depth[idnumber])
        else:
            _place(places, wanted, "category_create", {"idnumber": idnumber}, row, depth[idnumber])


def depths(above: Mapping[str, str]) -> dict[str, int]:
    """How many are above each."""
    return {one: len(ancestry(above, one)) - 1 for one in above}


def _place(
    places: Places,
    wanted: DesiredCategory,
    op: str,
    key: Mapping[str, Value],
    row: tuple[Row, ...],
    depth: int,
    because: Because = Because.WANTED,
) -> None:
    columns = {**key, "name": fit_name("category", wanted.name), "parent": wanted.parent}
    at = str(key["idnumber"])
    places.add(Phase.CATEGORIES, op, columns, because, row, category=at, wave=depth)
    places.above[wanted.idnumber] = wanted.parent
    places.there.add(wanted.idnumber)


def _keep_up(places: Places, wanted: DesiredCategory, number: int, row: tuple[Row, ...], depth: int) -> None:
    idnumber, found = wanted.idnumber, places.actual.categories[number]
    if not places.actual.is_ours("category", number):
        places.stay("category", (idnumber,), Still.NOT_ADOPTED, found.name)
        return
    places.marks["category"][number] = idnumber
    if (found.name, found.parent) != (fit_name("category", wanted.name), wanted.parent):
        _place(places, wanted, "category_update", {"idnumber": idnumber}, row, depth, Because.CHANGED)


def _renumber(places: Places, wanted: DesiredCategory, number: int, row: tuple[Row, ...], depth: int) -> None:
    found = places.actual.categories[number]
    if not found.idnumber or places.desired.unknown.has_category(found.idnumber):
        places.stay("category", (wanted.idnumber,), Still.IDNUMBER_LOST, found.name)
        return
    key = {"idnumber": found.idnumber, "newidnumber": wanted.idnumber}
    _place(places, wanted, "category_update", key, row, depth, Because.IDNUMBER_BY_HAND)
    places.marks["category"][number] = wanted.idnumber


def plan_empty_categories(places: Places) -> None:
    """Those of the night that left the offer go if nothing is in them once all else is done."""
    actual, desired = places.actual, places.desired
    leaving = {
        row.idnumber: row
        for row in actual.categories.values()
        if row.idnumber
        and row.idnumber not in desired.categories
        and row.idnumber != places.rules.archive_category
        and row.id not in places.marks["category"]
        and actual.is_ours("category", row.id)
        and row.idnumber in places.there
    }
    courses: defaultdict[str, list[str]] = defaultdict(list)
    for number, category in places.category_after.items():
        course = actual.courses[number]
        courses[category].append(course.idnumber or course.shortname)
    below: defaultdict[str, list[str]] = defaultdict(list)
    for row in actual.categories.values():
        below[places.above.get(row.idnumber, row.parent)].append(row.idnumber or row.name)
    depth = depths({row.idnumber: row.parent for row in actual.categories.values() if row.idnumber})
    for idnumber in sorted(leaving, key=lambda one: (-depth[one], one)):
        keepers = [*sorted(courses[idnumber]), *sorted(below[idnumber])]
        if desired.unknown.has_category(idnumber):
            places.stay("category", (idnumber,), Still.UNKNOWN)
        elif keepers:
            places.stay("category", (idnumber,), Still.NOT_EMPTY, *keepers[:KEEPERS])
        else:
            below[places.above[idnumber]].remove(idnumber)
            places.add(
                Phase.ARCHIVE,
                "category_delete",
                {"idnumber": idnumber},
                Because.EMPTY,
                category=idnumber,
                wave=DEEPEST - depth[idnumber],
            )
