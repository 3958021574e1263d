"""The report of a night: made from its sources, its plans and Moodle, and kept as files people open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from passerelle.domain.moodle.plugin import message_to_each
from passerelle.domain.night.checks.in_moodle import (
    RECENT,
    Earlier,
    Sight,
    courses_to_look_into,
    find_in_moodle,
    find_in_runs,
)
from passerelle.domain.night.plan.actual import Actual, read_actual
from passerelle.domain.night.plan.plan import (
    Because,
    Hold,
    Operation,
    Phase,
    Plan,
    Stays,
    Still,
    Verdict,
    operation,
)
from passerelle.domain.night.plan.run import WHOLE, NightDesk, Run
from passerelle.domain.night.policy import NightRules
from passerelle.domain.night.report.report import Ingredients, NightReport, compose
from passerelle.domain.offer.build import build_desired, build_offer
from passerelle.domain.offer.causes import in_order
from passerelle.domain.offer.diagnosis import find_in_sources, look_at
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from passerelle.errors import GiveUp, NotFound, PasserelleError, Refused
from passerelle.pages.night_report import as_csv, as_page, csv_name, subject_of, summary_of
from passerelle.ports import World
from passerelle.usecases.night.apply import failures_of
from passerelle.usecases.night.desk import runs_of
from passerelle.usecases.night.documents import ROOT, load_heading, load_lines
from passerelle.usecases.night.plan_stage import PAGE, rules_of, tonight
from passerelle.words.night_report import as_document
from passerelle.words.sentences import say

LANGUAGES = ("fr", "en")


def report_key(site: str, night: date, file: str) -> str:
    return f"{ROOT}/{site}/{night.isoformat()}/report/{file}"


def make_report(
    world: World,
    site: str,
    night: date,
    *,
    extracts: Extracts | None = None,
    actual: Actual | None = None,
) -> NightReport:
    """Reads the night's sources and Moodle, unless given as they were read. Writes nothing.

    Raises NotFound `site_unknown`, Refused `no_night` and `night_to_come`, TryAgain where something is away.
    """
    rules = rules_of(world, site)
    now = world.clock.now()
    if night > tonight(rules, now):
        raise Refused("night_to_come", night=night)
    lms = world.sites.lms(site)
    extracts = extracts or world.sources.recall(site, night)
    actual = actual or read_actual(lambda table: lms.export(table, PAGE))
    logins = {row.code: row.username for row in extracts.people if row.username}
    with_account = actual.codes_with_account(logins)
    desired = build_desired(extracts, rules.naming, with_account)
    runs = runs_of(world, site)
    files = dict(extracts.files)
    earlier = _earlier(world, rules, site, night, runs)
    archived = _archived_on(world, runs, night)
    sight = Sight(desired, actual, night, rules.naming, earlier=earlier, archived_on=archived, files=files)
    states = lms.get_course_states_by_idnumber(courses_to_look_into(sight))
    sight = replace(sight, states=states)
    plan = _planned(world, runs, site, night)
    look = look_at(extracts, build_offer(extracts, rules.naming), with_account)
    findings = [
        *find_in_sources(look),
        *find_in_moodle(sight, plan),
        *find_in_runs(runs, night, now, rules.zone),
    ]
    desk = world.records.get(NightDesk, site)
    return compose(
        Ingredients(
            site=site,
            title=world.network.sites[site].title,
            night=night,
            made_at=now,
            extracts=extracts,
            desired=desired,
            findings=in_order(findings),
            runs=tuple(runs),
            good_rows=_good_rows(desk),
            pages=_pages(world.network.sites[site].url, actual),
            failures=tuple(_failures(world, runs, night)),
        )
    )


def _pages(address: str, actual: Actual) -> dict[str, str]:
    return {
        course.idnumber: f"{address}/course/view.php?id={course.id}"
        for course in actual.courses.values()
        if course.idnumber
    }


def files_of(report: NightReport, rules: NightRules) -> Iterator[tuple[str, str, str]]:
    """Name, type and text of each file: pages in both languages, and a CSV for each faculty."""
    for lang in LANGUAGES:
        yield f"{lang}.html", "text/html; charset=utf-8", as_page(report, lang, rules.zone)
        for faculty in report.by_faculty():
            yield f"{lang}/{csv_name(faculty)}", "text/csv; charset=utf-8", as_csv(report, faculty, lang)


def write_report(world: World, site: str, night: date) -> NightReport:
    """Made and kept in the state bucket; made again it takes the place of the former."""
    report = make_report(world, site, night)
    for name, kind, text in files_of(report, rules_of(world, site)):
        world.papers.put_text(report_key(site, night, name), text, kind)
    world.papers.put(report_key(site, night, "report.json"), as_document(report))
    return report


def report_nights(world: World) -> int:
    """Every site's report of this morning's night; how many are made and told.

    One site that is away, or lets nobody in, does not stop the others: its error is raised once they are
    done. The next try goes on with those that are missing: a network may have more of them than one function
    has time for (infra/docs/network.md).
    """
    made, missed = 0, None
    for name, site in world.network.sites.items():
        if site.night is None:
            continue
        night = tonight(site.night, world.clock.now())
        told = report_key(name, night, "told.json")
        try:
            if world.papers.get(told) is None:
                report = write_report(world, name, night)
                _tell(world, name, site.night, report, site.language)
                world.papers.put(told, {"at": world.clock.now().isoformat()})
            made += 1
        except PasserelleError as error:
            missed = missed or error
    if missed is not None:
        raise missed
    return made


def _tell(world: World, site: str, rules: NightRules, report: NightReport, lang: str) -> None:
    """Through Moodle, which mails as each person chose."""
    if not rules.report_to:
        return
    values = {"subject": subject_of(report, lang), "text": summary_of(report, lang)}
    values["text"] += f"\n\n{_where(site, rules, report.night, lang)}"
    key = f"night:{site}:{report.night.isoformat()}"
    world.sites.lms(site).notify(message_to_each(rules.report_to, key, lang, values))


def _where(site: str, rules: NightRules, night: date, lang: str) -> str:
    """Signed addresses die within the hour, and a mail is read later: the link is the university's own."""
    link = rules.link_to_report(site, night, "fr" if lang.startswith("fr") else "en")
    code = "night_report_link" if link else "night_report_command"
    return say(code, lang, link=link, site=site, night=night.isoformat())


