"""A faculty's change of year (R13): planned with few calls, applied a few at a time, resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from passerelle.domain.backups.compatibility import newer_release
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.records import Note, Person, derived_id, network_id
from passerelle.domain.rollover.plan import (
    Plan,
    PlanLine,
    PlanRun,
    TargetHistory,
    decide,
    in_category,
    without_twin,
)
from passerelle.domain.rollover.rollover import FreshStart, Rollover, Wish, fresh_upload
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import GiveUp, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases import course_locks
from passerelle.usecases.amend import amend, found_or_added, list_all
from passerelle.usecases.rollover import steps
from passerelle.usecases.rollover.ask import a_request
from passerelle.usecases.rollover.rights import site_with_previous

CHUNK = 500  # courses that one call asks about


def paper_key(plan: str) -> str:
    return f"rollover-plans/{plan}.json"


def make(world: World, site: str, category: str, administrator: str) -> Plan:
    """Looks at everything and changes nothing. Calls grow with the pages, never with single courses."""
    configured = site_with_previous(world, site)
    if administrator.lower() not in {name.lower() for name in configured.administrators}:
        raise Refused("plan_not_yours", user=administrator, site=site)
    here, there = world.sites.lms(site), world.sites.lms(configured.previous)
    calls: Counter[str] = Counter()
    calls["get_site"] += 2
    newer = newer_release(there.get_site().release, here.get_site().release)
    if newer is not None:  # not one of its courses could come (P16)
        raise Refused(newer.code, **newer.details)
    mine = in_category(_rows(here, "categories", calls), category)
    courses = [row for row in _rows(here, "courses", calls) if str(row.get("category") or "") in mine]
    if not courses:
        raise NotFound("plan_category_empty", category=category)
    targets = _states_by_id(here, [int(row["id"]) for row in courses], calls)
    idnumbers = sorted({s.idnumber.strip() for s in targets.values() if s.idnumber.strip()})
    sources = _states_by_idnumber(there, idnumbers, calls)
    theirs = in_category(_rows(there, "categories", calls), category)
    last_year = list(_rows(there, "courses", calls))
    twice = {
        n for n, count in Counter(str(row.get("idnumber") or "") for row in last_year).items() if count > 1
    }
    known = _known(world, site, configured.previous, targets, sources)
    lines = tuple(
        decide(
            targets[number],
            sources.get(targets[number].idnumber.strip()),
            known[number],
            doubled_idnumber=targets[number].idnumber.strip() in twice,
        )
        for number in sorted(targets)
        if targets[number].exists
    )
    now = world.clock.now()
    plan = Plan(
        id=derived_id("plan", site, category, now.isoformat()),
        site=site,
        previous=configured.previous,
        category=category,
        made_at=int(now.timestamp()),
        lines=lines,
        without_twin=without_twin(last_year, theirs, frozenset(idnumbers)),
        parallel=configured.parallel_restores,
        calls=dict(calls),
    )
    world.papers.keep(paper_key(plan.id), plan)
    found_or_added(
        world.records,
        PlanRun(
            id=plan.id,
            site=site,
            category=category,
            made_at=now,
            made_by=administrator,
            total=len(plan.to_do()),
        ),
    )
    return plan


def read(world: World, plan: str) -> Plan:
    kept = world.papers.load(Plan, paper_key(plan))
    if kept is None:
        raise NotFound("plan_unknown")
    return kept


def _rows(lms: Any, table: str, calls: Counter[str]) -> list[Mapping[str, Any]]:
    rows = list(lms.export(table))
    calls[f"export {table}"] += len(rows) // 1000 + 1
    return rows


def _states_by_id(lms: Any, numbers: list[int], calls: Counter[str]) -> dict[int, CourseState]:
    found: dict[int, CourseState] = {}
    for start in range(0, len(numbers), CHUNK):
        calls["get_course_states"] += 1
        found |= lms.get_course_states(numbers[start : start + CHUNK])
    return found


def _states_by_idnumber(lms: Any, idnumbers: list[str], calls: Counter[str]) -> dict[str, CourseState]:
    found: dict[str, CourseState] = {}
    for start in range(0, len(idnumbers), CHUNK):
        calls["get_course_states"] += 1
        states = lms.get_course_states_by_idnumber(idnumbers[start : start + CHUNK])
        found |= {number: state for number, state in states.items() if state.exists}
    return found


def _known(
    world: World,
    site: str,
    previous: str,
    targets: Mapping[int, CourseState],
    sources: Mapping[str, CourseState],
) -> dict[int, TargetHistory]:
    """Everything from three listings of Passerelle's own records, whatever the number of courses."""
    latest: dict[int, Rollover] = {}
    for rollover in list_all(world.records, Rollover, "site", site):
        if not rollover.only_check:
            latest[rollover.course_id] = rollover
    chosen = {fresh.id for fresh in list_all(world.records, FreshStart, "site", site)}
    backups: dict[str, list[Upload]] = {}
    for upload in list_all(world.records, Upload, "site", previous):
        if upload.intent == "rollover" and upload.state in (BackupState.ACCEPTED, BackupState.RECEIVED):
            backups.setdefault(upload.network_id, []).append(upload)
    known = {}
    for number, target in targets.items():
        source = sources.get(target.idnumber.strip())
        mine = backups.get(network_id(previous, target.idnumber.strip()), []) if source else []
        newest = max(mine, key=lambda upload: upload.sequence, default=None)
        fresh = fresh_upload(mine, source.lastchange) if source else None
        known[number] = TargetHistory(
            latest=latest.get(number),
            fresh_start=f"{site}#{number}" in chosen,
            size=newest.accepted_size or newest.filesize if newest else 0,
            fresh=fresh is not None and fresh.state == BackupState.ACCEPTED,
        )
    return known


