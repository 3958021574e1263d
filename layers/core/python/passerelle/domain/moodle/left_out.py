"""What of an archive a restore leaves out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the archive that is not restored, by its id on the origin."""

    kind: str  # section, activity, group
    id: int
