"""When a record loses its names (G2).

What DynamoDB or S3 forget by themselves stands in `store.items` and `infra/state.yaml`; here is what stays,
for what rests on it, and names nobody from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce

from passerelle.domain.backups.upload import Upload
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Moment, Record
from passerelle.domain.retention import Retention
from passerelle.domain.states import BackupState, OrderState, PublicationState, RetrievalState

UNDER_WAY = frozenset(OrderState) - {
    OrderState.FULFILLED,
    OrderState.PARTLY_FULFILLED,
    OrderState.REFUNDED,
    OrderState.CANCELLED,
    OrderState.NOT_OURS,
}
Ends = Mapping[str, datetime | None]


def running_orders(pages: list[LedgerPage]) -> Ends:
    """Of each order that access rests on, when the last of it ends; None: never.

    A grant is `{order}:{line}`, perhaps with more behind, and an order's id holds colons itself: the end is
    noted under every beginning, of which one is the order.
    """
    ends: dict[str, datetime | None] = {}
    for page in pages:
        for place in page.places:
            for grant in place.grants:
                parts = grant.by.split(":")
                for count in range(1, len(parts)):
                    name = ":".join(parts[:count])
                    ends[name] = _later(ends[name], grant.end) if name in ends else grant.end
    return ends


def access_ends(page: LedgerPage) -> datetime | None:
    """Of all that the page gives; when it was made, where it gives nothing; None: never."""
    ends = [grant.end for place in page.places for grant in place.grants]
    return page.created_at if not ends else reduce(_later, ends)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def loses_names_at(record: Record, rules: Retention, ends: Ends) -> datetime | None:
    """None: not while it stands so, or never for it names nobody. `ends` are those of `running_orders`."""
    match record:
        case Order():
            return _after(_of_order(record, ends), rules.orders)
        case LedgerPage():
            return _after(access_ends(record), rules.orders)
        case Delivery(state="parked" | "pending"):
            return _after(record.received_at, rules.parked)
        case Publication(
            state=PublicationState.SUPERSEDED | PublicationState.WITHDRAWN | PublicationState.FAILED
        ):
            return _after(_last(record.history, record.requested_at), rules.publications)
        case Retrieval(state=RetrievalState.DONE):
            return _after(_last(record.history, record.requested_at), rules.retrievals)
        case Upload(state=BackupState.ACCEPTED | BackupState.REFUSED):
            return _after(record.created_at, rules.uploads)
    return None


def _of_order(order: Order, ends: Ends) -> datetime | None:
    last = _last(order.history, order.received_at)
    end = ends.get(order.id, last)
    if order.state in UNDER_WAY and order.due:
        return None
    return None if end is None else max(last, end)


def _last(history: tuple[Moment, ...], first: datetime) -> datetime:
    return history[-1].at if history else first


def _after(moment: datetime | None, days: int) -> datetime | None:
    return None if moment is None else moment + timedelta(days=days)
