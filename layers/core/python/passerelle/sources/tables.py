"""One CSV file → rows that are valid or refused, as a stream; a bad row never costs its neighbours."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import IO, TYPE_CHECKING, NamedTuple

from passerelle.domain.offer.model import Because, FileFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Buffer

# A record over more lines than this is a stray quote, not a title with line breaks in it.
_MAX_LINES_OF_RECORD = 50
_SHOWN = 200  # letters of a header that a message shows
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{2}/\d{2}/\d{4}")
# Bytes that are not of the encoding, and control characters that no title holds.
_UNDECODED = re.compile("[\x80-\x9f\ud800-\udfff]")


class Holds(Enum):
    CODE = "code"
    TEXT = "text"  # as typed: may hold separators, quotes and line breaks
    FLAG = "flag"  # 0 or 1
    DATE = "date"
    ISO_DATE = "iso_date"  # OneRoster: 01/09/2026 may be a day of January
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    holds: Holds = Holds.CODE
    may_be_empty: bool = False
    personal: bool = False  # its values are put in no message
    words: frozenset[str] = frozenset()  # of ONE_OF
    lower: bool = False

    def fault(self, value: str) -> Because | None:
        if not value:
            return None if self.may_be_empty else Because.MISSING_VALUE
        match self.holds:
            case Holds.CODE:  # no code holds these: they are what a stray quote leaves
                good = "\n" not in value and "\r" not in value and '"' not in value
            case Holds.TEXT:
                good = True
            case Holds.FLAG:
                good = value in ("0", "1")
            case Holds.DATE:
                good = _is_date(value)
            case Holds.ISO_DATE:
                good = "/" not in value and _is_date(value)
            case Holds.ONE_OF:
                good = value in self.words or ("ext:" in self.words and value.startswith("ext:"))
        return None if good else Because.BAD_VALUE


def read_date(value: str) -> date:
    """`2026-09-01`, with or without a time, or `01/09/2026` as French exports write it."""
    if not _DATE.fullmatch(value):
        raise ValueError
    if "/" in value:
        day, month, year = value.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(value[:10])


def _is_date(value: str) -> bool:
    try:
        read_date(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are read of a file, and those that are its key."""

    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional_columns: frozenset[str] = frozenset()  # read as empty where the file lacks them


