"""An account that holds `local/passerelle:apply` and nothing else, on the twin or in a real Moodle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.live.ground import fresh
from tests.live.scene import Stage


@dataclass(frozen=True)
class Seen:
    """An account as it stands, and the short names of its roles in a course."""

    email: str
    auth: str
    suspended: bool
    roles: tuple[str, ...]


class Rights(Protocol):
    account: str
    """Its username."""
    token: str

    def let_enrol(self) -> None:
        """The account holds `enrol/passerelle:manage` besides."""
        ...

    def promote(self, username: str, role: str, category: str = "") -> None:
        """Over the whole site, or over a category (idnumber)."""
        ...

    def limit(self, roles: Sequence[str] = (), categories: Sequence[str] = ()) -> None:
        """What an administrator lets Passerelle use; nothing: the defaults."""
        ...

    def look(self, username: str, course: str = "") -> Seen: ...

    def leave(self) -> None: ...


class TwinRights:
    """The weak service user, who is given the one capability for a while."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self.account, self.token = "svc_weak", site.weak_token
        site.settings.weak_user_applies = True

    def let_enrol(self) -> None:
        self.token = self._site.token

    def promote(self, username: str, role: str, category: str = "") -> None:
        state = self._site.state
        place = ("coursecat", state.categoryidnumbers[category]) if category else ("system", 0)
        [number] = [one.id for one in state.roles.values() if one.shortname == role]
        state.assign(*place, self._site.user(username).id, number)

    def limit(self, roles: Sequence[str] = (), categories: Sequence[str] = ()) -> None:
        self._site.settings.apply_roles = frozenset(roles)
        self._site.settings.apply_categories = frozenset(categories)

    def look(self, username: str, course: str = "") -> Seen:
        state, user = self._site.state, self._site.user(username)
        numbers = state.roles_of(state.courseidnumbers[course], user.id) if course else ()
        roles = sorted(state.roles[number].shortname for number in numbers)
        return Seen(user.email, user.auth, user.suspended, tuple(roles))

    def leave(self) -> None:
        self.limit()
        self._site.settings.weak_user_applies = False


class MoodleRights:
    def __init__(self, stage: Stage) -> None:
        self._stage, self.account = stage, fresh("applies")
        made = stage.play("account", name=self.account)
        self.token, self._switched = str(made["token"]), made["switched"]

    def let_enrol(self) -> None:
        self._stage.play("let_enrol", name=self.account)

    def promote(self, username: str, role: str, category: str = "") -> None:
        self._stage.play("raise", username=username, role=role, category=category)

    def limit(self, roles: Sequence[str] = (), categories: Sequence[str] = ()) -> None:
        self._stage.play("limit", role=list(roles), course_categories=list(categories))

    def look(self, username: str, course: str = "") -> Seen:
        seen = self._stage.play("look", username=username, course=course)
        return Seen(seen["email"], seen["auth"], seen["suspended"], tuple(seen["roles"]))

    def leave(self) -> None:
        self.limit()
        self._stage.play("leave", name=self.account, switched=self._switched)
