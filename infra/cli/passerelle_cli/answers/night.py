"""What `passerelle sync plan|show|adopt|diff|status|person` print with --json."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from passerelle.domain.night.plan.plan import Hold
from passerelle.domain.night.policy import Freeze


class NightPlan(TypedDict):
    format: int
    site: str
    night: str
    stage: str
    year: str
    adoption: bool
    counts: dict[str, int]
    categories: dict[str, dict[str, int]]
    courses: dict[str, dict[str, int]]
    removals: int
    frozen: dict[str, int]
    freezes: list[dict[str, Any]]
    held: list[Hold]
    additions_go_on: bool
    stays: list[tuple[str, list[str], str, list[str]]]
    untouched: list[tuple[str, str, str]]
    source_rows: dict[str, int]
    inputs: dict[str, str]
    operations: list[dict[str, Any]]
    withheld: list[dict[str, Any]]


class PlansCompared(TypedDict):
    only_before: list[str]
    only_after: list[str]


class NightRun(TypedDict):
    run: str
    state: str
    counts: dict[str, int]
    removals: int
    frozen: int
    holds: list[str]
    done: int
    refused: int
    error: str
    held_by: str
    released_by: str
    released_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class NightsStatus(TypedDict):
    held_by: str
    held_at: datetime | None
    held_why: str
    freezes: list[Freeze]
    runs: list[NightRun]


class PersonRepaired(TypedDict):
    person: str
    night: str
    operations: list[dict[str, Any]]
    frozen: list[dict[str, Any]]
    held: list[dict[str, Any]]
    holds: list[Hold]
    waits: list[str]
    run: str
    done: int
    refused: int
