"""Moodle backups (.mbz), read, proved and scrubbed as streams."""

from passerelle.mbz.facts import major_release
from passerelle.mbz.inspecting import inspect
from passerelle.mbz.limits import Limits
from passerelle.mbz.people import BadPeople, People
from passerelle.mbz.scrubbing import ScrubReport, scrub
from passerelle.mbz.sources import BytesSource, CannotRead, FileSource, Source

__all__ = [
    "BadPeople",
    "BytesSource",
    "CannotRead",
    "FileSource",
    "Limits",
    "People",
    "ScrubReport",
    "Source",
    "inspect",
    "major_release",
    "scrub",
]
