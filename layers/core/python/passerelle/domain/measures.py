"""What a change of state counts for (H4): figures that people ask of a running system, never a name.

Decided on the two versions of one record, so that each is counted where the conditional write was won: once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from passerelle.domain.backups.upload import Upload
from passerelle.domain.night.plan.run import Run
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Moment, Record
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import (
    BackupState,
    OrderState,
    PublicationState,
    RetrievalState,
    RolloverState,
    RunState,
    State,
)

Unit = Literal["Count", "Seconds"]
ENROLLED = (OrderState.FULFILLED, OrderState.PARTLY_FULFILLED)


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    value: float
    unit: Unit = "Count"


# Which states count, each once a record comes into it. By class: two of them share words such as `failed`.
COUNTED: Mapping[type[Record], Mapping[State, str]] = {
    Upload: {BackupState.REFUSED: "BackupsRefused"},
    Publication: {
        PublicationState.PUBLISHED: "PublicationsPublished",
        PublicationState.FAILED: "PublicationsFailed",
    },
    Retrieval: {RetrievalState.DONE: "RetrievalsDone", RetrievalState.FAILED: "RetrievalsFailed"},
    Rollover: {RolloverState.DONE: "RolloversDone", RolloverState.FAILED: "RolloversFailed"},
    Order: {OrderState.PARKED: "OrdersParked"},
    Run: {RunState.HELD: "PlansHeld", RunState.FAILED: "StagesFailed"},
}


def measures(before: Record, after: Record) -> Iterator[Measure]:
    """What this change is counted as; nothing where no state was entered."""
    if not isinstance(after, Upload | Publication | Retrieval | Rollover | Order | Run):
        return
    if not isinstance(before, type(after)) or before.state is after.state:
        return
    name = COUNTED[type(after)].get(after.state)
    first = not _was(before.history, after.state)
    if name and (first or after.state in (OrderState.PARKED, RunState.HELD)):
        yield Measure(name, 1)
    match after:
        case Publication() if after.state is PublicationState.PUBLISHED and first:
            yield Measure("SecondsToPublish", _since(after.requested_at, after.history), "Seconds")
        case Order() if after.state in ENROLLED and not any(_was(before.history, one) for one in ENROLLED):
            yield Measure("OrdersFulfilled", 1)
            if after.paid_at is not None:
                # CloudWatch has no minutes: shown as such by the dashboard.
                yield Measure("SecondsFromPaidToEnrolled", _since(after.paid_at, after.history), "Seconds")
        case Run() if after.state is RunState.DONE:
            yield Measure("NightOperations", after.done)


def _was(history: tuple[Moment, ...], state: State) -> bool:
    return any(moment.state == state.value for moment in history)


def _since(begun: datetime, history: tuple[Moment, ...]) -> float:
    return max(0.0, (history[-1].at - begun).total_seconds()) if history else 0.0
