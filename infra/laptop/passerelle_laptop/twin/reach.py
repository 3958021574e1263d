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
    if user.id in {GUEST, ADMIN}:
        return True
    for (level, _), people in state.assignedin.items():
        roles = [state.roles[state.assignments[row].roleid] for row in people.get(user.id, ())]
        if (level == "system" and roles) or (level == "coursecat" and any(map(manages, roles))):
            return True
    return False
