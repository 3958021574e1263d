"""One XML member, read piece by piece, its people found and, on demand, replaced.

Expat is driven directly: only expat itself tells where in the bytes an element stands, which same-length
replacement needs. Any document type is refused, so any entity, internal or external.
"""

from __future__ import annotations

import html
import re
from pyexpat import ExpatError, ParserCreate
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from passerelle.mbz.addresses import LONGEST_VALUE
from passerelle.mbz.cures import Cure, ids_in, without_ids
from passerelle.mbz.findings import Broken
from passerelle.mbz.limits import MIB, OVERLAP
from passerelle.mbz.personal import Rule, has_value, rules_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passerelle.mbz.limits import Limits

_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>""")
_TAG_NAME = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_LONG_TEXT = MIB  # characters of one element's text held at once


class Reader(Protocol):
    """Is told what stands in one member. `path` is the parser's own list: read it, do not keep it."""

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        """An element has started. Answers the attributes whose values are to go."""

    def leaf(self, path: Sequence[str], value: str, *, told: bool = False) -> Cure | None:
        """An element without children has ended; of a very long text, the last part only. Answers whether
        its value, if it is no longer than `LONGEST_VALUE`, is to go. `told`: P4 names it, or what it is in,
        and `personal` is told of that."""

    def end(self, path: Sequence[str]) -> None:
        """An element with children has ended."""

    def long_text(self, path: Sequence[str], part: str) -> None:
        """A part of a text too long to be held; parts overlap a little."""

    def personal(self, element: str, value: str, rule: Rule) -> bool:
        """An element that P4 names has a value (empty for an element with children). Answers whether it
        is to go."""

    def gone(self, path: Sequence[str], value: str) -> None:
        """A leaf of something that goes away."""


