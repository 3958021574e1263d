"""Operations on group members and enrolments, and taking over what stood before."""

from __future__ import annotations

from collections.abc import Callable

from passerelle_laptop.twin.core_groups import put_member
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.operations_people import COMPONENT
from passerelle_laptop.twin.records import Course, EnrolInstance, Role, User, UserEnrolment

_ENROL = "enrol_passerelle"
_NAMES = {"night": "Scolarité", "shop": "Boutique"}
_ACTIVE, _SUSPENDED = 0, 1


def member_add(do: Operation) -> bool:
    state, course, user = do.state, do.course(), do.user()
    group = do.group(course)
    if user.id in group.members:
        return False  # by whoever: a member by hand is never claimed
    if user.id not in state.enrolledin.get(course.id, ()):
        raise OperationRefused("invalid", "notenrolled")
    instance = _instance(do, course, do.text("source", "night"))
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
    course, user, role = do.course(), do.user(), _role(do)
    instance = _instance(do, course, do.text("source", "night"))
    return _enrol(do, instance, user, role, do.number("timestart"), do.number("timeend"))


def _enrol(
    do: Operation, instance: EnrolInstance, user: User, role: Role, timestart: int, timeend: int
) -> bool:
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
    """Groups and grades are kept (N24)."""
    row = _held(do)
    if row is None or row.status == _SUSPENDED:
        return False
    row.status = _SUSPENDED
    return True


def unenrol(do: Operation) -> bool:
    """The role goes; with the last role of this source the enrolment goes too."""
    state, row, role = do.state, _held(do), _role(do)
    if row is None:
        return False
    held = state.assignment("course", row.courseid, row.userid, role.id, _ENROL, row.instance)
    others = [
        number
        for number in state.assignedin.get(("course", row.courseid), {}).get(row.userid, ())
        if state.assignments[number].itemid == row.instance
        and state.assignments[number].component == _ENROL
        and state.assignments[number].roleid != role.id
    ]
    if others:
        if held is None:
            return False
        state.drop_assignment(held)
        return True
    state.drop_enrolment(row)
    return True


def _held(do: Operation) -> UserEnrolment | None:
    course, user, source = do.course(), do.user(), do.text("source", "night")
    if source not in _NAMES:
        raise OperationRefused("invalid", "source")
    instance = do.state.instance(course.id, "passerelle", source)
    return None if instance is None else do.state.enrolment(instance.id, user.id)


# -- taking over (N23) -------------------------------------------------------------------------------------


def adopt(do: Operation) -> bool:
    """What stood by hand becomes the night's: it is looked after from now on, not made again."""
    kind = do.needed("kind")
    if kind not in _ADOPTIONS:
        raise OperationRefused("invalid", "kind")
    return _ADOPTIONS[kind](do)


def _adopt_category(do: Operation) -> bool:
    return do.own("category", do.category("idnumber").id)


def _adopt_course(do: Operation) -> bool:
    return do.own("course", do.course("idnumber").id)


def _adopt_group(do: Operation) -> bool:
    return do.own("group", do.group(do.course(), "idnumber").id)


def _adopt_user(do: Operation) -> bool:
    return do.own("user", do.user().id)


def _adopt_cohort(do: Operation) -> bool:
    cohort = do.cohort("idnumber")
    changed = cohort.component != COMPONENT
    cohort.component = COMPONENT
    return changed


def _adopt_member(do: Operation) -> bool:
    state, course = do.state, do.course()
    group, user = do.group(course), do.user()
    row = group.members.get(user.id)
    if row is None:
        raise OperationRefused("invalid", "notmember")
    member = state.members[row]
    changed = member.component != _ENROL
    member.component, member.itemid = _ENROL, _instance(do, course, "night").id
    return changed


def _adopt_enrolment(do: Operation) -> bool:
    """Made again as the night's before the old one goes, so that groups and grades stay."""
    state, course, user, role = do.state, do.course(), do.user(), _role(do)
    old_instance = state.instance(course.id, do.needed("method"))
    old = None if old_instance is None else state.enrolment(old_instance.id, user.id)
    instance = _instance(do, course, "night")
    if old is None or old_instance is None:
        if state.enrolment(instance.id, user.id) is None:
            raise OperationRefused("invalid", "notenrolled")
        return False
    _enrol(do, instance, user, role, old.timestart, old.timeend)
    by_hand = state.assignment("course", course.id, user.id, role.id)
    if by_hand is not None:
        state.drop_assignment(by_hand)
    left = [
        number
        for number in state.assignedin.get(("course", course.id), {}).get(user.id, ())
        if not state.assignments[number].component
    ]
    if not left:
        state.drop_enrolment(old)
    return True


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
