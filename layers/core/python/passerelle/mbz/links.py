"""Links to the platform that a backup comes from: typed as addresses, or left unresolved by Moodle.

Where a backup says which platform that is comes after most of its texts, so every address is a
candidate until the end. Memory is bounded: counts are kept per host, addresses up to a limit.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote

from passerelle.domain.backups.manifest import OldLink
from passerelle.domain.rollover.links import ENCODED, lies_under, without_scheme, written_back

_ADDRESS = re.compile(r"""https?(?:://|%3A%2F%2F)[^\s"'<>\\^`{|}]+""", re.IGNORECASE)
_END = re.compile(r"""["'<>\s]""")
_TRAILING = ".,;:!?)]"
# Encoded by an instance's or a context's number, which says nothing until all members are known:
# the survey of a rollover looks at those.
_UNDECIDED = re.compile(r"PLUGINFILEBYCONTEXT.*|.*VIEWBY[A-Z]\Z")
_HOSTS = 2_000
_PER_HOST = 1_000
_KEPT = 10_000
_MAX_LENGTH = 1_000
LISTED = 500  # links that a manifest lists; all are counted


@dataclass(frozen=True, slots=True)
class OldLinks:
    listed: tuple[OldLink, ...]
    count: int


class Links:
    def __init__(self) -> None:
        self._typed: dict[str, dict[tuple[str, str], None]] = {}  # host → (member, address)
        self._typed_counts: Counter[str] = Counter()
        self._kept = 0
        self._encoded: Counter[tuple[str, str, str]] = Counter()  # (member, name, id)

    def scan(self, member: str, text: str) -> None:
        if "$@" in text:
            self._scan_encoded(member, text)
        if "http" in text:
            self._scan_typed(member, text)

    def old(self, wwwroot: str, *, course: int, modules: set[int], sections: set[int]) -> OldLinks:
        """Those that start with `wwwroot` (https or http), or lead where this backup does not."""
        root = without_scheme(wwwroot.rstrip("/"))
        host = root.split("/", 1)[0]
        found = [
            OldLink(member, address)
            for member, address in self._typed.get(host, {})
            if lies_under(address, wwwroot)
        ]
        count = self._typed_counts[host] if root == host else len(found)
        for (member, name, number), times in self._encoded.items():
            missing = written_back(
                name,
                (number,),
                wwwroot,
                course=course,
                modules=modules,
                sections=sections,
                contexts=(),
                instances={},
            )
            if missing:
                found.append(OldLink(member, missing))
                count += times
        return OldLinks(tuple(found[:LISTED]), count)

    def _scan_encoded(self, member: str, text: str) -> None:
        for match in ENCODED.finditer(text):
            name, number = match.group(1), match.group(2).split("*")[1]
            if _UNDECIDED.match(name) or not (number.isascii() and number.isdigit()):
                continue
            key = (member, name[:100], number[:15])
            if key in self._encoded or len(self._encoded) < _KEPT:
                self._encoded[key] += 1

    def _scan_typed(self, member: str, text: str) -> None:
        for match in _ADDRESS.finditer(text.replace("\\/", "/")):
            address = html.unescape(match.group())[:_MAX_LENGTH]
            if "%3a%2f%2f" in address[:16].lower():
                address = unquote(address)
            # A quote or bracket that was escaped (&quot;) ends the address all the same.
            address = _END.split(address, maxsplit=1)[0].rstrip(_TRAILING)
            host = re.split(r"[/?#]", without_scheme(address), maxsplit=1)[0]
            if host not in self._typed:
                if len(self._typed) >= _HOSTS:
                    continue
                self._typed[host] = {}
            self._typed_counts[host] += 1
            kept = self._typed[host]
            if (member, address) not in kept and len(kept) < _PER_HOST and self._kept < _KEPT:
                kept[member, address] = None
                self._kept += 1
