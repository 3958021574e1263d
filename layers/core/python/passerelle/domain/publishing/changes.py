"""What changed between two versions of a publication, activity by activity (P22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from passerelle.domain.backups.manifest import Activity, Manifest


@dataclass(frozen=True, slots=True)
class Change:
    plugin: str  # Moodle's module name
    title: str  # of the newer version; of one that was removed, as it was


@dataclass(frozen=True, slots=True)
class Changes:
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changes_between(before: Manifest, after: Manifest) -> Changes:
    """In the order of the course. An activity is the same one by its number where both come from one course,
    else by module and title. A quiz whose questions were rewritten in the question bank counts as unchanged.
    """
    one_course = (before.origin.site_hash, before.origin.course_id) == (
        after.origin.site_hash,
        after.origin.course_id,
    )
    old, new = _by_identity(before, by_number=one_course), _by_identity(after, by_number=one_course)
    return Changes(
        added=tuple(_change(activity) for key, activity in new.items() if key not in old),
        removed=tuple(_change(activity) for key, activity in old.items() if key not in new),
        changed=tuple(
            _change(activity) for key, activity in new.items() if key in old and _differ(old[key], activity)
        ),
    )


def _by_identity(manifest: Manifest, *, by_number: bool) -> dict[Hashable, Activity]:
    if by_number:
        return {activity.module_id: activity for activity in manifest.activities}
    times: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[Hashable, Activity] = {}
    for activity in manifest.activities:
        name = (activity.plugin, activity.title)
        found[(*name, times[name])] = activity  # two labels may bear one title
        times[name] += 1
    return found


def _differ(before: Activity, after: Activity) -> bool:
    """Without the content of either, which older releases did not note, only the title tells."""
    known = bool(before.content and after.content)
    return before.title != after.title or (known and before.content != after.content)


def _change(activity: Activity) -> Change:
    return Change(activity.plugin, activity.title)
