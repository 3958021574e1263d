"""Groups and groupings of a course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import Group, Membership, NewGroup
from passerelle.moodle.protocol import Call, Repeat, reads, reads_nothing, reads_rows, row_params

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class GroupMembers:
    groupid: int
    userids: tuple[int, ...] = ()


def of_course(courseid: int) -> Call[tuple[Group, ...]]:
    return Call("core_group_get_course_groups", {"courseid": courseid}, reads(tuple[Group, ...]))


def create(new: Sequence[NewGroup]) -> Call[tuple[Group, ...]]:
    rows = [row_params(group) for group in new]
    return Call("core_group_create_groups", {"groups": rows}, reads_rows(Group, len(rows)), Repeat.UNSAFE)


def members(groupids: Sequence[int]) -> Call[tuple[GroupMembers, ...]]:
    params = {"groupids": list(groupids)}
    return Call("core_group_get_group_members", params, reads(tuple[GroupMembers, ...]))


def add_members(rows: Sequence[Membership]) -> Call[None]:
    """Quiet for members; refused for who is not enrolled."""
    params = {"members": [row_params(row) for row in rows]}
    return Call("core_group_add_group_members", params, reads_nothing, Repeat.SAME)


def remove_members(rows: Sequence[Membership]) -> Call[None]:
    params = {"members": [row_params(row) for row in rows]}
    return Call("core_group_delete_group_members", params, reads_nothing, Repeat.SAME)
