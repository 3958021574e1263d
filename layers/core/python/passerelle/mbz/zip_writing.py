"""A zip with some members changed and all others copied as they stand, without packing them again."""

from __future__ import annotations

import struct
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from isal import isal_zlib

from passerelle.mbz.limits import MIB
from passerelle.mbz.sources import CHUNK
from passerelle.mbz.zip_directory import DEFLATED, FOLLOWED, LOCAL, RECORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from passerelle.mbz.zip_directory import Directory, Entry

_HELD = 4 * MIB  # of one changed member in memory; what is larger waits on disk
_MAX32 = 0xFFFFFFFF
_MAX16 = 0xFFFF


class ZipWriting:
    """Is told of every member in the order of its bytes; `emit` gets the new archive."""

    def __init__(self, emit: Callable[[bytes | memoryview], None]) -> None:
        self._emit_on = emit
        self._place = 0
        self._records: dict[int, bytes] = {}  # old offset → new directory record
        self._changing: _Changed | None = None
        self._dropping = False  # the data descriptor of a member that was rewritten

    def begin(self, entry: Entry, header: bytes, *, may_change: bool) -> None:
        self._dropping = False
        self._records[entry.offset] = _record(entry, self._place, entry.crc, entry.packed, entry.flags)
        if may_change:
            self._changing = _Changed(entry, header)
        else:
            self._emit(header)

    def copy(self, part: bytes | memoryview) -> None:
        """Packed bytes of the member, or what stands behind it."""
        if self._changing is not None:
            self._changing.original.write(part)
        elif not self._dropping:
            self._emit(part)

    def change(self, plain: bytes) -> None:
        """The member's new unpacked bytes, if it may change."""
        if self._changing is not None and plain:
            self._changing.add(plain)

    def end(self, *, changed: bool) -> None:
        changing, self._changing = self._changing, None
        if changing is None:
            return
        entry = changing.entry
        place = self._place
        if changed:
            header, packed = changing.close()
            self._records[entry.offset] = _record(entry, place, changing.crc, packed, entry.flags & ~FOLLOWED)
            self._dropping = True
            self._emit(header)
            self._emit_file(changing.replacement)
        else:
            self._emit(changing.header)
            self._emit_file(changing.original)
        changing.discard()

    def finish(self, directory: Directory) -> None:
        start = self._place
        for offset in directory.listed:
            self._emit(self._records[offset])
        length = self._place - start
        count = len(directory.listed)
        if count >= _MAX16 or start > _MAX32 or length > _MAX32:
            end64 = self._place
            self._emit(
                struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start)
            )
            self._emit(struct.pack("<4sLQL", b"PK\x06\x07", 0, end64, 1))
        self._emit(
            struct.pack(
                "<4s4H2LH",
                b"PK\x05\x06",
                0,
                0,
                min(count, _MAX16),
                min(count, _MAX16),
                min(length, _MAX32),
                min(start, _MAX32),
                len(directory.comment),
            )
            + directory.comment
        )

    def _emit(self, data: bytes | memoryview) -> None:
        self._place += len(data)
        self._emit_on(data)

    def _emit_file(self, file: SpooledTemporaryFile[bytes]) -> None:
        file.seek(0)
        while data := file.read(CHUNK):
            self._emit(data)


class _Changed:
    def __init__(self, entry: Entry, header: bytes) -> None:
        self.entry = entry
        self.header = header
        self.crc = 0
        self.original: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115 - discard()
        self.replacement: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115
        self._packed = 0
        self._deflate = isal_zlib.compressobj(2, wbits=-15) if entry.method == DEFLATED else None

    def add(self, plain: bytes) -> None:
        self.crc = isal_zlib.crc32(plain, self.crc)
        self._write(plain if self._deflate is None else self._deflate.compress(plain))

    def close(self) -> tuple[bytes, int]:
        """The new local header, and how many packed bytes follow it."""
        if self._deflate is not None:
            self._write(self._deflate.flush())
        fields = list(LOCAL.unpack_from(self.header))
        name_length = fields[9]
        fields[2] &= ~FOLLOWED
        # One XML file is below 4 GiB (Limits.xml_member): its 64-bit sizes, if any, are not needed.
        fields[6:9] = [self.crc, self._packed, self.entry.size]
        fields[10] = 0
        return LOCAL.pack(*fields) + self.header[LOCAL.size : LOCAL.size + name_length], self._packed

    def discard(self) -> None:
        self.original.close()
        self.replacement.close()

    def _write(self, packed: bytes) -> None:
        self._packed += len(packed)
        self.replacement.write(packed)


def _record(entry: Entry, offset: int, crc: int, packed: int, flags: int) -> bytes:
    """The directory's record of a member at its new place, its 64-bit field made anew where needed."""
    fields = list(RECORD.unpack_from(entry.record))
    name_length, extra_length, comment_length = fields[12], fields[13], fields[14]
    name_end = RECORD.size + name_length
    extras = _without_zip64(entry.record[name_end : name_end + extra_length])
    comment = entry.record[name_end + extra_length : name_end + extra_length + comment_length]
    wide = [value for value in (entry.size, packed, offset) if value >= _MAX32]
    if wide:
        extras = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) + extras
    fields[5], fields[9] = flags, crc
    fields[10], fields[11] = min(packed, _MAX32), min(entry.size, _MAX32)
    fields[13], fields[18] = len(extras), min(offset, _MAX32)
    return RECORD.pack(*fields) + entry.raw_name + extras + comment


def _without_zip64(extras: bytes) -> bytes:
    kept = b""
    place = 0
    while place + 4 <= len(extras):
        kind, length = struct.unpack_from("<2H", extras, place)
        if kind != 1:
            kept += extras[place : place + 4 + length]
        place += 4 + length
    return kept
