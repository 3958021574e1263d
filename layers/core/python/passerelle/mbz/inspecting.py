"""The verdict on one archive, from one pass over it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Container, Inspection, Manifest
from passerelle.domain.sizes import spell_size
from passerelle.mbz.archive_index import INDEX, ArchiveIndex
from passerelle.mbz.facts import Facts, major_release
from passerelle.mbz.findings import Broken, Findings, reason
from passerelle.mbz.gunzip import GZIP_MAGIC, Gunzip, Proportion
from passerelle.mbz.hashing import Lane
from passerelle.mbz.limits import Limits
from passerelle.mbz.members import Members
from passerelle.mbz.tar import LEFT_OUT, TarReading
from passerelle.mbz.zip_pass import inspect_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passerelle.mbz.people import People
    from passerelle.mbz.sources import Source
    from passerelle.mbz.splicing import Splicing
    from passerelle.mbz.tar import Consumer, Header

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06")


def inspect(
    source: Source,
    *,
    target_release: str | None = None,
    limits: Limits | None = None,
    verify_content: bool = False,
    threads: bool = True,
    people: People | None = None,
    keep_keys: bool = False,
) -> Inspection:
    """Read an archive and say whether it may be published (P3, P4, P16).

    A tgz is always read through once, everything in it proved. Of a zip the XML is read by a few ranged
    reads, which proves P3 and P4; `verify_content` reads it through as well, for the hashes of its
    contents and of itself (without which the manifest's sha256 is empty). `people` is what the site knows of
    its people (P20); with `keep_keys` passwords that open something are reported, not scrubbed.

    Raises CannotRead for what is no fault of the archive, ValueError for a release that is none.
    """
    limits = limits or Limits()
    if target_release is not None and major_release(target_release) is None:
        raise ValueError(target_release)
    findings = Findings()
    facts = Facts(limits, findings, people=people, keep_keys=keep_keys)
    manifest: Manifest | None = None
    try:
        container = recognise(source, limits)
        if container is Container.ZIP:
            sha256 = inspect_zip(source, facts, verify_content=verify_content, threads=threads)
        else:
            sha256 = TgzPass(source, facts, threads=threads).run()
        facts.judge(target_release=target_release)
        manifest = facts.manifest(container, source.size, sha256)
    except Broken as broken:
        findings.take(broken.reason)
    return conclude(findings, manifest)


def conclude(findings: Findings, manifest: Manifest | None) -> Inspection:
    reasons = findings.reasons()
    if not reasons and manifest is None:
        reasons = (reason("no_moodle_backup"),)
    return Inspection(accepted=not reasons, reasons=reasons, manifest=manifest)


def recognise(source: Source, limits: Limits) -> Container:
    """By its first bytes, never by its name. Raises Broken."""
    if source.size > limits.archive:
        raise Broken("too_large", size=spell_size(source.size, "en"), limit=spell_size(limits.archive, "en"))
    start = source.read_range(0, min(4, source.size)) if source.size else b""
    if start.startswith(ZIP_MAGICS):
        return Container.ZIP
    if start.startswith(GZIP_MAGIC):
        return Container.TGZ
    raise Broken("not_an_archive")


class TgzPass:
    """One walk over a tgz: unpacking here, the hashes of archive and contents beside it."""

    def __init__(
        self,
        source: Source,
        facts: Facts,
        *,
        threads: bool = True,
        emit: Callable[[bytes | memoryview], None] | None = None,
        splicing: Splicing | None = None,
    ) -> None:
        """`emit` gets the scrubbed tar; `splicing`, if it is not packed anew as a whole, gets it in turn."""
        self._source = source
        self._splicing = splicing
        self._dossier = facts
        self._archive_lane = Lane(threaded=threads)
        self._content_lane = Lane(threaded=threads)
        self._sha256 = hashlib.sha256()
        self._members = Members(facts, self._content_lane, editing=emit is not None)
        self._index = ArchiveIndex(facts.limits, facts.findings)
        self._first = True
        self._tar = TarReading(self._open, facts.findings, emit if splicing is None else splicing.emit)
        proportion = Proportion(facts.limits, source.size)
        self.gunzip = Gunzip(facts.limits, proportion, blocks=splicing is not None)

    def run(self) -> str:
        """The archive's SHA-256. Raises Broken."""
        try:
            stream = self._source.stream()
            for packed in stream:
                self._archive_lane.update(self._sha256, packed)
                if self._splicing is not None:
                    self._splicing.take_raw(packed)
                pieces = self.gunzip.feed(packed)
                for plain in pieces:
                    try:
                        self._take(plain)
                    except Broken:
                        self._check_rest(pieces, stream)
                        raise
            if self._splicing is not None:
                self._splicing.finish()
            self.gunzip.finish()
            self._tar.finish()
            self._index.close()
            self._archive_lane.close()
            self._content_lane.close()
        except BaseException:
            self._archive_lane.abandon()
            self._content_lane.abandon()
            raise
        return self._sha256.hexdigest()

    def _take(self, plain: bytes) -> None:
        if self._splicing is None:
            self._tar.feed(plain)
        else:
            self._splicing.feed(plain, self.gunzip.boundary, self._tar)

    def _check_rest(self, pieces: Iterator[bytes], stream: Iterator[bytes]) -> None:
        """Where the archive was damaged on its way, that is the reason, and not what the damage made of its
        XML. Raises Broken."""
        for _ in pieces:
            pass
        for packed in stream:
            for _ in self.gunzip.feed(packed):
                pass
        self.gunzip.finish()

    def _open(self, header: Header) -> Consumer | None:
        if self._first:
            self._first = False
            if header.name == INDEX and not header.directory:
                self._dossier.names.admit(header.name)
                return self._index
        consumer = self._members.open(header.name, header.size, directory=header.directory)
        self._index.compare(header, left_out=consumer is LEFT_OUT)
        return consumer
