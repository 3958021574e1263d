"""A gzip stream, unpacked piece by piece and never beyond its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from isal import igzip_lib

from passerelle.mbz.block_inflate import BlockInflate
from passerelle.mbz.findings import Broken
from passerelle.mbz.sources import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passerelle.mbz.limits import Limits

GZIP_MAGIC = b"\x1f\x8b"
# isal's type stub declares an instance where the class stands.
BAD_DEFLATE = cast("type[Exception]", igzip_lib.IsalError)


class Proportion:
    """Counts what comes out against what went in."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._allowed = min(limits.unpacked, max(limits.ratio_floor, limits.ratio * packed))
        self.unpacked = 0

    def add(self, length: int, member: str | None = None) -> None:
        self.unpacked += length
        if self.unpacked > self._allowed:
            raise Broken("unpacks_too_far", member)


class Gunzip:
    """Several gzip members in a row are one stream, as zlib and so Moodle read them.

    Zeros after the last one are padding; anything else there is damage. Raises Broken.
    """

    def __init__(self, limits: Limits, proportion: Proportion, *, blocks: bool = False) -> None:
        """With `blocks` the ends of deflate blocks are told, as far as the first member goes."""
        self._limits = limits
        self._proportion = proportion
        self._told = blocks
        self._members = 0
        self._inflate: igzip_lib.IgzipDecompressor | BlockInflate | None = None
        self._carried = b""
        self.packed_share = 1.0  # of the last piece: bytes in per byte out

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data or (self._inflate is not None and not self._inflate.needs_input):
            if self._inflate is None:
                data = self._next_member(data)
                if self._inflate is None:
                    return
            piece = self._inflate_some(data)
            data = b""
            self._proportion.add(len(piece))
            if piece:
                yield piece
            if self._inflate is not None and self._inflate.eof:
                data = self._inflate.unused_data
                self._inflate = None

    @property
    def boundary(self) -> int | None:
        """The bit of the stream at which a deflate block ended, and the last piece with it."""
        return self._inflate.boundary if isinstance(self._inflate, BlockInflate) else None

    def finish(self) -> None:
        if self._inflate is not None or self._carried or not self._members:
            raise Broken("cut")

    def _inflate_some(self, data: bytes) -> bytes:
        assert self._inflate is not None  # noqa: S101 - narrows the type for mypy
        try:
            return bytes(self._inflate.decompress(data, CHUNK))
        except BAD_DEFLATE:
            raise Broken("checksum") from None

    def _next_member(self, data: bytes) -> bytes:
        data = self._carried + data
        self._carried = b""
        if self._members:
            data = data.lstrip(b"\0")
            if not data:
                return b""
        if len(data) < len(GZIP_MAGIC) and GZIP_MAGIC.startswith(data):
            self._carried = data
            return b""
        if not data.startswith(GZIP_MAGIC):
            raise Broken("bytes_outside")
        self._members += 1
        if self._members > self._limits.gzip_members:
            raise Broken("too_many_gzip_members")
        first = self._told and self._members == 1
        self._inflate = BlockInflate() if first else igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        return data
