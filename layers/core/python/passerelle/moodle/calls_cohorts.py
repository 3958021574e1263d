"""Cohorts of the whole site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import Cohort, CohortMembership, NewCohort
from passerelle.moodle.protocol import (
    Call,
    Repeat,
    Warned,
    reads,
    reads_key,
    reads_nothing,
    reads_rows,
    reads_warnings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class CohortMembers:
    cohortid: int
    userids: tuple[int, ...] = ()


def search(words: str, start: int = 0, limit: int = 100) -> Call[tuple[Cohort, ...]]:
    """Those whose name, idnumber or description holds `words`."""
    params = {
        "query": words,
        "context": {"contextlevel": "system", "instanceid": 0},
        "includes": "all",
        "limitfrom": start,
        "limitnum": limit,
    }
    return Call("core_cohort_search_cohorts", params, reads_key("cohorts", tuple[Cohort, ...]))


def create(new: Sequence[NewCohort]) -> Call[tuple[Cohort, ...]]:
    rows = [
        {
            "categorytype": {"type": "system", "value": ""},
            "name": cohort.name,
            "idnumber": cohort.idnumber,
            "description": cohort.description,
        }
        for cohort in new
    ]
    return Call("core_cohort_create_cohorts", {"cohorts": rows}, reads_rows(Cohort, len(rows)), Repeat.UNSAFE)


def delete(cohortids: Sequence[int]) -> Call[None]:
    """Unsafe: a second time is refused as `invalidrecord`."""
    return Call("core_cohort_delete_cohorts", {"cohortids": list(cohortids)}, reads_nothing, Repeat.UNSAFE)


def members(cohortids: Sequence[int]) -> Call[tuple[CohortMembers, ...]]:
    params = {"cohortids": list(cohortids)}
    return Call("core_cohort_get_cohort_members", params, reads(tuple[CohortMembers, ...]))


def add_members(rows: Sequence[CohortMembership]) -> Call[tuple[Warned, ...]]:
    """Warns row by row, naming the row in prose only."""
    members = [
        {
            "cohorttype": {"type": "idnumber", "value": row.cohort},
            "usertype": {"type": "username", "value": row.username},
        }
        for row in rows
    ]
    return Call("core_cohort_add_cohort_members", {"members": members}, reads_warnings, Repeat.SAME)


def remove_members(cohortid: int, userids: Sequence[int]) -> Call[None]:
    rows = [{"cohortid": cohortid, "userid": userid} for userid in userids]
    return Call("core_cohort_delete_cohort_members", {"members": rows}, reads_nothing, Repeat.SAME)