class FileStopped(Exception):
    def __init__(self, fault: FileFault, column: str = "", found: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.column = column
        self.found = found


class Fault(NamedTuple):
    because: Because
    column: str | None = None
    value: str | None = None


class Record(NamedTuple):
    """`values` in the layout's order; None where unreadable, which only a row with a fault may hold."""

    line: int
    values: tuple[str | None, ...]
    fault: Fault | None


class Digesting(io.RawIOBase):
    """Hashes what is read through it, so that one pass both reads and proves a file."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._sha256.update(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


class _TooManyLines(Exception):
    pass


@dataclass(slots=True)
class _Lines:
    """Feeds csv.reader and remembers the lines of the record under way, to give them back."""

    source: Iterator[str]
    number: int = 0  # of the last line given out
    taken: list[str] = field(default_factory=list)
    again: deque[str] = field(default_factory=deque)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MAX_LINES_OF_RECORD:
            raise _TooManyLines
        line = self.again.popleft() if self.again else next(self.source)
        self.taken.append(line)
        self.number += 1
        return line

    def give_back_all_but_first(self) -> str:
        first, *others = self.taken
        self.again.extendleft(reversed(others))
        self.number -= len(others)
        return first


def read_records(stream: Digesting, layout: Layout, encoding: str) -> Iterator[Record]:
    """Raises FileStopped where the file as a whole cannot be used. Blank lines are no records."""
    buffered: io.BufferedReader = io.BufferedReader(stream, 1 << 16)
    # Bytes that are not of the encoding become lone surrogates, which refuse their row only.
    text = io.TextIOWrapper(buffered, encoding, errors="surrogateescape", newline="")
    try:
        yield from _read(_Lines(iter(text)), layout)
    except UnicodeError:  # an encoding in which a bad byte loses the rest, such as UTF-16
        raise FileStopped(FileFault.NOT_DECODABLE) from None


def _read(lines: _Lines, layout: Layout) -> Iterator[Record]:
    header = next(lines, "")
    while header and not header.strip():
        header = next(lines, "")
    if not header.strip("\x00 \r\n"):
        raise FileStopped(FileFault.EMPTY_FILE)
    separator, names = _read_header(header, layout)
    shape = _Shape.of(names, layout, separator)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    width, longest = len(names), csv.field_size_limit()
    source, again = lines.source, lines.again
    while True:
        # Nearly all rows are one line without quotes: to split these is all that csv.reader would do.
        text = again.popleft() if again else next(source, "")
        if not text:
            return
        lines.number += 1
        if _is_plain(text) and len(text) < longest:
            fields = text.rstrip("\r\n").split(separator)
            if len(fields) == width:
                yield shape.judge_plain(fields, lines.number)
            elif fields != [""]:
                yield shape.miscounted(fields, lines.number)
            continue
        again.appendleft(text)
        lines.number -= 1
        record = _read_quoted(reader, lines, shape)
        if record is not None:
            yield record


def _read_quoted(reader: Iterator[list[str]], lines: _Lines, shape: _Shape) -> Record | None:
    """The record that begins on the next line, which may take some more; None where it is blank."""
    lines.taken.clear()
    line = lines.number + 1
    try:
        fields = next(reader)
    except (csv.Error, _TooManyLines):
        return shape.salvage(lines.give_back_all_but_first(), line)
    if not fields:
        return None
    if len(fields) != shape.width:
        if len(lines.taken) > 1:  # quotes that swallowed other rows
            return shape.salvage(lines.give_back_all_but_first(), line)
        return shape.miscounted(fields, line)
    record = shape.judge(fields, line, lines.taken)
    if record.fault and len(lines.taken) > 1 and shape.swallowed_rows(fields):
        return shape.salvage(lines.give_back_all_but_first(), line)
    return record


def _is_plain(text: str) -> bool:
    """Without a quote, and without what only a damaged file holds."""
    return '"' not in text and "\x00" not in text and (text.isascii() or not _UNDECODED.search(text))


def _read_header(header: str, layout: Layout) -> tuple[str, list[str]]:
    """The separator, and the names as the layout writes them: case and spaces do not count."""
    known = {_folded(column.name): column.name for column in layout.columns}
    wanted = [column.name for column in layout.columns if column.name not in layout.optional_columns]
    readings = []
    for separator in (";", ",", "\t"):
        with suppress(csv.Error):
            written = next(csv.reader([header], delimiter=separator))
            names = [known.get(_folded(name), name) for name in written]
            readings.append((sum(name in known.values() for name in names), separator, names))
    if not readings:
        raise FileStopped(FileFault.NO_HEADER, wanted[0])
    fitting, separator, names = max(readings, key=lambda reading: reading[0])
    for name in wanted:
        if name not in names:
            # What is no header may be a row of people: it is not shown.
            fault = FileFault.MISSING_COLUMN if fitting else FileFault.NO_HEADER
            raise FileStopped(fault, name, header.strip()[:_SHOWN] if fitting else "")
    for column in layout.columns:
        if names.count(column.name) > 1:
            raise FileStopped(FileFault.DOUBLE_COLUMN, column.name)
    return separator, names


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


@dataclass(frozen=True, slots=True)
class _Shape:
    """One file's header laid over its layout."""

    layout: Layout
    separator: str
    width: int
    places: tuple[int, ...]  # of each column of the layout in the file; -1: not there
    same_order: bool  # the file has the layout's columns, and no others
    sure: int  # fields before the first that may hold anything: right even if a row has too many
    required: tuple[int, ...]  # columns of the layout that may not be empty
    careful: tuple[tuple[int, Column], ...]  # columns that are more than there or not there
    every: tuple[tuple[int, Column], ...]

    @classmethod
    def of(cls, names: list[str], layout: Layout, separator: str) -> _Shape:
        codes = {column.name for column in layout.columns if column.holds is not Holds.TEXT}
        # A field too many comes from a separator in free text. Where no text stands, it may be anywhere.
        sure = next((place for place, name in enumerate(names) if name not in codes), 0)
        places = {name: place for place, name in enumerate(names)}
        found = tuple(places.get(column.name, -1) for column in layout.columns)
        every = tuple(enumerate(layout.columns))
        return cls(
            layout,
            separator,
            len(names),
            found,
            found == tuple(range(len(names))),
            sure,
            required=tuple(index for index, column in every if not column.may_be_empty),
            careful=tuple(
                (index, column)
                for index, column in every
                if column.lower or column.holds not in (Holds.CODE, Holds.TEXT)
            ),
            every=every,
        )

    def judge(self, fields: list[str], line: int, taken: list[str]) -> Record:
        """A record with the right number of fields."""
        odd = not all(text.isascii() and "\x00" not in text for text in taken)
        return self._judge(self._values(fields), line, self.every, odd=odd)

    def judge_plain(self, fields: list[str], line: int) -> Record:
        """The same of a line that is plain: no code in it can hold what codes may not."""
        values = self._values(fields)
        there = "" not in values or all(map(values.__getitem__, self.required))
        columns = self.careful if there else self.every
        return self._judge(values, line, columns) if columns else Record(line, tuple(values), None)

    def _values(self, fields: list[str]) -> list[str]:
        if self.same_order:
            return [text.strip() for text in fields]
        return [fields[place].strip() if place >= 0 else "" for place in self.places]

    def _judge(
        self, values: list[str], line: int, columns: Iterable[tuple[int, Column]], *, odd: bool = False
    ) -> Record:
        fault: Fault | None = None
        for place, column in columns:
            value = values[place]
            if column.lower:
                values[place] = value = value.lower()
            because = column.fault(value)
            if odd:
                because = _unfit(value) or because
            if because is not None and fault is None:
                fault = Fault(because, column.name, None if column.personal else value)
        if fault is None:
            return Record(line, tuple(values), None)
        readable = (
            None if column.fault(value) or (odd and _unfit(value)) else value
            for column, value in zip(self.layout.columns, values, strict=True)
        )
        return Record(line, tuple(readable), fault)

    def swallowed_rows(self, fields: list[str]) -> bool:
        """A line break where only a code, a flag or a date may stand: a quote that was never closed."""
        return any(
            column.holds is not Holds.TEXT and place >= 0 and "\n" in fields[place].strip()
            for column, place in zip(self.layout.columns, self.places, strict=True)
        )

    def miscounted(self, fields: list[str], line: int) -> Record:
        if len(fields) < self.width:
            # The last field may be cut short, and so be another code than it looks.
            return Record(line, self._some(fields, len(fields) - 1), Fault(Because.SHORT_ROW))
        return Record(line, self._some(fields, self.sure), Fault(Because.LONG_ROW))

    def salvage(self, text: str, line: int) -> Record:
        """A row whose quotes do not close: what stands unquoted in its place can still be read."""
        fields = text.rstrip("\r\n").split(self.separator)
        sure = self.width if len(fields) == self.width else min(self.sure, len(fields) - 1)
        fault = Fault(Because.UNREADABLE_QUOTES) if '"' in text else self._too_long(fields)
        return Record(line, self._some(fields, sure), fault)

    def _too_long(self, fields: list[str]) -> Fault:
        """Without a quote, csv.reader stops at nothing but a field longer than it takes."""
        longest = max(range(len(fields)), key=lambda place: len(fields[place]))
        for column, place in zip(self.layout.columns, self.places, strict=True):
            if place == longest:
                return Fault(Because.BAD_VALUE, column.name, None if column.personal else fields[place])
        return Fault(Because.BAD_VALUE)

    def _some(self, fields: list[str], sure: int) -> tuple[str | None, ...]:
        return tuple(
            self._one(column, fields[place]) if 0 <= place < sure else None
            for column, place in zip(self.layout.columns, self.places, strict=True)
        )

    def _one(self, column: Column, value: str) -> str | None:
        value = value.strip().lower() if column.lower else value.strip()
        unreadable = '"' in value or column.fault(value) or _unfit(value)
        return None if unreadable else value


def _unfit(value: str) -> Because | None:
    if "\x00" in value:
        return Because.NUL_BYTE
    if _UNDECODED.search(value):
        return Because.BAD_ENCODING
    return None


def readable_fields(layout: Layout, values: tuple[str | None, ...]) -> Mapping[str, str]:
    """What may be told and reasoned upon of a refused row: no names, no e-mails."""
    return {
        column.name: value
        for column, value in zip(layout.columns, values, strict=True)
        if value is not None and not column.personal
    }
