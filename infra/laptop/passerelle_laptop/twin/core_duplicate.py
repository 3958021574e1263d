"""`core_course_duplicate_course`: a backup without people, restored beside its source."""

from __future__ import annotations

from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import invalid_parameter, moodle
from passerelle_laptop.twin.importing import import_course


def duplicate_course(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    state, site = asked.state, asked.site
    source = state.courses.get(params["courseid"])
    if source is None or params["categoryid"] not in state.categories:
        raise invalid_parameter()
    if params["shortname"] in state.shortnames:
        raise moodle("shortnametaken", "Short name is already used for another course")
    if params.get("options") and not site.settings.backs_people_up:
        # Fixed for whoever may not back people up; Moodle refuses even to be told the same.
        raise moodle("setting_locked_by_permission", "Setting is locked by permission")
    archive = site.workfile(f"duplicate:{source.id}:{params['shortname']}")
    site.write_mbz(source, archive)
    try:
        made = import_course(
            site,
            archive,
            params["categoryid"],
            shortname=params["shortname"],
            fullname=params["fullname"],
            idnumber="",
            visible=bool(params["visible"]),
        )
    finally:
        archive.unlink(missing_ok=True)
    return {"id": made.id, "shortname": made.shortname}


FUNCTIONS: dict[str, Handler] = {"core_course_duplicate_course": duplicate_course}
