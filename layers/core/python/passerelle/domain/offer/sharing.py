"""Which collections of groups belong to which elements, and so which groups stand in which courses."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from passerelle.domain.offer.desired import DesiredCourse, DesiredGroup, GroupKey
from passerelle.domain.offer.model import Attachment, Because, Extracts, Group, RefusedRow, Table
from passerelle.domain.offer.naming import Naming, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passerelle.domain.offer.structure import Structure
    from passerelle.domain.offer.unknown import Pair


class Tri(Enum):
    """Yes and no are said by good rows; maybe is what a refused row leaves open."""

    NO = 0
    MAYBE = 1
    YES = 2

    def __and__(self, other: Tri) -> Tri:
        return min(self, other, key=lambda tri: tri.value)


def refused_rows(extracts: Extracts, table: Table) -> list[RefusedRow]:
    """A file that stopped counts as one row of which nothing can be read."""
    rows = [row for row in extracts.refused if row.table is table]
    if table in extracts.stopped:
        rows.append(RefusedRow(table, extracts.file_of(table), 0, Because.BAD_VALUE))
    return rows


@dataclass(frozen=True, slots=True)
class Sharing:
    of_element: Mapping[str, frozenset[str]]  # collections attached to it
    elements_of: Mapping[str, tuple[str, ...]]  # by collection
    groups: Mapping[str, Group]
    groups_of: Mapping[str, tuple[Group, ...]]  # by collection
    # By collection, element and group; an empty group stands for all of the collection.
    attachments: Mapping[tuple[str, str, str], Attachment]
    open_attachments: frozenset[Pair]  # (collection, element) that refused rows may have said
    refused_groups: frozenset[str]
    any_group_refused: bool  # a refused row does not even say its group

    def attachment(self, group: Group, element: str) -> Attachment | None:
        """The row that attaches a group to an element, with its collection or alone."""
        whole = self.attachments.get((group.collection, element, ""))
        return whole or self.attachments.get((group.collection, element, group.code))

    def attached(self, group: Group, element: str) -> Tri:
        if self.attachment(group, element) is not None:
            return Tri.YES
        return Tri.MAYBE if self.may_attach(group.collection, element) else Tri.NO

    def may_attach(self, collection: str, element: str) -> bool:
        """Whether a refused row may attach it, or a part of it."""
        pairs = ((collection, element), (collection, None), (None, element), (None, None))
        return bool(self.open_attachments) and not self.open_attachments.isdisjoint(pairs)

    def rows_of(self, collection: str, element: str) -> list[Attachment]:
        return [row for key, row in self.attachments.items() if key[:2] == (collection, element)]

    def groups_on(self, element: str) -> list[Group]:
        return [
            group
            for collection in sorted(self.of_element.get(element, ()))
            for group in self.groups_of.get(collection, ())
            if self.attachment(group, element) is not None
        ]

    def is_open_element(self, element: str) -> bool:
        """Whether the element may have collections that no good row gives it."""
        return any(open_element in (element, None) for _, open_element in self.open_attachments)

    def is_refused_group(self, code: str) -> bool:
        return code in self.refused_groups or (self.any_group_refused and code not in self.groups)


def read_sharing(extracts: Extracts) -> Sharing:
    of_element: defaultdict[str, set[str]] = defaultdict(set)
    elements_of: defaultdict[str, list[str]] = defaultdict(list)
    for row in extracts.attachments:
        of_element[row.element].add(row.collection)
        elements_of[row.collection].append(row.element)
    groups_of: defaultdict[str, list[Group]] = defaultdict(list)
    for group in extracts.groups:
        groups_of[group.collection].append(group)
    refused = {row.fields.get("code") or None for row in refused_rows(extracts, Table.GROUPS)}
    return Sharing(
        of_element={element: frozenset(found) for element, found in of_element.items()},
        elements_of={collection: tuple(sorted(set(found))) for collection, found in elements_of.items()},
        groups={group.code: group for group in extracts.groups},
        groups_of={
            collection: tuple(sorted(found, key=lambda group: group.code))
            for collection, found in groups_of.items()
        },
        attachments={(row.collection, row.element, row.group): row for row in extracts.attachments},
        open_attachments=frozenset(
            (row.fields.get("collection_code") or None, row.fields.get("element_code") or None)
            for row in refused_rows(extracts, Table.COLLECTIONS)
        ),
        refused_groups=frozenset(code for code in refused if code),
        any_group_refused=None in refused,
    )


@dataclass(frozen=True, slots=True)
class Courses:
    """The desired courses, found by the element that bears them."""

    ordinary: Mapping[str, DesiredCourse]
    foad: Mapping[str, DesiredCourse]

    def for_group(self, bearer: str, group: Group) -> DesiredCourse:
        if group.is_cemu and bearer in self.foad:
            return self.foad[bearer]
        return self.ordinary[bearer]

    def all_of(self, bearer: str) -> list[str]:
        """Idnumbers of the one or two courses that an element bears."""
        return [courses[bearer].idnumber for courses in (self.ordinary, self.foad) if bearer in courses]


def make_courses(structure: Structure, naming: Naming) -> Courses:
    ordinary: dict[str, DesiredCourse] = {}
    foad: dict[str, DesiredCourse] = {}
    for code, element in structure.elements.items():
        if not structure.is_root(code):
            continue
        category = fill(naming.category_idnumber, code=element.category)
        ordinary[code] = DesiredCourse(
            idnumber=fill(naming.course_idnumber, code=code),
            shortname=fill(naming.course_shortname, code=code, title=element.title),
            fullname=fill(naming.course_fullname, code=code, title=element.title),
            category=category,
            description="",
            startdate=element.term_start,
            element=code,
            foad=False,
        )
        if element.distance:
            foad[code] = DesiredCourse(
                idnumber=fill(naming.foad_idnumber, code=code),
                shortname=fill(naming.foad_shortname, code=code, title=element.title),
                fullname=fill(naming.foad_fullname, code=code, title=element.title),
                category=category,
                description=fill(naming.foad_description, code=code, title=element.title),
                startdate=element.term_start,
                element=code,
                foad=True,
            )
    return Courses(ordinary, foad)


def make_groups(sharing: Sharing, courses: Courses, naming: Naming) -> dict[GroupKey, DesiredGroup]:
    placed = [
        (courses.for_group(bearer, group).idnumber, group, attachment)
        for bearer in courses.ordinary
        for group in sharing.groups_on(bearer)
        if (attachment := sharing.attachment(group, bearer)) is not None
    ]
    labels = Counter((course, group.label) for course, group, _ in placed)
    found: dict[GroupKey, DesiredGroup] = {}
    for course, group, attachment in placed:
        doubled = labels[course, group.label] > 1
        template = naming.group_name_doubled if doubled else naming.group_name
        idnumber = fill(naming.group_idnumber, code=group.code)
        name = fill(template, code=group.code, label=group.label)
        found[course, idnumber] = DesiredGroup(course, idnumber, name, group, attachment)
    return found


def find_open_groups(
    extracts: Extracts, sharing: Sharing, courses: Courses, naming: Naming
) -> tuple[set[Pair], set[Pair]]:
    """(course, group) that may exist, and (course, label) that may be doubled, for all good rows know.

    A refused group may be in any course its rows name, and would double the label of another there:
    that other one keeps the name it has.
    """
    groups: set[Pair] = {(None, fill(naming.group_idnumber, code=code)) for code in sharing.refused_groups}
    if sharing.any_group_refused:
        groups.add((None, None))
    labels: set[Pair] = set()
    for row in refused_rows(extracts, Table.GROUPS):
        collection, label = row.fields.get("collection_code") or None, row.fields.get("label") or None
        labels |= {(course, label) for course in _courses_of(collection, sharing, courses)}
    for collection, element in sharing.open_attachments:
        named = sharing.groups_of.get(collection, ()) if collection else ()
        where: list[str | None] = [None] if element is None else [*_courses_at(element, courses)]
        for course in where:
            if collection is None:
                groups.add((course, None))
                labels.add((course, None))
            for group in named:
                groups.add((course, fill(naming.group_idnumber, code=group.code)))
                labels.add((course, group.label))
    return groups, labels


def _courses_at(element: str, courses: Courses) -> list[str]:
    return courses.all_of(element) if element in courses.ordinary else []


def _courses_of(collection: str | None, sharing: Sharing, courses: Courses) -> list[str | None]:
    """Courses in which a group of this collection may stand; [None] for any."""
    if collection is None or any(
        open_element is None and open_collection in (collection, None)
        for open_collection, open_element in sharing.open_attachments
    ):
        return [None]
    elements = set(sharing.elements_of.get(collection, ())) | {
        element
        for open_collection, element in sharing.open_attachments
        if element is not None and open_collection in (collection, None)
    }
    return [course for element in sorted(elements) for course in _courses_at(element, courses)]
