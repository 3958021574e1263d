"""The scrubbed stream, packed again, no larger than it came and without compressing what does not compress.

Judged block by block: what hardly shrinks (video, images, office files) goes into stored blocks, at the price
of a copy and a CRC; what shrinks well (XML, texts) is packed as Moodle packs it, by zlib's level 6, up to a
budget; the rest by isal's level 1, ten times as fast and a quarter larger. tests/bench/mbz.py measures it.

What the payload's own deflate blocks can be used for is splicing's business.
"""

from __future__ import annotations

import struct
import zlib
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from isal import isal_zlib

from passerelle.mbz.limits import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"  # deflate, no name, no time, Unix: as PHP's
_LAST_BLOCK = b"\x03\x00"  # empty, with the fixed code
_STORED_MAX = 0xFFFF
_BLOCK = 128 * KIB
_SMALL = 32 * KIB  # what is smaller is packed as its neighbours are
_SAMPLE = 8 * KIB
_STORED_FROM = 0.95  # a block that shrinks to more than this share is stored
_WELL_BELOW = 0.75  # one that shrinks to less is packed as Moodle packs it
_THOROUGH = 256 * MIB  # bytes that may be packed so: zlib's level 6 does 60 to 100 MB a second


class Sink(Protocol):
    def write(self, data: bytes | memoryview, /) -> object: ...


class Way(Enum):
    STORED = 0
    QUICK = 1
    THOROUGH = 2


class GzipWriting:
    """Turns pieces into one gzip member. `packed` counts the bytes that went each way."""

    def __init__(self, *, thorough: int = _THOROUGH) -> None:
        self._left = thorough
        self._way = Way.STORED
        self._deflate: Any = None
        self._crc = 0
        self._length = 0
        self._begun = False
        self.packed = dict.fromkeys(Way, 0)

    def pack(self, pieces: list[bytes | memoryview]) -> Iterator[bytes]:
        out: list[bytes | memoryview] = []
        if not self._begun:
            self._begun = True
            out.append(_HEADER)
        for piece in pieces:
            self.account(piece)
            view = memoryview(piece)
            for place in range(0, len(view), _BLOCK):
                self._pack_block(view[place : place + _BLOCK], out)
        yield b"".join(out)

    def account(self, piece: bytes | memoryview) -> None:
        """A piece that is part of the stream, packed here or not."""
        self._crc = isal_zlib.crc32(piece, self._crc)
        self._length += len(piece)

    def finish(self) -> Iterator[bytes]:
        yield self.end_segment() + _LAST_BLOCK
        yield struct.pack("<2L", self._crc, self._length & 0xFFFFFFFF)

    def _pack_block(self, block: memoryview, out: list[bytes | memoryview]) -> None:
        way = self._choose(block)
        if way is not self._way:
            out.append(self.end_segment())
            self._way = way
        self.packed[way] += len(block)
        if way is Way.STORED:
            _store(block, out)
            return
        if self._deflate is None:
            # A compressor of its own for each stretch: none points back over what another one packed.
            thorough = way is Way.THOROUGH
            self._deflate = (
                zlib.compressobj(6, wbits=-15) if thorough else isal_zlib.compressobj(1, wbits=-15)
            )
        if way is Way.THOROUGH:
            self._left -= len(block)
        out.append(self._deflate.compress(block))

    def _choose(self, block: memoryview) -> Way:
        best = Way.THOROUGH if self._left > 0 else Way.QUICK
        if len(block) < _SMALL:
            return best if self._way is not Way.QUICK else Way.QUICK
        middle = (len(block) - _SAMPLE) // 2
        share = len(isal_zlib.compress(block[middle : middle + _SAMPLE], 1)) / _SAMPLE
        if share > _STORED_FROM:
            return Way.STORED
        return best if share < _WELL_BELOW else Way.QUICK

    def end_segment(self) -> bytes:
        """Ends on a byte."""
        if self._deflate is None:
            return b""
        rest: bytes = self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self._deflate = None
        return rest


def _store(block: memoryview, out: list[bytes | memoryview]) -> None:
    for place in range(0, len(block), _STORED_MAX):
        part = block[place : place + _STORED_MAX]
        out += [struct.pack("<BHH", 0, len(part), len(part) ^ 0xFFFF), part]
