"""One person repaired at once: the plan of that person alone, shown, then applied (N27)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from passerelle.domain.night.plan.actual import Actual, read_actual
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.person import PersonPlan, narrowed, of_person, plan_person
from passerelle.domain.night.plan.run import PERSON, WHOLE, NightDesk, Run, moved_run, run_id
from passerelle.domain.night.why.question import MOST, AskedPerson, find_courses, find_people
from passerelle.domain.offer.build import build_desired, build_offer
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage
from passerelle.domain.site_commands import AskWhy
from passerelle.domain.states import RunState
from passerelle.errors import NotFound, Refused
from passerelle.ports import Lms, World
from passerelle.usecases.amend import found_or_added
from passerelle.usecases.night.apply import apply_run
from passerelle.usecases.night.desk import runs_of
from passerelle.usecases.night.documents import load_memory
from passerelle.usecases.night.plan_stage import (
    StageBusy,
    keep,
    new_holder,
    rules_of,
    tonight,
    uncollected,
)
from passerelle.usecases.night.why import newest_sources
from passerelle.usecases.night.why_in_moodle import accounts_of
from passerelle.words.repair import say_repair


@dataclass(frozen=True, slots=True)
class Repair:
    person: AskedPerson
    night: date  # whose extracts it rests on
    made: PersonPlan
    run: Run | None = None  # once applied


def plan_for(world: World, site: str, who: str, course: str = "", extracts: Extracts | None = None) -> Repair:
    """Changes nothing. `course`: of this one only. Twelve calls of Moodle at most.

    Raises NotFound `repair_nobody`, Refused `repair_several` and, where the newest extracts are not whole,
    `repair_sources`; StageBusy beside a stage at work, MoodleAway, MoodleRefused.
    """
    rules, now = rules_of(world, site), world.clock.now()
    refuse_beside_a_stage(world, site)
    night = tonight(rules, now)
    if extracts is None:
        newest = newest_sources(world, site, night)
        extracts, night = newest.extracts, newest.night
        if newest.newer is not None or extracts.problems:
            raise Refused("repair_sources", night=newest.newer or night)
    with uncollected():
        person = _found(extracts, who)
        lms = world.sites.lms(site)
        users = accounts_of(lms, person)
        usernames = sorted({row["username"] for row in users} | ({person.username} - {""}))
        mine = of_person(extracts, person.codes, usernames)
        with_account = set(person.codes) if users else set()
        desired = build_desired(mine, rules.naming, with_account)
        actual = _read(lms, desired, users, usernames, _only(extracts, world, site, course))
        desired = narrowed(
            desired,
            {row.idnumber for row in actual.courses.values()} | _wanted(desired, course),
            cohorts=not course,
        )
    desk = world.records.get(NightDesk, site) or NightDesk(id=site)
    asked = Night(
        site=site,
        date=tonight(rules, now),
        rules=rules,
        good_rows=_good_rows(desk),
        freezes=(*rules.freezes, *desk.freezes),
    )
    made = plan_person(
        asked,
        desired,
        actual,
        load_memory(world.papers, site),
        source_rows=extracts.counts,
        files={table.value: file for table, file in extracts.files.items()},
        plan_waits=bool(desk.held_by) or _held(world, site),
    )
    return Repair(person, night, made)


def answer_repair(world: World, command: AskWhy) -> Mapping[str, object]:
    """The repair that the page asks for, planned or done."""
    if not command.who.strip() or not command.course.strip():
        raise Refused("why_question")
    site, asked, course = command.site, command.who, command.course
    if command.repair == "apply":
        done = repair(world, site, asked, course, by=command.person.username if command.person else "")
    else:
        done = plan_for(world, site, asked, course)
    return {
        "kind": "repair",
        "operations": len(done.made.plan.operations),
        "applied": done.run.done if done.run else 0,
        "refused": done.run.failed if done.run else 0,
        "text": say_repair(done.person.label, done.night, done.made, done.run, command.lang),
    }


def repair(
    world: World, site: str, who: str, course: str = "", extracts: Extracts | None = None, *, by: str = ""
) -> Repair:
    """Planned, kept as a run beside the night's stages, and applied. Safe to repeat: what was done is not
    planned again. `by`: who asked, for the record."""
    repair = plan_for(world, site, who, course, extracts)
    if not repair.made.plan.operations:
        return repair
    now, holder = world.clock.now(), new_holder()
    plan = repair.made.plan
    new = Run(
        id=f"{site}/{plan.night.isoformat()}/{PERSON}-{holder[:8]}",
        site=site,
        night=plan.night.isoformat(),
        stage=PERSON,
        started_at=now,
        heard_at=now,
        holder=holder,
        adoption=True,
    )
    run = found_or_added(
        world.records, moved_run(new, RunState.PLANNING, now, f"asked by {by}" if by else "started")
    )
    kept = keep(world, run, plan)
    refuse_beside_a_stage(world, site)
    return replace(repair, run=apply_run(world, kept.id, holder))


def refuse_beside_a_stage(world: World, site: str) -> None:
    """Raises StageBusy while a stage of this night, or of the coming one, plans or applies."""
    now = world.clock.now()
    today = tonight(rules_of(world, site), now)
    for night in (today, today + timedelta(days=1)):
        for stage in (None, *Stage):
            run = world.records.get(Run, run_id(site, night, stage))
            if run is not None and run.under_way and run.leased_to_another("", now):
                raise StageBusy(run.id)


def _found(extracts: Extracts, who: str) -> AskedPerson:
    people = find_people(extracts, who)
    if not people:
        raise NotFound("repair_nobody", asked=who)
    if len(people) > 1:
        labels = [one.label for one in people[:MOST]]
        raise Refused("repair_several", asked=who, people=labels)
    return people[0]


def _only(extracts: Extracts, world: World, site: str, course: str) -> frozenset[str]:
    """Idnumbers of the one or two courses that were named; empty: all of them."""
    if not course:
        return frozenset()
    offer = build_offer(extracts, rules_of(world, site).naming)
    asked = find_courses(extracts, offer, course)
    bearers = {offer.structure.bearer.get(one.element, "") for one in asked} - {""}
    if len(bearers) != 1:
        raise NotFound("repair_course", asked=course)
    return frozenset(offer.courses.all_of(next(iter(bearers))))


def _wanted(desired: Desired, course: str) -> set[str]:
    return set() if course else {name for name, _, _ in desired.enrolments}


def _read(
    lms: Lms, desired: Desired, users: list[dict[str, Any]], usernames: list[str], only: frozenset[str]
) -> Actual:
    """Of Moodle, what concerns this person: eight exports of a few rows each."""
    enrolments = list(lms.export("enrolments", only=usernames)) if users else []
    here = {str(row["course"]) for row in enrolments if row["course"]}
    wanted = {name for name, _, _ in desired.enrolments}
    idnumbers = sorted((here | wanted) & only if only else here | wanted)
    held: dict[str, list[Mapping[str, Any]]] = {
        "users": [*users],
        "enrolments": [row for row in enrolments if not only or row["course"] in only],
        "courses": list(lms.export("courses", only=idnumbers)) if idnumbers else [],
        "groups": list(lms.export("groups", only=idnumbers)) if idnumbers else [],
        "members": list(lms.export("members", only=usernames)) if users else [],
        "cohortmembers": list(lms.export("cohortmembers", only=usernames)) if users and not only else [],
        "cohorts": list(lms.export("cohorts")) if desired.cohort_members and not only else [],
        "owned": list(lms.export("owned", only=[*idnumbers, *usernames])) if idnumbers or usernames else [],
    }
    return read_actual(held.__getitem__, held)


def _good_rows(desk: NightDesk) -> dict[str, int]:
    """Of the stages that decide about people; of two that read one file, the one with more rows."""
    found: dict[str, int] = {}
    for key, rows in desk.good_rows.items():
        stage, _, file = key.partition("/")
        if stage in (WHOLE, Stage.ENROLMENTS, Stage.GROUPS):
            found[file] = max(rows, found.get(file, 0))
    return found


def _held(world: World, site: str) -> bool:
    """Whether the newest plan of the night waits for a person."""
    return any(run.waits_for_a_person for run in _newest(world, site))


def _newest(world: World, site: str) -> Iterator[Run]:
    runs = [run for run in runs_of(world, site) if not run.adoption]
    newest = max((run.night for run in runs), default="")
    return (run for run in runs if run.night == newest)
