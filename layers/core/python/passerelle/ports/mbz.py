"""Whoever reads Moodle backups through. The adapter stands in `runtime`, over `mbz`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from passerelle.domain.backups.manifest import Inspection, PersonalTrace
    from passerelle.domain.rollover.survey import Survey

# What became of the hashes of a site's people.
PeopleRead = Literal["unknown", "compared", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Where the hashes of a site's people lie (P20)."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An archive that was read through once. Accepted, its scrubbed form lies where it was asked to."""

    inspection: Inspection
    size: int  # bytes of the scrubbed archive
    sha256: str
    traces: tuple[PersonalTrace, ...]
    people: PeopleRead = "unknown"


class BackupReader(Protocol):
    def clean(
        self, key: str, to_key: str, *, people: PeopleFile | None = None, keep_keys: bool = False
    ) -> Cleaned:
        """Prove and scrub in one pass, contents and checksums included (P3, P4, P20).

        Nothing lies under `to_key` unless all of it was written and proved. With `keep_keys` passwords that
        open something stay.
        """
        ...

    def look(self, key: str) -> Inspection:
        """The verdict alone, contents and checksums included. Raises CannotRead."""
        ...

    def survey(self, key: str) -> Survey:
        """What R12's report is made of, from one pass over the archive's own XML."""
        ...
