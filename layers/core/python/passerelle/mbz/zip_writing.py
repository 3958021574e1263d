"""A zip with some members changed and all others copied as they stand, without packing them again."""

from __future__ import annotations

import struct
import zlib
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from isal import isal_zlib

from passerelle.mbz.limits import MIB
from passerelle.mbz.sources import CHUNK
from passerelle.mbz.zip_directory import DEFLATED, FOLLOWED, LOCAL, RECORD, extra_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from passerelle.mbz.zip_directory import Directory, Entry

_LEVEL = 6  # as Moodle's own: what is packed anew is a small part of an archive
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
        self._dropping = False  # a member that is left out, or the data descriptor of one that was rewritten

    def begin(self, entry: Entry, header: bytes, *, may_change: bool) -> None:
        self._dropping = False
        header = _renamed(header, entry)
        self._records[entry.offset] = _record(entry, self._place, entry.crc, entry.packed, entry.flags)
        if may_change:
            self._changing = _Changed(entry, header)
        else:
            self._emit(header)

    def leave_out(self) -> None:
        """The next member is not handed on."""
        self._dropping = True

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
        listed = [self._records[offset] for offset in directory.listed if offset in self._records]
        for record in listed:
            self._emit(record)
        length = self._place - start
        count = len(listed)
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
                0,  # a comment of the original may name somebody: it is not handed on
            )
        )

    def _emit(self, data: bytes | memoryview) -> None:
        self._place += len(data)
        self._emit_on(data)

    def _emit_file(self, file: SpooledTemporaryFile[bytes]) -> None:
        file.seek(0)
        while data := file.read(CHUNK):
            self._emit(data)


class _Changed:
    """One member that may change: packed anew only where it has."""

    def __init__(self, entry: Entry, header: bytes) -> None:
        self.entry = entry
        self.header = header
        self.crc = 0
        self.original: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115 - discard()
        self.replacement: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115
        self._plain: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115

    def add(self, plain: bytes) -> None:
        self._plain.write(plain)

    def close(self) -> tuple[bytes, int]:
        """The new local header, and how many packed bytes follow it."""
        packed = self._pack()
        fields = list(LOCAL.unpack_from(self.header))
        name_length = fields[9]
        fields[2] &= ~FOLLOWED
        # One XML file is below 4 GiB (Limits.xml_member): its 64-bit sizes, if any, are not needed.
        fields[6:9] = [self.crc, packed, self.entry.size]
        fields[10] = 0
        return LOCAL.pack(*fields) + self.header[LOCAL.size : LOCAL.size + name_length], packed

    def _pack(self) -> int:
        deflate = zlib.compressobj(_LEVEL, wbits=-15) if self.entry.method == DEFLATED else None
        self._plain.seek(0)
        while plain := self._plain.read(CHUNK):
            self.crc = isal_zlib.crc32(plain, self.crc)
            self.replacement.write(plain if deflate is None else deflate.compress(plain))
        if deflate is not None:
            self.replacement.write(deflate.flush())
        return self.replacement.tell()

    def discard(self) -> None:
        self.original.close()
        self.replacement.close()
        self._plain.close()


def _renamed(header: bytes, entry: Entry) -> bytes:
    """The local header without the "./" that somebody's packer put before the name."""
    name = entry.raw_name.removeprefix(b"./")
    if name == entry.raw_name:
        return header
    fields = list(LOCAL.unpack_from(header))
    fields[9] = len(name)
    return LOCAL.pack(*fields) + name + header[LOCAL.size + len(entry.raw_name) :]


def _record(entry: Entry, offset: int, crc: int, packed: int, flags: int) -> bytes:
    """The directory's record of a member at its new place, its 64-bit field made anew where needed."""
    fields = list(RECORD.unpack_from(entry.record))
    name_length, extra_length = fields[12], fields[13]
    name_end = RECORD.size + name_length
    extras = _without_zip64(entry.record[name_end : name_end + extra_length])
    wide = [value for value in (entry.size, packed, offset) if value >= _MAX32]
    if wide:
        extras = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) + extras
    name = entry.raw_name.removeprefix(b"./")
    fields[5], fields[9], fields[12], fields[14] = flags, crc, len(name), 0
    fields[10], fields[11] = min(packed, _MAX32), min(entry.size, _MAX32)
    fields[13], fields[18] = len(extras), min(offset, _MAX32)
    return RECORD.pack(*fields) + name + extras


def _without_zip64(extras: bytes) -> bytes:
    return b"".join(field for kind, field in extra_fields(extras) if kind != 1)
