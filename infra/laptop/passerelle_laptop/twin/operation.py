"""One operation of `apply`: its fields, and what they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passerelle_laptop.twin import reach

if TYPE_CHECKING:
    from passerelle_laptop.twin.asked import Asked
    from passerelle_laptop.twin.records import Category, Cohort, Course, Group, User
    from passerelle_laptop.twin.state import State


class OperationRefused(Exception):
    """`code` is one of the contract's error codes; `what` names the field or thing, never a person."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.what = what


@dataclass(slots=True)
class Operation:
    asked: Asked
    given: dict[str, Any]

    @property
    def state(self) -> State:
        return self.asked.state

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        if value is None:
            return default
        if not isinstance(value, (str, int, float)):
            raise OperationRefused("invalid", name)
        return str(value).strip()

    def needed(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise OperationRefused("invalid", name)
        return value

    def time(self, name: str) -> int:
        """Unix seconds, 0 where nothing was given."""
        value = self.given.get(name)
        if value is None or value == "":
            return 0
        if isinstance(value, bool) or not re.fullmatch("[0-9]+", str(value)):
            raise OperationRefused("invalid", name)
        return int(value)

    def differing(self, thing: object, *names: str) -> dict[str, Any]:
        """Those of `names` that were given and say something else than `thing` does."""
        wanted = {name: self.text(name) for name in names if name in self.given}
        return {name: value for name, value in wanted.items() if value != str(getattr(thing, name))}

    def user(self) -> User:
        user = self.state.user_named(self.text("username").lower())
        if user is None:
            raise OperationRefused("unknownuser")
        return user

    def course(self, name: str = "course") -> Course:
        number = self.state.courseidnumbers.get(self.needed(name))
        if number is None:
            raise OperationRefused("unknowncourse")
        course = self.state.courses[number]
        self.stay_within(course.category)
        return course

    def category(self, name: str) -> Category:
        category = self.any_category(name)
        self.stay_within(category.id)
        return category

    def any_category(self, name: str) -> Category:
        number = self.state.categoryidnumbers.get(self.needed(name))
        if number is None:
            raise OperationRefused("unknowncategory")
        return self.state.categories[number]

    def stay_within(self, category: int) -> None:
        """Raises OperationRefused outside the categories that the site's settings name."""
        if not reach.holds(self.asked.site.settings, self.state, category):
            raise OperationRefused("categorynotallowed")

    def leave_alone(self, user: User) -> None:
        """Raises OperationRefused for an account that stands above those of teachers and students."""
        if reach.protects(self.state, user):
            raise OperationRefused("protecteduser")

    def may_enrol(self) -> None:
        if not self.asked.privileged:
            raise OperationRefused("nopermission", "enrol/passerelle:manage")

    def group(self, course: Course, name: str = "group") -> Group:
        number = self.state.groupidnumbers.get((course.id, self.needed(name)))
        if number is None:
            raise OperationRefused("unknowngroup")
        return self.state.groups[number]

    def cohort(self, name: str = "cohort") -> Cohort:
        number = self.state.cohortidnumbers.get(self.text(name))
        if number is None:
            raise OperationRefused("unknowncohort")
        return self.state.cohorts[number]

    def owned(self, kind: str, instance: int) -> None:
        """A row that existed by hand is never claimed."""
        if not self.state.owns(kind, instance):
            raise OperationRefused("notours", kind)

    def own(self, kind: str, instance: int, *, adopted: bool = False) -> bool:
        return self.state.own(kind, instance, self.asked.now, adopted=adopted)
