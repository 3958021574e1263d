"""Who has access to what through which line (S14): one page for each person of a site.

A page is written before Moodle is. Taking away restores what was there before: what an order did not
create it never removes, and what another paid line still grants stays. Passerelle writes into its own
enrolment instance (door `shop`); on a Moodle without plugins into the manual one, where what stood by
hand is noted first and left alone.

A right that was withdrawn stays noted (`written`, `groups`, a tie without lines) until Moodle was looked at
well after: a worker that was slow, or whose answer was lost, may have given it once more meanwhile.
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
    """One course of one person. `written` and `groups` (idnumbers): what Moodle may hold for an order."""

    course_id: int
    course: str = ""  # idnumber, by which the plugin names it
    door: Door = "shop"
    before: Before = field(default_factory=Before)
    grants: tuple[Grant, ...] = ()
    written: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """A role of `holder` over a context (mostly another's user context), kept on the page of the person
    that the line is about. `ours`: an order gave it, and it goes with the order; `done`: Moodle has it.
    Without `by` it is withdrawn.
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
    taken_at: datetime | None = None  # when something was last withdrawn that Moodle may still hold
    revision: int = 0

    @property
    def live(self) -> bool:
        """Whether it gives something, or withdrew something that Moodle may still hold."""
        return bool(self.ties) or any(place.grants or stale(place) for place in self.places)

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
    page: LedgerPage, order: str, grants: set[tuple[str, int, str]], ties: set[tuple[str, Key]], now: datetime
) -> LedgerPage:
    """The page where this order gives nothing but what is named: (line, course, role) and (line, tie)."""
    prefix, before = f"{order}:", page

    def stays(one: Grant, course_id: int) -> bool:
        return not one.by.startswith(prefix) or (one.by, course_id, one.role) in grants

    for place in page.places:
        left = tuple(grant for grant in place.grants if stays(grant, place.course_id))
        if left != place.grants:
            page = _with(page, replace(place, grants=left))
    left_ties = tuple(_with_lines(tie, prefix, ties) for tie in page.ties)
    products = tuple(
        one for one in page.products if not one.by.startswith(prefix) or (one.by, 0, "") in grants
    )
    page = replace(page, ties=tuple(tie for tie in left_ties if tie.by or may_go(tie)), products=products)
    return before if page == before else replace(page, taken_at=now)


def _with_lines(tie: Tie, prefix: str, ties: set[tuple[str, Key]]) -> Tie:
    by = tuple(b for b in tie.by if not b.startswith(prefix) or (b, tie.key) in ties)
    # Withdrawn and wanted again, it is given again, whatever happened in between.
    return tie if by == tie.by else replace(tie, by=by, done=tie.done and bool(by))


def may_go(tie: Tie) -> bool:
    """Over a person it is an order's, as the ledger says; elsewhere it may have stood there before."""
    return tie.ours or tie.level == "user"


def tied(page: LedgerPage, tie: Tie, by: str) -> LedgerPage:
    """The page with this tie held by one more line. A tie that stood by hand is never called ours."""
    for held in page.ties:
        if held.key == tie.key:
            more = replace(held, by=tuple(sorted({*held.by, by})))
            return replace(page, ties=tuple(more if one is held else one for one in page.ties))
    return replace(page, ties=tuple(sorted((*page.ties, replace(tie, by=(by,))), key=lambda one: one.key)))


def lines_of(page: LedgerPage) -> set[str]:
    """Every line, as `{order}:{line}`, by which something stands on the page."""
    grants = {grant.by for place in page.places for grant in place.grants}
    return grants | {by for tie in page.ties for by in tie.by} | {one.by for one in page.products}


def loose(page: LedgerPage) -> tuple[Tie, ...]:
    """Ties that nobody pays for any more, which Moodle may still hold."""
    return tuple(tie for tie in page.ties if not tie.by)


def tie_done(page: LedgerPage, key: Key) -> LedgerPage:
    return replace(page, ties=tuple(replace(t, done=True) if t.key == key and t.by else t for t in page.ties))


def to_be_written(page: LedgerPage, course_id: int) -> LedgerPage:
    """What Moodle may hold from now on: what it held, and what is wanted."""
    place = page.place(course_id)
    if place is None:
        return page
    roles = {*place.written, *roles_wanted(place)}
    return _with(
        page,
        replace(
            place, written=tuple(sorted(roles)), groups=tuple(sorted({*place.groups, *groups_wanted(place)}))
        ),
    )


def stale(place: CourseAccess) -> bool:
    """Whether Moodle may hold there what nobody pays for any more."""
    return not set(place.written) <= set(roles_wanted(place)) or bool(stale_groups(place))


def stale_groups(place: CourseAccess) -> tuple[str, ...]:
    return tuple(group for group in place.groups if group not in groups_wanted(place))


def withdrawn(page: LedgerPage) -> bool:
    """Whether Moodle may hold for this person what nobody pays for any more."""
    return bool(loose(page)) or any(stale(place) for place in page.places)


def looked_at(page: LedgerPage) -> LedgerPage:
    """Moodle holds what is wanted and no more: nothing is left to be remembered."""
    places = tuple(
        replace(place, written=roles_wanted(place), groups=groups_wanted(place)) for place in page.places
    )
    return replace(page, places=places, ties=tuple(tie for tie in page.ties if tie.by), taken_at=None)


def roles_wanted(place: CourseAccess) -> tuple[str, ...]:
    want = wanted(place)
    return want.roles if want else ()


def groups_wanted(place: CourseAccess) -> tuple[str, ...]:
    return tuple(sorted({grant.group for grant in place.grants} - {""}))


def _with(page: LedgerPage, place: CourseAccess) -> LedgerPage:
    others = tuple(one for one in page.places if one.course_id != place.course_id)
    return replace(page, places=tuple(sorted((*others, place), key=lambda one: one.course_id)))
