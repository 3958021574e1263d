"""Moodle backups (.mbz), read, proved and scrubbed as streams."""

from passerelle.mbz.facts import major_release
from passerelle.mbz.inspecting import inspect
from passerelle.mbz.limits import Limits
from passerelle.mbz.manifest_json import (
    inspection_from_dict,
    inspection_to_dict,
    manifest_from_dict,
    manifest_to_dict,
)
from passerelle.mbz.scrubbing import ScrubReport, scrub
from passerelle.mbz.sources import BytesSource, CannotRead, FileSource, Source

__all__ = [
    "BytesSource",
    "CannotRead",
    "FileSource",
    "Limits",
    "ScrubReport",
    "Source",
    "inspect",
    "inspection_from_dict",
    "inspection_to_dict",
    "major_release",
    "manifest_from_dict",
    "manifest_to_dict",
    "scrub",
]
