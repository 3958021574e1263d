"""What to repair after a change of year, or before one (R12, D19): found, placed, with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from passerelle.domain.backups.manifest import Group
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.records import Note
from passerelle.domain.rollover.links import leads_to, new_address
from passerelle.domain.rollover.rollover import made_by_hand
from passerelle.domain.rollover.survey import Place, Restriction, Survey

LISTED = 1_000  # findings in a report; all are counted


class Code(StrEnum):
    STALE_LINK = "stale_link"
    STALE_FILE_LINK = "stale_file_link"  # to a file of the old platform
    HEAVY_FILE = "heavy_file"
    PAST_DATE = "past_date"
    GROUP_MISSING = "group_missing"
    GROUPING_MISSING = "grouping_missing"
    ACTIVITY_MISSING = "activity_missing"  # a restriction to one that did not come along
    PLUGIN_MISSING = "plugin_missing"
    BADGES_LEFT_OUT = "badges_left_out"
    GRADES_LEFT_OUT = "grades_left_out"
    OVERRIDES_LEFT_OUT = "overrides_left_out"  # permissions that the asking teacher could not set (P19)
    H5P_MISSING = "h5p_missing"
    SAID_BY_MOODLE = "said_by_moodle"
    NEEDS_NOBODY = "needs_nobody"  # what Moodle did otherwise, and is well as it is


@dataclass(frozen=True, slots=True)
class Finding:
    code: Code
    place: Place
    what: str = ""  # the address, the file's name, the plugin
    size: int = 0
    when: datetime | None = None
    times: int = 1
    new_address: str = ""
    repair_at: str = ""  # address of the page where it is repaired


@dataclass(frozen=True, slots=True)
class Report:
    FORMAT: ClassVar[int] = 1

    course: str  # full name of the course it speaks of
    course_url: str
    before: bool  # *Vérifier mon cours*: nothing was restored yet
    made_at: datetime
    findings: tuple[Finding, ...]
    counts: dict[str, int] = field(default_factory=dict)
    old_address: str = ""
    media_library: str = ""
    map: tuple[tuple[str, int, int], ...] = ()  # kind, id on the old platform, id here

    @property
    def to_do(self) -> dict[str, int]:
        """Per code, without what needs nobody."""
        return {code: count for code, count in self.counts.items() if code != Code.NEEDS_NOBODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What is known of the target once the archive stands in it; empty before."""

    before: bool
    wwwroot: str  # of the platform that the report sends its reader to
    course: str
    course_url: str
    moved: Mapping[tuple[str, int], int] = field(default_factory=dict)
    year_starts: datetime | None = None  # what lies before it is of a past year
    shift: timedelta = timedelta()  # by which Moodle moved the dates
    exclude: frozenset[LeftOut] = frozenset()
    groups_came: bool = False
    target_groups: frozenset[str] = frozenset()  # idnumbers that the target's groups have
    missing_plugins: tuple[str, ...] = ()
    heavy_from: int = 0  # bytes
    media_library: str = ""
    warnings: tuple[Note, ...] = ()


def judge(survey: Survey, after: Aftermath, now: datetime) -> Report:
    gone = _excluded_modules(survey, after)
    sections_gone = _section_names(survey, after)
    broken = tuple(_restrictions(survey, after, gone))
    found = [
        finding
        for finding in (
            *_links(survey, after),
            *_files(survey, after),
            *_dates(survey, after),
            *broken,
            *_plugins(survey, after),
            *_left_out(survey, after),
            *_warnings(after, broken),
        )
        if finding.place.module_id not in gone
        and not (finding.place.kind == "section" and finding.place.section in sections_gone)
    ]
    counts = Counter(finding.code.value for finding in found)
    if survey.link_count > sum(link.times for link in survey.links):
        counts[Code.STALE_LINK.value] += survey.link_count - sum(link.times for link in survey.links)
    return Report(
        course=after.course,
        course_url=after.course_url,
        before=after.before,
        made_at=now,
        findings=tuple(found[:LISTED]),
        counts=dict(counts),
        old_address=survey.wwwroot,
        media_library=after.media_library,
    )


def _excluded_modules(survey: Survey, after: Aftermath) -> frozenset[int]:
    sections = {one.id for one in after.exclude if one.kind == "section"}
    chosen = {one.id for one in after.exclude if one.kind == "activity"}
    lost = {
        activity.module_id
        for activity in survey.activities
        if f"mod_{activity.plugin}" in after.missing_plugins
    }
    return frozenset(chosen | lost | {a.module_id for a in survey.activities if a.section_id in sections})


def _section_names(survey: Survey, after: Aftermath) -> frozenset[str]:
    ids = {one.id for one in after.exclude if one.kind == "section"}
    return frozenset(one.name or str(one.number) for one in survey.sections if one.id in ids)


def _repair_at(place: Place, after: Aftermath) -> str:
    """Where the thing stands now: the activity's own page, else the course."""
    if place.module and place.module_id:
        number = place.module_id if after.before else after.moved.get(("module", place.module_id), 0)
        if number and place.module != "label":
            return f"{after.wwwroot}/mod/{place.module}/view.php?id={number}"
    return after.course_url


