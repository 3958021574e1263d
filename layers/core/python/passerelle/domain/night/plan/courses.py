"""Courses: made hidden, named, moved, archived under `ex_`, and brought back (N2, N3, N5, N6, N9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count

from passerelle.domain.night.plan.actual import Course
from passerelle.domain.night.plan.builder import Places
from passerelle.domain.night.plan.plan import Because, Phase, Still, Value
from passerelle.domain.offer.desired import DesiredCourse
from passerelle.domain.offer.model import Row

EX = "ex_"
LONGEST = {"idnumber": 100, "shortname": 255, "fullname": 254}  # characters in Moodle's course table
_TAGS = re.compile(r"\A\s*(?:<[^>]*>\s*)*")
_ARCHIVED = re.compile(r"ex_(?P<code>.+?)(?:_(?P<number>[2-9]|[1-9]\d+))?")
BRING_BACK, MAKE = 0, 1  # waves: a name that an update frees may be given to a new course


def plan_courses(places: Places) -> None:
    planner = _Courses(places)
    for idnumber in sorted(places.desired.courses):
        planner.one(places.desired.courses[idnumber])
    planner.archive_the_rest()


@dataclass(slots=True)
class _Courses:
    places: Places
    ids: dict[str, tuple[int, ...]] = field(default_factory=dict)
    shortnames: set[str] = field(default_factory=set)  # taken
    archived: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        actual, desired = self.places.actual, self.places.desired
        self.ids = dict(actual.by_idnumber("course"))
        self.shortnames = {row.shortname for row in actual.courses.values()}
        self.places.category_after = {row.id: row.category for row in actual.courses.values()}
        self.archived = self._archived()
        self.lost = self.places.renumbered(
            "course",
            {row.id: row.idnumber for row in actual.courses.values()},
            frozenset(desired.courses),
        )

    def _archived(self) -> dict[str, tuple[int, ...]]:
        """Of the desired courses that are not there: which of the night's archives bear their code."""
        desired, actual = self.places.desired.courses, self.places.actual
        found: dict[str, list[tuple[int, int]]] = {}
        for number in actual.owned.get("course", {}):
            row = actual.courses.get(number)
            if row is None or not row.idnumber.startswith(EX) or row.idnumber in desired:
                continue
            for code, place in _codes_of(row.idnumber):
                if code in desired and code not in self.ids:
                    found.setdefault(code, []).append((place, number))
                    break
        return {code: tuple(number for _, number in sorted(held)) for code, held in found.items()}

    # -- one desired course ---------------------------------------------------------------------------

    def one(self, wanted: DesiredCourse) -> None:
        places, idnumber = self.places, wanted.idnumber
        held = self.ids.get(idnumber, ())
        if len(held) > 1:
            places.stay("course", (idnumber,), Still.HELD_TWICE)
            self.kept |= set(held)
        elif held:
            self._keep_up(wanted, places.actual.courses[held[0]])
        elif idnumber in self.archived:
            # Of several archives of one code the newest is the one people last worked in.
            number = self.archived[idnumber][-1]
            self._renumber(wanted, places.actual.courses[number], Because.CAME_BACK)
        elif idnumber in self.lost:
            self._renumber(wanted, places.actual.courses[self.lost[idnumber]], Because.IDNUMBER_BY_HAND)
        else:
            self._make(wanted)

    def _rows(self, wanted: DesiredCourse) -> tuple[Row, ...]:
        return (self.places.desired.structure.elements[wanted.element],)

    def _make(self, wanted: DesiredCourse) -> None:
        places, idnumber = self.places, wanted.idnumber
        if wanted.category not in places.there:
            places.stay("course", (idnumber,), Still.WAITS, wanted.category)
            return
        if wanted.shortname in self.shortnames:
            places.stay("course", (idnumber,), Still.NAME_TAKEN, wanted.shortname)
            return
        self.shortnames.add(wanted.shortname)
        columns: dict[str, Value] = {
            "idnumber": idnumber,
            "shortname": wanted.shortname,
            "fullname": wanted.fullname[: LONGEST["fullname"]],
            "category": wanted.category,
        }
        if wanted.description:
            columns["summary"] = wanted.description
        if wanted.startdate is not None:
            begins = datetime.combine(wanted.startdate, datetime.min.time(), places.rules.zone)
            columns["startdate"] = int(begins.timestamp())
        places.add(
            Phase.COURSES,
            "course_create",
            columns,
            Because.WANTED,
            self._rows(wanted),
            course=idnumber,
            category=wanted.category,
            wave=MAKE,
        )
        places.new.add(idnumber)
        places.category_of[idnumber] = wanted.category

    def _keep_up(self, wanted: DesiredCourse, found: Course) -> None:
        self.kept.add(found.id)
        if not self.places.actual.is_ours("course", found.id):
            self.places.stay("course", (wanted.idnumber,), Still.NOT_ADOPTED, found.fullname)
            return
        changed = self._differing(wanted, found)
        if changed:
            self._update(wanted, found, {"idnumber": wanted.idnumber, **changed}, Because.CHANGED)
        self._open(wanted, found)

    def _renumber(self, wanted: DesiredCourse, found: Course, because: Because) -> None:
        self.kept.add(found.id)
        if not found.idnumber or self.places.desired.unknown.has_course(found.idnumber):
            self.places.stay("course", (wanted.idnumber,), Still.IDNUMBER_LOST, found.fullname)
            return
        key: dict[str, Value] = {"idnumber": found.idnumber, "newidnumber": wanted.idnumber}
        self._update(wanted, found, key | self._differing(wanted, found), because)
        self._open(wanted, found)

    def _differing(self, wanted: DesiredCourse, found: Course) -> dict[str, Value]:
        changed: dict[str, Value] = {}
        if wanted.shortname != found.shortname:
            if wanted.shortname in self.shortnames:
                self.places.stay("course", (wanted.idnumber,), Still.NAME_TAKEN, wanted.shortname)
            else:
                self.shortnames.add(wanted.shortname)
                changed["shortname"] = wanted.shortname
        fullname = wanted.fullname[: LONGEST["fullname"]]
        if fullname != found.fullname:
            changed["fullname"] = fullname
        if wanted.category != found.category:
            if wanted.category in self.places.there:
                changed["category"] = wanted.category
                self.places.category_after[found.id] = wanted.category
            else:
                self.places.stay("course", (wanted.idnumber,), Still.WAITS, wanted.category)
        if wanted.description and not _begins(found.summary, wanted.description):
            changed["summary"] = f"{wanted.description} {found.summary}".strip()
        return changed

    def _update(
        self, wanted: DesiredCourse, found: Course, columns: Mapping[str, Value], because: Because
    ) -> None:
        self.places.add(
            Phase.COURSES,
            "course_update",
            columns,
            because,
            self._rows(wanted),
            course=found.idnumber,
            category=found.category,
            wave=BRING_BACK,
        )

    def _open(self, wanted: DesiredCourse, found: Course) -> None:
        self.places.open[found.id] = wanted.idnumber
        self.places.category_of[wanted.idnumber] = found.category
        self.places.marks["course"][found.id] = wanted.idnumber

    # -- what left the offer --------------------------------------------------------------------------

    def archive_the_rest(self) -> None:
        places = self.places
        for number in sorted(places.actual.owned.get("course", {})):
            found = places.actual.courses.get(number)
            if found is None or number in self.kept or found.idnumber.startswith(EX):
                continue
            if not found.idnumber:
                places.stay("course", (found.shortname,), Still.IDNUMBER_LOST)
            elif len(self.ids[found.idnumber]) > 1:
                places.stay("course", (found.idnumber,), Still.HELD_TWICE)
            elif places.desired.unknown.has_course(found.idnumber):
                places.stay("course", (found.idnumber,), Still.UNKNOWN)
            else:
                self._archive(found)

    def _archive(self, found: Course) -> None:
        places = self.places
        columns: dict[str, Value] = {"idnumber": found.idnumber}
        for end in chain([""], (f"_{number}" for number in count(2))):
            idnumber = _ex(found.idnumber, end, "idnumber")
            shortname = _ex(found.shortname, end, "shortname")
            if idnumber not in self.ids and shortname not in self.shortnames:
                break
        columns |= {
            "newidnumber": idnumber,
            "shortname": shortname,
            "fullname": _ex(found.fullname, end, "fullname"),
        }
        self.ids[idnumber] = (found.id,)
        self.shortnames.add(shortname)
        archive = places.rules.archive_category
        if archive and archive in places.there and archive != found.category:
            columns["category"] = archive
            places.category_after[found.id] = archive
        places.add(
            Phase.ARCHIVE,
            "course_update",
            columns,
            Because.LEFT_OFFER,
            course=found.idnumber,
            category=found.category,
        )


def _ex(name: str, end: str, column: str) -> str:
    return f"{EX}{name[: LONGEST[column] - len(EX) - len(end)]}{end}"


def _codes_of(idnumber: str) -> list[tuple[str, int]]:
    """What an archive's idnumber may stand for, the likeliest first, and its number among archives."""
    name = idnumber.removeprefix(EX)
    found = [(name, 1)]
    match = _ARCHIVED.fullmatch(idnumber)
    if match and match["number"]:
        found.append((match["code"], int(match["number"])))
    return found


def _begins(summary: str, words: str) -> bool:
    """Whether the text of a description begins so; Moodle's editor puts tags around it."""
    return _TAGS.sub("", summary).startswith(words)
