"""What one line gives in the ledger: a course until when, and products that can be prolonged (S9, S14)."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.orders.ledger import Grant, Owned
from passerelle.domain.orders.session import Enrolment, Session
from passerelle.domain.records import Note


def grant_of(enrolment: Enrolment, held: tuple[Grant, ...], role: str) -> Grant | Note:
    """`held` is what the person's page holds of that course; `role` stands in for one that is not named.

    Bought again, an enrolment goes on where the others end. What only extends another moves the latest end,
    and has nothing to move where there is none.
    """
    group = enrolment.group.idnumber if enrolment.group else ""
    plain = Grant(enrolment.by, enrolment.role or role, enrolment.start, enrolment.end, group)
    if enrolment.again is None:
        return plain
    for grant in held:
        if grant.by == enrolment.by:
            return grant  # where it moved the end to was settled when it came
    last = max((grant.end for grant in held if grant.end is not None), default=None)
    if enrolment.extends:
        if not held:
            return Note("nothing_to_extend", {"course": str(enrolment.course)})
        if last is None or any(grant.end is None for grant in held):
            return replace(plain, role=held[0].role, end=None)
        return replace(plain, role=held[0].role, end=max(last, enrolment.start) + enrolment.again)
    if last is None or last <= enrolment.start or enrolment.end is None:
        return plain
    return replace(plain, end=last + enrolment.again)


def nothing_new(enrolment: Enrolment, held: tuple[Grant, ...], role: str) -> Note | None:
    """Bought again for the same course and dates: paid for, and nothing is added."""
    if enrolment.group is not None or enrolment.again is not None or enrolment.by.endswith(":support"):
        return None
    order = enrolment.by.rpartition(":")[0]
    for grant in held:
        covers = grant.end is None or (enrolment.end is not None and grant.end >= enrolment.end)
        earlier = (grant.start, grant.by) < (enrolment.start, enrolment.by)
        another = not grant.by.startswith(f"{order}:")
        if covers and earlier and another and grant.role == (enrolment.role or role):
            return Note("bought_again", {"course": str(enrolment.course)})
    return None


def owned_after(owned: tuple[Owned, ...], session: Session) -> tuple[tuple[Owned, ...], tuple[Note, ...]]:
    """The registered products with this session's, each once, and prorogations that found nothing to move.

    A prorogation moves the end of the product registered last, and is itself written down, so that it counts
    once.
    """
    products = list(owned)
    problems = []
    for by, product, end in session.registered:
        if all(one.by != by for one in products):
            products.append(Owned(by, product, end))
    for by, span in session.prorogued:
        if any(one.by == by for one in products):
            continue
        ends = [(at, one.end) for at, one in enumerate(products) if one.product and one.end is not None]
        if not ends:
            problems.append(Note("nothing_to_prorogate"))
            continue
        at, end = ends[-1]
        products[at] = replace(products[at], end=end + span)
        products.append(Owned(by, "", end + span))
    return tuple(products), tuple(problems)
