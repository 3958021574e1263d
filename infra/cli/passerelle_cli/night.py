"""`passerelle sync plan|show|diff|apply|adopt|status|hold|release|freeze`: nights looked at, decided on."""

from __future__ import annotations

import getpass
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from passerelle.domain.night.plan.adoption import Takeover
from passerelle.domain.night.plan.plan import Names
from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.night.policy import Freeze
from passerelle.domain.offer.model import Extracts, Table
from passerelle.domain.offer.stages import TABLES, Stage
from passerelle.domain.states import RunState
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.sources.extracts import ALL_TABLES
from passerelle.sources.oneroster import is_oneroster
from passerelle.usecases.night import adopt as adoption
from passerelle.usecases.night import apply as night_applying
from passerelle.usecases.night import desk as night_desk
from passerelle.usecases.night import documents
from passerelle.usecases.night.freeze import strangers
from passerelle.usecases.night.plan_stage import (
    keep,
    let_go,
    new_holder,
    oldest_extracts,
    open_run,
    plan_from,
    rules_of,
    tonight,
    uncollected,
)
from passerelle.words.figures import say_date
from passerelle.words.plan import (
    say_refusal,
)
from passerelle_cli.answers.night import NightRun
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.extracts import opened, read_sources, sources_type
from passerelle_cli.night_lines import as_code, in_words, print_kept_plan, print_plan, run_cells, run_line
from passerelle_cli.patience import PATIENCE
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import (
    Named,
    echo,
    either,
    json_option,
    language,
    print_json,
    table,
    when,
)

FindStack = Callable[[], Stack]
# Of `sync plan --exit-code` alone, as other planners have them.
CHANGES, HELD = 2, FOUND

site_option = click.option("--site", required=True, help="Name of the site in network.yaml.")
night_option = click.option(
    "--night", type=click.DateTime(["%Y-%m-%d"]), help="Its morning; default: this one's."
)
sources_option = click.option(
    "--sources",
    type=sources_type,
    help="Folder of extracts, or a zip of it; default: what landed in the state bucket.",
)
stage_option = click.option(
    "--stage",
    type=Named([stage.value for stage in Stage]),
    help="One stage of the night; default: all.",
)
by_option = click.option("--by", default=getpass.getuser, show_default="who runs this", help="Who decides.")


def _day(world: World, site: str, night: datetime | None) -> date:
    rules = rules_of(world, site)
    return night.date() if night else tonight(rules, world.clock.now())


def _extracts(
    world: World, site: str, day: date, sources: Path | None, stage: Stage | None, *, keep: bool = True
) -> Extracts:
    """`keep`: what a directory answers is kept beside the night's papers."""
    if sources is None:
        return world.sources.read(site, day, stage, keep=keep)
    rules = rules_of(world, site)
    tables, not_before = TABLES[stage] if stage else ALL_TABLES, oldest_extracts(rules, day)
    with opened(sources) as folder:
        here = is_oneroster(folder) or (folder / Table.PEOPLE.value).is_file()
    if rules.ldap is None or Table.PEOPLE not in tables or here:
        return read_sources(sources, rules.encoding, tables, night=day, not_before=not_before)
    without = tables - {Table.PEOPLE}
    extracts = read_sources(sources, rules.encoding, without, night=day, not_before=not_before)
    french = (
        f"{Table.PEOPLE} n’est pas dans {sources} : l’annuaire {rules.ldap.url} est interrogé. "
        "Déposez ce fichier dans le dossier pour vous en passer."
    )
    english = (
        f"{Table.PEOPLE} is not in {sources}: the directory {rules.ldap.url} is asked. "
        "Put that file into the folder to do without."
    )
    echo(either(french, english), err=True)
    return world.sources.ask_directory(site, day, extracts, keep=keep)


# -- looking -------------------------------------------------------------------------------------------


