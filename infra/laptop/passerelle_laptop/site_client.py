"""What a site's plugin says to Passerelle: signed calls, uploads by presigned parts.

A retry of one request repeats its `webhook-id` and body under a fresh timestamp, so that Passerelle
answers as it did the first time instead of doing it twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

_ADDRESSES_AT_ONCE = 100
_BLOCK = 1 << 20
_MAY_SUCCEED_LATER = frozenset({429, 500, 502, 503, 504})
_OK = 200
_EXPIRED = 403


class NotHeard(Exception):
    """Passerelle could not be reached, or asked to try later, as often as was tried."""


class Answered(Exception):
    """Passerelle said no. `body` holds `error`, `message`, `reference`, `assistance`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body
        self.code = str(body.get("error", ""))
        super().__init__(f"{status} {self.code}")


@dataclass(frozen=True, slots=True)
class Person:
    """The acting user as their own site knows them."""

    username: str
    idnumber: str = ""
    email: str = ""
    firstname: str = ""
    lastname: str = ""
    lang: str = "en"

    def body(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


def new_request_id() -> str:
    return "msg_" + secrets.token_urlsafe(18)


@dataclass(slots=True)
class Sending:
    """How far an upload has come; kept by the caller, a killed job goes on from it."""

    openid: str = field(default_factory=new_request_id)
    completeid: str = field(default_factory=new_request_id)
    opening: dict[str, Any] | None = None  # the body of the opening, repeated as it was
    upload: str = ""
    partsize: int = 0
    parts: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    attempts: int = 5
    first_pause: float = 0.2  # seconds, doubled each time
    timeout: float = 60.0


def sign(secret: str, request_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of Standard Webhooks; `secret` is `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b"%s.%d.%s" % (request_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class SiteClient:
    def __init__(
        self,
        api: str,
        site: str,
        secret: str,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api = api.rstrip("/")
        self.site = site
        self._secret = secret
        self._patience = patience or Patience()
        self._clock = clock
        self._pause = pause
        self._session = requests.Session()
        # A proxy of the machine is none of a site's business, and loopback is not reached through it.
        self._session.trust_env = False

    def __repr__(self) -> str:
        return f"SiteClient({self.site!r})"

    def ask(
        self,
        path: str,
        kind: str,
        content: Mapping[str, Any],
        *,
        request_id: str | None = None,
        attempts: int | None = None,
    ) -> dict[str, Any]:
        """POST to `/sites/{site}/{path}`. Raises Answered for a refusal, NotHeard after the last attempt."""
        body = json.dumps({"site": self.site, "type": kind, **content}, ensure_ascii=False).encode()
        request_id = request_id or new_request_id()
        address = f"{self.api}/sites/{self.site}/{path}"
        for attempt in range(attempts or self._patience.attempts):
            if attempt:
                self._pause(self._patience.first_pause * 2 ** (attempt - 1))
            answer = self._post(address, request_id, body)
            if answer is None or answer.status_code in _MAY_SUCCEED_LATER:
                continue
            decoded = _decoded(answer)
            if answer.status_code == _OK:
                return decoded
            raise Answered(answer.status_code, decoded)
        raise NotHeard

    def _post(self, address: str, request_id: str, body: bytes) -> requests.Response | None:
        timestamp = int(self._clock())
        headers = {
            "content-type": "application/json; charset=utf-8",
            "webhook-id": request_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secret, request_id, timestamp, body),
        }
        try:
            return self._session.post(
                address, data=body, headers=headers, timeout=self._patience.timeout, allow_redirects=False
            )
        except requests.RequestException:
            return None

    # -- uploads --------------------------------------------------------------------------------------

    def upload(
        self,
        archive: Path | bytes,
        *,
        intent: str,
        course: Mapping[str, Any],
        person: Person,
        users: bool = False,
        people: bytes | None = None,
        sending: Sending | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> str:
        """Open, send what Passerelle does not have yet, complete. Returns the upload's id.

        `course` holds courseid, idnumber, fullname, shortname, lastchange. `people` is the file of hashes
        that goes beside the archive (P20), empty where the site has switched that off, None where it knows
        of no such thing. Called again with the same `sending` it goes on where it stopped.
        """
        sending = sending or Sending()
        tell = progress or (lambda _phase, _share: None)
        if sending.opening is None:
            sending.opening = {
                "intent": intent,
                **course,
                "filesize": _size(archive),
                "sha256": _sha256(archive),
                "person": person.body(),
                "users": users,
            }
        if not sending.upload:
            tell("open", 0.0)
            opened = self.ask("uploads", "uploads", sending.opening, request_id=sending.openid)
            sending.upload = str(opened["upload"])
            sending.partsize, sending.parts = int(opened["partsize"]), int(opened["parts"])
        if not sending.done:
            self.send_parts(archive, sending, tell)
            if people is not None:
                self.send_people(people, sending)
            tell("complete", 1.0)
            self.complete(sending)
        return sending.upload

    def send_parts(self, archive: Path | bytes, sending: Sending, tell: Callable[[str, float], None]) -> None:
        missing = self._missing(sending)
        while missing:
            batch = missing[:_ADDRESSES_AT_ONCE]
            answer = self._parts(sending, batch)
            sent = 0
            for part in batch:
                tell("send", 1 - len(missing[sent:]) / max(sending.parts, 1))
                if not self._put(answer["urls"][str(part)], archive, part, sending.partsize):
                    break
                sent += 1
            if not sent:
                raise NotHeard
            missing = missing[sent:]

    def send_people(self, people: bytes, sending: Sending) -> None:
        """A Passerelle that does not take them gets the archive without."""
        said = {
            "sent": bool(people),
            "filesize": len(people),
            "sha256": hashlib.sha256(people).hexdigest() if people else "",
        }
        try:
            answer = self.ask(
                f"uploads/{sending.upload}/people", "people", {"upload": sending.upload, **said}
            )
        except Answered:
            return
        if people and not self._put(str(answer["url"]), people, 1, len(people)):
            raise NotHeard

    def complete(self, sending: Sending) -> None:
        path = f"uploads/{sending.upload}/complete"
        self.ask(path, "complete", {"upload": sending.upload}, request_id=sending.completeid)
        sending.done = True

    def _missing(self, sending: Sending) -> list[int]:
        have = {int(part["part"]) for part in self._parts(sending, [])["have"]}
        return [part for part in range(1, sending.parts + 1) if part not in have]

    def _parts(self, sending: Sending, parts: list[int]) -> dict[str, Any]:
        return self.ask(
            f"uploads/{sending.upload}/parts", "parts", {"upload": sending.upload, "parts": parts}
        )

    def _put(self, address: str, archive: Path | bytes, part: int, partsize: int) -> bool:
        """False where fresh addresses are needed first."""
        for attempt in range(self._patience.attempts):
            if attempt:
                self._pause(self._patience.first_pause * 2 ** (attempt - 1))
            window = _Window(archive, (part - 1) * partsize, partsize)
            try:
                answer = self._session.put(address, data=window, timeout=self._patience.timeout)
            except requests.RequestException:
                continue
            finally:
                window.close()
            if answer.status_code == _OK:
                return True
            if answer.status_code == _EXPIRED:
                return False
        return False

    # -- jobs -----------------------------------------------------------------------------------------

    def report(self, jobs: list[dict[str, Any]], *, request_id: str | None = None) -> list[str]:
        """Tell how jobs stand, once: whoever is not heard says it again later. Returns the known keys."""
        answer = self.ask("jobs", "jobs", {"jobs": jobs}, request_id=request_id, attempts=1)
        return [str(key) for key in answer.get("known", ())]

    def source(self, jobkey: str) -> dict[str, Any]:
        """A fresh address for a job whose own has expired: url, sha256, filesize, expires."""
        return self.ask(f"jobs/{jobkey}/source", "source", {"jobkey": jobkey})

    # -- what a person asks ------------------------------------------------------------------------------

    def publications(self, action: str, person: Person, **content: Any) -> dict[str, Any]:
        return self.ask(
            "publications", "publications", {"action": action, "person": person.body(), **content}
        )

    def retrievals(self, action: str, person: Person, **content: Any) -> dict[str, Any]:
        return self.ask("retrievals", "retrievals", {"action": action, "person": person.body(), **content})

    def backups(self, action: str, person: Person, **content: Any) -> dict[str, Any]:
        return self.ask("backups", "backups", {"action": action, "person": person.body(), **content})

    def catalogue(self, query: str = "", **content: Any) -> dict[str, Any]:
        return self.ask("catalogue", "catalogue", {"query": query, "limit": 50, **content})


class _Window:
    """The bytes of one part, read as they are sent: memory does not grow with the part."""

    def __init__(self, archive: Path | bytes, start: int, length: int) -> None:
        self._left = max(0, min(length, _size(archive) - start))
        if isinstance(archive, bytes):
            self._source = None
            self._bytes = memoryview(archive)[start : start + self._left]
        else:
            self._source = archive.open("rb")
            self._source.seek(start)
            self._bytes = memoryview(b"")
        self._length = self._left

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        if self._source is None:
            block = bytes(self._bytes[self._length - self._left :][:wanted])
        else:
            block = self._source.read(wanted)
        self._left -= len(block)
        return block

    def close(self) -> None:
        if self._source is not None:
            self._source.close()


def _size(archive: Path | bytes) -> int:
    return len(archive) if isinstance(archive, bytes) else archive.stat().st_size


def _sha256(archive: Path | bytes) -> str:
    if isinstance(archive, bytes):
        return hashlib.sha256(archive).hexdigest()
    digest = hashlib.sha256()
    with archive.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _decoded(answer: requests.Response) -> dict[str, Any]:
    try:
        decoded = answer.json()
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}
