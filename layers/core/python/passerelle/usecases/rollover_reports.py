"""R12's report: the archive's own survey, judged against what the target has become."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from passerelle.domain.compatibility import missing_plugins
from passerelle.domain.links import leads_to
from passerelle.domain.plugin import Job
from passerelle.domain.publishing import Contents, Upload
from passerelle.domain.report import Aftermath, Report, judge, report_from_dict, report_to_dict
from passerelle.domain.rollover import Rollover, left_out
from passerelle.domain.states import RolloverState
from passerelle.domain.survey import Survey, survey_from_dict, survey_to_dict
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.usecases.amending import everything
from passerelle.usecases.publishing import warnings_of
from passerelle.usecases.rollover_messages import course_address

COURSES_LOOKED_UP = 50  # other courses of last year that links lead to


def survey_of(world: World, upload: Upload) -> Survey:
    """Made once per archive: a pass over all of it, minutes for the largest."""
    kept = world.papers.get(upload.survey_key)
    if kept is None:
        survey = world.backups.survey(upload.accepted_key)
        world.papers.put(upload.survey_key, survey_to_dict(survey))
        return survey
    return survey_from_dict(kept)


def write_report(world: World, rollover: Rollover, job: Job | None) -> Report | None:
    """Judges and keeps the report; None where the archive's survey is gone. Safe to repeat."""
    upload = world.records.get(Upload, rollover.upload)
    kept = world.papers.get(upload.survey_key) if upload else None
    if kept is None:
        return None
    survey = survey_from_dict(kept)
    report = judge(survey, _aftermath(world, rollover, survey, job), world.clock.now())
    document = report_to_dict(report)
    if job is not None:
        document["map"] = [[line.kind, line.old, line.new] for line in job.map]
    world.papers.put(rollover.report_key, document)
    return report


def read_report(world: World, rollover: Rollover) -> Report | None:
    kept = world.papers.get(rollover.report_key)
    if kept is None:
        return None
    try:
        return report_from_dict({name: value for name, value in kept.items() if name != "map"})
    except (KeyError, TypeError, ValueError):
        raise GiveUp("paper_unreadable", paper=rollover.report_key) from None


def _aftermath(world: World, rollover: Rollover, survey: Survey, job: Job | None) -> Aftermath:
    here = world.network.sites[rollover.site]
    there = world.network.sites[rollover.previous]
    before = job is None
    target = world.sites.lms(rollover.site) if rollover.site != rollover.previous else None
    lacking: tuple[str, ...] = ()
    if target is not None:
        contents = Contents(
            activities={activity.plugin: 1 for activity in survey.activities}, plugins=survey.plugins
        )
        lacking = missing_plugins(contents, target.get_site())
    groups: frozenset[str] = frozenset()
    if target is not None and rollover.course_id and survey.restrictions:
        groups = frozenset(g.idnumber for g in target.groups(rollover.course_id) if g.idnumber)
    shift = timedelta()
    if not rollover.wish.keep_dates and rollover.target_start and survey.startdate:
        shift = rollover.target_start - survey.startdate
    moved = {} if job is None else {(line.kind, line.old): line.new for line in job.map}
    if job is not None:
        moved |= _elsewhere(world, rollover, survey, moved)
    site, course = (there, rollover.source_id) if before else (here, rollover.course_id)
    return Aftermath(
        before=before,
        wwwroot=site.url,
        course=rollover.source_fullname if before else rollover.fullname or rollover.source_fullname,
        course_url=course_address(world, rollover.previous if before else rollover.site, course),
        moved=moved,
        year_starts=rollover.target_start or survey.startdate,
        shift=shift,
        exclude=frozenset(() if before else left_out(rollover.wish, survey.groups)),
        groups_came=rollover.wish.groups,
        target_groups=groups,
        missing_plugins=lacking,
        heavy_from=here.media_threshold_bytes,
        media_library=here.media_library,
        warnings=() if job is None else warnings_of(job),
    )


def _elsewhere(
    world: World, rollover: Rollover, survey: Survey, moved: dict[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Other courses of last year that links lead to and that were themselves restored, and their modules."""
    found: dict[tuple[str, int], int] = {}
    for course_id in islice(_other_courses(survey, moved), COURSES_LOOKED_UP):
        for other in everything(world.records, Rollover, "source", f"{rollover.previous}#{course_id}"):
            if other.state == RolloverState.DONE and other.site == rollover.site:
                found["course", course_id] = other.course_id
    return found


def _other_courses(survey: Survey, moved: dict[tuple[str, int], int]) -> Iterable[int]:
    seen: set[int] = set()
    for link in survey.links:
        leads = leads_to(link.url, survey.wwwroot)
        if leads.kind == "course" and ("course", leads.id) not in moved and leads.id not in seen:
            seen.add(leads.id)
            yield leads.id
