"""Applying a plan: chunk by chunk, each confirmed by a paper, so that a run cut anywhere goes on (N19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from passerelle.domain.night.plan.plan import STAGE_OF
from passerelle.domain.night.plan.run import PERSON, SILENT, NightDesk, Run, moved_run
from passerelle.domain.night.plan.serialised import columns_of, freeze_document, read_memory
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import NotFound, PaperUnreadable, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend
from passerelle.usecases.broken import note_broken
from passerelle.usecases.night.documents import (
    chunk_key,
    done_key,
    doubt_key,
    keep_memory,
    load_heading,
    rebuilt_memory,
    wave_of,
)
from passerelle.usecases.night.isolate import BROKEN, apply_each
from passerelle.usecases.night.plan_stage import (
    StageBusy,
    desk_of,
    fail,
    let_go,
    new_holder,
    note_freeze,
    refuse_overtaken,
    rules_of,
    tonight,
)

FAILURES_KEPT = 500  # of one chunk, in its paper


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one chunk. `skipped`: the run is held, frozen or overtaken, nothing was done; `lost`:
    the chunk itself is gone or cut, which stops it alone.
    """

    done: int = 0
    changed: int = 0
    failed: int = 0
    skipped: bool = False
    lost: bool = False


def begin(world: World, run: str, holder: str) -> Run:
    """A planned, released or broken-off run applies, leased to `holder`. What the next night must know is
    kept first. Raises StageBusy where somebody else applies it.
    """
    now = world.clock.now()
    known = world.records.get(Run, run)
    if known is not None and known.state is not RunState.DONE:
        refuse_overtaken(desk_of(world, known.site), known)

    def decide(before: Run) -> Run:
        if before.leased_to_another(holder, now):
            raise StageBusy(run)
        if before.state is RunState.APPLYING:
            return replace(before, holder=holder, heard_at=now)
        if before.waits_for_a_person:
            raise Refused("night_held", run=before.id)
        if before.state is RunState.FROZEN:
            raise Refused("night_frozen", run=before.id)
        if before.state is RunState.DONE:
            return before
        if not before.folder:
            raise NotFound("night_plan_unknown", run=before.id)
        return replace(moved_run(before, RunState.APPLYING, now, "apply"), holder=holder)

    started = amend(world.records, Run, run, decide)
    if started.state is RunState.APPLYING:
        named = _heading(world, started)
        keep_memory(world.papers, started.site, read_memory(named["memory"]), stage_of(started))
    return started


def stage_of(run: Run) -> Stage | None:
    """Whose memory it keeps. None: all of it. Of one person only who is suspended is remembered: what
    the stages wrote of all else stands."""
    if run.stage == PERSON:
        return Stage.ENROLMENTS
    return Stage(run.stage) if run.stage in set(Stage) else None


def waves(world: World, run: Run) -> tuple[tuple[str, ...], ...]:
    """Names of the chunks that may be done now, wave by wave; one wave ends before the next begins.
    Raises Refused `night_plan_damaged`.
    """
    named = _heading(world, run)
    held = run.state is RunState.HELD
    if held and (run.held_by or not named["additions_go_on"]):
        return ()
    names = [one.rstrip("+") for one in named["chunks"] if not held or one.endswith("+")]
    return tuple(tuple(wave) for _, wave in groupby(names, key=wave_of))


def _heading(world: World, run: Run) -> Mapping[str, Any]:
    """Raises Refused `night_plan_damaged`: the run has failed then, and is planned anew when asked for."""
    try:
        return load_heading(world.papers, run)
    except PaperUnreadable as cut:
        note_broken(world, cut)
        fail(world, run.id, "night_plan_damaged", run.holder)
        raise Refused("night_plan_damaged", run=run.id) from None


