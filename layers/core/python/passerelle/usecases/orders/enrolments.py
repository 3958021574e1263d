"""Enrolments and groups of an order, through the ledger (S5, S7, S9, S14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from passerelle.domain.moodle.core import Course, Membership, NewGroup
from passerelle.domain.orders.grants import grant_of, nothing_new, owned_after
from passerelle.domain.orders.ledger import (
    Before,
    CourseAccess,
    LedgerPage,
    granted,
    to_be_written,
)
from passerelle.domain.orders.session import Enrolment, GroupName
from passerelle.domain.records import Note, distinct
from passerelle.usecases.amend import amend
from passerelle.usecases.orders import put
from passerelle.usecases.orders.order_run import OrderRun

NOT_ALLOWED = frozenset(
    {"rolenotallowed", "categorynotallowed", "nopermission"}
)  # by the Moodle's own settings


def give(order_run: OrderRun) -> list[Note]:
    """Everyone's enrolments and groups; the reasons for lines that could not be delivered at all."""
    problems: list[Note] = []
    placed: list[_Placed] = []
    for enrolment in (*order_run.session.enrolments, *order_run.session.support):
        if enrolment.person not in order_run.now:
            continue
        course = order_run.course(enrolment.course)
        if course is None:
            problems.append(
                Note("course_unknown", {"course": str(enrolment.course), "site": order_run.shop.site})
            )
            if not enrolment.extends and enrolment.group is not None:
                order_run.stop(enrolment.person, problems[-1])
            continue
        if enrolment.person in order_run.accounts and enrolment.person not in order_run.stopped:
            placed.append(_Placed(enrolment, course))
    # A course that is not there is known before anybody is asked for people.
    problems += [
        Note("course_unknown", {"course": str(name), "site": order_run.shop.site})
        for name in dict.fromkeys(order_run.session.targets)
        if order_run.course(name) is None
    ]
    problems += _write_pages(order_run, placed)
    placed = [one for one in placed if one.enrolment.person not in order_run.unreadable]
    settled = order_run.settled()
    # What was done for somebody before, and has not changed since, is not asked of Moodle again: a
    # replay and the night do that.
    users = {key: order_run.accounts[key].user_id for key in {one.enrolment.person for one in placed}}
    undone = {key for key, user_id in users.items() if key not in settled or user_id in order_run.written}
    _enrol(order_run, {users[key] for key in undone})
    _group(order_run, [one for one in placed if one.enrolment.person in undone])
    return list(distinct(problems))


@dataclass(frozen=True, slots=True)
class _Placed:
    enrolment: Enrolment
    course: Course


# -- the ledger first -------------------------------------------------------------------------------------


def _write_pages(order_run: OrderRun, placed: list[_Placed]) -> list[Note]:
    problems: list[Note] = []
    by_person: dict[str, list[_Placed]] = {}
    for one in placed:
        by_person.setdefault(one.enrolment.person, []).append(one)
    for key, mine in by_person.items():
        account = order_run.accounts[key]
        page = order_run.page_of(key, account)
        if page is None:
            continue
        befores = {
            one.course.id: _before(order_run, one.course, account.user_id, page, existed=account.existed)
            for one in mine
        }
        noted: list[Note] = []
        remarks: list[Note] = []

        def decide(
            page: LedgerPage,
            remarks: list[Note] = remarks,
            mine: list[_Placed] = mine,
            noted: list[Note] = noted,
            befores: dict[int, Before] = befores,
        ) -> LedgerPage:
            noted.clear()
            remarks.clear()
            for one in mine:
                place = CourseAccess(
                    one.course.id,
                    one.course.idnumber,
                    "shop" if order_run.by_plugin(one.course) else "manual",
                    befores[one.course.id],
                )
                held = page.place(one.course.id)
                grants = held.grants if held is not None else ()
                grant = grant_of(one.enrolment, grants, order_run.shop.learner_role)
                if isinstance(grant, Note):
                    noted.append(grant)
                else:
                    remark = nothing_new(one.enrolment, grants, order_run.shop.learner_role)
                    remarks += [remark] if remark else []
                    page = granted(page, place, grant)
                    # Before Moodle has it: a run that is cut in between leaves nothing unknown there.
                    page = to_be_written(page, one.course.id)
            return page

        after = order_run.pages[account.user_id] = amend(
            order_run.world.records, LedgerPage, page.id, decide, known=page
        )
        if after.revision != page.revision:
            order_run.written.add(account.user_id)
        problems += noted
        order_run.remarks += remarks
    return problems + _register(order_run)


