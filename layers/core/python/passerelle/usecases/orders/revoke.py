"""What an order gave and is no longer owed: refunds, cancellations, swapped seats (S14)."""

from __future__ import annotations

from passerelle.domain.moodle.core import Membership, RoleAssignment
from passerelle.domain.orders.ledger import Key, LedgerPage, kept, loose, roles_wanted, wanted, without_loose
from passerelle.errors import GiveUp
from passerelle.usecases.amend import amend
from passerelle.usecases.orders.enrolments import (
    AGAIN,
    Step,
    note_written,
    page_of,
    put_by_hand,
    put_by_plugin,
)
from passerelle.usecases.orders.order_run import OrderRun

Owed = set[tuple[str, int, str]]  # (line, course, role)
Ties = set[tuple[str, Key]]  # (line, tie)


def take_away(order_run: OrderRun) -> None:
    """From everyone for whom this order ever did anything, all that it no longer owes him."""
    for key, user_id, username in order_run.touched():
        page = page_of(order_run, user_id, username, existed=True)
        owed, ties = _owed(order_run, key, page), _owed_ties(order_run, key, page)
        after = kept(page, order_run.order.id, owed, ties)
        if after == page and not _unfinished(page):
            continue
        _leave_groups(order_run, page, after)

        def decide(now: LedgerPage, owed: Owed = owed, ties: Ties = ties) -> LedgerPage:
            return kept(now, order_run.order.id, owed, ties)

        order_run.pages[user_id] = amend(order_run.world.records, LedgerPage, page.id, decide)
        _unenrol(order_run, user_id)
        _untie(order_run, user_id)


def _owed(order_run: OrderRun, key: str, page: LedgerPage) -> Owed:
    """Of his grants those that stay. Where a course or an account cannot be found just now, what stands
    is left: only a refund, a cancellation or a swap takes away.
    """
    stays: Owed = set()
    for enrolment in (*order_run.session.enrolments, *order_run.session.support):
        if enrolment.person != key:
            continue
        course = order_run.courses.get(enrolment.course)
        for place in page.places:
            if course is None or place.course_id == course.id:
                stays |= {(g.by, place.course_id, g.role) for g in place.grants if g.by == enrolment.by}
    if key == order_run.order.buyer.key:
        lines = [by for by, _, _ in order_run.session.registered] + [
            by for by, _ in order_run.session.prorogued
        ]
        stays |= {(by, 0, "") for by in lines}
    return stays


def _owed_ties(order_run: OrderRun, key: str, page: LedgerPage) -> Ties:
    if key not in order_run.stopped and key in order_run.accounts:
        return {(by, tie.key) for tie in page.ties for by in tie.by if (by, tie.key) in order_run.held_ties}
    lines = {one.by for one in order_run.session.attached if key in (one.holder, one.over)}
    return {(by, tie.key) for tie in page.ties for by in tie.by if by in lines}


def _unfinished(page: LedgerPage) -> bool:
    """Whether an earlier run was cut after the ledger and before Moodle."""
    gone = any(not place.grants and place.written for place in page.places)
    fewer = any(set(place.written) - set(roles_wanted(place)) for place in page.places)
    return gone or fewer or bool(loose(page))


def _leave_groups(order_run: OrderRun, before: LedgerPage, after: LedgerPage) -> None:
    """Out of the order's group first: unenrolled for good, Moodle itself would have taken him out."""
    for place in before.places:
        now = after.place(place.course_id)
        left = {grant.group for grant in now.grants} if now else set()
        gone = {grant.group for grant in place.grants} - left - {""}
        gone = {group for group in gone if group.startswith(f"{order_run.order.shop}:")}
        if not gone:
            continue
        ids = [group.id for group in order_run.roster.groups(place.course_id) if group.idnumber in gone]
        if ids:
            order_run.roster.remove_group_members([Membership(number, before.user_id) for number in ids])


def _unenrol(order_run: OrderRun, user_id: int) -> None:
    for _ in range(AGAIN):
        page = order_run.pages[user_id]
        places = [p for p in page.places if p.written or p.grants]
        put_by_plugin(order_run, [Step(page, p, None) for p in places if p.door == "shop"])
        put_by_hand(order_run, [Step(page, p, None) for p in places if p.door == "manual"])
        after = note_written(order_run, page, {place.course_id for place in places})
        order_run.pages[user_id] = after
        if all(wanted(p) == wanted(page.place(p.course_id) or p) for p in after.places):
            return


def _untie(order_run: OrderRun, user_id: int) -> None:
    page = order_run.pages[user_id]
    gone = loose(page)
    if gone:
        rows = []
        for tie in gone:
            try:
                rows.append(RoleAssignment(order_run.role_id(tie.role), tie.holder, tie.level, tie.instance))
            except GiveUp:
                continue
        if rows:
            order_run.roster.unassign_roles(rows)
    if any(not tie.by for tie in page.ties):
        order_run.pages[user_id] = amend(order_run.world.records, LedgerPage, page.id, without_loose)
