"""As much of a Moodle as one *why* needs, asked in a handful of calls whatever the size of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from passerelle.domain.night.checks.in_moodle import ARCHIVE
from passerelle.domain.night.plan.actual import Actual, read_actual
from passerelle.domain.night.why.in_moodle import is_archive_of
from passerelle.domain.night.why.question import AskedPerson, find_courses, find_people
from passerelle.domain.offer.enrolling import Offer
from passerelle.domain.offer.model import Extracts
from passerelle.ports import Lms, Roster

if TYPE_CHECKING:
    from passerelle.domain.moodle.core import Course, User

Rows = list[Mapping[str, Any]]


def glimpse(lms: Lms, roster: Roster, extracts: Extracts, offer: Offer, who: str, course: str) -> Actual:
    """The accounts that may be meant, the courses that may be meant, who made these, and the enrolments of
    those people. Seven calls at most. Raises MoodleAway, MoodleRefused (a plugin that is too old).
    """
    accounts = _accounts(lms, extracts, who)
    idnumbers = _idnumbers(extracts, offer, course)
    courses: Rows = [row for row in lms.export("courses", only=idnumbers) if _is_meant(row, idnumbers)]
    if not courses and not find_courses(extracts, offer, course):
        space = roster.course_by_shortname(course.strip())
        courses = [_space(space)] if space else []
        idnumbers = [space.idnumber] if space and space.idnumber else []
    usernames = sorted({row.username for row in accounts})
    rows: dict[str, Rows] = {
        "users": [_account(row) for row in accounts],
        "courses": courses,
        "owned": list(lms.export("owned", only=idnumbers)) if courses and idnumbers else [],
        "enrolments": list(lms.export("enrolments", only=usernames)) if usernames else [],
    }
    return read_actual(rows.__getitem__, rows)


def _accounts(lms: Lms, extracts: Extracts, who: str) -> list[User]:
    """Several people fit: none is looked at, the question has to be asked again."""
    people = find_people(extracts, who)
    if len(people) > 1:
        return []
    if people:
        return _asked(lms, _of(people[0]))
    text = [who.strip()]  # somebody whom only Moodle knows
    return _asked(lms, [("username", text), ("idnumber", text), ("email", text)])


def accounts_of(lms: Lms, person: AskedPerson) -> list[dict[str, Any]]:
    """Rows as the export of `users` has them, by code and by login: two calls."""
    return [dict(_account(row)) for row in _asked(lms, _of(person))]


def _of(person: AskedPerson) -> list[tuple[Any, list[str]]]:
    return [("idnumber", [one for one in person.codes if one]), ("username", _logins(person))]


def _asked(lms: Lms, asked: list[tuple[Any, list[str]]]) -> list[User]:
    found: dict[int, User] = {}
    for field, values in asked:
        if values:
            for users in lms.find_users(field, values).values():
                found.update({user.id: user for user in users if not user.deleted})
    return list(found.values())


def _logins(person: AskedPerson) -> list[str]:
    return [person.username] if person.username else []


def _idnumbers(extracts: Extracts, offer: Offer, course: str) -> list[str]:
    """Of the courses that the question may be about; its own words where it names one outside the offer."""
    found = set(_of_offer(extracts, offer, course))
    return sorted(found or {course.strip(), course.strip().removeprefix(ARCHIVE)})


def _of_offer(extracts: Extracts, offer: Offer, course: str) -> Iterator[str]:
    asked = find_courses(extracts, offer, course)
    if len(asked) != 1:
        return
    bearer = offer.structure.bearer.get(asked[0].element, asked[0].element)
    for courses in (offer.courses.ordinary, offer.courses.foad):
        if bearer in courses:
            yield courses[bearer].idnumber
    yield from _present((asked[0].only, asked[0].element))


def _is_meant(row: Mapping[str, Any], idnumbers: Iterable[str]) -> bool:
    """A site answers all archives whose idnumbers begin alike: `ex_CHI103` where `CHI10` was asked about."""
    here = str(row["idnumber"]).casefold()
    return any(here == one or is_archive_of(here, one) for one in map(str.casefold, idnumbers))


def _present(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if value)


def _account(user: User) -> Mapping[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "idnumber": user.idnumber,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email or "",
        "auth": user.auth,
        "suspended": user.suspended,
    }


def _space(course: Course) -> Mapping[str, Any]:
    return {
        "id": course.id,
        "idnumber": course.idnumber,
        "shortname": course.shortname,
        "fullname": course.fullname,
        "visible": course.visible,
    }
