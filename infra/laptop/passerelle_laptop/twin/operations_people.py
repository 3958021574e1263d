"""Operations on users and cohorts."""

from __future__ import annotations

from collections.abc import Callable

from passerelle_laptop.twin.core_cohorts import drop_cohort_member, make_cohort, put_cohort_member
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.records import Cohort, User

COMPONENT = "local_passerelle"
_COLUMNS = (
    "idnumber",
    "firstname",
    "lastname",
    "email",
    "auth",
    "lang",
    "city",
    "institution",
    "department",
    "phone1",
)


def user_create(do: Operation) -> bool:
    """Repeated it changes nothing; an account made by hand is not taken for one's own."""
    state, username = do.state, do.needed("username")
    held = state.user_named(username)
    if held is not None:
        do.owned("user", held.id)
        return _change(do, held)
    if username != username.lower():
        raise OperationRefused("invalid", "username")
    _check_columns(do, 0)
    for name in ("firstname", "lastname", "email"):
        do.needed(name)
    columns = do.columns(*_COLUMNS)
    user = User(id=state.sequences.next("user"), username=username, timecreated=do.asked.now, **columns)
    state.put_user(user)
    do.own("user", user.id)
    if user.auth == "manual":
        user.forcepasswordchange = True
        state.firstpasswordmails.append(user.id)
    return True


def user_update(do: Operation) -> bool:
    """`newusername` renames: a changed login stays the same account (N25)."""
    return _change(do, do.user())


def _change(do: Operation, user: User) -> bool:
    _check_columns(do, user.id)
    columns = do.columns(*_COLUMNS)
    renamed = do.text("newusername", "")
    if renamed:
        if do.state.usernames.get(renamed, user.id) != user.id or renamed != renamed.lower():
            raise OperationRefused("invalid", "newusername")
        columns["username"] = renamed
    return do.state.change_user(user, **columns)


def _check_columns(do: Operation, own: int) -> None:
    settings = do.asked.site.settings
    idnumber, email = do.text("idnumber", ""), do.text("email", "")
    if idnumber and any(number != own for number in do.state.useridnumbers.get(idnumber, ())):
        raise OperationRefused("idnumbertaken", "idnumber")
    if "email" in do.given and "@" not in email:
        raise OperationRefused("invalid", "email")
    taken = any(number != own for number in do.state.emails.get(email.lower(), ()))
    if email and taken and not settings.same_email_allowed:
        raise OperationRefused("invalid", "email")
    if do.text("lang", "en") not in settings.languages | {""}:
        raise OperationRefused("invalid", "lang")
    if do.text("auth", "manual") not in settings.auths:
        raise OperationRefused("invalid", "auth")


def user_suspend(do: Operation) -> bool:
    user = do.user()
    do.owned("user", user.id)  # N25: never an account the night did not make or adopt
    return do.state.change_user(user, suspended=True)


def user_unsuspend(do: Operation) -> bool:
    user = do.user()
    do.owned("user", user.id)
    return do.state.change_user(user, suspended=False)


# -- cohorts -------------------------------------------------------------------------------------------


def cohort_create(do: Operation) -> bool:
    state, idnumber, name = do.state, do.needed("idnumber"), do.needed("name")
    if idnumber not in state.cohortidnumbers:
        make_cohort(state, name, idnumber, component=COMPONENT)
        return True
    return _rename(_own_cohort(do, "idnumber"), name)


def cohort_update(do: Operation) -> bool:
    return _rename(_own_cohort(do, "idnumber"), do.needed("name"))


def _rename(cohort: Cohort, name: str) -> bool:
    changed = cohort.name != name
    cohort.name = name
    return changed


def _own_cohort(do: Operation, name: str) -> Cohort:
    cohort = do.cohort(name)
    if cohort.component != COMPONENT:
        raise OperationRefused("notours", "cohort")
    return cohort


def cohort_add(do: Operation) -> bool:
    return put_cohort_member(do.state, _own_cohort(do, "cohort"), do.user().id)


def cohort_remove(do: Operation) -> bool:
    return drop_cohort_member(do.state, _own_cohort(do, "cohort"), do.user().id)


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
