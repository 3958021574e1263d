"""A night's folder of CSV extracts → the model. Streams: a file is never held whole."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from passerelle.domain.offer.model import Extracts, FileFault, FileProblem, RefusedRow, Table
from passerelle.errors import GiveUp
from passerelle.sources import ade
from passerelle.sources.collecting import Collected, collect, refuse_shared_usernames
from passerelle.sources.encodings import encoding_of
from passerelle.sources.layouts import FIELDS, LAYOUTS, MAKERS
from passerelle.sources.manifest import MANIFEST, Manifest, read_manifest
from passerelle.sources.tables import Digesting, FileStopped, read_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

ALL_TABLES = frozenset(Table)
_KNOWN = frozenset({*(table.value for table in Table), ade.FILE})
_MOST_NAMED = 5  # files of other names, beside one that is missing


class SourcesStopped(GiveUp):
    """Files are missing, cut or older than the night: `problems` says which. Nothing may be planned
    from them."""

    def __init__(self, problems: tuple[FileProblem, ...]) -> None:
        super().__init__("sources_stopped", files=[problem.file for problem in problems])
        self.problems = problems


class UnknownEncoding(GiveUp):
    def __init__(self, encoding: str) -> None:
        super().__init__("unknown_encoding", encoding=encoding)


def require_encoding(name: str) -> None:
    """Python knows codecs that turn no bytes into text (base64, rot13): these are none."""
    try:
        io.TextIOWrapper(io.BytesIO(), name)
    except (LookupError, ValueError):
        raise UnknownEncoding(name) from None


Folder = Path | dict[str, IO[bytes]]


@contextmanager
def open_file(folder: Folder, name: str) -> Iterator[IO[bytes] | None]:
    """None where the folder lacks it. Streams that were handed in stay their owner's to close."""
    if not isinstance(folder, Path):
        yield folder.get(name)
        return
    path = folder / name
    if not path.is_file():
        yield None
        return
    with path.open("rb") as stream:
        yield stream


def read_extracts(
    folder: Folder,
    encoding: str = "utf-8",
    *,
    tables: Collection[Table] = ALL_TABLES,
    not_before: datetime | None = None,
    year: str = "",
) -> Extracts:
    """`folder`: a directory, or streams by file name, each read once, to its end. `tables`: those
    wanted (people may come from LDAP). `not_before`: older extracts than this are not this night's. `year`:
    read without a manifest, as before one is made.

    Never raises for what is in the files: rows go to `refused`, files to `problems` (see
    `require_whole`).
    """
    require_encoding(encoding)
    with open_file(folder, MANIFEST) as stream:
        manifest = Manifest(year, None) if year else read_manifest(stream, tables)
    if isinstance(manifest, FileProblem):
        return Extracts(year="", problems=(manifest,))
    read = _Read(folder, encoding, manifest)
    if Table.ADE in tables:
        read.names_of_ade()
    for table in sorted(tables):
        read.table(table)
    late = lateness(manifest.made_at, not_before, frozenset(tables)) if not_before else ()
    problems = [*late, *read.problems]
    return replace(
        Extracts(year=manifest.year, made_at=manifest.made_at),
        refused=tuple(read.refused),
        noted=read.noted,
        problems=tuple(problems),
        counts=read.counts,
        sha256=read.sha256,
        encodings=read.encodings,
        unproved=tuple(file for file in read.counts if not manifest.proves(file)),
        **read.rows,
    )


def lateness(
    made_at: datetime | None, not_before: datetime, tables: frozenset[Table] = ALL_TABLES
) -> Iterator[FileProblem]:
    """Whether the extracts are of an earlier night."""
    if made_at is not None and made_at.tzinfo is None:  # local time, then: that of who asks
        made_at = made_at.replace(tzinfo=not_before.tzinfo)
    if made_at is None or made_at < not_before:
        found = made_at.isoformat() if made_at else "?"
        yield FileProblem(MANIFEST, FileFault.TOO_OLD, "made_at", not_before.isoformat(), found, tables)


def require_whole(extracts: Extracts, tables: Collection[Table] = ALL_TABLES) -> Extracts:
    """A stage names the tables it reads, and stops where one of them cannot be trusted."""
    wanted = frozenset(tables)
    problems = tuple(problem for problem in extracts.problems if problem.tables & wanted)
    if problems:
        raise SourcesStopped(problems)
    return extracts


@dataclass(slots=True)
class _Read:
    folder: Folder
    encoding: str
    manifest: Manifest
    rows: dict[str, Any] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    names: ade.Names | None = None
    noted: tuple[RefusedRow, ...] = ()

    def names_of_ade(self) -> None:
        """The small table that a timetable without codes comes with."""
        with open_file(self.folder, ade.FILE) as stream:
            if stream is None:
                return
            digesting = Digesting(stream)
            try:
                self.names = ade.read_names(digesting, encoding_of(stream, self.encoding).encoding)
            except FileStopped as stopped:
                self._stop(FileProblem(ade.FILE, stopped.fault, stopped.column), Table.ADE)
            else:
                self.noted = self.names.refused
                self.sha256[ade.FILE] = digesting.hexdigest()

    def table(self, table: Table) -> None:
        with open_file(self.folder, table.value) as stream:
            if stream is None:
                self._stop(self._missing(table), table)
                return
            digesting = Digesting(stream)
            try:
                written = encoding_of(stream, self.encoding)
                collected = self._collect(digesting, table, written.encoding)
            except FileStopped as stopped:
                problem = FileProblem(table.value, stopped.fault, stopped.column, table.value, stopped.found)
                self._stop(problem, table)
                return
            if written.other:
                self.encodings[table.value] = written.other
        self.counts[table.value] = collected.read
        self.sha256[table.value] = digesting.hexdigest()
        disagreement = self.manifest.disagrees(table.value, collected.read, digesting.hexdigest())
        if disagreement is not None:  # its rows are believed no more than those it lost
            self._stop(disagreement, table)
            return
        if table is Table.PEOPLE:
            refuse_shared_usernames(collected)
        self.refused += collected.refused
        self.rows[FIELDS[table]] = make_rows(collected)

    def _collect(self, stream: Digesting, table: Table, encoding: str) -> Collected:
        layout = LAYOUTS[table]
        if table is Table.ADE and self.names is not None:
            return ade.collect_named(stream, encoding, self.names)
        return collect(read_records(stream, layout, encoding), layout, table, table.value)

    def _missing(self, table: Table) -> FileProblem:
        for suffix in (".xlsx", ".xls", ".ods"):
            name = f"{table.value.removesuffix('.csv')}{suffix}"
            with open_file(self.folder, name) as stream:
                if stream is not None:
                    return FileProblem(name, FileFault.SPREADSHEET, expected=table.value)
        names = (
            [one.name for one in self.folder.iterdir()] if isinstance(self.folder, Path) else [*self.folder]
        )
        strangers = sorted({name for name in names if name.lower().endswith(".csv")} - {*_KNOWN})
        return FileProblem(table.value, FileFault.MISSING_FILE, found=", ".join(strangers[:_MOST_NAMED]))

    def _stop(self, problem: FileProblem, table: Table) -> None:
        self.problems.append(replace(problem, tables=frozenset({table})))


def make_rows(collected: Collected) -> tuple[Any, ...]:
    """Codes come again and again: interning them halves the memory of a night."""
    make, intern = MAKERS[collected.table], sys.intern
    return tuple([make(*map(intern, values), line) for values, line in collected.good.items()])
