"""Names of what a plan touches, and what it changes, as it is now: for reading it, never for applying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from passerelle.domain.night.plan.actual import Actual
from passerelle.domain.night.plan.plan import Names, Operation, Value
from passerelle.domain.offer.desired import Desired


def names_of(operations: Iterable[Operation], desired: Desired, actual: Actual) -> Names:
    logins: set[str] = set()
    courses: set[str] = set()
    groups: set[str] = set()
    updates: set[str] = set()
    for one in operations:
        logins.add(str(one["username"]))
        courses |= {one.course, str(one["idnumber"])}
        if one["group"]:
            groups.add(f"{one.course}/{one['group']}")
        if one.op.endswith("_update"):
            updates.add(key_of(one.op, one.columns))
    return Names(
        people=_people(logins, desired, actual),
        courses=_courses(courses, desired, actual),
        groups={
            key: row.name
            for row in desired.groups.values()
            if (key := f"{row.course}/{row.idnumber}") in groups
        }
        | {
            key: row.name
            for row in actual.groups.values()
            if (key := f"{row.course}/{row.idnumber}") in groups
        },
        before=_before(updates, actual),
    )


def key_of(op: str, columns: Mapping[str, Value]) -> str:
    """What an update is about, as `before` keys it."""
    kind = op.partition("_")[0]
    inside = ("username",) if kind == "user" else ("course", "idnumber")
    return "/".join([kind, *(str(columns[name]) for name in inside if columns.get(name))])


def _people(logins: set[str], desired: Desired, actual: Actual) -> dict[str, str]:
    rows = [(row.username, row.firstname, row.lastname) for row in actual.users.values()]
    rows += [(row.username, row.firstname, row.lastname) for row in desired.users.values()]
    return {login: f"{first} {last}".strip() for login, first, last in rows if login in logins}


def _courses(wanted: set[str], desired: Desired, actual: Actual) -> dict[str, str]:
    found = {name: row.fullname for name, row in desired.courses.items() if name in wanted}
    return found | {row.idnumber: row.fullname for row in actual.courses.values() if row.idnumber in wanted}


def _before(wanted: set[str], actual: Actual) -> dict[str, dict[str, Value]]:
    """Of each kind: its rows by key, and the attribute behind each column."""
    user = {name: name for name in ("idnumber", "firstname", "lastname", "email")} | {
        "newusername": "username"
    }
    course = {name: name for name in ("shortname", "fullname", "category", "startdate")}
    kinds: tuple[tuple[dict[str, object], dict[str, str]], ...] = (
        ({f"course/{row.idnumber}": row for row in actual.courses.values()}, course),
        (
            {f"category/{row.idnumber}": row for row in actual.categories.values()},
            {"name": "name", "parent": "parent"},
        ),
        ({f"group/{row.course}/{row.idnumber}": row for row in actual.groups.values()}, {"name": "name"}),
        ({f"user/{row.username}": row for row in actual.users.values()}, user),
        ({f"cohort/{row.idnumber}": row for row in actual.cohorts.values()}, {"name": "name"}),
    )
    return {
        key: {column: getattr(row, attribute) for column, attribute in columns.items()}
        for rows, columns in kinds
        for key, row in rows.items()
        if key in wanted
    }
