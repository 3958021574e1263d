"""What is done with each member of an archive, whatever its container."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Why
from passerelle.mbz.findings import Broken
from passerelle.mbz.readers import reader_for
from passerelle.mbz.xml import XmlReading

if TYPE_CHECKING:
    from passerelle.mbz.facts import Facts
    from passerelle.mbz.hashing import Lane
    from passerelle.mbz.tar import Consumer

_CONTENT = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{38})\Z")


class ContentCheck:
    """SHA-1 of one content, compared with the name it bears."""

    def __init__(self, name: str, facts: Facts, lane: Lane) -> None:
        self._name = name
        self._dossier = facts
        self._lane = lane
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def feed(self, data: memoryview) -> None:
        self._lane.update(self._sha1, data)

    def finish(self) -> None:
        self._lane.do(self._compare)

    def _compare(self) -> None:
        if self._sha1.hexdigest() != self._name.rsplit("/", 1)[1]:
            self._dossier.findings.add(
                Why.CONTENT_ALTERED,
                "a content does not have the hash it is named after; send the archive again",
                self._name,
            )


class Members:
    """Opens members as they come."""

    def __init__(self, facts: Facts, contents: Lane, *, editing: bool = False) -> None:
        self._dossier = facts
        self._contents = contents
        self._editing = editing
        self._count = 0
        self._xml = 0

    def open(self, name: str, size: int, *, directory: bool) -> Consumer | None:
        facts = self._dossier
        self._count += 1
        if self._count > facts.limits.members:
            raise Broken(Why.OUT_OF_PROPORTION, "the archive has absurdly many members")
        if not facts.names.admit(name) or directory:
            return None
        if _CONTENT.match(name):
            facts.keep()
            facts.add_content(name, size)
            return ContentCheck(name, facts, self._contents)
        if is_xml(name):
            self._xml += size
            if size > facts.limits.xml_member or self._xml > facts.limits.xml_total:
                raise Broken(Why.OUT_OF_PROPORTION, "an XML file of absurd size is inside", name)
            return self.read_xml(name)
        if name.lower().startswith("files/"):
            facts.findings.add(
                Why.CONTENT_ALTERED, "a content is not named after its hash; make the backup again", name
            )
        return None

    def read_xml(self, name: str) -> XmlReading:
        reading = XmlReading(
            name, reader := reader_for(name, self._dossier), self._dossier.limits, editing=self._editing
        )
        reader.named = reading.named
        return reading


def is_xml(name: str) -> bool:
    return name.lower().endswith(".xml") and not name.lower().startswith("files/")
