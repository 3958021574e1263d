"""manifest.json: what whoever made the extracts says of them."""

from __future__ import annotations

import json
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

    def disagrees(self, file: str, rows: int, sha256: str) -> FileProblem | None:
        expected_rows, expected_sha256 = self.rows.get(file), self.sha256.get(file)
        if expected_rows is not None and expected_rows != rows:
            return FileProblem(file, FileFault.ROWS_DISAGREE, "", str(expected_rows), str(rows))
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
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        column = error.args[0] if isinstance(error, KeyError) else "JSON"
        return FileProblem(MANIFEST, FileFault.BAD_MANIFEST, str(column), tables=every)


def _read(found: Any) -> Manifest:
    year = str(found["year"])
    if not year.isdecimal():
        raise KeyError("year")
    files = found["files"]
    if not isinstance(files, dict):
        raise KeyError("files")
    return Manifest(
        year=year,
        made_at=_read_time(found.get("made_at")),
        rows={file: _read_count(said["rows"]) for file, said in files.items() if "rows" in said},
        sha256={file: str(said["sha256"]).lower() for file, said in files.items() if "sha256" in said},
    )


def _read_time(said: Any) -> datetime | None:
    try:
        return None if said is None else datetime.fromisoformat(said)
    except (ValueError, TypeError):
        raise KeyError("made_at") from None


def _read_count(said: Any) -> int:
    try:
        return int(said)
    except (ValueError, TypeError):
        raise KeyError("rows") from None
