"""What an order gave and is no longer owed: refunds, cancellations, swapped seats (S14)."""

from __future__ import annotations

from collections import defaultdict

from passerelle.domain.orders.accounts import Account
from passerelle.domain.orders.ledger import Key, LedgerPage, kept, withdrawn
from passerelle.usecases.amend import amend
from passerelle.usecases.orders import put
from passerelle.usecases.orders.order_run import OrderRun

Owed = set[tuple[str, int, str]]  # (line, course, role)
Ties = set[tuple[str, Key]]  # (line, tie)


def take_away(order_run: OrderRun) -> None:
    """From everyone for whom this order ever did anything, all that it no longer owes them; and once more
    what was withdrawn before and may have been given again since.
    """
    now, gone, addresses = order_run.world.clock.now(), [], _addresses(order_run)
    for key, user_id, username in order_run.to_look_at():
        order_run.looked_at.add(key)
        page = order_run.page_of(key, Account(user_id, username))
        if page is None:
            continue
        keys = {key, *addresses[user_id]}
        owed, ties = _owed(order_run, keys, page), _owed_ties(order_run, keys, page)

        def decide(page: LedgerPage, owed: Owed = owed, ties: Ties = ties) -> LedgerPage:
            return kept(page, order_run.order.id, owed, ties, now)

        if decide(page) != page:
            page = order_run.pages[user_id] = amend(
                order_run.world.records, LedgerPage, page.id, decide, known=page
            )
        if withdrawn(page):
            gone.append(user_id)
    put.out_of_groups(order_run, gone)
    put.enrolments(order_run, gone)
    put.withdrawn_roles(order_run, gone)


def _addresses(order_run: OrderRun) -> dict[int, set[str]]:
    """By user id; more than one of whoever got another in Moodle and in the shop."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for key, user_id, _ in order_run.touched():
        found[user_id].add(key)
    for key, account in order_run.accounts.items():
        found[account.user_id].add(key)
    return found


def _owed(order_run: OrderRun, keys: set[str], page: LedgerPage) -> Owed:
    """Of their grants those that stay. Where a course or an account cannot be found just now, what stands
    is left: only a refund, a cancellation or a swap takes away.
    """
    unread = order_run.session.unread
    stays: Owed = {
        (grant.by, place.course_id, grant.role)
        for place in page.places
        for grant in place.grants
        if grant.by.removesuffix(":support") in unread
    }
    stays |= {(one.by, 0, "") for one in page.products if one.by in unread}
    for enrolment in (*order_run.session.enrolments, *order_run.session.support):
        if enrolment.person not in keys:
            continue
        course = order_run.courses.get(enrolment.course)
        for place in page.places:
            if course is None or place.course_id == course.id:
                stays |= {(g.by, place.course_id, g.role) for g in place.grants if g.by == enrolment.by}
    if order_run.order.buyer.key in keys:
        lines = [by for by, _, _ in order_run.session.registered] + [
            by for by, _ in order_run.session.prorogued
        ]
        stays |= {(by, 0, "") for by in lines}
    return stays


def _owed_ties(order_run: OrderRun, keys: set[str], page: LedgerPage) -> Ties:
    unread = {(by, tie.key) for tie in page.ties for by in tie.by if by in order_run.session.unread}
    return unread | _owed_ties_read(order_run, keys, page)


def _owed_ties_read(order_run: OrderRun, keys: set[str], page: LedgerPage) -> Ties:
    unknown = {*order_run.stopped, *(keys - order_run.accounts.keys())}
    pairs = [(one.by, {one.holder, one.over}) for one in order_run.session.attached]
    lines = {by for by, pair in pairs if keys & pair and pair & unknown}
    return {
        (by, tie.key)
        for tie in page.ties
        for by in tie.by
        if by in lines or (by, tie.key) in order_run.held_ties
    }
