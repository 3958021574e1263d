"""A zip of many members in a storage that counts its ranged reads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from passerelle.mbz import BytesSource, inspect
from tests.factories.mbz import Backup, StoredFile, real_backup, unzip, zip_end, zip_of


class Counting(BytesSource):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.requests = 0
        self.bytes = 0

    def read_range(self, start: int, length: int) -> bytes:
        self.requests += 1
        self.bytes += length
        return super().read_range(start, length)

    def stream(self, start: int = 0, length: int | None = None, chunk: int = 512 * 1024) -> Iterator[bytes]:
        self.requests += 1
        for piece in super().stream(start, length, chunk):
            self.bytes += len(piece)
            yield piece


def make_zip(members: int) -> bytes:
    """The real course's activities over and over, as many members as asked, a fifth of them contents."""
    real = unzip(real_backup("chimie-nousers-zip"))
    activities = [name for name in real if name.startswith("activities/")]
    contents = members // 5
    noise = random.Random(2).randbytes(40_000)
    files = tuple(StoredFile(noise[n * 4 :], name=f"document-{n}.pdf") for n in range(contents))
    backup = Backup(files=files)
    extra: dict[str, bytes | None] = {}
    copy = 0
    while True:
        copy += 1
        for name in activities:
            _, folder, file = name.split("/")
            module, number = folder.split("_")
            extra[f"activities/{module}_{1000 * copy + int(number)}/{file}"] = real[name]
        made = replace(backup, members=extra).parts()
        if len(made) >= members:
            break
    while len(made) > members:
        made.pop(next(name for name in made if name.startswith("activities/") and name in extra))
    return zip_of(dict(sorted(made.items())))


def measure(members: int) -> dict[str, int]:
    data = make_zip(members)
    source = Counting(data)
    inspection = inspect(source)
    assert inspection.accepted, inspection.reasons
    return {
        "members": zip_end(data)[0],
        "size": len(data),
        "requests": source.requests,
        "bytes": source.bytes,
    }
