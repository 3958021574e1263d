"""*Pourquoi ?*: a person and a course as a help desk types them, or a reference, answered (N22, H1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from passerelle.domain.night.plan.actual import Actual
from passerelle.domain.night.plan.run import NightDesk
from passerelle.domain.night.why.effects import say_moment
from passerelle.domain.night.why.explain import Answer, explain
from passerelle.domain.night.why.in_moodle import (
    Nights,
    add_nights,
    add_seen,
    explain_space,
    find_accounts,
    find_spaces,
    see,
)
from passerelle.domain.night.why.question import MOST, AskedCourse, AskedPerson, find_courses, find_people
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.diagnosis import Look, look_at
from passerelle.domain.offer.enrolling import Offer
from passerelle.domain.offer.model import Extracts, FileProblem, Planning, Registration, Table
from passerelle.domain.offer.naming import Naming, fill
from passerelle.domain.records import Note
from passerelle.domain.refusals import KEPT_FOR, readable
from passerelle.domain.site_commands import AskWhy
from passerelle.domain.states import state_word
from passerelle.errors import MoodleAway, MoodleRefused, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import list_all
from passerelle.usecases.night.desk import runs_of
from passerelle.usecases.night.documents import load_memory
from passerelle.usecases.night.plan_stage import rules_of, tonight, uncollected
from passerelle.usecases.night.why_in_moodle import glimpse
from passerelle.words.notes import note_text
from passerelle.words.offer import say_files
from passerelle.words.sentences import say
from passerelle.words.why_reply import Telling, as_json, course_as_json, person_as_json

if TYPE_CHECKING:
    from passerelle.domain.publishing.publication import Publication, Retrieval
    from passerelle.domain.rollover.rollover import Rollover

SHORTEST_REFERENCE = 8
DAYS_BACK = 7  # that an extract may be old, on a morning when none came


def answer(world: World, command: AskWhy) -> Mapping[str, object]:
    """`kind` says what is answered; `text` is fit to paste. Raises Refused `why_question`, `no_extracts`."""
    if command.reference.strip():
        return look_up(world, command.site, command.reference, command.lang)
    if not command.who.strip() or not command.course.strip():
        raise Refused("why_question")
    rules = rules_of(world, command.site)
    telling = Telling(command.lang, world.clock.now(), rules.zone)
    with uncollected():
        known = known_of(world, command.site, command.who, command.course)
        return ask_why(known, command.who, command.course, telling)


def known_of(world: World, site: str, who: str, course: str, extracts: Extracts | None = None) -> Known:
    """The newest sources, what the nights remember, and what Moodle has of these two; all but the last
    where Moodle does not say it, which `looked` tells.
    """
    rules = rules_of(world, site)
    newest = None if extracts else newest_sources(world, site, tonight(rules, world.clock.now()))
    extracts = extracts or newest.extracts  # type: ignore[union-attr]  # one of both is there
    offer = build_offer(extracts, rules.naming)
    known = Known(extracts, rules.naming, nights=read_nights(world, site), offer=offer, newest=newest)
    try:
        actual = glimpse(world.sites.lms(site), world.sites.roster(site), extracts, offer, who, course)
    except (MoodleAway, MoodleRefused):
        return replace(known, looked=False)
    return replace(known, actual=actual)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest whole night's sources. `newer`: a later night that could not be used, `lacking` these files.

    Where no night of the week is whole, the newest is given all the same: its `extracts.problems` say what
    nobody knows.
    """

    extracts: Extracts
    night: date
    newer: date | None = None
    lacking: tuple[FileProblem, ...] = ()


def newest_sources(world: World, site: str, night: date) -> Newest:
    """From the coming morning's back over the week before."""
    found: list[tuple[date, Extracts]] = []
    for back in range(-1, DAYS_BACK):
        day = night - timedelta(days=back)
        extracts = world.sources.recall(site, day)
        if not extracts.counts:
            continue
        found.append((day, extracts))
        if not _lacks(extracts):
            break
    if not found:
        raise Refused("no_extracts")
    (day, newest), (last, whole) = found[0], found[-1]
    if day == last:
        return Newest(newest, day)
    if _lacks(whole):
        return Newest(newest, day)
    return Newest(whole, last, day, _lacks(newest))


# What answers rest on: cohorts play no part in a course.
NEEDED = frozenset(Table) - {Table.COHORTS, Table.COHORT_MEMBERS}


def _lacks(extracts: Extracts) -> tuple[FileProblem, ...]:
    return tuple(problem for problem in extracts.problems if problem.tables & NEEDED)


def read_nights(world: World, site: str) -> Nights:
    rules = rules_of(world, site)
    desk = world.records.get(NightDesk, site)
    return Nights(
        coming=tonight(rules, world.clock.now()) + timedelta(days=1),
        grace=rules.removal_grace,
        memory=load_memory(world.papers, site),
        freezes=(*rules.freezes, *(desk.freezes if desk else ())),
        runs=tuple(runs_of(world, site)),
    )


# -- a reference (H1) ---------------------------------------------------------------------------------


def look_up(world: World, site: str, reference: str, lang: str) -> dict[str, Any]:
    """What a reference was about; only references of this site. Raises NotFound `reference_unknown`.

    Refusals of the door have letters of their own; what ended later is quoted by the beginning of its id.
    """
    quoted = reference.strip()
    refusal = world.references.find(site, quoted.upper())
    if refusal is not None:
        details = {"site": site, **readable(refusal.details)}
        message = say(refusal.code, lang, **details)
        return _found(quoted.upper(), refusal.code, refusal.course, refusal.at, message, lang, refusal.route)
    if len(quoted) >= SHORTEST_REFERENCE:
        for record, kind in _ended_later(world, site):
            if record.id.startswith(quoted.lower()):
                note = record.message or Note(record.state.value)
                message = (
                    note_text(record.message, lang) if record.message else state_word(record.state, lang)
                )
                course = getattr(record, "network_id", "") or record.idnumber
                at = record.history[-1].at if record.history else record.requested_at
                return _found(record.id[:8], note.code, course, at, message, lang, kind)
    raise NotFound("reference_unknown", reference=quoted[:20], days=KEPT_FOR.days)


