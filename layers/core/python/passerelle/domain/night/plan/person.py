"""The plan of one person, by the night's rules and its own planner: only the slice is small (N27)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from passerelle.domain.night.plan.actual import Actual
from passerelle.domain.night.plan.freeze import Withheld, withhold
from passerelle.domain.night.plan.guard import judge
from passerelle.domain.night.plan.make import find_difference
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.names import names_of
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Hold, Operation, Plan, in_order
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage

PERSONAL = frozenset({Stage.USERS, Stage.COHORTS, Stage.ENROLMENTS, Stage.GROUPS})


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """`plan` holds what may be done at once. `held`: removals that the guard keeps back, with `holds` why;
    `waits`: courses, a course's groups and cohorts that the night has to make first.
    """

    plan: Plan
    held: tuple[Operation, ...] = ()
    holds: tuple[Hold, ...] = ()
    waits: tuple[str, ...] = field(default=())


def of_person(extracts: Extracts, codes: Collection[str], usernames: Collection[str]) -> Extracts:
    """The rows that name this person; the offer and what refused rows leave open stay whole. Whoever shares
    a code or a login stays as well: two people of one code are neither."""
    return replace(
        extracts,
        people=tuple(
            row
            for row in extracts.people
            if row.username in usernames or not {row.code, *row.other_codes}.isdisjoint(codes)
        ),
        standings=tuple(row for row in extracts.standings if row.person in codes),
        registrations=tuple(row for row in extracts.registrations if row.person in codes),
        plannings=tuple(row for row in extracts.plannings if row.person in codes),
        cohort_members=tuple(row for row in extracts.cohort_members if row.person in codes),
    )


def narrowed(desired: Desired, idnumbers: Collection[str], *, cohorts: bool) -> Desired:
    """With these courses alone, their groups, and no category; or without cohorts, where one course is asked
    about."""
    return replace(
        desired,
        cohorts=desired.cohorts if cohorts else {},
        cohort_members=desired.cohort_members if cohorts else {},
        courses={name: row for name, row in desired.courses.items() if name in idnumbers},
        groups={key: row for key, row in desired.groups.items() if key[0] in idnumbers},
        enrolments={key: rows for key, rows in desired.enrolments.items() if key[0] in idnumbers},
        members={key: rows for key, rows in desired.members.items() if key[0] in idnumbers},
    )


def plan_person(
    night: Night,
    desired: Desired,
    actual: Actual,
    memory: Memory,
    *,
    source_rows: Mapping[str, int],
    files: Mapping[str, str],
    plan_waits: bool,
) -> PersonPlan:
    """`desired` and `actual`: of this person and these courses. `plan_waits`: a plan of the night is held, so
    that nothing may be removed beside it."""
    difference = find_difference(night, desired, actual, memory)
    places = difference.places
    mine = [one for one in in_order(difference.operations) if one.stage in PERSONAL and one["username"]]
    going = [one for one in mine if _may(one, places.new, actual)]
    waits = sorted({_where(one) for one in mine if not _may(one, places.new, actual)})
    in_force = tuple(one for one in night.freezes if one.holds_on(night.date, desired.year))
    split = withhold(going, in_force, places) if in_force else Withheld(tuple(going))
    removals = tuple(one for one in split.operations if one.removes)
    holds = judge(night, removals, actual, places, source_rows).holds if removals else ()
    if removals and plan_waits:
        holds = (*holds, Hold("person", "", len(removals), 0))
    done = tuple(one for one in split.operations if not (holds and one.removes))
    plan = Plan(
        site=night.site,
        night=night.date,
        stage=None,
        year=desired.year,
        operations=done,
        frozen=split.frozen,
        source_rows=source_rows,
        freezes=in_force,
        memory=_with_this_person(memory, difference.memory, removals if holds else ()),
        files=files,
        names=names_of((*going, *removals), desired, actual),
        adoption=True,  # it stands beside the night's stages, and is no good night
    )
    return PersonPlan(plan, removals if holds else (), holds, tuple(waits))


def _may(one: Operation, new: Collection[str], actual: Actual) -> bool:
    """Whether what it needs is there: courses, groups and cohorts are the night's to make."""
    if one.op == "member_add":
        group = (one.course, one["group"])
        there = any((row.course, row.idnumber) == group for row in actual.groups.values())
    elif one.op == "cohort_add":
        there = any(row.idnumber == one["cohort"] for row in actual.cohorts.values())
    else:
        there = True
    return there and one.course not in new


def _where(one: Operation) -> str:
    return " / ".join(str(part) for part in (one.course, one["group"], one["cohort"]) if part)


def _with_this_person(before: Memory, after: Memory, kept_back: Iterable[Operation]) -> Memory:
    """What the night remembers of everybody else stands; of what is kept back nothing is begun."""
    waiting = {(one.course, str(one["username"])) for one in kept_back}
    begun = {key: since for key, since in after.suspended.items() if key not in waiting}
    return replace(before, suspended={**before.suspended, **begun})
