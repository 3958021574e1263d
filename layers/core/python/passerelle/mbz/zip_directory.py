"""The central directory of a zip, read from the end of the archive and judged.

zipfile is not used for reading: it wants a seekable file, trusts the directory without comparing it
with what stands before each member, and neither refuses overlaps nor gives raw records to copy.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.mbz.findings import Broken
from passerelle.mbz.limits import KIB
from passerelle.mbz.names import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passerelle.mbz.findings import Findings
    from passerelle.mbz.limits import Limits
    from passerelle.mbz.sources import Source

_TAIL = 512 * KIB  # holds the directory of five thousand members, so that one read is enough
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
RECORD = struct.Struct("<4s4B4HL2L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
_END_MAGIC = b"PK\x05\x06"
_LOCATOR_MAGIC = b"PK\x06\x07"
_RECORD_MAGIC = b"PK\x01\x02"
_SEARCHED = 0xFFFF + 22 + 20  # bytes at the end in which libzip looks for an end record
_UNICODE_PATH = 0x7075
_MAX32 = 0xFFFFFFFF
_MAX16 = 0xFFFF
STORED, DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
FOLLOWED = 0x8  # sizes stand behind the data, not before it
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    raw_name: bytes
    record: bytes  # as it stands in the directory
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int  # of the local header
    end: int  # where the next member or the directory starts

    @property
    def directory(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Directory:
    entries: tuple[Entry, ...]  # in the order of their bytes
    listed: tuple[int, ...]  # the offsets in the directory's own order
    start: int


def read_directory(source: Source, limits: Limits, findings: Findings) -> Directory:
    """Raises Broken. Members that must not be opened are findings."""
    tail_start = max(0, source.size - _TAIL)
    tail = source.read_range(tail_start, source.size - tail_start)
    place = tail.rfind(_END_MAGIC)
    if place < 0 or place + _END.size > len(tail):
        raise Broken("cut_before_contents")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, place)
    end = tail_start + place
    if end + _END.size + comment != source.size:
        raise Broken("bytes_outside")
    # libzip follows a zip64 record wherever its locator stands before the end record, called for or not.
    located = tail[max(0, place - _LOCATOR64.size) :].startswith(_LOCATOR_MAGIC)
    if count == _MAX16 or _MAX32 in (length, start):
        count, length, start, end = _read_end64(tail, tail_start, place)
    elif located:
        raise Broken("zip64_uncalled_for")
    # libzip reads no archive of several disks, but rather an end record of nothing that stands in a content.
    if disk or first_disk or here != min(count, _MAX16) or start + length != end:
        raise Broken("contents_damaged")
    if count > limits.members or length > limits.index * 2:
        raise Broken("too_many_members")
    table = (
        tail[start - tail_start : start - tail_start + length]
        if start >= tail_start
        else source.read_range(start, length)
    )
    entries = _read_entries(table, count, start)
    for entry in entries:
        _judge(entry, findings)
    _refuse_second_table(source, tail, tail_start, place)
    offsets = tuple(entry.offset for entry in entries)
    ordered = _with_ends(sorted(entries, key=lambda entry: entry.offset), start)
    return Directory(ordered, offsets, start)


def _refuse_second_table(source: Source, tail: bytes, tail_start: int, own: int) -> None:
    """libzip tries every end record in the last 64 KiB, the first one first, and keeps the best.

    A backup in a backup has an end record of its own, but its table does not stand where that says.
    """
    place = tail.find(_END_MAGIC, max(0, len(tail) - _SEARCHED))
    while place >= 0:
        if place != own:  # which is the last one
            _, _, _, _, count, length, start, _ = _END.unpack_from(tail, place)
            located = tail[max(0, place - _LOCATOR64.size) :].startswith(_LOCATOR_MAGIC)
            fits = bool(count) and start + length <= tail_start + place
            if located or (fits and source.read_range(start, 4) == _RECORD_MAGIC):
                raise Broken("two_tables_of_contents")
        place = tail.find(_END_MAGIC, place + 1)


def _read_end64(tail: bytes, tail_start: int, place: int) -> tuple[int, int, int, int]:
    try:
        magic, _, at, _ = _LOCATOR64.unpack_from(tail, place - _LOCATOR64.size)
        if magic != _LOCATOR_MAGIC or at < tail_start:
            raise Broken("contents_damaged")
        told = _END64.unpack_from(tail, at - tail_start)
    except struct.error:
        raise Broken("contents_damaged") from None
    magic64, size, _, _, disk, first_disk, here, count, length, start = told
    follows = at - tail_start + _END64.size + _LOCATOR64.size == place
    whole = (disk, first_disk, here) == (0, 0, count)
    if magic64 != b"PK\x06\x06" or size != _END64.size - 12 or not (follows and whole):
        raise Broken("contents_damaged")
    return count, length, start, at


def _read_entries(table: bytes, count: int, start: int) -> list[Entry]:
    entries: list[Entry] = []
    place = 0
    while place < len(table):
        try:
            fields = RECORD.unpack_from(table, place)
        except struct.error:
            fields = (b"",)
        if fields[0] != b"PK\x01\x02":
            raise Broken("contents_damaged")
        flags, method, crc, packed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
        length, extra, comment, offset = fields[12], fields[13], fields[14], fields[18]
        stop = place + RECORD.size + length + extra + comment
        raw_name = table[place + RECORD.size : place + RECORD.size + length]
        extras = table[place + RECORD.size + length : place + RECORD.size + length + extra]
        size, packed, offset = _widen(extras, size, packed, offset)
        if stop > len(table) or offset >= start or fields[15]:  # of another disk
            raise Broken("contents_damaged")
        record = table[place:stop]
        name = _decode(raw_name, utf8=bool(flags & _UTF8)).removeprefix("./") or "./"
        if comment:
            raise Broken("zip_comment", printable(name))
        refuse_odd_extras(extras, name)
        entries.append(Entry(name, raw_name, record, flags, method, crc, packed, size, offset, 0))
        place = stop
    if len(entries) != count:
        raise Broken("contents_damaged")
    return entries


def _widen(extras: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit values that stand in an extra field in place of those that do not fit."""
    values = [size, packed, offset]
    wide = [place for place, value in enumerate(values) if value == _MAX32]
    if not wide:
        return size, packed, offset
    field = zip64_field(extras)
    if len(field) < 8 * len(wide):
        raise Broken("contents_damaged")
    for rank, place in enumerate(wide):
        values[place] = struct.unpack_from("<Q", field, 8 * rank)[0]
    return values[0], values[1], values[2]


