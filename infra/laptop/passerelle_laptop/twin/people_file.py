"""`people.bin` (P20): who is on the site, as salted, truncated hashes. The plugin's is `people_hashes`."""

from __future__ import annotations

import hmac
import re
import struct
import unicodedata
from collections.abc import Iterable

from passerelle_laptop.twin.belongings import OF_NOBODY
from passerelle_laptop.twin.records import User

SALT = 32  # bytes
_WIDTH = 8
_EDGES = "\t\n\v\f\r \u00a0\u202f\u200b\ufeff"
_SMALL_NUMBER = re.compile(r"\d{1,5}")
# Logins that Moodle itself writes in every archive; the plugin knows its site's plugins and roles besides.
_WORDS = frozenset(
    {"admin", "guest", "user", "student", "teacher", "editingteacher", "manager", "page", "quiz"}
)


def people_file(users: Iterable[User], salt: bytes) -> bytes:
    """`salt`: 32 bytes, of this file alone."""
    values: dict[str, set[bytes]] = {"e": set(), "l": set(), "n": set()}

    def add(kind: str, text: str) -> None:
        values[kind].add(hmac.digest(salt, (kind + text).encode(), "sha256")[:_WIDTH])

    for user in users:
        if user.username in ("guest", OF_NOBODY):
            continue
        email, login = plain(user.email), plain(user.username)
        if "@" in email:
            add("e", email)
        if len(login) >= 3 and not _SMALL_NUMBER.fullmatch(login) and login not in _WORDS:
            add("l", login)
        first, last = folded(user.firstname), folded(user.lastname)
        if first and last and len(first) + len(last) >= 4:
            add("n", f"{first} {last}")
            add("n", f"{last} {first}")
    head = struct.pack(">8sBBH3L", b"PSLPEOPL", 1, _WIDTH, 0, *(len(kind) for kind in values.values()))
    return head + salt + b"".join(b"".join(sorted(kind)) for kind in values.values())


def plain(text: str) -> str:
    """Trimmed, A–Z as a–z, nothing else changed."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text.strip(_EDGES))


def folded(name: str) -> str:
    """Letters and numbers without accents and case, one space between words."""
    apart = unicodedata.normalize("NFKD", name)
    lower = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn").lower().replace("ς", "σ")
    kept = (sign if unicodedata.category(sign)[0] in "LN" else " " for sign in lower)
    return " ".join("".join(kept).split())
