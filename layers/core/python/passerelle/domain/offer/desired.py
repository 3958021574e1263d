"""What Moodle should hold after the night, and the source rows that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from passerelle.domain.offer.model import (
        Attachment,
        Because,
        CohortMember,
        Group,
        Person,
        Planning,
        Registration,
    )
    from passerelle.domain.offer.structure import Structure
    from passerelle.domain.offer.unknown import Unknown

STUDENT = "student"
TEACHER = "editingteacher"

GroupKey = tuple[str, str]  # course, group
EnrolmentKey = tuple[str, str, str]  # course, username, role
MemberKey = tuple[str, str, str]  # course, group, username


@dataclass(frozen=True, slots=True)
class DesiredCategory:
    idnumber: str
    name: str
    parent: str  # idnumber, empty at the top


@dataclass(frozen=True, slots=True)
class DesiredCourse:
    idnumber: str
    shortname: str
    fullname: str
    category: str  # idnumber
    description: str  # what the course's description begins with; empty: nothing is asked of it
    startdate: date | None
    element: str  # the code it comes from
    foad: bool


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    course: str
    idnumber: str
    name: str
    group: Group
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class DesiredCohort:
    idnumber: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Untouched:
    kind: str  # category, element, person, row
    key: str
    because: Because


@dataclass(frozen=True, slots=True)
class Desired:
    """Every enrolment and member keeps the rows it comes from: no one is enrolled without a reason.

    `structure` is how the offer was read, for the checks and for *why*.
    """

    year: str
    users: Mapping[str, Person]  # by code
    cohorts: Mapping[str, DesiredCohort]
    cohort_members: Mapping[tuple[str, str], CohortMember]  # (cohort, username)
    categories: Mapping[str, DesiredCategory]
    courses: Mapping[str, DesiredCourse]
    groups: Mapping[GroupKey, DesiredGroup]
    enrolments: Mapping[EnrolmentKey, tuple[Registration | Planning, ...]]
    members: Mapping[MemberKey, tuple[Registration, ...]]
    untouched: tuple[Untouched, ...]
    unknown: Unknown
    structure: Structure
    registrations_elsewhere: int  # IP rows on codes that are no element: counted, not reported


def as_lists(desired: Desired) -> dict[str, list[list[str]]]:
    """The sorted lists of `passerelle sync desired`; byte-equal whatever the order of the rows."""
    return {
        "users": sorted([code, row.username] for code, row in desired.users.items()),
        "cohorts": sorted([row.idnumber, row.name] for row in desired.cohorts.values()),
        "cohort_members": [list(key) for key in sorted(desired.cohort_members)],
        "categories": sorted([row.idnumber, row.name, row.parent] for row in desired.categories.values()),
        "courses": sorted(
            [row.idnumber, row.shortname, row.fullname, row.category] for row in desired.courses.values()
        ),
        "groups": sorted([row.course, row.idnumber, row.name] for row in desired.groups.values()),
        "enrolments": [list(key) for key in sorted(desired.enrolments)],
        "members": [list(key) for key in sorted(desired.members)],
        "untouched": [[row.kind, row.key, row.because.value] for row in desired.untouched],
    }
