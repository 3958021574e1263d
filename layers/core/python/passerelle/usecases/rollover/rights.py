"""Whose course may be taken where (R1, R3): asked of both Moodles, never taken from the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passerelle.domain.records import Person
from passerelle.domain.rollover.rollover import Permit, Rollover, edits, permit_id, teaching
from passerelle.domain.states import RolloverState
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added
from passerelle.usecases.rollover import messages

if TYPE_CHECKING:
    from passerelle.domain.moodle.core import User
    from passerelle.domain.moodle.plugin import CourseState
    from passerelle.domain.network import Site

NOTHING_CAME = frozenset({RolloverState.REFUSED, RolloverState.FAILED, RolloverState.UNDONE})


@dataclass(frozen=True, slots=True)
class Asked:
    """The target as its Moodle tells it, and whether whoever asks is a named administrator."""

    site: Site
    state: CourseState
    administrator: bool


def site_with_previous(world: World, name: str) -> Site:
    site = world.network.sites[name]
    if not site.previous:
        raise Refused("no_previous")
    return site


def target_of(world: World, name: str, course_id: int, person: Person) -> Asked:
    """Raises Refused where the person does not edit the course and is no named administrator (R3)."""
    site = site_with_previous(world, name)
    state = course_state(world, name, course_id)
    if state is None:
        raise NotFound("target_unknown")
    administrator = person.username.lower() in {one.lower() for one in site.administrators}
    if not edits(state, person.username) and not administrator:
        raise Refused("not_editing_teacher")
    return Asked(site, state, administrator)


def course_state(world: World, site: str, course_id: int) -> CourseState | None:
    state = world.sites.lms(site).get_course_states([course_id]).get(course_id)
    return state if state is not None and state.exists else None


def taught(world: World, site: str, course_id: int, person: Person) -> CourseState:
    """A course of last year, for who taught it. Raises Refused for anybody else."""
    source = course_state(world, site, course_id)
    if source is None:
        raise NotFound("target_unknown")
    if person.username.lower() not in teaching(source):
        raise Refused("not_editing_teacher")
    return source


def source_for(
    world: World, site: Site, target: CourseState, *, source_id: int, source_idnumber: str
) -> CourseState:
    """By idnumber, else the teacher's explicit choice (R1). Raises NotFound."""
    year = world.network.sites[site.previous].year
    if source_id:
        chosen = course_state(world, site.previous, source_id)
        if chosen is None:
            raise NotFound("source_unknown", year=year)
        return chosen
    idnumber = source_idnumber.strip() or target.idnumber.strip()
    found = matched(world, site.previous, idnumber)
    if found is None:
        if source_idnumber.strip():
            raise NotFound("source_unknown", year=year)
        raise NotFound("no_source", year=year, idnumber=target.idnumber or "…")
    return found


def matched(world: World, previous: str, idnumber: str) -> CourseState | None:
    """FOAD with FOAD comes by itself: the mark stands in the idnumber (N9)."""
    if not idnumber:
        return None
    state = world.sites.lms(previous).get_course_states_by_idnumber([idnumber]).get(idnumber)
    return state if state is not None and state.exists else None


def on_other_site(world: World, site: str, other: str, usernames: Iterable[str]) -> dict[str, User]:
    """Username here → the same person there, by the identity key (P9); the doubtful are absent."""
    wanted = list(usernames)
    if not wanted:
        return {}
    identity = world.network.identity
    here = world.sites.lms(site).find_users("username", wanted)
    keys: dict[str, str] = {}
    for username in wanted:
        users = here.get(username, ())
        if len(users) == 1:
            key = _key(users[0], identity)
            if key:
                keys[username] = key
    if not keys:
        return {}
    there = world.sites.lms(other).find_users(identity, sorted(set(keys.values())))
    known = {}
    for username, key in keys.items():
        users = tuple(u for u in there.get(key, ()) if not u.suspended and not u.deleted)
        if len(users) == 1:
            known[username] = users[0]
    return known


