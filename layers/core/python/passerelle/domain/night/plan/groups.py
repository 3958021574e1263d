"""Groups follow Apogée; one that left goes only if nothing else hangs on it (N10, N11)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from passerelle.domain.night.plan.actual import Group
from passerelle.domain.night.plan.builder import Places, fit_name
from passerelle.domain.night.plan.memory import Pair
from passerelle.domain.night.plan.plan import Because, Phase, Still
from passerelle.domain.offer.desired import DesiredGroup

ASK_AGAIN = 7  # nights until Moodle is asked again to delete a group that it would not


@dataclass(slots=True)
class Groups:
    """(course, group) as desired. `usable`: the night adds and removes members there; `leaving`: only
    removes. `ours`: Moodle id → key of each group of the night in a course it looks after.
    """

    usable: set[Pair] = field(default_factory=set)
    leaving: set[Pair] = field(default_factory=set)
    kept: dict[Pair, date] = field(default_factory=dict)


def plan_groups(places: Places, night: date) -> Groups:
    found = Groups()
    desired, actual = places.desired, places.actual
    held: defaultdict[Pair, list[Group]] = defaultdict(list)
    here: dict[int, Group] = {}
    for row in actual.groups.values():
        course = places.open.get(row.courseid)
        if course is not None:
            here[row.id] = row
            if row.idnumber:
                held[course, row.idnumber].append(row)
    lost = _lost(places, here)
    kept: set[int] = set()
    courses = places.courses
    for key in sorted(desired.groups):
        if key[0] in courses:
            kept |= _one(places, desired.groups[key], held.get(key, []), lost.get(key), found)
    by_hand = {
        (row.courseid, row.group) for row in actual.members if not row.ours and row.courseid in places.open
    }
    for number in sorted(here):
        row = here[number]
        if number not in kept and actual.is_ours("group", number):
            _leave(places, row, found, night, by_hand=(row.courseid, row.idnumber) in by_hand)
    _remember(places)
    return found


def _remember(places: Places) -> None:
    """Its own that left and were kept, or lie in archives, stay known too: a year change takes none (R7)."""
    marks, known = places.marks["group"], places.memory.marks.get("group", {})
    for number, row in places.actual.groups.items():
        if number not in marks and places.actual.is_ours("group", number):
            marks[number] = known.get(number, row.idnumber)


def _one(
    places: Places, wanted: DesiredGroup, held: list[Group], lost: Group | None, found: Groups
) -> set[int]:
    """The ids of groups that are spoken for."""
    if len(held) > 1:
        places.stay("group", (wanted.course, wanted.idnumber), Still.HELD_TWICE)
        return {row.id for row in held}
    if held:
        _keep_up(places, wanted, held[0], found)
        return {held[0].id}
    if lost is not None:
        _renumber(places, wanted, lost, found)
        return {lost.id}
    _make(places, wanted, found)
    return set()


def _lost(places: Places, here: dict[int, Group]) -> dict[Pair, Group]:
    """Groups of the night whose idnumber somebody changed."""
    found: dict[Pair, Group] = {}
    for number, was in places.memory.marks.get("group", {}).items():
        row = here.get(number)
        if row is None or row.idnumber == was or not places.actual.is_ours("group", number):
            continue
        key = (places.open[row.courseid], was)
        if key in places.desired.groups and (key[0], row.idnumber) not in places.desired.groups:
            found[key] = row
    return found


def _make(places: Places, wanted: DesiredGroup, found: Groups) -> None:
    name = fit_name("group", wanted.name)
    columns = {"course": wanted.course, "idnumber": wanted.idnumber, "name": name}
    rows = (wanted.group, wanted.attachment)
    category = places.category_of[wanted.course]
    places.add(
        Phase.GROUPS, "group_create", columns, Because.WANTED, rows, course=wanted.course, category=category
    )
    found.usable.add((wanted.course, wanted.idnumber))


def _keep_up(places: Places, wanted: DesiredGroup, row: Group, found: Groups) -> None:
    key = (wanted.course, wanted.idnumber)
    if not places.actual.is_ours("group", row.id):
        places.stay("group", key, Still.NOT_ADOPTED, row.name)
        return
    found.usable.add(key)
    places.marks["group"][row.id] = wanted.idnumber
    name = fit_name("group", wanted.name)
    if row.name != name and not places.desired.unknown.has_group_name(*key):
        _update(places, wanted, {"idnumber": wanted.idnumber, "name": name}, Because.CHANGED)


def _renumber(places: Places, wanted: DesiredGroup, row: Group, found: Groups) -> None:
    if not row.idnumber or places.desired.unknown.has_group(wanted.course, row.idnumber):
        places.stay("group", (wanted.course, wanted.idnumber), Still.IDNUMBER_LOST, row.name)
        return
    name = fit_name("group", wanted.name)
    columns = {"idnumber": row.idnumber, "newidnumber": wanted.idnumber, "name": name}
    _update(places, wanted, columns, Because.IDNUMBER_BY_HAND)
    found.usable.add((wanted.course, wanted.idnumber))
    places.marks["group"][row.id] = wanted.idnumber


def _update(places: Places, wanted: DesiredGroup, columns: dict[str, str], because: Because) -> None:
    places.add(
        Phase.GROUPS,
        "group_update",
        {"course": wanted.course, **columns},
        because,
        (wanted.group, wanted.attachment),
        course=wanted.course,
        category=places.category_of[wanted.course],
    )


def _leave(places: Places, row: Group, found: Groups, night: date, *, by_hand: bool) -> None:
    course = places.open[row.courseid]
    key = (course, row.idnumber)
    if not row.idnumber:
        places.stay("group", (course, row.name), Still.IDNUMBER_LOST)
        return
    if places.desired.unknown.has_group(*key):
        places.stay("group", key, Still.UNKNOWN)
        return
    found.leaving.add(key)
    since = places.memory.kept_groups.get(key)
    if by_hand:
        places.stay("group", key, Still.HANGS_ON, "members")
    elif since is not None and (night - since).days < ASK_AGAIN:
        found.kept[key] = since
        places.stay("group", key, Still.HANGS_ON, "moodle")
    else:
        places.add(
            Phase.ARCHIVE,
            "group_delete",
            {"course": course, "idnumber": row.idnumber},
            Because.NO_ROW,
            course=course,
            category=places.category_of[course],
        )
