"""A small university for the story of the night: its extracts as they land in the state bucket."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import date, timedelta

from passerelle.sources.layouts import LAYOUTS

HEADERS = {
    layout.file: tuple(one.name for one in layout.columns if one.name not in layout.optional_columns)
    for layout in LAYOUTS.values()
}
STUDENTS = ("Curie", "Noether", "Germain", "Agnesi", "Hypatie", "Meitner", "Franklin", "Lamarr")


@dataclass
class University:
    """Rows by file. A fresh one has two faculties, a carried element, a distance one, eight students."""

    tables: dict[str, list[tuple[str, ...]]] = field(default_factory=lambda: {name: [] for name in HEADERS})

    def add(self, file: str, *rows: tuple[str, ...]) -> None:
        self.tables[file] += rows

    def drop(self, file: str, *start: str) -> None:
        self.tables[file] = [row for row in self.tables[file] if row[: len(start)] != start]

    def change(self, file: str, key: str, column: int, value: str) -> None:
        self.tables[file] = [
            (*row[:column], value, *row[column + 1 :]) if row[0] == key else row for row in self.tables[file]
        ]

    def files(self, night: date) -> dict[str, bytes]:
        """As the university's systems leave them on the eve, with their manifest."""
        found: dict[str, bytes] = {}
        said: dict[str, dict[str, object]] = {}
        for name, rows in self.tables.items():
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=";").writerows([HEADERS[name], *rows])
            found[name] = text.getvalue().encode()
            said[name] = {"rows": len(rows), "sha256": hashlib.sha256(found[name]).hexdigest()}
        eve = night - timedelta(days=1)
        manifest = {"year": "2026", "made_at": f"{eve.isoformat()}T23:40:00+02:00", "files": said}
        found["manifest.json"] = json.dumps(manifest).encode()
        return found


def a_university() -> University:
    made = University()
    made.add("categories.csv", ("SCI", "", "Sciences"), ("CHI", "SCI", "Licence de chimie"))
    made.add("categories.csv", ("LET", "", "Lettres"))
    for code, title, category, distance, carrier in (
        ("CHI101", "Chimie générale", "CHI", "0", ""),
        ("CHI102", "Thermodynamique", "CHI", "1", ""),
        ("PHY150", "Chimie pour physiciens", "SCI", "0", "CHI101"),
        ("LET201", "Poésie", "LET", "0", ""),
        ("LET202", "Théâtre", "LET", "0", ""),
    ):
        made.add("elements.csv", (code, title, category, distance, carrier, "2026-09-01"))
    made.add("collections.csv", ("K1", "CHI101"), ("K1", "PHY150"), ("K2", "CHI102"), ("K3", "LET201"))
    made.add("collections.csv", ("K4", "LET202"))
    made.add("groups.csv", ("G11", "TD 1", "K1"), ("G12", "TD 2", "K1"), ("G21", "CEMU", "K2"))
    made.add("groups.csv", ("G31", "TD 1", "K3"), ("G41", "TD 1", "K4"))
    for place, name in enumerate(STUDENTS, 1):
        code, login = f"2200{place}", name.lower()
        made.add("people.csv", (code, login, name, "Étu", f"{login}@univ.example", "student"))
        made.add("ia.csv", (code, "2026", "L1", "1" if place in (7, 8) else "0", "E"))
        element, group = (("CHI101", "G11"), ("PHY150", "G12"))[place % 2]
        if place <= 6:
            made.add("ip.csv", (code, element, group), (code, "LET201", "G31"))
        else:
            made.add("ip.csv", (code, "CHI102", "G21"))
        made.add("cohort_members.csv", ("L1", code))
    made.add("people.csv", ("901", "lavoisier", "Lavoisier", "Prof", "lavoisier@univ.example", "staff"))
    made.add("people.csv", ("902", "labe", "Labé", "Prof", "labe@univ.example", "staff"))
    made.add("ade.csv", ("901", "CHI101", "F1", "APOGEE", "CURRENT", "PLANNED"))
    made.add("ade.csv", ("902", "LET201", "F2", "APOGEE", "CURRENT", "PLANNED"))
    made.add("cohorts.csv", ("L1", "Première année"))
    return made


def change_a_dozen(made: University) -> None:
    """Of every kind that a night brings."""
    made.change("elements.csv", "CHI101", 1, "Chimie générale et minérale")  # renamed
    made.change("elements.csv", "LET201", 2, "SCI")  # moved
    made.drop("elements.csv", "LET202")  # left the offer: archived
    made.drop("collections.csv", "K4")
    made.drop("groups.csv", "G41")
    made.change("categories.csv", "LET", 2, "Lettres et langues")
    made.add("elements.csv", ("CHI103", "Cinétique", "CHI", "0", "", "2026-09-01"))  # new, with a group
    made.add("collections.csv", ("K5", "CHI103"))
    made.add("groups.csv", ("G51", "TD 1", "K5"))
    made.add("people.csv", ("22009", "shapley", "Shapley", "Étu", "shapley@univ.example", "student"))
    made.add("ip.csv", ("22009", "CHI103", "G51"))
    made.drop("ip.csv", "22002", "CHI101")  # moves to another group
    made.add("ip.csv", ("22002", "CHI101", "G12"))
    made.drop("ip.csv", "22004", "LET201")  # leaves the course: suspended
    made.change("people.csv", "22003", 1, "sgermain")  # another login, the same account
    made.drop("ade.csv", "902")  # planned no more
    made.drop("cohort_members.csv", "L1", "22001")


def cut_short(made: University) -> None:
    """What an export that broke off looks like: a third of the registrations, and a manifest that agrees."""
    rows = made.tables["ip.csv"]
    made.tables["ip.csv"] = rows[: len(rows) // 3]
