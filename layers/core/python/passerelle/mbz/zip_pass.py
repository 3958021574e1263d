"""A zip backup: its table of contents, then its members in the order of their bytes."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

from isal import igzip_lib, isal_zlib

from passerelle.domain.backup import Why
from passerelle.mbz.findings import Broken
from passerelle.mbz.gunzip import BAD_DEFLATE, Proportion
from passerelle.mbz.hashing import Lane
from passerelle.mbz.limits import KIB
from passerelle.mbz.members import Members, is_xml
from passerelle.mbz.sources import CHUNK
from passerelle.mbz.zip_directory import DEFLATED, FOLLOWED, LOCAL, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passerelle.mbz.dossier import Dossier
    from passerelle.mbz.sources import Source
    from passerelle.mbz.tar import Consumer
    from passerelle.mbz.zip_directory import Directory, Entry

_GAP = 64 * KIB  # reading over less costs less than another request
_SPANS = 5  # ranged reads for the XML, at most; the table of contents takes two or three more
_MAX_TRAILER = 24


def inspect_zip(source: Source, dossier: Dossier, *, verify_content: bool, threads: bool) -> str:
    """The archive's SHA-256 where it was read through, else nothing. Raises Broken."""
    directory = read_directory(source, dossier.limits, dossier.findings)
    proportion = Proportion(dossier.limits, source.size)
    lane = Lane(threaded=threads and verify_content)
    members = Members(dossier, lane)
    try:
        if verify_content:
            return _read_through(source, directory, members, proportion, lane, threads=threads)
        _read_spans(source, directory, members, proportion)
    except BaseException:
        lane.abandon()
        raise
    return ""


def _read_through(
    source: Source,
    directory: Directory,
    members: Members,
    proportion: Proportion,
    lane: Lane,
    *,
    threads: bool,
) -> str:
    sha256 = hashlib.sha256()
    archive_lane = Lane(threaded=threads)
    try:
        walk = Walk(directory.entries, members, proportion, 0)
        for data in source.stream():
            archive_lane.update(sha256, data)
            walk.feed(data)
        walk.finish()
        lane.close()
        archive_lane.close()
    except BaseException:
        archive_lane.abandon()
        raise
    return sha256.hexdigest()


def _read_spans(source: Source, directory: Directory, members: Members, proportion: Proportion) -> None:
    wanted: list[Entry] = []
    for entry in directory.entries:
        if is_xml(entry.name):
            wanted.append(entry)
        else:
            members.open(entry.name, entry.size, directory=entry.directory)
            proportion.add(entry.size, entry.name)
    for span in spans(wanted):
        walk = Walk(span, members, proportion, span[0].offset)
        for data in source.stream(span[0].offset, span[-1].end - span[0].offset):
            walk.feed(data)
        walk.finish()


def spans(entries: list[Entry]) -> list[tuple[Entry, ...]]:
    """Neighbours read together: all but the widest gaps are read over."""
    if not entries:
        return []
    gaps = [(after.offset - before.end, place) for place, (before, after) in enumerate(pairwise(entries), 1)]
    cuts = sorted(place for _, place in sorted(gap for gap in gaps if gap[0] > _GAP)[-(_SPANS - 1) :])
    return [tuple(entries[start:stop]) for start, stop in zip([0, *cuts], [*cuts, len(entries)], strict=True)]


class Walk:
    """Push parser over consecutive bytes of a zip that start at `place`. Raises Broken."""

    def __init__(
        self, entries: tuple[Entry, ...], members: Members, proportion: Proportion, place: int
    ) -> None:
        self._entries: Iterator[Entry] = iter(entries)
        self._members = members
        self._proportion = proportion
        self._place = place
        self._entry = next(self._entries, None)
        self._header = b""
        self._data: _MemberData | None = None

    def feed(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._entry is not None:
            if self._data is not None:
                taken = self._data.feed(view)
                if self._data.left == 0:
                    self._data.finish()
                    self._data = None
                    self._next()
            elif self._place < self._entry.offset:
                taken = min(len(view), self._entry.offset - self._place)
            else:
                taken = self._take_header(self._entry, view)
            view = view[taken:]
            self._place += taken

    def finish(self) -> None:
        if self._entry is not None:
            raise Broken(Why.TRUNCATED, "the archive stops in the middle of a member; send it again")

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
            raise Broken(Why.DAMAGED, "a member's header is damaged; send the archive again", entry.name)
        return len(part)

    def _open(self, entry: Entry, header: bytes) -> None:
        _, _, flags, method, _, _, crc, packed, size, length, _ = LOCAL.unpack_from(header)
        told = (flags & ~FOLLOWED, method, header[LOCAL.size : LOCAL.size + length])
        if told != (entry.flags & ~FOLLOWED, entry.method, entry.raw_name):
            raise Broken(Why.DAMAGED, "a member is not what the archive's table of contents says", entry.name)
        if (
            not flags & FOLLOWED
            and max(packed, size) < 0xFFFFFFFF
            and ((crc, packed, size) != (entry.crc, entry.packed, entry.size))
        ):
            raise Broken(Why.DAMAGED, "a member is not what the archive's table of contents says", entry.name)
        rest = entry.end - entry.offset - len(header) - entry.packed
        if rest < 0 or rest > (_MAX_TRAILER if flags & FOLLOWED else 0):
            raise Broken(Why.DAMAGED, "bytes that belong to no member stand between members", entry.name)
        consumer = self._members.open(entry.name, entry.size, directory=entry.directory)
        self._data = _MemberData(entry, consumer, self._proportion)
        if not entry.packed:
            self._data.finish()
            self._data = None
            self._next()


class _MemberData:
    def __init__(self, entry: Entry, consumer: Consumer | None, proportion: Proportion) -> None:
        self.left = entry.packed
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
        for plain in self._unpack(part):
            self._size += len(plain)
            self._proportion.add(len(plain), self._entry.name)
            if self._size > self._entry.size:
                raise self._damage()
            self._crc = isal_zlib.crc32(plain, self._crc)
            if self._consumer is not None:
                self._consumer.feed(memoryview(plain))
        return len(part)

    def finish(self) -> None:
        ended = self._inflate is None or self._inflate.eof or not self._entry.packed
        if not ended or self._size != self._entry.size or self._crc != self._entry.crc:
            raise self._damage()
        if self._consumer is not None:
            self._consumer.finish()

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
        return Broken(
            Why.DAMAGED,
            "a member's data does not have its checksum; send the archive again",
            self._entry.name,
        )
