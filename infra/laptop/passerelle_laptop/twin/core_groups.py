"""`core_group_*` as Moodle 4.5 answers them."""

from __future__ import annotations

from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import MoodleError, invalid_parameter, moodle, no_record
from passerelle_laptop.twin.records import Group, Grouping, Member
from passerelle_laptop.twin.state import State


def create_groups(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    made: list[Group] = []
    try:
        for row in params["groups"]:
            if row["courseid"] not in state.courses or not row["name"].strip():
                raise invalid_parameter()
            _check(state, row["courseid"], row["name"], row.get("idnumber", ""))
            made.append(
                state.put_group(
                    Group(
                        state.sequences.next("groups"),
                        row["courseid"],
                        row["name"],
                        row.get("idnumber", ""),
                        row["description"],
                        int(row["descriptionformat"]),
                        row.get("enrolmentkey"),
                        row["visibility"],
                        row["participation"],
                    )
                )
            )
    except MoodleError:
        for group in made:
            state.drop_group(group)
        raise
    return [_describe(group) | {"enrolmentkey": group.enrolmentkey or ""} for group in made]


def _check(state: State, courseid: int, name: str, idnumber: str, own: int = 0) -> None:
    for number in state.groupsof.get(courseid, ()):
        if number != own and state.groups[number].name == name:
            raise invalid_parameter()
    if idnumber and state.groupidnumbers.get((courseid, idnumber), own) != own:
        raise moodle("idnumbertaken", "This ID number is already in use")


def update_groups(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for row in params["groups"]:
        group = _known(state, row["id"])
        _check(state, group.courseid, row["name"], row.get("idnumber", ""), group.id)
        names = ("name", "idnumber", "description", "enrolmentkey", "participation")
        state.change_group(group, **{name: row[name] for name in names if row.get(name) is not None})


def delete_groups(asked: Asked, params: dict[str, Any]) -> None:
    for number in params["groupids"]:
        if number in asked.state.groups:
            asked.state.drop_group(asked.state.groups[number])


def get_course_groups(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    if params["courseid"] not in asked.state.courses:
        raise invalid_parameter()
    numbers = asked.state.groupsof.get(params["courseid"], ())
    return [_describe(asked.state.groups[number]) for number in numbers]


def get_groups(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    return [_describe(_known(asked.state, number)) for number in params["groupids"]]


def _known(state: State, number: int) -> Group:
    group = state.groups.get(number)
    if group is None:
        raise no_record("groups")
    return group


def _describe(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "courseid": group.courseid,
        "name": group.name,
        "description": group.description,
        "descriptionformat": group.descriptionformat,
        "enrolmentkey": group.enrolmentkey,
        "idnumber": group.idnumber,
        "visibility": group.visibility,
        "participation": group.participation,
    }


def add_group_members(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    made: list[tuple[Group, int]] = []
    try:
        for row in params["members"]:
            group, userid = _known(state, row["groupid"]), row["userid"]
            if userid not in state.enrolledin.get(group.courseid, ()):
                raise invalid_parameter()
            if userid not in group.members:
                put_member(state, group, userid, asked.now)
                made.append((group, userid))
    except MoodleError:
        for group, userid in made:
            state.drop_member(group, userid)
        raise


def put_member(
    state: State, group: Group, userid: int, now: int, component: str = "", itemid: int = 0
) -> Member:
    number = state.sequences.next("groups_members")
    return state.put_member(Member(number, group.id, userid, component, itemid, now))


def delete_group_members(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for row in params["members"]:
        group = _known(state, row["groupid"])
        held = group.members.get(row["userid"])
        if held is not None and state.members[held].component:
            raise moodle("erroraddremoveuser", "Error adding/removing user to group")
        state.drop_member(group, row["userid"])


def get_group_members(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"groupid": number, "userids": sorted(_known(asked.state, number).members)}
        for number in params["groupids"]
    ]


# -- groupings -------------------------------------------------------------------------------------------


def create_groupings(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state, rows = asked.state, []
    for row in params["groupings"]:
        held = [one for one in state.groupings.values() if one.courseid == row["courseid"]]
        if row["courseid"] not in state.courses or any(one.name == row["name"] for one in held):
            raise invalid_parameter()
        idnumber = row.get("idnumber", "")
        if idnumber and any(one.idnumber == idnumber for one in held):
            raise moodle("idnumbertaken", "This ID number is already in use")
        rows.append(
            Grouping(
                state.sequences.next("groupings"), row["courseid"], row["name"], idnumber, row["description"]
            )
        )
        state.groupings[rows[-1].id] = rows[-1]
    return [_describe_grouping(grouping) for grouping in rows]


def _describe_grouping(grouping: Grouping) -> dict[str, Any]:
    return {
        "id": grouping.id,
        "courseid": grouping.courseid,
        "name": grouping.name,
        "description": grouping.description,
        "descriptionformat": 1,
        "idnumber": grouping.idnumber,
    }


def get_course_groupings(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    if params["courseid"] not in asked.state.courses:
        raise invalid_parameter()
    return [
        _describe_grouping(grouping)
        for grouping in asked.state.groupings.values()
        if grouping.courseid == params["courseid"]
    ]


def assign_grouping(asked: Asked, params: dict[str, Any]) -> None:
    for row in params["assignments"]:
        _both(asked, row)[0].groups.add(row["groupid"])


def unassign_grouping(asked: Asked, params: dict[str, Any]) -> None:
    for row in params["unassignments"]:
        _both(asked, row)[0].groups.discard(row["groupid"])


def _both(asked: Asked, row: dict[str, Any]) -> tuple[Grouping, Group]:
    grouping = asked.state.groupings.get(row["groupingid"])
    if grouping is None:
        raise no_record("groupings")
    return grouping, _known(asked.state, row["groupid"])


def delete_groupings(asked: Asked, params: dict[str, Any]) -> None:
    for number in params["groupingids"]:
        asked.state.groupings.pop(number, None)


FUNCTIONS: dict[str, Handler] = {
    "core_group_create_groups": create_groups,
    "core_group_update_groups": update_groups,
    "core_group_delete_groups": delete_groups,
    "core_group_get_course_groups": get_course_groups,
    "core_group_get_groups": get_groups,
    "core_group_add_group_members": add_group_members,
    "core_group_delete_group_members": delete_group_members,
    "core_group_get_group_members": get_group_members,
    "core_group_create_groupings": create_groupings,
    "core_group_get_course_groupings": get_course_groupings,
    "core_group_assign_grouping": assign_grouping,
    "core_group_unassign_grouping": unassign_grouping,
    "core_group_delete_groupings": delete_groupings,
}
