"""Enrolments and roles by core functions, as Moodle 4.5 answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.core_courses import course_image
from passerelle_laptop.twin.errors import MoodleError, invalid_parameter, invalid_user, moodle, no_record
from passerelle_laptop.twin.records import Course, EnrolInstance, User, UserEnrolment
from passerelle_laptop.twin.restore import decoded_links
from passerelle_laptop.twin.state import State

_SUSPENDED = 1


def enrol_users(asked: Asked, params: dict[str, Any]) -> None:
    undo: list[Callable[[], None]] = []
    try:
        for row in params["enrolments"]:
            undo.append(_enrol(asked, row))  # noqa: PERF401 - undone if a later row fails
    except MoodleError:
        for step in reversed(undo):
            step()
        raise


def _enrol(asked: Asked, row: dict[str, Any]) -> Callable[[], None]:
    state = asked.state
    course = state.courses.get(row["courseid"])
    if course is None:
        raise invalid_parameter()
    role = state.roles.get(row["roleid"])
    if role is None or "course" not in role.contextlevels:
        raise moodle(
            "wsusercannotassign",
            f"You don't have the permission to assign this role ({row['roleid']}) to this user "
            f"({row['userid']}) in this course ({row['courseid']}).",
        )
    instance = state.instance(course.id, "manual")
    if instance is None:
        raise moodle(
            "wsnoinstance",
            f"Manual enrolment plugin instance doesn't exist or is disabled for the "
            f"course (id = {course.id})",
        )
    if row["userid"] not in state.users:
        raise invalid_user()
    return enrol_by_hand(
        state,
        instance,
        row["userid"],
        role.id,
        row.get("timestart", 0),
        row.get("timeend", 0),
        int(row.get("suspend", 0) or 0),
    )


def enrol_by_hand(
    state: State,
    instance: EnrolInstance,
    userid: int,
    roleid: int,
    timestart: int = 0,
    timeend: int = 0,
    status: int = 0,
) -> Callable[[], None]:
    """Enrolling twice moves the dates and adds the role (infra/docs/moodle.md, trap 7).

    Returns what undoes it.
    """
    row = state.enrolment(instance.id, userid)
    before = (row.timestart, row.timeend, row.status) if row else None
    if row is None:
        row = state.put_enrolment(
            UserEnrolment(state.sequences.next("user_enrolments"), instance.id, instance.courseid, userid)
        )
    row.timestart, row.timeend, row.status = timestart, timeend, status
    added = state.assign("course", instance.courseid, userid, roleid)

    def undo() -> None:
        if added:
            held = state.assignment("course", instance.courseid, userid, roleid)
            if held is not None:
                state.drop_assignment(held)
        if before is None:
            state.drop_enrolment(row)
        else:
            row.timestart, row.timeend, row.status = before

    return undo


def unenrol_users(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for row in params["enrolments"]:
        if row["courseid"] not in state.courses:
            raise invalid_parameter()
        if row["userid"] not in state.users:
            raise invalid_user()
        instance = state.instance(row["courseid"], "manual")
        if instance is None:
            raise moodle("wsnoinstance", "Manual enrolment plugin instance doesn't exist or is disabled")
        held = state.enrolment(instance.id, row["userid"])
        if held is not None:
            state.drop_enrolment(held)


def unenrol_one(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    held = asked.state.enrolments.get(params["ueid"])
    if held is None:
        raise no_record("user_enrolments")
    if asked.state.instances[held.instance].enrol == "passerelle":
        # The night's and the shop's enrolments are not taken away by hand.
        return {"result": False, "errors": [{"key": "notallowed", "message": "notallowed"}]}
    asked.state.drop_enrolment(held)
    return {"result": True, "errors": []}


def enrolment_methods(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    if params["courseid"] not in state.courses:
        raise no_record("course")
    # Moodle lists those a user can act on: not the manual one.
    return [
        {
            "id": instance.id,
            "courseid": instance.courseid,
            "type": instance.enrol,
            "name": instance.name or instance.enrol.title(),
            "status": "true" if instance.status == 0 else "false",
        }
        for instance in (state.instances[n] for n in state.instancesof.get(params["courseid"], ()))
        if instance.enrol in {"self", "guest"}
    ]


# -- who is in a course ----------------------------------------------------------------------------------


def enrolled_users(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    course = state.courses.get(params["courseid"])
    if course is None:
        raise invalid_parameter()
    options = {option["name"]: option["value"] for option in params.get("options") or ()}
    fields = set(filter(None, options.get("userfields", "").split(",")))
    people = [
        number
        for number, rows in state.enrolledin.get(course.id, {}).items()
        if _shown(asked, course, number, rows, options)
    ]
    people.sort()
    start, length = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
    chosen = people[start : start + length] if length else people[start:]
    return [_participant(asked, course, state.users[number], fields) for number in chosen]


def _shown(asked: Asked, course: Course, userid: int, rows: dict[int, None], options: dict[str, str]) -> bool:
    state = asked.state
    group = int(options.get("groupid", 0))
    if group and group not in state.membership.get((course.id, userid), ()):
        return False
    active = any(is_active(state.enrolments[row], asked.now) for row in rows)
    if options.get("onlyactive") == "1":
        return active
    return not active if options.get("onlysuspended") == "1" else True


def is_active(row: UserEnrolment, now: int) -> bool:
    return row.status == 0 and row.timestart <= now and (row.timeend == 0 or row.timeend > now)


def _participant(asked: Asked, course: Course, user: User, fields: set[str]) -> dict[str, Any]:
    state = asked.state
    images = f"{asked.site.base_url}/theme/image.php/boost/core/{asked.site.settings.themerev}/u"
    row: dict[str, Any] = {
        "id": user.id,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
        "email": user.email,
        "department": user.department,
        "idnumber": user.idnumber,
        "firstaccess": user.firstaccess,
        "lastaccess": user.lastaccess,
        "lastcourseaccess": 0,
        "profileimageurlsmall": f"{images}/f2",
        "profileimageurl": f"{images}/f1",
    }
    groups = [state.groups[number] for number in state.membership.get((course.id, user.id), ())]
    if groups:
        row["groups"] = [
            {"id": group.id, "name": group.name, "description": group.description, "descriptionformat": 1}
            for group in groups
        ]
    row["roles"] = [
        {"roleid": number, "name": "", "shortname": state.roles[number].shortname, "sortorder": 0}
        for number in state.roles_of(course.id, user.id)
    ]
    if not fields or "enrolledcourses" in fields:
        row["enrolledcourses"] = [
            {"id": other.id, "fullname": other.fullname, "shortname": other.shortname}
            for other in (state.courses[number] for number in state.coursesof.get(user.id, ()))
        ]
    if not row["idnumber"]:
        del row["idnumber"]
    if not fields:
        return row
    return {name: value for name, value in row.items() if name in fields or name in {"id", "fullname"}}


def users_courses(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    if params["userid"] not in state.users:
        return []
    rows = []
    for number in state.coursesof.get(params["userid"], ()):
        course = state.courses[number]
        row: dict[str, Any] = {
            "id": course.id,
            "shortname": course.shortname,
            "fullname": course.fullname,
            "displayname": course.fullname,
        }
        if params["returnusercount"]:
            row["enrolledusercount"] = len(state.enrolledin.get(course.id, ()))
        rows.append(
            row
            | {
                "idnumber": course.idnumber,
                "visible": int(course.visible),
                "summary": decoded_links(course.summary, asked.site.base_url),
                "summaryformat": course.summaryformat,
                "format": course.format,
                "courseimage": course_image(asked, course),
                "showgrades": bool(course.showgrades),
                "lang": course.lang,
                "enablecompletion": bool(course.enablecompletion),
                "completionhascriteria": False,
                "completionusertracked": True,
                "category": course.category,
                "progress": None,
                "completed": False,
                "startdate": course.startdate,
                "enddate": course.enddate,
                "marker": 0,
                "lastaccess": None,
                "isfavourite": False,
                "hidden": False,
                "overviewfiles": [],
                "showactivitydates": True,
                "showcompletionconditions": True,
                "timemodified": course.timemodified,
            }
        )
    return rows


# -- roles over a context --------------------------------------------------------------------------------


def assign_roles(asked: Asked, params: dict[str, Any]) -> None:
    wanted = [_over(asked, row) for row in params["assignments"]]
    for level, instance, userid, roleid in wanted:
        asked.state.assign(level, instance, userid, roleid)


def unassign_roles(asked: Asked, params: dict[str, Any]) -> None:
    for row in params["unassignments"]:
        level, instance, userid, roleid = _over(asked, row)
        held = asked.state.assignment(level, instance, userid, roleid)
        if held is not None:
            asked.state.drop_assignment(held)


def _over(asked: Asked, row: dict[str, Any]) -> tuple[str, int, int, int]:
    """In a user context only roles made for that level can be assigned (infra/docs/moodle.md, trap 8)."""
    state = asked.state
    level, instance = row.get("contextlevel", ""), row.get("instanceid", 0)
    if row.get("contextid") == 1:
        level, instance = "system", 0
    tables: dict[str, Any] = {"course": state.courses, "coursecat": state.categories, "user": state.users}
    if level != "system" and instance not in tables.get(level, ()):
        raise invalid_parameter()
    role = state.roles.get(row["roleid"])
    if role is None or level not in role.contextlevels or row["userid"] not in state.users:
        raise invalid_parameter()
    return level, instance, row["userid"], role.id


FUNCTIONS: dict[str, Handler] = {
    "enrol_manual_enrol_users": enrol_users,
    "enrol_manual_unenrol_users": unenrol_users,
    "core_enrol_unenrol_user_enrolment": unenrol_one,
    "core_enrol_get_course_enrolment_methods": enrolment_methods,
    "core_enrol_get_enrolled_users": enrolled_users,
    "core_enrol_get_users_courses": users_courses,
    "core_role_assign_roles": assign_roles,
    "core_role_unassign_roles": unassign_roles,
}
