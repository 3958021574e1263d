"""Links to the platform that a backup comes from: typed as addresses, or left unresolved by Moodle.

Where a backup says which platform that is comes after most of its texts, so every address is a
candidate until the end. Memory is bounded: counts are kept per host, addresses up to a limit.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from passerelle.domain.backup import OldLink

_ADDRESS = re.compile(r"""https?(?:://|%3A%2F%2F)[^\s"'<>\\^`{|}]+""", re.IGNORECASE)
_ENCODED = re.compile(r"\$@([A-Z0-9_]+)\*(\d+)(?:\*[0-9]+)*@\$")
_TRAILING = ".,;:!?)]"
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
        self._encoded: dict[tuple[str, str, int], int] = {}  # (member, name, id) → occurrences

    def scan(self, member: str, text: str) -> None:
        if "$@" in text:
            self._scan_encoded(member, text)
        if "http" in text:
            self._scan_typed(member, text)

    def old(self, wwwroot: str, modules: set[int], course: int) -> OldLinks:
        """Those that start with `wwwroot` (https or http), or lead where this backup does not."""
        found: list[OldLink] = []
        count = 0
        root = _without_scheme(wwwroot.rstrip("/"))
        host = root.split("/", 1)[0]
        whole_host = root == host
        for member, address in self._typed.get(host, {}):
            if _starts_with(_without_scheme(address), root):
                found.append(OldLink(member, address))
        count += self._typed_counts[host] if whole_host else len(found)
        for (member, name, number), times in self._encoded.items():
            missing = _old_address(wwwroot, name, number, modules, course)
            if missing is not None:
                found.append(OldLink(member, missing))
                count += times
        return OldLinks(tuple(found[:LISTED]), count)

    def _scan_encoded(self, member: str, text: str) -> None:
        for match in _ENCODED.finditer(text):
            key = (member, match.group(1), int(match.group(2)[:15]))
            if key in self._encoded or len(self._encoded) < _KEPT:
                self._encoded[key] = self._encoded.get(key, 0) + 1

    def _scan_typed(self, member: str, text: str) -> None:
        for match in _ADDRESS.finditer(text.replace("\\/", "/")):
            address = html.unescape(match.group())[:_MAX_LENGTH]
            if address[4:8].lower() in ("%3a%", "s%3a"):
                address = unquote(address)
            # A quote or bracket that was escaped (&quot;) ends the address all the same.
            address = re.split(r"""["'<>\s]""", address, maxsplit=1)[0].rstrip(_TRAILING)
            host = _without_scheme(address).split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
            if host not in self._typed:
                if len(self._typed) >= _HOSTS:
                    continue
                self._typed[host] = {}
            self._typed_counts[host] += 1
            kept = self._typed[host]
            if (member, address) not in kept and len(kept) < _PER_HOST and self._kept < _KEPT:
                kept[member, address] = None
                self._kept += 1


def _without_scheme(address: str) -> str:
    """Host in lower case and the rest; a user part and a default port say nothing of where it leads."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    if port is not None and port != default:
        host = f"{host}:{port}"
    rest = (
        parts.path
        + (f"?{parts.query}" if parts.query else "")
        + (f"#{parts.fragment}" if parts.fragment else "")
    )
    return host + rest


def _starts_with(address: str, root: str) -> bool:
    return address.startswith(root) and address[len(root) : len(root) + 1] in ("", "/", "?", "#")


def _old_address(wwwroot: str, name: str, number: int, modules: set[int], course: int) -> str | None:
    """The address that Moodle will write back for an encoded link whose target is not in the backup."""
    if name.startswith("COURSE") or name.endswith("INDEX"):
        return None if number == course else f"{wwwroot}/course/view.php?id={number}"
    if name.endswith("VIEWBYID"):
        module = name.removesuffix("VIEWBYID").lower()
        return None if number in modules else f"{wwwroot}/mod/{module}/view.php?id={number}"
    return None
