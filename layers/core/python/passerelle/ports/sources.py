"""The university's systems. The adapter stands in `runtime`, over `sources`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from passerelle.domain.offer.model import Extracts
    from passerelle.domain.offer.stages import Stage


class Sources(Protocol):
    """What the university's systems deliver for a night (infra/docs/extracts.md), or their directory says."""

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:
        """The tables that the stage needs; all of them for none. Files that are missing, cut or older
        than the night stand in `problems`. Raises TryAgain where a directory or the bucket is away.

        `keep`: what a directory answers is kept for `recall`; without, nothing is written.
        """
        ...

    def ask_directory(self, site: str, night: date, extracts: Extracts, *, keep: bool = True) -> Extracts:
        """These extracts, with people as the site's directory answers them. Raises as `read` does."""
        ...

    def recall(self, site: str, night: date) -> Extracts:
        """All tables as the night read them; people as its directory last answered, which is not asked."""
        ...
