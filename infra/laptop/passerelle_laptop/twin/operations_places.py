"""Operations on categories, courses and groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerelle_laptop.twin.core_categories import make_category
from passerelle_laptop.twin.core_courses import make_course
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.records import Category, Course, Group, Module, Section

# -- categories ----------------------------------------------------------------------------------------


def category_create(do: Operation) -> bool:
    state, idnumber, name = do.state, do.needed("idnumber"), do.needed("name")
    if idnumber in state.categoryidnumbers:
        category = do.category("idnumber")
        if not state.owns("category", category.id):
            raise OperationRefused("idnumbertaken", idnumber)
        return _change_category(do, category)
    parent = do.category("parent").id if do.text("parent", "") else 0
    made = make_category(state, do.asked.now, name, parent, idnumber)
    do.own("category", made.id)
    return True


def category_update(do: Operation) -> bool:
    category = do.category("idnumber")
    do.owned("category", category.id)
    return _change_category(do, category)


def _change_category(do: Operation, category: Category) -> bool:
    state, columns = do.state, do.columns("name")
    new: dict[str, Any] = dict(columns)
    if "parent" in do.given:
        parent = do.category("parent").id if do.text("parent") else 0
        if parent and category.id in state.category_path(state.categories[parent]):
            raise OperationRefused("invalid", "parent")
        new["parent"] = parent
    renumbered = do.text("newidnumber", "")
    if renumbered:
        if state.categoryidnumbers.get(renumbered, category.id) != category.id:
            raise OperationRefused("idnumbertaken", renumbered)
        new["idnumber"] = renumbered
    changed = state.change_category(category, **new)
    if changed:
        category.timemodified = do.asked.now
    return changed


def category_delete(do: Operation) -> bool:
    if do.needed("idnumber") not in do.state.categoryidnumbers:
        return False
    category = do.category("idnumber")
    do.owned("category", category.id)
    if do.state.subcategories(category.id) or do.state.coursesin.get(category.id):
        raise OperationRefused("notempty", "category")
    do.state.drop_category(category)
    return True


# -- courses ---------------------------------------------------------------------------------------------


def course_create(do: Operation) -> bool:
    """Hidden and empty (N6)."""
    state, idnumber, shortname = do.state, do.needed("idnumber"), do.needed("shortname")
    if idnumber in state.courseidnumbers:
        course = do.course("idnumber")
        if not state.owns("course", course.id):
            raise OperationRefused("idnumbertaken", idnumber)
        return _change_course(do, course)
    if shortname in state.shortnames:
        raise OperationRefused("shortnametaken", shortname)
    category = do.category("category").id
    fullname, now = do.needed("fullname"), do.asked.now
    course = Course(
        state.sequences.next("course"),
        shortname,
        fullname,
        category,
        idnumber,
        do.text("summary", ""),
        visible=False,
        startdate=do.number("startdate", now - now % 86_400),
    )
    make_course(state, do.asked.vault, course, now, 4)
    do.own("course", course.id)
    return True


def course_update(do: Operation) -> bool:
    course = do.course("idnumber")
    do.owned("course", course.id)
    return _change_course(do, course)


def _change_course(do: Operation, course: Course) -> bool:
    state = do.state
    new: dict[str, Any] = do.columns("shortname", "fullname", "summary")
    if state.shortnames.get(new.get("shortname", course.shortname), course.id) != course.id:
        raise OperationRefused("shortnametaken", str(new["shortname"]))
    if "category" in do.given:
        new["category"] = do.category("category").id
    if "startdate" in do.given:
        new["startdate"] = do.number("startdate")
    renumbered = do.text("newidnumber", "")
    if renumbered:
        if state.courseidnumbers.get(renumbered, course.id) != course.id:
            raise OperationRefused("idnumbertaken", renumbered)
        new["idnumber"] = renumbered
    changed = state.change_course(course, **new)
    if changed:
        course.timemodified = do.asked.now
    return changed


# -- groups ----------------------------------------------------------------------------------------------


def group_create(do: Operation) -> bool:
    state, course = do.state, do.course()
    idnumber, name = do.needed("idnumber"), do.needed("name")
    if (course.id, idnumber) in state.groupidnumbers:
        group = do.group(course, "idnumber")
        if not state.owns("group", group.id):
            raise OperationRefused("idnumbertaken", idnumber)
        return state.change_group(group, name=name)
    group = state.put_group(Group(state.sequences.next("groups"), course.id, name, idnumber))
    do.own("group", group.id)
    return True


def group_update(do: Operation) -> bool:
    course = do.course()
    group = do.group(course, "idnumber")
    do.owned("group", group.id)
    new: dict[str, Any] = do.columns("name")
    renumbered = do.text("newidnumber", "")
    if renumbered:
        if do.state.groupidnumbers.get((course.id, renumbered), group.id) != group.id:
            raise OperationRefused("idnumbertaken", renumbered)
        new["idnumber"] = renumbered
    return do.state.change_group(group, **new)


def group_delete(do: Operation) -> bool:
    """Only if nothing else hangs on it (N11): a hand-added member, a grouping, a restriction."""
    state, course = do.state, do.course()
    if (course.id, do.needed("idnumber")) not in state.groupidnumbers:
        return False
    group = do.group(course, "idnumber")
    do.owned("group", group.id)
    by_hand = any(not state.members[row].component for row in group.members.values())
    in_grouping = any(group.id in grouping.groups for grouping in state.groupings.values())
    if by_hand or in_grouping or _restricts(course, group.id):
        raise OperationRefused("notempty", "group")
    state.drop_group(group)
    return True


def _restricts(course: Course, group: int) -> bool:
    needles = (f'"type":"group","id":{group}}}', f'"id":{group},"type":"group"')
    things: list[Module | Section] = [*course.content.modules.values(), *course.content.sections.values()]
    return any(
        thing.availability is not None and any(needle in thing.availability for needle in needles)
        for thing in things
    )


OPERATIONS: dict[str, Callable[[Operation], bool]] = {
    "category_create": category_create,
    "category_update": category_update,
    "category_delete": category_delete,
    "course_create": course_create,
    "course_update": course_update,
    "group_create": group_create,
    "group_update": group_update,
    "group_delete": group_delete,
}