def _before(order_run: OrderRun, course: Course, user_id: int, page: LedgerPage, *, existed: bool) -> Before:
    """What stood by hand, looked at before the first grant, where we must write into the same instance."""
    if order_run.by_plugin(course) or not existed or page.place(course.id) is not None:
        return Before()
    for person in order_run.roster.participants(course.id):
        if person.id == user_id:
            return Before(True, True, tuple(sorted(role.shortname for role in person.roles)))
    return Before()


def _register(order_run: OrderRun) -> list[Note]:
    """Records of products, and ends that a prorogation moves."""
    session, key = order_run.session, order_run.order.buyer.key
    account = order_run.accounts.get(key)
    if account is None or not (session.registered or session.prorogued):
        return []
    page = order_run.page_of(key, account)
    if page is None:
        return []
    problems: list[Note] = []

    def decide(page: LedgerPage) -> LedgerPage:
        products, problems[:] = owned_after(page.products, session)
        return replace(page, products=products)

    order_run.pages[account.user_id] = amend(order_run.world.records, LedgerPage, page.id, decide, known=page)
    return problems


# -- then Moodle ------------------------------------------------------------------------------------------


def _enrol(order_run: OrderRun, user_ids: Iterable[int]) -> None:
    courses = {course.id for course in order_run.courses.values() if course is not None}
    keys = {account.user_id: key for key, account in order_run.accounts.items()}
    for user_id, errorcode in put.enrolments(order_run, user_ids, courses):
        if user_id in keys:
            code = "enrol_not_allowed" if errorcode in NOT_ALLOWED else "enrol_refused"
            order_run.stop(keys[user_id], Note(code, {"errorcode": errorcode}))


def _group(order_run: OrderRun, placed: list[_Placed]) -> None:
    """One group of the order in each course, and everybody of the session in it (S5)."""
    wanted_in: dict[tuple[int, GroupName], list[str]] = {}
    for one in placed:
        key = one.enrolment.person
        if one.enrolment.group is not None and key not in order_run.stopped:
            wanted_in.setdefault((one.course.id, one.enrolment.group), []).append(key)
    if not wanted_in:
        return
    names = list(wanted_in)
    rows = [NewGroup(course, group.name, group.idnumber) for course, group in names]
    verdicts = order_run.roster.ensure_groups(rows)
    ids: dict[tuple[int, GroupName], int] = {}
    old: list[int] = []
    for name, verdict in zip(names, verdicts, strict=True):
        number = verdict.id if verdict.ok else _group_of_that_name(order_run, *name)
        if number is None:
            for key in wanted_in[name]:
                order_run.stop(key, Note("group_refused", {"errorcode": verdict.errorcode}))
            continue
        ids[name] = number
        if verdict.outcome != "done":
            old.append(number)
    members = order_run.roster.group_members(old) if old else {}
    missing = [
        (key, Membership(ids[name], order_run.accounts[key].user_id))
        for name, keys in wanted_in.items()
        if name in ids
        for key in dict.fromkeys(keys)
        if order_run.accounts[key].user_id not in members.get(ids[name], ())
    ]
    added = order_run.roster.add_group_members([row for _, row in missing]) if missing else ()
    for (key, _), verdict in zip(missing, added, strict=True):
        if not verdict.ok:
            order_run.stop(key, Note("group_refused", {"errorcode": verdict.errorcode}))


def _group_of_that_name(order_run: OrderRun, course: int, group: GroupName) -> int | None:
    return next((one.id for one in order_run.roster.groups(course) if one.name == group.name), None)