# --- applying ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan stands: how many of its courses are where."""

    total: int
    states: dict[str, int] = field(default_factory=dict)
    under_way: int = 0

    @property
    def begun(self) -> int:
        return sum(self.states.values())

    @property
    def over(self) -> bool:
        return self.begun == self.total and not self.under_way


def rollover_of(plan: Plan, line: PlanLine) -> str:
    return derived_id("planned", plan.id, str(line.course_id))


def apply_some(
    world: World,
    plan: Plan,
    administrator: Person,
    tell: Callable[[PlanLine], None] = lambda _line: None,
    seen: dict[str, Rollover] | None = None,
) -> Progress:
    """Tops up to the plan's number at a time, and answers how it stands. Called until it is over.

    Each course has one rollover, named after the plan: cut anywhere and called again, none is done twice.
    `seen` is the caller's, empty at first, and given again: what had ended is not read again then.
    """
    states = _seen_again(world, plan, seen) if seen else _states(world, plan)
    room = plan.parallel - sum(1 for rollover in states.values() if rollover.under_way)
    for line in plan.to_do():
        if room <= 0:
            break
        key = rollover_of(plan, line)
        begun = states.get(key)
        if begun is not None and (begun.history or not begun.under_way or key in (seen or {})):
            continue
        if begun is None:
            states[key] = begin(world, plan, line, administrator)
            tell(line)
            room -= 1
        if states[key].under_way:
            # Also what another process wrote down and may never have queued: the queue may have it twice.
            world.queues.send("rollovers", {"rollover": key})
    if seen is not None:
        seen.update(states)
    return _progress(plan, states)


def begin(world: World, plan: Plan, line: PlanLine, administrator: Person) -> Rollover:
    """Checked anew by the rollover itself: between plan and apply a teacher may have begun to work."""
    target = world.sites.lms(plan.site).get_course_states([line.course_id])[line.course_id]
    source = world.sites.lms(plan.previous).get_course_states([line.source_id])[line.source_id]
    key = rollover_of(plan, line)
    asked = a_request(world, plan.site, administrator, target, source, key, Wish(destination="replace"))
    others = tuple(name for name in target.editingteachers if name.lower() != administrator.username.lower())
    rollover = found_or_added(world.records, replace(asked, plan=plan.id, others=others))
    if not rollover.under_way:
        return rollover  # another process of this plan was here first
    if world.records.get(FreshStart, f"{plan.site}#{line.course_id}") is not None:
        return steps.end(world, rollover, RolloverState.REFUSED, Note("plan_fresh_start"), quietly=True)
    try:
        course_locks.hold(world, plan.site, line.course_id, rollover.jobkey)
    except Refused as refusal:
        return steps.end(world, rollover, RolloverState.REFUSED, Note(refusal.code), quietly=True)
    return rollover


