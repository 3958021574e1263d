"""Desired × actual × unknown → the plan, in one pure function. What no good row says stands still (N21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from passerelle.domain.night.plan.accounts import plan_accounts, plan_cohorts
from passerelle.domain.night.plan.actual import Actual
from passerelle.domain.night.plan.builder import Places
from passerelle.domain.night.plan.categories import plan_categories, plan_empty_categories
from passerelle.domain.night.plan.courses import plan_courses
from passerelle.domain.night.plan.enrolments import plan_access
from passerelle.domain.night.plan.freeze import Withheld, withhold
from passerelle.domain.night.plan.groups import plan_groups
from passerelle.domain.night.plan.guard import judge
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Hold, Operation, Plan, Stays, Verdict, in_order
from passerelle.domain.offer.desired import Desired


def make_plan(
    night: Night,
    desired: Desired,
    actual: Actual,
    memory: Memory,
    *,
    source_rows: Mapping[str, int] | None = None,
    inputs: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Plan:
    """`source_rows`: rows per file as read; `inputs`: hashes of what the plan rests on."""
    difference = find_difference(night, desired, actual, memory)
    operations = in_order(difference.operations)
    if night.stage is not None:
        operations = [one for one in operations if one.stage is night.stage]
    in_force = tuple(one for one in night.freezes if one.holds_on(night.date, desired.year))
    split = withhold(operations, in_force, difference.places) if in_force else Withheld(tuple(operations))
    verdict = judge(night, split.operations, actual, difference.places, source_rows or {})
    if night.thawing and not in_force and split.operations:
        verdict = _also(verdict, Hold("thaw", "", len(split.operations), 0))
    if night.held_by and split.operations:
        verdict = _also(verdict, Hold("person", night.held_by, len(split.operations), 0))
    return Plan(
        site=night.site,
        night=night.date,
        stage=night.stage,
        year=desired.year,
        operations=split.operations,
        frozen=split.frozen,
        stays=tuple(sorted(difference.stays)),
        untouched=desired.untouched,
        inputs=dict(sorted((inputs or {}).items())),
        source_rows=dict(sorted((source_rows or {}).items())),
        verdict=verdict,
        freezes=in_force,
        memory=difference.memory,
        files=files or {},
    )


def _also(verdict: Verdict, hold: Hold) -> Verdict:
    """A person's own hold stops additions too: they want to look first."""
    return Verdict((*verdict.holds, hold), additions_go_on=False)


@dataclass(slots=True)
class Difference:
    operations: list[Operation]
    stays: list[Stays]
    memory: Memory
    places: Places


def find_difference(night: Night, desired: Desired, actual: Actual, memory: Memory) -> Difference:
    """All stages together, before freeze and guard."""
    accounts = plan_accounts(desired, actual, memory, night.rules, night.date)
    cohort_operations, cohort_stays = plan_cohorts(desired, actual, accounts)
    places = Places(desired, actual, memory, night.rules)
    plan_categories(places)
    plan_courses(places)
    groups = plan_groups(places, night.date)
    access = plan_access(places, accounts, groups, night.date)
    plan_empty_categories(places)
    asleep = {number for number in accounts.put_to_sleep if number in actual.users}
    return Difference(
        operations=[*accounts.operations, *cohort_operations, *places.operations],
        stays=[*accounts.stays, *cohort_stays, *places.stays],
        memory=Memory(
            suspended=access.suspended,
            gone=accounts.gone,
            put_to_sleep=frozenset(asleep),
            kept_groups=groups.kept,
            marks=places.marks,
        ),
        places=places,
    )
