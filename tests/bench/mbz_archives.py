"""Large archives for the benches, made as a stream: nothing of them lies in memory or on disk."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from collections.abc import Iterator

from isal import isal_zlib

from tests.factories.mbz import Backup, StoredFile, index_of, resealed, tar_member

MIB = 1024 * 1024
_STORED = (
    16_383  # bytes of a stored block, as zlib cuts what does not shrink at the level that Moodle asks for
)


class Noise:
    """Bytes that do not shrink, any number of them, the same every time."""

    def __init__(self, length: int, seed: int) -> None:
        self.length = length
        self._seed = seed
        digest = hashlib.sha1(usedforsecurity=False)
        for piece in self.pieces():
            digest.update(piece)
        self.digest = digest.hexdigest()
        self.member = f"files/{self.digest[:2]}/{self.digest}"

    def pieces(self) -> Iterator[bytes]:
        """A megabyte of noise, rotated: as new to deflate, whose window is 32 KiB, at no cost."""
        base = random.Random(self._seed).randbytes(MIB) * 2
        left, place = self.length, 0
        while left > 0:
            piece = base[place : place + min(MIB, left)]
            left -= len(piece)
            place = (place + 65_537) % MIB
            yield piece


class FilmBackup:
    """A course whose files are `films`, noise of `size` bytes in all, as one tgz.

    It is a Source with the cost of reading a file from memory: what is timed is the reader.
    """

    def __init__(self, size: int, *, films: int = 8) -> None:
        self.films = [Noise(size // films, seed) for seed in range(films)]
        files = tuple(
            StoredFile(
                b"", f"cours-{n}.mp4", mimetype="video/mp4", contenthash=noise.digest, filesize=noise.length
            )
            for n, noise in enumerate(self.films)
        )
        backup = Backup(files=files)
        self._parts = backup.parts()
        self.size = sum(len(piece) for piece in self.stream())

    def members(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        noises = {noise.member: noise for noise in self.films}
        for name, content in self._parts.items():
            noise = noises.get(name)
            if noise is None:
                yield name, len(content), iter((content,))
            else:
                yield name, noise.length, noise.pieces()

    def tar(self) -> Iterator[bytes]:
        lengths = {noise.member: noise.length for noise in self.films}
        index = index_of(self._parts).decode()
        for member, length in lengths.items():
            index = index.replace(f"{member}\tf\t0\t", f"{member}\tf\t{length}\t")
        yield tar_member(".ARCHIVE_INDEX", index.encode())
        for name, length, pieces in self.members():
            yield _header(name, length)
            yield from pieces
            yield bytes(-length % 512)
        yield bytes(1024)

    def stream(self, start: int = 0, length: int | None = None, chunk: int = 512 * 1024) -> Iterator[bytes]:
        """Noise in stored blocks and the rest deflated: byte for byte what PHP's zlib makes of both,
        but for where a block starts."""
        place, end = 0, None if length is None else start + length
        buffer = bytearray()
        for piece in _gzip(self.tar()):
            if place + len(piece) <= start:
                place += len(piece)
                continue
            buffer += piece[max(0, start - place) :]
            place += len(piece)
            while len(buffer) >= chunk:
                yield bytes(buffer[:chunk])
                del buffer[:chunk]
            if end is not None and place >= end:
                del buffer[len(buffer) - (place - end) :]
                break
        if buffer:
            yield bytes(buffer)

    def read_range(self, start: int, length: int) -> bytes:
        return b"".join(self.stream(start, length))[:length]


def _header(name: str, length: int) -> bytes:
    header = tar_member(name)[:512]
    return header if not length else resealed(header[:124] + f"{length:011o}\0".encode() + header[136:])


def _gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
    crc = length = 0
    for piece in pieces:
        crc = isal_zlib.crc32(piece, crc)
        length += len(piece)
        if len(piece) < MIB // 2:
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            yield packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
            continue
        blocks = []
        for place in range(0, len(piece), _STORED):
            block = piece[place : place + _STORED]
            blocks += [struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block]
        yield b"".join(blocks)
    yield b"\x03\x00" + struct.pack("<2L", crc, length & 0xFFFFFFFF)
