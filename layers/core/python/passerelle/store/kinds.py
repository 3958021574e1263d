"""Every kind of record that the table keeps."""

from __future__ import annotations

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.connection import Connection
from passerelle.domain.console import ConsoleAct, ConsoleSession, ConsoleTicket, Seen
from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.orders.delivery import Delivery, Hearing, OrderName
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Broken, Record, RunningJob, Tally, TargetLock
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import FreshStart, Permit, Rollover, Whereabouts

KINDS: tuple[type[Record], ...] = (
    Upload,
    Publication,
    Retrieval,
    CourseLine,
    RunningJob,
    TargetLock,
    Rollover,
    Permit,
    FreshStart,
    PlanRun,
    Whereabouts,
    Delivery,
    Order,
    OrderName,
    Hearing,
    LedgerPage,
    Tally,
    Run,
    NightDesk,
    ConsoleTicket,
    ConsoleSession,
    ConsoleAct,
    Seen,
    Connection,
    Broken,
)
