"""`local_passerelle_export`: a table in pages by id, each row with the columns of `apply`'s operations."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter
from passerelle_laptop.twin.plugin_site import last_change
from passerelle_laptop.twin.records import (
    Category,
    Cohort,
    CohortMember,
    Course,
    Group,
    Member,
    Owned,
    User,
    UserEnrolment,
)

_MOST_ROWS = 50_000
_MOST_NAMED = 500
_GUEST = 1

Describe = Callable[[Asked, Any], dict[str, Any] | None]


def _user(_asked: Asked, user: User) -> dict[str, Any] | None:
    if user.id == _GUEST:
        return None
    return {
        "id": user.id,
        "username": user.username,
        "idnumber": user.idnumber,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "auth": user.auth,
        "suspended": user.suspended,
        "confirmed": user.confirmed,
        "lang": user.lang,
        "lastaccess": user.lastaccess,
    }


def _cohort(_asked: Asked, cohort: Cohort) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "idnumber": cohort.idnumber,
        "name": cohort.name,
        "component": cohort.component,
        "visible": cohort.visible,
    }


def _cohort_member(asked: Asked, row: CohortMember) -> dict[str, Any]:
    state = asked.state
    cohort = state.cohorts[row.cohort]
    return {
        "id": row.id,
        "cohort": cohort.idnumber,
        "username": state.users[row.userid].username,
        "component": cohort.component,
    }


def _category(asked: Asked, category: Category) -> dict[str, Any]:
    above = asked.state.categories.get(category.parent)
    return {
        "id": category.id,
        "idnumber": category.idnumber,
        "name": category.name,
        "parent": above.idnumber if above else "",
        "visible": category.visible,
    }


def _course(asked: Asked, course: Course) -> dict[str, Any]:
    return {
        "id": course.id,
        "idnumber": course.idnumber,
        "shortname": course.shortname,
        "fullname": course.fullname,
        "category": asked.state.categories[course.category].idnumber,
        "summary": course.summary,
        "visible": course.visible,
        "startdate": course.startdate,
        "timecreated": course.timecreated,
        "lastchange": last_change(asked, course),
    }


def _group(asked: Asked, group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "course": asked.state.courses[group.courseid].idnumber,
        "courseid": group.courseid,
        "idnumber": group.idnumber,
        "name": group.name,
    }


def _member(asked: Asked, member: Member) -> dict[str, Any]:
    state = asked.state
    group = state.groups[member.group]
    return {
        "id": member.id,
        "course": state.courses[group.courseid].idnumber,
        "courseid": group.courseid,
        "group": group.idnumber,
        "username": state.users[member.userid].username,
        "component": member.component,
    }


def _enrolment(asked: Asked, row: UserEnrolment) -> dict[str, Any]:
    """`roles` are those this enrolment gave; for the manual method, which marks none, those nobody marked."""
    state = asked.state
    instance = state.instances[row.instance]
    component = f"enrol_{instance.enrol}"
    roles = set()
    for number in state.assignedin.get(("course", row.courseid), {}).get(row.userid, ()):
        held = state.assignments[number]
        marked = held.component == component and held.itemid == instance.id
        if marked or (not held.component and instance.enrol == "manual"):
            roles.add(state.roles[held.roleid].shortname)
    return {
        "id": row.id,
        "course": state.courses[row.courseid].idnumber,
        "courseid": row.courseid,
        "username": state.users[row.userid].username,
        "userid": row.userid,
        "method": instance.enrol,
        "source": instance.source,
        "roles": sorted(roles),
        "status": "active" if row.status == 0 and instance.status == 0 else "suspended",
        "timestart": row.timestart,
        "timeend": row.timeend,
    }


def _owned(asked: Asked, row: Owned) -> dict[str, Any]:
    state = asked.state
    tables: dict[str, Mapping[int, Any]] = {
        "category": state.categories,
        "course": state.courses,
        "group": state.groups,
        "user": state.users,
    }
    thing = tables[row.kind][row.instance]
    return {
        "id": row.id,
        "kind": row.kind,
        "itemid": row.instance,
        "adopted": row.adopted,
        # A person is named by login, everything else by its number.
        "idnumber": thing.username if isinstance(thing, User) else thing.idnumber,
        "course": state.courses[thing.courseid].idnumber if isinstance(thing, Group) else "",
    }


def export(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    """`next` is what to give as `after` for the following page, None after the last."""
    table, describe = _table(asked, params["table"])
    if len(params["only"]) > _MOST_NAMED:
        raise invalid_parameter()
    if params["only"]:
        table = _narrowed(asked, params["table"], table, params["only"])
    limit = max(1, min(params["limit"], _MOST_ROWS))
    # Ids only rise and rows keep the order they came in.
    numbers = list(table)
    start = bisect_right(numbers, params["after"])
    page = numbers[start : start + limit]
    rows = [row for number in page if (row := describe(asked, table[number])) is not None]
    return {
        "rows": json.dumps(rows, ensure_ascii=False, separators=(",", ":")),
        "next": page[-1] if len(numbers) > start + limit else None,
    }


def _table(asked: Asked, name: str) -> tuple[Mapping[int, Any], Describe]:
    state = asked.state
    tables: dict[str, tuple[Mapping[int, Any], Describe]] = {
        "users": (state.users, _user),
        "cohorts": (state.cohorts, _cohort),
        "cohortmembers": (state.cohortmembers, _cohort_member),
        "categories": (state.categories, _category),
        "courses": (state.courses, _course),
        "groups": (state.groups, _group),
        "members": (state.members, _member),
        "enrolments": (state.enrolments, _enrolment),
        "owned": (state.owned, _owned),
    }
    if name not in tables:
        raise invalid_parameter()
    return tables[name]


def _owned_by(asked: Asked, row: Any, only: list[str], meant: Callable[[Course | None], bool]) -> bool:
    """Such courses, their groups, and accounts of these logins."""
    state = asked.state
    match row.kind:
        case "course":
            return meant(state.courses.get(row.instance))
        case "group":
            group = state.groups.get(row.instance)
            return group is not None and state.courses[group.courseid].idnumber in only
        case "user":
            user = state.users.get(row.instance)
            return user is not None and user.username in only
    return False


def _narrowed(asked: Asked, name: str, table: Mapping[int, Any], only: list[str]) -> Mapping[int, Any]:
    """Rows of these logins, or of the courses of these idnumbers and their archives."""
    state = asked.state
    if name == "users":
        return {number: row for number, row in table.items() if row.username in only}
    if name in ("enrolments", "members", "cohortmembers"):
        return {number: row for number, row in table.items() if state.users[row.userid].username in only}
    if name == "groups":
        return {number: row for number, row in table.items() if state.courses[row.courseid].idnumber in only}
    archives = tuple(f"ex_{idnumber}" for idnumber in only)

    def meant(course: Course | None) -> bool:
        return course is not None and (course.idnumber in only or course.idnumber.startswith(archives))

    if name == "courses":
        return {number: row for number, row in table.items() if meant(row)}
    if name == "owned":
        return {number: row for number, row in table.items() if _owned_by(asked, row, only, meant)}
    raise invalid_parameter()


FUNCTIONS: dict[str, Handler] = {"local_passerelle_export": export}
