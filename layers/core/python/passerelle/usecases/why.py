"""*Pourquoi ?*: a person and a course as a help desk types them, or a reference, answered (N22, H1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from passerelle.domain.night.actual import Actual
from passerelle.domain.night.asked import MOST, AskedCourse, AskedPerson, find_courses, find_people
from passerelle.domain.night.seen import Nights, add_seen, explain_space, find_accounts, find_spaces, see
from passerelle.domain.night.why import Answer, Look, explain, look_at
from passerelle.domain.night.why_reply import Telling, as_json, course_as_json, person_as_json
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.model import Extracts, Planning, Registration
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.wording import sentence


@dataclass(frozen=True, slots=True)
class Known:
    """What answers rest on. Without `actual`, the sources alone are asked."""

    extracts: Extracts
    naming: Naming
    actual: Actual | None = None
    nights: Nights | None = None


def ask_why(known: Known, person: str, course: str, telling: Telling) -> dict[str, Any]:
    """`kind`: `answer`; `people` or `courses` where several fit; `nobody` or `nothing` where none does."""
    people = find_people(known.extracts, person)
    if not people and known.actual is not None:
        people = find_accounts(known.actual, person)
    if len(people) != 1:
        return _unclear("people" if people else "nobody", map(person_as_json, people), person, telling)
    logins = {row.code: row.username for row in known.extracts.people}
    with_account = known.actual.codes_with_account(logins) if known.actual else frozenset()
    look = look_at(known.extracts, build_offer(known.extracts, known.naming), with_account)
    courses = find_courses(known.extracts, look.offer, course)
    if not courses and _is_named(known.extracts, course.strip()):
        courses = (AskedCourse(course.strip(), known=False),)
    if not courses and known.actual is not None:
        spaces = find_spaces(known.actual, course)
        if len(spaces) == 1:
            return as_json(explain_space(known.actual, people[0], spaces[0]), telling)
        courses = spaces
    if len(courses) != 1:
        return _unclear("courses" if courses else "nothing", map(course_as_json, courses), course, telling)
    return as_json(_answered(known, look, people[0], courses[0], telling), telling)


def _is_named(extracts: Extracts, code: str) -> bool:
    """Registrations on a code that is no element: its people wait for a course that will not come."""
    tables: tuple[Iterable[Registration | Planning], ...] = (extracts.registrations, extracts.plannings)
    return any(row.element == code for rows in tables for row in rows)


def _answered(known: Known, look: Look, person: AskedPerson, course: AskedCourse, telling: Telling) -> Answer:
    answer = explain(look, person, course)
    if known.actual is None:
        return answer
    if not any(place.course for place in answer.places):  # left the offer: its archive may be there
        answer = replace(
            answer, places=tuple(replace(place, course=course.element) for place in answer.places)
        )
    seen = see(known.actual, person, [place.course for place in answer.places])
    nights = known.nights
    if nights is None:
        nights = Nights(telling.now.astimezone(telling.zone).date(), known.extracts.year)
    return add_seen(answer, seen, nights, _categories(look))


def _categories(look: Look) -> Mapping[str, frozenset[str]]:
    """By course, the idnumbers of its category and of all above it."""
    rows, naming = look.offer.structure.categories, look.offer.naming
    above: dict[str, frozenset[str]] = {}

    def path(code: str) -> frozenset[str]:
        if code not in above:
            row = rows.get(code)
            own = frozenset({fill(naming.category_idnumber, code=code)})
            above[code] = own | path(row.parent) if row and row.parent else own
        return above[code]

    elements = look.offer.structure.elements
    every = [*look.offer.courses.ordinary.values(), *look.offer.courses.foad.values()]
    return {course.idnumber: path(elements[course.element].category) for course in every}


def _unclear(kind: str, found: Iterable[dict[str, str]], asked: str, telling: Telling) -> dict[str, Any]:
    every = list(found)
    details = {"asked": asked, "count": len(every)}
    said = sentence(f"why_{kind}", telling.lang, details)
    lines = [
        " ".join(
            part
            for part in (one.get("label") or one["element"], one.get("title", ""), one.get("only", ""))
            if part
        )
        for one in every[:MOST]
    ]
    return {
        "kind": kind,
        "candidates": every[:MOST],
        "count": len(every),
        "text": "\n".join([said, *(f"• {line}" for line in lines)]),
    }


def _candidate(one: Mapping[str, str]) -> str:
    parts = (one.get("label", ""), one.get("only") or one.get("element", ""), one.get("title", ""))
    return " – ".join(part for part in parts if part)
