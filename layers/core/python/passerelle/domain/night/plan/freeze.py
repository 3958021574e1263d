"""The freeze (N18): what stands still is still planned, and told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.night.plan.plan import Operation
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.stages import Stage

if TYPE_CHECKING:
    from passerelle.domain.night.plan.builder import Places


@dataclass(frozen=True, slots=True)
class Withheld:
    operations: tuple[Operation, ...]
    frozen: tuple[Operation, ...] = ()


def withhold(operations: Sequence[Operation], freezes: Sequence[Freeze], places: Places) -> Withheld:
    """`freezes` are those in force. People and cohorts run on unless a freeze names them."""
    going: list[Operation] = []
    still: list[Operation] = []
    for one in operations:
        (still if any(_covers(freeze, one, places) for freeze in freezes) else going).append(one)
    return Withheld(tuple(going), tuple(still))


def _covers(freeze: Freeze, one: Operation, places: Places) -> bool:
    if one.stage is Stage.USERS:
        return freeze.people
    if one.stage is Stage.COHORTS:
        return freeze.cohorts
    if not freeze.categories and not freeze.courses:
        return True
    if one.course in freeze.courses or str(one["newidnumber"]) in freeze.courses:
        return True
    touched = {one.category, str(one["category"]), str(one["parent"])}
    return any(above in freeze.categories for place in touched for above in places.ancestry(place))