def apply_chunk(world: World, run: str, name: str) -> Done:
    """Safe to repeat, and beside itself: a chunk that was confirmed is not sent again.

    An operation that Moodle refuses, or on which it breaks, does not stop the others; it is listed with
    Moodle's code, or as `broken`.
    """
    known = world.records.get(Run, run)
    if known is None:
        raise NotFound("run_unknown", run=run)
    confirmed = _confirmation(world, known, name)
    if confirmed is not None:
        return _done(confirmed)
    chunk = _chunk(world, known, name)
    if chunk is None:
        return Done(lost=True)
    by_guard = known.state is RunState.HELD and not known.held_by  # a person's hold stops additions too
    if known.state is not RunState.APPLYING and not (by_guard and chunk.get("adds")):
        return Done(skipped=True)
    desk = desk_of(world, known.site)
    if desk.overtaken(known.stage, known.night) or _frozen_since(world, desk, known, chunk):
        return Done(skipped=True)
    _still_alive(world, known)
    lines: Sequence[Mapping[str, Any]] = chunk["operations"]
    operations = [{"id": str(place), **columns_of(line)} for place, line in enumerate(lines)]
    verdicts = apply_each(world, known.site, operations, doubt_key(known.folder, name))
    failures = [
        {"place": place, "op": lines[place]["op"], "errorcode": verdict.errorcode}
        for place, verdict in enumerate(verdicts)
        if not verdict.ok
    ]
    said: dict[str, object] = {
        "done": len(lines) - len(failures),
        "changed": sum(verdict.changed for verdict in verdicts),
        "failed": len(failures),
        "failures": failures[:FAILURES_KEPT],
    }
    world.papers.put(done_key(known.folder, name), said)
    if any(verdict.errorcode == BROKEN for verdict in verdicts):
        world.papers.delete(doubt_key(known.folder, name))
    return _done(said)


def _chunk(world: World, run: Run, name: str) -> Mapping[str, Any] | None:
    """None where it is gone or cut."""
    return _paper(world, chunk_key(run.folder, name))


def _confirmation(world: World, run: Run, name: str) -> Mapping[str, Any] | None:
    """None where the chunk was not done, or its confirmation is cut: to do it once more harms nothing."""
    return _paper(world, done_key(run.folder, name))


def _paper(world: World, key: str) -> Mapping[str, Any] | None:
    try:
        return world.papers.get(key)
    except PaperUnreadable as cut:
        note_broken(world, cut)
        return None


def _frozen_since(world: World, desk: NightDesk, run: Run, chunk: Mapping[str, Any]) -> bool:
    """Whether a freeze that came after the plan was made stops this chunk. Where a freeze names categories
    it stops all of the offer: which courses lie below is not known here.
    """
    rules = rules_of(world, run.site)
    today = tonight(rules, world.clock.now())
    named: Mapping[str, Any] = {}
    for freeze in (*rules.freezes, *desk.freezes):
        if not freeze.holds_on(today, ""):
            continue
        named = named or _heading(world, run)
        new = freeze.holds_on(today, str(named["year"])) and freeze_document(freeze) not in named["freezes"]
        if new and any(_stops(freeze, line) for line in chunk["operations"]):
            return True
    return False


def _stops(freeze: Freeze, line: Mapping[str, Any]) -> bool:
    match STAGE_OF[str(line["op"]).partition("_")[0]]:
        case Stage.USERS:
            return freeze.people
        case Stage.COHORTS:
            return freeze.cohorts
    if freeze.categories or not freeze.courses:
        return True
    return bool(set(freeze.courses) & {str(line.get(name)) for name in ("course", "idnumber", "newidnumber")})


def _still_alive(world: World, run: Run) -> None:
    """The lease goes on while chunks are done, with a write now and then and not for each."""
    now = world.clock.now()

    def decide(before: Run) -> Run:
        # Chunks run beside each other: one of them says it for all.
        due = before.holder == run.holder and now - before.heard_at > SILENT / 4
        return replace(before, heard_at=now) if due else before

    if run.holder and decide(run) is not run:
        amend(world.records, Run, run.id, decide)


def _done(paper: Mapping[str, Any]) -> Done:
    return Done(paper["done"], paper["changed"], paper["failed"])


def finish(world: World, run: str, holder: str) -> Run:
    """Done once every chunk is confirmed; the lease of `holder` ends. What another applies is theirs to end.
    Raises Refused `night_unfinished` where a chunk is not confirmed.
    """
    known = world.records.get(Run, run)
    if known is None:
        raise NotFound("run_unknown", run=run)
    another = bool(holder) and known.leased_to_another(holder, world.clock.now())
    if known.state is not RunState.APPLYING or another:
        return let_go(world, run, holder)
    papers = list(_confirmed(world, known))
    missing = [name for name, paper in papers if paper is None]
    later = desk_of(world, known.site).overtaken(known.stage, known.night)
    if missing and later:
        return fail(world, run, "night_overtaken", holder)
    if any(_chunk(world, known, name) is None for name in missing):
        return fail(world, run, "night_plan_damaged", holder)
    if missing and _any_frozen(world, known, missing):
        return _stopped_by_freeze(world, known, holder)
    if missing:
        raise Refused("night_unfinished", run=run, chunks=len(missing))
    _remember_refusals(world, known, papers)
    _note_good_night(world, known)
    now = world.clock.now()

    def decide(before: Run) -> Run:
        if before.state is not RunState.APPLYING:
            return before
        return replace(
            moved_run(before, RunState.DONE, now, "applied"),
            holder="",
            finished_at=now,
            done=sum(paper["done"] for _, paper in papers if paper),
            failed=sum(paper["failed"] for _, paper in papers if paper),
        )

    return amend(world.records, Run, run, decide)


