"""`core_course_*_categories` as Moodle 4.5 answers them."""

from __future__ import annotations

from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import MoodleError, invalid_parameter, moodle
from passerelle_laptop.twin.records import Category
from passerelle_laptop.twin.state import State


def create_categories(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    made: list[Category] = []
    try:
        for row in params["categories"]:
            if row["parent"] and row["parent"] not in state.categories:
                raise moodle("unknowcategory", "Category not known!")
            _check_idnumber(state, row.get("idnumber", ""))
            if not row["name"]:
                raise moodle("categorynamerequired", "Category name is required")
            made.append(
                make_category(
                    state,
                    asked.now,
                    row["name"],
                    row["parent"],
                    row.get("idnumber", ""),
                    row.get("description", ""),
                )
            )
    except MoodleError:
        for category in made:
            state.drop_category(category)
        raise
    return [{"id": category.id, "name": category.name} for category in made]


def make_category(
    state: State, now: int, name: str, parent: int = 0, idnumber: str = "", description: str = ""
) -> Category:
    number = state.sequences.next("course_categories")
    return state.put_category(
        Category(number, name, parent, idnumber, description, sortorder=number * 10_000, timemodified=now)
    )


def _check_idnumber(state: State, idnumber: str, own: int = 0) -> None:
    if idnumber and state.categoryidnumbers.get(idnumber, own) != own:
        raise moodle("categoryidnumbertaken", "ID number is already used for another category")


def update_categories(asked: Asked, params: dict[str, Any]) -> None:
    state = asked.state
    for row in params["categories"]:
        category = _known(state, row["id"])
        _check_idnumber(state, row.get("idnumber", ""), category.id)
        parent = row.get("parent")
        if parent and parent not in state.categories:
            raise moodle("unknowcategory", "Category not known!")
        if parent and category.id in state.category_path(state.categories[parent]):
            raise moodle("cannotmovecategory", "Cannot move category")
        columns = {name: row[name] for name in ("name", "idnumber", "description", "parent") if name in row}
        if state.change_category(category, **columns):
            category.timemodified = asked.now


def delete_categories(asked: Asked, params: dict[str, Any]) -> None:
    """With `recursive` 0 the content moves to `newparent`, or up (infra/docs/moodle.md, trap 5)."""
    state = asked.state
    for row in params["categories"]:
        category = _known(state, row["id"])
        if row["recursive"]:
            _delete_all(state, category)
            continue
        target = row.get("newparent", category.parent)
        # The top of the tree can hold categories but no course.
        if target not in state.categories and (state.coursesin.get(category.id) or target):
            raise moodle("movecatcontentstoroot", "You cannot move the category content to root.")
        for below in state.subcategories(category.id):
            state.change_category(below, parent=target)
        for course in list(state.coursesin.get(category.id, ())):
            state.change_course(state.courses[course], category=target)
        state.drop_category(category)


def _delete_all(state: State, category: Category) -> None:
    for below in state.subcategories(category.id):
        _delete_all(state, below)
    for course in list(state.coursesin.get(category.id, ())):
        state.drop_course(state.courses[course])
    state.drop_category(category)


def _known(state: State, number: int) -> Category:
    category = state.categories.get(number)
    if category is None:
        raise moodle("unknowncategory", f'Unknown category with category ID number "{number}"')
    return category


def get_categories(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state = asked.state
    criteria = params.get("criteria") or []
    chosen = [category for category in state.categories.values() if _fits(category, criteria)]
    if params["addsubcategories"] and criteria:
        wanted = {category.id for category in chosen}
        chosen = [
            category
            for category in state.categories.values()
            if wanted.intersection(state.category_path(category))
        ]
    return [describe(state, category) for category in sorted(chosen, key=lambda row: row.sortorder)]


def _fits(category: Category, criteria: list[dict[str, str]]) -> bool:
    for row in criteria:
        key, value = row["key"], row["value"]
        if key == "ids":
            fits = str(category.id) in value.split(",")
        elif key in {"id", "parent"}:
            fits = str(getattr(category, key)) == value
        elif key in {"name", "idnumber"}:
            fits = getattr(category, key) == value
        elif key == "visible":
            fits = str(int(category.visible)) == value
        else:
            raise invalid_parameter()
        if not fits:
            return False
    return True


def describe(state: State, category: Category) -> dict[str, Any]:
    path = state.category_path(category)
    return {
        "id": category.id,
        "name": category.name,
        "idnumber": category.idnumber,
        "description": category.description,
        "descriptionformat": 1,
        "parent": category.parent,
        "sortorder": category.sortorder,
        "coursecount": len(state.coursesin.get(category.id, ())),
        "visible": int(category.visible),
        "visibleold": int(category.visible),
        "timemodified": category.timemodified,
        "depth": len(path),
        "path": "/" + "/".join(str(number) for number in path),
        "theme": "",
    }


FUNCTIONS: dict[str, Handler] = {
    "core_course_create_categories": create_categories,
    "core_course_update_categories": update_categories,
    "core_course_delete_categories": delete_categories,
    "core_course_get_categories": get_categories,
}
