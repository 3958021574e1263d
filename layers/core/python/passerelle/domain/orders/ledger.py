"""Who has access to what through which line (S14): one page for each person of a site.

A page is written before Moodle is. Taking away restores what was there before: what an order did not
create it never removes, and what another paid line still grants stays. Passerelle writes into its own
enrolment instance (door `shop`); on a Moodle without plugins into the manual one, where what stood by
hand is noted first and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

Door = Literal["shop", "manual"]
Key = tuple[int, str, int, str]  # of a tie


@dataclass(frozen=True, slots=True)
class Grant:
    """What one seat of one line gives in one course. `end` None: open."""

    by: str  # {order}:{line}
    role: str
    start: datetime
    end: datetime | None = None
    group: str = ""  # idnumber of the order's group


@dataclass(frozen=True, slots=True)
class Before:
    """What stood in the manual instance before the first order; dates are not to be had there."""

    enrolled: bool = False
    active: bool = False
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseAccess:
    """One course of one person. `written` are the roles last put into Moodle, to know which to take."""

    course_id: int
    course: str = ""  # idnumber, by which the plugin names it
    door: Door = "shop"
    before: Before = field(default_factory=Before)
    grants: tuple[Grant, ...] = ()
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """A role of `holder` over a context (mostly another's user context), kept on the page of the person
    that the line is about. `ours`: it was surely not there before; `done`: Moodle has it.
    """

    holder: int
    level: str
    instance: int
    role: str
    by: tuple[str, ...] = ()
    ours: bool = True
    done: bool = False

    @property
    def key(self) -> tuple[int, str, int, str]:
        return self.holder, self.level, self.instance, self.role


@dataclass(frozen=True, slots=True)
class Owned:
    """A registered product; `end` is what std_prorogate moves."""

    by: str
    product: str
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    id: str  # {site}:{user id}
    site: str
    user_id: int
    username: str = field(repr=False)
    created_at: datetime
    existed: bool = True  # the account was there before the first order that named it
    operators: tuple[int, ...] = ()  # user ids of the buyers it was attached to
    places: tuple[CourseAccess, ...] = ()
    ties: tuple[Tie, ...] = ()
    products: tuple[Owned, ...] = ()
    revision: int = 0

    @property
    def live(self) -> bool:
        return any(place.grants for place in self.places) or any(tie.by for tie in self.ties)

    def place(self, course_id: int) -> CourseAccess | None:
        return next((place for place in self.places if place.course_id == course_id), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What all grants together give: every role, from the earliest start to the latest end."""

    roles: tuple[str, ...]
    start: datetime
    end: datetime | None


def page_id(site: str, user_id: int) -> str:
    return f"{site}:{user_id}"


def wanted(place: CourseAccess) -> Wanted | None:
    if not place.grants:
        return None
    ends = [grant.end for grant in place.grants]
    return Wanted(
        roles=tuple(sorted({grant.role for grant in place.grants})),
        start=min(grant.start for grant in place.grants),
        end=None if None in ends else max(end for end in ends if end is not None),
    )


def granted(page: LedgerPage, place: CourseAccess, grant: Grant) -> LedgerPage:
    """The page with this grant, once, in its latest form. `place` describes the course if it is new."""
    held = page.place(place.course_id) or place
    grants = tuple(g for g in held.grants if (g.by, g.role) != (grant.by, grant.role))
    return _with(page, replace(held, grants=tuple(sorted((*grants, grant), key=lambda g: (g.by, g.role)))))


def kept(
    page: LedgerPage, order: str, grants: set[tuple[str, int, str]], ties: set[tuple[str, Key]]
) -> LedgerPage:
    """The page where this order gives nothing but what is named: (line, course, role) and (line, tie)."""
    prefix = f"{order}:"

    def stays(one: Grant, course_id: int) -> bool:
        return not one.by.startswith(prefix) or (one.by, course_id, one.role) in grants

    for place in page.places:
        left = tuple(grant for grant in place.grants if stays(grant, place.course_id))
        if left != place.grants:
            page = _with(page, replace(place, grants=left))
    left_ties = tuple(
        replace(tie, by=tuple(b for b in tie.by if not b.startswith(prefix) or (b, tie.key) in ties))
        for tie in page.ties
    )
    products = tuple(
        one for one in page.products if not one.by.startswith(prefix) or (one.by, 0, "") in grants
    )
    return (
        page
        if (left_ties, products) == (page.ties, page.products)
        else replace(page, ties=left_ties, products=products)
    )


def tied(page: LedgerPage, tie: Tie, by: str) -> LedgerPage:
    """The page with this tie held by one more line. A tie that stood by hand is never called ours."""
    for held in page.ties:
        if held.key == tie.key:
            more = replace(held, by=tuple(sorted({*held.by, by})))
            return replace(page, ties=tuple(more if one is held else one for one in page.ties))
    return replace(page, ties=tuple(sorted((*page.ties, replace(tie, by=(by,))), key=lambda one: one.key)))


def loose(page: LedgerPage) -> tuple[Tie, ...]:
    """Ties that nobody pays for any more and that are ours to take."""
    return tuple(tie for tie in page.ties if not tie.by and tie.ours and tie.done)


def tie_done(page: LedgerPage, key: Key) -> LedgerPage:
    return replace(page, ties=tuple(replace(t, done=True) if t.key == key else t for t in page.ties))


def without_loose(page: LedgerPage) -> LedgerPage:
    return replace(page, ties=tuple(tie for tie in page.ties if tie.by))


def written(page: LedgerPage, course_id: int, roles: tuple[str, ...]) -> LedgerPage:
    place = page.place(course_id)
    return page if place is None else _with(page, replace(place, written=roles))


def to_be_written(page: LedgerPage, course_id: int) -> LedgerPage:
    """What Moodle may hold from now on: what it held, and what is wanted."""
    place = page.place(course_id)
    if place is None:
        return page
    return _with(page, replace(place, written=tuple(sorted({*place.written, *roles_wanted(place)}))))


def roles_wanted(place: CourseAccess) -> tuple[str, ...]:
    want = wanted(place)
    return want.roles if want else ()


def _with(page: LedgerPage, place: CourseAccess) -> LedgerPage:
    others = tuple(one for one in page.places if one.course_id != place.course_id)
    return replace(page, places=tuple(sorted((*others, place), key=lambda one: one.course_id)))
