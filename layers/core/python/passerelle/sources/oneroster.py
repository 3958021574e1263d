"""OneRoster 1.1 and 1.2 CSV → the model. Columns: 1EdTech *OneRoster: CSV Binding*, both versions.

orgs are categories, classes are elements, each class is also the one group of its own course;
enrollments with role student are IP rows, with role teacher plannings. Codes are sourcedIds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from passerelle.domain.offer.model import Extracts, FileFault, FileProblem, RefusedRow, Table
from passerelle.sources.collecting import collect
from passerelle.sources.encodings import encoding_of
from passerelle.sources.extracts import Folder, open_file, require_encoding
from passerelle.sources.rosters import Entry, Roster, to_extracts
from passerelle.sources.tables import Column, Digesting, FileStopped, Holds, Layout, read_records

MANIFEST = "manifest.csv"
_VERSIONS = ("1.1", "1.2")
BULK, DELTA, _ABSENT = "bulk", "delta", "absent"
_LIMIT = 1 << 20

# The words of both versions. Whoever is in a class is a student, a teacher, or here for another reason.
_ENROLLED = frozenset({"student", "teacher", "administrator", "proctor"})
ROLES = _ENROLLED | {
    *("aide", "counselor", "guardian", "parent", "principal", "relative"),
    *("districtadministrator", "siteadministrator", "systemadministrator", "ext:"),
}
_ID = Column("sourcedId")
_STATUS = Column(
    "status", Holds.ONE_OF, may_be_empty=True, words=frozenset({"active", "tobedeleted"}), lower=True
)


def _name(name: str) -> Column:
    return Column(name, Holds.TEXT, may_be_empty=True, personal=True)


def _layout(file: str, *columns: Column, optional: frozenset[str] = frozenset()) -> Layout:
    return Layout(file, (_ID, _STATUS, *columns), ("sourcedId",), optional | {"status"})


LAYOUTS = {
    layout.file: layout
    for layout in (
        _layout(
            "orgs.csv",
            Column("name", Holds.TEXT),
            Column("parentSourcedId", may_be_empty=True),
            optional=frozenset({"parentSourcedId"}),
        ),
        _layout(
            "users.csv",
            Column("username", may_be_empty=True, lower=True),
            _name("familyName"),
            _name("givenName"),
            Column("email", may_be_empty=True, personal=True),
            Column("role", Holds.ONE_OF, may_be_empty=True, words=ROLES, lower=True),  # 1.1; 1.2: roles.csv
            Column(
                "enabledUser", Holds.ONE_OF, may_be_empty=True, words=frozenset({"true", "false"}), lower=True
            ),
            optional=frozenset({"role", "email", "enabledUser"}),
        ),
        _layout(
            "roles.csv",
            Column("userSourcedId"),
            Column("roleType", may_be_empty=True, lower=True),
            Column("role", Holds.ONE_OF, words=ROLES, lower=True),
        ),
        _layout(
            "classes.csv",
            Column("title", Holds.TEXT),
            Column("schoolSourcedId"),
            Column("termSourcedIds", may_be_empty=True),
            optional=frozenset({"termSourcedIds"}),
        ),
        _layout(
            "academicSessions.csv",
            Column("type", may_be_empty=True),
            Column("startDate", Holds.ISO_DATE),
            optional=frozenset({"type"}),
        ),
        _layout(
            "enrollments.csv",
            Column("classSourcedId"),
            Column("userSourcedId"),
            Column("role", Holds.ONE_OF, words=_ENROLLED, lower=True),
            Column("beginDate", Holds.ISO_DATE, may_be_empty=True),
            Column("endDate", Holds.ISO_DATE, may_be_empty=True),
            optional=frozenset({"beginDate", "endDate"}),
        ),
    )
}
_NEEDED = ("orgs.csv", "users.csv", "classes.csv", "enrollments.csv")
_FILLS: Mapping[str, frozenset[Table]] = {
    "orgs.csv": frozenset({Table.CATEGORIES}),
    "users.csv": frozenset({Table.PEOPLE}),
    "roles.csv": frozenset({Table.PEOPLE}),
    "classes.csv": frozenset({Table.ELEMENTS, Table.GROUPS, Table.COLLECTIONS}),
    "academicSessions.csv": frozenset({Table.ELEMENTS}),
    "enrollments.csv": frozenset({Table.IP, Table.ADE}),
}
FILLED = frozenset(table for tables in _FILLS.values() for table in tables)


def is_oneroster(folder: Path) -> bool:
    """By its manifest; a set that lacks it, by its own files where there are none of the extracts'."""
    if (folder / "manifest.json").exists():
        return False
    if (folder / MANIFEST).is_file():
        return True
    theirs = sum((folder / file).is_file() for file in _NEEDED)
    return theirs > 1 and not any((folder / table).is_file() for table in Table)


