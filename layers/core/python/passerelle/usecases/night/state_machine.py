"""The steps of the state machine `night`: each takes and gives a small JSON object, and may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from passerelle.domain.night.plan.run import MORNING, WHOLE, Run, run_id
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import GiveUp, NotFound
from passerelle.ports import World
from passerelle.usecases.amend import if_readable
from passerelle.usecases.night import apply, deposit, plan_stage

Step = Mapping[str, Any]
PATIENCE = 180  # times that a stage looks whether the one it needs has ended


class NightsMissing(GiveUp):
    """`runs`: stages that failed, are not over, or never began this night."""

    def __init__(self, runs: list[str]) -> None:
        super().__init__("night_missing", runs=runs)


def open_nights(world: World, step: Step) -> Step:
    """`stage` and `at` (the schedule's moment) → a night for each site that has one; `run` → that one;
    `deposit` (the key of a manifest) → its site's, where that is wanted at once; `waited` → the one that
    another execution looked at, and hands on."""
    if step.get("waited"):
        return {"nights": [step["waited"]]}
    if step.get("deposit"):
        return {"nights": deposit.nights_of(world, str(step["deposit"]), str(step.get("at", "")))}
    if step.get("run"):
        return {"nights": [_released(world, str(step["run"]))]}
    stage = Stage(step["stage"])
    at = datetime.fromisoformat(str(step["at"])) if step.get("at") else world.clock.now()
    if at.tzinfo is None:
        at = at.replace(tzinfo=world.clock.now().tzinfo)
    return {
        "nights": [
            {
                "site": name,
                "stage": stage.value,
                "night": plan_stage.tonight(site.night, at).isoformat(),
                "looked": 0,
                "holder": plan_stage.new_holder(),
            }
            for name, site in world.network.sites.items()
            if site.night is not None
        ]
    }


def _released(world: World, run_id: str) -> Step:
    """Of a run that somebody released in the console: its own site, stage and night."""
    run = world.records.get(Run, run_id)
    if run is None:
        raise NotFound("run_unknown", run=run_id)
    stage = "" if run.stage == WHOLE else run.stage
    return {
        "site": run.site,
        "stage": stage,
        "night": run.night,
        "looked": 0,
        "holder": plan_stage.new_holder(),
    }


def plan(world: World, step: Step) -> Step:
    """Answers `waits` and the name of the execution that looks `next`, `failed`, or the waves of chunks that
    may be done now.

    `holder` names this execution: its retries go on at once, another waits until this one has ended, and
    then has nothing left to do.
    """
    site, stage = str(step["site"]), Stage(step["stage"]) if step.get("stage") else None
    day, looked = date.fromisoformat(step["night"]), int(step.get("looked", 0))
    holder = str(step.get("holder") or plan_stage.new_holder())
    brought = str(step.get("deposit", ""))
    known = brought or run_id(site, day, stage)
    here = {"site": site, "stage": step.get("stage", ""), "night": step["night"], "looked": looked + 1}
    here |= {"deposit": brought} if brought else {}
    here |= {"next": f"{step['night']}-{here['stage'] or WHOLE}-{holder}-{looked + 1}"}
    nothing = {**here, "holder": holder, "busy": False, "waits": False, "failed": "", "run": "", "waves": []}
    if step.get("busy"):
        other = world.records.get(Run, known)
        if other is not None and not other.under_way and other.state is not RunState.FAILED:
            return {**nothing, "run": other.id}
    try:
        if brought:
            run = deposit.plan_deposit(world, site, day, brought, holder)
        else:
            run = plan_stage.plan_stage(world, site, day, stage, holder)
        if run.state is not RunState.FROZEN and (run.state is not RunState.HELD or run.released_by):
            run = apply.begin(world, run.id, holder)
        waves = () if run.state in (RunState.FROZEN, RunState.DONE) else apply.waves(world, run)
    except plan_stage.StageWaits as waiting:
        if looked < PATIENCE:
            return {**nothing, "waits": True}
        failed = plan_stage.fail(world, known, "stage_waited")
        return {**nothing, "failed": f"{failed.error} ({waiting.needs})"}
    except plan_stage.StageBusy as busy:
        if looked < PATIENCE:
            return {**nothing, "waits": True, "busy": True}
        return {**nothing, "failed": busy.code}
    except GiveUp as error:
        return {**nothing, "failed": error.code}
    concurrency = world.network.sites[site].max_concurrency
    return {
        **nothing,
        "run": run.id,
        "waves": [
            {
                "run": run.id,
                "concurrency": concurrency,
                "chunks": [{"run": run.id, "chunk": name} for name in wave],
            }
            for wave in waves
        ],
    }


def apply_chunk(world: World, step: Step) -> Step:
    done = apply.apply_chunk(world, str(step["run"]), str(step["chunk"]))
    return {"done": done.done, "changed": done.changed, "failed": done.failed, "skipped": done.skipped}


def finish(world: World, step: Step) -> Step:
    """With `error`: the run has failed, and may be taken up where it stopped."""
    if step.get("error"):
        run = plan_stage.fail(world, str(step["run"]), "applying", str(step.get("holder", "")))
    else:
        run = apply.finish(world, str(step["run"]), str(step.get("holder", "")))
    return {"run": run.id, "state": run.state.value, "done": run.done, "refused": run.failed}


def watch(world: World) -> int:
    """In the morning: how many stages went well. Raises NightsMissing, so that an alarm rings (D13)."""
    now, good, missing = world.clock.now(), 0, []
    for name, site in world.network.sites.items():
        if site.night is None:
            continue
        local = now.astimezone(site.night.zone)
        day = local.date() if local.time() >= MORNING else local.date() - timedelta(1)
        whole = if_readable(world.records, Run, run_id(name, day, None))
        for stage in Stage:
            run = if_readable(world.records, Run, run_id(name, day, stage)) or whole
            if run is None or run.under_way or run.state is RunState.FAILED:
                missing.append(run_id(name, day, stage))
            else:
                good += 1
    if missing:
        raise NightsMissing(missing)
    return good
