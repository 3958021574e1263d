"""Roles over user contexts (S6), over other contexts, and places made for the buyer."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.ledger import Page, Tie, tie_done, tied
from passerelle.domain.lms import Enrolment, NewCategory, RoleAssignment
from passerelle.domain.publishing import Note
from passerelle.domain.sessions import Attached, ContextRole, MadePlace
from passerelle.errors import GiveUp, MoodleRefused
from passerelle.usecases.access import page_of
from passerelle.usecases.amending import amend
from passerelle.usecases.crew import Account, Crew


def attach(crew: Crew) -> list[Note]:
    """Writes every tie down, then assigns those that Moodle has not yet. Answers what could not be done."""
    problems: list[Note] = []
    wanted: dict[int, list[tuple[str, Tie]]] = {}
    for one in crew.session.attached:
        tie = _tie(crew, one)
        if tie is not None:
            subject = one.over if one.holder == crew.order.buyer.key else one.holder
            wanted.setdefault(crew.accounts[subject].user_id, []).append((one.by, tie))
    for role in crew.session.roles:
        found = _over_context(crew, role)
        if isinstance(found, Note):
            problems.append(found)
        else:
            wanted.setdefault(found.holder, []).append((role.by, found))
    for place in crew.session.places:
        made = _made(crew, place)
        if isinstance(made, Note):
            problems.append(made)
        else:
            wanted.setdefault(made.holder, []).append((place.by, made))
    return problems + _assign(crew, wanted)


def _account(crew: Crew, key: str) -> Account | None:
    return None if key in crew.stopped else crew.accounts.get(key)


def _tie(crew: Crew, one: Attached) -> Tie | None:
    """The role that S6 allows of `holder` over `over`, if any."""
    holder, over = _account(crew, one.holder), _account(crew, one.over)
    if holder is None or over is None or holder.user_id == over.user_id:
        return None
    rules = crew.shop.attachment
    by_buyer = one.holder == crew.order.buyer.key
    page = page_of(crew, over.user_id, over.username, existed=over.existed) if by_buyer else None
    own = not over.existed or (page is not None and not page.existed and _only(page, holder))
    if by_buyer:
        role = rules.over_new if own else rules.over_existing
    else:
        role = rules.back_over_existing if over.existed else rules.back_over_new
    if not role:
        return None
    if not own or (not by_buyer and over.existed):
        # A Moodle without the plugin does not say who is an administrator: then nobody is risked.
        if (over.privileged or not crew.site.plugins) and not rules.even_privileged:
            return None
        if page is not None and not _only(page, holder) and not rules.even_of_others:
            return None
    return Tie(holder.user_id, "user", over.user_id, role, ours=not (holder.existed and over.existed))


def _only(page: Page, buyer: Account) -> bool:
    """Whether this account belongs to no other operator."""
    return set(page.operators) <= {buyer.user_id}


def _assign(crew: Crew, wanted: dict[int, list[tuple[str, Tie]]]) -> list[Note]:
    operator = crew.accounts.get(crew.order.buyer.key)
    missing: list[tuple[int, Tie]] = []
    names = {account.user_id: account for account in crew.accounts.values()}
    for user_id, mine in wanted.items():
        account = names[user_id]
        page = page_of(crew, user_id, account.username, existed=account.existed)

        def decide(page: Page, mine: list[tuple[str, Tie]] = mine) -> Page:
            for by, tie in mine:
                page = tied(page, tie, by)
                if tie.level == "user" and operator is not None and tie.holder == operator.user_id:
                    page = replace(page, operators=tuple(sorted({*page.operators, operator.user_id})))
            return page

        page = crew.pages[user_id] = amend(crew.world.records, Page, page.id, decide)
        keys = {tie.key for _, tie in mine}
        crew.held_ties |= {(by, tie.key) for by, tie in mine}
        missing += [(user_id, tie) for tie in page.ties if tie.key in keys and not tie.done]
    return _tell_moodle(crew, missing)


def _tell_moodle(crew: Crew, missing: list[tuple[int, Tie]]) -> list[Note]:
    problems: list[Note] = []
    rows: list[RoleAssignment] = []
    sent: list[tuple[int, Tie]] = []
    for user_id, tie in missing:
        try:
            rows.append(RoleAssignment(crew.role_id(tie.role), tie.holder, tie.level, tie.instance))
        except GiveUp as error:
            problems.append(Note(error.code, {name: str(value) for name, value in error.details.items()}))
            continue
        sent.append((user_id, tie))
    done: dict[int, list[Tie]] = {}
    for (user_id, tie), verdict in zip(sent, crew.roster.assign_roles(rows) if rows else (), strict=True):
        if verdict.ok:
            done.setdefault(user_id, []).append(tie)
        else:
            problems.append(Note("role_refused", {"role": tie.role, "errorcode": verdict.errorcode}))
    for user_id, ties in done.items():

        def decide(page: Page, ties: list[Tie] = ties) -> Page:
            for tie in ties:
                page = tie_done(page, tie.key)
            return page

        crew.pages[user_id] = amend(crew.world.records, Page, crew.pages[user_id].id, decide)
    return list({(note.code, *note.details.values()): note for note in problems}.values())


def _over_context(crew: Crew, wanted: ContextRole) -> Tie | Note:
    account = _account(crew, wanted.person) or _account(crew, crew.order.buyer.key)
    unknown = Note("context_unknown", {"level": wanted.level, "instance": wanted.instance})
    if account is None:
        return unknown
    number = int(wanted.instance) if wanted.instance.isdigit() else 0
    match wanted.level:
        case "course":
            course = crew.roster.course_by_shortname(wanted.instance) or (
                crew.roster.course_by_idnumber(wanted.instance)
            )
            number = course.id if course else number
        case "coursecat":
            category = crew.roster.category_by_idnumber(wanted.instance)
            number = category.id if category else number
        case "user":
            found = crew.accounts.get(wanted.instance.lower())
            number = found.user_id if found else number
    if not number and wanted.level != "system":
        return unknown
    return Tie(account.user_id, wanted.level, number, wanted.role, ours=not account.existed)


def _made(crew: Crew, wanted: MadePlace) -> Tie | Note:
    """The buyer's own course or category, found again by its idnumber or short name."""
    buyer = _account(crew, crew.order.buyer.key)
    parent = crew.roster.category_by_idnumber(wanted.parent)
    if buyer is None or parent is None:
        return Note("category_unknown", {"category": wanted.parent, "site": crew.shop.site})
    if wanted.kind == "category":
        (verdict,) = crew.roster.ensure_categories([NewCategory(wanted.name, wanted.idnumber, parent.id)])
        if not verdict.ok or verdict.id is None:
            return Note("place_refused", {"errorcode": verdict.errorcode})
        return Tie(buyer.user_id, "coursecat", verdict.id, crew.shop.category_role)
    template = crew.roster.course_by_shortname(wanted.template)
    if template is None:
        return Note("course_unknown", {"course": wanted.template, "site": crew.shop.site})
    try:
        course = crew.roster.ensure_course_copy(template.id, wanted.idnumber, wanted.name, parent.id)
    except MoodleRefused as refused:
        return Note("place_refused", {"errorcode": refused.errorcode})
    if course is None:
        return Note("place_refused", {"errorcode": "unanswered"})
    # A role alone does not let one in: he is enrolled by hand, as the owner of a course is.
    role_id = crew.role_id(crew.shop.owner_role)
    (verdict,) = crew.roster.enrol([Enrolment(course.id, buyer.user_id, role_id, wanted.start, wanted.end)])
    if not verdict.ok:
        return Note("place_refused", {"errorcode": verdict.errorcode})
    return Tie(buyer.user_id, "course", course.id, crew.shop.owner_role)
