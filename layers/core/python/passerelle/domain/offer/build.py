"""Sources → desired state, in one pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.domain.offer.desired import (
    Desired,
    DesiredCategory,
    DesiredCohort,
    Untouched,
)
from passerelle.domain.offer.enrolling import Enrolments, Offer, enrol_people
from passerelle.domain.offer.model import (
    KEY_COLUMNS,
    Because,
    CohortMember,
    Extracts,
    Table,
)
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.offer.people import People, read_people, read_standings
from passerelle.domain.offer.sharing import (
    find_open_groups,
    make_courses,
    make_groups,
    read_sharing,
    refused_rows,
)
from passerelle.domain.offer.structure import Structure, resolve_structure
from passerelle.domain.offer.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from passerelle.domain.offer.desired import DesiredGroup, GroupKey
    from passerelle.domain.offer.unknown import Pair

_KINDS = {Table.CATEGORIES: "category", Table.ELEMENTS: "element", Table.PEOPLE: "person"}


def build_offer(extracts: Extracts, naming: Naming) -> Offer:
    structure = resolve_structure(extracts, naming)
    elements_open = any(not row.fields.get("code") for row in refused_rows(extracts, Table.ELEMENTS))
    return Offer(structure, read_sharing(extracts), make_courses(structure, naming), naming, elements_open)


def build_desired(
    extracts: Extracts, naming: Naming | None = None, with_account: Collection[str] | None = None
) -> Desired:
    """`with_account`: codes of people known to have a Moodle account (D12); None: no Moodle was asked."""
    naming = naming or Naming()
    offer = build_offer(extracts, naming)
    people = read_people(extracts, with_account)
    groups = make_groups(offer.sharing, offer.courses, naming)
    made = enrol_people(extracts, offer, people, read_standings(extracts))
    cohorts = {
        idnumber: DesiredCohort(idnumber, fill(naming.cohort_name, code=row.code, title=row.title))
        for row in extracts.cohorts
        for idnumber in (fill(naming.cohort_idnumber, code=row.code),)
    }
    courses = [*offer.courses.ordinary.values(), *offer.courses.foad.values()]
    return Desired(
        year=extracts.year,
        users=people.users,
        cohorts=cohorts,
        cohort_members=_cohort_members(extracts, cohorts, people, naming),
        categories=_categories(offer.structure, naming),
        courses={course.idnumber: course for course in courses},
        groups=groups,
        enrolments=made.enrolments,
        members=made.members,
        untouched=_untouched(extracts, offer.structure, people),
        unknown=_unknown(extracts, offer, people, made, groups=groups, naming=naming),
        structure=offer.structure,
        registrations_elsewhere=made.elsewhere,
    )


def _categories(structure: Structure, naming: Naming) -> dict[str, DesiredCategory]:
    found = {}
    for code, row in structure.categories.items():
        idnumber = fill(naming.category_idnumber, code=code)
        parent = fill(naming.category_idnumber, code=row.parent) if row.parent else ""
        name = fill(naming.category_name, code=code, title=row.title)
        found[idnumber] = DesiredCategory(idnumber, name, parent)
    return found


def _cohort_members(
    extracts: Extracts, cohorts: Mapping[str, DesiredCohort], people: People, naming: Naming
) -> dict[tuple[str, str], CohortMember]:
    found: dict[tuple[str, str], CohortMember] = {}
    for row in sorted(extracts.cohort_members, key=lambda row: row.person):
        cohort = fill(naming.cohort_idnumber, code=row.cohort)
        username = people.username(row.person)
        if cohort in cohorts and username is not None:
            found[cohort, username] = row
    return found


def _untouched(extracts: Extracts, structure: Structure, people: People) -> tuple[Untouched, ...]:
    """Each refused thing once, with the gravest of its reasons."""
    order = list(Because)
    reasons: dict[tuple[str, str], Because] = {}

    def note(kind: str, key: str, because: Because) -> None:
        known = reasons.get((kind, key), because)
        reasons[kind, key] = min(known, because, key=order.index)

    for row in extracts.refused:
        kind, code = _KINDS.get(row.table), row.fields.get("code")
        if kind and code:
            note(kind, code, row.because)
        else:
            values = [row.fields.get(column, "") for column in KEY_COLUMNS[row.table]]
            key = "/".join(values[:-1] if row.table is Table.COLLECTIONS and not values[-1] else values)
            note("row", f"{row.table}:{key}", row.because)
    for code, because in structure.refused_categories.items():
        note("category", code, because)
    for code, because in structure.refused_elements.items():
        note("element", code, because)
    for code, because in people.incomplete.items():
        note("person", code, because)
    return tuple(sorted(Untouched(kind, key, because) for (kind, key), because in reasons.items()))


def _unknown(
    extracts: Extracts,
    offer: Offer,
    people: People,
    made: Enrolments,
    *,
    groups: Mapping[GroupKey, DesiredGroup],
    naming: Naming,
) -> Unknown:
    open_groups, open_labels = find_open_groups(extracts, offer.sharing, offer.courses, naming)
    refused_cohorts = {row.fields.get("code") or None for row in refused_rows(extracts, Table.COHORTS)}
    refused_categories = refused_rows(extracts, Table.CATEGORIES)
    return Unknown(
        categories=frozenset(
            fill(naming.category_idnumber, code=code) for code in offer.structure.refused_categories
        ),
        all_categories=any(not row.fields.get("code") for row in refused_categories),
        elements=frozenset(offer.structure.refused_elements),
        courses=frozenset(
            fill(template, code=code)
            for code in offer.structure.refused_elements
            for template in (naming.course_idnumber, naming.foad_idnumber)
        ),
        all_courses=offer.elements_open,
        groups=frozenset(open_groups),
        group_names=_open_names(groups, open_labels),
        people=people.refused_codes,
        usernames=people.refused_usernames,
        all_people=people.any_refused,
        cohorts=frozenset(fill(naming.cohort_idnumber, code=code) for code in refused_cohorts if code),
        all_cohorts=None in refused_cohorts,
        cohort_members=frozenset(_open_cohort_members(extracts, people, naming)),
        enrolments=frozenset(made.open_enrolments),
        members=frozenset(made.open_members),
        known_usernames=frozenset(person.username for person in people.users.values()),
    )


def _open_names(groups: Mapping[GroupKey, DesiredGroup], labels: set[Pair]) -> frozenset[tuple[str, str]]:
    if not labels:
        return frozenset()
    return frozenset(
        key
        for key, row in groups.items()
        if not labels.isdisjoint(
            ((row.course, row.group.label), (row.course, None), (None, row.group.label), (None, None))
        )
    )


def _open_cohort_members(extracts: Extracts, people: People, naming: Naming) -> set[Pair]:
    found: set[Pair] = set()
    for row in refused_rows(extracts, Table.COHORT_MEMBERS):
        code = row.fields.get("cohort_code")
        cohort = fill(naming.cohort_idnumber, code=code) if code else None
        found |= {(cohort, name) for name in people.may_be(row.fields.get("person_code") or None)}
    return found