@click.command()
@site_option
@sources_option
@night_option
@stage_option
@click.option("--keep", "kept", is_flag=True, help="Keep it as the night's plan, so that it can be applied.")
@click.option("--all", "whole", is_flag=True, help="Print every operation.")
@click.option("--exit-code", is_flag=True, help="0: nothing to do, 2: changes, 3: removals above the guard.")
@json_option
@on_a_stack
def plan(
    site: str,
    sources: Path | None,
    night: datetime | None,
    stage: str | None,
    kept: bool,
    whole: bool,
    exit_code: bool,
    as_json: bool,
    find_stack: FindStack,
) -> None:
    """What the night would do, and why. Changes no Moodle; keeps nothing without --keep."""
    world = world_of(find_stack, site=site)
    day, wanted = _day(world, site, night), Stage(stage) if stage else None
    with uncollected():
        PATIENCE.doing(either("Lecture des sources…", "Reading the sources…"))
        extracts = _extracts(world, site, day, sources, wanted, keep=kept)
        PATIENCE.doing(either("Lecture de Moodle et calcul du plan…", "Reading Moodle and making the plan…"))
        made = plan_from(world, site, day, wanted, extracts, dry=not kept)
    if kept:
        run = open_run(world, site, day, wanted, holder := new_holder())
        try:
            if run.state is RunState.PLANNING:
                keep(world, run, made)
        finally:
            run = let_go(world, run.id, holder)
        echo(run_line(run), err=True)
    print_plan(made, whole=whole, as_json=as_json)
    if exit_code:
        sys.exit(HELD if made.verdict.held else CHANGES if made.operations else 0)


@click.command()
@click.argument("run")
@click.option("--all", "whole", is_flag=True, help="Print every operation.")
@json_option
@on_a_stack
def show(run: str, whole: bool, as_json: bool, find_stack: FindStack) -> None:
    """A kept plan, such as caen/2026-10-06/offer, and the operations that Moodle refused."""
    world = find_stack().world()
    known = _run(world, run)
    named = documents.load_heading(world.papers, known)
    lines = [dict(line) for line in documents.load_lines(world.papers, known)]
    withheld = [dict(line) for line in documents.load_lines(world.papers, known, withheld=True)]
    names = documents.load_names(world.papers, known)
    if not as_json:
        echo(run_line(known))
    print_kept_plan(named, lines, withheld, names, whole=whole, as_json=as_json)
    if known.failed:
        for line in night_applying.failures_of(world, known):
            why = say_refusal(line["errorcode"], language())
            echo(f"{either('refusé', 'refused')}  {why}  {in_words(line, names)}", err=as_json)


def _run(world: World, run: str) -> Run:
    known = world.records.get(Run, run)
    if known is None:
        raise NotFound("run_unknown", run=run)
    return known


@click.command()
@click.argument("before")
@click.argument("after")
@json_option
@on_a_stack
def diff(before: str, after: str, as_json: bool, find_stack: FindStack) -> None:
    """What the plan of one run has and another's has not."""
    world = find_stack().world()
    runs = [_run(world, run) for run in (before, after)]
    names = documents.load_names(world.papers, runs[1])
    one, two = (Counter(_words(documents.load_lines(world.papers, run), names, as_json)) for run in runs)
    gone, come = sorted((one - two).elements()), sorted((two - one).elements())
    if as_json:
        print_json({"only_before": gone, "only_after": come})
        return
    if not gone and not come:
        echo(either("Les deux plans sont les mêmes.", "Both plans are the same."))
    for mark, colour, words in (("<", "red", gone), (">", "green", come)):
        for line in words:
            echo(f"{mark} {line}", colour=colour)


def _words(lines: Iterable[Mapping[str, Any]], names: Names, as_json: bool) -> Iterator[str]:
    """Operations without the rows that made them: a line that moved in its file is no difference."""
    for line in lines:
        bare = {name: value for name, value in line.items() if name != "rows"}
        yield as_code(bare) if as_json else in_words(bare, names)


