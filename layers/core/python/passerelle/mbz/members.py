"""What is done with each member of an archive, whatever its container."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Means
from passerelle.mbz.findings import Broken
from passerelle.mbz.names import is_left_out
from passerelle.mbz.readers import reader_for
from passerelle.mbz.tar import LEFT_OUT
from passerelle.mbz.xml import XmlReading

if TYPE_CHECKING:
    from passerelle.mbz.facts import Facts
    from passerelle.mbz.hashing import Lane
    from passerelle.mbz.tar import Consumer

_CONTENT = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{38})\Z")


LOG = "moodle_backup.log"


class ContentCheck:
    """SHA-1 of one content, compared with the name it bears."""

    def __init__(self, name: str, facts: Facts, lane: Lane) -> None:
        self._name = name
        self._facts = facts
        self._lane = lane
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def feed(self, data: memoryview) -> None:
        self._lane.update(self._sha1, data)

    def finish(self) -> None:
        self._lane.do(self._compare)

    def _compare(self) -> None:
        if self._sha1.hexdigest() != self._name.rsplit("/", 1)[1]:
            self._facts.findings.add("content_of_other_hash", self._name)


class Emptied:
    """A text that no restore reads, and that may say who made the backup: spaces in its place."""

    def __init__(self, name: str, facts: Facts, *, editing: bool) -> None:
        self.edits = 0
        self.editing = editing
        self._name = name
        self._facts = facts
        self._blank: list[bytes] = []

    def feed(self, data: memoryview) -> None:
        if self.editing:
            self._blank.append(b" " * len(data))
        if not self.edits and bytes(data).strip():
            self.edits = 1
            self._facts.add_trace(self._name, "log", Means.PLACE, scrubbed=True)

    def finish(self) -> None:
        """Nothing is left to say."""

    def take(self) -> bytes:
        blank = b"".join(self._blank)
        self._blank.clear()
        return blank


class Members:
    """Opens members as they come."""

    def __init__(self, facts: Facts, contents: Lane, *, editing: bool = False) -> None:
        self._facts = facts
        self._contents = contents
        self._editing = editing
        self._count = 0
        self._xml = 0

    def open(self, name: str, size: int, *, directory: bool) -> Consumer | None:
        """Who takes a member's bytes; `LEFT_OUT` where nobody is to get them."""
        self._count += 1
        if self._count > self._facts.limits.members:
            raise Broken("too_many_members")
        if name == "./":
            return LEFT_OUT  # the folder that somebody packed
        admitted = self._facts.names.admit(name)
        if is_left_out(name, directory=directory):
            if admitted and not directory:
                self._facts.leave_out(name)
            return LEFT_OUT
        if not admitted or directory:
            return None
        if is_xml(name):
            return self._open_xml(name, size)
        if name == LOG:
            return Emptied(name, self._facts, editing=self._editing)
        return self._open_content(name, size)

    def _open_xml(self, name: str, size: int) -> XmlReading:
        limits = self._facts.limits
        self._xml += size
        if size > limits.xml_member or self._xml > limits.xml_total:
            raise Broken("xml_too_large", name)
        return XmlReading(name, reader_for(name, self._facts), limits, editing=self._editing)

    def _open_content(self, name: str, size: int) -> ContentCheck | None:
        if not _CONTENT.match(name):
            self._facts.findings.add("content_misnamed", name)
            return None
        self._facts.keep()
        self._facts.add_content(name, size)
        return ContentCheck(name, self._facts, self._contents)


def is_xml(name: str) -> bool:
    return name.lower().endswith(".xml") and not name.lower().startswith("files/")
