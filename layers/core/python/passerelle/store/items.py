"""A record as an item of the table: its keys, where it is listed, how long it stays, its size.

| item | pk | sk | also |
| --- | --- | --- | --- |
| a record | `Upload#{id}` | `Upload` | `revision`, `stamp`, `record` (a map), gsi keys, `expires_at` |
| where it is listed | `Upload#course#{value}` | `{time}#{id}` | `expires_at` |
| whom it names | `Person#{digest of a word}` | `Upload#{time}#{id}` | `expires_at` |

An index is kept in one of two ways. The use cases decide on what `course`, `upload` and
`publication_course` list, so these are items of the base table, written in one transaction with the
record and read consistently; they rest on fields that never change, so that a change of state remains
one conditional write. `state`, `running`, `all` and the sites only show or wake: they are gsi1 and gsi2
(projection ALL), which lag by moments. Who acts on a record from there writes it conditionally, and
loses with Conflict if what they saw was old.

Whom a record names is found by the words of `domain.person_words`, digested with this table's own salt, so
that no key holds a name. These items are written in the record's transaction as far as they fit in it, the
rest before it; one whose person left the record gets an end. One too many points to a record that does not
name the person, and whoever looks sees that.

Time to live: see `expires`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import TypeAdapter, ValidationError

from passerelle.domain.backups.upload import Upload
from passerelle.domain.connection import Connection
from passerelle.domain.console import ConsoleAct, ConsoleSession, ConsoleTicket, Seen
from passerelle.domain.night.plan.run import Run
from passerelle.domain.orders.delivery import Delivery, OrderName
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.person_words import person_words
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Broken, Record, RunningJob, Tally, TargetLock
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import FreshStart, Permit, Rollover, Whereabouts
from passerelle.domain.states import BackupState, RetrievalState, RolloverState
from passerelle.errors import GiveUp
from passerelle.ports import R
from passerelle.store import parts
from passerelle.store.unknown_fields import unknown_in, with_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = dict[str, Any]  # attribute name → {"S": …}, as the client of DynamoDB takes it
Kind = type[Record]

LOG = logging.getLogger(__name__)

# DynamoDB refuses an item above 400 KiB, names and keys included.
LARGEST = 390_000
LARGEST_PACKED = 3_000_000  # of all parts of a record; a transaction may have 4 MB

HISTORY_KEPT = timedelta(days=400)  # a school year, and time to ask about it
JOB_KEPT = timedelta(days=30)
BROKEN_KEPT = timedelta(days=30)
LOCK_KEPT = timedelta(days=1)
DELIVERY_KEPT = timedelta(days=90)  # longer than any shop repeats one


# -- where a record is listed -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Index:
    kept: Literal["items", "gsi1", "gsi2"]
    value: Callable[[Any], str | None]  # None: the record is not in this index


INDEXES: dict[Kind, dict[str, Index]] = {
    Upload: {
        "course": Index("items", lambda upload: upload.network_id),
        "state": Index("gsi1", lambda upload: upload.state.value),
        "site": Index("gsi2", lambda upload: upload.site),
    },
    Publication: {
        "course": Index("items", lambda publication: publication.network_id),
        "upload": Index("items", lambda publication: publication.upload),
        "ancestor": Index("items", lambda publication: publication.ancestor or None),
        "state": Index("gsi1", lambda publication: publication.state.value),
        "all": Index("gsi2", lambda _: "all"),
    },
    Retrieval: {
        "publication_course": Index("items", lambda retrieval: retrieval.network_id),
        "site": Index("gsi2", lambda retrieval: retrieval.site),
    },
    RunningJob: {"running": Index("gsi1", lambda job: None if job.ended else "yes")},
    Rollover: {
        "target": Index("items", lambda rollover: rollover.target),
        "source": Index("items", lambda rollover: rollover.source),
        "running": Index("gsi1", lambda rollover: "yes" if rollover.watched else None),
        "site": Index("gsi2", lambda rollover: rollover.site),
    },
    Permit: {"target": Index("items", lambda permit: permit.target)},
    FreshStart: {"site": Index("gsi2", lambda fresh: fresh.site)},
    PlanRun: {
        "applying": Index("gsi1", lambda run: "yes" if run.applying else None),
        "site": Index("gsi2", lambda run: run.site),
    },
    Run: {"site": Index("gsi2", lambda run: run.site)},
    Delivery: {
        "state": Index("gsi1", lambda delivery: delivery.state),
        "order": Index("items", lambda delivery: delivery.order or None),
    },
    Order: {
        "number": Index("items", lambda order: order.number.lower().lstrip("#") or None),
        "state": Index("gsi1", lambda order: order.state.value),
        "shop": Index("gsi2", lambda order: order.shop),
    },
    Broken: {"all": Index("gsi2", lambda _: "all")},
    Seen: {"all": Index("gsi2", lambda _: "all")},
    LedgerPage: {"site": Index("gsi1", lambda page: page.site if page.live else None)},
    ConsoleAct: {
        "day": Index("gsi1", lambda act: act.day),
        "about": Index("gsi2", lambda act: act.about),
    },
}

AGE: dict[Kind, Callable[[Any], datetime]] = {
    Upload: lambda upload: upload.created_at,
    Publication: lambda publication: publication.requested_at,
    Retrieval: lambda retrieval: retrieval.requested_at,
    RunningJob: lambda job: job.heard_at,
    Rollover: lambda rollover: rollover.requested_at,
    Permit: lambda permit: permit.asked_at,
    FreshStart: lambda fresh: fresh.at,
    PlanRun: lambda run: run.made_at,
    Whereabouts: lambda page: page.at,
    Run: lambda run: run.started_at,
    Delivery: lambda delivery: delivery.received_at,
    Order: lambda order: order.received_at,
    LedgerPage: lambda page: page.created_at,
    Broken: lambda one: one.at,
    Seen: lambda one: one.at,
    ConsoleAct: lambda act: act.at,
}


# Where the class has another name than the records that earlier releases wrote.
KEPT_AS: dict[Kind, str] = {LedgerPage: "Page"}


def kept_as(kind: Kind) -> str:
    return KEPT_AS.get(kind, kind.__name__)


def partition(kind: Kind, index: str, value: str) -> str:
    return f"{kept_as(kind)}#{index}#{value}"


def place(record: Record) -> str:
    """Sorts by age, then by id: `2026-10-05T08:00:00.000000Z#{id}`; without a time where it has no age."""
    age = AGE.get(type(record))
    return f"{iso(age(record)) if age else ''}#{record.id}"


def key(kind: Kind, record_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"{kept_as(kind)}#{record_id}"}, "sk": {"S": kept_as(kind)}}


def listings(record: Record) -> dict[tuple[str, str], Item]:
    """The items of the base table that list this record, by their keys."""
    found = {}
    for name, index in INDEXES.get(type(record), {}).items():
        value = index.value(record)
        if index.kept == "items" and value is not None:
            pk, sk = partition(type(record), name, value), place(record)
            found[pk, sk] = {"pk": {"S": pk}, "sk": {"S": sk}} | _time_to_live(record)
    return found


def named_by(word: str, salt: bytes) -> str:
    """The partition of what names a person by this word (`domain.person_words`)."""
    return f"Person#{hmac.new(salt, word.encode(), hashlib.sha256).hexdigest()[:32]}"


def naming(record: Record, salt: bytes) -> dict[tuple[str, str], Item]:
    """The items by which the people are found whom this record names, by their keys."""
    sk, until = f"{kept_as(type(record))}#{place(record)}", _time_to_live(record)
    pks = [named_by(word, salt) for word in person_words(record)]
    return {(pk, sk): {"pk": {"S": pk}, "sk": {"S": sk}} | until for pk in pks}


# -- how long it stays ------------------------------------------------------------------------------


_EXPIRES: dict[Kind, Callable[[Any], datetime | None]] = {
    # 400 days after it was deleted
    Upload: lambda upload: (
        _last_moment(upload.history, upload.created_at) + HISTORY_KEPT
        if upload.state is BackupState.DELETED
        else None
    ),
    # one that is done tells who holds which version (P13)
    Retrieval: lambda retrieval: (
        _last_moment(retrieval.history, retrieval.requested_at) + HISTORY_KEPT
        if retrieval.state in (RetrievalState.REFUSED, RetrievalState.FAILED)
        else None
    ),
    RunningJob: lambda job: job.heard_at + JOB_KEPT if job.ended else None,
    TargetLock: lambda lock: lock.until + LOCK_KEPT,
    Seen: lambda one: one.at + BROKEN_KEPT,  # written anew each hour while its site or shop is there
    Broken: lambda one: one.at + BROKEN_KEPT,  # noted again while it is met
    Tally: lambda tally: tally.until,
    # what waits for an order that never comes is forgotten with its delivery
    OrderName: lambda name: None if name.order else name.at + DELIVERY_KEPT,
    Delivery: lambda delivery: (
        delivery.received_at + DELIVERY_KEPT if delivery.state in ("taken", "ignored") else None
    ),
    # twice as long where a course rests on it: links are looked up there (R12)
    Rollover: lambda rollover: (
        None
        if rollover.under_way
        else _last_moment(rollover.history, rollover.requested_at)
        + HISTORY_KEPT * (2 if rollover.state is RolloverState.DONE else 1)
    ),
    Whereabouts: lambda page: page.at + 2 * HISTORY_KEPT,
    Permit: lambda permit: permit.asked_at + HISTORY_KEPT,
    FreshStart: lambda fresh: fresh.at + HISTORY_KEPT,
    PlanRun: lambda run: run.made_at + HISTORY_KEPT,
    Run: lambda run: run.started_at + HISTORY_KEPT,
    ConsoleTicket: lambda ticket: ticket.until + LOCK_KEPT,
    ConsoleSession: lambda session: session.until + LOCK_KEPT,
    ConsoleAct: lambda act: act.at + HISTORY_KEPT,
    # as long as a sentence can still say that the code is too old
    Connection: lambda connection: connection.until + LOCK_KEPT,
}


def expires(record: Record) -> datetime | None:
    """When DynamoDB may forget a record; None: never, or not while it stands so.

    Publications never: they number one another's attempts and are the family tree (P12). Orders and the
    ledger stay, since access rests on them.
    """
    when = _EXPIRES.get(type(record))
    return when(record) if when else None


def _last_moment(history: tuple[Any, ...], otherwise: datetime) -> datetime:
    last: datetime = history[-1].at if history else otherwise
    return last


def _time_to_live(record: Record) -> Item:
    when = expires(record)
    return {} if when is None else {"expires_at": {"N": str(int(when.timestamp()))}}


# -- to and from the table --------------------------------------------------------------------------


_adapters: dict[Kind, TypeAdapter[Any]] = {}  # made when first used: each takes milliseconds


def _adapter(kind: Kind) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_items(record: Record, stamp: str, unknown: Any = None) -> tuple[Item, list[Item]]:
    """The record's item, and its parts where it is too large for one (`parts`)."""
    kind = kept_as(type(record))
    item = to_item(record, stamp, unknown)
    if kind not in parts.LEAVING or size_of(item) <= parts.PACKED_OVER:
        return item, []
    fields = with_unknown(fields_of(record), unknown)
    staying, pieces = parts.packed(fields, parts.LEAVING[kind])
    item |= {"record": TypeSerializer().serialize(staying), "parts": {"N": str(len(pieces))}}
    return item, parts.items(item["pk"], kind, record.revision, pieces, _time_to_live(record))


