"""`passerelle sync adopt`: a living Moodle becomes the night's, as a plan that is looked at, then applied."""

from __future__ import annotations

from datetime import date

from passerelle.domain.night.plan.actual import read_actual
from passerelle.domain.night.plan.adoption import Takeover, plan_adoption
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Plan
from passerelle.domain.night.plan.run import Run, moved_run
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Extracts
from passerelle.domain.states import RunState
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.night.documents import load_memory
from passerelle.usecases.night.plan_stage import (
    PAGE,
    SourcesIncomplete,
    claimed,
    keep,
    let_go,
    new_holder,
    note_sources_read,
    rules_of,
)


def adoption_from(world: World, site: str, night: date, extracts: Extracts, takeover: Takeover) -> Plan:
    """Changes nothing and keeps nothing. Raises SourcesIncomplete: half an offer adopts half a Moodle."""
    rules = rules_of(world, site)
    if extracts.problems:
        raise SourcesIncomplete(extracts)
    lms = world.sites.lms(site)
    actual = read_actual(lambda table: lms.export(table, PAGE))
    logins = {row.code: row.username for row in extracts.people if row.username}
    desired = build_desired(extracts, rules.naming, actual.codes_with_account(logins))
    inputs = {f"source:{file}": sum_ for file, sum_ in extracts.sha256.items()}
    inputs |= {f"actual:{table}": sum_ for table, sum_ in actual.sha256.items()}
    return plan_adoption(
        Night(site=site, date=night, rules=rules),
        desired,
        actual,
        takeover,
        memory=load_memory(world.papers, site),
        inputs=inputs,
        source_rows=extracts.counts,
    )


def keep_adoption(world: World, plan: Plan) -> Run:
    """The plan kept as a run of its own, ready to be applied like any other."""
    now, holder = world.clock.now(), new_holder()
    new = Run(
        id=f"{plan.site}/{plan.night.isoformat()}/adopt",
        site=plan.site,
        night=plan.night.isoformat(),
        stage="adopt",
        started_at=now,
        heard_at=now,
        holder=holder,
        adoption=True,
    )
    found_or_added(world.records, moved_run(new, RunState.PLANNING, now, "started"))
    run = amend(world.records, Run, new.id, lambda before: claimed(before, now, holder))
    note_sources_read(world, run)
    try:
        if run.state is RunState.PLANNING:
            keep(world, run, plan)
    finally:
        run = let_go(world, run.id, holder)
    return run
