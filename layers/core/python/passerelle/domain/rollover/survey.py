"""What an archive holds that a change of year breaks (R12): places, never verdicts.

`passerelle.mbz.survey` fills it from one pass over the archive's XML; `domain.rollover.report` judges it,
before a restore or after one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from passerelle.domain.backups.manifest import Activity, Group, Section

PlaceKind = Literal["course", "section", "activity", "block", "question", "file", "badge", "other"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `part` names a chapter, a post or a question inside an activity."""

    kind: PlaceKind
    section: str = ""  # its name, or its number
    activity: str = ""  # its title
    module: str = ""  # Moodle's module name
    module_id: int = 0  # on the origin
    part: str = ""
    field: str = ""  # Moodle's own name of the element: summary, intro, content …


@dataclass(frozen=True, slots=True)
class StaleLink:
    """An address of the old platform: typed, or one that Moodle writes back for want of its target."""

    place: Place
    url: str
    times: int = 1
    encoded: bool = False


@dataclass(frozen=True, slots=True)
class HeavyFile:
    place: Place
    name: str
    size: int
    mimetype: str = ""


@dataclass(frozen=True, slots=True)
class DateFound:
    place: Place
    when: datetime


@dataclass(frozen=True, slots=True)
class Restriction:
    """One condition of an availability: `group`, `grouping`, `completion` (a module), by its id there."""

    place: Place
    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Survey:
    FORMAT: ClassVar[int] = 1

    wwwroot: str
    course_id: int
    startdate: datetime | None = None
    sections: tuple[Section, ...] = ()
    activities: tuple[Activity, ...] = ()
    groups: tuple[Group, ...] = ()
    groupings: tuple[int, ...] = ()
    nights_groups: tuple[int, ...] | None = None  # of `groups`: the night's own; None: nobody knows
    links: tuple[StaleLink, ...] = ()
    link_count: int = 0  # more than are listed, where an archive is full of them
    files: tuple[HeavyFile, ...] = ()  # the largest, with where they are used
    dates: tuple[DateFound, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    badges: int = 0
    grade_settings: bool = False  # categories or items of the gradebook that a person made
    plugins: tuple[str, ...] = ()
