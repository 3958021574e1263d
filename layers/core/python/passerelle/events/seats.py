"""The buyer's link to the seats: a signed token, and what its forms say.

The token opens one order until it dies; it is HMAC-SHA256 under a secret of Passerelle's own, two valid
during rotation. It becomes a cookie at once, and each form carries a mark that only the page knows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from passerelle.errors import Refused

_LONGEST = 400
_SIGNATURE = 18  # bytes of the HMAC that are kept: 144 bits


class LinkDead(Refused):
    """Unsigned, altered, or past its day. It says no more."""

    def __init__(self) -> None:
        super().__init__("seats_link_dead")


@dataclass(frozen=True, slots=True)
class Link:
    """What a token opens. `serial` counts the order's links: one that was revoked has an older one."""

    order: str
    serial: int = 0


def sign_link(key: bytes, order: str, until: datetime, serial: int = 0) -> str:
    named = f"{order}#{serial}" if serial or "#" in order else order
    said = f"{_encoded(named.encode())}.{int(until.timestamp()):x}"
    return f"{said}.{_encoded(_mac(key, 'seats', said))}"


def read_link(token: str, keys: Iterable[bytes], now: datetime) -> Link:
    """Raises LinkDead."""
    said, _, given = token.rpartition(".")
    encoded, _, seconds = said.partition(".")
    fits = False
    for key in keys:
        fits |= hmac.compare_digest(
            _encoded(_mac(key, "seats", said)).encode(), given.encode("utf-8", "replace")
        )
    if not fits or len(token) > _LONGEST:
        raise LinkDead
    try:
        order = base64.urlsafe_b64decode(encoded + "==").decode()  # more than is needed says nothing
        until = datetime.fromtimestamp(int(seconds, 16), UTC)
    except (ValueError, OverflowError, OSError):
        raise LinkDead from None
    if now >= until:
        raise LinkDead
    name, mark, serial = order.rpartition("#")
    if not mark:
        return Link(order)
    return Link(name, int(serial) if serial.isdecimal() else 0)


def form_mark(key: bytes, token: str) -> str:
    """What a form of this page carries, and no other site can know."""
    return _encoded(_mac(key, "form", token))


def mark_fits(keys: Iterable[bytes], token: str, given: str) -> bool:
    fits = False
    for key in keys:
        fits |= hmac.compare_digest(form_mark(key, token).encode(), given.encode("utf-8", "replace"))
    return fits


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.new(key, f"{purpose}:{text}".encode("utf-8", "replace"), hashlib.sha256).digest()[:_SIGNATURE]


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
