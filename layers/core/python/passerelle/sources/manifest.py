"""manifest.json: what whoever made the extracts says of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from passerelle.domain.offer.model import FileFault, FileProblem, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MANIFEST = "manifest.json"
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    year: str
    made_at: datetime | None
    rows: Mapping[str, int] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def proves(self, file: str) -> bool:
        return file in self.rows or file in self.sha256

    def disagrees(self, file: str, rows: int, sha256: str) -> FileProblem | None:
        expected_rows, expected_sha256 = self.rows.get(file), self.sha256.get(file)
        if expected_rows is not None and expected_rows != rows:
            fault = FileFault.ROWS_MISCOUNTED if expected_sha256 == sha256 else FileFault.ROWS_DISAGREE
            return FileProblem(file, fault, "", str(expected_rows), str(rows))
        if expected_sha256 is not None and expected_sha256 != sha256:
            return FileProblem(file, FileFault.SHA256_DISAGREES, "", expected_sha256[:12], sha256[:12])
        return None


def read_manifest(stream: IO[bytes] | None, tables: Iterable[Table]) -> Manifest | FileProblem:
    """Without a manifest nothing is believed: it alone says the year, and that a file is whole."""
    every = frozenset(tables)
    if stream is None:
        return FileProblem(MANIFEST, FileFault.MISSING_FILE, tables=every)
    try:
        found = json.loads(stream.read(_LIMIT).decode("utf-8-sig"))
        return _read(found)
    except _Wrong as wrong:
        return FileProblem(MANIFEST, wrong.fault, wrong.column, found=wrong.found, tables=every)
    except KeyError as error:
        return FileProblem(MANIFEST, FileFault.MANIFEST_LACKS, str(error.args[0]), tables=every)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return FileProblem(MANIFEST, FileFault.BAD_MANIFEST, "JSON", tables=every)


def _read(found: Any) -> Manifest:
    year = _read_year(str(found["year"]).strip())
    files = found["files"]
    if not isinstance(files, dict):
        raise KeyError("files")
    return Manifest(
        year=year,
        made_at=_read_time(found.get("made_at")),
        rows={file: _read_count(said["rows"]) for file, said in files.items() if "rows" in said},
        sha256={file: str(said["sha256"]).lower() for file, said in files.items() if "sha256" in said},
    )


_YEAR = re.compile(r"(\d{4})(?:\s*[/-]\s*(\d{4}|\d{2}))?")


class _Wrong(Exception):
    """`fault` of a value that is there."""

    def __init__(self, fault: FileFault, column: str, found: object) -> None:
        super().__init__(fault)
        self.fault, self.column, self.found = fault, column, str(found)[:30]


def _read_year(said: str) -> str:
    """`2026`, or `2026/2027` as people write it."""
    parts = _YEAR.fullmatch(said)
    if parts is None:
        raise _Wrong(FileFault.BAD_YEAR, "year", said)
    first, second = parts.groups()
    if second and int(second) % 100 != (int(first) + 1) % 100:
        raise _Wrong(FileFault.BAD_YEAR, "year", said)
    return first


def _read_time(said: Any) -> datetime | None:
    try:
        return None if said is None else datetime.fromisoformat(said)
    except (ValueError, TypeError):
        raise _Wrong(FileFault.BAD_MOMENT, "made_at", said) from None


def _read_count(said: Any) -> int:
    try:
        return int(said)
    except (ValueError, TypeError):
        raise KeyError("rows") from None
