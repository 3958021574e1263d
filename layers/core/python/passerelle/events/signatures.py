"""Standard Webhooks signatures (https://www.standardwebhooks.com), on the bytes as they came.

Own code, because the library `standardwebhooks` brings httpx into the layer; the tests hold the two
against each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from passerelle.errors import Refused

TOLERANCE = timedelta(seconds=300)
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SMALLEST_SECRET = 16  # bytes; below that it could be guessed
VERSION = "v1"
_REQUEST_ID = re.compile(r"[!-~]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 10  # a header full of them is no rotation


class SignatureRefused(Refused):
    """Not signed, not signed by this site, or not now. It says no more, on purpose."""

    def __init__(self) -> None:
        super().__init__("signature")


class ClockWrong(SignatureRefused):
    """Signed by whom it should be, but not now: one of the two clocks is wrong by so many `minutes`."""

    def __init__(self, minutes: int) -> None:
        super().__init__()
        self.code = "clock_wrong"
        self.details = {"minutes": str(minutes)}


def read_secret(text: str) -> bytes:
    """The key in `whsec_…`. Raises ValueError, which never shows the secret."""
    encoded = text.strip()
    if not encoded.startswith(SECRET_PREFIX):
        raise ValueError("a signing secret begins with whsec_")
    encoded = encoded.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ is base64") from None
    if len(key) < SMALLEST_SECRET:
        raise ValueError(f"a signing secret has at least {SMALLEST_SECRET} bytes")
    return key


def sign(key: bytes, request_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed request."""
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": request_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"{VERSION},{_signature(key, request_id, seconds, body)}",
    }


def verify(headers: Mapping[str, str], body: bytes, keys: Iterable[bytes], now: datetime) -> str:
    """The webhook-id of a request signed with one of `keys` (two while a secret is being changed).

    `headers` have lower-case names. Every key is tried against every signature, so that the time taken
    tells neither which one fitted nor whether one did. Raises SignatureRefused.
    """
    request_id = headers.get("webhook-id", "")
    seconds = headers.get("webhook-timestamp", "")
    given = [
        signature.encode("utf-8", "surrogatepass")
        for version, _, signature in (
            word.partition(",") for word in headers.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
        )
        if version == VERSION
    ]
    fits = False
    for key in keys:
        wanted = _signature(key, request_id, seconds, body).encode()
        for signature in given:
            fits |= hmac.compare_digest(wanted, signature)
    off = _off(seconds, now)
    if not (fits and _REQUEST_ID.fullmatch(request_id) and off is not None):
        raise SignatureRefused
    if off > TOLERANCE:
        raise ClockWrong(max(1, round(off.total_seconds() / 60)))
    return request_id


def _off(seconds: str, now: datetime) -> timedelta | None:
    """How far the two clocks are apart; None where no time is told."""
    if not _SECONDS.fullmatch(seconds):
        return None
    try:
        return abs(now - datetime.fromtimestamp(int(seconds), UTC))
    except ValueError:  # a year beyond all calendars
        return None


def _signature(key: bytes, request_id: str, seconds: str, body: bytes) -> str:
    signed = f"{request_id}.{seconds}.".encode("utf-8", "surrogatepass") + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
