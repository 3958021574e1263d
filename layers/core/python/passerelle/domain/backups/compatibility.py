"""Whether a Moodle can take a course (P16): asked before anything moves."""

from __future__ import annotations

import re
from collections.abc import Iterable

from passerelle.domain.moodle.plugin import Plugin, SiteFacts
from passerelle.domain.publishing.publication import Contents
from passerelle.domain.records import Note
from passerelle.domain.sizes import spell_size


def major(release: str) -> tuple[int, int]:
    """`4.5.6 (Build: 20250811)` → (4, 5): Moodle calls the first two numbers its major release."""
    match = re.match(r"\s*(\d+)\.(\d+)", release)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def objections(contents: Contents, facts: SiteFacts, lang: str) -> tuple[Note, ...]:
    """Why this Moodle cannot take the course; empty if it can.

    Only what the site lists is compared: activity modules and blocks. Question types, formats and the
    rest are judged by Moodle's own precheck, whose warnings are kept and whose errors refuse.
    """
    newer = newer_release(contents.moodle_release, facts.release)
    if newer is not None:  # what else a later Moodle has need not be installed here, and cannot be
        return (newer,)
    found: list[Note] = []
    missing = missing_plugins(contents, facts)
    if missing:
        found.append(Note("plugins_missing", {"plugins": ", ".join(missing)}))
    limit = facts.limits.course_maxbytes
    if limit and contents.size > limit:
        sizes = {"size": spell_size(contents.size, lang), "limit": spell_size(limit, lang)}
        found.append(Note("too_large_for_target", sizes))
    return tuple(found)


def newer_release(release: str, target: str) -> Note | None:
    """A Moodle restores what its own major release wrote, or an older one."""
    if major(release) <= major(target):
        return None
    return Note("newer_release", {"release": short_release(release), "target": short_release(target)})


def short_release(release: str) -> str:
    """`4.5.6 (Build: 20250811)` → `4.5`."""
    return "{}.{}".format(*major(release))


def missing_plugins(contents: Contents, facts: SiteFacts) -> tuple[str, ...]:
    have = {_frankenstyle(p.name, "mod") for p in facts.modules}
    have |= {_frankenstyle(p.name, "block") for p in facts.blocks}
    wanted = {p for p in contents.plugins if p.startswith(("mod_", "block_"))}
    wanted |= {f"mod_{name}" for name in contents.activities}
    if not facts.modules:  # a site that lists nothing says nothing
        return ()
    if not facts.blocks:
        wanted = {p for p in wanted if p.startswith("mod_")}
    return tuple(sorted(wanted - have))


def told_facts(release: str, plugins: Iterable[str]) -> SiteFacts:
    """What a site says of itself in a request, to be compared like what it answers."""
    said = tuple(Plugin(name) for name in plugins)
    return SiteFacts(
        release,
        modules=tuple(one for one in said if one.name.startswith("mod_")),
        blocks=tuple(one for one in said if one.name.startswith("block_")),
    )


def _frankenstyle(name: str, kind: str) -> str:
    return name if name.startswith(f"{kind}_") else f"{kind}_{name}"
