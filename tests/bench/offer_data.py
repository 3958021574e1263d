"""A university of the size of the figures to reach, as extracts; the same bytes for the same seed."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.factories.offer import HEADERS


@dataclass(frozen=True)
class Size:
    people: int = 35_000
    elements: int = 10_000
    carried: int = 800
    distance: int = 600
    groups: int = 15_000
    registrations: int = 300_000
    plannings: int = 20_000
    cohorts: int = 200

    def times(self, factor: int) -> Size:
        return Size(*(getattr(self, name) * factor for name in self.__dataclass_fields__))


def write_university(folder: Path, size: Size, seed: int = 1) -> None:
    chance = Random(seed)
    students = [f"{20000000 + number}" for number in range(size.people * 9 // 10)]
    teachers = [f"{90000 + number}" for number in range(size.people - len(students))]
    categories = [f"CAT{number:04d}" for number in range(size.elements // 25)]
    bearers = [f"UE{number:06d}" for number in range(size.elements - size.carried)]
    carried = {f"PO{number:05d}": chance.choice(bearers) for number in range(size.carried)}
    distance = set(bearers[: size.distance])
    groups_of: defaultdict[str, list[str]] = defaultdict(list)
    groups: list[tuple[str, str, str]] = []
    for number in range(size.groups):
        element = bearers[number % len(bearers)]
        groups_of[element].append(f"GR{number:06d}")
        # Each second group of a distance element is its CEMU group.
        label = (
            "CEMU" if element in distance and number >= len(bearers) else f"TD {number // len(bearers) + 1}"
        )
        groups.append((f"GR{number:06d}", label, f"COL-{element}"))
    tables: dict[str, Iterable[Sequence[str]]] = {
        "categories.csv": (
            (code, categories[place // 8] if place else "", f"Licence, parcours {place}")
            for place, code in enumerate(categories)
        ),
        "elements.csv": [
            *(
                (
                    code,
                    f"Élément pédagogique {code}",
                    chance.choice(categories),
                    str(int(code in distance)),
                    "",
                    "2026-09-01",
                )
                for code in bearers
            ),
            *(
                (
                    code,
                    f"Porté {code}",
                    chance.choice(categories),
                    str(int(carrier in distance)),
                    carrier,
                    "2026-09-01",
                )
                for code, carrier in carried.items()
            ),
        ],
        "collections.csv": [
            *((f"COL-{element}", element) for element in bearers),
            *((f"COL-{carrier}", code) for code, carrier in carried.items()),
        ],
        "groups.csv": groups,
        "people.csv": (
            (code, f"u{code}", f"Nom{code}", f"Prénom{code}", f"u{code}@univ.example", kind)
            for kind, codes in (("student", students), ("staff", teachers))
            for code in codes
        ),
        "ia.csv": (
            (code, "2026", "L1", str(int(place % 20 == 0)), "E") for place, code in enumerate(students)
        ),
        "ip.csv": _registrations(chance, size, students, [*bearers, *carried], carried, groups_of),
        "ade.csv": (
            (chance.choice(teachers), chance.choice(bearers), f"F{number}", "APOGEE", "CURRENT", "PLANNED")
            for number in range(size.plannings)
        ),
        "cohorts.csv": ((f"COH{number}", f"Cohorte {number}") for number in range(size.cohorts)),
        "cohort_members.csv": ((f"COH{place % size.cohorts}", code) for place, code in enumerate(students)),
    }
    files = {file: _write(folder / file, HEADERS[file], rows) for file, rows in tables.items()}
    said = {"year": "2026", "made_at": "2026-10-05T23:40:00+02:00", "files": files}
    (folder / "manifest.json").write_text(json.dumps(said), encoding="utf-8")


def _registrations(
    chance: Random,
    size: Size,
    students: list[str],
    elements: list[str],
    carried: dict[str, str],
    groups_of: dict[str, list[str]],
) -> Iterator[Sequence[str]]:
    seen: set[tuple[str, str]] = set()
    while len(seen) < size.registrations:
        pair = (chance.choice(students), chance.choice(elements))
        if pair in seen:
            continue
        seen.add(pair)
        choices = groups_of[carried.get(pair[1], pair[1])]
        group = chance.choice(choices) if choices and chance.random() > 0.02 else ""
        yield (*pair, group)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, object]:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(header)
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last count is wanted
            writer.writerow(row)
    return {"rows": count, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
