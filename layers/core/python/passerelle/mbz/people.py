"""What a site knows of its people (P20): salted, truncated hashes, never a name.

The file, version 1, big-endian: `PSLPEOPL`, version, bytes per value (8), two zero bytes, three counts of
four bytes (e-mails, logins, full names), a salt of 32 bytes, then the values of each kind, ascending. A value
is the first 8 bytes of HMAC-SHA256(salt, kind + normalised text).
"""

from __future__ import annotations

import hmac
import re
import struct
import sys
import unicodedata
from array import array
from bisect import bisect_left
from enum import Enum

from passerelle.errors import GiveUp

_HEAD = struct.Struct(">8sBBH3L32s")
_MAGIC = b"PSLPEOPL"
_WIDTH = 8
MOST_VALUES = 4_000_000
LARGEST = _HEAD.size + _WIDTH * MOST_VALUES  # bytes
_TRIMMED = "\t\n\v\f\r \xa0\u202f\u200b\ufeff"
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_LONGEST = 120  # characters of a name, an address or a login
_MOST_WORDS = 8  # in a full name
_NO_NAME = re.compile(r"[0-9<>&=/:;@_?!]")
_REMEMBERED = 20_000


class Kind(Enum):
    EMAIL = b"e"
    LOGIN = b"l"
    NAME = b"n"


class BadPeople(GiveUp):
    """The file is not what the plugin writes."""


class People:
    """Who is in the file. Memory: eight bytes for each value."""

    def __init__(self, data: bytes) -> None:
        """Raises BadPeople."""
        if not _HEAD.size <= len(data) <= LARGEST:
            raise BadPeople("people_unreadable")
        magic, version, width, reserved, *counts, self._salt = _HEAD.unpack_from(data)
        whole = _HEAD.size + _WIDTH * sum(counts)
        if (magic, version, width, reserved) != (_MAGIC, 1, _WIDTH, 0) or len(data) != whole:
            raise BadPeople("people_unreadable")
        place = _HEAD.size
        self._values: dict[Kind, array[int]] = {}
        for kind, count in zip(Kind, counts, strict=True):
            values = array("Q", data[place : place + _WIDTH * count])
            if sys.byteorder == "little":
                values.byteswap()
            self._values[kind] = values
            place += _WIDTH * count
        self._known: dict[tuple[Kind, str], bool] = {}

    def has_email(self, text: str) -> bool:
        return "@" in text and self._has(Kind.EMAIL, text)

    def has_login(self, text: str) -> bool:
        """Not of numbers below six digits, which are ids."""
        return self._has(Kind.LOGIN, text)

    def has_name(self, text: str) -> bool:
        """Two to eight words of letters: what holds a digit or a sign of markup is no name."""
        return (
            not _NO_NAME.search(text) and 1 < len(text.split()) <= _MOST_WORDS and self._has(Kind.NAME, text)
        )

    def _has(self, kind: Kind, text: str) -> bool:
        if len(text) > _LONGEST:
            return False
        key = (kind, text)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._look(kind, text)
        return found

    def _look(self, kind: Kind, text: str) -> bool:
        normal = full_name(text) if kind is Kind.NAME else lowered(text)
        if not normal:
            return False
        digest = hmac.digest(self._salt, kind.value + normal.encode("utf-8", "replace"), "sha256")
        value = int.from_bytes(digest[:_WIDTH], "big")
        values = self._values[kind]
        place = bisect_left(values, value)
        return place < len(values) and values[place] == value


def lowered(text: str) -> str:
    """An e-mail or a login: trimmed, A–Z as a–z, nothing else changed."""
    return text.strip(_TRIMMED).translate(_LOWER)


def full_name(text: str) -> str:
    """Without accents, case and punctuation: `Émilie-Anne O’Brien` → `emilie anne o brien`."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in parts if sign.isascii() or unicodedata.category(sign) != "Mn")
    lower = text.lower().replace("ς", "σ")
    return re.sub(r"[\W_]+", " ", lower).strip()
