"""Taking over a living Moodle (N23): a plan like any other, which makes nothing and takes nothing away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from passerelle.domain.night.plan.actual import Actual, Enrolment
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import (
    Because,
    Operation,
    Phase,
    Plan,
    Stays,
    Still,
    Value,
    in_order,
    operation,
)
from passerelle.domain.night.plan.serialised import dumped
from passerelle.domain.offer.desired import STUDENT, Desired
from passerelle.domain.offer.model import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """`method`: the enrolment plugin whose rows are remade as the night's (`database`, `manual`, …), empty
    for none. `accounts` and `cohorts`: those of the sources become the night's too.
    """

    method: str = ""
    accounts: bool = False
    cohorts: bool = False


@dataclass(slots=True)
class _Adoption:
    desired: Desired
    actual: Actual
    takeover: Takeover
    operations: list[Operation] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    courses: dict[int, str] = field(default_factory=dict)  # id → idnumber: the night's, or so from now on
    groups: set[tuple[str, str]] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)  # login → idnumber of the account
    taken: set[tuple[str, str]] = field(default_factory=set)  # course, login: made again as the night's

    def add(
        self,
        phase: Phase,
        op: str,
        columns: Mapping[str, Value],
        rows: tuple[Row, ...] = (),
        *,
        course: str = "",
        category: str = "",
        wave: int = 0,
    ) -> None:
        why = Because.TAKEN_OVER
        self.operations.append(
            operation(phase, op, columns, why, rows, course=course, category=category, wave=wave)
        )


def plan_adoption(
    night: Night,
    desired: Desired,
    actual: Actual,
    takeover: Takeover,
    *,
    memory: Memory | None = None,
    inputs: Mapping[str, str] | None = None,
    source_rows: Mapping[str, int] | None = None,
) -> Plan:
    codes = {row.username: row.idnumber for row in actual.users.values()}
    plan = _Adoption(desired, actual, takeover, codes=codes)
    _places(plan)
    _groups(plan)
    if takeover.accounts:
        _accounts(plan)
    if takeover.cohorts:
        _cohorts(plan)
    if takeover.method:
        for row in actual.enrolments:
            if row.method == takeover.method and row.courseid in plan.courses:
                _enrolment(plan, row)
        _members(plan)
    return Plan(
        site=night.site,
        night=night.date,
        stage=None,
        year=desired.year,
        operations=tuple(in_order(plan.operations)),
        stays=tuple(sorted(plan.stays)),
        untouched=desired.untouched,
        inputs=dict(sorted({**(inputs or {}), "takeover": dumped(_words(takeover))}.items())),
        source_rows=dict(sorted((source_rows or {}).items())),
        memory=memory or Memory(),
        adoption=True,
    )


def _words(takeover: Takeover) -> list[object]:
    return [takeover.method, takeover.accounts, takeover.cohorts]


def _places(plan: _Adoption) -> None:
    for kind, wanted in (("category", plan.desired.categories), ("course", plan.desired.courses)):
        held = plan.actual.by_idnumber(kind)
        for idnumber in sorted(wanted):
            ids = held.get(idnumber, ())
            if len(ids) > 1:
                plan.stays.append(Stays(kind, (idnumber,), Still.HELD_TWICE))
            elif ids:
                _place(plan, kind, idnumber, ids[0])


def _place(plan: _Adoption, kind: str, idnumber: str, number: int) -> None:
    course = idnumber if kind == "course" else ""
    if course:
        plan.courses[number] = idnumber
    if plan.actual.is_ours(kind, number):
        return
    phase = Phase.COURSES if course else Phase.CATEGORIES
    category = plan.actual.courses[number].category if course else idnumber
    plan.add(phase, "adopt", {"kind": kind, "idnumber": idnumber}, course=course, category=category)


def _groups(plan: _Adoption) -> None:
    held: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in plan.actual.groups.values():
        if row.courseid in plan.courses and row.idnumber:
            held[plan.courses[row.courseid], row.idnumber].append(row.id)
    for key in sorted(plan.desired.groups):
        ids, (course, idnumber) = held.get(key, []), key
        if len(ids) > 1:
            plan.stays.append(Stays("group", key, Still.HELD_TWICE))
            continue
        if not ids:
            continue
        plan.groups.add(key)
        if not plan.actual.is_ours("group", ids[0]):
            wanted = plan.desired.groups[key]
            columns = {"kind": "group", "course": course, "idnumber": idnumber}
            plan.add(Phase.GROUPS, "adopt", columns, (wanted.group, wanted.attachment), course=course)


def _accounts(plan: _Adoption) -> None:
    """Those that the night would take for a person of the sources: by code, else by login."""
    codes = {code for person in plan.desired.users.values() for code in (person.code, *person.other_codes)}
    names = {person.username: person for person in plan.desired.users.values()}
    for row in plan.actual.users.values():
        known = row.idnumber in codes if row.idnumber else row.username in names
        if known and not plan.actual.is_ours("user", row.id):
            plan.add(Phase.USERS, "adopt", {"kind": "user", "username": row.username})


def _cohorts(plan: _Adoption) -> None:
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for row in plan.actual.cohorts.values():
        holders[row.idnumber].append(row.component)
    for idnumber in sorted(plan.desired.cohorts):
        held = holders.get(idnumber, [])
        if len(held) > 1:
            plan.stays.append(Stays("cohort", (idnumber,), Still.HELD_TWICE))
        elif held == [""]:
            plan.add(Phase.USERS, "adopt", {"kind": "cohort", "idnumber": idnumber})


def _enrolment(plan: _Adoption, row: Enrolment) -> None:
    """Made again as the night's first, suspended again where it was, and only then the old one goes."""
    course = plan.courses[row.courseid]
    foad = plan.desired.courses[course].foad
    code = plan.codes.get(row.username, "")
    roles = tuple(role for role in row.roles if not (foad and role != STUDENT))
    key = (course, row.username)
    if not roles or len(roles) < len(row.roles):  # N15, or a role that nobody gave: for people to say
        plan.stays.append(Stays("enrolment", key, Still.NOT_ADOPTED, row.roles))
        return
    if any(plan.desired.unknown.has_enrolment(*key, role, code) for role in roles):
        plan.stays.append(Stays("enrolment", key, Still.UNKNOWN))
        return
    category = plan.actual.courses[row.courseid].category
    for role in roles:
        columns: dict[str, Value] = {
            "course": course,
            "username": row.username,
            "role": role,
            "source": "night",
        }
        rows = plan.desired.enrolments.get((course, row.username, role), ())
        plan.add(Phase.ENROL, "enrol", columns, rows, course=course, category=category)
    if not row.active:
        last = {"course": course, "username": row.username, "role": roles[-1], "source": "night"}
        plan.add(Phase.ENROL, "suspend", last, course=course, category=category, wave=1)
    old = {
        "kind": "enrolment",
        "course": course,
        "username": row.username,
        "method": plan.takeover.method,
    }
    plan.add(Phase.UNENROL, "adopt", old, course=course, category=category)
    plan.taken.add(key)


def _members(plan: _Adoption) -> None:
    """Members that the sources want become the night's, so that it can move them; others stay by hand."""
    for row in plan.actual.members:
        course = plan.courses.get(row.courseid, "")
        key = (course, row.group, row.username)
        if row.ours or key not in plan.desired.members or (course, row.group) not in plan.groups:
            continue
        if (course, row.username) in plan.taken:
            columns = {"kind": "member", "course": course, "group": row.group, "username": row.username}
            plan.add(Phase.ADD_MEMBERS, "adopt", columns, plan.desired.members[key], course=course)