def _links(survey: Survey, after: Aftermath) -> Iterable[Finding]:
    for link in survey.links:
        leads = leads_to(link.url, survey.wwwroot)
        yield Finding(
            Code.STALE_FILE_LINK if leads.kind == "file" else Code.STALE_LINK,
            link.place,
            what=link.url,
            times=link.times,
            new_address="" if after.before else new_address(leads, after.moved, after.wwwroot),
            repair_at=_repair_at(link.place, after),
        )


def _files(survey: Survey, after: Aftermath) -> Iterable[Finding]:
    for file in survey.files:
        if after.heavy_from and file.size >= after.heavy_from:
            yield Finding(
                Code.HEAVY_FILE,
                file.place,
                what=file.name,
                size=file.size,
                repair_at=_repair_at(file.place, after),
            )


def _dates(survey: Survey, after: Aftermath) -> Iterable[Finding]:
    if after.year_starts is None:
        return
    for date in survey.dates:
        when = date.when + after.shift
        if when < after.year_starts:
            yield Finding(Code.PAST_DATE, date.place, when=when, repair_at=_repair_at(date.place, after))


def _restrictions(survey: Survey, after: Aftermath, gone: frozenset[int]) -> Iterable[Finding]:
    groups = {group.id: group for group in survey.groups}
    modules = {activity.module_id: activity for activity in survey.activities}
    left = {one.id for one in after.exclude if one.kind == "group"}
    for one in survey.restrictions:
        if one.kind == "completion":
            if one.id not in modules or one.id in gone:
                activity = modules.get(one.id)
                yield _broken(Code.ACTIVITY_MISSING, one, activity.title if activity else "", after)
        elif one.kind == "grouping":
            if one.id not in survey.groupings or not (after.groups_came or after.before):
                yield _broken(Code.GROUPING_MISSING, one, "", after)
        elif not _has_group(groups.get(one.id), survey.nights_groups, left, after):
            group = groups.get(one.id)
            yield _broken(Code.GROUP_MISSING, one, group.name if group else "", after)


def _has_group(
    group: Group | None, of_the_night: tuple[int, ...] | None, left: set[int], after: Aftermath
) -> bool:
    """Whether year N has what a restriction names: its group of that code, or a hand-made one that came."""
    if group is None:
        return False
    code = group.idnumber.strip()
    if code and code in after.target_groups:
        return True
    if made_by_hand(group, of_the_night):
        return after.before or (after.groups_came and group.id not in left)
    return after.before and not after.target_groups


def _broken(code: Code, restriction: Restriction, what: str, after: Aftermath) -> Finding:
    return Finding(code, restriction.place, what=what, repair_at=_repair_at(restriction.place, after))


def _plugins(survey: Survey, after: Aftermath) -> Iterable[Finding]:
    """A plugin that the target lacks, and how many activities did not come because of it."""
    for plugin in after.missing_plugins:
        times = sum(1 for activity in survey.activities if f"mod_{activity.plugin}" == plugin)
        yield Finding(
            Code.PLUGIN_MISSING, Place("course"), what=plugin, times=max(1, times), repair_at=after.course_url
        )


def _left_out(survey: Survey, after: Aftermath) -> Iterable[Finding]:
    """Moodle leaves badges and grade settings out as soon as one thing is left out."""
    if not any(one.kind in ("section", "activity") for one in after.exclude) and not after.missing_plugins:
        return
    if survey.badges:
        yield Finding(Code.BADGES_LEFT_OUT, Place("course"), times=survey.badges, repair_at=after.course_url)
    if survey.grade_settings:
        yield Finding(Code.GRADES_LEFT_OUT, Place("course"), repair_at=after.course_url)


_TOLD_ABOVE = frozenset({"pluginmissing"})
_OF_GROUPS = {"groupmissing": Code.GROUP_MISSING, "groupingmissing": Code.GROUPING_MISSING}
_SAID = {
    **_OF_GROUPS,
    "overridesleftout": Code.OVERRIDES_LEFT_OUT,
    "h5plibraries": Code.H5P_MISSING,
    "h5pnotshown": Code.H5P_MISSING,
    "questionsmoved": Code.NEEDS_NOBODY,
}


def _warnings(after: Aftermath, told: Iterable[Finding]) -> Iterable[Finding]:
    """What the site said of its restore; of groups, only places that `told` does not name yet."""
    known = [
        name
        for finding in told
        if finding.code in _OF_GROUPS.values()
        for name in (finding.place.activity, finding.place.section)
        if name
    ]
    for warning in after.warnings:
        if warning.code in _TOLD_ABOVE:
            continue
        what = warning.details.get("detail", "") or warning.code
        code = _SAID.get(warning.code, Code.SAID_BY_MOODLE)
        if code in _OF_GROUPS.values() and not _other_places(what, known):
            continue
        yield Finding(code, Place("course"), what=what, repair_at=after.course_url)


def _other_places(sentence: str, known: Iterable[str]) -> bool:
    """The plugin's sentence ends with the names of the places, after a colon."""
    places = sentence.partition(":")[2] or sentence
    for name in sorted(known, key=len, reverse=True):
        places = places.replace(name, "")
    return bool(places.strip(" ,;.\u00a0"))
