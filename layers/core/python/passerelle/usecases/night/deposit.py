"""What a complete deposit brings at once, where a site so decides: its additions, or all of it (N29)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Plan
from passerelle.domain.night.plan.run import Run, moved_run
from passerelle.domain.states import RunState
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.night import plan_stage
from passerelle.usecases.night.documents import load_memory
from passerelle.usecases.night.person import refuse_beside_a_stage

DEPOSIT = "deposit"  # the stage that such a run is named by
_MANIFEST = re.compile(r"sis/(?P<site>[^/]+)/(?P<night>\d{4}-\d{2}-\d{2})/manifest\.(?:json|csv)")


def nights_of(world: World, key: str, at: str) -> list[Mapping[str, object]]:
    """For the manifest that came, the last file of a deposit: its site's night, if the site wants it at once.
    `at`: the event's moment, which names the run, so that an event told twice makes one."""
    found = _MANIFEST.fullmatch(key)
    site = world.network.sites.get(found["site"]) if found else None
    if found is None or site is None or site.night is None or not site.night.on_deposit:
        return []
    run = f"{found['site']}/{found['night']}/{DEPOSIT}-{re.sub(r'[^0-9]', '', at)[:14]}"
    return [
        {
            "site": found["site"],
            "stage": "",
            "night": found["night"],
            "looked": 0,
            "holder": plan_stage.new_holder(),
            "deposit": run,
        }
    ]


def plan_deposit(world: World, site: str, night: date, run_id: str, holder: str) -> Run:
    """Planned, cut down to what the site wants, kept and judged by the same guard. Changes no Moodle.

    Raises StageBusy beside a stage at work; Refused where files are missing, which the night will say.
    """
    now = world.clock.now()
    refuse_beside_a_stage(world, site)
    new = Run(
        id=run_id,
        site=site,
        night=night.isoformat(),
        stage=DEPOSIT,
        started_at=now,
        heard_at=now,
        holder=holder,
        adoption=True,  # beside the night's stages
    )
    found_or_added(world.records, moved_run(new, RunState.PLANNING, now, "started"))
    run = amend(world.records, Run, run_id, lambda before: plan_stage.claimed(before, now, holder))
    if run.state is not RunState.PLANNING:
        return run
    try:
        with plan_stage.uncollected():
            extracts = world.sources.read(site, night)
            plan = plan_stage.plan_from(world, site, night, None, extracts)
        if plan_stage.rules_of(world, site).on_deposit == "additions":
            plan = only_additions(plan, load_memory(world.papers, site))
        return plan_stage.keep(world, run, replace(plan, adoption=True))
    except GiveUp as error:
        plan_stage.fail(world, run_id, error.code, holder)
        raise
    except BaseException:
        plan_stage.let_go(world, run_id, holder)
        raise


def only_additions(plan: Plan, before: Memory) -> Plan:
    """What gives, and nothing that takes, renames or moves; nor is anything begun to be taken."""
    suspended = {key: since for key, since in plan.memory.suspended.items() if key in before.suspended}
    return replace(
        plan,
        operations=tuple(one for one in plan.operations if one.adds),
        frozen=tuple(one for one in plan.frozen if one.adds),
        verdict=replace(
            plan.verdict, holds=tuple(one for one in plan.verdict.holds if one.scope in ("person", "thaw"))
        ),
        memory=replace(plan.memory, suspended=suspended, gone=before.gone, kept_groups=before.kept_groups),
    )
