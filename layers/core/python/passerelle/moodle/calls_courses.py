"""Categories, courses and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import (
    Category,
    Course,
    CourseChange,
    CourseSection,
    NewCategory,
)
from passerelle.moodle.protocol import (
    Call,
    Repeat,
    Warned,
    reads,
    reads_key,
    reads_rows,
    reads_warnings,
    row_params,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Made:
    id: int


def categories(*, subcategories: bool = False, **criteria: str | int) -> Call[tuple[Category, ...]]:
    """By id, idnumber, name or parent, all at once; without criteria all categories."""
    rows = [{"key": key, "value": value} for key, value in criteria.items()]
    params = {"criteria": rows, "addsubcategories": subcategories}
    return Call("core_course_get_categories", params, reads(tuple[Category, ...]))


def create_categories(new: Sequence[NewCategory]) -> Call[tuple[Made, ...]]:
    rows = [row_params(category, empty=False) for category in new]
    return Call(
        "core_course_create_categories", {"categories": rows}, reads_rows(Made, len(rows)), Repeat.UNSAFE
    )


def courses_by_field(name: str, value: str | int) -> Call[tuple[Course, ...]]:
    """`name`: id, shortname, idnumber, category. Never `ids`, which crashes on an unknown one."""
    params = {"field": name, "value": value}
    return Call("core_course_get_courses_by_field", params, reads_key("courses", tuple[Course, ...]))


def duplicate(
    courseid: int, shortname: str, fullname: str, categoryid: int, *, locked: bool = False
) -> Call[Made]:
    """Moodle backs the template up and restores it while we wait. Unsafe: a second time the name is taken.

    `locked`: the account may not back people up, so that Moodle has fixed that they stay out; it then
    refuses to be told so (`setting_locked_by_permission`). An account that may has to tell it.
    """
    params = {
        "courseid": courseid,
        "fullname": fullname,
        "shortname": shortname,
        "categoryid": categoryid,
        "visible": True,
        "options": [] if locked else [{"name": "users", "value": "0"}],
    }
    return Call("core_course_duplicate_course", params, reads(Made), Repeat.UNSAFE)


def update_courses(changes: Sequence[CourseChange]) -> Call[tuple[Warned, ...]]:
    rows = [row_params(change) for change in changes]
    return Call("core_course_update_courses", {"courses": rows}, reads_warnings, Repeat.SAME)


def contents(courseid: int) -> Call[tuple[CourseSection, ...]]:
    return Call("core_course_get_contents", {"courseid": courseid}, reads(tuple[CourseSection, ...]))
