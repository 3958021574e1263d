"""Roles over user contexts (S6), over other contexts, and places made for the buyer."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.moodle.core import Enrolment, NewCategory, RoleAssignment
from passerelle.domain.orders.accounts import Account
from passerelle.domain.orders.attachment import role_over_buyer, role_over_person
from passerelle.domain.orders.ledger import LedgerPage, Tie, tie_done, tied
from passerelle.domain.orders.session import Attached, ContextRole, MadePlace
from passerelle.domain.records import Note, distinct
from passerelle.errors import GiveUp, MoodleRefused
from passerelle.usecases.amend import amend
from passerelle.usecases.orders.order_run import OrderRun


def attach(run: OrderRun) -> list[Note]:
    """Writes every tie down, then assigns those that Moodle has not yet. Answers what could not be done."""
    problems: list[Note] = []
    wanted: dict[int, list[tuple[str, Tie]]] = {}
    for one in run.session.attached:
        tie = _tie(run, one)
        if tie is not None:
            subject = one.over if one.holder == run.order.buyer.key else one.holder
            wanted.setdefault(run.accounts[subject].user_id, []).append((one.by, tie))
    for role in run.session.roles:
        found = _over_context(run, role)
        if isinstance(found, Note):
            problems.append(found)
        else:
            wanted.setdefault(found.holder, []).append((role.by, found))
    for place in run.session.places:
        made = _made(run, place)
        if isinstance(made, Note):
            problems.append(made)
        else:
            wanted.setdefault(made.holder, []).append((place.by, made))
    return problems + _assign(run, wanted)


def _account(run: OrderRun, key: str) -> Account | None:
    return None if key in run.stopped else run.accounts.get(key)


def _tie(run: OrderRun, one: Attached) -> Tie | None:
    holder, over = _account(run, one.holder), _account(run, one.over)
    if holder is None or over is None or holder.user_id == over.user_id:
        return None
    of_buyer = one.holder == run.order.buyer.key
    page = run.page_of(one.over, over) if of_buyer else run.page_of(one.holder, holder)
    if page is None:
        return None
    held = _held(page, one, holder, over)
    if held is not None:
        return held
    rules, known = run.shop.attachment, run.site.plugins
    if of_buyer:
        role = role_over_person(rules, holder, over, _without_former(run, page), privileges_known=known)
    else:
        role = role_over_buyer(rules, over, privileges_known=known)
    if not role:
        return None
    return Tie(holder.user_id, "user", over.user_id, role)


def _held(page: LedgerPage, one: Attached, holder: Account, over: Account) -> Tie | None:
    """What this line gave already, whatever the shop is set to now (S14)."""
    place = (holder.user_id, "user", over.user_id)
    return next((tie for tie in page.ties if one.by in tie.by and tie.key[:3] == place), None)


def _without_former(run: OrderRun, page: LedgerPage) -> LedgerPage:
    """A buyer whom the shop has corrected since is no other operator."""
    former = {seat.user_id for seat in run.order.former}
    return replace(page, operators=tuple(one for one in page.operators if one not in former))


def _assign(run: OrderRun, wanted: dict[int, list[tuple[str, Tie]]]) -> list[Note]:
    operator = run.accounts.get(run.order.buyer.key)
    missing: list[tuple[int, Tie]] = []
    names = {account.user_id: (key, account) for key, account in run.accounts.items()}
    for user_id, mine in wanted.items():
        page = run.page_of(*names[user_id])
        if page is None:
            continue

        def decide(page: LedgerPage, mine: list[tuple[str, Tie]] = mine) -> LedgerPage:
            for by, tie in mine:
                page = tied(page, tie, by)
                if tie.level == "user" and operator is not None and tie.holder == operator.user_id:
                    page = replace(page, operators=tuple(sorted({*page.operators, operator.user_id})))
            return page

        page = run.pages[user_id] = amend(run.world.records, LedgerPage, page.id, decide, known=page)
        keys = {tie.key for _, tie in mine}
        run.held_ties |= {(by, tie.key) for by, tie in mine}
        missing += [(user_id, tie) for tie in page.ties if tie.key in keys and not tie.done]
    return _tell_moodle(run, missing)


def _tell_moodle(run: OrderRun, missing: list[tuple[int, Tie]]) -> list[Note]:
    problems: list[Note] = []
    rows: list[RoleAssignment] = []
    sent: list[tuple[int, Tie]] = []
    for user_id, tie in missing:
        try:
            rows.append(RoleAssignment(run.role_id(tie.role), tie.holder, tie.level, tie.instance))
        except GiveUp as error:
            problems.append(Note(error.code, {name: str(value) for name, value in error.details.items()}))
            continue
        sent.append((user_id, tie))
    done: dict[int, list[Tie]] = {}
    for (user_id, tie), verdict in zip(sent, run.roster.assign_roles(rows) if rows else (), strict=True):
        if verdict.ok:
            done.setdefault(user_id, []).append(tie)
        else:
            problems.append(Note("role_refused", {"role": tie.role, "errorcode": verdict.errorcode}))
    for user_id, ties in done.items():

        def decide(page: LedgerPage, ties: list[Tie] = ties) -> LedgerPage:
            for tie in ties:
                page = tie_done(page, tie.key)
            return page

        page = run.pages[user_id]
        run.pages[user_id] = amend(run.world.records, LedgerPage, page.id, decide, known=page)
    return list(distinct(problems))


def _over_context(run: OrderRun, wanted: ContextRole) -> Tie | Note:
    account = _account(run, wanted.person) or _account(run, run.order.buyer.key)
    unknown = Note("context_unknown", {"level": wanted.level, "instance": wanted.instance})
    if account is None:
        return unknown
    number = int(wanted.instance) if wanted.instance.isdigit() else 0
    match wanted.level:
        case "course":
            course = run.roster.course_by_shortname(wanted.instance) or (
                run.roster.course_by_idnumber(wanted.instance)
            )
            number = course.id if course else number
        case "coursecat":
            category = run.roster.category_by_idnumber(wanted.instance)
            number = category.id if category else number
        case "user":
            found = run.accounts.get(wanted.instance.lower())
            number = found.user_id if found else number
    if not number and wanted.level != "system":
        return unknown
    return Tie(account.user_id, wanted.level, number, wanted.role, ours=not account.existed)


def _made(run: OrderRun, wanted: MadePlace) -> Tie | Note:
    """The buyer's own course or category, found again by its idnumber or short name."""
    buyer = _account(run, run.order.buyer.key)
    parent = run.roster.category_by_idnumber(wanted.parent)
    if buyer is None or parent is None:
        return Note("category_unknown", {"category": wanted.parent, "site": run.shop.site})
    if wanted.kind == "category":
        (verdict,) = run.roster.ensure_categories([NewCategory(wanted.name, wanted.idnumber, parent.id)])
        if not verdict.ok or verdict.id is None:
            return Note("place_refused", {"errorcode": verdict.errorcode})
        return Tie(buyer.user_id, "coursecat", verdict.id, run.shop.category_role)
    template = run.roster.course_by_shortname(wanted.template)
    if template is None:
        return Note("course_unknown", {"course": wanted.template, "site": run.shop.site})
    try:
        course = run.roster.ensure_course_copy(template.id, wanted.idnumber, wanted.name, parent.id)
    except MoodleRefused as refused:
        return Note("place_refused", {"errorcode": refused.errorcode})
    if course is None:
        return Note("place_refused", {"errorcode": "unanswered"})
    # A role alone does not let one in: the buyer is enrolled by hand, as the owner of a course is.
    role_id = run.role_id(run.shop.owner_role)
    (verdict,) = run.roster.enrol([Enrolment(course.id, buyer.user_id, role_id, wanted.start, wanted.end)])
    if not verdict.ok:
        return Note("place_refused", {"errorcode": verdict.errorcode})
    return Tie(buyer.user_id, "course", course.id, run.shop.owner_role)
