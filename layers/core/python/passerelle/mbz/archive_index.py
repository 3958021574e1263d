"""`.ARCHIVE_INDEX`, with which Moodle opens a tgz, held against what really comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passerelle.mbz.findings import Broken
from passerelle.mbz.names import is_left_out

if TYPE_CHECKING:
    from passerelle.mbz.findings import Findings
    from passerelle.mbz.limits import Limits
    from passerelle.mbz.tar import Header

INDEX = ".ARCHIVE_INDEX"
_TITLE = re.compile(rb"Moodle archive file index\. Count: (\d{1,9})\Z")


class ArchiveIndex:
    """Moodle writes index and members in one order, so that one line is compared at a time.

    An archive without an index was packed by hand, and may be sound. One whose index says anything
    that is not so was changed after Moodle made it: refused.
    """

    def __init__(self, limits: Limits, findings: Findings) -> None:
        self._limits = limits
        self._findings = findings
        self._raw = bytearray()
        self._place = 0
        self._count = 0
        self._seen = 0
        self._present = False
        self._lies = False

    def feed(self, data: memoryview) -> None:
        self._raw += data
        if len(self._raw) > self._limits.index:
            raise Broken("index_too_large", INDEX)

    def finish(self) -> None:
        self._present = True
        title = _TITLE.match(self._next_line() or b"")
        if title is None:
            self._lie(INDEX)
        else:
            self._count = int(title.group(1))

    def replacement(self) -> bytes:
        """The index of the scrubbed archive: without what is left out of it."""
        title, *lines = bytes(self._raw).split(b"\n")
        kept = [line for line in lines if not line or not _tells_of_left_out(line)]
        if len(kept) == len(lines):
            return bytes(self._raw)
        count = sum(map(bool, kept))
        return b"\n".join([re.sub(rb"\d+\Z", str(count).encode(), title), *kept])

    def compare(self, header: Header, *, left_out: bool = False) -> None:
        """A member other than the index has come."""
        if not self._present or self._lies:
            return
        if left_out and not self._next_tells(header.name):
            return  # came after Moodle had made the archive, and goes again
        self._seen += 1
        line = self._next_line()
        kind = b"d" if header.directory else b"f"
        fields = (line or b"").split(b"\t")
        name = header.name.encode().rstrip(b"/")
        if (
            len(fields) != 4
            or fields[0].rstrip(b"/") != name
            or fields[1] != kind
            or fields[2] != str(header.size).encode()
        ):
            self._lie(header.name)

    def close(self) -> None:
        """The archive has ended."""
        if not self._present or self._lies:
            return
        missing = self._next_line()
        if missing is not None:
            name = missing.split(b"\t")[0].decode("utf-8", "replace")[:200]
            self._findings.add("promised_by_index", name)
        elif self._count != self._seen:
            self._lie(INDEX)

    def _lie(self, member: str) -> None:
        self._lies = True
        self._findings.add("index_lies", member)

    def _next_tells(self, name: str) -> bool:
        return self._raw.startswith(name.encode().rstrip(b"/"), self._place)

    def _next_line(self) -> bytes | None:
        end = self._raw.find(b"\n", self._place)
        end = len(self._raw) if end < 0 else end
        if self._place >= end:
            return None
        line = bytes(self._raw[self._place : end])
        self._place = end + 1
        return line


def _tells_of_left_out(line: bytes) -> bool:
    name, _, rest = line.partition(b"\t")
    return is_left_out(name.decode("utf-8", "replace"), directory=rest.startswith(b"d"))
