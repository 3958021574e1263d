"""An archive without what P4 names: the same members, order, sizes and index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Container, Inspection, Manifest, PersonalTrace
from passerelle.mbz.block_inflate import available
from passerelle.mbz.facts import Facts
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.gzip_writing import GzipWriting
from passerelle.mbz.inspecting import TgzPass, conclude, recognise
from passerelle.mbz.limits import Limits
from passerelle.mbz.packing import Packing
from passerelle.mbz.splicing import Splicing
from passerelle.mbz.zip_pass import read_zip_through

if TYPE_CHECKING:
    from passerelle.mbz.gzip_writing import Sink
    from passerelle.mbz.people import People
    from passerelle.mbz.sources import Source


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What `scrub` found and wrote. Where the inspection refuses, what was written is worth nothing."""

    inspection: Inspection  # of the archive that was read
    size: int  # bytes written
    copied: int  # of these, copied as they lay in the original
    sha256: str  # of what was written

    @property
    def accepted(self) -> bool:
        return self.inspection.accepted

    @property
    def scrubbed(self) -> tuple[PersonalTrace, ...]:
        return tuple(trace for trace in self._traces if trace.scrubbed)

    @property
    def reported(self) -> tuple[PersonalTrace, ...]:
        """Elements that look personal, that P4 does not name, and that stand as they stood."""
        return tuple(trace for trace in self._traces if not trace.scrubbed)

    @property
    def manifest(self) -> Manifest | None:
        """Of the archive that was written: what `inspect` would say of it."""
        manifest = self.inspection.manifest
        if manifest is None or not self.accepted:
            return None
        return replace(
            manifest,
            size=self.size,
            sha256=self.sha256,
            traces=self.reported,
            left_out=(),
            left_out_count=0,
            people_known=False,
        )

    @property
    def _traces(self) -> tuple[PersonalTrace, ...]:
        return () if self.inspection.manifest is None else self.inspection.manifest.traces


def scrub(
    source: Source,
    sink: Sink,
    *,
    target_release: str | None = None,
    limits: Limits | None = None,
    threads: bool = True,
    people: People | None = None,
    keep_keys: bool = False,
) -> ScrubReport:
    """Inspect in full and write the scrubbed archive in the same pass (P3, P4, P16).

    A refusal shows only at the end of some archives: the caller throws away what `sink` got unless the
    report says `accepted`. Raises CannotRead, and whatever `sink` raises.
    """
    limits = limits or Limits()
    findings = Findings()
    facts = Facts(limits, findings, people=people, keep_keys=keep_keys)
    packing = Packing(sink, threads=threads)
    manifest: Manifest | None = None
    try:
        container = recognise(source, limits)
        if container is Container.ZIP:
            sha256 = read_zip_through(source, facts, threads=threads, emit=packing.write)
        else:
            packing.compress = GzipWriting()
            splicing = Splicing(packing) if available() else None
            sha256 = TgzPass(source, facts, threads=threads, emit=packing.write, splicing=splicing).run()
        packing.close()
        facts.judge(target_release=target_release)
        manifest = facts.manifest(container, source.size, sha256)
    except Broken as broken:
        packing.abandon()
        findings.take(broken.reason)
    except BaseException:
        packing.abandon()
        raise
    return ScrubReport(conclude(findings, manifest), packing.size, packing.copied, packing.sha256.hexdigest())
