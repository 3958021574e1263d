"""Operations on categories, courses and groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerelle_laptop.twin.core_categories import make_category
from passerelle_laptop.twin.core_courses import make_course
from passerelle_laptop.twin.operation import Operation, OperationRefused
from passerelle_laptop.twin.records import Course, Group, Module, Section

# -- categories ----------------------------------------------------------------------------------------


def category_create(do: Operation) -> bool:
    state, idnumber = do.state, do.needed("idnumber")
    if idnumber in state.categoryidnumbers:
        return _already(do, "category", do.category("idnumber").id)
    name = do.needed("name")
    parent = _parent(do)
    do.stay_within(parent)
    made = make_category(state, do.asked.now, name, parent, idnumber)
    do.own("category", made.id)
    return True


def _already(do: Operation, kind: str, number: int) -> bool:
    """One's own is there already: no change. Another's keeps its number."""
    if not do.state.owns(kind, number):
        raise OperationRefused("idnumbertaken", kind)
    return False


def _parent(do: Operation) -> int:
    return do.any_category("parent").id if do.text("parent") else 0


def category_update(do: Operation) -> bool:
    state, category = do.state, do.category("idnumber")
    new = do.differing(category, "name")
    new |= _renumbered(do, category.idnumber, state.categoryidnumbers, "category")
    if "parent" in do.given and _parent(do) != category.parent:
        new["parent"] = _parent(do)
        do.stay_within(new["parent"])
        if new["parent"] and category.id in state.category_path(state.categories[new["parent"]]):
            raise OperationRefused("invalid", "parent")
    if not new:
        return False
    do.owned("category", category.id)
    category.timemodified = do.asked.now
    return state.change_category(category, **new)


def _renumbered(do: Operation, now: str, taken: dict[str, int], kind: str) -> dict[str, Any]:
    if "newidnumber" not in do.given or do.text("newidnumber") == now:
        return {}
    wanted = do.needed("newidnumber")
    if wanted in taken:
        raise OperationRefused("idnumbertaken", kind)
    return {"idnumber": wanted}


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
    state, idnumber = do.state, do.needed("idnumber")
    if idnumber in state.courseidnumbers:
        return _already(do, "course", do.course("idnumber").id)
    shortname = do.needed("shortname")
    if shortname in state.shortnames:
        raise OperationRefused("shortnametaken", "course")
    fullname, category = do.needed("fullname"), do.category("category").id
    now = do.asked.now
    course = Course(
        state.sequences.next("course"),
        shortname,
        fullname,
        category,
        idnumber,
        do.text("summary"),
        visible=False,
        startdate=do.time("startdate") or now,
    )
    make_course(state, do.asked.vault, course, now, 4)
    do.own("course", course.id)
    return True


def course_update(do: Operation) -> bool:
    state, course = do.state, do.course("idnumber")
    new = do.differing(course, "shortname", "fullname", "summary", "startdate")
    if not new.get("shortname", "x") or not new.get("fullname", "x"):
        raise OperationRefused("invalid", "name")
    if "startdate" in new:
        new["startdate"] = do.time("startdate")
    if new.get("shortname", "") in state.shortnames:
        raise OperationRefused("shortnametaken", "course")
    new |= _renumbered(do, course.idnumber, state.courseidnumbers, "course")
    if do.text("category") and do.category("category").id != course.category:
        new["category"] = do.category("category").id
    if not new:
        return False
    do.owned("course", course.id)
    course.timemodified = do.asked.now
    course.edits += 1
    return state.change_course(course, **new)


# -- groups ----------------------------------------------------------------------------------------------


def group_create(do: Operation) -> bool:
    state, course, idnumber = do.state, do.course(), do.needed("idnumber")
    if (course.id, idnumber) in state.groupidnumbers:
        return _already(do, "group", do.group(course, "idnumber").id)
    name = do.needed("name")
    group = state.put_group(Group(state.sequences.next("groups"), course.id, name, idnumber))
    do.own("group", group.id)
    return True


def group_update(do: Operation) -> bool:
    state, course = do.state, do.course()
    group = do.group(course, "idnumber")
    new = do.differing(group, "name")
    here = {state.groups[number].idnumber: number for number in state.groupsof[course.id]}
    new |= _renumbered(do, group.idnumber, here, "group")
    if not new:
        return False
    do.owned("group", group.id)
    return state.change_group(group, **new)


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
