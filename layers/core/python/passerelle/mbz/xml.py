"""One XML member, read piece by piece, its people found and, on demand, replaced.

Expat is driven directly and not through defusedxml's SAX reader: only expat itself tells where in the
bytes an element stands, which same-length replacement needs. What defusedxml forbids is forbidden here:
any document type, so any entity, internal or external.
"""

from __future__ import annotations

import re
from pyexpat import ExpatError, ParserCreate
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from passerelle.domain.backups.manifest import Why
from passerelle.mbz.findings import Broken
from passerelle.mbz.limits import MIB
from passerelle.mbz.personal import Cure, cures_for, has_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passerelle.mbz.limits import Limits

_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>""")
_LONG_TEXT = MIB  # characters of one element's text held at once


class Reader(Protocol):
    """Is told what stands in one member. `path` is the parser's own list: read it, do not keep it."""

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None: ...

    def leaf(self, path: Sequence[str], value: str) -> None:
        """An element without children has ended; of a very long text, the last part only."""

    def end(self, path: Sequence[str]) -> None:
        """An element with children has ended."""

    def long_text(self, path: Sequence[str], part: str) -> None:
        """A part of a text too long to be held; parts overlap a little."""

    def personal(self, element: str) -> None:
        """An element that P4 names has a value (which is nobody's business)."""


class XmlReading:
    """Push parser of one member. Raises Broken. With `editing`, `take` hands out the scrubbed bytes."""

    def __init__(self, member: str, reader: Reader, limits: Limits, *, editing: bool = False) -> None:
        self.member = member
        self.edits = 0
        self._reader = reader
        self._limits = limits
        self._cures = cures_for(member)
        self.named = frozenset(self._cures)
        self.editing = editing and bool(self._cures)
        self._passing = editing and not self._cures
        self._fed = 0
        self._settled = 0  # bytes before this place will not be edited any more
        self._raw = bytearray()  # what has been fed and not handed out, when editing
        self._raw_start = 0
        self._out: list[bytes] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._text_size = 0
        self._is_leaf = False
        self._held: tuple[int, int, Cure] | None = None  # depth, byte of '<', cure
        self._held_value = False
        self._parser = self._make_parser()

    def _make_parser(self) -> Any:
        parser = ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.buffer_size = 65536
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._forbidden
        parser.EntityDeclHandler = self._forbidden
        parser.UnparsedEntityDeclHandler = self._forbidden
        parser.ExternalEntityRefHandler = self._forbidden
        return parser

    def feed(self, data: bytes | memoryview) -> None:
        if not self._fed and data[:1] in (b"\xff", b"\xfe"):
            # Expat would follow a UTF-16 mark against what it was told; Moodle writes UTF-8 only.
            raise Broken(Why.BAD_XML, "an XML file is not UTF-8; make the backup again", self.member)
        self._fed += len(data)
        if self._fed > self._limits.xml_member:
            raise Broken(Why.OUT_OF_PROPORTION, "an XML file of absurd size is inside", self.member)
        if self.editing:
            self._raw += data
        elif self._passing:
            self._out.append(bytes(data))
        self._parse(data, final=False)
        # Expat is asked once per piece and not at every tag: each answer costs as much as a tag.
        place = self._parser.CurrentByteIndex if self._held is None else self._held[1]
        self._settled = max(self._settled, place)  # expat says -1 before the first tag
        if self._fed - self._settled > self._limits.xml_token + len(data):
            raise Broken(Why.OUT_OF_PROPORTION, "one tag or value of absurd size is inside", self.member)

    def finish(self) -> None:
        self._parse(b"", final=True)
        self._settled = self._fed

    def take(self) -> bytes:
        """The bytes that are ready, scrubbed."""
        if self.editing:
            ready = self._settled - self._raw_start
            self._out.append(bytes(self._raw[:ready]))
            del self._raw[:ready]
            self._raw_start = self._settled
        out = b"".join(self._out)
        self._out.clear()
        return out

    def _parse(self, data: bytes | memoryview, *, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except ExpatError as error:
            raise Broken(
                Why.BAD_XML,
                f"an XML file is broken at line {error.lineno}; make the backup again",
                self.member,
            ) from None

    def _forbidden(self, *_: object) -> NoReturn:
        raise Broken(
            Why.UNSAFE_XML,
            "an XML file declares a document type or entities, which no Moodle writes",
            self.member,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        path.append(name)
        if len(path) > self._limits.xml_depth:
            raise Broken(Why.UNSAFE_XML, "an XML file is nested absurdly deep", self.member)
        self._text.clear()
        self._text_size = 0
        self._is_leaf = True
        if self._held is not None:
            self._held_value = True
        elif name in self._cures:
            cure = self._cure(name)
            if cure is not None:
                self._held = (len(path), self._parser.CurrentByteIndex, cure)
                self._held_value = cure is Cure.REMOVE
        self._reader.start(path, attributes)

    def _end(self, name: str) -> None:
        path = self._path
        leaf = self._is_leaf
        self._is_leaf = False
        value = "".join(self._text) if leaf else ""
        held = self._held
        if held is not None and held[0] == len(path):
            self._held = None
            if self._held_value or (leaf and has_value(value)):
                self._reader.personal(name)
                self.edits += 1
                if self.editing:
                    self._replace(held[1], held[2])
        if leaf:
            if self._held is None or self._held[2] is not Cure.REMOVE:  # what goes away tells nothing
                self._reader.leaf(path, value)
        else:
            self._reader.end(path)
        self._text.clear()
        self._text_size = 0
        path.pop()

    def _characters(self, text: str) -> None:
        if not self._is_leaf:
            return
        self._text.append(text)
        self._text_size += len(text)
        if self._text_size > _LONG_TEXT:
            part = "".join(self._text)
            self._reader.long_text(self._path, part)
            self._text = [part[-2048:]]
            self._text_size = 2048

    def _cure(self, name: str) -> Cure | None:
        for within, cure in self._cures[name]:
            if within is None or within in self._path[:-1]:
                return cure
        return None

    def _replace(self, start: int, cure: Cure) -> None:
        """Put the cured element in the place of the one that starts at byte `start` and ends here.

        The padding goes behind the end tag, where white space means nothing to Moodle's parser.
        """
        raw, base = self._raw, self._raw_start
        end = self._parser.CurrentByteIndex - base
        first = start - base
        stop = raw.index(b">", end) + 1
        if cure is Cure.REMOVE:
            raw[first:stop] = b" " * (stop - first)
            return
        opening = _START_TAG.match(raw, first)
        if opening is None or opening.end() > end:
            raise Broken(Why.BAD_XML, "an XML file is written in a way that cannot be scrubbed", self.member)
        closing = bytes(raw[end:stop])
        kept = (b"0" if cure is Cure.ZERO else b"") + closing
        raw[opening.end() : stop] = kept.ljust(stop - opening.end())
