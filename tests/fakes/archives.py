"""The port `Archives` as a collection of objects by key, and the far end of its signed addresses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlsplit

from passerelle.errors import NotFound, Refused
from passerelle.ports import Clock, Part, Stored
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HOST = "https://archives.example"
LIFETIME = timedelta(hours=1)


@dataclass
class _Arrived:
    """A part or an object; `content` is None where only its size matters (a 20 GB archive)."""

    size: int
    content: bytes | None
    at: datetime

    @property
    def etag(self) -> str:
        return hashlib.md5(self.content or str(self.size).encode(), usedforsecurity=False).hexdigest()


@dataclass
class _Multipart:
    key: str
    parts: dict[int, _Arrived] = field(default_factory=dict)


class FakeArchives:
    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._objects: dict[str, _Arrived] = {}
        self._open: dict[str, _Multipart] = {}
        self._opened = 0

    # -- the port ----------------------------------------------------------------------------------

    def open_multipart(self, key: str) -> str:
        self._opened += 1
        multipart = f"multipart-{self._opened}"
        self._open[multipart] = _Multipart(key)
        return multipart

    def sign_parts(self, key: str, multipart: str, parts: Iterable[int]) -> dict[int, str]:
        dies = int((self._clock.now() + LIFETIME).timestamp())
        return {n: f"{HOST}/{quote(key)}?uploadId={multipart}&partNumber={n}&dies={dies}" for n in parts}

    def parts(self, key: str, multipart: str) -> tuple[Part, ...] | None:
        found = self._find(key, multipart)
        if found is None:
            return None
        return tuple(Part(n, a.size, a.etag) for n, a in sorted(found.parts.items()))

    def complete(self, key: str, multipart: str, parts: Sequence[Part]) -> None:
        found = self._find(key, multipart)
        size = sum(part.size for part in parts)
        if found is None:
            if self.size(key) != size:
                raise NotFound("multipart_gone")
            return
        held = {n: a.etag for n, a in found.parts.items()}
        if not parts or any(held.get(part.number) != part.etag for part in parts):
            raise Refused("parts_invalid")
        chosen = [found.parts[part.number].content for part in parts]
        whole = None if None in chosen else b"".join(c for c in chosen if c is not None)
        self._objects[key] = _Arrived(size, whole, self._clock.now())
        del self._open[multipart]

    def abort(self, key: str, multipart: str) -> None:
        if self._find(key, multipart) is not None:
            del self._open[multipart]

    def size(self, key: str) -> int | None:
        return self._objects[key].size if key in self._objects else None

    def sign(self, key: str, *, filename: str | None = None) -> tuple[str, datetime]:
        dies = self._clock.now() + LIFETIME
        named = f"&filename={quote(filename)}" if filename else ""
        return f"{HOST}/{quote(key)}?dies={int(dies.timestamp())}{named}", dies

    def stamp(self, key: str) -> str | None:
        return self._objects[key].etag if key in self._objects else None

    def text(self, key: str) -> str | None:
        content = self._objects[key].content if key in self._objects else None
        return None if content is None else content.decode()

    def put_text(self, key: str, text: str) -> None:
        self.put(key, text.encode())

    def sign_put(self, key: str, size: int) -> str:
        dies = int((self._clock.now() + LIFETIME).timestamp())
        return f"{HOST}/{quote(key)}?size={size}&dies={dies}"

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    def below(self, prefix: str, *, after: str = "", limit: int = 1000) -> tuple[Stored, ...]:
        keys = [key for key in self if key.startswith(prefix) and key > after]
        return tuple(Stored(key, self._objects[key].at) for key in keys[: min(limit, 1000)])

    # -- what sites and tests do -------------------------------------------------------------------

    def put(self, key: str, content: bytes | int) -> None:
        """An object, or only its size in bytes."""
        self._objects[key] = self._arrived(content)

    def put_part(self, address: str, content: bytes | int) -> None:
        """What a site does with an address of `sign_parts`."""
        key, asked = self._followed(address)
        found = self._find(key, asked["uploadId"])
        if found is None:
            raise KeyError("no such upload")
        found.parts[int(asked["partNumber"])] = self._arrived(content)

    def fetch(self, address: str) -> bytes:
        """What a site does with an address of `sign`."""
        return self[self._followed(address)[0]]

    def __contains__(self, key: object) -> bool:
        return key in self._objects

    def __getitem__(self, key: str) -> bytes:
        content = self._objects[key].content
        if content is None:
            raise KeyError(f"only the size of {key} is known")
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._objects))

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The keys of multipart uploads neither completed nor aborted: they cost until they are."""
        return tuple(sorted(m.key for m in self._open.values()))

    def _find(self, key: str, multipart: str) -> _Multipart | None:
        found = self._open.get(multipart)
        return found if found is not None and found.key == key else None

    def _followed(self, address: str) -> tuple[str, dict[str, str]]:
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self._clock.now().timestamp() >= int(asked["dies"]):
            raise PermissionError("the address has died")
        return unquote(parts.path.lstrip("/")), asked

    def _arrived(self, content: bytes | int) -> _Arrived:
        if isinstance(content, int):
            return _Arrived(content, None, self._clock.now())
        return _Arrived(len(content), content, self._clock.now())