def to_item(record: Record, stamp: str, unknown: Any = None) -> Item:
    """The record in one item, however large. `stamp` is the write's own: by it a write whose answer was
    lost knows itself again. `unknown`: the fields that the stored record had and this release does not know.
    """
    kind = type(record)
    fields = with_unknown(fields_of(record), unknown)
    item: Item = key(kind, record.id) | {
        "revision": {"N": str(record.revision)},
        "stamp": {"S": stamp},
        "record": TypeSerializer().serialize(fields),
    }
    if isinstance(record, TargetLock):
        item["holder"] = {"S": record.holder}
    for name, index in INDEXES.get(kind, {}).items():
        value = index.value(record)
        if index.kept != "items" and value is not None:
            item[f"{index.kept}pk"] = {"S": partition(kind, name, value)}
            item[f"{index.kept}sk"] = {"S": place(record)}
    return item | _time_to_live(record)


def fields_of(record: Record) -> dict[str, Any]:
    """As the table keeps them: times as text, numbers as Decimal, tuples as lists."""
    fields: dict[str, Any] = _plain(_adapter(type(record)).dump_python(record))
    del fields["revision"]
    return fields


def unknown_of(record: Record, item: Mapping[str, Any]) -> Any:
    """What the item holds that this release does not know (`unknown_fields`)."""
    return unknown_in(_fields_in(item), fields_of(record))


