"""What a plan is made for: site, date, rules, and what has been decided about this night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from passerelle.domain.night.policy import Freeze, NightRules
from passerelle.domain.offer.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """`stage`: None for all of them. `good_rows`: rows per file of the last good
    night. `freezes`: all that are set, in force or not. `thawing`: the last run withheld something for a
    freeze, so that this plan is looked at before it is done. `held_by`: a person holds this site's nights.
    """

    site: str
    date: date
    stage: Stage | None = None
    rules: NightRules = field(default_factory=NightRules)
    good_rows: Mapping[str, int] = field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    thawing: bool = False
    held_by: str = ""