def load_report(world: World, site: str, night: date) -> Mapping[str, Any]:
    """The JSON of a night. Raises NotFound `report_unknown`."""
    found = world.papers.get(report_key(site, night, "report.json"))
    if found is None:
        raise NotFound("report_unknown", site=site, night=night.isoformat())
    return found


def _good_rows(desk: NightDesk | None) -> dict[str, int]:
    """By file; of several stages that read one, the latest said stands."""
    return {key.partition("/")[2]: rows for key, rows in (desk.good_rows if desk else {}).items()}


def _earlier(world: World, rules: NightRules, site: str, night: date, runs: Iterable[Run]) -> Earlier:
    """What the last night whose offer was done had read; nothing where it cannot be read any more."""
    done = [
        run.night
        for run in runs
        if run.night < night.isoformat() and run.stage in (Stage.OFFER, WHOLE) and run.state is RunState.DONE
    ]
    before = date.fromisoformat(max(done)) if done else night - timedelta(days=1)
    try:
        extracts = world.sources.read(site, before, Stage.OFFER)
    except GiveUp:
        return Earlier()
    offer = build_offer(extracts, rules.naming)
    return Earlier(
        {code: row.carrier for code, row in offer.structure.elements.items() if row.carrier},
        {
            row.idnumber: row.fullname
            for row in (*offer.courses.ordinary.values(), *offer.courses.foad.values())
        },
    )


def _archived_on(world: World, runs: Iterable[Run], night: date) -> dict[str, date]:
    """Archived idnumber → the night that archived it: archiving a course is itself a change of it (D9)."""
    found: dict[str, date] = {}
    since = (night - RECENT).isoformat()
    for run in sorted(runs, key=lambda one: one.night):
        if since <= run.night <= night.isoformat() and run.counts.get("course_archive") and run.folder:
            # Released later, it was done later than its night.
            done = max(date.fromisoformat(run.night), (run.finished_at or run.heard_at).date())
            for line in load_lines(world.papers, run):
                if line["op"] == "course_update" and line["phase"] == Phase.ARCHIVE.word:
                    found[str(line["newidnumber"])] = done
    return found


def _failures(world: World, runs: Iterable[Run], night: date) -> Iterator[Mapping[str, Any]]:
    for run in runs:
        if run.night == night.isoformat() and run.failed and run.folder:
            yield from failures_of(world, run)


def _planned(world: World, runs: Iterable[Run], site: str, night: date) -> Plan:
    """As much of the night's plans as the checks need: what stood still, holds, renamings."""
    stays: dict[Stays, None] = {}
    holds: dict[Hold, None] = {}
    renamings: list[Operation] = []
    for run in runs:
        if run.night != night.isoformat() or not run.folder or run.adoption:
            continue
        heading = load_heading(world.papers, run)
        for kind, key, because, what in heading["stays"]:
            stays[Stays(kind, tuple(key), Still(because), tuple(what))] = None
        for hold in heading["held"]:
            holds[Hold(**hold)] = None
        if {"course_update", "category_update", "group_update"} & set(heading["counts"]):
            renamings += _renamings(load_lines(world.papers, run))
    return Plan(site, night, None, "", tuple(renamings), stays=tuple(stays), verdict=Verdict(tuple(holds)))


def _renamings(lines: Iterable[Mapping[str, Any]]) -> Iterator[Operation]:
    for line in lines:
        if line["op"] in ("course_update", "category_update", "group_update"):
            columns = {
                name: value for name, value in line.items() if name not in ("op", "phase", "because", "rows")
            }
            course = str(line["idnumber"]) if line["op"] == "course_update" else str(line.get("course", ""))
            yield operation(
                Phase[line["phase"].upper()], line["op"], columns, Because(line["because"]), course=course
            )