def _any_frozen(world: World, run: Run, missing: Sequence[str]) -> bool:
    desk = desk_of(world, run.site)
    chunks = (_chunk(world, run, name) for name in missing)
    return any(chunk is not None and _frozen_since(world, desk, run, chunk) for chunk in chunks)


def _stopped_by_freeze(world: World, run: Run, holder: str) -> Run:
    """What was done stays; the first night after the freeze shows its plan before anything is done (N18)."""
    now = world.clock.now()

    def decide(before: Run) -> Run:
        if before.state is not RunState.APPLYING or (holder and before.holder != holder):
            return before
        return replace(moved_run(before, RunState.FROZEN, now, "freeze"), holder="")

    frozen = amend(world.records, Run, run.id, decide)
    note_freeze(world, replace(frozen, frozen=max(frozen.frozen, 1)))
    return frozen


def _confirmed(world: World, run: Run) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    for named in _heading(world, run)["chunks"]:
        name = named.rstrip("+")
        yield name, _confirmation(world, run, name)


def failures_of(world: World, run: Run) -> Iterator[Mapping[str, Any]]:
    """The operations that Moodle refused: their lines of the plan with `errorcode`."""
    for name, paper in _confirmed(world, run):
        if paper is None or not paper["failures"]:
            continue
        chunk: Mapping[str, Any] = world.papers.get(chunk_key(run.folder, name)) or {"operations": ()}
        for failure in paper["failures"]:
            line = chunk["operations"][failure["place"]]
            yield {**line, "phase": chunk["phase"], "errorcode": failure["errorcode"]}


def _remember_refusals(
    world: World, run: Run, papers: Sequence[tuple[str, Mapping[str, Any] | None]]
) -> None:
    """A group on which something hangs is not asked about again every night (N11)."""
    kept = {
        (str(line["course"]), str(line["idnumber"])): date.fromisoformat(run.night)
        for line in (failures_of(world, run) if any(p and p["failures"] for _, p in papers) else ())
        if line["op"] == "group_delete" and line["errorcode"] == "notempty"
    }
    if kept:
        memory, _ = rebuilt_memory(world.papers, run.site)
        memory = replace(memory, kept_groups={**memory.kept_groups, **kept})
        keep_memory(world.papers, run.site, memory, stage_of(run))


def _note_good_night(world: World, run: Run) -> None:
    """What the guard compares the next night's sources with."""
    if run.adoption:
        return
    start = f"{run.stage}/"

    def decide(desk: NightDesk) -> NightDesk:
        others = {key: rows for key, rows in desk.good_rows.items() if not key.startswith(start)}
        return replace(
            desk, good_rows=others | {f"{start}{file}": rows for file, rows in run.source_rows.items()}
        )

    desk_of(world, run.site)
    amend(world.records, NightDesk, run.site, decide)
    note_freeze(world, run)


def apply_run(world: World, run: str, holder: str = "") -> Run:
    """All of it from one process, with as many chunks at a time as the site bears. `holder`: of the lease
    under which it was planned. Raises StageBusy where somebody else applies it.
    """
    holder = holder or new_holder()
    try:
        return _apply_run(world, run, holder)
    except BaseException:
        let_go(world, run, holder)
        raise


def _apply_run(world: World, run: str, holder: str) -> Run:
    known = begin(world, run, holder) if not _only_additions(world, run) else world.records.get(Run, run)
    if known is None:
        raise NotFound("run_unknown", run=run)
    if known.state is not RunState.DONE:
        refuse_overtaken(desk_of(world, known.site), known)
    workers = max(1, world.network.sites[known.site].max_concurrency)
    for wave in waves(world, known):
        if len(wave) == 1:
            apply_chunk(world, run, wave[0])
            continue
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda name: apply_chunk(world, run, name), wave))
    return finish(world, run, holder)


def _only_additions(world: World, run: str) -> bool:
    """A held plan may give, where that is configured, but not take."""
    known = world.records.get(Run, run)
    if known is None or known.state is not RunState.HELD or known.released_by or known.held_by:
        return False
    return bool(_heading(world, known)["additions_go_on"])
