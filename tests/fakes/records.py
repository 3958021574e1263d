"""The port `Records` as a collection: `assert upload in records`, `records[Upload, id]`."""

from __future__ import annotations

import base64
import copy
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from passerelle.domain.backups.upload import Upload
from passerelle.domain.console import ConsoleAct, Seen
from passerelle.domain.night.plan.run import Run
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.person_words import person_words
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Broken, Record, RunningJob, TargetLock
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import FreshStart, Permit, Rollover, Whereabouts
from passerelle.errors import Conflict, GiveUp, Refused
from passerelle.ports import Page, R
from passerelle.store.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = type[Record]

# (kind, index) → the value a record stands under; None: not in that index.
INDEXES: dict[tuple[Kind, str], Callable[[Any], str | None]] = {
    (Upload, "course"): lambda u: u.network_id,
    (Upload, "site"): lambda u: u.site,
    (Upload, "state"): lambda u: u.state.value,
    (Publication, "course"): lambda p: p.network_id,
    (Publication, "state"): lambda p: p.state.value,
    (Publication, "upload"): lambda p: p.upload,
    (Publication, "ancestor"): lambda p: p.ancestor or None,
    (Publication, "all"): lambda _: "all",
    (Retrieval, "publication_course"): lambda r: r.network_id,
    (Retrieval, "site"): lambda r: r.site,
    (RunningJob, "running"): lambda j: None if j.ended else "yes",
    (Rollover, "target"): lambda r: r.target,
    (Rollover, "source"): lambda r: r.source,
    (Rollover, "running"): lambda r: "yes" if r.watched else None,
    (Rollover, "site"): lambda r: r.site,
    (Permit, "target"): lambda p: p.target,
    (FreshStart, "site"): lambda f: f.site,
    (PlanRun, "site"): lambda r: r.site,
    (PlanRun, "applying"): lambda r: "yes" if r.applying else None,
    (Run, "site"): lambda r: r.site,
    (Delivery, "state"): lambda d: d.state,
    (Delivery, "order"): lambda d: d.order or None,
    (Order, "number"): lambda o: o.number.lower().lstrip("#") or None,
    (Order, "state"): lambda o: o.state.value,
    (Order, "shop"): lambda o: o.shop,
    (LedgerPage, "site"): lambda p: p.site if p.live else None,
    (Broken, "all"): lambda _: "all",
    (Seen, "all"): lambda _: "all",
    (ConsoleAct, "day"): lambda a: a.day,
    (ConsoleAct, "about"): lambda a: a.about,
}

AGE: dict[Kind, Callable[[Any], datetime]] = {
    Upload: lambda u: u.created_at,
    Publication: lambda p: p.requested_at,
    Retrieval: lambda r: r.requested_at,
    RunningJob: lambda j: j.heard_at,
    Delivery: lambda d: d.received_at,
    Order: lambda o: o.received_at,
    LedgerPage: lambda p: p.created_at,
    Rollover: lambda r: r.requested_at,
    Permit: lambda p: p.asked_at,
    FreshStart: lambda f: f.at,
    PlanRun: lambda r: r.made_at,
    Whereabouts: lambda w: w.at,
    Run: lambda r: r.started_at,
    ConsoleAct: lambda a: a.at,
    Broken: lambda b: b.at,
    Seen: lambda s: s.at,
}


