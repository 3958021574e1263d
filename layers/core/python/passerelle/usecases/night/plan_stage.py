"""A stage of the night: planned, held or frozen, and set going (N17–N20)."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from passerelle.domain.night.plan.actual import TABLES as ALL
from passerelle.domain.night.plan.actual import read_actual
from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import remembered_by
from passerelle.domain.night.plan.names import names_of
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Hold, Plan, count
from passerelle.domain.night.plan.run import SILENT, NightDesk, Run, moved_run, run_id
from passerelle.domain.night.plan.serialised import dumped, memory_document, sha256_of
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage, stopped_stages
from passerelle.domain.states import RunState
from passerelle.errors import GiveUp, NotFound, PaperUnreadable, Refused, TryAgain
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.broken import note_broken
from passerelle.usecases.night.documents import keep_plan, rebuilt_memory

PAGE = 5000  # rows of one export

# A stage that needs another does not start on top of it unfinished or failed (N17).
NEEDS: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.USERS: (),
    Stage.COHORTS: (Stage.USERS,),
    Stage.OFFER: (),
    Stage.ENROLMENTS: (Stage.USERS, Stage.OFFER),
    Stage.GROUPS: (Stage.OFFER, Stage.ENROLMENTS),
}
# What of the site each stage has to know.
READS: Mapping[Stage | None, tuple[str, ...]] = {
    None: ALL,
    Stage.USERS: ("users", "owned"),
    Stage.COHORTS: ("users", "cohorts", "cohortmembers", "owned"),
    Stage.OFFER: ("categories", "courses", "owned"),
    Stage.ENROLMENTS: ("users", "categories", "courses", "enrolments", "owned"),
    Stage.GROUPS: ("users", "categories", "courses", "groups", "members", "enrolments", "owned"),
}


class StageWaits(TryAgain):
    """A stage that this one needs has not ended yet. `needs` is which."""

    def __init__(self, needs: str) -> None:
        super().__init__(needs)
        self.needs = needs


class StageBusy(TryAgain):
    """Somebody else plans or applies this run; were they dead, the lease would end by itself (SILENT)."""

    code = "night_busy"

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.details = {"run": run, "minutes": round(SILENT.total_seconds() / 60)}


def new_holder() -> str:
    """Whoever takes a run needs a word of their own: the same word may go on at once, another waits."""
    return uuid4().hex


def rules_of(world: World, site: str) -> NightRules:
    """Raises NotFound `site_unknown`, Refused `no_night` where none comes to the site."""
    known = world.network.sites.get(site)
    if known is None:
        raise NotFound("site_unknown", site=site)
    if known.night is None:
        raise Refused("no_night", site=site)
    return known.night


def desk_of(world: World, site: str) -> NightDesk:
    return found_or_added(world.records, NightDesk(id=site))


def tonight(rules: NightRules, now: datetime) -> date:
    """The local date of the morning on which this night ends."""
    return now.astimezone(rules.zone).date()


def oldest_extracts(rules: NightRules, night: date) -> datetime:
    morning = datetime.combine(night, time(), rules.zone)
    return morning - timedelta(hours=rules.oldest_extracts)


@contextmanager
def uncollected() -> Iterator[None]:
    """A million rows without a cycle among them: the collector would walk them all, again and again,
    for a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# -- planning ------------------------------------------------------------------------------------------


def plan_stage(world: World, site: str, night: date, stage: Stage | None = None, holder: str = "") -> Run:
    """Sources and Moodle are read, the plan is made whole, kept, and judged. Changes no Moodle.

    Safe to repeat: a run whose operations are on their way is given back as it is. `holder` keeps the
    lease, to apply next; without, it ends with the plan. Raises StageBusy, StageWaits, Refused
    `stage_needs` (the run has failed then), TryAgain where something is away.
    """
    rules = rules_of(world, site)
    run = open_run(world, site, night, stage, holder or new_holder())
    if run.state is not RunState.PLANNING:
        return run
    try:
        if stage is not None:
            _check_needs(world, rules, run, stage)
        with uncollected():
            extracts = world.sources.read(site, night, stage)
            note_sources_read(world, run)
            plan = plan_from(world, site, night, stage, extracts)
        kept = keep(world, run, plan)
    except GiveUp as error:
        fail(world, run.id, error.code, run.holder)
        raise
    except StageBusy:  # the lease went on to another, or to another try of this one
        raise
    except BaseException:
        let_go(world, run.id, run.holder)
        raise
    return kept if holder else let_go(world, kept.id, run.holder)


