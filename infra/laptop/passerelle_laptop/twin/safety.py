"""What a restore into an existing course keeps, and how the course is put back (R11)."""

from __future__ import annotations

import copy

from passerelle_laptop.twin.records import Content, Course, Safety
from passerelle_laptop.twin.state import State


def clear(course: Course) -> None:
    """Delete-then-restore's first half; Passerelle's own block stays (R8)."""
    kept = {name: key for name, key in course.content.blocks.items() if "/passerelle" in name}
    course.content = Content(blocks=kept)


def remember(state: State, course: Course) -> Safety:
    groups = {g: state.groups[g] for g in state.groupsof.get(course.id, ())}
    groupings = {g.id: g for g in state.groupings.values() if g.courseid == course.id}
    return copy.deepcopy(Safety(course, groups, groupings))


def put_back(state: State, safety: Safety) -> None:
    """The course as it was: content, columns, and the groups that the restore added or changed."""
    before = copy.deepcopy(safety)
    course = before.course
    now = state.courses[course.id]
    # R8's columns and whatever came in meanwhile stay with the course as it is now.
    state.change_course(
        now,
        **{
            name: getattr(course, name)
            for name in (
                "format",
                "formatoptions",
                "summary",
                "summaryformat",
                "enablecompletion",
                "tags",
                "customfields",
                "content",
                "restoredfrom",
                "restores",
                "timemodified",
            )
        },
    )
    for group in list(state.groupsof.get(course.id, ())):
        if group not in before.groups:
            state.drop_group(state.groups[group])
    for grouping in [row for row in state.groupings.values() if row.courseid == course.id]:
        if grouping.id not in before.groupings:
            del state.groupings[grouping.id]
