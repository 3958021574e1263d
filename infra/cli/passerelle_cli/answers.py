"""What `--json` prints, command by command: the shapes, and `passerelle schema`, which prints them.

Days and moments are ISO 8601, amounts whole minor units (cents), sizes bytes; states and codes stay as the
table keeps them, and what is a sentence is in the reader's language. A field may be added, and none changes
its meaning or goes away within a release.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NotRequired, TypeVar

import click
from typing_extensions import TypedDict

from passerelle.domain.backups.manifest import Inspection
from passerelle.domain.backups.manifest import Reason as Refusal
from passerelle.domain.network import Network
from passerelle.domain.night.plan.plan import Hold
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.model import RowRef
from passerelle.domain.publishing.changes import Change, Changes
from passerelle.domain.rollover.plan import Plan as RolloverPlan
from passerelle.sources.mistakes import Example
from passerelle.usecases.people_kept import Held
from passerelle_cli.terminal import nearest, refuse, worded

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")(command)


class Reason(TypedDict):
    code: str
    sentence: str


class Said(TypedDict):
    code: str
    message: str


# -- orders ----------------------------------------------------------------------------------------------


class OrderRow(TypedDict):
    order: str
    number: str
    shop: str
    state: str
    received_at: datetime
    paid_at: datetime | None
    wake_at: datetime | None
    why: list[Reason]
    seats: int


class UnreadableDelivery(TypedDict):
    delivery: str
    shop: str
    why: list[Reason]


class WaitingOrder(TypedDict):
    order: str
    shop: str
    why: list[Reason]
    command: str


class OrdersListed(TypedDict):
    orders: list[OrderRow]
    unreadable: list[UnreadableDelivery]


class OrdersWaiting(TypedDict):
    waiting: list[WaitingOrder]


class Buyer(TypedDict):
    firstname: str
    lastname: str
    email: str


class OrderSeat(TypedDict):
    firstname: str
    lastname: str
    email: str
    kind: str
    state: str
    why: list[Reason]


class OrderLine(TypedDict):
    line: str
    product: str
    title: str
    quantity: int
    amount: int | None
    seats: list[OrderSeat]


class Moment(TypedDict):
    state: str
    at: datetime
    why: str


class OrderWhole(OrderRow):
    currency: str
    total: int | None
    buyer: Buyer
    seats_link: str
    lines: list[OrderLine]
    history: list[Moment]


class Grant(TypedDict):
    email: str
    role: str
    course: str


class SeatCounts(TypedDict):
    paid: int
    free: int


class ExplainedOrder(TypedDict):
    id: str
    state: str
    why: list[str]
    total: str | None
    currency: str
    enrol: list[Grant]
    withdraw: list[Grant]
    seats: SeatCounts
    buyer: str


class IgnoredDelivery(TypedDict):
    topic: str
    why: str


class OrdersExplained(TypedDict):
    orders: list[ExplainedOrder]
    ignored: list[IgnoredDelivery]


# -- publications ----------------------------------------------------------------------------------------


class PublicationWhole(TypedDict):
    id: str
    state: str
    state_word: str
    version: int
    title: str
    hub_url: str
    course_url: str
    published_at: datetime | None
    message: str
    warnings: list[Said]
    reference: str
    site: str
    idnumber: str
    network_id: str
    upload: str
    sequence: int
    author: str
    ancestor: str
    summary: str
    language: str
    level: str
    licence: str
    activities: dict[str, int]
    sections: list[str]
    history: list[Moment]


class Version(TypedDict):
    id: str
    version: int
    state: str


class FamilyTree(TypedDict):
    network_id: str
    versions: list[Version]
    children: list[FamilyTree]


class Holder(TypedDict):
    site: str
    version: int
    course_url: str


class PublicationShown(PublicationWhole):
    changes: Changes | None
    family: FamilyTree
    holders: list[Holder]


class PublicationsListed(TypedDict):
    publications: list[PublicationWhole]


class Relative(TypedDict):
    title: str
    author: str
    site_name: str
    version: int
    state: str
    depth: int
    here: bool
    hub_url: str


class ChangesSince(TypedDict):
    since: int
    added: list[Change]
    removed: list[Change]
    changed: list[Change]


class Card(TypedDict):
    publication: str
    title: str
    summary: str
    author: str
    site: str
    site_name: str
    language: str
    level: str
    licence: str
    version: int
    published_at: datetime | None
    activities: dict[str, int]
    size: int
    hub_url: str
    ancestor: str
    sections: list[str]
    titles: list[str]
    moodle_release: str
    plugins: list[str]
    changes: ChangesSince | None
    family: list[Relative]


class CardsFound(TypedDict):
    publications: list[Card]


# -- rollover --------------------------------------------------------------------------------------------


class Question(TypedDict):
    code: str
    message: str


class SourceCourse(TypedDict):
    courseid: int
    idnumber: str
    fullname: str


class RolloverDescribed(TypedDict):
    rollover: str
    state: str
    state_word: str
    destination: str
    source: SourceCourse
    requested_at: datetime
    course_url: str
    doubled: int
    message: str
    warnings: list[Said]
    findings: dict[str, int]
    report_ready: bool
    undo_until: datetime | None
    undo_asked: bool
    undo_message: str
    overridden: bool
    override: str
    reference: str
    assistance: str


class RolloverAsked(TypedDict):
    rollover: RolloverDescribed | None
    questions: list[Question]


class PlanProgress(TypedDict):
    plan: str
    begun: int
    total: int
    states: dict[str, int]


class Counted(TypedDict):
    code: str
    title: str
    count: int


class RepairFinding(TypedDict):
    code: str
    title: str
    place: str
    what: str
    times: int
    todo: str
    new_address: str
    repair_at: str


class RolloverReport(TypedDict):
    title: str
    course: str
    course_url: str
    before: bool
    made_at: datetime
    counts: list[Counted]
    findings: list[RepairFinding]
    nothing: str


class PlanOutcome(TypedDict):
    course: int
    idnumber: str
    fullname: str
    state: str
    why: str
    to_repair: int
    rollover: str


class PlanReport(TypedDict):
    plan: str
    courses: list[PlanOutcome]


class ArchiveSection(TypedDict):
    id: int
    number: int
    name: str


class ArchiveActivity(TypedDict):
    id: int
    section: int
    module: str
    title: str


class ArchiveGroup(TypedDict):
    id: int
    name: str


class NightsGroup(ArchiveGroup):
    idnumber: str


class RolloverContents(TypedDict):
    rollover: str
    sections: list[ArchiveSection]
    activities: list[ArchiveActivity]
    groups: list[ArchiveGroup]
    nights_groups: list[NightsGroup]


# -- nights ----------------------------------------------------------------------------------------------


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


# -- extracts --------------------------------------------------------------------------------------------


class FileFault(TypedDict):
    file: str
    fault: str
    column: str
    sentence: str


class RowsRead(TypedDict):
    read: int
    refused: int


class ExtractMistake(TypedDict):
    kind: str
    file: str
    column: str
    count: int
    examples: list[Example]
    right: str
    note: bool
    sentence: str


class ExtractFinding(TypedDict):
    check: str
    cause: str
    repairs: str
    person: str
    course: str
    rows: list[RowRef]
    sentence: str


class ExtractsChecked(TypedDict):
    problems: list[FileFault]
    files: dict[str, RowsRead]
    mistakes: list[ExtractMistake]
    findings: list[ExtractFinding]


class DesiredLists(TypedDict):
    users: list[tuple[str, str]]
    cohorts: list[tuple[str, str]]
    cohort_members: list[list[str]]
    categories: list[tuple[str, str, str]]
    courses: list[tuple[str, str, str, str]]
    groups: list[tuple[str, str, str]]
    enrolments: list[list[str]]
    members: list[list[str]]
    untouched: list[tuple[str, str, str]]


# -- why -------------------------------------------------------------------------------------------------


class WhyPerson(TypedDict):
    code: str
    username: str
    label: str


class WhyCourse(TypedDict):
    element: str
    title: str
    only: str
    bearer: str


class WhyRow(TypedDict):
    file: str
    line: int


class WhyReason(TypedDict):
    cause: str
    weight: str
    rule: str
    check: str
    repairs: str
    repairs_name: str
    stage: str
    takes_effect: str
    rows: list[WhyRow]
    details: dict[str, Any]
    sentence: str


class WhyPlace(TypedDict):
    course: str
    fullname: str
    foad: bool
    verdict: str
    roles: list[str]
    sentence: str
    reasons: list[WhyReason]


class WhyAnswer(TypedDict):
    kind: str  # answer
    night: NotRequired[str]  # the one whose papers were read, of a site
    person: WhyPerson
    course: WhyCourse
    verdict: str
    places: list[WhyPlace]
    notes: list[WhyReason]
    text: str


class WhyReference(TypedDict):
    kind: str  # reference
    reference: str
    code: str
    route: str
    course: str
    at: datetime
    message: str
    text: str


class WhyCandidates(TypedDict):
    night: NotRequired[str]
    kind: str  # which of person or course is meant, or not found
    candidates: list[dict[str, str]]
    count: int
    text: str


# -- archives, people ------------------------------------------------------------------------------------


class ArchiveUnread(TypedDict):
    accepted: bool
    reasons: list[Refusal]
    error: str


class HeldRecord(TypedDict):
    kind: str
    id: str
    record: dict[str, Any]


class HeldDocument(TypedDict):
    key: str
    lines: list[Any]


class HeldDelivery(TypedDict):
    id: str
    received_at: datetime


class HeldLeftover(TypedDict):
    kind: str
    id: str
    lines: list[Any]


class PersonHeld(TypedDict):
    known_as: list[str]
    records: list[HeldRecord]
    deliveries: list[HeldDelivery]
    documents: list[HeldDocument]
    leftovers: list[HeldLeftover]
    kept_because: list[Held]


ANSWERS: Mapping[str, tuple[Any, ...]] = {
    # Each command that prints JSON, with the shapes of its object.
    "catalogue search": (CardsFound,),
    "mbz inspect": (Inspection, ArchiveUnread),
    "network show": (Network,),
    "orders explain": (OrdersExplained,),
    "orders list": (OrdersListed, OrdersWaiting),
    "orders show": (OrderWhole,),
    "people show": (PersonHeld,),
    "publications list": (PublicationsListed,),
    "publications show": (PublicationShown,),
    "rollover contents": (RolloverContents,),
    "rollover plan": (RolloverPlan,),
    "rollover report": (RolloverReport, PlanReport),
    "rollover request": (RolloverAsked,),
    "rollover status": (RolloverDescribed, PlanProgress),
    "sync adopt": (NightPlan,),
    "sync check": (ExtractsChecked,),
    "sync desired": (DesiredLists,),
    "sync diff": (PlansCompared,),
    "sync person": (PersonRepaired,),
    "sync plan": (NightPlan,),
    "sync show": (NightPlan,),
    "sync status": (NightsStatus,),
    "why": (WhyAnswer, WhyReference, WhyCandidates),
}


def schema_of(command: str) -> dict[str, Any]:
    """The JSON schema of what the command prints with --json."""
    from passerelle_cli.network_schema import schema_made_of

    return schema_made_of(ANSWERS[command], f"passerelle {command} --json")


@click.command("schema")
@click.argument("command", nargs=-1)
def schema(command: tuple[str, ...]) -> None:
    """Print the JSON schema of what COMMAND prints with --json; without one, list the commands that do."""
    if not command:
        for one in ANSWERS:
            click.echo(f"passerelle {one}")
        return
    name = " ".join(command)
    if name not in ANSWERS:
        sentence = worded("« {name} » n’imprime pas de JSON.", "“{name}” prints no JSON.", name=name)
        refuse("COMMAND", f"{sentence} {nearest(name, ANSWERS)}")
    click.echo(json.dumps(schema_of(name), ensure_ascii=False, indent=1))
