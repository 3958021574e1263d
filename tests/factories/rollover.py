"""Valid by default, for the change of year: `bleu` held 24/25, `vert` holds 25/26."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from passerelle.domain.backups.manifest import Activity, Section
from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.network import Network
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.rollover.survey import Place, StaleLink, Survey
from tests.factories.records import NOW, a_network, a_person, a_site

OLD = "https://bleu.example"
NEW = "https://vert.example"
LAST_YEAR = datetime(2025, 9, 1, tzinfo=UTC)
THIS_YEAR = datetime(2026, 9, 1, tzinfo=UTC)


def a_two_year_network(**changes: Any) -> Network:
    """Changes of a site go through `vert__parallel_restores=1`."""
    mine = {name: changes.pop(name) for name in list(changes) if name.startswith(("vert__", "bleu__"))}
    sites = dict(a_network().sites)
    for name, own in (
        ("bleu", {"year": "24/25", "administrators": ("root",)}),
        ("vert", {"year": "25/26", "previous": "bleu", "administrators": ("root",)}),
    ):
        asked = {key.removeprefix(f"{name}__"): v for key, v in mine.items() if key.startswith(f"{name}__")}
        sites[name] = a_site(name, **{**own, **asked})
    return a_network(sites=sites, **changes)


def a_place(**changes: Any) -> Place:
    whole: dict[str, Any] = {
        "kind": "activity",
        "section": "Atomes",
        "activity": "Bohr",
        "module": "page",
        "module_id": 11,
        "field": "content",
    }
    return Place(**whole | changes)


def a_survey(**changes: Any) -> Survey:
    """Of caen's chemistry as `bleu` held it: course 100, page 11, one link to another course."""
    whole: dict[str, Any] = {
        "wwwroot": OLD,
        "course_id": 100,
        "startdate": LAST_YEAR,
        "sections": (Section(1, 0, "Atomes"), Section(2, 1, "Liaisons")),
        "activities": (
            Activity(11, 1, "page", "Bohr"),
            Activity(12, 2, "page", "Lewis"),
            Activity(13, 2, "quiz", "Quiz 1"),
        ),
        "links": (StaleLink(a_place(), f"{OLD}/course/view.php?id=77"),),
        "link_count": 1,
        "plugins": ("mod_page", "mod_quiz"),
    }
    return Survey(**whole | changes)


def a_course_state(**changes: Any) -> CourseState:
    whole: dict[str, Any] = {"exists": True, "courseid": 100, "idnumber": "CHIM1", "empty": True}
    return CourseState(**whole | changes)


def a_rollover(id: str = "rollover1", **changes: Any) -> Rollover:  # noqa: A002 (the field's own name)
    """Requested by a teacher of `vert`, of `bleu`'s course 100 into their own 100."""
    whole: dict[str, Any] = {
        "id": id,
        "site": "vert",
        "previous": "bleu",
        "person": a_person("ada"),
        "course_id": 100,
        "idnumber": "CHIM1",
        "fullname": "Chimie",
        "source_id": 100,
        "source_idnumber": "CHIM1",
        "source_fullname": "Chimie",
        "requested_at": NOW,
    }
    return Rollover(**whole | changes)
