"""The ledger of a site held against its Moodle: what is missing is put there again, what is withdrawn is
looked for until it is gone, and what no order gives is taken out of the shop's own instance (S12, S14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from passerelle.domain.orders.ledger import (
    LedgerPage,
    Tie,
    kept,
    lines_of,
    looked_at,
    page_id,
    roles_wanted,
    withdrawn,
)
from passerelle.domain.orders.order import Order, SeatState
from passerelle.ports import World
from passerelle.usecases.amend import amend, if_readable, list_all
from passerelle.usecases.orders import put
from passerelle.usecases.orders.order_run import SiteRun

# Longer than any worker lives: by then nobody goes on with what they read before.
STALLED = timedelta(minutes=30)
AT_A_TIME = 200  # pages compared in one call
ROWS = 5_000  # of one page of the site's export

Difference = dict[str, object]


def compare(world: World, site: str) -> Iterator[Difference]:
    """Each with whether it is repaired. Raises TryAgain where the Moodle is away."""
    run = SiteRun(world, site)
    pages = list_all(world.records, LedgerPage, "site", site)
    present: dict[int, set[int]] = {}
    orders: dict[str, Order | None] = {}
    for start in range(0, len(pages), AT_A_TIME):
        some = [_owed(run, page, orders) for page in pages[start : start + AT_A_TIME]]
        run.pages = {page.user_id: page for page in some}
        yield from _missing(run, some) if run.site.plugins else _absent(run, some, present)
        _look_for_withdrawn(run, some)
    if run.site.plugins:
        yield from _given_by_nobody(run)


def _owed(run: SiteRun, page: LedgerPage, orders: dict[str, Order | None]) -> LedgerPage:
    """The page without what its orders do not owe any more: somebody slow may have written it down after
    the cancellation was worked on. What an order gave that is not there, or cannot be read, stays.
    """
    now = run.world.clock.now()

    def order_of(name: str) -> Order | None:
        if name not in orders:
            orders[name] = if_readable(run.world.records, Order, name)
        return orders[name]

    def owes(by: str) -> bool:
        name, _, line = by.removesuffix(":support").rpartition(":")
        order = order_of(name)
        if order is None:
            return True
        of_the_buyer = by.endswith(":support")
        return _owes(order, line, page.user_id) and not (of_the_buyer and page.user_id in _corrected(order))

    def is_wrong(tie: Tie, name: str) -> bool:
        """All that an order gives over people is between its buyer and them."""
        order = order_of(name)
        between = {tie.holder, tie.instance} if tie.level == "user" else {tie.holder}
        if order is None or not between & _corrected(order):
            return False
        return order.operator is None or order.operator.user_id not in between

    def decide(before: LedgerPage) -> LedgerPage:
        names = {by.removesuffix(":support").rpartition(":")[0] for by in lines_of(before)}
        for name in sorted(names):
            stays = {(g.by, p.course_id, g.role) for p in before.places for g in p.grants if owes(g.by)}
            stays |= {(one.by, 0, "") for one in before.products if owes(one.by)}
            ties = {
                (by, tie.key) for tie in before.ties if not is_wrong(tie, name) for by in tie.by if owes(by)
            }
            before = kept(before, name, stays, ties, now)
        return before

    if decide(page) == page:
        return page
    return amend(run.world.records, LedgerPage, page.id, decide)


def _owes(order: Order, line_id: str, user_id: int) -> bool:
    """Whether the order still owes anything to this person by this line."""
    line = order.line(line_id)
    if not order.due or (line is not None and order.quantity_left(line) <= 0):
        return False
    seats = [seat for seat in order.seats if seat.line == line_id and seat.user_id == user_id]
    if not seats:
        return user_id not in _corrected(order)
    return any(seat.state != SeatState.TAKEN for seat in seats)


def _corrected(order: Order) -> set[int]:
    """Buyers whom the shop has corrected since: it owes them nothing, but what they have a place for."""
    return {seat.user_id for seat in order.former} - ({order.operator.user_id} if order.operator else set())


def _missing(run: SiteRun, pages: Iterable[LedgerPage]) -> Iterator[Difference]:
    """What the ledger says, put to Moodle again: what changes was missing, and is there again."""
    rows: list[dict[str, object]] = []
    owners: list[tuple[LedgerPage, int]] = []
    for page in pages:
        for place in page.places:
            if place.door != "shop":
                continue
            for operation in put.operations(page, place):
                rows.append({"id": str(len(rows)), **operation})
                owners.append((page, place.course_id))
    for (page, course), row, verdict in zip(
        owners, rows, run.roster.apply(rows) if rows else (), strict=True
    ):
        gone = row["op"] == "unenrol" and verdict.errorcode in ("unknownuser", "unknowncourse")
        if verdict.changed or not (verdict.ok or gone):
            yield _difference(
                run, page.user_id, course, str(row["op"]), verdict.errorcode, repaired=verdict.ok
            )


def _absent(run: SiteRun, pages: Iterable[LedgerPage], present: dict[int, set[int]]) -> Iterator[Difference]:
    """Without the plugin only presence can be seen; it is reported, and its orders are worked on again."""
    for page in pages:
        for place in page.places:
            if not place.grants:
                continue
            if place.course_id not in present:
                people = run.roster.participants(place.course_id)
                present[place.course_id] = {person.id for person in people}
            if page.user_id not in present[place.course_id]:
                yield _difference(run, page.user_id, place.course_id, "enrol", repaired=False)


def _difference(
    run: SiteRun, user_id: int, course: int, what: str, errorcode: str = "", *, repaired: bool
) -> Difference:
    return {
        "site": run.site_name,
        "user": user_id,
        "course": course,
        "what": what,
        "repaired": repaired,
        "errorcode": errorcode,
    }


def _look_for_withdrawn(run: SiteRun, pages: Iterable[LedgerPage]) -> None:
    """Once more taken out, and what is still paid for put back: then it need not be remembered any more."""
    now = run.world.clock.now()
    old = [page for page in pages if _is_old(page, now)]
    everybody = [page.user_id for page in pages if withdrawn(page)]
    people = [page.user_id for page in old]
    put.out_of_groups(run, everybody)
    put.enrolments(run, everybody)
    put.withdrawn_roles(run, everybody)
    put.into_groups(run, people)
    put.roles(run, people)
    for page in old:

        def decide(before: LedgerPage, page: LedgerPage = page) -> LedgerPage:
            return looked_at(before) if before.revision == page.revision else before

        amend(run.world.records, LedgerPage, page.id, decide)


def _is_old(page: LedgerPage, now: datetime) -> bool:
    if page.taken_at is None:
        return withdrawn(page)  # of a release that did not note when
    return now - page.taken_at >= STALLED


def _given_by_nobody(run: SiteRun) -> Iterator[Difference]:
    """Moodle's own rows of the shop's instance: each must stand on a line that is paid for.

    A person whom the ledger does not know at all is only reported: perhaps it is the ledger that is gone.
    """
    for row in run.world.sites.lms(run.site_name).export("enrolments", ROWS):
        if (row["method"], row["source"]) != ("passerelle", "shop"):
            continue
        user_id, course_id, roles = int(row["userid"]), int(row["courseid"]), list(row["roles"])
        # Read now: an order that is being fulfilled writes here before it writes into Moodle.
        page = if_readable(run.world.records, LedgerPage, page_id(run.site_name, user_id))
        place = page.place(course_id) if page else None
        given = set(roles_wanted(place)) if place else set()
        extra = sorted(set(roles) - given) if roles or given else [""]
        if not extra:
            continue
        if page is None or not row["course"]:
            yield _difference(run, user_id, course_id, "given_by_nobody", repaired=False)
            continue
        common = {"op": "unenrol", "course": row["course"], "username": row["username"], "source": "shop"}
        verdicts = run.roster.apply(
            [{"id": str(n), **common, "role": role} for n, role in enumerate(extra) if role]
        )
        ok = bool(verdicts) and all(verdict.ok for verdict in verdicts)
        yield _difference(run, user_id, course_id, "given_by_nobody", repaired=ok)


def orders_of(world: World, difference: Difference) -> Iterator[str]:
    """The orders to be worked on again for what could not be repaired from here."""
    if difference["what"] != "enrol" or difference["repaired"]:
        return
    known = page_id(str(difference["site"]), int(str(difference["user"])))
    page = if_readable(world.records, LedgerPage, known)
    place = page.place(int(str(difference["course"]))) if page else None
    names = {
        name
        for grant in (place.grants if place else ())
        for line in [grant.by.removesuffix(":support")]
        for name in [line.rpartition(":")[0]]
    }
    yield from (name for name in sorted(names) if if_readable(world.records, Order, name) is not None)
