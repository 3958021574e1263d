"""Small universities as extracts: rows of strings as an export would hold them, manifest included."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import Extracts
from passerelle.sources.extracts import read_extracts

YEAR = "2026"

HEADERS = {
    "categories.csv": ("code", "parent_code", "title"),
    "elements.csv": ("code", "title", "category_code", "distance", "carrier_code", "term_start"),
    "collections.csv": ("collection_code", "element_code"),
    "groups.csv": ("code", "label", "collection_code"),
    "people.csv": ("code", "username", "lastname", "firstname", "email", "kind"),
    "ia.csv": ("person_code", "year", "step_code", "tele", "state"),
    "ip.csv": ("person_code", "element_code", "group_code"),
    "ade.csv": ("person_code", "element_code", "sheet_code", "sheet_origin", "sheet_state", "status"),
    "cohorts.csv": ("code", "title"),
    "cohort_members.csv": ("cohort_code", "person_code"),
}

Row = tuple[str, ...]


def empty_tables() -> dict[str, list[Row]]:
    return {file: [] for file in HEADERS}


@dataclass
class University:
    """Valid by default: `University().element("E1")` has its category, and so on."""

    tables: dict[str, list[Row]] = field(default_factory=empty_tables)
    year: str = YEAR

    def row(self, file: str, *values: str) -> Self:
        self.tables[file].append(values)
        return self

    def category(self, code: str = "C1", parent: str = "", title: str = "") -> Self:
        return self.row("categories.csv", code, parent, title or f"Category {code}")

    def element(
        self,
        code: str = "E1",
        *,
        title: str = "",
        category: str = "C1",
        distance: bool = False,
        carrier: str = "",
        start: str = "2026-09-01",
    ) -> Self:
        if not any(row[0] == category for row in self.tables["categories.csv"]):
            self.category(category)
        return self.row(
            "elements.csv", code, title or f"Element {code}", category, str(int(distance)), carrier, start
        )

    def collection(self, code: str, *elements: str) -> Self:
        for element in elements:
            self.row("collections.csv", code, element)
        return self

    def group(self, code: str = "G1", label: str = "", *, on: tuple[str, ...] = ()) -> Self:
        """A group of a collection of its own, attached to the elements `on`."""
        self.collection(f"K{code}", *on)
        return self.row("groups.csv", code, label or f"Group {code}", f"K{code}")

    def person(
        self,
        code: str = "P1",
        *,
        username: str | None = None,
        email: str | None = None,
        kind: str = "student",
        lastname: str | None = None,
        firstname: str | None = None,
    ) -> Self:
        login = code.lower() if username is None else username
        address = f"{code.lower()}@univ.example" if email is None else email
        last = f"Last {code}" if lastname is None else lastname
        first = f"First {code}" if firstname is None else firstname
        return self.row("people.csv", code, login, last, first, address, kind)

    def tele(self, person: str = "P1", *, year: str = YEAR, tele: str = "1", state: str = "E") -> Self:
        return self.row("ia.csv", person, year, "STEP", tele, state)

    def ip(self, person: str = "P1", element: str = "E1", group: str = "G1") -> Self:
        return self.row("ip.csv", person, element, group)

    def ade(
        self,
        person: str = "T1",
        element: str = "E1",
        *,
        sheet: str = "S1",
        origin: str = "APOGEE",
        state: str = "CURRENT",
        status: str = "PLANNED",
    ) -> Self:
        return self.row("ade.csv", person, element, sheet, origin, state, status)

    def cohort(self, code: str = "H1", *members: str) -> Self:
        self.row("cohorts.csv", code, f"Cohort {code}")
        for member in members:
            self.row("cohort_members.csv", code, member)
        return self

    def contents(self) -> dict[str, bytes]:
        files = {file: write_csv(HEADERS[file], rows) for file, rows in self.tables.items()}
        rows = {file: len(found) for file, found in self.tables.items()}
        return {**files, "manifest.json": write_manifest(files, rows, self.year)}

    def streams(self) -> dict[str, IO[bytes]]:
        return {file: io.BytesIO(content) for file, content in self.contents().items()}

    def save(self, folder: Path) -> Path:
        for file, content in self.contents().items():
            (folder / file).write_bytes(content)
        return folder

    def extracts(self) -> Extracts:
        return read_extracts(self.streams())

    def desired(self) -> Desired:
        return build_desired(self.extracts())


def write_csv(header: Row, rows: list[Row]) -> bytes:
    """As exports are: `;`, quotes where needed, CRLF."""
    return "".join(";".join(map(_quoted, row)) + "\r\n" for row in [header, *rows]).encode()


def _quoted(value: str) -> str:
    if any(letter in value for letter in ';"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def write_manifest(files: dict[str, bytes], rows: dict[str, int], year: str = YEAR) -> bytes:
    said = {
        file: {"rows": rows[file], "sha256": hashlib.sha256(content).hexdigest()}
        for file, content in files.items()
    }
    return json.dumps({"year": year, "made_at": "2026-10-05T23:40:00+02:00", "files": said}).encode()
