"""`core_cohort_*` as Moodle 4.5 answers them."""

from __future__ import annotations

from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter, no_record
from passerelle_laptop.twin.records import Cohort, CohortMember
from passerelle_laptop.twin.state import State


def create_cohorts(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state, made = asked.state, []
    wanted = [row["idnumber"] for row in params["cohorts"] if row["idnumber"]]
    if len(set(wanted)) < len(wanted) or any(idnumber in state.cohortidnumbers for idnumber in wanted):
        raise invalid_parameter()
    for row in params["cohorts"]:
        if not row["name"] or row["categorytype"]["type"] not in {"system", "id", "idnumber"}:
            raise invalid_parameter()
        made.append(make_cohort(state, row["name"], row["idnumber"], row.get("description", "")))
        made[-1].visible = row.get("visible", True)
    return [_describe(cohort) for cohort in made]


def make_cohort(state: State, name: str, idnumber: str, description: str = "", component: str = "") -> Cohort:
    cohort = Cohort(state.sequences.next("cohort"), name, idnumber, description, component=component)
    state.cohorts[cohort.id] = cohort
    if idnumber:
        state.cohortidnumbers[idnumber] = cohort.id
    return cohort


def put_cohort_member(state: State, cohort: Cohort, userid: int) -> bool:
    if userid in cohort.members:
        return False
    row = CohortMember(state.sequences.next("cohort_members"), cohort.id, userid)
    state.cohortmembers[row.id] = row
    cohort.members[userid] = row.id
    return True


def drop_cohort_member(state: State, cohort: Cohort, userid: int) -> bool:
    row = cohort.members.pop(userid, None)
    if row is None:
        return False
    del state.cohortmembers[row]
    return True


def update_cohorts(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for row in params["cohorts"]:
        cohort = _known(state, row["id"])
        if row["idnumber"] and state.cohortidnumbers.get(row["idnumber"], cohort.id) != cohort.id:
            raise invalid_parameter()
        state.cohortidnumbers.pop(cohort.idnumber, None)
        cohort.name, cohort.idnumber = row["name"], row["idnumber"]
        if cohort.idnumber:
            state.cohortidnumbers[cohort.idnumber] = cohort.id


def delete_cohorts(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for number in params["cohortids"]:
        cohort = _known(state, number)
        for userid in list(cohort.members):
            drop_cohort_member(state, cohort, userid)
        state.cohortidnumbers.pop(cohort.idnumber, None)
        del state.cohorts[cohort.id]


def get_cohorts(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = params.get("cohortids") or list(asked.state.cohorts)
    return [_describe(_known(asked.state, number)) for number in numbers]


def search_cohorts(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    query = params["query"].lower()
    found = [
        cohort
        for cohort in asked.state.cohorts.values()
        if query in f"{cohort.name} {cohort.idnumber} {cohort.description}".lower()
    ]
    start = params["limitfrom"]
    shown = found[start : start + params["limitnum"]]
    return {"cohorts": [_describe(cohort) | {"customfields": []} for cohort in shown]}


def add_members(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    """The one batch of writes that answers row by row."""
    state, warnings = asked.state, []
    for row in params["members"]:
        cohort = _cohort_by(state, **row["cohorttype"])
        if cohort is None:
            warnings.append(_missing("cohort", **row["cohorttype"]))
            continue
        user = _user_by(state, **row["usertype"])
        if user is None:
            warnings.append(_missing("user", **row["usertype"]))
            continue
        put_cohort_member(state, cohort, user)
    return {"warnings": warnings}


def _missing(what: str, type: str, value: str) -> dict[str, str]:  # noqa: A002 - Moodle's name for it
    return {"warningcode": "1" if what == "cohort" else "2", "message": f"{what} {type}={value} not exists"}


def _cohort_by(state: State, type: str, value: str) -> Cohort | None:  # noqa: A002
    if type == "id" and value.isdigit():
        return state.cohorts.get(int(value))
    number = state.cohortidnumbers.get(value) if type == "idnumber" else None
    return None if number is None else state.cohorts[number]


def _user_by(state: State, type: str, value: str) -> int | None:  # noqa: A002
    if type == "id":
        return int(value) if value.isdigit() and int(value) in state.users else None
    return state.usernames.get(value) if type == "username" else None


def delete_members(asked: Asked, params: dict[str, Any]) -> None:
    for row in params["members"]:
        drop_cohort_member(asked.state, _known(asked.state, row["cohortid"]), row["userid"])


def get_members(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"cohortid": number, "userids": sorted(_known(asked.state, number).members)}
        for number in params["cohortids"]
    ]


def _known(state: State, number: int) -> Cohort:
    cohort = state.cohorts.get(number)
    if cohort is None:
        raise no_record("cohort")
    return cohort


def _describe(cohort: Cohort) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "name": cohort.name,
        "idnumber": cohort.idnumber,
        "description": cohort.description,
        "descriptionformat": 1,
        "visible": cohort.visible,
        "theme": "",
    }


FUNCTIONS: dict[str, Handler] = {
    "core_cohort_create_cohorts": create_cohorts,
    "core_cohort_update_cohorts": update_cohorts,
    "core_cohort_delete_cohorts": delete_cohorts,
    "core_cohort_get_cohorts": get_cohorts,
    "core_cohort_search_cohorts": search_cohorts,
    "core_cohort_add_cohort_members": add_members,
    "core_cohort_delete_cohort_members": delete_members,
    "core_cohort_get_cohort_members": get_members,
}