def _key(user: User, identity: str) -> str:
    value = {"username": user.username, "idnumber": user.idnumber, "email": user.email or ""}[identity]
    return value.strip().lower()


def teaches_source(world: World, site: str, previous: str, person: Person, source: CourseState) -> bool:
    there = on_other_site(world, site, previous, [person.username]).get(person.username)
    return there is not None and there.username.lower() in teaching(source)


# --- the one-transfer link (R3) ---------------------------------------------------------------------


def permit_for(world: World, name: str, target: CourseState, source: CourseState, person: Person) -> Permit:
    """The permit of this very transfer. Raises Refused, after asking for it, where nobody has granted it."""
    previous = world.network.sites[name].previous
    key = permit_id(name, target.courseid, previous, source.courseid, person.username)
    permit = world.records.get(Permit, key)
    if permit is not None and permit.granted_at is not None and _may_be_used(world, permit):
        return permit
    now = world.clock.now()
    permit = found_or_added(
        world.records,
        Permit(
            id=key,
            site=name,
            course_id=target.courseid,
            previous=previous,
            source_id=source.courseid,
            person=person,
            asked_at=now,
        ),
    )
    if permit.granted_at is not None:
        # It served: one transfer each.
        permit = amend(
            world.records,
            Permit,
            key,
            lambda before: replace(before, granted_by="", granted_at=None, used_by="", asked_at=now),
        )
    asked = messages.ask_permission(world, permit, target, source)
    year = world.network.sites[previous].year
    raise Refused("not_source_teacher", source=source.fullname, year=year, asked=asked or "…")


def _may_be_used(world: World, permit: Permit) -> bool:
    if not permit.used_by:
        return True
    used = world.records.get(Rollover, permit.used_by)
    return used is None or used.state in NOTHING_CAME


def use(world: World, permit: Permit, rollover: str) -> None:
    amend(world.records, Permit, permit.id, lambda before: replace(before, used_by=rollover))


def look(world: World, site: str, permit_key: str, person: Person) -> dict[str, object]:
    """What a permit is about, for who could grant it: they decide knowing who asks, and for which course."""
    permit, source = _grantable(world, site, permit_key, person)
    target = course_state(world, permit.site, permit.course_id)
    return {
        "permit": permit.id,
        "who": permit.person.fullname,
        "source": source.fullname if source else "",
        "source_courseid": permit.source_id,
        "year": world.network.sites[permit.previous].year,
        "target": target.fullname if target else "",
        "target_site": world.network.sites[permit.site].title,
        "asked_at": int(permit.asked_at.timestamp()),
        "granted_at": int(permit.granted_at.timestamp()) if permit.granted_at else None,
        "used": bool(permit.used_by),
    }


def _grantable(world: World, site: str, permit_key: str, person: Person) -> tuple[Permit, CourseState | None]:
    permit = world.records.get(Permit, permit_key)
    if permit is None or site not in (permit.previous, permit.site):
        raise NotFound("permit_unknown")
    allowed = {one.lower() for one in world.network.sites[site].administrators}
    source = course_state(world, permit.previous, permit.source_id)
    teaches = site == permit.previous and source is not None and edits(source, person.username)
    if not teaches and person.username.lower() not in allowed:
        raise Refused("permit_not_yours")
    return permit, source


def grant(world: World, site: str, permit_key: str, person: Person) -> Permit:
    """On N-1, by an editing teacher of the source, asked of its Moodle, or a named administrator."""
    permit, _ = _grantable(world, site, permit_key, person)
    now = world.clock.now()

    def decide(before: Permit) -> Permit:
        if before.granted_at is not None:
            return before
        return replace(before, granted_by=f"{site}:{person.username}", granted_at=now)

    granted = amend(world.records, Permit, permit.id, decide)
    messages.tell_permitted(world, granted)
    return granted
