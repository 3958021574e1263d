"""Operations on users and cohorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerelle_laptop.twin.core_cohorts import drop_cohort_member, make_cohort, put_cohort_member
from passerelle_laptop.twin.core_users import EMAIL
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.parameters import is_clean
from passerelle_laptop.twin.reach import may_authenticate
from passerelle_laptop.twin.records import Cohort, User

COMPONENT = "local_passerelle"
_COLUMNS = ("idnumber", "firstname", "lastname", "email", "auth", "lang")


def user_create(do: Operation) -> bool:
    """Repeated it changes nothing; an account that exists, whoever made it, is left as it is."""
    state, username = do.state, do.needed("username").lower()
    if username in state.usernames:
        return False
    columns: dict[str, Any] = {name: do.needed(name) for name in ("firstname", "lastname", "email")}
    columns |= {"idnumber": do.text("idnumber"), "auth": do.text("auth", "manual")}
    if do.text("lang") in do.asked.site.settings.languages:
        columns["lang"] = do.text("lang")
    _check(do, columns, username)
    user = User(id=state.sequences.next("user"), username=username, timecreated=do.asked.now, **columns)
    state.put_user(user)
    do.own("user", user.id)
    if user.auth == "manual":
        user.forcepasswordchange = True
        state.firstpasswordmails.append(user.id)
    return True


def user_update(do: Operation) -> bool:
    """`newusername` renames: a changed login stays the same account (N25)."""
    user = do.user()
    columns = do.differing(user, *_COLUMNS)
    if columns.get("lang", user.lang) not in do.asked.site.settings.languages:
        columns.pop("lang", None)
    name = do.text("newusername", user.username).lower()
    if name != user.username:
        if do.state.usernames.get(name, user.id) != user.id or not name:
            raise OperationRefused("invalid", "newusername")
        columns["username"] = name
    if not columns:
        return False
    _check(do, columns, name)
    do.leave_alone(user)
    return do.state.change_user(user, **columns)


def _check(do: Operation, columns: dict[str, Any], username: str) -> None:
    if not is_clean("username", username):
        raise OperationRefused("invalid", "username")
    if "email" in columns and not EMAIL.fullmatch(columns["email"]):
        raise OperationRefused("invalid", "email")
    settings, auth = do.asked.site.settings, columns.get("auth", "")
    if auth and auth not in settings.auths | settings.disabled_auths:
        raise OperationRefused("invalid", "auth")
    if auth and not may_authenticate(settings, auth):
        raise OperationRefused("authnotallowed", auth)


def user_suspend(do: Operation) -> bool:
    return _set_suspended(do, suspended=True)


def user_unsuspend(do: Operation) -> bool:
    return _set_suspended(do, suspended=False)


def _set_suspended(do: Operation, *, suspended: bool) -> bool:
    user = do.user()
    if user.suspended is suspended:
        return False
    do.leave_alone(user)
    do.owned("user", user.id)  # N25: never an account the night did not make or adopt
    return do.state.change_user(user, suspended=suspended)


# -- cohorts -------------------------------------------------------------------------------------------


def cohort_create(do: Operation) -> bool:
    state, idnumber, name = do.state, do.needed("idnumber"), do.needed("name")
    if idnumber in state.cohortidnumbers:
        if do.cohort("idnumber").component != COMPONENT:
            raise OperationRefused("idnumbertaken", "cohort")
        return False
    make_cohort(state, name, idnumber, component=COMPONENT)
    return True


def cohort_update(do: Operation) -> bool:
    cohort = _own_cohort(do, "idnumber")
    if not do.differing(cohort, "name"):
        return False
    cohort.name = do.needed("name")
    return True


def _own_cohort(do: Operation, name: str) -> Cohort:
    cohort = do.cohort(name)
    if cohort.component != COMPONENT:
        raise OperationRefused("notours", "cohort")
    return cohort


def cohort_add(do: Operation) -> bool:
    user = do.user()
    return put_cohort_member(do.state, _own_cohort(do, "cohort"), user.id)


def cohort_remove(do: Operation) -> bool:
    user = do.user()
    return drop_cohort_member(do.state, _own_cohort(do, "cohort"), user.id)


OPERATIONS: dict[str, Callable[[Operation], bool]] = {
    "user_create": user_create,
    "user_update": user_update,
    "user_suspend": user_suspend,
    "user_unsuspend": user_unsuspend,
    "cohort_create": cohort_create,
    "cohort_update": cohort_update,
    "cohort_add": cohort_add,
    "cohort_remove": cohort_remove,
}