def _fields_in(item: Mapping[str, Any]) -> dict[str, Any]:
    """`fields`: already put together from its parts."""
    fields: dict[str, Any] = item.get("fields") or TypeDeserializer().deserialize(item["record"])
    return fields


def from_item(kind: type[R], item: Mapping[str, Any]) -> R:
    try:
        fields = _fields_in(item)
        record: R = _adapter(kind).validate_python(fields | {"revision": int(item["revision"]["N"])})
    except (ValidationError, KeyError, TypeError, ValueError):
        # pydantic quotes the values, which may be people's names.
        raise GiveUp("record_unreadable", kind=kind.__name__) from None
    return record


# Where a record says which person of its site asked for it.
_ASKED_BY = ("person", "author", "applied_by")


def still_said(item: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record that cannot be read: where it belongs and who asked for it, where that much is there."""
    try:
        fields = TypeDeserializer().deserialize(item["record"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
    people = [fields.get(name) for name in _ASKED_BY] if isinstance(fields, dict) else []
    person: Any = next((one for one in people if isinstance(one, dict)), {})
    said = {"site": fields.get("site"), "shop": fields.get("shop"), "username": person.get("username")}
    return {name: value for name, value in said.items() if isinstance(value, str)}


def iso(when: datetime) -> str:
    """UTC, always as many digits, so that text sorts as time does."""
    if when.tzinfo is None:
        raise ValueError("a time without zone cannot be stored")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case bool() | None:
            return value
        case int():
            return Decimal(value)
        case str():
            return str(value)
    raise TypeError(f"no place in the table for a {type(value).__name__}")


# -- its size ---------------------------------------------------------------------------------------

# What may be cut where a record would not fit: previews and lists of notes, which stand whole in the
# manifest and in the job's papers. Dots lead inwards.
CUTTABLE: dict[Kind, tuple[str, ...]] = {
    Upload: ("reasons", "scrubbed"),
    Publication: ("contents.titles", "contents.sections", "contents.plugins", "card.summary", "warnings"),
    Retrieval: ("warnings",),
    Rollover: ("warnings",),
}


def fitted(record: R, unknown: Any = None) -> R:
    """The record, its longest list or text halved until it fits. Raises GiveUp where that is not enough."""
    kind = type(record)
    while (size := _largest_of(*to_items(record, "0" * 32, unknown))) > LARGEST:
        fields = fields_of(record)
        sizes = {path: size_of(_inside(fields, path)) for path in CUTTABLE.get(kind, ())}
        longest = max(sizes, key=lambda path: sizes[path], default="")
        if not longest or sizes[longest] == 0:
            raise GiveUp("record_too_large", kind=kind.__name__, size=size)
        kept = len(_inside(fields, longest)) // 2
        LOG.warning(
            "cut to fit the table",
            extra={"kind": kind.__name__, "record": record.id, "field": longest, "kept": kept},
        )
        record = _cut(record, longest, kept)
    return record


def _largest_of(item: Item, pieces: list[Item]) -> int:
    """Of a packed record its own item counts, and all of it, which is written in one transaction."""
    return max(size_of(item), size_of(pieces) * LARGEST // LARGEST_PACKED if pieces else 0)


def size_of(value: Any) -> int:
    """Bytes as DynamoDB counts them, from above: names, text in UTF-8, 21 for a number, 3 for a list."""
    match value:
        case {"N": str()}:
            return 21
        case dict():
            return 3 + sum(len(str(name).encode()) + 1 + size_of(inner) for name, inner in value.items())
        case list() | tuple():
            return sum(1 + size_of(inner) for inner in value)
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
    return 21


def _inside(fields: Any, path: str) -> Any:
    for name in path.split("."):
        fields = fields[name]
    return fields


def _cut(record: Any, path: str, kept: int) -> Any:
    name, _, rest = path.partition(".")
    inner = getattr(record, name)
    return replace(record, **{name: _cut(inner, rest, kept) if rest else inner[:kept]})
