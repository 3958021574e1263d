"""What Passerelle may use on a site, and whom it leaves alone, whatever it asks for (`local\\reach`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle_laptop.twin.records import Role, User

if TYPE_CHECKING:
    from passerelle_laptop.twin.settings import Settings
    from passerelle_laptop.twin.state import State

GUEST, ADMIN = 1, 2
_CONFIGURES = "moodle/site:config"


def manages(role: Role) -> bool:
    return role.archetype == "manager" or _CONFIGURES in role.capabilities


def may_give(settings: Settings, role: Role) -> bool:
    return role.shortname in settings.apply_roles if settings.apply_roles else not manages(role)


def may_authenticate(settings: Settings, auth: str) -> bool:
    return auth in settings.auths and (not settings.apply_auths or auth in settings.apply_auths)


def holds(settings: Settings, state: State, category: int) -> bool:
    """Whether a category, 0 for the top, or one above it was chosen, or none was."""
    if not settings.apply_categories:
        return True
    if not category:
        return False
    path = state.category_path(state.categories[category])
    return any(state.categories[number].idnumber in settings.apply_categories for number in path)


def protects(state: State, user: User) -> bool:
    """Who could change the address of such an account could become it."""
    if user.id in {GUEST, ADMIN} or user.id in state.assignedin.get(("system", 0), ()):
        return True
    # A university's courses are many, its categories few: only those are looked through.
    rows = (state.assignedin.get(("coursecat", number), {}).get(user.id, ()) for number in state.categories)
    return any(manages(state.roles[state.assignments[row].roleid]) for some in rows for row in some)