def note_sources_read(world: World, run: Run) -> None:
    """From now on an older night's run of the stage does nothing more: it would undo what is known better.
    Raises Refused `night_overtaken` where this one is the older.
    """
    desk = desk_of(world, run.site)
    refuse_overtaken(desk, run)
    if desk.newest.get(run.stage, "") != run.night:
        amend(
            world.records,
            NightDesk,
            run.site,
            lambda before: replace(
                before,
                newest={**before.newest, run.stage: max(run.night, before.newest.get(run.stage, ""))},
            ),
        )


def refuse_overtaken(desk: NightDesk, run: Run) -> None:
    later = desk.overtaken(run.stage, run.night)
    if later:
        raise Refused("night_overtaken", run=run.id, later=later)


def open_run(world: World, site: str, night: date, stage: Stage | None, holder: str) -> Run:
    """The run made ready to plan, leased to `holder`; one whose operations are on their way is given
    back as it is. Raises StageBusy.
    """
    now = world.clock.now()
    new = Run(
        id=run_id(site, night, stage),
        site=site,
        night=night.isoformat(),
        stage=stage.value if stage else "night",
        started_at=now,
        heard_at=now,
        holder=holder,
    )
    found_or_added(world.records, moved_run(new, RunState.PLANNING, now, "started"))
    return amend(world.records, Run, new.id, lambda before: claimed(before, now, holder))


def claimed(run: Run, now: datetime, holder: str) -> Run:
    """The run made to plan again, or as it is where its operations are on their way. Raises StageBusy."""
    if run.leased_to_another(holder, now):
        raise StageBusy(run.id)
    if run.state is RunState.APPLYING or (run.state is RunState.HELD and run.released_by):
        return run
    if run.state is RunState.PLANNING:
        return replace(run, heard_at=now, holder=holder)
    again = moved_run(run, RunState.PLANNING, now, "again")
    return replace(
        again,
        holder=holder,
        folder="",
        sha256="",
        error="",
        held_by="",
        released_by="",
        released_at=None,
        finished_at=None,
    )


def let_go(world: World, run: str, holder: str) -> Run:
    """The lease ended by who held it; another's is left to them."""
    return amend(
        world.records,
        Run,
        run,
        lambda before: replace(before, holder="") if before.holder == holder else before,
    )


def _check_needs(world: World, rules: NightRules, run: Run, stage: Stage) -> None:
    for needed in NEEDS[stage]:
        other = world.records.get(Run, run_id(run.site, date.fromisoformat(run.night), needed))
        if other is None or other.under_way:
            raise StageWaits(needed.value)
        passed = other.state in (RunState.DONE, RunState.FROZEN) or (
            other.state is RunState.HELD and rules.guard.additions_go_on
        )
        if not passed:
            raise Refused("stage_needs", stage=stage.value, needs=needed.value, state=other.state.value)


