"""A small university in extracts, with invented people: every case of the rules, told in its README."""

from __future__ import annotations

import csv
from pathlib import Path

from passerelle.domain.offer.model import Table
from passerelle.sources.layouts import LAYOUTS

Rows = dict[Table, list[tuple[str, ...]]]

README = Path(__file__).with_name("example_readme.md")


def write_example(folder: Path, year: int, *, large: bool) -> None:
    """All CSV files and the README; the manifest is the caller's."""
    tables = _small(year)
    if large:
        _enlarge(tables, year)
    for table, rows in tables.items():
        with (folder / table.value).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow([column.name for column in LAYOUTS[table].columns])
            writer.writerows(rows)
    (folder / "README.md").write_bytes(README.read_bytes())


def _small(year: int) -> Rows:
    start, said = f"{year}-09-07", str(year)
    students = [
        ("22600001", "Zoé", "Durand"),
        ("22600002", "Noël", "Lefèvre"),
        ("22600003", "Inès", "Moreau"),
        ("22600004", "Hugo", "Le Goff"),
    ]
    return {
        Table.CATEGORIES: [("UFRSCI", "", "UFR des Sciences"), ("L1CHI", "UFRSCI", "Licence 1 Chimie")],
        Table.ELEMENTS: [
            ("CHI101", "Chimie générale", "L1CHI", "0", "", start),
            ("CHI102", "Thermodynamique", "L1CHI", "1", "", start),
            ("PHY103", "Chimie pour physiciens", "L1CHI", "0", "CHI101", start),
        ],
        Table.COLLECTIONS: [
            ("C-TD", "CHI101", ""),
            ("C-TD", "PHY103", ""),
            ("C-TP", "CHI101", "TP2"),
            ("C-102", "CHI102", ""),
        ],
        Table.GROUPS: [
            ("TD1A", "TD 1", "C-TD"),
            ("TD1B", "TD 1", "C-TD"),
            ("TP1", "TP 1", "C-TP"),
            ("TP2", "TP 2", "C-TP"),
            ("CM102", "CM", "C-102"),
            ("CE102", "TD CEMU", "C-102"),
        ],
        Table.PEOPLE: [
            *(
                (code, f"etu{code}", last, first, f"etu{code}@etu.example", "student")
                for code, first, last in students
            ),
            ("P4001", "mlaurent", "Laurent", "Martine", "martine.laurent@univ.example", "staff"),
        ],
        Table.IA: [
            *((code, said, "L1CHI", "1" if code == "22600003" else "0", "E") for code, _, _ in students),
            ("22600001", str(year - 1), "L1CHI", "1", "E"),
            ("22600002", said, "L1PHY", "1", "A"),
        ],
        Table.IP: [
            ("22600001", "CHI101", "TD1A"),
            ("22600001", "CHI101", "TP2"),
            ("22600002", "CHI101", "TD1B"),
            ("22600002", "CHI102", "CM102"),
            ("22600003", "CHI102", "CE102"),
            ("22600004", "PHY103", "TD1A"),
            ("22600004", "UE-CHI", ""),
        ],
        Table.ADE: [
            ("P4001", "CHI101", "F12", "APOGEE", "CURRENT", "PLANNED"),
            ("P4001", "CHI101", "F08", "APOGEE", "OBSOLETE", "PLANNED"),
        ],
        Table.COHORTS: [("L1CHI", "Licence 1 Chimie")],
        Table.COHORT_MEMBERS: [("L1CHI", code) for code, _, _ in students],
    }


_ELEMENTS, _STUDENTS, _EACH = 120, 4000, 6


def _enlarge(tables: Rows, year: int) -> None:
    """A hundred and twenty more courses of four groups, four thousand more students on six of them."""
    start, said = f"{year}-09-07", str(year)
    for number in range(_ELEMENTS):
        code = f"ELP{number:04}"
        tables[Table.ELEMENTS].append((code, f"Élément {number}", "L1CHI", "0", "", start))
        tables[Table.COLLECTIONS].append((f"C{code}", code, ""))
        tables[Table.GROUPS] += [(f"{code}-{group}", f"TD {group}", f"C{code}") for group in range(1, 5)]
    for number in range(_STUDENTS):
        code = f"226{number + 10000:05}"
        mail = f"etu{code}@etu.example"
        tables[Table.PEOPLE].append((code, f"etu{code}", f"Nom{number}", f"Prénom{number}", mail, "student"))
        tables[Table.IA].append((code, said, "L1CHI", "0", "E"))
        for place in range(_EACH):
            element = f"ELP{(number * 7 + place * 19) % _ELEMENTS:04}"
            tables[Table.IP].append((code, element, f"{element}-{number % 4 + 1}"))