class FakeRecords:
    """`unreadable` holds `{kind}#{id}` of records that are as if their items were damaged."""

    def __init__(self, *records: Record) -> None:
        self.unreadable: set[str] = set()
        self._kept: dict[tuple[Kind, str], Record] = {}
        self._lock = threading.RLock()
        for record in records:
            self._kept[type(record), record.id] = copy.deepcopy(record)

    # -- the port ----------------------------------------------------------------------------------

    def get(self, kind: type[R], key: str) -> R | None:
        if f"{kind.__name__}#{key}" in self.unreadable:
            raise GiveUp("record_unreadable", kind=kind.__name__)
        found = self._kept.get((kind, key))
        return copy.deepcopy(found) if isinstance(found, kind) else None

    def add(self, record: R) -> R:
        with self._lock:
            if (type(record), record.id) in self._kept:
                raise Conflict(f"{type(record).__name__} exists")
            self._kept[type(record), record.id] = copy.deepcopy(record)
        return record

    def change(self, before: R, after: R) -> R:
        if (type(before), before.id) != (type(after), after.id):
            raise ValueError("a change keeps the record's kind and id")
        with self._lock:
            self._must_be_current(before)
            written = replace(after, revision=before.revision + 1)
            self._kept[type(after), after.id] = copy.deepcopy(written)
        return written

    def delete(self, record: R) -> None:
        with self._lock:
            if (type(record), record.id) not in self._kept:
                return
            self._must_be_current(record)
            del self._kept[type(record), record.id]

    def can_read(self, kind: str, key: str) -> bool:
        return f"{kind}#{key}" not in self.unreadable

    def list(
        self,
        kind: type[R],
        index: str,
        value: str,
        *,
        after: str | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Page[R]:
        value_of = INDEXES[kind, index]
        past = _decoded(after) if after is not None else None
        found = sorted(
            (
                (_place(r), r)
                for (k, _), r in list(self._kept.items())
                if k is kind and value_of(r) == value and self.can_read(kind.__name__, r.id)
            ),
            key=lambda placed: placed[0],
            reverse=newest_first,
        )
        beyond = (lambda place: place < past) if newest_first else (lambda place: place > past)
        rest = [(place, r) for place, r in found if past is None or beyond(place)]
        shown = rest[:limit]
        items = tuple(copy.deepcopy(r) for _, r in shown if isinstance(r, kind))
        return Page(items, _encoded(shown[-1][0]) if len(rest) > limit else None)

    def naming(
        self, word: str, kind: type[R] | None = None, *, after: str | None = None, limit: int = 1000
    ) -> Page[Any]:
        found = sorted(
            (
                (f"{k.__name__}#{_place(r)}", r)
                for (k, _), r in list(self._kept.items())
                if (kind is None or k is kind) and word in person_words(r)
            ),
            key=lambda placed: placed[0],
            reverse=True,
        )
        past = _decoded(after) if after is not None else None
        rest = [(place, r) for place, r in found if past is None or place < past]
        items = tuple(copy.deepcopy(r) for _, r in rest[:limit])
        return Page(items, _encoded(rest[limit - 1][0]) if len(rest) > limit else None)

    def list_anew(self, record: Record) -> None:
        """Everything stands in every list here."""

    # -- what a test asks --------------------------------------------------------------------------

    def __contains__(self, record: object) -> bool:
        """Whether this very record is kept, at whatever revision."""
        if not isinstance(record, KINDS):
            return False
        kept = self._kept.get((type(record), record.id))
        return kept is not None and replace(kept, revision=0) == replace(record, revision=0)

    def __getitem__(self, kind_and_id: tuple[type[R], str]) -> R:
        found = self.get(*kind_and_id)
        if found is None:
            raise KeyError(f"{kind_and_id[0].__name__} {kind_and_id[1]}")
        return found

    def __iter__(self) -> Iterator[Record]:
        return iter(copy.deepcopy(list(self._kept.values())))

    def __len__(self) -> int:
        return len(self._kept)

    def all(self, kind: type[R]) -> tuple[R, ...]:
        """Oldest first; kinds without an age in the order of their ids."""
        return tuple(sorted((r for r in self if isinstance(r, kind)), key=_place))

    # ----------------------------------------------------------------------------------------------

    def _must_be_current(self, record: Record) -> None:
        kept = self._kept.get((type(record), record.id))
        if kept is None or kept.revision != record.revision:
            raise Conflict(f"{type(record).__name__} moved on")
        if isinstance(record, TargetLock) and isinstance(kept, TargetLock) and kept.holder != record.holder:
            raise Conflict("TargetLock is somebody else's now")


def _place(record: Record) -> str:
    age = AGE.get(type(record))
    when = age(record).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if age else ""
    return f"{when}#{record.id}"


def _encoded(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def _decoded(cursor: str) -> str:
    try:
        place = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        place = ""
    if "#" not in place:
        raise Refused("bad_cursor")
    return place
