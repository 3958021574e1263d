"""One call of one function, as its handler sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from passerelle_laptop.twin.archive import Vault
    from passerelle_laptop.twin.installation import Installation
    from passerelle_laptop.twin.records import Course, User
    from passerelle_laptop.twin.state import State


@dataclass(slots=True)
class Asked:
    """The site's lock is held. `privileged` is false for a service user without capabilities."""

    site: Installation
    caller: User
    privileged: bool
    now: int

    @property
    def state(self) -> State:
        return self.site.state

    @property
    def vault(self) -> Vault:
        return self.site.vault

    def course_url(self, course: Course) -> str:
        return f"{self.site.base_url}/course/view.php?id={course.id}"


Handler = Callable[[Asked, dict[str, Any]], Any]
