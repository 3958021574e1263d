"""What Moodle has, added to a *why*: enrolled or not, suspended, by hand, frozen, held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from passerelle.domain.night.checks.in_moodle import ARCHIVE, beside_the_nights
from passerelle.domain.night.plan.actual import Account, Actual, Course, Enrolment
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.run import WHOLE, Run
from passerelle.domain.night.policy import Freeze
from passerelle.domain.night.why.explain import Answer, Place, Verdict
from passerelle.domain.night.why.question import AskedCourse, AskedPerson, plain
from passerelle.domain.offer.causes import Cause, Reason
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState


@dataclass(frozen=True, slots=True)
class Copy:
    """A course of Moodle that holds an idnumber asked about."""

    course: Course
    ours: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """As much of a Moodle as one question needs. `copies` and `archives` by the idnumber asked about."""

    account: Account | None = field(default=None, repr=False)
    copies: Mapping[str, tuple[Copy, ...]] = field(default_factory=dict)
    archives: Mapping[str, Course] = field(default_factory=dict)
    enrolments: tuple[Enrolment, ...] = field(default=(), repr=False)  # of this account only


@dataclass(frozen=True, slots=True)
class Nights:
    """What is known of a site's nights. `coming` is the morning of the night that comes next."""

    coming: date
    year: str = ""
    grace: int = 14
    memory: Memory = field(default_factory=Memory)
    freezes: tuple[Freeze, ...] = ()
    runs: tuple[Run, ...] = ()


def see(actual: Actual, person: AskedPerson, idnumbers: Iterable[str]) -> Seen:
    account = _account_of(actual, person)
    wanted = {one for one in idnumbers if one}
    copies: dict[str, tuple[Copy, ...]] = {}
    archives: dict[str, Course] = {}
    for course in actual.courses.values():
        ours = actual.is_ours("course", course.id)
        if course.idnumber in wanted:
            copies[course.idnumber] = (*copies.get(course.idnumber, ()), Copy(course, ours))
        elif ours and course.idnumber.startswith(ARCHIVE):
            for one in wanted:
                if is_archive_of(course.idnumber, one):
                    archives[one] = course
    mine = tuple(row for row in actual.enrolments if account and row.username == account.username)
    return Seen(account, copies, archives, mine)


def is_archive_of(idnumber: str, code: str) -> bool:
    """`ex_CODE`, or `ex_CODE_2` where that was taken."""
    rest = idnumber.removeprefix(f"{ARCHIVE}{code}")
    return rest != idnumber and (not rest or (rest[0] == "_" and rest[1:].isdigit()))


def _account_of(actual: Actual, person: AskedPerson) -> Account | None:
    """By code, then by username (N25)."""
    by_code = [row for row in actual.users.values() if row.idnumber and row.idnumber in person.codes]
    by_name = [row for row in actual.users.values() if person.username and row.username == person.username]
    return next(iter([*by_code, *by_name]), None)


def find_accounts(actual: Actual, text: str) -> tuple[AskedPerson, ...]:
    """Somebody whom only Moodle knows: by login, idnumber or e-mail."""
    folded = text.strip().casefold()
    found = [
        row
        for row in actual.users.values()
        if folded and folded in (row.username.casefold(), row.idnumber.casefold(), row.email.casefold())
    ]
    return tuple(AskedPerson(row.idnumber, None, row.username) for row in sorted(found))


def find_spaces(actual: Actual, text: str) -> tuple[AskedCourse, ...]:
    """Courses of Moodle that the offer does not hold: complementary spaces, archives."""
    asked = plain(text.strip())
    rows = [row for row in actual.courses.values() if asked]
    exact = [row for row in rows if asked in (plain(row.idnumber), plain(row.shortname), plain(row.fullname))]
    found = exact or [row for row in rows if asked in plain(row.fullname) or asked in plain(row.shortname)]
    return tuple(
        AskedCourse(row.idnumber or row.shortname, row.fullname)
        for row in sorted(found, key=lambda row: (row.shortname, row.id))
    )


def explain_space(actual: Actual, person: AskedPerson, asked: AskedCourse) -> Answer:
    """A course that Moodle has and the offer does not."""
    (course, *_) = [
        row
        for row in actual.courses.values()
        if asked.element in (row.idnumber, row.shortname) and row.fullname == asked.title
    ]
    ours = actual.is_ours("course", course.id)
    code = course.idnumber.removeprefix(ARCHIVE)
    said = {"here": course.shortname, "archive": course.idnumber, "element": code}
    reasons = [Reason(Cause.ARCHIVED if ours else Cause.COMPLEMENTARY, (), said)]
    account = _account_of(actual, person)
    mine = [
        row
        for row in actual.enrolments
        if account and row.username == account.username and row.courseid == course.id and row.active
    ]
    for row in mine:
        cause = Cause.THERE if row.ours else Cause.BY_HAND
        reasons.append(Reason(cause, (), {"here": course.shortname, **_said_of(row)}))
    roles = tuple(sorted({role for row in mine for role in row.roles}))
    verdict = Verdict.IN if mine else Verdict.OUT
    place = Place(course.idnumber, course.fullname, False, verdict, roles, tuple(reasons))
    return Answer(person, asked, "", (place,))


