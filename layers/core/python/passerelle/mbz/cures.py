"""What becomes of a value that names somebody."""

from __future__ import annotations

import re
from enum import Enum


class Cure(Enum):
    """The member keeps its length: spaces follow the element."""

    EMPTY = "empty"
    ZERO = "zero"  # Moodle's restore breaks on an empty user id
    REMOVE = "remove"  # the element itself: a row that makes no sense without its person
    IDS = "ids"  # those of people inside JSON; the rest of it stays


# JSON as it stands in a member: with quotes as they are, or as entities.
_Q = r"(?:\"|&quot;)"
_TEACHER = rf"{_Q}teacher{_Q}\s*:\s*{_Q}?[1-9]\d*{_Q}?"
_TEACHER_GOES = re.compile(rf"{_TEACHER}\s*,\s*|(?:,\s*)?{_TEACHER}".encode())
_USERS = rf"({_Q}userids{_Q}\s*:\s*)\[([^\[\]{{}}]*)\]"
_USERS_GO = re.compile(_USERS.encode())
_USERS_SAID = re.compile(rf"{_TEACHER}|{_USERS}")
_ID = re.compile(r"(?<![-\d])0*[1-9]\d*", re.ASCII)  # and not -1, which stands for nobody


def ids_in(json: str) -> list[str]:
    """Of the people that customcert's `teacher` and booking's `userids` name."""
    return [one for found in _USERS_SAID.finditer(json) for one in _ID.findall(found[0])]


def without_ids(json: bytes) -> bytes:
    """The same, no longer than it was. Without `teacher` a certificate prints nobody's name. A list of
    people may not be empty, or it opens to everybody: -1 is nobody's id, and 0 is whoever looks.
    """

    def nobody(found: re.Match[bytes]) -> bytes:
        if not _ID.search(found[2].decode("latin-1")):
            return found[0]
        return found[1] + (b"[-1]" if len(found[2]) > 1 else b"[0]")

    return _USERS_GO.sub(nobody, _TEACHER_GOES.sub(b"", json))