def read_oneroster(
    folders: Sequence[Folder],
    encoding: str = "utf-8",
    *,
    year: str = "",
    night: date | None = None,
    announced: bool = True,
) -> Extracts:
    """`folders`: a bulk set and then its deltas, oldest first. Each file of each set is `bulk`,
    `delta` or `absent`, as that set's manifest says; a bulk file begins its table anew.

    `year`: "2026" for 2026/2027; read from the school year among the sessions where not given. `night`: its
    morning, on which dates of enrolments are looked at (N28); None: they are not. Not `announced`: without a
    manifest each file that is there is taken as bulk, as before one is made.
    """
    require_encoding(encoding)
    reading = _Reading(encoding)
    for folder in folders:
        if announced:
            reading.read_set(folder)
        else:
            reading.read_all(folder)
    told = {problem.file for problem in reading.problems}
    needed = (*_NEEDED, "roles.csv") if reading.version == "1.2" else _NEEDED
    for file in needed:
        # Of a set whose manifest cannot be followed, no file was looked for.
        if file not in reading.rosters and not told & {file, MANIFEST}:
            reading.stop(_unread(folders[-1], file))
    stopped = {problem.file for problem in reading.problems}
    rosters = {file: roster for file, roster in reading.rosters.items() if file not in stopped}
    extracts = to_extracts(rosters, year, night)
    return replace(
        extracts,
        problems=tuple(reading.problems),
        counts=reading.counts,
        sha256=reading.sha256,
        encodings=reading.encodings,
    )


def _unread(folder: Folder, file: str) -> FileProblem:
    with open_file(folder, file) as stream:
        if stream is None:
            return FileProblem(file, FileFault.MISSING_FILE)
    return FileProblem(file, FileFault.NOT_ANNOUNCED, expected=f"file.{file.removesuffix('.csv')},{BULK}")


def modes_of(folder: Folder) -> Mapping[str, str]:
    """By file: `bulk`, `delta` or `absent`, as the set's manifest says; nothing where it cannot be read."""
    manifest = _Reading("utf-8").manifest(folder)
    if manifest is None:
        return {}
    return {file: manifest.modes.get(file, _ABSENT) for file in LAYOUTS}


class _Manifest(NamedTuple):
    version: str
    modes: Mapping[str, str]  # by file name


@dataclass(slots=True)
class _Reading:
    encoding: str
    version: str = ""
    rosters: dict[str, Roster] = field(default_factory=dict)
    problems: list[FileProblem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)

    def stop(self, problem: FileProblem) -> None:
        tables = problem.tables or _FILLS.get(problem.file, FILLED)
        self.problems.append(replace(problem, tables=tables))

    def read_set(self, folder: Folder) -> None:
        manifest = self.manifest(folder)
        if manifest is None:
            return
        self.version = manifest.version
        for file, layout in LAYOUTS.items():
            mode = manifest.modes.get(file, _ABSENT)
            if mode == _ABSENT:
                continue
            if mode == DELTA and file not in self.rosters:
                self.stop(FileProblem(file, FileFault.DELTA_WITHOUT_BULK))
                continue
            self._file(folder, layout, mode)

    def read_all(self, folder: Folder) -> None:
        for file, layout in LAYOUTS.items():
            with open_file(folder, file) as stream:
                there = stream is not None
            if there:
                self._file(folder, layout, BULK)

    def manifest(self, folder: Folder) -> _Manifest | None:
        with open_file(folder, MANIFEST) as stream:
            text = None if stream is None else stream.read(_LIMIT).decode("utf-8-sig", errors="replace")
        if text is None:
            self.stop(FileProblem(MANIFEST, FileFault.NO_ROSTER_MANIFEST))
            return None
        said = dict(_properties(text))
        version = said.get("oneroster.version", "")
        if not version.startswith(_VERSIONS):
            self.stop(FileProblem(MANIFEST, FileFault.UNKNOWN_VERSION, found=version))
            return None
        modes = {f"{name[5:]}.csv": mode.lower() for name, mode in said.items() if name.startswith("file.")}
        return _Manifest(version[:3], modes)

    def _file(self, folder: Folder, layout: Layout, mode: str) -> None:
        with open_file(folder, layout.file) as stream:
            if stream is None:
                self.stop(FileProblem(layout.file, FileFault.MISSING_FILE))
                return
            digesting = Digesting(stream)
            try:
                written = encoding_of(stream, self.encoding)
                # Which table a row fills is decided later; IP only stands for "a table" here.
                records = read_records(digesting, layout, written.encoding)
                read = collect(records, layout, Table.IP, layout.file)
            except FileStopped as stopped:
                found = stopped.found
                self.stop(FileProblem(layout.file, stopped.fault, stopped.column, layout.file, found))
                return
            if written.other:
                self.encodings[layout.file] = written.other
        self.counts[layout.file] = self.counts.get(layout.file, 0) + read.read
        self.sha256[layout.file] = digesting.hexdigest()
        names = [column.name for column in layout.columns]
        entries = [Entry(dict(zip(names, values, strict=True)), line) for values, line in read.good.items()]
        old = self.rosters.get(layout.file, Roster()) if mode == DELTA else Roster()
        self.rosters[layout.file] = apply_delta(old, entries, read.refused)


def apply_delta(old: Roster, entries: Sequence[Entry], refused: Sequence[RefusedRow]) -> Roster:
    """A refused row makes its object unknown, with what was known of it before, until a good row of a
    later set speaks of it again."""
    live, unknown = dict(old.live), dict(old.unknown)
    for entry in entries:
        code = entry.values["sourcedId"]
        unknown.pop(code, None)
        if entry.values["status"] == "tobedeleted":
            live.pop(code, None)
        else:
            live[code] = entry
    for row in refused:
        code = row.fields.get("sourcedId", "")
        before = live.pop(code, None)
        rows = [*unknown.get(code, ()), row]
        if before is not None:
            rows.append(replace(row, fields=before.values))
        unknown[code] = tuple(rows)
    return Roster(live, unknown)


def _properties(text: str) -> Iterator[tuple[str, str]]:
    for fields in csv.reader(io.StringIO(text)):
        if len(fields) >= 2:
            yield fields[0].strip(), fields[1].strip()