def add_seen(answer: Answer, seen: Seen, nights: Nights, categories: Mapping[str, frozenset[str]]) -> Answer:
    """`categories`: by course, the idnumbers of its category and of all above it (a freeze may name one)."""
    notes = [*answer.notes, *_about_account(answer, seen)]
    places = tuple(
        replace(place, reasons=(*place.reasons, *_about_place(place, seen, nights)))
        if place.course
        else place
        for place in answer.places
    )
    for place in places:
        notes += _about_night(place, nights, categories.get(place.course, frozenset()))
    told = {(note.cause, tuple(sorted(note.details.items()))): note for note in notes}
    return replace(answer, places=places, notes=tuple(told.values()))


def add_nights(answer: Answer, nights: Nights, categories: Mapping[str, frozenset[str]]) -> Answer:
    """What can be said without looking into Moodle: freezes, holds, the grace that the night remembers."""
    notes = list(answer.notes)
    places = []
    for place in answer.places:
        since = nights.memory.suspended.get((place.course, answer.person.username))
        if since is not None:
            until = (since + timedelta(days=nights.grace)).isoformat()
            cause = Cause.COMES_BACK if place.verdict is Verdict.IN else Cause.IN_GRACE
            reason = Reason(cause, (), {"here": place.course, "until": until})
            places.append(replace(place, reasons=(*place.reasons, reason)))
        else:
            places.append(place)
        notes += _about_night(place, nights, categories.get(place.course, frozenset()))
    told = {(note.cause, tuple(sorted(note.details.items()))): note for note in notes}
    return replace(answer, places=tuple(places), notes=tuple(told.values()))


def _about_account(answer: Answer, seen: Seen) -> Iterator[Reason]:
    if seen.account is None:
        if answer.person.row is not None and not answer.notes:
            yield Reason(Cause.NO_ACCOUNT)
    elif seen.account.suspended:
        yield Reason(Cause.ACCOUNT_SUSPENDED)


def _about_place(place: Place, seen: Seen, nights: Nights) -> Iterator[Reason]:
    said = {"here": place.course}
    copies = seen.copies.get(place.course, ())
    if not copies:
        archive = seen.archives.get(place.course)
        if archive is not None:
            yield Reason(Cause.ARCHIVED, (), {**said, "archive": archive.idnumber})
        elif place.verdict is not Verdict.OUT:
            yield Reason(Cause.COURSE_NOT_MADE, (), said)
        return
    if len(copies) > 1:
        yield Reason(Cause.HELD_TWICE, (), said)
    elif not copies[0].ours:
        yield Reason(Cause.NOT_ADOPTED, (), said)
    mine = [row for row in seen.enrolments if row.course == place.course]
    night = next((row for row in mine if row.ours), None)
    yield from _about_enrolment(place, night, nights, standing=len(copies) > 1 or not copies[0].ours)
    for row in mine:
        if not row.ours and row.active:
            beside = beside_the_nights(row, night, foad=place.foad)
            found = beside or Reason(Cause.BY_HAND, (), _said_of(row))
            yield replace(found, details={**found.details, **said}, course=place.course)
    inside = night is not None and night.active
    if not any(copy.course.visible for copy in copies) and (inside or "student" in place.roles):
        yield Reason(Cause.COURSE_HIDDEN, (), said)


def _about_enrolment(
    place: Place, row: Enrolment | None, nights: Nights, *, standing: bool
) -> Iterator[Reason]:
    said = {"here": place.course}
    if row is None:
        if place.verdict is Verdict.IN and not standing:
            yield Reason(Cause.NOT_THERE_YET, (), said)
    elif not row.active:
        since = nights.memory.suspended.get((place.course, row.username))
        until = (since + timedelta(days=nights.grace)).isoformat() if since else ""
        cause = Cause.COMES_BACK if place.verdict is Verdict.IN else Cause.IN_GRACE
        yield Reason(cause, (), {**said, "until": until})
    elif place.verdict is Verdict.IN:
        yield Reason(Cause.THERE, (), {**said, **_said_of(row)})
    else:
        cause = Cause.LEAVES if place.verdict is Verdict.OUT and not standing else Cause.STAYS_UNKNOWN
        yield Reason(cause, (), said)


def _said_of(row: Enrolment) -> dict[str, str]:
    return {"method": row.method, "roles": ", ".join(row.roles)}


def _about_night(place: Place, nights: Nights, categories: frozenset[str]) -> Iterator[Reason]:
    for freeze in nights.freezes:
        if freeze.holds_on(nights.coming, nights.year) and _freezes(freeze, place.course, categories):
            until = freeze.until.isoformat() if freeze.until else ""
            yield Reason(Cause.FROZEN, (), {"until": until})
    latest = max(
        (run for run in nights.runs if run.stage in (Stage.ENROLMENTS, WHOLE) and not run.adoption),
        key=lambda run: (run.night, run.started_at),
        default=None,
    )
    if latest is not None and latest.state is RunState.HELD and not latest.released_by:
        yield Reason(Cause.PLAN_HELD, (), {"night": latest.night})
    elif latest is not None and latest.state is RunState.FAILED:
        yield Reason(Cause.STAGE_FAILED, (), {"night": latest.night})


def _freezes(freeze: Freeze, course: str, categories: frozenset[str]) -> bool:
    if not freeze.courses and not freeze.categories:
        return True
    return course in freeze.courses or not categories.isdisjoint(freeze.categories)