def refuse_odd_extras(extras: bytes, name: str) -> None:
    """A second name, which Moodle takes from this field and libzip does as well; and fields that do not add
    up, for which libzip prefers any other table of contents, an empty one too."""
    fields = list(extra_fields(extras))
    if any(kind == _UNICODE_PATH for kind, _ in fields):
        raise Broken("name_in_unicode_field", printable(name))
    if sum(4 + struct.unpack_from("<H", field, 2)[0] for _, field in fields) != len(extras):
        raise Broken("contents_damaged")


def extra_fields(extras: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and whole field, header included."""
    place = 0
    while place + 4 <= len(extras):
        kind, length = struct.unpack_from("<2H", extras, place)
        yield kind, extras[place : place + 4 + length]
        place += 4 + length


def zip64_field(extras: bytes) -> bytes:
    return next((field[4:] for kind, field in extra_fields(extras) if kind == 1), b"")


def _decode(raw: bytes, *, utf8: bool) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if utf8:
            raise Broken("name_not_utf8") from None
        return raw.decode("cp437")


def _judge(entry: Entry, findings: Findings) -> None:
    if entry.flags & _ENCRYPTED:
        raise Broken("encrypted", entry.name)
    # Byte 6: the version of the format that is needed; Moodle writes 20, and 45 for 64-bit sizes.
    if entry.method not in (STORED, DEFLATED) or not 10 <= struct.unpack_from("<H", entry.record, 6)[0] <= 45:
        raise Broken("method_unknown", entry.name)
    if entry.method == STORED and entry.packed != entry.size:
        raise Broken("sizes_differ", entry.name)
    if entry.directory and entry.size:
        raise Broken("folder_with_content", entry.name)
    made_by_unix = entry.record[5] == 3
    mode = struct.unpack_from("<L", entry.record, 38)[0] >> 16
    kind = stat.S_IFMT(mode)
    if made_by_unix and kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        findings.add("link_or_device", entry.name, kind=oct(kind))


def _with_ends(entries: list[Entry], start: int) -> tuple[Entry, ...]:
    """Each member must end before the next starts: overlapping ones unpack to any size."""
    if entries and entries[0].offset:
        raise Broken("bytes_outside")
    ends = [*(entry.offset for entry in entries[1:]), start][: len(entries)]
    placed = []
    for entry, end in zip(entries, ends, strict=True):
        if entry.offset + LOCAL.size + len(entry.raw_name) + entry.packed > end:
            raise Broken("members_overlap", entry.name)
        placed.append(
            Entry(
                entry.name,
                entry.raw_name,
                entry.record,
                entry.flags,
                entry.method,
                entry.crc,
                entry.packed,
                entry.size,
                entry.offset,
                end,
            )
        )
    return tuple(placed)
