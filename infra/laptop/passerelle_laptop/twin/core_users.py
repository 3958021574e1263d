"""`core_user_*` as Moodle 4.5 answers them."""

from __future__ import annotations

import re
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import MoodleError, invalid_parameter, invalid_user, moodle, row_by_row
from passerelle_laptop.twin.records import User

EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_COLUMNS = (
    "auth",
    "city",
    "country",
    "department",
    "description",
    "email",
    "firstname",
    "idnumber",
    "institution",
    "lang",
    "lastname",
    "mailformat",
    "phone1",
    "timezone",
)
_ADMIN_AND_GUEST = (1, 2)
_INTERNAL = ("manual", "email", "nologin")  # the others keep no password in Moodle, and need none


def create_users(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    made: list[User] = []
    try:
        for row in params["users"]:
            made.append(_create(asked, row))  # noqa: PERF401 - undone if a later row fails
    except MoodleError:
        # One transaction: nothing stays, but the sequence does not go back.
        for user in made:
            state.drop_user(user)
        raise
    for user in made:
        if user.forcepasswordchange:
            state.firstpasswordmails.append(user.id)
    return [{"id": user.id, "username": user.username} for user in made]


def _create(asked: Asked, row: dict[str, Any]) -> User:
    state, username = asked.state, row["username"]
    if not username or username in state.usernames:
        raise invalid_parameter()
    if not row["firstname"] or not row["lastname"]:
        raise invalid_parameter()
    inside = (row.get("auth") or "manual") in _INTERNAL
    if inside and not row.get("password") and not row.get("createpassword"):
        raise invalid_parameter()
    if not EMAIL.fullmatch(row["email"]):
        raise invalid_parameter()
    if row["email"].lower() in state.emails and not asked.site.settings.same_email_allowed:
        raise invalid_parameter()
    columns = {name: row[name] for name in _COLUMNS if row.get(name) is not None}
    user = User(id=state.sequences.next("user"), username=username, timecreated=asked.now, **columns)
    user.customfields = {field["type"]: field["value"] for field in row.get("customfields", ())}
    user.forcepasswordchange = bool(row.get("createpassword"))
    return state.put_user(user)


def update_users(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    return row_by_row(params["users"], "user", lambda row: _update(asked, row))


def _update(asked: Asked, row: dict[str, Any]) -> None:
    state = asked.state
    user = state.users.get(row["id"])
    if user is None:
        raise moodle("invaliduserid", "Invalid user ID")
    if user.id in _ADMIN_AND_GUEST:
        raise moodle("usernotupdatedadmin", "User was not updated, is an admin or the guest")
    email = row.get("email")
    if email is not None and email != user.email:
        if not EMAIL.fullmatch(email):
            raise moodle("useremailinvalid", "Invalid email address")
        held = [other for other in state.emails.get(email.lower(), ()) if other != user.id]
        if held and not asked.site.settings.same_email_allowed:
            raise moodle("useremailduplicate", "Duplicate address")
    username = row.get("username")
    if username is not None and state.usernames.get(username, user.id) != user.id:
        raise moodle("usernameexists", "This username already exists, choose another")
    columns = {name: row[name] for name in (*_COLUMNS, "username", "suspended") if row.get(name) is not None}
    state.change_user(user, **columns)
    for field in row.get("customfields", ()):
        user.customfields[field["type"]] = field["value"]


def delete_users(asked: Asked, params: dict[str, Any]) -> None:
    users = [asked.state.users.get(number) for number in params["userids"]]
    for user in users:
        if user is None:
            raise invalid_user()
        if user.id in _ADMIN_AND_GUEST:
            raise moodle("useradminodelete", "Administrator accounts can not be deleted")
    for user in users:
        if user is not None and user.id in asked.state.users:
            asked.state.drop_user(user)


def get_users_by_field(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state, field = asked.state, params["field"]
    if field not in {"id", "idnumber", "username", "email"}:
        raise MoodleError(
            "core\\exception\\coding_exception",
            "codingerror",
            "Coding error detected, it must be fixed by a programmer: invalid field parameter",
        )
    found: dict[int, User] = {}
    for value in params["values"]:
        for number in _held_by(asked, field, value):
            found[number] = state.users[number]
    if not asked.privileged:
        return []
    return [describe(asked, user) for _, user in sorted(found.items())]


def _held_by(asked: Asked, field: str, value: str) -> list[int]:
    state = asked.state
    if field == "id":
        return [int(value)] if value.isdigit() and int(value) in state.users else []
    if field == "username":
        return [state.usernames[value]] if value in state.usernames else []
    if field == "idnumber":
        return list(state.useridnumbers.get(value, ()))
    # This one respects case, the search by criteria does not (infra/docs/moodle.md, trap 4).
    return [number for number in state.emails.get(value.lower(), ()) if state.users[number].email == value]


def get_users(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    if not params["criteria"]:
        raise moodle("missingparam", "A required parameter (criteria) was missing")
    warnings: list[dict[str, Any]] = []
    chosen: dict[int, None] | None = None
    for row in params["criteria"]:
        matching = _matching(asked, row["key"], row["value"])
        if matching is None:
            warnings.append(
                {
                    "item": row["key"],
                    "itemid": 0,
                    "warningcode": "invalidfieldparameter",
                    "message": f"The search key '{row['key']}' is not supported, look at the web service "
                    "documentation",
                }
            )
            continue
        chosen = matching if chosen is None else {number: None for number in chosen if number in matching}
    if not (asked.privileged and asked.site.settings.service_sees_identity):
        chosen = {}
    users = [describe(asked, asked.state.users[number]) for number in sorted(chosen or ())]
    return {"users": users, "warnings": warnings}


def _matching(asked: Asked, key: str, value: str) -> dict[int, None] | None:
    state = asked.state
    if key in {"id", "idnumber", "username"}:
        return dict.fromkeys(_held_by(asked, key, value))
    if key == "auth":
        return {user.id: None for user in state.users.values() if user.auth == value}
    if key == "email" and "%" not in value:
        return dict(state.emails.get(value.lower(), {}))
    if key in {"email", "firstname", "lastname"}:
        pattern = re.compile(re.escape(value).replace("%", ".*").replace("_", "."), re.IGNORECASE | re.DOTALL)
        return {user.id: None for user in state.users.values() if pattern.fullmatch(getattr(user, key))}
    return None


def describe(asked: Asked, user: User) -> dict[str, Any]:
    images = f"{asked.site.base_url}/theme/image.php/boost/core/{asked.site.settings.themerev}/u"
    row: dict[str, Any] = {
        "id": user.id,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
        "email": user.email,
    }
    row |= {name: getattr(user, name) for name in ("phone1", "institution") if getattr(user, name)}
    row["department"] = user.department
    if user.idnumber:
        row["idnumber"] = user.idnumber
    row |= {
        "firstaccess": user.firstaccess,
        "lastaccess": user.lastaccess,
        "auth": user.auth,
        "suspended": user.suspended,
        "confirmed": user.confirmed,
        "lang": user.lang,
        "theme": "",
        "timezone": user.timezone,
        "mailformat": user.mailformat,
        "trackforums": 0,
    }
    if user.description:
        row |= {"description": user.description, "descriptionformat": 1}
    row |= {name: getattr(user, name) for name in ("city", "country") if getattr(user, name)}
    row |= {"profileimageurlsmall": f"{images}/f2", "profileimageurl": f"{images}/f1"}
    if user.customfields:
        row["customfields"] = [
            {"type": "text", "value": value, "displayvalue": value, "name": name, "shortname": name}
            for name, value in user.customfields.items()
        ]
    return row


FUNCTIONS: dict[str, Handler] = {
    "core_user_create_users": create_users,
    "core_user_update_users": update_users,
    "core_user_delete_users": delete_users,
    "core_user_get_users_by_field": get_users_by_field,
    "core_user_get_users": get_users,
}
