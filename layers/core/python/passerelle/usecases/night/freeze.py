"""Whether what a freeze names is anything that the nights know of (N18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.naming import fill
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.night import documents
from passerelle.usecases.night.desk import runs_of
from passerelle.usecases.night.plan_stage import rules_of
from passerelle.usecases.night.why import newest_sources


def strangers(world: World, site: str, night: date, freeze: Freeze) -> tuple[str, ...]:
    """Categories and courses of the freeze that neither the newest sources nor the newest plans know.

    None where there is neither: nobody can tell then. A code may well be next year's.
    """
    named = {*freeze.categories, *freeze.courses}
    known = {*_of_sources(world, site, night), *_of_newest_plans(world, site)} if named else set()
    return tuple(sorted(named - known)) if known else ()


def _of_sources(world: World, site: str, night: date) -> Iterator[str]:
    naming = rules_of(world, site).naming
    try:
        offer = build_offer(newest_sources(world, site, night).extracts, naming)
    except Refused:  # none came this week
        return
    yield from (fill(naming.category_idnumber, code=code) for code in offer.structure.categories)
    for courses in (offer.courses.ordinary, offer.courses.foad):
        yield from (course.idnumber for course in courses.values())


def _of_newest_plans(world: World, site: str) -> Iterator[str]:
    """Of all stages of the newest night: each plan knows what it touches."""
    runs = runs_of(world, site)
    newest = max((run.night for run in runs), default="")
    for run in runs:
        if run.night != newest or not run.folder:
            continue
        with suppress(NotFound):  # its papers expired
            named: Mapping[str, Any] = documents.load_heading(world.papers, run)
            yield from (*named["categories"], *named["courses"])
