"""A zip backup: its table of contents, then its members in the order of their bytes."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

from passerelle.mbz.gunzip import Proportion
from passerelle.mbz.hashing import Lane
from passerelle.mbz.limits import KIB
from passerelle.mbz.members import Members, is_xml
from passerelle.mbz.zip_directory import read_directory
from passerelle.mbz.zip_walk import Walk
from passerelle.mbz.zip_writing import ZipWriting

if TYPE_CHECKING:
    from collections.abc import Callable

    from passerelle.mbz.facts import Facts
    from passerelle.mbz.sources import Source
    from passerelle.mbz.zip_directory import Directory, Entry

_GAP = 64 * KIB  # reading over less costs less than another request
_SPANS = 5  # ranged reads for the XML, at most; the table of contents takes two or three more


def inspect_zip(source: Source, facts: Facts, *, verify_content: bool, threads: bool) -> str:
    """The archive's SHA-256 where it was read through, else nothing. Raises Broken."""
    if verify_content:
        return read_zip_through(source, facts, threads=threads)
    directory = read_directory(source, facts.limits, facts.findings)
    members = Members(facts, Lane(threaded=False))
    _read_spans(source, directory, members, Proportion(facts.limits, source.size))
    return ""


def read_zip_through(
    source: Source,
    facts: Facts,
    *,
    threads: bool,
    emit: Callable[[bytes | memoryview], None] | None = None,
) -> str:
    """The archive's SHA-256; `emit` gets it scrubbed. Raises Broken."""
    directory = read_directory(source, facts.limits, facts.findings)
    sha256 = hashlib.sha256()
    contents, archive = Lane(threaded=threads), Lane(threaded=threads)
    members = Members(facts, contents, editing=emit is not None)
    writing = None if emit is None else ZipWriting(emit)
    try:
        walk = Walk(directory.entries, members, Proportion(facts.limits, source.size), 0, writing)
        for data in source.stream():
            archive.update(sha256, data)
            walk.feed(data)
        walk.finish()
        if writing is not None:
            writing.finish(directory)
        contents.close()
        archive.close()
    except BaseException:
        contents.abandon()
        archive.abandon()
        raise
    return sha256.hexdigest()


def _read_spans(source: Source, directory: Directory, members: Members, proportion: Proportion) -> None:
    wanted: list[Entry] = []
    for entry in directory.entries:
        if is_xml(entry.name):
            wanted.append(entry)
        else:
            members.open(entry.name, entry.size, directory=entry.directory)
            proportion.add(entry.size, entry.name)
    for span in spans(wanted):
        walk = Walk(span, members, proportion, span[0].offset)
        for data in source.stream(span[0].offset, span[-1].end - span[0].offset):
            walk.feed(data)
        walk.finish()


def spans(entries: list[Entry]) -> list[tuple[Entry, ...]]:
    """Neighbours read together: all but the widest gaps are read over."""
    if not entries:
        return []
    gaps = [(after.offset - before.end, place) for place, (before, after) in enumerate(pairwise(entries), 1)]
    cuts = sorted(place for _, place in sorted(gap for gap in gaps if gap[0] > _GAP)[-(_SPANS - 1) :])
    return [tuple(entries[start:stop]) for start, stop in zip([0, *cuts], [*cuts, len(entries)], strict=True)]