def _ended_later(world: World, site: str) -> Iterable[tuple[Publication | Retrieval | Rollover, str]]:
    # Here: few ask about a reference, and other flows' records take their time to be known.
    from passerelle.domain.publishing.publication import Publication, Retrieval
    from passerelle.domain.rollover.rollover import Rollover

    for retrieval in list_all(world.records, Retrieval, "site", site):
        yield retrieval, "retrievals"
    for rollover in list_all(world.records, Rollover, "site", site):
        yield rollover, "rollovers"
    for publication in list_all(world.records, Publication, "all", "all"):
        if publication.site == site:
            yield publication, "publications"


def _found(
    reference: str, code: str, course: str, at: datetime, message: str, lang: str, route: str
) -> dict[str, Any]:
    when = say_moment(at, lang) + " UTC"
    said = say("reference_found", lang, reference=reference, when=when, message=message)
    if course:
        said += f" ({course})"
    return {
        "kind": "reference",
        "reference": reference,
        "code": code,
        "route": route,
        "course": course,
        "at": int(at.timestamp()),
        "message": message,
        "text": said,
    }


# -- a person and a course ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What answers rest on. Without `actual`, the sources alone are asked."""

    extracts: Extracts
    naming: Naming
    actual: Actual | None = None
    nights: Nights | None = None
    offer: Offer | None = field(default=None, repr=False)  # of these extracts, where it was built already
    looked: bool = True  # False: a Moodle should have been looked at, and did not answer
    newest: Newest | None = None  # None: whoever asks named the sources


def ask_why(known: Known, person: str, course: str, telling: Telling) -> dict[str, Any]:
    """`kind`: `answer`; `people` or `courses` where several fit; `nobody` or `nothing` where none does."""
    people = find_people(known.extracts, person)
    if not people and known.actual is not None:
        people = find_accounts(known.actual, person)
    if len(people) != 1:
        found = _unclear("people" if people else "nobody", map(person_as_json, people), person, telling)
        return _told_so(known, found, telling)
    logins = {row.code: row.username for row in known.extracts.people}
    with_account = known.actual.codes_with_account(logins) if known.actual else None
    offer = known.offer or build_offer(known.extracts, known.naming)
    look = look_at(known.extracts, offer, with_account)
    courses = find_courses(known.extracts, look.offer, course)
    if not courses and _is_named(known.extracts, course.strip()):
        courses = (AskedCourse(course.strip()),)
    if not courses and known.actual is not None:
        spaces = find_spaces(known.actual, course)
        if len(spaces) == 1:
            said = as_json(explain_space(known.actual, people[0], spaces[0]), telling)
            return _told_so(known, said, telling)
        courses = spaces
    if len(courses) != 1:
        found = _unclear("courses" if courses else "nothing", map(course_as_json, courses), course, telling)
        return _told_so(known, found, telling)
    return _told_so(known, as_json(_answered(known, look, people[0], courses[0], telling), telling), telling)


def _told_so(known: Known, said: dict[str, Any], telling: Telling) -> dict[str, Any]:
    """What the answer rests on comes first. Where Moodle was not looked at, whoever or whatever only it knows
    would seem not to exist."""
    text = "\n".join([*_rests_on(known, telling.lang), said["text"]])
    if known.newest and known.looked and any(_waits(place) for place in said.get("places", ())):
        text += f"\n\n{say('why_at_once', telling.lang)}"
    if not known.looked:
        text += f"\n\n{say('why_not_looked', telling.lang)}"
    night = {"night": known.newest.night.isoformat()} if known.newest else {}
    return {**said, **night, "text": text}


def _waits(place: Mapping[str, Any]) -> bool:
    return any(reason["takes_effect"] for reason in place["reasons"])


def _rests_on(known: Known, lang: str) -> Iterator[str]:
    if known.newest is None:
        return
    lacks = _lacks(known.extracts)
    yield say("why_from", lang, night=known.newest.night)
    if lacks:
        yield say("why_incomplete", lang, files=" ".join(say_files(lacks, lang)))
    if known.newest.newer is not None:
        files = " ".join(say_files(known.newest.lacking, lang))
        yield say("why_newer", lang, night=known.newest.newer, files=files)
    yield ""


def _is_named(extracts: Extracts, code: str) -> bool:
    """Registrations on a code that is no element: its people wait for a course that will not come."""
    tables: tuple[Iterable[Registration | Planning], ...] = (extracts.registrations, extracts.plannings)
    return any(row.element == code for rows in tables for row in rows)


def _answered(known: Known, look: Look, person: AskedPerson, course: AskedCourse, telling: Telling) -> Answer:
    answer = explain(look, person, course)
    if known.actual is None:
        if known.nights is None:
            return answer
        return add_nights(answer, replace(known.nights, year=known.extracts.year), _categories(look))
    if not any(place.course for place in answer.places):  # left the offer: its archive may be there
        answer = replace(
            answer, places=tuple(replace(place, course=course.element) for place in answer.places)
        )
    seen = see(known.actual, person, [place.course for place in answer.places])
    nights = known.nights or Nights(telling.now.astimezone(telling.zone).date())
    nights = replace(nights, year=known.extracts.year)
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
    said = say(f"why_{kind}", telling.lang, **details)
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
