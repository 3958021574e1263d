"""What the ledger says, put into Moodle: enrolments, group members, roles; and what it withdrew, taken out.

Safe to repeat, and beside itself: a page that another order changes meanwhile is put again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from passerelle.domain.moodle import core
from passerelle.domain.moodle.core import Membership, RoleAssignment
from passerelle.domain.orders.ledger import (
    CourseAccess,
    LedgerPage,
    Tie,
    groups_wanted,
    loose,
    roles_wanted,
    stale,
    stale_groups,
    wanted,
)
from passerelle.errors import GiveUp
from passerelle.usecases.orders.order_run import SiteRun

AGAIN = 5  # how often a page that changes under our hands is written into Moodle again


@dataclass(frozen=True, slots=True)
class Step:
    page: LedgerPage
    place: CourseAccess


def enrolments(
    run: SiteRun, user_ids: Iterable[int], courses: set[int] | None = None
) -> list[tuple[int, str]]:
    """Of these people as `run.pages` has them, in these courses (None: all of theirs). Answers who could
    not be enrolled, with Moodle's errorcode.
    """
    left = set(user_ids)
    refused: list[tuple[int, str]] = []
    for _ in range(AGAIN):
        steps = [
            Step(run.pages[user_id], place)
            for user_id in sorted(left)
            for place in run.pages[user_id].places
            if (courses is None or place.course_id in courses) and (place.written or place.grants)
        ]
        refused = _by_plugin(run, [step for step in steps if step.place.door == "shop"])
        refused += _by_hand(run, [step for step in steps if step.place.door == "manual"])
        left = {user_id for user_id in left if _changed_meanwhile(run, user_id)}
        if not left:
            break
    return refused


def _changed_meanwhile(run: SiteRun, user_id: int) -> bool:
    before = run.pages[user_id]
    now = run.pages[user_id] = run.world.records.get(LedgerPage, before.id) or before
    return any(
        (wanted(place), stale(place)) != (wanted(old), stale(old))
        for place in now.places
        for old in [before.place(place.course_id) or CourseAccess(place.course_id)]
    )


def operations(page: LedgerPage, place: CourseAccess) -> list[dict[str, object]]:
    """What brings this person's enrolment in the shop's own instance to what is paid for."""
    want = wanted(place)
    common: dict[str, object] = {"course": place.course, "username": page.username, "source": "shop"}
    roles = want.roles if want else ()
    found: list[dict[str, object]] = [
        {
            **common,
            "op": "enrol",
            "role": role,
            "timestart": int(want.start.timestamp()) if want else 0,
            "timeend": int(want.end.timestamp()) if want and want.end else 0,
        }
        for role in roles
    ]
    found += [{**common, "op": "unenrol", "role": role} for role in place.written if role not in roles]
    return found


def _by_plugin(run: SiteRun, steps: list[Step]) -> list[tuple[int, str]]:
    rows: list[dict[str, object]] = []
    people: list[int] = []
    for step in steps:
        for operation in operations(step.page, step.place):
            rows.append({"id": str(len(rows)), **operation})
            people.append(step.page.user_id)
    return [
        (user_id, verdict.errorcode)
        for user_id, row, verdict in zip(people, rows, run.roster.apply(rows) if rows else (), strict=True)
        if not verdict.ok and row["op"] == "enrol"
    ]


def _by_hand(run: SiteRun, steps: list[Step]) -> list[tuple[int, str]]:
    """Into the manual instance, where what stood before is left as it was."""
    giving: list[core.Enrolment] = []
    taking: list[core.Enrolment] = []
    roles: list[RoleAssignment] = []
    for step in steps:
        want, place = wanted(step.place), step.place
        user_id, course_id = step.page.user_id, place.course_id
        gone = set(place.written) - set(roles_wanted(place)) - set(place.before.roles)
        if want is None and gone and not place.before.enrolled:
            taking.append(core.Enrolment(course_id, user_id, 0))
        else:
            roles += [RoleAssignment(run.role_id(role), user_id, "course", course_id) for role in gone]
        if want is not None:
            held = place.before.roles if place.before.enrolled else ()
            giving += [
                core.Enrolment(course_id, user_id, run.role_id(role), want.start, want.end)
                for role in want.roles
                if role not in held
            ]
    verdicts = run.roster.enrol(giving) if giving else ()
    if roles:
        run.roster.unassign_roles(roles)
    if taking:
        run.roster.unenrol(taking)
    return [
        (row.userid, verdict.errorcode)
        for row, verdict in zip(giving, verdicts, strict=True)
        if not verdict.ok
    ]


def out_of_groups(run: SiteRun, user_ids: Iterable[int]) -> None:
    """Out of the groups of orders that give nothing any more: with the last enrolment Moodle does it."""
    leaving: dict[int, list[tuple[int, str]]] = {}
    for user_id in user_ids:
        for place in run.pages[user_id].places:
            leaving.setdefault(place.course_id, []).extend((user_id, g) for g in stale_groups(place))
    rows = [Membership(number, user_id) for number, user_id in _memberships(run, leaving)]
    if rows:
        run.roster.remove_group_members(rows)


def into_groups(run: SiteRun, user_ids: Iterable[int]) -> None:
    """Into the groups of their orders, where those stand; a group that does not is made with its order."""
    joining: dict[int, list[tuple[int, str]]] = {}
    for user_id in user_ids:
        for place in run.pages[user_id].places:
            joining.setdefault(place.course_id, []).extend((user_id, g) for g in groups_wanted(place))
    rows = [Membership(number, user_id) for number, user_id in _memberships(run, joining)]
    if rows:
        run.roster.add_group_members(rows)


def _memberships(run: SiteRun, people: dict[int, list[tuple[int, str]]]) -> Iterator[tuple[int, int]]:
    """(group, user) of the groups that stand in each course, named by idnumber."""
    for course_id, members in people.items():
        if members:
            ids = {group.idnumber: group.id for group in run.roster.groups(course_id)}
            yield from ((ids[group], user_id) for user_id, group in members if group in ids)


def withdrawn_roles(run: SiteRun, user_ids: Iterable[int]) -> None:
    _roles(run, [tie for user_id in user_ids for tie in loose(run.pages[user_id])], give=False)


def roles(run: SiteRun, user_ids: Iterable[int]) -> None:
    """Those that are wanted, once more; a role that this Moodle lacks stands in the order."""
    _roles(run, [tie for user_id in user_ids for tie in run.pages[user_id].ties if tie.by], give=True)


def _roles(run: SiteRun, ties: Iterable[Tie], *, give: bool) -> None:
    rows = []
    for tie in ties:
        try:
            rows.append(RoleAssignment(run.role_id(tie.role), tie.holder, tie.level, tie.instance))
        except GiveUp:
            continue
    if rows:
        (run.roster.assign_roles if give else run.roster.unassign_roles)(rows)
