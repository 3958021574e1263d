"""Whom and which course a question means: what a help desk types, found in the sources."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from passerelle.domain.offer.desired import DesiredCourse
from passerelle.domain.offer.enrolling import Offer
from passerelle.domain.offer.model import Because, Extracts, Person, Planning, Registration, Standing, Table
from passerelle.domain.offer.naming import fill

MOST = 20  # candidates that are worth listing


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Somebody the sources name. `row` is None where people.csv has no usable row for the person."""

    code: str
    row: Person | None = field(default=None, repr=False)
    username: str = field(default="", repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.code, *self.row.other_codes) if self.row else (self.code,)

    @property
    def label(self) -> str:
        """`Marie Curie (22101234)`, for the desk; never for a log."""
        name = f"{self.row.firstname} {self.row.lastname}".strip() if self.row else ""
        key = self.code or self.username
        return f"{name} ({key})" if name else key


@dataclass(frozen=True, slots=True)
class AskedCourse:
    """An element, good or refused, or a code that the offer does not hold.

    `only` is the idnumber of the FOAD course, where the question named that one of the two.
    """

    element: str
    title: str = ""
    only: str = ""
    refused: Because | None = None


def find_people(extracts: Extracts, text: str) -> tuple[AskedPerson, ...]:
    """By code, login or e-mail; failing these, by the words of a name, in any order, accents aside."""
    asked = text.strip()
    if not asked:
        return ()
    folded = asked.casefold()
    exact = [
        person
        for person in extracts.people
        if asked in (person.code, *person.other_codes) or folded in (person.username, person.email.casefold())
    ]
    if exact:
        return _as_asked(exact)
    refused = {
        (row.fields.get("code", ""), row.fields.get("username", ""))
        for row in extracts.refused
        if row.table is Table.PEOPLE
        and (asked == row.fields.get("code") or folded == row.fields.get("username"))
    }
    if refused:
        by_code = {code: AskedPerson(code, None, username) for code, username in sorted(refused)}
        return tuple(by_code.values())
    if _is_named_by_rows(extracts, asked):
        return (AskedPerson(asked),)
    in_another_case = [
        person
        for person in extracts.people
        if folded in (code.casefold() for code in (person.code, *person.other_codes))
    ]
    if in_another_case:
        return _as_asked(in_another_case)
    words = _words(asked)
    return _as_asked(person for person in extracts.people if words and _bears(person, words))


def _as_asked(people: Iterable[Person]) -> tuple[AskedPerson, ...]:
    found = [AskedPerson(person.code, person, person.username) for person in people]
    return tuple(sorted(found, key=lambda one: (plain(one.label), one.code)))


def _is_named_by_rows(extracts: Extracts, code: str) -> bool:
    tables: tuple[Iterable[Registration | Planning | Standing], ...] = (
        extracts.registrations,
        extracts.plannings,
        extracts.standings,
    )
    return any(row.person == code for rows in tables for row in rows)


def _bears(person: Person, words: list[str]) -> bool:
    """Whole words may be cut at their end: `cur mar` finds Marie Curie."""
    theirs = _words(f"{person.firstname} {person.lastname}")
    for word in words:
        match = next((one for one in theirs if one.startswith(word)), None)
        if match is None:
            return False
        theirs.remove(match)
    return True


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in plain(text)).split()


def plain(text: str) -> str:
    """Without case and accents, as people type names."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def find_courses(extracts: Extracts, offer: Offer, text: str) -> tuple[AskedCourse, ...]:
    """By code, idnumber or short name, FOAD form included; failing these, by a part of a name.

    Carried elements, which have no course, are found by code and title like the others.
    """
    asked = text.strip()
    folded = asked.casefold()
    if not asked:
        return ()
    exact = {*_refused_named_exactly(extracts, offer, folded), *_good_named_exactly(offer, folded)}
    if exact:
        return _in_order(exact)
    part = plain(asked)
    partly = {
        AskedCourse(row.code, row.title, refused=offer.structure.refused_elements.get(row.code))
        for row in extracts.elements
        if part in plain(row.title) or part in plain(row.code)
    } | {
        AskedCourse(course.element, _title(offer, course.element), course.idnumber)
        for course in _courses(offer)
        if course.foad and part in plain(course.fullname) and part not in plain(_title(offer, course.element))
    }
    return _in_order(partly)


def _in_order(found: Iterable[AskedCourse]) -> tuple[AskedCourse, ...]:
    return tuple(sorted(found, key=lambda one: (one.element, one.only)))


def _refused_named_exactly(extracts: Extracts, offer: Offer, folded: str) -> Iterator[AskedCourse]:
    titles = {row.code: row.title for row in extracts.elements}
    for code, because in offer.structure.refused_elements.items():
        ordinary, foad = (
            fill(template, code=code, title=titles.get(code, ""))
            for template in (offer.naming.course_idnumber, offer.naming.foad_idnumber)
        )
        if folded in (code.casefold(), ordinary.casefold()):
            yield AskedCourse(code, titles.get(code, ""), refused=because)
        elif folded == foad.casefold():
            yield AskedCourse(code, titles.get(code, ""), foad, refused=because)


def _good_named_exactly(offer: Offer, folded: str) -> Iterator[AskedCourse]:
    for code, element in offer.structure.elements.items():
        if folded == code.casefold():
            yield AskedCourse(code, element.title)
            continue
        foad = fill(offer.naming.foad_idnumber, code=code)
        if folded in (
            foad.casefold(),
            fill(offer.naming.foad_shortname, code=code, title=element.title).casefold(),
        ):
            yield AskedCourse(code, element.title, foad)
    for course in offer.courses.ordinary.values():
        if folded in (course.idnumber.casefold(), course.shortname.casefold(), course.fullname.casefold()):
            yield AskedCourse(course.element, _title(offer, course.element))
    for course in offer.courses.foad.values():
        if folded == course.fullname.casefold():
            yield AskedCourse(course.element, _title(offer, course.element), course.idnumber)


def _courses(offer: Offer) -> Iterator[DesiredCourse]:
    yield from offer.courses.ordinary.values()
    yield from offer.courses.foad.values()


def _title(offer: Offer, element: str) -> str:
    return offer.structure.elements[element].title