@click.command()
@site_option
@click.option("--nights", type=click.IntRange(1), default=7, show_default=True, help="How many back.")
@json_option
@on_a_stack
def status(site: str, nights: int, as_json: bool, find_stack: FindStack) -> None:
    """The last nights of a site: what ran, what is held, what is frozen."""
    world = world_of(find_stack, site=site)
    rules = rules_of(world, site)
    lang, today = language(), tonight(rules, world.clock.now())
    since = (today - timedelta(nights)).isoformat()
    runs = [run for run in night_desk.runs_of(world, site) if run.night >= since]
    desk = world.records.get(NightDesk, site) or NightDesk(id=site)
    freezes = [one for one in (*rules.freezes, *desk.freezes) if one.until is None or one.until >= today]
    if as_json:
        found: list[NightRun] = [
            {
                "run": run.id,
                "state": run.state.value,
                "counts": dict(run.counts),
                "removals": run.removals,
                "frozen": run.frozen,
                "holds": list(run.holds),
                "done": run.done,
                "refused": run.failed,
                "error": run.error,
                "held_by": run.held_by,
                "released_by": run.released_by,
                "released_at": run.released_at,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
            }
            for run in runs
        ]
        desk_said = {"held_by": desk.held_by, "held_at": desk.held_at, "held_why": desk.held_why}
        said = {**desk_said, "freezes": freezes, "runs": found}
        print_json(said)
        return
    if desk.held_by:
        since_when = f"{when(desk.held_at)} " if desk.held_at else ""
        held = either(f"nuits retenues par {desk.held_by}", f"nights held by {desk.held_by}")
        echo(f"{held} {since_when}{desk.held_why}".rstrip())
    for one in freezes:
        what = ", ".join((*one.years, *one.categories, *one.courses)) or either("tout", "all")
        since, until = say_date(one.since, lang), say_date(one.until, lang) if one.until else "…"
        frozen = either(f"gel {since} – {until} :", f"freeze {since} – {until}:")
        echo(f"{frozen} {what} {one.why} {one.by}".rstrip())
    table(run_cells(run) for run in runs)
    if not runs:
        echo(either("Aucune nuit n’a tourné ces jours-là.", "No night ran in these days."))


# -- deciding ------------------------------------------------------------------------------------------


@click.command()
@click.argument("run", required=False)
@click.option("--site", help="Plan this site's night now, and apply it.")
@sources_option
@night_option
@stage_option
@on_a_stack
def apply(
    run: str | None,
    site: str | None,
    sources: Path | None,
    night: datetime | None,
    stage: str | None,
    find_stack: FindStack,
) -> None:
    """Apply a kept plan from where it stopped; or, with --site, plan and apply. What is held stays held."""
    world = world_of(find_stack, site=site)
    if run is None:
        if site is None:
            raise click.UsageError(either("nommez une exécution ou --site", "name a run, or --site"))
        day, wanted = _day(world, site, night), Stage(stage) if stage else None
        run = _planned_now(world, site, day, wanted, sources)
    _applied(world, run)


def _applied(world: World, run: str, *, err: bool = False) -> None:
    """Applies it, and ends the command with what became of it."""
    known = _run(world, run)
    PATIENCE.doing(either(f"Application de {known.id}…", f"Applying {known.id}…"))
    done = night_applying.apply_run(world, run)
    echo(run_line(done), err=err)
    if done.state is RunState.FAILED:
        sys.exit(FAILED)
    if done.failed or done.state in (RunState.HELD, RunState.FROZEN):
        sys.exit(FOUND)


def _planned_now(world: World, site: str, day: date, wanted: Stage | None, sources: Path | None) -> str:
    """A run whose operations are on their way is left as it is, to go on with."""
    opened = open_run(world, site, day, wanted, new_holder())
    try:
        if opened.state is RunState.PLANNING:
            with uncollected():
                extracts = _extracts(world, site, day, sources, wanted)
                keep(world, opened, plan_from(world, site, day, wanted, extracts))
    finally:
        let_go(world, opened.id, opened.holder)
    return opened.id


@click.command()
@site_option
@sources_option
@night_option
@click.option(
    "--method", default="", help="Enrolment plugin whose rows are remade as the night's: database, …"
)
@click.option("--accounts", is_flag=True, help="Accounts of people of the sources become the night's too.")
@click.option(
    "--cohorts",
    is_flag=True,
    help="Cohorts of the sources become the night's too, members included: who is in no row leaves them.",
)
@click.option("--yes", is_flag=True, help="Apply it; without, the plan is printed.")
@json_option
@on_a_stack
def adopt(
    site: str,
    sources: Path | None,
    night: datetime | None,
    method: str,
    accounts: bool,
    cohorts: bool,
    yes: bool,
    as_json: bool,
    find_stack: FindStack,
) -> None:
    """Take over a living Moodle: what bears a desired code becomes the night's, and is never made twice."""
    world = world_of(find_stack, site=site)
    day = _day(world, site, night)
    takeover = Takeover(method=method, accounts=accounts, cohorts=cohorts)
    with uncollected():
        extracts = _extracts(world, site, day, sources, None, keep=yes)
        made = adoption.adoption_from(world, site, day, extracts, takeover)
    print_plan(made, whole=False, as_json=as_json)
    if yes:
        run = adoption.keep_adoption(world, made)
        _applied(world, run.id, err=as_json)