def _states(world: World, plan: Plan) -> dict[str, Rollover]:
    """What was begun of it. The listing lags by moments: what it lacks is asked for by its key."""
    found = {r.id: r for r in list_all(world.records, Rollover, "site", plan.site) if r.plan == plan.id}
    for line in plan.to_do():
        key = rollover_of(plan, line)
        if key not in found:
            begun = world.records.get(Rollover, key)
            if begun is None:
                break  # they are begun in order: none beyond the first missing one
            found[key] = begun
    return found


def _seen_again(world: World, plan: Plan, seen: Mapping[str, Rollover]) -> dict[str, Rollover]:
    """What is under way now, another process's included, and what became of the rest of what was."""
    running = {r.id: r for r in list_all(world.records, Rollover, "running", "yes") if r.plan == plan.id}
    states = dict(seen)
    for key, rollover in seen.items():
        if rollover.under_way:
            states[key] = running.get(key) or world.records.get(Rollover, key) or rollover
    # The listing lags by moments: what was seen to have ended has ended.
    return {key: r for key, r in running.items() if key not in states} | states


def _progress(plan: Plan, states: Mapping[str, Rollover]) -> Progress:
    counts = Counter(rollover.state.value for rollover in states.values())
    alive = sum(1 for rollover in states.values() if rollover.under_way)
    return Progress(total=len(plan.to_do()), states=dict(sorted(counts.items())), under_way=alive)


def progress(world: World, plan: Plan) -> Progress:
    return _progress(plan, _states(world, plan))


def outcomes(world: World, plan: Plan) -> list[tuple[PlanLine, Rollover | None]]:
    """For the plan's end: every line with what became of it."""
    states = _states(world, plan)
    return [(line, states.get(rollover_of(plan, line))) for line in plan.lines]


# --- applying by itself --------------------------------------------------------------------------------


def let_run(world: World, plan_id: str, administrator: Person) -> PlanRun:
    """From here on the plan goes on by itself. Raises Refused `plan_not_yours`, NotFound."""
    run = world.records.get(PlanRun, plan_id)
    if run is None:
        raise NotFound("plan_unknown")
    allowed = {name.lower() for name in world.network.sites[run.site].administrators}
    if administrator.username.lower() not in allowed:
        raise Refused("plan_not_yours", user=administrator.username, site=run.site)
    amend(
        world.records,
        PlanRun,
        plan_id,
        lambda before: replace(before, applying=True, applied_by=administrator, stopped_by=""),
    )
    return go_on(world, plan_id)


def stop(world: World, plan_id: str, by: str) -> PlanRun:
    """What is under way ends; nothing more is begun. It can be let run again."""
    if world.records.get(PlanRun, plan_id) is None:
        raise NotFound("plan_unknown")
    return amend(
        world.records,
        PlanRun,
        plan_id,
        lambda before: replace(before, applying=False, stopped_by=by) if before.applying else before,
    )


def go_on(world: World, plan_id: str) -> PlanRun:
    """Begin as many courses as there is room for. Called whenever one has ended, and by each round; what is
    begun is known by its name, so that being called twice, or cut, begins nothing twice.
    """
    run = world.records.get(PlanRun, plan_id)
    if run is None:
        raise NotFound("plan_unknown")
    if not run.applying or run.applied_by is None:
        return run
    plan = read(world, plan_id)
    alive = sum(one.plan == plan_id for one in list_all(world.records, Rollover, "running", "yes"))
    lines = plan.to_do()[run.begun :][: max(0, plan.parallel - alive)]
    for line in lines:
        with suppress(GiveUp):  # a course that is gone or refuses stays to be done; the others go on
            rollover = begin(world, plan, line, run.applied_by)
            if rollover.under_way:
                world.queues.send("rollovers", {"rollover": rollover.id})
    begun = run.begun + len(lines)
    over = begun >= run.total and not alive and not lines
    return amend(
        world.records,
        PlanRun,
        plan_id,
        lambda before: replace(before, begun=max(before.begun, begun), applying=before.applying and not over),
    )
