"""How much an archive may ask of whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
OVERLAP = 2048  # characters that two parts of a text too long to be held have in common


@dataclass(frozen=True, slots=True)
class Limits:
    """All sizes in bytes. The defaults let through whatever Moodle makes of a real course."""

    archive: int = 20 * GIB
    unpacked: int = 80 * GIB
    # Deflate can shrink a thousandfold, a course does not: its XML shrinks about fifteen times.
    ratio: int = 100
    ratio_floor: int = 64 * MIB  # what unpacks to less harms nobody, whatever its ratio
    members: int = 200_000
    xml_member: int = 2 * GIB
    xml_total: int = 4 * GIB  # a gigabyte of it takes two minutes to read
    xml_depth: int = 100
    xml_token: int = 8 * MIB  # one tag, comment or scrubbed value that must be held whole
    gzip_members: int = 1_000
    index: int = 64 * MIB
    # What is kept of all that is read until the verdict: contents, sections, activities, groups, plugins.
    # Two hundred thousand files need half of it.
    kept: int = 64 * MIB
