"""What `passerelle mbz inspect` prints with --json, where the archive cannot be read."""

from __future__ import annotations

from typing_extensions import TypedDict

from passerelle.domain.backups.manifest import Reason


class ArchiveUnread(TypedDict):
    accepted: bool
    reasons: list[Reason]
    error: str
