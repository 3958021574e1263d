"""A run of a stage: which plan, how far it came, who held or released it. Its states: domain.states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.stages import Stage
from passerelle.domain.records import Moment
from passerelle.domain.states import FOLLOWS, RunState
from passerelle.errors import Refused

WHOLE = "night"  # a run of all stages at once
ADOPTION = "adopt"
PERSON = "person"  # of one person's repair
MORNING = time(7)  # by then every stage has ended, or somebody should know
SILENT = timedelta(minutes=20)  # longer than any function may run: then whoever held the lease is dead


def run_id(site: str, night: date, stage: Stage | None) -> str:
    return f"{site}/{night.isoformat()}/{stage.value if stage else WHOLE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`folder` is where its plan lies in the state bucket; `counts`, `removals`, `frozen` and `holds` are
    the plan's, here so that `status` needs no plan. `done`, `failed`: operations confirmed and refused.
    `adoption`: it stands beside the night's stages (an adoption, one person's repair, a deposit by day), so
    that no night counts it as its own, nor as the good one that the next is compared with.
    """

    id: str  # run_id
    site: str
    night: str  # ISO date
    stage: str  # of Stage, or WHOLE
    state: RunState = RunState.PLANNING
    started_at: datetime
    heard_at: datetime
    holder: str = ""  # of the lease: who plans or applies it now; a random word, never a person
    revision: int = 0
    folder: str = ""
    sha256: str = ""  # of the plan
    counts: Mapping[str, int] = field(default_factory=dict)
    removals: int = 0
    frozen: int = 0
    memory_lost: tuple[str, ...] = ()  # papers of what the night remembered that could not be read
    holds: tuple[str, ...] = ()  # `scope:key:count:there:limit`
    source_rows: Mapping[str, int] = field(default_factory=dict)
    done: int = 0
    failed: int = 0
    error: str = ""  # code, where the stage failed
    held_by: str = ""
    released_by: str = ""
    released_at: datetime | None = None
    finished_at: datetime | None = None
    adoption: bool = False
    history: tuple[Moment, ...] = ()

    @property
    def under_way(self) -> bool:
        return self.state in (RunState.PLANNING, RunState.PLANNED, RunState.APPLYING)

    @property
    def waits_for_a_person(self) -> bool:
        """Held, or failed while it was: nothing of it is done before somebody releases it (N20)."""
        failed = self.state is RunState.FAILED and bool(self.folder and (self.holds or self.held_by))
        return (self.state is RunState.HELD or failed) and not self.released_by

    def leased_to_another(self, holder: str, now: datetime) -> bool:
        """Whether somebody else is at work on it. Who died is silent, and the lease ends by itself."""
        return self.holder not in ("", holder) and now - self.heard_at < SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NightDesk:
    """What people decided about a site's nights, and what its last good night read."""

    id: str  # the site
    revision: int = 0
    freezes: tuple[Freeze, ...] = ()
    held_by: str = ""  # a standing hold: nights are planned and wait
    held_at: datetime | None = None
    held_why: str = ""
    good_rows: Mapping[str, int] = field(default_factory=dict)  # `stage/file` → rows, of the last good night
    thawing: tuple[str, ...] = ()  # stages whose last run withheld something for a freeze
    newest: Mapping[str, str] = field(default_factory=dict)  # stage → the night whose sources were read last

    def overtaken(self, stage: str, night: str) -> str:
        """The newer night that has read its sources for this stage, or nothing."""
        mine = self.newest if stage in (WHOLE, ADOPTION) else (stage, WHOLE)
        others = [self.newest.get(one, "") for one in mine]
        return max((other for other in others if other > night), default="")


def moved_run(run: Run, state: RunState, at: datetime, why: str) -> Run:
    """Raises Refused `run_state` where the state may not follow."""
    if state is not run.state and state not in FOLLOWS[RunState][run.state]:
        raise Refused("run_state", state=run.state, wanted=state)
    moment = Moment(state.value, at, why)
    return replace(run, state=state, heard_at=at, history=(*run.history, moment)[-50:])