def plan_from(
    world: World, site: str, night: date, stage: Stage | None, extracts: Extracts, *, dry: bool = False
) -> Plan:
    """`dry`: nothing is written, not even that the site has nights."""
    rules = rules_of(world, site)
    stopped = stopped_stages(extracts)
    if extracts.problems and (stage in stopped or stage is None):
        raise SourcesIncomplete(extracts)
    desk = (world.records.get(NightDesk, site) or NightDesk(id=site)) if dry else desk_of(world, site)
    memory, lost = rebuilt_memory(world.papers, site)
    for key in () if dry else lost:
        note_broken(world, PaperUnreadable(key))
    lms = world.sites.lms(site)
    actual = read_actual(lambda table: lms.export(table, PAGE), READS[stage])
    logins = {row.code: row.username for row in extracts.people if row.username}
    desired = build_desired(extracts, rules.naming, actual.codes_with_account(logins))
    word = stage.value if stage else "night"
    asked = Night(
        site=site,
        date=night,
        stage=stage,
        rules=rules,
        good_rows=_good_rows(desk, word),
        freezes=(*rules.freezes, *desk.freezes),
        thawing=word in desk.thawing or (stage is None and bool(desk.thawing)),
        held_by=desk.held_by,
    )
    inputs = {f"source:{file}": sum_ for file, sum_ in extracts.sha256.items()}
    inputs |= {f"actual:{table}": sum_ for table, sum_ in actual.sha256.items()}
    inputs["memory"] = sha256_of([memory_document(memory)])
    inputs["rules"] = sha256_of([repr(rules), repr(asked.freezes), dumped(dict(asked.good_rows))])
    files = {table.value: file for table, file in extracts.files.items()}
    plan = make_plan(asked, desired, actual, memory, source_rows=extracts.counts, inputs=inputs, files=files)
    names = names_of((*plan.operations, *plan.frozen), desired, actual)
    remembered = remembered_by(stage, memory, plan.memory)
    return replace(plan, memory=remembered, memory_lost=lost, names=names)


class SourcesIncomplete(Refused):
    """Files are missing, cut or older than the night; `problems` says which."""

    def __init__(self, extracts: Extracts) -> None:
        files = ", ".join(sorted({problem.file for problem in extracts.problems}))
        super().__init__("night_sources_stopped", files=files)
        self.problems = extracts.problems


def _good_rows(desk: NightDesk, word: str) -> dict[str, int]:
    start = f"{word}/"
    return {key.removeprefix(start): rows for key, rows in desk.good_rows.items() if key.startswith(start)}


def keep(world: World, run: Run, plan: Plan) -> Run:
    """The plan kept and judged: planned, held or frozen. `run` as its lease was taken: who was silent for
    too long, and was replaced, raises StageBusy.
    """
    folder, sha256 = keep_plan(world.papers, run.id, plan)
    now = world.clock.now()
    holds = tuple(_hold_words(hold) for hold in plan.verdict.holds)
    counts = dict(count(plan.operations).kinds)

    def decide(before: Run) -> Run:
        if before.state is not RunState.PLANNING:
            return before
        if (before.holder, before.heard_at) != (run.holder, run.heard_at):
            raise StageBusy(run.id)
        planned = replace(
            moved_run(before, RunState.PLANNED, now, "planned"),
            folder=folder,
            sha256=sha256,
            counts=counts,
            removals=plan.removals,
            frozen=len(plan.frozen),
            memory_lost=plan.memory_lost,
            holds=holds,
            source_rows=dict(plan.source_rows),
            done=0,
            failed=0,
            adoption=plan.adoption,
        )
        if plan.verdict.held and plan.operations:
            return moved_run(planned, RunState.HELD, now, holds[0])
        if plan.frozen and not plan.operations:
            return replace(moved_run(planned, RunState.FROZEN, now, "freeze"), holder="")
        return planned

    kept = amend(world.records, Run, run.id, decide)
    if kept.state is RunState.FROZEN:
        note_freeze(world, kept)
    return kept


def note_freeze(world: World, run: Run) -> None:
    """The first night after a freeze shows its plan before anything is done (N18)."""

    def decide(desk: NightDesk) -> NightDesk:
        others = tuple(stage for stage in desk.thawing if stage != run.stage)
        return replace(desk, thawing=(*others, run.stage) if run.frozen else others)

    desk_of(world, run.site)
    amend(world.records, NightDesk, run.site, decide)


def _hold_words(hold: Hold) -> str:
    return f"{hold.scope}:{hold.key}:{hold.count}:{hold.there}:{hold.limit}"


def fail(world: World, run: str, code: str, holder: str = "") -> Run:
    """`holder`: only while the run is leased to them."""
    now = world.clock.now()

    def decide(before: Run) -> Run:
        if before.state in (RunState.DONE, RunState.FROZEN) or (holder and before.holder != holder):
            return before
        return replace(moved_run(before, RunState.FAILED, now, code), error=code, holder="")

    return amend(world.records, Run, run, decide)
