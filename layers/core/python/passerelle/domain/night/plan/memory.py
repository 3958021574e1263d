"""What one night must remember for the next: since when somebody is suspended or gone, what could not go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from passerelle.domain.offer.stages import Stage

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Memory:
    """Moodle's export does not say when a suspension began, nor by whom an account was suspended.

    `marks`: kind → Moodle id → the idnumber under which the night last knew its own, so that one
    changed by hand is recognised (D11). Days are those of the nights.
    """

    suspended: Mapping[Pair, date] = field(default_factory=dict)  # (course, username) → first night
    gone: Mapping[int, date] = field(default_factory=dict)  # account id → first night without a source row
    put_to_sleep: frozenset[int] = frozenset()  # account ids that the night suspended
    kept_groups: Mapping[Pair, date] = field(default_factory=dict)  # Moodle would not delete them
    marks: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def remembered_by(stage: Stage | None, before: Memory, after: Memory) -> Memory:
    """`before` with what a stage knows from `after`: a stage knows, and remembers, only what it reads."""
    match stage:
        case None:
            return after
        case Stage.USERS:
            return replace(before, gone=after.gone, put_to_sleep=after.put_to_sleep)
        case Stage.ENROLMENTS:
            return replace(before, suspended=after.suspended)
        case Stage.OFFER:
            places = {kind: after.marks.get(kind, {}) for kind in ("category", "course")}
            return replace(before, marks={**before.marks, **places})
        case Stage.GROUPS:
            marks = {**before.marks, "group": after.marks.get("group", {})}
            return replace(before, kept_groups=after.kept_groups, marks=marks)
        case Stage.COHORTS:
            return before
