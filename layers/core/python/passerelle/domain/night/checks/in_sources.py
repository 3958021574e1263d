"""Known traps (*pièges connus*), found in the sources alone: D1, D2, D3, D6, D7 and D12.

What a refused row leaves open is no finding: only good rows accuse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.enrolling import Offer, Reach
from passerelle.domain.offer.model import Extracts, Group, Planning, Registration, Row, RowRef, Table
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.people import LACKING, People, Standings, read_people, read_standings
from passerelle.domain.offer.sharing import Tri, refused_rows


class Check(StrEnum):
    D1 = "D1"
    D2 = "D2"
    D3 = "D3"
    D6 = "D6"
    D7 = "D7"
    D12 = "D12"


class Who(StrEnum):
    """Who repairs it."""

    SCOLARITE = "scolarite"
    DEVE = "deve"
    PLANNING = "planning"
    IDENTITY = "identity"


class Trap(StrEnum):
    """What exactly was found; each has its sentence in words.checks_in_sources."""

    NO_GROUP_REACHED = "no_group_reached"
    ELEMENT_WITHOUT_GROUP = "element_without_group"
    TELE_ON_CAMPUS_ELEMENT = "tele_on_campus_element"
    CEMU_GROUP_MISSING = "cemu_group_missing"
    IA_MISSING = "ia_missing"
    FLAG_MISSING = "flag_missing"
    IN_BOTH_COURSES = "in_both_courses"
    CEMU_GROUP_NOT_DISTANCE = "cemu_group_not_distance"
    DISTANCE_WITHOUT_CEMU_GROUP = "distance_without_cemu_group"
    FLAGS_DIFFER = "flags_differ"
    COLLECTION_NOT_ON_CARRIER = "collection_not_on_carrier"
    NOTHING_SHARED = "nothing_shared"
    IN_NO_SHARED_GROUP = "in_no_shared_group"
    ASSOCIATED_ONLY = "associated_only"
    SHEET_NOT_APOGEE = "sheet_not_apogee"
    SHEET_OBSOLETE = "sheet_obsolete"
    NO_USERNAME = "no_username"
    NO_EMAIL = "no_email"
    NO_FIRSTNAME = "no_firstname"
    NO_LASTNAME = "no_lastname"


_CHECK_OF = {
    Trap.NO_GROUP_REACHED: Check.D1,
    Trap.ELEMENT_WITHOUT_GROUP: Check.D1,
    Trap.TELE_ON_CAMPUS_ELEMENT: Check.D2,
    Trap.CEMU_GROUP_MISSING: Check.D2,
    Trap.IA_MISSING: Check.D2,
    Trap.FLAG_MISSING: Check.D2,
    Trap.IN_BOTH_COURSES: Check.D2,
    Trap.CEMU_GROUP_NOT_DISTANCE: Check.D3,
    Trap.DISTANCE_WITHOUT_CEMU_GROUP: Check.D3,
    Trap.FLAGS_DIFFER: Check.D3,
    Trap.COLLECTION_NOT_ON_CARRIER: Check.D6,
    Trap.NOTHING_SHARED: Check.D6,
    Trap.IN_NO_SHARED_GROUP: Check.D6,
    Trap.ASSOCIATED_ONLY: Check.D7,
    Trap.SHEET_NOT_APOGEE: Check.D7,
    Trap.SHEET_OBSOLETE: Check.D7,
    Trap.NO_USERNAME: Check.D12,
    Trap.NO_EMAIL: Check.D12,
    Trap.NO_FIRSTNAME: Check.D12,
    Trap.NO_LASTNAME: Check.D12,
}
_WHO = {
    Check.D1: Who.SCOLARITE,
    Check.D2: Who.SCOLARITE,
    Check.D3: Who.SCOLARITE,
    Check.D6: Who.SCOLARITE,
    Check.D7: Who.PLANNING,
    Check.D12: Who.IDENTITY,
}
_DEVE_REPAIRS = {Trap.IA_MISSING, Trap.TELE_ON_CAMPUS_ELEMENT}  # the IA is theirs


@dataclass(frozen=True, slots=True)
class Finding:
    """Codes only, never names. `bearer`: the element in whose course it shows."""

    trap: Trap
    element: str = ""
    bearer: str = ""
    person: str = ""
    group: str = ""
    collection: str = ""
    rows: tuple[RowRef, ...] = ()

    @property
    def check(self) -> Check:
        return _CHECK_OF[self.trap]

    @property
    def who(self) -> Who:
        return Who.DEVE if self.trap in _DEVE_REPAIRS else _WHO[self.check]


def find_traps(
    extracts: Extracts, naming: Naming | None = None, with_account: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """In order of check, trap and codes, whatever the order of the rows."""
    look = _Look(
        extracts,
        build_offer(extracts, naming or Naming()),
        read_people(extracts, with_account),
        read_standings(extracts),
        _open_collections(extracts),
    )
    found = [*_students(look), *_elements(look), *_teachers(look), *_incomplete_people(look)]
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str, str]:
    number = int(finding.check.value[1:])
    return (number, finding.trap, finding.bearer, finding.element, finding.person, finding.group)


@dataclass(frozen=True, slots=True)
class _Look:
    extracts: Extracts
    offer: Offer
    people: People
    standings: Standings
    open_collections: frozenset[str | None]  # that a refused group row may belong to; None: any

    def refs(self, rows: Iterable[Row]) -> tuple[RowRef, ...]:
        return tuple(sorted(RowRef(self.extracts.file_of(row.table), row.line) for row in rows))

    def groups_of(self, element: str) -> list[Group]:
        sharing = self.offer.sharing
        return [
            group
            for collection in sorted(sharing.of_element.get(element, ()))
            for group in sharing.groups_of.get(collection, ())
        ]

    def may_have_more_groups(self, element: str) -> bool:
        collections = self.offer.sharing.of_element.get(element, frozenset())
        return (
            self.offer.sharing.is_open_element(element)
            or None in self.open_collections
            or not collections.isdisjoint(self.open_collections)
        )


def _open_collections(extracts: Extracts) -> frozenset[str | None]:
    return frozenset(
        row.fields.get("collection_code") or None for row in refused_rows(extracts, Table.GROUPS)
    )


def _students(look: _Look) -> Iterator[Finding]:
    """D1, D2 and the students of D6; person by person, so that memory holds one at a time."""
    rows = sorted(look.extracts.registrations, key=attrgetter("person", "element", "group"))
    for person, theirs in groupby(rows, key=attrgetter("person")):
        if look.people.username(person) is None:
            continue
        by_bearer: defaultdict[str, list[tuple[Registration, Reach]]] = defaultdict(list)
        for row in theirs:
            reach = look.offer.reach(row)
            if reach.bearer:
                by_bearer[reach.bearer].append((row, reach))
        for bearer, reaches in by_bearer.items():
            yield from _unreached(look, person, bearer, reaches)
            yield from _foad_conditions(look, person, bearer, reaches)


def _unreached(
    look: _Look, person: str, bearer: str, reaches: list[tuple[Registration, Reach]]
) -> Iterator[Finding]:
    missed: list[Registration] = []
    for element, its in groupby(reaches, key=lambda pair: pair[0].element):
        pairs = list(its)
        if any(reach.reached is not Tri.NO for _, reach in pairs):
            continue
        rows = [row for row, _ in pairs]
        if look.groups_of(element):  # an element without any group has one line of its own, for all
            missed += rows
        if element != bearer and not look.may_have_more_groups(element):
            yield Finding(Trap.IN_NO_SHARED_GROUP, element, bearer, person, rows=look.refs(rows))
    if missed:
        element = missed[0].element
        yield Finding(Trap.NO_GROUP_REACHED, element, bearer, person, rows=look.refs(missed))


def _foad_conditions(
    look: _Look, person: str, bearer: str, reaches: list[tuple[Registration, Reach]]
) -> Iterator[Finding]:
    """The table of infra/docs/extracts.md: *tout ou rien*."""
    tele = look.standings.is_tele(person)
    distance = look.offer.structure.elements[bearer].distance
    if tele is Tri.NO and not distance:  # nothing is asked of a campus student on a campus element
        return
    cemu = [row for row, reach in reaches if _leads_to(reach, cemu=True)]
    if tele is Tri.MAYBE or (not cemu and any(reach.reached is Tri.MAYBE for _, reach in reaches)):
        return
    ordinary = any(_leads_to(reach, cemu=False) for _, reach in reaches)
    match (distance, tele is Tri.YES, bool(cemu)):
        case (False, True, False):
            trap = Trap.TELE_ON_CAMPUS_ELEMENT
        case (True, True, False):
            trap = Trap.CEMU_GROUP_MISSING
        case (True, False, True):
            trap = Trap.IA_MISSING
        case (False, True, True):
            trap = Trap.FLAG_MISSING
        case (True, True, True) if ordinary:
            trap = Trap.IN_BOTH_COURSES
        case _:
            return
    rows = [row for row, _ in reaches]
    yield Finding(trap, rows[0].element, bearer, person, rows=look.refs(rows))


def _leads_to(reach: Reach, *, cemu: bool) -> bool:
    return reach.reached is Tri.YES and reach.group is not None and reach.group.is_cemu is cemu


def _elements(look: _Look) -> Iterator[Finding]:
    """What elements, groups and collections say without anybody in them: D1, D3, D6."""
    structure = look.offer.structure
    for code, element in structure.elements.items():
        bearer = structure.bearer[code]
        groups = look.groups_of(code)
        cemu = [group for group in groups if group.is_cemu]
        certain = not look.may_have_more_groups(code)
        if not groups and certain:
            yield Finding(Trap.ELEMENT_WITHOUT_GROUP, code, bearer, rows=look.refs([element]))
        if not element.distance:
            for group in cemu:
                rows = look.refs([element, group])
                yield Finding(Trap.CEMU_GROUP_NOT_DISTANCE, code, bearer, group=group.code, rows=rows)
        elif not cemu and certain:
            yield Finding(Trap.DISTANCE_WITHOUT_CEMU_GROUP, code, bearer, rows=look.refs([element]))
        carrier = structure.elements.get(element.carrier)
        if carrier is not None:
            if carrier.distance is not element.distance:
                rows = look.refs([element, carrier])
                yield Finding(Trap.FLAGS_DIFFER, code, bearer, rows=rows)
            yield from _unshared(look, code, bearer)


def _unshared(look: _Look, element: str, bearer: str) -> Iterator[Finding]:
    """A carrier may have collections of its own beside a shared one: only a pair that shares nothing,
    or a collection of the carried that the carrier lacks, loses anybody."""
    sharing = look.offer.sharing
    own = sharing.of_element.get(element, frozenset())
    carriers = sharing.of_element.get(bearer, frozenset())
    for collection in sorted(own - carriers):
        if sharing.attached(collection, bearer) is Tri.NO:
            rows = look.refs([sharing.attachments[collection, element]])
            trap = Trap.COLLECTION_NOT_ON_CARRIER
            yield Finding(trap, element, bearer, collection=collection, rows=rows)
    if not own and carriers and not sharing.is_open_element(element):
        rows = look.refs([sharing.attachments[collection, bearer] for collection in carriers])
        yield Finding(Trap.NOTHING_SHARED, element, bearer, rows=rows)


def _teachers(look: _Look) -> Iterator[Finding]:
    """D7, where the teacher is enrolled by no other row: past sheets of one who is planned are no trap."""
    by_course: defaultdict[tuple[str, str], list[Planning]] = defaultdict(list)
    for row in look.extracts.plannings:
        bearer = look.offer.structure.bearer.get(row.element)
        if bearer is not None:
            by_course[row.person, bearer].append(row)
    for (person, bearer), rows in by_course.items():
        if any(row.enrols for row in rows):
            continue
        by_trap: defaultdict[Trap, list[Planning]] = defaultdict(list)
        for row in rows:
            for trap in _planning_traps(row):
                by_trap[trap].append(row)
        for trap, those in by_trap.items():
            element = min(row.element for row in those)
            yield Finding(trap, element, bearer, person, rows=look.refs(those))


def _planning_traps(row: Planning) -> Iterator[Trap]:
    if row.status != "PLANNED":
        yield Trap.ASSOCIATED_ONLY
    if row.origin != "APOGEE":
        yield Trap.SHEET_NOT_APOGEE
    if row.state != "CURRENT":
        yield Trap.SHEET_OBSOLETE


def _incomplete_people(look: _Look) -> Iterator[Finding]:
    for person in look.extracts.people:
        because = look.people.incomplete.get(person.code)
        if because in LACKING:
            yield Finding(Trap(because.value), person=person.code, rows=look.refs([person]))
