"""What refused rows leave open (N21): no removal, rename, move or archive of anything matched here."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

# None in a pattern stands for any value.
Pair = tuple[str | None, str | None]
Triple = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Keys are those of the desired state (idnumbers, usernames, roles).

    `people` are codes (the accounts' idnumbers), `usernames` the logins of people whose rows were
    refused; `all_people` says that a row named nobody readable: then every account that the desired
    state does not hold is unknown.
    """

    categories: frozenset[str] = frozenset()
    all_categories: bool = False
    elements: frozenset[str] = frozenset()  # codes, as Apogée has them
    courses: frozenset[str] = frozenset()  # and all that is in them
    all_courses: bool = False
    groups: frozenset[Pair] = frozenset()  # (course, group), and its members
    group_names: frozenset[tuple[str, str]] = frozenset()  # the group is desired, its name may be another
    people: frozenset[str] = frozenset()
    usernames: frozenset[str] = frozenset()
    all_people: bool = False
    cohorts: frozenset[str] = frozenset()
    all_cohorts: bool = False
    cohort_members: frozenset[Pair] = frozenset()  # (cohort, username)
    enrolments: frozenset[Triple] = frozenset()  # (course, username, role)
    members: frozenset[Triple] = frozenset()  # (course, group, username)
    known_usernames: frozenset[str] = field(default=frozenset(), repr=False)  # of the desired users

    def has_category(self, idnumber: str) -> bool:
        return self.all_categories or idnumber in self.categories

    def has_course(self, idnumber: str) -> bool:
        return self.all_courses or idnumber in self.courses

    def has_group(self, course: str, group: str) -> bool:
        return self.has_course(course) or _matches(self.groups, (course, group))

    def has_group_name(self, course: str, group: str) -> bool:
        return self.has_group(course, group) or (course, group) in self.group_names

    def has_user(self, username: str, code: str = "") -> bool:
        """`code`: the account's idnumber, where it has one; a login may have changed, a code does not."""
        if username in self.usernames or code in self.people:
            return True
        return self.all_people and username not in self.known_usernames

    def has_cohort(self, idnumber: str) -> bool:
        return self.all_cohorts or idnumber in self.cohorts

    def has_cohort_member(self, cohort: str, username: str, code: str = "") -> bool:
        return (
            self.has_cohort(cohort)
            or self.has_user(username, code)
            or _matches(self.cohort_members, (cohort, username))
        )

    def has_enrolment(self, course: str, username: str, role: str, code: str = "") -> bool:
        return (
            self.has_course(course)
            or self.has_user(username, code)
            or _matches(self.enrolments, (course, username, role))
        )

    def has_member(self, course: str, group: str, username: str, code: str = "") -> bool:
        return (
            self.has_group(course, group)
            or self.has_user(username, code)
            or _matches(self.members, (course, group, username))
        )


def _matches(patterns: frozenset[Pair] | frozenset[Triple], key: tuple[str, ...]) -> bool:
    return bool(patterns) and any(pattern in patterns for pattern in product(*((part, None) for part in key)))
