"""The members of a zip, one after the other, from a stream of its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from isal import igzip_lib, isal_zlib

from passerelle.mbz.findings import Broken
from passerelle.mbz.gunzip import BAD_DEFLATE, Proportion
from passerelle.mbz.names import printable
from passerelle.mbz.sources import CHUNK
from passerelle.mbz.tar import LEFT_OUT
from passerelle.mbz.zip_directory import DEFLATED, FOLLOWED, LOCAL, refuse_odd_extras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passerelle.mbz.members import Members
    from passerelle.mbz.tar import Consumer, Editor
    from passerelle.mbz.zip_directory import Entry
    from passerelle.mbz.zip_writing import ZipWriting

_MAX_TRAILER = 24  # a data descriptor with its signature and 64-bit sizes


class Walk:
    """Push parser over consecutive bytes of a zip that start at `place`. Raises Broken."""

    def __init__(
        self,
        entries: tuple[Entry, ...],
        members: Members,
        proportion: Proportion,
        place: int,
        writing: ZipWriting | None = None,
    ) -> None:
        self._entries: Iterator[Entry] = iter(entries)
        self._members = members
        self._proportion = proportion
        self._place = place
        self._entry = next(self._entries, None)
        self._header = b""
        self._data: _MemberData | None = None
        self._trailer = 0
        self._writing = writing

    def feed(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._entry is not None:
            if self._data is not None:
                taken = self._data.feed(view)
                if self._data.left == 0:
                    self._close(self._data)
            elif self._trailer:
                taken = min(len(view), self._trailer)
                self._trailer -= taken
                if self._writing is not None:
                    self._writing.copy(view[:taken])
                if not self._trailer:
                    self._next()
            elif self._place < self._entry.offset:
                taken = min(len(view), self._entry.offset - self._place)  # of members nobody asked for
            else:
                taken = self._take_header(self._entry, view)
            view = view[taken:]
            self._place += taken

    def finish(self) -> None:
        if self._entry is not None:
            raise Broken("cut")

    def _next(self) -> None:
        self._entry = next(self._entries, None)

    def _take_header(self, entry: Entry, view: memoryview) -> int:
        need = LOCAL.size
        if len(self._header) >= LOCAL.size:
            fields = LOCAL.unpack_from(self._header)
            need = LOCAL.size + fields[9] + fields[10]
        part = bytes(view[: need - len(self._header)])
        self._header += part
        if len(self._header) == need and need > LOCAL.size:
            self._open(entry, self._header)
            self._header = b""
        elif len(self._header) == LOCAL.size and self._header[:4] != b"PK\x03\x04":
            raise Broken("header_damaged", entry.name)
        return len(part)

    def _open(self, entry: Entry, header: bytes) -> None:
        _, _, flags, method, _, _, crc, packed, size, length, _ = LOCAL.unpack_from(header)
        if header[LOCAL.size : LOCAL.size + length] != entry.raw_name:
            raise Broken("names_differ", printable(entry.name))
        refuse_odd_extras(header[LOCAL.size + length :], entry.name)
        if (flags & ~FOLLOWED, method) != (entry.flags & ~FOLLOWED, entry.method):
            raise Broken("other_than_contents_say", entry.name)
        if (
            not flags & FOLLOWED
            and max(packed, size) < 0xFFFFFFFF
            and ((crc, packed, size) != (entry.crc, entry.packed, entry.size))
        ):
            raise Broken("other_than_contents_say", entry.name)
        rest = entry.end - entry.offset - len(header) - entry.packed
        if rest < 0 or rest > (_MAX_TRAILER if flags & FOLLOWED else 0):
            raise Broken("bytes_outside", entry.name)
        self._trailer = rest
        consumer = self._members.open(entry.name, entry.size, directory=entry.directory)
        if self._writing is not None:
            if consumer is LEFT_OUT:
                self._writing.leave_out()
            else:
                self._writing.begin(entry, header, may_change=_editor(consumer) is not None)
        self._data = _MemberData(entry, consumer, self._proportion, self._writing)
        if not entry.packed:
            self._close(self._data)

    def _close(self, data: _MemberData) -> None:
        data.finish()
        self._data = None
        if not self._trailer:
            self._next()


def _editor(consumer: Consumer | None) -> Editor | None:
    """The consumer, where it hands out other bytes than it takes."""
    return cast("Editor", consumer) if getattr(consumer, "editing", False) else None


class _MemberData:
    def __init__(
        self, entry: Entry, consumer: Consumer | None, proportion: Proportion, writing: ZipWriting | None
    ) -> None:
        self.left = entry.packed
        self._writing = writing
        self._editor = _editor(consumer)
        self._entry = entry
        self._consumer = consumer
        self._proportion = proportion
        self._crc = 0
        self._size = 0
        self._inflate = (
            igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE) if entry.method == DEFLATED else None
        )

    def feed(self, view: memoryview) -> int:
        part = view[: self.left]
        self.left -= len(part)
        if self._writing is not None:
            self._writing.copy(part)
        for plain in self._unpack(part):
            self._size += len(plain)
            self._proportion.add(len(plain), self._entry.name)
            if self._size > self._entry.size:
                raise self._damage()
            self._crc = isal_zlib.crc32(plain, self._crc)
            if self._consumer is not None:
                self._consumer.feed(memoryview(plain))
            self._hand_over()
        return len(part)

    def finish(self) -> None:
        ended = self._inflate is None or self._inflate.eof or not self._entry.packed
        if not ended or self._size != self._entry.size or self._crc != self._entry.crc:
            raise self._damage()
        if self._consumer is not None:
            self._consumer.finish()
        self._hand_over()
        if self._writing is not None:
            self._writing.end(changed=self._editor is not None and self._editor.edits > 0)

    def _hand_over(self) -> None:
        if self._writing is not None and self._editor is not None:
            self._writing.change(self._editor.take())

    def _unpack(self, part: memoryview) -> Iterator[bytes]:
        if self._inflate is None:
            yield bytes(part)
            return
        data = bytes(part)
        try:
            while data or not self._inflate.needs_input:
                if self._inflate.eof:
                    raise self._damage()
                yield self._inflate.decompress(data, CHUNK)
                data = b""
                if self._inflate.eof:
                    if self._inflate.unused_data:
                        raise self._damage()
                    return
        except BAD_DEFLATE:
            raise self._damage() from None

    def _damage(self) -> Broken:
        return Broken("checksum", self._entry.name)
