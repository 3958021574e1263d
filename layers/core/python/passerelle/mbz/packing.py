"""What is written of a scrubbed archive: gathered, packed, hashed, and copied where nothing changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from passerelle.mbz.hashing import Lane
from passerelle.mbz.limits import KIB

if TYPE_CHECKING:
    from passerelle.mbz.gzip_writing import GzipWriting, Sink

_PIECE = 512 * KIB


class Packing:
    """Small pieces gathered, then packed, hashed and written beside the reading."""

    def __init__(self, sink: Sink, *, threads: bool) -> None:
        self.compress: GzipWriting | None = None
        self.size = 0
        self.copied = 0  # bytes of them that were not packed anew
        self.sha256 = hashlib.sha256()
        self._sink = sink
        self._lane = Lane(threaded=threads)
        self._pieces: list[bytes | memoryview] = []
        self._gathered = 0

    def write(self, data: bytes | memoryview) -> None:
        self._pieces.append(data)
        self._gathered += len(data)
        if self._gathered >= _PIECE:
            self._hand_over()

    def end_segment(self, bits: bytes) -> None:
        """What was written so far ends on a byte, and `bits` follow as they are."""
        self._hand_over()
        self._lane.do(lambda: self._end_segment(bits))

    def copy(self, start: int, packed: list[memoryview], pieces: list[bytes | memoryview]) -> None:
        """Deflate blocks that lie so from byte `start` of the source on, and what they unpack to."""
        self._lane.do(lambda: self._copy(start, packed, pieces))

    def _end_segment(self, bits: bytes) -> None:
        assert self.compress is not None  # noqa: S101 - only a tgz is spliced
        self._put(self.compress.end_segment() + bits)

    def _copy(self, start: int, packed: list[memoryview], pieces: list[bytes | memoryview]) -> None:
        assert self.compress is not None  # noqa: S101 - only a tgz is spliced
        for piece in pieces:
            self.compress.account(piece)
        copy = getattr(self._sink, "copy", None)
        for part in packed:
            self.sha256.update(part)
            if copy is None:
                self._sink.write(part)
            else:
                copy(start, part)
            start += len(part)
            self.size += len(part)
            self.copied += len(part)

    def close(self) -> None:
        self._hand_over()
        self._lane.close()
        if self.compress is not None:
            for packed in self.compress.finish():
                self._put(packed)

    def abandon(self) -> None:
        self._lane.abandon()

    def _hand_over(self) -> None:
        pieces, self._pieces, self._gathered = self._pieces, [], 0
        if pieces:
            self._lane.do(lambda: self._pack(pieces))

    def _pack(self, pieces: list[bytes | memoryview]) -> None:
        if self.compress is None:
            self._put(b"".join(pieces))
        else:
            for packed in self.compress.pack(pieces):
                self._put(packed)

    def _put(self, packed: bytes) -> None:
        if packed:
            self.size += len(packed)
            self.sha256.update(packed)
            self._sink.write(packed)
