"""`local_passerelle` about the site, its people and its courses, and the messages it sends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter, no_record
from passerelle_laptop.twin.reach import may_give
from passerelle_laptop.twin.records import Course, Message
from passerelle_laptop.twin.state import State

_MOST_VALUES = 500
_MOST_ROWS = 5_000
_ADMIN = 2
_EDITING, _TEACHING = "editingteacher", "teacher"


def get_site(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    """With a category, what each role may do is told as it stands there, overrides included."""
    site = asked.site
    settings = site.settings
    overridden = _overrides(asked, params["category"])
    return {
        "release": settings.release,
        "version": settings.version,
        "site": settings.passerelle_name,
        "wwwroot": site.base_url,
        "plugins": dict(settings.own_plugins),
        "roles": [
            {
                "id": role.id,
                "shortname": role.shortname,
                "name": role.name,
                "archetype": role.archetype,
                "contextlevels": list(role.contextlevels),
                "capabilities": list(overridden.get(role.shortname, role.capabilities)),
                "allowed": may_give(settings, role),
            }
            for role in asked.state.roles.values()
        ],
        "modules": [{"name": name, "version": version} for name, version in settings.modules.items()],
        "blocks": [{"name": name, "version": version} for name, version in settings.blocks.items()],
        "limits": {
            "max_input_vars": settings.max_input_vars,
            "upload_max_filesize": settings.upload_max_filesize,
            "post_max_size": settings.post_max_size,
            "course_maxbytes": 0,
        },
        "languages": sorted(settings.languages),
        "now": asked.now,
        "cron": {"idle": 0, "every": 60, "atonce": False},
    }


def _overrides(asked: Asked, idnumber: str) -> dict[str, tuple[str, ...]]:
    if not idnumber:
        return {}
    state = asked.state
    if idnumber not in state.categoryidnumbers:
        raise no_record("course_categories")
    found: dict[str, tuple[str, ...]] = {}
    for number in state.category_path(state.categories[state.categoryidnumbers[idnumber]]):
        found |= asked.site.settings.overrides.get(state.categories[number].idnumber, {})
    return found


def find_users(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state, field, values = asked.state, params["field"], params["values"]
    if field not in {"email", "username", "idnumber"} or len(values) > _MOST_VALUES:
        raise invalid_parameter()
    rows = []
    for value in values:
        folded = value.lower()
        if field == "email":
            numbers = list(state.emails.get(folded, ()))
        elif field == "username":
            numbers = [state.usernames[folded]] if folded in state.usernames else []
        else:
            numbers = list(_without_case(asked).get(folded, ()))
        rows.append({"value": value, "users": [_person(asked, number) for number in numbers]})
    return rows


def _without_case(asked: Asked) -> dict[str, list[int]]:
    folded: dict[str, list[int]] = {}
    for idnumber, numbers in asked.state.useridnumbers.items():
        folded.setdefault(idnumber.lower(), []).extend(numbers)
    return folded


def _person(asked: Asked, number: int) -> dict[str, Any]:
    user = asked.state.users[number]
    return {
        "id": user.id,
        "username": user.username,
        "idnumber": user.idnumber,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "auth": user.auth,
        "suspended": user.suspended,
        "deleted": False,
        "confirmed": user.confirmed,
        "lang": user.lang,
        "firstaccess": user.firstaccess,
        "lastaccess": user.lastaccess,
        # Administrator, or a role at site or category level (S6).
        "privileged": number == _ADMIN
        or number in asked.state.assignedin.get(("system", 0), ())
        or any(_in_category(asked.state, category, number) for category in asked.state.categories),
        "categories": _own_categories(asked.state, number),
    }


def _own_categories(state: State, user: int) -> list[str]:
    """Idnumbers of the categories in which a role held there creates courses (P11)."""
    found = []
    for category, row in sorted(state.categories.items()):
        roles = {state.assignments[one].roleid for one in _in_category(state, category, user)}
        creates = any(state.roles[role].archetype in {"manager", "coursecreator"} for role in roles)
        if creates and row.idnumber:
            found.append(row.idnumber)
    return found


def _in_category(state: State, category: int, user: int) -> Collection[int]:
    """Assignments of the user there."""
    return state.assignedin.get(("coursecat", category), {}).get(user, ())


# -- courses -----------------------------------------------------------------------------------------------


def get_course_states(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    rows = [course_state(asked, state.courses.get(number), number) for number in params["courseids"]]
    for idnumber in params["idnumbers"]:
        found = state.courseidnumbers.get(idnumber)
        row = course_state(asked, None if found is None else state.courses[found], 0)
        rows.append(row | {"idnumber": idnumber})
    return rows


def course_state(asked: Asked, course: Course | None, number: int) -> dict[str, Any]:
    if course is None:
        return {
            "exists": False,
            "courseid": number,
            "idnumber": "",
            "shortname": "",
            "fullname": "",
            "visible": False,
            "empty": False,
            "holds": [],
            "sections": 0,
            "activities": 0,
            "users": 0,
            "lastchange": 0,
            "editingteachers": [],
            "teachers": [],
            "restoredfrom": "",
        }
    state, holds = asked.state, holdings(course)
    return {
        "exists": True,
        "courseid": course.id,
        "idnumber": course.idnumber,
        "shortname": course.shortname,
        "fullname": course.fullname,
        "visible": course.visible,
        "empty": not holds,
        "holds": [{"kind": kind, "count": count} for kind, count in holds.items()],
        "sections": len(course.content.sections),
        "activities": len(course.content.modules),
        "users": len(state.enrolledin.get(course.id, ())),
        "lastchange": last_change(asked, course),
        "editingteachers": holders(asked, course, _EDITING),
        "teachers": holders(asked, course, _TEACHING),
        "restoredfrom": str(course.restoredfrom) if course.restoredfrom else "",
    }


def holdings(course: Course) -> dict[str, int]:
    """What keeps a course from being *Empty* (infra/docs/rules.md). Blocks do not count."""
    content = course.content
    modules = list(content.modules.values())
    found = {
        "activities": sum(1 for module in modules if module.kind != "news"),
        "discussions": sum(module.discussions for module in modules if module.kind == "news"),
        "questions": content.questions,
        "badges": content.badges,
        "contentbank": content.bankitems,
        "summaries": sum(1 for section in content.sections.values() if section.summary.strip()),
    }
    return {kind: count for kind, count in found.items() if count}


def last_change(asked: Asked, course: Course) -> int:
    """The latest of row, log and blocks; without a readable log every course counts as changed."""
    if not asked.site.settings.log_readable:
        return asked.now
    return max(course.timemodified, course.lastevent)


def holders(asked: Asked, course: Course, shortname: str) -> list[str]:
    state = asked.state
    role = next((row.id for row in state.roles.values() if row.shortname == shortname), 0)
    enrolled = state.enrolledin.get(course.id, {})
    return sorted(
        state.users[number].username
        for number in state.assignedin.get(("course", course.id), ())
        if number in enrolled and role in state.roles_of(course.id, number)
    )


def list_changed_courses(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    limit = max(1, min(params["limit"], _MOST_ROWS))
    for course in asked.state.courses.values():
        if course.id <= params["after"]:
            continue
        changed = last_change(asked, course)
        if changed < params["since"]:
            continue
        if len(rows) == limit:
            return {"courses": rows, "next": rows[-1]["id"]}
        rows.append(
            {
                "id": course.id,
                "idnumber": course.idnumber,
                "shortname": course.shortname,
                "fullname": course.fullname,
                "visible": course.visible,
                "lastchange": changed,
            }
        )
    return {"courses": rows, "next": None}


# -- messages ------------------------------------------------------------------------------------------------


def notify(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    """The same key is sent once."""
    state, verdicts = asked.state, []
    for row in params["notifications"]:
        if row["key"] in state.notified:
            verdicts.append({"key": row["key"], "ok": True, "changed": False})
            continue
        user = state.user_named(row["username"].lower())
        if user is None:
            verdicts.append({"key": row["key"], "ok": False, "errorcode": "unknownuser"})
            continue
        values = {pair["name"]: pair["value"] for pair in row["values"]}
        number = state.sequences.next("messages")
        state.messages.append(
            Message(
                number,
                user.id,
                values.get("text", ""),
                asked.now,
                asked.caller.id,
                key=row["key"],
                kind=row["kind"],
                lang=row["lang"] or user.lang,
                values=values,
            )
        )
        state.notified[row["key"]] = number
        verdicts.append({"key": row["key"], "ok": True, "changed": True})
    return verdicts


FUNCTIONS: dict[str, Handler] = {
    "local_passerelle_get_site": get_site,
    "local_passerelle_find_users": find_users,
    "local_passerelle_get_course_states": get_course_states,
    "local_passerelle_list_changed_courses": list_changed_courses,
    "local_passerelle_notify": notify,
}
