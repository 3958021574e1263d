"""Which member names are safe, judged as Moodle's own extractor will read them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Why

if TYPE_CHECKING:
    from passerelle.mbz.findings import Findings

# Moodle cleans every path with PARAM_PATH, which drops these characters and every run of dots:
# a name that holds one arrives under another name than the one that was checked.
_REWRITTEN = re.compile(r"""[\x00-\x1f\x7f&<>"`|':\\]|\.\.""")
_DRIVE = re.compile(r"^[A-Za-z]:")
_MAX_NAME = 1024


def judge_name(name: str) -> str | None:
    """What is wrong with a member's name, or None."""
    if not name or len(name) > _MAX_NAME:
        return "has no name, or an absurdly long one"
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "has an absolute path"
    parts = re.split(r"[/\\]", name.rstrip("/"))
    if ".." in parts:
        return "leaves the folder of the backup"
    if _REWRITTEN.search(name) or "" in parts or "." in parts:
        return "has a name that Moodle would read as another one"
    return None


class Names:
    """The names seen so far, each as eight bytes: a Python string would cost ten times that."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._exact: set[int] = set()
        self._folded: set[int] = set()

    def __len__(self) -> int:
        return len(self._exact)

    def __contains__(self, name: str) -> bool:
        return _short(name) in self._exact

    def admit(self, name: str) -> bool:
        """Take note of a member; False if nobody should look into it."""
        wrong = judge_name(name)
        if wrong is not None:
            self._findings.add(
                Why.UNSAFE_MEMBER, f"a member {wrong}; make the backup with Moodle itself", _printable(name)
            )
            return False
        exact = _short(name.rstrip("/"))
        folded = _short(unicodedata.normalize("NFKC", name.rstrip("/")).casefold())
        if exact in self._exact:
            self._findings.add(Why.DUPLICATE_MEMBER, "a member comes twice; make the backup again", name)
            return False
        if folded in self._folded:
            self._findings.add(
                Why.DUPLICATE_MEMBER,
                "a member differs from another one by case or by the writing of its accents only",
                name,
            )
            return False
        self._exact.add(exact)
        self._folded.add(folded)
        return True


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
