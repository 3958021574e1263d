"""A course made from a backup, as if it had always stood here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from passerelle_laptop.twin.archive import read
from passerelle_laptop.twin.installation import Installation
from passerelle_laptop.twin.records import Course, EnrolInstance
from passerelle_laptop.twin.restore import Options, restore_into
from passerelle_laptop.twin.state import numbered


def import_course(site: Installation, path: Path, category: str | int, **columns: Any) -> Course:
    """Names and idnumber as inside, where they are free and `columns` say nothing else."""
    archive = read(path, site.vault)
    source = archive.course()
    with site.lock:
        state, now = site.state, site.now()
        number = state.categoryidnumbers[category] if isinstance(category, str) else category
        given: dict[str, Any] = {
            "shortname": numbered(source.findtext("shortname") or "course", state.shortnames),
            "fullname": source.findtext("fullname") or "",
            "idnumber": source.findtext("idnumber") or "",
            "visible": source.findtext("visible") == "1",
            "newsitems": 0,
        } | columns
        if given["idnumber"] in state.courseidnumbers:
            given["idnumber"] = ""
        course = Course(id=state.sequences.next("course"), category=number, timecreated=now, **given)
        course.contextid = state.sequences.next("context")
        state.put_course(course)
        state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, "manual"))
        installed = site.settings.plugin_names()
        restore_into(
            state, site.vault, archive, course, Options("new"), installed, now, lambda _code, _text: None
        )
        course.restoredfrom, course.restores = None, 0
        return course
