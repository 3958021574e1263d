"""Where an archive's bytes come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from passerelle.errors import GiveUp
from passerelle.mbz.limits import KIB

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

# Measured on two cores, best of eight: 256 KiB takes 0.83 (video) and 0.76 (noise) of the time that one
# thread needs, 64 KiB 0.88 and 0.90: each piece is a hand-over of the interpreter lock between unpacking
# and hashing. From 512 KiB on the pieces leave the processor's cache, and it takes longer again.
CHUNK = 256 * KIB


class CannotRead(GiveUp):
    """The archive could not be read for a reason outside it.

    `code` is `missing`, `forbidden`, `directory`, `changed` or `storage`.
    """


class Source(Protocol):
    """Bytes that can be read from any place, more than once, and do not change meanwhile."""

    @property
    def size(self) -> int: ...

    def read_range(self, start: int, length: int) -> bytes: ...

    def stream(self, start: int = 0, length: int | None = None, chunk: int = CHUNK) -> Iterator[bytes]: ...


class FileSource:
    """A file on this machine. Raises CannotRead."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self.size = self.path.stat().st_size
            if self.path.is_dir():
                raise CannotRead("directory")
            with self.path.open("rb"):
                pass
        except OSError as error:
            raise _outside(error) from None

    def read_range(self, start: int, length: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            raise _outside(error) from None

    def stream(self, start: int = 0, length: int | None = None, chunk: int = CHUNK) -> Iterator[bytes]:
        left = self.size - start if length is None else length
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(start)
                while left > 0 and (data := file.read(min(chunk, left))):
                    left -= len(data)
                    yield data
        except OSError as error:
            raise _outside(error) from None


class BytesSource:
    """An archive already in memory: a test's, or a small one just made."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read_range(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]

    def stream(self, start: int = 0, length: int | None = None, chunk: int = CHUNK) -> Iterator[bytes]:
        end = self.size if length is None else min(self.size, start + length)
        for place in range(start, end, chunk):
            yield self.data[place : min(place + chunk, end)]


def _outside(error: OSError) -> CannotRead:
    if isinstance(error, FileNotFoundError):
        return CannotRead("missing")
    if isinstance(error, PermissionError):
        return CannotRead("forbidden")
    if isinstance(error, IsADirectoryError):
        return CannotRead("directory")
    return CannotRead("storage", errno=error.errno)
