"""Operations on group members and enrolments, and taking over what stood before."""

from __future__ import annotations

from collections.abc import Callable

from passerelle_laptop.twin.core_groups import put_member
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.operations_people import COMPONENT
from passerelle_laptop.twin.reach import may_give
from passerelle_laptop.twin.records import Course, EnrolInstance, Group, Role, UserEnrolment

_ENROL = "enrol_passerelle"
_NAMES = {"night": "Scolarité", "shop": "Boutique"}
_ACTIVE, _SUSPENDED = 0, 1


def member_add(do: Operation) -> bool:
    state, course = do.state, do.course()
    group, user = do.group(course), do.user()
    if user.id in group.members:
        return False  # by whoever: a member by hand is never claimed
    if user.id not in state.enrolledin.get(course.id, ()):
        raise OperationRefused("invalid", "notenrolled")
    instance = _instance(do, course, "night")
    put_member(state, group, user.id, do.asked.now, _ENROL, instance.id)
    return True


def member_remove(do: Operation) -> bool:
    state, course = do.state, do.course()
    group, user = do.group(course), do.user()
    row = group.members.get(user.id)
    if row is None:
        return False
    if state.members[row].component != _ENROL:
        raise OperationRefused("notours", "member")
    state.drop_member(group, user.id)
    return True


# -- enrolments -----------------------------------------------------------------------------------------


def _instance(do: Operation, course: Course, source: str) -> EnrolInstance:
    """One instance per course and source; each flow writes only in its own."""
    if source not in _NAMES:
        raise OperationRefused("invalid", "source")
    instance = do.state.instance(course.id, "passerelle", source)
    if instance is None:
        number = do.state.sequences.next("enrol")
        instance = do.state.put_instance(
            EnrolInstance(number, course.id, "passerelle", _NAMES[source], source=source)
        )
    return instance


def _role(do: Operation) -> Role:
    wanted = do.needed("role")
    for role in do.state.roles.values():
        if role.shortname == wanted and "course" in role.contextlevels:
            return role
    raise OperationRefused("invalid", "role")


def enrol(do: Operation) -> bool:
    """Again it moves the dates, makes active, and adds the role."""
    user, course = do.user(), do.course()
    do.may_enrol()
    role = _role(do)
    if not may_give(do.asked.site.settings, role):
        raise OperationRefused("rolenotallowed", role.shortname)
    timestart, timeend = do.time("timestart"), do.time("timeend")
    if timeend and timeend < timestart:
        raise OperationRefused("invalid", "timeend")
    instance = _instance(do, course, do.text("source", "night"))
    state = do.state
    row = state.enrolment(instance.id, user.id)
    changed = row is None
    if row is None:
        number = state.sequences.next("user_enrolments")
        row = state.put_enrolment(UserEnrolment(number, instance.id, instance.courseid, user.id))
    wanted = (_ACTIVE, timestart, timeend)
    changed = changed or (row.status, row.timestart, row.timeend) != wanted
    row.status, row.timestart, row.timeend = wanted
    added = state.assign("course", instance.courseid, user.id, role.id, _ENROL, instance.id)
    return changed or added


def suspend(do: Operation) -> bool:
    """Groups and grades are kept (N24). Someone with another role of this source only loses this one."""
    row, role = _held(do)
    if row is None:
        return False
    if _other_roles(do, row, role):
        return _take_role(do, row, role)
    changed = row.status != _SUSPENDED
    row.status = _SUSPENDED
    return changed


def unenrol(do: Operation) -> bool:
    """The role goes; with the last role of this source the enrolment goes too."""
    row, role = _held(do)
    if row is None:
        return False
    if _other_roles(do, row, role):
        return _take_role(do, row, role)
    do.state.drop_enrolment(row)
    return True


def _held(do: Operation) -> tuple[UserEnrolment | None, Role]:
    user, course = do.user(), do.course()
    do.may_enrol()
    role = _role(do)
    source = do.text("source", "night")
    if source not in _NAMES:
        raise OperationRefused("invalid", "source")
    instance = do.state.instance(course.id, "passerelle", source)
    return (None if instance is None else do.state.enrolment(instance.id, user.id)), role


def _other_roles(do: Operation, row: UserEnrolment, role: Role) -> bool:
    state = do.state
    numbers = state.assignedin.get(("course", row.courseid), {}).get(row.userid, ())
    held = (state.assignments[number] for number in numbers)
    return any(
        one.component == _ENROL and one.itemid == row.instance and one.roleid != role.id for one in held
    )


def _take_role(do: Operation, row: UserEnrolment, role: Role) -> bool:
    held = do.state.assignment("course", row.courseid, row.userid, role.id, _ENROL, row.instance)
    if held is None:
        return False
    do.state.drop_assignment(held)
    return True


# -- taking over (N23) -------------------------------------------------------------------------------------


def adopt(do: Operation) -> bool:
    """What stood by hand becomes the night's: it is looked after from now on, not made again."""
    kind = do.needed("kind")
    if kind not in _ADOPTIONS:
        raise OperationRefused("invalid", "kind")
    return _ADOPTIONS[kind](do)


def _adopt_category(do: Operation) -> bool:
    return do.own("category", do.category("idnumber").id, adopted=True)


def _adopt_course(do: Operation) -> bool:
    return do.own("course", do.course("idnumber").id, adopted=True)


def _adopt_group(do: Operation) -> bool:
    return do.own("group", _group(do).id, adopted=True)


def _group(do: Operation) -> Group:
    return do.group(do.course(), "group" if "group" in do.given else "idnumber")


def _adopt_user(do: Operation) -> bool:
    user = do.user()
    do.leave_alone(user)
    return do.own("user", user.id, adopted=True)


def _adopt_cohort(do: Operation) -> bool:
    cohort = do.cohort("idnumber")
    if cohort.component not in {"", COMPONENT}:
        raise OperationRefused("notours", "cohort")
    changed = cohort.component != COMPONENT
    cohort.component = COMPONENT
    return changed


def _adopt_member(do: Operation) -> bool:
    state, group, user = do.state, _group(do), do.user()
    row = group.members.get(user.id)
    if row is None:
        raise OperationRefused("invalid", "member")
    member = state.members[row]
    changed = member.component != _ENROL
    if changed:
        member.component, member.itemid = _ENROL, _instance(do, do.course(), "night").id
    return changed


def _adopt_enrolment(do: Operation) -> bool:
    """The old one goes, once the night's own stands beside it: groups and grades stay."""
    state, course, user = do.state, do.course(), do.user()
    do.may_enrol()
    method = do.needed("method")
    ours = state.instance(course.id, "passerelle", "night")
    if ours is None or state.enrolment(ours.id, user.id) is None:
        raise OperationRefused("invalid", "enrolment")
    if method == "passerelle":
        raise OperationRefused("invalid", "method")
    changed = False
    for number in list(state.instancesof.get(course.id, ())):
        old = state.enrolment(number, user.id) if state.instances[number].enrol == method else None
        if old is not None:
            state.drop_enrolment(old)
            changed = True
    return changed


_ADOPTIONS: dict[str, Callable[[Operation], bool]] = {
    "category": _adopt_category,
    "course": _adopt_course,
    "group": _adopt_group,
    "user": _adopt_user,
    "cohort": _adopt_cohort,
    "member": _adopt_member,
    "enrolment": _adopt_enrolment,
}

OPERATIONS: dict[str, Callable[[Operation], bool]] = {
    "member_add": member_add,
    "member_remove": member_remove,
    "enrol": enrol,
    "suspend": suspend,
    "unenrol": unenrol,
    "adopt": adopt,
}
