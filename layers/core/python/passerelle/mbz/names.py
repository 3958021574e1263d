"""Which member names are safe, judged as Moodle's own extractor will read them, and which it ever writes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passerelle.mbz.findings import Findings

# Moodle cleans every path with PARAM_PATH: fix_utf8 drops NULs, U+FFFE and U+FFFF, clean_param all controls
# (C0, DEL and C1) and these signs, older releases every run of dots. A name that holds one arrives under
# another name than the one that was checked.
_CLEANED = re.compile(r"""[\x00-\x1f\x7f-\x9f\ufffe\uffff&<>"`|':\\]|\.\.""")
_DRIVE = re.compile(r"^[A-Za-z]:")
_MAX_NAME = 1024
_FOLDERS = 20

# All that Moodle's backup and its plugins write: XML, contents under their hash, and the log. A table of
# users, another archive or an editor's copy came by hand, and no restore looks at it.
_OURS = re.compile(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.[Xx][Mm][Ll]\Z|moodle_backup\.log\Z")
_OUR_FOLDER = re.compile(r"(?:[A-Za-z0-9_-]+/)+\Z")  # no dot: none can be called like a file
# What a Mac or a Windows leaves behind where it packs a folder.
_LITTER = re.compile(r"__MACOSX(?:/|\Z)|(?:.*/)?(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)\Z", re.DOTALL)


def judge_name(name: str) -> str | None:
    """What is wrong with a member's name (a key of domain.backups.refusals), or None."""
    if not name or len(name) > _MAX_NAME:
        return "name_absurd"
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "name_absolute"
    parts = re.split(r"[/\\]", name.rstrip("/"))
    if ".." in parts:
        return "name_leaves_folder"
    if _CLEANED.search(name) or "" in parts or "." in parts:
        return "name_cleaned"
    return None


def is_left_out(name: str, *, directory: bool) -> bool:
    """A member that Moodle never writes. What lies in `files/` is judged by its hash instead."""
    if _LITTER.match(name):
        return True
    if directory:
        return _OUR_FOLDER.match(name.rstrip("/") + "/") is None
    return _OURS.match(name) is None and not name.lower().startswith("files/")


class Names:
    """The names seen so far, each as eight bytes: a Python string would cost ten times that."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._exact: set[int] = set()
        self._folded: set[int] = set()
        self.folders: dict[str, None] = {}  # the first few of the uppermost

    def __len__(self) -> int:
        return len(self._exact)

    def __contains__(self, name: str) -> bool:
        return _short(name) in self._exact

    def admit(self, name: str) -> bool:
        """Take note of a member; False if nobody should look into it."""
        wrong = judge_name(name)
        if wrong is not None:
            self._findings.add(wrong, printable(name))
            return False
        exact = _short(name.rstrip("/"))
        folded = _short(unicodedata.normalize("NFKC", name.rstrip("/")).casefold())
        if exact in self._exact:
            self._findings.add("twice", name)
            return False
        if folded in self._folded:
            self._findings.add("twice_but_for_writing", name)
            return False
        self._exact.add(exact)
        if "/" in name and len(self.folders) < _FOLDERS:
            self.folders[name.partition("/")[0]] = None
        self._folded.add(folded)
        return True


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
