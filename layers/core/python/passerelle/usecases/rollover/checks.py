"""Known traps of a change of year, before anything is done: D17, D18 and D20 (D19 is R12's report)."""

from __future__ import annotations

from dataclasses import dataclass

from passerelle.domain.moodle.plugin import CourseState, spell_holds
from passerelle.domain.records import Note
from passerelle.domain.rollover.rollover import differences, others_editing
from passerelle.ports import World
from passerelle.usecases.backups import refresh
from passerelle.usecases.rollover.rights import on_other_site


@dataclass(frozen=True, slots=True)
class TargetFinding:
    check: str  # D17, D18, D20
    note: Note
    who: str = "teacher"  # who repairs it


def found(
    world: World, site: str, target: CourseState, source: CourseState | None, asker: str = ""
) -> tuple[TargetFinding, ...]:
    traps = [TargetFinding("D17", note) for note in of_target(target, asker)]
    if source is None:
        return tuple(traps)
    previous = world.network.sites[site].previous
    traps += [TargetFinding("D18", note) for note in of_backup(world, previous, target, source)]
    traps += [TargetFinding("D20", note) for note in of_teachers(world, site, previous, target, source)]
    return tuple(traps)


def of_target(target: CourseState, asker: str) -> list[Note]:
    """D17: not empty, already restored, or with other active teachers."""
    notes = []
    if not target.empty:
        notes.append(Note("D17_not_empty", {"holds": spell_holds(target.holds)}))
    if target.restoredfrom:
        notes.append(Note("D17_restored", {"origin": target.restoredfrom}))
    others = others_editing(target, asker)
    if others:
        notes.append(Note("D17_teachers", {"count": str(len(others))}))
    return notes


def of_backup(world: World, previous: str, target: CourseState, source: CourseState) -> list[Note]:
    """D18: older than the course's last change, of another code, or FOAD against not FOAD."""
    notes = list(differences(target.idnumber, source.idnumber))
    if refresh.newest(world, previous, source) is None:
        notes.append(Note("D18_older" if refresh.backed_up(world, previous, source) else "D18_none"))
    return notes


def of_teachers(
    world: World, site: str, previous: str, target: CourseState, source: CourseState
) -> list[Note]:
    """D20: enrolled as a teacher in year N but not in N-1, or the reverse."""
    year = world.network.sites[previous].year
    now = {name.lower() for name in (*target.editingteachers, *target.teachers)}
    before = {name.lower() for name in (*source.editingteachers, *source.teachers)}
    there = on_other_site(world, site, previous, sorted(now))
    came_from = {user.username.lower() for user in there.values()}
    notes = []
    new = sum(1 for name in now if name not in there or there[name].username.lower() not in before)
    if new:
        notes.append(Note("D20_not_before", {"count": str(new), "year": year}))
    gone = len(before - came_from)
    if gone:
        notes.append(Note("D20_not_now", {"count": str(gone), "year": year}))
    return notes
