"""`people.bin` as a site's plugin writes it (P20)."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable

from passerelle.mbz.people import full_name, lowered

SALT = bytes(range(32))


def people_bin(
    *, emails: Iterable[str] = (), logins: Iterable[str] = (), names: Iterable[str] = (), salt: bytes = SALT
) -> bytes:
    kinds = [
        sorted({_value(salt, kind, text) for text in texts})
        for kind, texts in (
            (b"e", map(lowered, emails)),
            (b"l", map(lowered, logins)),
            (b"n", map(full_name, names)),
        )
    ]
    head = struct.pack(">8sBBH3L32s", b"PSLPEOPL", 1, 8, 0, *map(len, kinds), salt)
    return head + b"".join(b"".join(values) for values in kinds)


def _value(salt: bytes, kind: bytes, text: str) -> bytes:
    return hmac.digest(salt, kind + text.encode(), "sha256")[:8]
