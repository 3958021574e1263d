"""The stages of N17 and the tables each rests on: one that cannot be trusted stops those stages only."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from passerelle.domain.offer.model import Extracts, FileProblem, Table


class Stage(StrEnum):
    USERS = "users"
    COHORTS = "cohorts"
    OFFER = "offer"
    ENROLMENTS = "enrolments"
    GROUPS = "groups"


_OFFER = frozenset({Table.CATEGORIES, Table.ELEMENTS})
# Which groups exist decides who is enrolled, and who is enrolled who is a member.
_STUDENTS = _OFFER | {Table.COLLECTIONS, Table.GROUPS, Table.PEOPLE, Table.IA, Table.IP}

TABLES: Mapping[Stage, frozenset[Table]] = {
    Stage.USERS: frozenset({Table.PEOPLE}),
    Stage.COHORTS: frozenset({Table.PEOPLE, Table.COHORTS, Table.COHORT_MEMBERS}),
    Stage.OFFER: _OFFER,
    Stage.ENROLMENTS: _STUDENTS | {Table.ADE},
    Stage.GROUPS: _STUDENTS,
}


def stopped_stages(extracts: Extracts) -> Mapping[Stage, tuple[FileProblem, ...]]:
    """Stages that must not run on these sources, each with the files that stop it."""
    found = {
        stage: tuple(problem for problem in extracts.problems if problem.tables & tables)
        for stage, tables in TABLES.items()
    }
    return {stage: problems for stage, problems in found.items() if problems}
