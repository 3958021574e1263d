"""The scrubbed stream, packed again, without compressing what does not compress.

Copying the payload's own deflate blocks was looked into and left: a gzip made by PHP is one stream of
blocks that start at any bit and point back 32 KiB, neither isal nor zlib-ng tells where they start,
and the payload must be unpacked anyway to prove its hashes. What recompression costs is saved another
way: a piece that hardly shrinks (video, images, office files) goes into stored blocks, at the price of
a copy and a CRC. tests/bench/mbz.py measures both.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

from isal import isal_zlib

from passerelle.mbz.limits import KIB

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"  # deflate, no name, no time, Unix: as PHP's
_STORED_MAX = 0xFFFF
_SAMPLE = 8 * KIB
_WORTH_IT = 0.95  # a piece that shrinks to more than this share is stored


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class GzipWriting:
    """Turns pieces into one gzip member. `stored` and `deflated` count the bytes that went either way."""

    def __init__(self, *, store_incompressible: bool = True) -> None:
        self._store = store_incompressible
        self._deflate = isal_zlib.compressobj(1, wbits=-15)
        self._in_deflate = False
        self._crc = 0
        self._length = 0
        self._begun = False
        self.stored = 0
        self.deflated = 0

    def pack(self, pieces: list[bytes | memoryview]) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            yield _HEADER
        length = 0
        for piece in pieces:
            self._crc = isal_zlib.crc32(piece, self._crc)
            length += len(piece)
        self._length += length
        if self._store and not _shrinks(max(pieces, key=len)):
            if self._in_deflate:
                # A full flush ends on a byte and forgets the past: what comes after the stored blocks
                # must not point back over them.
                yield self._deflate.flush(isal_zlib.Z_FULL_FLUSH)
                self._in_deflate = False
            self.stored += length
            yield _stored_blocks(pieces)
        else:
            self._in_deflate = True
            self.deflated += length
            for piece in pieces:
                yield self._deflate.compress(piece)

    def finish(self) -> Iterator[bytes]:
        yield self._deflate.flush()
        yield struct.pack("<2L", self._crc, self._length & 0xFFFFFFFF)


def _shrinks(piece: bytes | memoryview) -> bool:
    """By two samples: compressing all of a piece to see would cost what it is to save."""
    if len(piece) < 4 * _SAMPLE:
        return True
    middle = len(piece) // 2
    sample = bytes(piece[_SAMPLE : 2 * _SAMPLE]) + bytes(piece[middle : middle + _SAMPLE])
    return len(isal_zlib.compress(sample, 1)) < _WORTH_IT * len(sample)


def _stored_blocks(pieces: list[bytes | memoryview]) -> bytes:
    """Block headers and bytes in one copy."""
    out: list[bytes | memoryview] = []
    for piece in pieces:
        view = memoryview(piece)
        for place in range(0, len(view), _STORED_MAX):
            block = view[place : place + _STORED_MAX]
            out += [struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block]
    return b"".join(out)
