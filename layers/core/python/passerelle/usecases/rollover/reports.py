"""R12's report: the archive's own survey, judged against what the target has become."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from passerelle.domain.backups.compatibility import missing_plugins
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import Job
from passerelle.domain.publishing.publication import Contents
from passerelle.domain.rollover.links import Leads, leads_to, new_address
from passerelle.domain.rollover.report import Aftermath, Code, Report, judge
from passerelle.domain.rollover.rollover import Rollover, Whereabouts, left_out, whereabouts_id
from passerelle.domain.rollover.survey import Survey
from passerelle.domain.states import RolloverState
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added, if_readable, list_all
from passerelle.usecases.moodle_jobs import warnings_of
from passerelle.usecases.rollover.messages import course_address

LOOKED_UP = 200  # courses, sections and activities elsewhere that the links of one course lead to


def survey_of(world: World, upload: Upload) -> Survey:
    """Made once per archive: a pass over all of it, minutes for the largest."""
    survey = survey_at_hand(world, upload)
    if survey is None:
        survey = world.backups.survey(upload.accepted_key)
        survey = replace(survey, nights_groups=_of_the_night(world, upload.site, survey))
        world.papers.keep(upload.survey_key, survey)
    return survey


def _of_the_night(world: World, site: str, survey: Survey) -> tuple[int, ...] | None:
    """Which groups of the archive the night of that year had made or adopted, by its own memory."""
    # Here and not above: `settle_job`, which only writes reports, starts without all of the night's rules.
    from passerelle.usecases.night import documents

    marked = documents.load_memory(world.papers, site).marks.get("group")
    return tuple(group.id for group in survey.groups if group.id in marked) if marked else None


def survey_at_hand(world: World, upload: Upload) -> Survey | None:
    return world.papers.load(Survey, upload.survey_key)


def write_report(world: World, rollover: Rollover, job: Job | None) -> Report | None:
    """Judges and keeps the report; None where the archive's survey is gone. Safe to repeat."""
    upload = if_readable(world.records, Upload, rollover.upload)
    survey = survey_at_hand(world, upload) if upload else None
    if survey is None:
        return None
    report = judge(survey, _aftermath(world, rollover, survey, job), world.clock.now())
    if job is not None:
        report = replace(report, map=tuple((line.kind, line.old, line.new) for line in job.map))
        _note_whereabouts(world, rollover, job)
    world.papers.keep(rollover.report_key, report)
    return report


def _note_whereabouts(world: World, rollover: Rollover, job: Job) -> None:
    """For the links of other courses that lead here. Safe to repeat."""
    pages: dict[str, dict[str, tuple[str, int]]] = {}
    for line in job.map:
        if line.kind in ("section", "module"):
            page = whereabouts_id(rollover.previous, rollover.site, line.kind, line.old)
            pages.setdefault(page, {})[str(line.old)] = (rollover.id, line.new)
    now = world.clock.now()
    for page, moved in pages.items():
        found_or_added(world.records, Whereabouts(id=page, at=now))

        def decide(before: Whereabouts, moved: dict[str, tuple[str, int]] = moved) -> Whereabouts:
            whole = before.moved | moved
            return before if whole == before.moved else replace(before, at=now, moved=whole)

        amend(world.records, Whereabouts, page, decide)


def read_report(world: World, rollover: Rollover) -> Report | None:
    """With the new addresses of what was taken over since it was written."""
    report = world.papers.load(Report, rollover.report_key)
    if report is None:
        return None
    return report if report.before else _completed(world, rollover, report)


def _completed(world: World, rollover: Rollover, report: Report) -> Report:
    open_links = {
        finding.what: leads_to(finding.what, report.old_address)
        for finding in report.findings
        if finding.code == Code.STALE_LINK and not finding.new_address
    }
    moved = _elsewhere(world, rollover, open_links.values())
    if not moved:
        return report
    here = world.network.sites[rollover.site].url
    new = {what: new_address(leads, moved, here) for what, leads in open_links.items()}
    return replace(
        report,
        findings=tuple(
            finding if finding.new_address else replace(finding, new_address=new.get(finding.what, ""))
            for finding in report.findings
        ),
    )


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
        leads = (leads_to(link.url, survey.wwwroot) for link in survey.links)
        moved = _elsewhere(world, rollover, (one for one in leads if (one.kind, one.id) not in moved)) | moved
    site, course = (there, rollover.source_id) if before else (here, rollover.course_id)
    return Aftermath(
        before=before,
        wwwroot=site.url,
        course=rollover.source_fullname if before else rollover.fullname or rollover.source_fullname,
        course_url=course_address(world, rollover.previous if before else rollover.site, course),
        moved=moved,
        year_starts=rollover.target_start or survey.startdate,
        shift=shift,
        exclude=frozenset(() if before else left_out(rollover.wish, survey.groups, survey.nights_groups)),
        groups_came=rollover.wish.groups,
        target_groups=groups,
        missing_plugins=lacking,
        heavy_from=here.media_threshold_bytes,
        media_library=here.media_library,
        warnings=() if job is None else warnings_of(job),
    )


def _elsewhere(world: World, rollover: Rollover, leads: Iterable[Leads]) -> dict[tuple[str, int], int]:
    """Where the courses, sections and modules of last year that links lead to stand now.

    Only what another rollover brought to this site, and was not undone since.
    """
    wanted = dict.fromkeys((one.kind, one.id) for one in leads if one.kind in ("course", "section", "module"))
    pages: dict[str, Whereabouts | None] = {}
    alive: dict[str, bool] = {}
    found: dict[tuple[str, int], int] = {}
    for kind, number in islice(wanted, LOOKED_UP):
        if kind == "course":
            for other in list_all(world.records, Rollover, "source", f"{rollover.previous}#{number}"):
                if other.state == RolloverState.DONE and other.site == rollover.site:
                    found[kind, number] = other.course_id
            continue
        key = whereabouts_id(rollover.previous, rollover.site, kind, number)
        if key not in pages:
            pages[key] = world.records.get(Whereabouts, key)
        page = pages[key]
        by, here = page.moved.get(str(number), ("", 0)) if page else ("", 0)
        if by and by not in alive:
            brought = world.records.get(Rollover, by)
            # One that is about to be done is noted first.
            alive[by] = brought is not None and brought.state in (RolloverState.RESTORING, RolloverState.DONE)
        if by and alive[by]:
            found[kind, number] = here
    return found