@click.command()
@click.argument("run", required=False)
@click.option("--site", help="Hold all nights of this site from now on.")
@click.option("--why", default="", help="Said to whoever looks.")
@by_option
@on_a_stack
def hold(run: str | None, site: str | None, why: str, by: str, find_stack: FindStack) -> None:
    """Stop a plan that waits or is on its way; or every night of a site."""
    world = world_of(find_stack, site=site)
    if run is not None:
        echo(run_line(night_desk.hold(world, run, by, why)))
    elif site is not None:
        night_desk.hold_site(world, site, by, why)
        echo(either(f"{site} : nuits retenues par {by}", f"{site}: nights held by {by}"))
    else:
        raise click.UsageError(either("nommez une exécution ou --site", "name a run, or --site"))


@click.command()
@click.argument("run", required=False)
@click.option("--site", help="Let the nights of this site go again.")
@click.option("--apply", "at_once", is_flag=True, help="And apply it now.")
@by_option
@on_a_stack
def release(run: str | None, site: str | None, at_once: bool, by: str, find_stack: FindStack) -> None:
    """Let a held plan be applied as it stands; who and when stays written."""
    world = world_of(find_stack, site=site)
    if run is not None:
        released = night_desk.release(world, run, by)
        if at_once:
            _applied(world, run)
        else:
            echo(run_line(released))
    elif site is not None:
        night_desk.hold_site(world, site, "")
        echo(either(f"{site} : les nuits reprennent", f"{site}: nights go on"))
    else:
        raise click.UsageError(either("nommez une exécution ou --site", "name a run, or --site"))


@click.command()
@site_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First night; default: the next one.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last night; default: until it is lifted.")
@click.option(
    "--year", "years", multiple=True, help="Only nights on extracts of this year (2026 is 2026/2027)."
)
@click.option(
    "--category", "categories", multiple=True, help="Only this category (idnumber) and all under it."
)
@click.option("--course", "courses", multiple=True, help="Only this course (idnumber).")
@click.option("--people", is_flag=True, help="Accounts stand still as well.")
@click.option("--cohorts", is_flag=True, help="Cohorts stand still as well.")
@click.option("--why", default="", help="Said to whoever looks.")
@click.option("--lift", is_flag=True, help="End the freezes set here; the next night shows its plan first.")
@by_option
@on_a_stack
def freeze(
    site: str,
    since: datetime | None,
    until: datetime | None,
    lift: bool,
    by: str,
    find_stack: FindStack,
    **covered: Any,
) -> None:
    """Courses, groups and enrolments stand still; nights are planned and reported all the same."""
    world = world_of(find_stack, site=site)
    today = _day(world, site, None)
    if lift:
        night_desk.thaw(world, site, today)
        echo(
            either(
                f"{site} : dégel. Le plan à venir : passerelle sync plan --site {site}",
                f"{site}: thawed. The plan to come: passerelle sync plan --site {site}",
            )
        )
        return
    begins = since.date() if since else today
    wanted = Freeze(since=begins, until=until.date() if until else None, by=by, **covered)
    night_desk.freeze(world, site, replace(wanted, why=covered["why"]))
    day = say_date(begins, language())
    echo(either(f"{site} : gel à partir du {day}", f"{site}: frozen from {day}"))
    for code in strangers(world, site, today, wanted):
        french = f"{code} : inconnu du dernier plan et des dernières sources. Vérifiez ce code."
        english = f"{code}: unknown to the newest plan and the newest sources. Check this code."
        echo(either(french, english), err=True)


COMMANDS: tuple[click.Command, ...] = (plan, show, diff, status, apply, adopt, hold, release, freeze)