class XmlReading:
    """Push parser of one member. Raises Broken. With `editing`, `take` hands out the scrubbed bytes."""

    def __init__(self, member: str, reader: Reader, limits: Limits, *, editing: bool = False) -> None:
        self.member = member
        self.edits = 0
        self._reader = reader
        self._limits = limits
        self._rules = rules_for(member)
        self.editing = editing
        self._fed = 0
        self._settled = 0  # bytes before this place will not be edited any more
        self._raw = bytearray()  # what has been fed and not handed out, when editing
        self._raw_start = 0
        self._out: list[bytes] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._text_size = 0
        self._is_leaf = False
        self._is_odd = False  # a comment, CDATA or instruction stands in the element we are in
        self._held: tuple[int, int, Rule] | None = None  # depth, byte of '<', rule
        self._held_value = False
        self._parser = self._make_parser()

    def _make_parser(self) -> Any:
        parser = ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.buffer_size = 65536
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.XmlDeclHandler = self._declaration
        parser.CommentHandler = self._oddity
        parser.StartCdataSectionHandler = self._oddity
        parser.ProcessingInstructionHandler = self._oddity
        parser.StartDoctypeDeclHandler = self._forbidden
        parser.EntityDeclHandler = self._forbidden
        parser.UnparsedEntityDeclHandler = self._forbidden
        parser.ExternalEntityRefHandler = self._forbidden
        return parser

    def feed(self, data: bytes | memoryview) -> None:
        if not self._fed and data[:1] in (b"\xff", b"\xfe"):
            # Expat would follow a UTF-16 mark against what it was told; Moodle writes UTF-8 only.
            raise Broken("xml_encoding", self.member, encoding="UTF-16")
        self._fed += len(data)
        if self._fed > self._limits.xml_member:
            raise Broken("xml_too_large", self.member)
        if self.editing:
            self._raw += data
        self._parse(data, final=False)
        # Expat is asked once per piece and not at every tag: each answer costs as much as a tag.
        place = self._parser.CurrentByteIndex if self._held is None else self._held[1]
        if self.editing and self._held is None and self._is_leaf and self._text_size <= LONGEST_VALUE:
            place = self._open_tag(place)  # its value may still turn out to name somebody
        self._settled = max(self._settled, place)  # expat says -1 before the first tag
        if self._fed - self._settled > self._limits.xml_token + len(data):
            raise Broken("value_too_large", self.member)

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
        except Broken:
            raise
        except ExpatError as error:
            raise Broken("xml_broken", self.member, line=str(error.lineno)) from None
        except Exception as error:
            # Whatever odd text a reader stumbles over: a verdict, not a teacher who waits for one.
            raise Broken("xml_unreadable", self.member) from error

    def _forbidden(self, *_: object) -> NoReturn:
        raise Broken("xml_entities", self.member)

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # PHP's parser follows what is declared, UTF-7 included; expat was told UTF-8 and never looks.
        if encoding is not None and encoding.upper() not in ("UTF-8", "UTF8"):
            shown = "".join(sign for sign in encoding if sign.isprintable())[:40]
            raise Broken("xml_encoding", self.member, encoding=shown)

    def _oddity(self, *_: object) -> None:
        self._is_odd = True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        path.append(name)
        if len(path) > self._limits.xml_depth:
            raise Broken("xml_too_deep", self.member)
        self._text.clear()
        self._text_size = 0
        self._is_leaf = True
        self._is_odd = False
        if self._held is not None:
            self._held_value = True
        elif name in self._rules:
            rule = self._rule(name)
            if rule is not None:
                self._held = (len(path), self._parser.CurrentByteIndex, rule)
                self._held_value = rule.cure is Cure.REMOVE
        if self._held is not None and self._held[2].cure is Cure.REMOVE:
            return  # what goes away tells nothing
        doomed = self._reader.start(path, attributes)
        if doomed:
            self.edits += 1
            if self.editing:
                self._replace_attributes(doomed)

    def _end(self, name: str) -> None:
        path = self._path
        leaf = self._is_leaf
        self._is_leaf = False
        value = "".join(self._text) if leaf else ""
        if self._held is None:
            if leaf:
                cure = self._reader.leaf(path, value)
                if cure is not None and len(value) <= LONGEST_VALUE:
                    self._cure_leaf(cure)
            else:
                self._reader.end(path)
        else:
            self._end_held(path, name, value, self._held, leaf=leaf)
        self._text.clear()
        self._text_size = 0
        path.pop()

    def _end_held(
        self, path: list[str], name: str, value: str, held: tuple[int, int, Rule], *, leaf: bool
    ) -> None:
        """An element that a rule names has ended, or one inside it."""
        depth, start, rule = held
        removed = rule.cure is Cure.REMOVE
        if depth == len(path):
            self._held = None
            if (self._held_value or (leaf and has_value(value))) and self._reader.personal(name, value, rule):
                self.edits += 1
                if self.editing:
                    self._replace(start, rule.cure)
        elif removed and leaf:
            self._reader.gone(path, value)
        if removed:
            return
        if leaf:
            self._reader.leaf(path, value, told=True)
        else:
            self._reader.end(path)

    def _cure_leaf(self, cure: Cure) -> None:
        if self._is_odd:
            raise Broken("xml_not_scrubbable", self.member)
        self.edits += 1
        if self.editing:
            self._replace(self._open_tag(self._parser.CurrentByteIndex), cure)

    def _open_tag(self, place: int) -> int:
        """Where the start tag of the leaf in which `place` stands begins: no other tag is between."""
        found = self._raw.rfind(b"<", 0, max(0, place - self._raw_start))
        return place if found < 0 else found + self._raw_start

    def _characters(self, text: str) -> None:
        if not self._is_leaf:
            return
        self._text.append(text)
        self._text_size += len(text)
        if self._text_size > _LONG_TEXT:
            part = "".join(self._text)
            self._reader.long_text(self._path, part)
            self._text = [part[-OVERLAP:]]
            self._text_size = OVERLAP

    def _rule(self, name: str) -> Rule | None:
        for rule in self._rules[name]:
            if rule.within is None or rule.within in self._path[:-1]:
                return rule
        return None

    def _replace_attributes(self, doomed: Mapping[str, Cure]) -> None:
        """White space behind the attribute makes up for what its value was longer."""
        raw = self._raw
        tag = _TAG_NAME.match(raw, self._parser.CurrentByteIndex - self._raw_start)
        place = tag.end() if tag else len(raw)
        while (found := _ATTRIBUTE.match(raw, place)) is not None:
            place = found.end()
            cure = doomed.get(found[1].decode("utf-8", "replace"))
            if cure is not None:
                start, stop = found.span(2)
                quote = bytes(raw[start : start + 1])
                kept = quote + (b"0" if cure is Cure.ZERO else b"") + quote
                raw[start:stop] = kept.ljust(stop - start)

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
            raise Broken("xml_not_scrubbable", self.member)
        closing = bytes(raw[end:stop])
        kept = b"0" if cure is Cure.ZERO else b""
        if cure is Cure.IDS:
            kept = without_ids(bytes(raw[opening.end() : end]))
            if ids_in(html.unescape(kept.decode("utf-8", "replace"))):  # written as nobody writes it
                raise Broken("xml_not_scrubbable", self.member)
        raw[opening.end() : stop] = (kept + closing).ljust(stop - opening.end())
