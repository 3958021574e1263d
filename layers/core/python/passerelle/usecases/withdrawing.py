"""What an order gave and is no longer owed: refunds, cancellations, swapped seats (S14)."""

from __future__ import annotations

from passerelle.domain.ledger import Key, Page, kept, loose, roles_wanted, wanted, without_loose
from passerelle.domain.lms import Membership, RoleAssignment
from passerelle.errors import GiveUp
from passerelle.usecases.access import AGAIN, Step, note_written, page_of, put_by_hand, put_by_plugin
from passerelle.usecases.amending import amend
from passerelle.usecases.crew import Crew

Owed = set[tuple[str, int, str]]  # (line, course, role)
Ties = set[tuple[str, Key]]  # (line, tie)


def take_away(crew: Crew) -> None:
    """From everyone for whom this order ever did anything, all that it no longer owes him."""
    for key, user_id, username in crew.touched():
        page = page_of(crew, user_id, username, existed=True)
        owed, ties = _owed(crew, key, page), _owed_ties(crew, key, page)
        after = kept(page, crew.order.id, owed, ties)
        if after == page and not _unfinished(page):
            continue
        _leave_groups(crew, page, after)

        def decide(now: Page, owed: Owed = owed, ties: Ties = ties) -> Page:
            return kept(now, crew.order.id, owed, ties)

        crew.pages[user_id] = amend(crew.world.records, Page, page.id, decide)
        _unenrol(crew, user_id)
        _untie(crew, user_id)


def _owed(crew: Crew, key: str, page: Page) -> Owed:
    """Of his grants those that stay. Where a course or an account cannot be found just now, what stands
    is left: only a refund, a cancellation or a swap takes away.
    """
    stays: Owed = set()
    for enrolment in (*crew.session.enrolments, *crew.session.support):
        if enrolment.person != key:
            continue
        course = crew.courses.get(enrolment.course)
        for place in page.places:
            if course is None or place.course_id == course.id:
                stays |= {(g.by, place.course_id, g.role) for g in place.grants if g.by == enrolment.by}
    if key == crew.order.buyer.key:
        lines = [by for by, _, _ in crew.session.registered] + [by for by, _ in crew.session.prorogued]
        stays |= {(by, 0, "") for by in lines}
    return stays


def _owed_ties(crew: Crew, key: str, page: Page) -> Ties:
    if key not in crew.stopped and key in crew.accounts:
        return {(by, tie.key) for tie in page.ties for by in tie.by if (by, tie.key) in crew.held_ties}
    lines = {one.by for one in crew.session.attached if key in (one.holder, one.over)}
    return {(by, tie.key) for tie in page.ties for by in tie.by if by in lines}


def _unfinished(page: Page) -> bool:
    """Whether an earlier run was cut after the ledger and before Moodle."""
    gone = any(not place.grants and place.written for place in page.places)
    fewer = any(set(place.written) - set(roles_wanted(place)) for place in page.places)
    return gone or fewer or bool(loose(page))


def _leave_groups(crew: Crew, before: Page, after: Page) -> None:
    """Out of the order's group first: unenrolled for good, Moodle itself would have taken him out."""
    for place in before.places:
        now = after.place(place.course_id)
        left = {grant.group for grant in now.grants} if now else set()
        gone = {grant.group for grant in place.grants} - left - {""}
        gone = {group for group in gone if group.startswith(f"{crew.order.shop}:")}
        if not gone:
            continue
        ids = [group.id for group in crew.roster.groups(place.course_id) if group.idnumber in gone]
        if ids:
            crew.roster.remove_group_members([Membership(number, before.user_id) for number in ids])


def _unenrol(crew: Crew, user_id: int) -> None:
    for _ in range(AGAIN):
        page = crew.pages[user_id]
        places = [p for p in page.places if p.written or p.grants]
        put_by_plugin(crew, [Step(page, p, None) for p in places if p.door == "shop"])
        put_by_hand(crew, [Step(page, p, None) for p in places if p.door == "manual"])
        after = note_written(crew, page, {place.course_id for place in places})
        crew.pages[user_id] = after
        if all(wanted(p) == wanted(page.place(p.course_id) or p) for p in after.places):
            return


def _untie(crew: Crew, user_id: int) -> None:
    page = crew.pages[user_id]
    gone = loose(page)
    if gone:
        rows = []
        for tie in gone:
            try:
                rows.append(RoleAssignment(crew.role_id(tie.role), tie.holder, tie.level, tie.instance))
            except GiveUp:
                continue
        if rows:
            crew.roster.unassign_roles(rows)
    if any(not tie.by for tie in page.ties):
        crew.pages[user_id] = amend(crew.world.records, Page, page.id, without_loose)
