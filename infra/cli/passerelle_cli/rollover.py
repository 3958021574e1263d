"""`passerelle rollover`: last year's courses into this year's, one by one or as a faculty (R1–R13)."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from passerelle.domain.records import Person
from passerelle.domain.rollover.plan import Decision, Plan, PlanLine
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import AskRollover, LeftOutThing
from passerelle.domain.sizes import spell_size
from passerelle.domain.states import RolloverState, state_word
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.rollover import ask, plans
from passerelle.words.console import WORDS
from passerelle.words.formatter import pick
from passerelle.words.notes import note_text
from passerelle.words.sentences import say
from passerelle_cli.answers.rollover import PlanOutcome, RolloverDescribed
from passerelle_cli.exit_codes import FOUND
from passerelle_cli.stack import Stack, on_a_stack, person_on, world_of
from passerelle_cli.terminal import echo, json_option, language, moment_of, print_json, table, worded

PAUSE = 2.0  # seconds between two looks at what is under way

_site = click.option("--site", required=True, help="This year's platform, by its name in network.yaml.")
_user = click.option("--user", required=True, help="Username of who asks, on that platform.")


@click.group()
def rollover() -> None:
    """Last year's courses on this year's platform."""


# --- one course ---------------------------------------------------------------------------------------


def _exclusion(value: str) -> LeftOutThing:
    kind, _, number = value.partition(":")
    if kind not in ("section", "activity", "group") or not number.isdigit():
        raise click.BadParameter("section:ID, activity:ID or group:ID, as `rollover contents` lists them")
    kinds: dict[str, Literal["section", "activity", "group"]] = {
        "section": "section",
        "activity": "activity",
        "group": "group",
    }
    return LeftOutThing(kinds[kind], int(number))


@rollover.command()
@_site
@_user
@click.option("--course", "course_id", type=int, required=True, help="Id of this year's course.")
@click.option("--source", default="", help="ID number of last year's course (default: the same).")
@click.option(
    "--destination", type=click.Choice(["replace", "merge", "stash"]), default="replace", show_default=True
)
@click.option("--groups", is_flag=True, help="Bring the groups that were made by hand.")
@click.option("--keep-dates", is_flag=True, help="Leave the dates inside activities as they are.")
@click.option("--exclude", multiple=True, help="section:ID, activity:ID or group:ID; may be repeated.")
@click.option("--yes", "confirmed", multiple=True, help="Answer a question by its code (shared, merge, …).")
@click.option("--override", default="", help="Why to go past a refusal; administrators only, recorded.")
@json_option
@on_a_stack
def request(
    find_stack: Callable[[], Stack],
    site: str,
    user: str,
    course_id: int,
    source: str,
    destination: Literal["replace", "merge", "stash"],
    groups: bool,
    keep_dates: bool,
    exclude: tuple[str, ...],
    confirmed: tuple[str, ...],
    override: str,
    as_json: bool,
) -> None:
    """Ask for last year's course, as its teacher would."""
    world = world_of(find_stack, site=site)
    command = _command(
        world,
        site,
        user,
        "start",
        courseid=course_id,
        source_idnumber=source,
        destination=destination,
        groups=groups,
        keep_dates=keep_dates,
        exclude=tuple(_exclusion(one) for one in exclude),
        confirmed=confirmed,
        override=override,
    )
    answer = ask.answer_rollover(world, command)
    questions = _dicts(answer.get("questions", ()))
    if as_json:
        made = world.records.get(Rollover, str(answer["rollover"])) if answer["rollover"] else None
        asked = [{"code": one["code"], "message": one["message"]} for one in questions]
        print_json({"rollover": _described(world, made) if made else None, "questions": asked})
    elif answer["rollover"] is None:
        for question in questions:
            echo(f"{question['message']}  (--yes {question['code']})")
    else:
        echo(f"{answer['rollover']}  {answer['state_word']}")
    sys.exit(0 if answer["rollover"] else FOUND)


def _described(world: World, rollover: Rollover) -> RolloverDescribed:
    said: Any = ask.describe(world, rollover, language())
    dated = {name: moment_of(said[name]) for name in ("requested_at", "undo_until")}
    described: Any = {**said, **dated}
    whole: RolloverDescribed = described
    return whole


@rollover.command()
@_site
@_user
@click.option("--course", "course_id", type=int, required=True, help="Id of the course to check.")
@on_a_stack
def check(find_stack: Callable[[], Stack], site: str, user: str, course_id: int) -> None:
    """*Vérifier mon cours*: a backup of last year's course, and what to repair in it."""
    world = world_of(find_stack, site=site)
    answer = ask.answer_rollover(world, _command(world, site, user, "check", courseid=course_id))
    echo(f"{answer['rollover']}  {answer['state_word']}")


@rollover.command()
@click.argument("identity")
@json_option
@on_a_stack
def status(find_stack: Callable[[], Stack], identity: str, as_json: bool) -> None:
    """How a request (its id) or a plan stands."""
    world = find_stack().world()
    record = world.records.get(Rollover, identity)
    if record is None:
        progress = plans.progress(world, _plan(world, identity))
        if as_json:
            states = dict(progress.states)
            print_json({"plan": identity, "begun": progress.begun, "total": progress.total, "states": states})
        else:
            echo(_progress(progress))
        return
    described = _described(world, record)
    if as_json:
        print_json(described)
        return
    echo(f"{record.id}  {described['state_word']}  {record.course_url or record.fullname}")
    for said in (described["message"], described["undo_message"]):
        if said:
            echo(said)


def _plan(world: World, identity: str) -> Plan:
    """What is neither a request nor a plan is said so."""
    try:
        return plans.read(world, identity)
    except NotFound:
        raise NotFound("rollover_or_plan_unknown", id=identity) from None


def _progress(progress: plans.Progress) -> str:
    """`3/12 cours ; 2 terminée, 1 en échec`."""
    lang = language()
    known = {one.value: one for one in RolloverState}
    states = ", ".join(
        f"{count} {state_word(known[name], lang) if name in known else name}"
        for name, count in progress.states.items()
        if count
    )
    begun = worded(
        "{begun}/{total} cours", "{begun}/{total} courses", begun=progress.begun, total=progress.total
    )
    return f"{begun}{worded(' : ', ': ')}{states}" if states else begun


@rollover.command()
@click.argument("identity")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page.")
@json_option
@on_a_stack
def report(find_stack: Callable[[], Stack], identity: str, page: Path | None, as_json: bool) -> None:
    """What to repair after (or before) a request; or, of a plan, what became of each course."""
    world = find_stack().world()
    record = world.records.get(Rollover, identity)
    if record is None:
        _plan_report(world, _plan(world, identity), as_json)
        return
    asked = _as(record, "report", format="html" if page else "json")
    answer = ask.answer_rollover(world, asked)
    if page is not None:
        page.write_text(str(answer["html"]), encoding="utf-8")
        echo(str(page))
        return
    told: Any = answer["report"]
    if as_json:
        print_json({**told, "made_at": moment_of(told["made_at"])})
        return
    for row in told["findings"]:
        echo(f"{row['title']}: {row['place']}\n  {row['what']}\n  → {row['todo']}")
    if told["nothing"]:
        echo(told["nothing"])


@rollover.command()
@click.argument("identity")
@_user
@on_a_stack
def undo(find_stack: Callable[[], Stack], identity: str, user: str) -> None:
    """Put the course back as it was, once, while nobody has changed it since."""
    world = find_stack().world()
    record = world.records.get(Rollover, identity)
    if record is None:
        raise NotFound("rollover_unknown")
    answer = ask.answer_rollover(world, _command(world, record.site, user, "undo", rollover=identity))
    echo(f"{answer['rollover']}  {answer['state_word']}")


@rollover.command()
@click.argument("identity")
@_site
@_user
@on_a_stack
def permit(find_stack: Callable[[], Stack], identity: str, site: str, user: str) -> None:
    """Allow the one transfer that a link names (its `permit=…`), as its N-1 teacher or an administrator."""
    world = world_of(find_stack, site=site)
    answer = ask.answer_rollover(world, _command(world, site, user, "permit", permit=identity))
    state = worded("autorisé", "permitted") if answer["state"] == "granted" else str(answer["state"])
    echo(f"{answer['permit']}  {state}")


@rollover.command()
@click.argument("identity")
@json_option
@on_a_stack
def contents(find_stack: Callable[[], Stack], identity: str, as_json: bool) -> None:
    """Sections, activities and groups of the archive of a check or request, for --exclude.

    Groups marked (·) are the night's: they do not come, year N has its own of the same code.
    """
    world = find_stack().world()
    record = world.records.get(Rollover, identity)
    if record is None:
        raise NotFound("rollover_unknown")
    answer = ask.answer_rollover(world, _as(record, "contents"))
    if as_json:
        print_json(answer)
        return
    for section in _dicts(answer["sections"]):
        echo(f"section:{section['id']}  {section['name'] or section['number']}")
        for activity in _dicts(answer["activities"]):
            if activity["section"] == section["id"]:
                echo(f"  activity:{activity['id']}  {activity['module']}  {activity['title']}")
    for group in _dicts(answer["groups"]):
        echo(f"group:{group['id']}  {group['name']}")
    for group in _dicts(answer["nights_groups"]):
        echo(f"(·)  {group['name']}  {group['idnumber']}")


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return list(rows)


def _command(world: World, site: str, user: str, action: str, **fields: Any) -> AskRollover:
    return AskRollover(
        request=f"cli_{secrets.token_urlsafe(12)}",
        site=site,
        type="rollovers",
        action=action,  # type: ignore[arg-type]
        person=person_on(world, site, user),
        **fields,
    )


def _as(record: Rollover, action: str, **fields: Any) -> AskRollover:
    """On behalf of nobody in particular: an administrator of this installation reads."""
    return AskRollover(
        request="cli",
        site=record.site,
        type="rollovers",
        action=action,  # type: ignore[arg-type]
        person=Person(username=record.person.username, lang=language()),
        rollover=record.id,
        **fields,
    )


# --- a faculty ------------------------------------------------------------------------------------------


@rollover.command()
@_site
@_user
@click.option("--category", required=True, help="ID number of the category, with all below it.")
@json_option
@on_a_stack
def plan(find_stack: Callable[[], Stack], site: str, user: str, category: str, as_json: bool) -> None:
    """Say what would be done of a faculty, what not and why. Changes nothing."""
    made = plans.make(world_of(find_stack, site=site), site, category, user)
    if as_json:
        print_json(made)
        return
    _say_plan(made, language())


def _say_plan(made: Plan, lang: str) -> None:
    table(_cells(line, lang) for line in made.lines)
    if not made.lines:
        echo(worded("Aucun cours sous cette catégorie.", "No course below this category."))
    if made.without_twin:
        echo(worded("Sans équivalent cette année :", "Without a twin this year:"))
        table(["", idnumber or str(number), fullname] for number, idnumber, fullname in made.without_twin)
    todo = made.to_do()
    others = len(made.lines) - len(todo)
    said = (
        "{n:aucun cours|# cours|# cours} à récupérer, {others:# laissé|# laissés} ; {size} ; environ "
        "{minutes} min, {parallel} à la fois. Pour le faire : passerelle rollover apply {plan}",
        "{n:no course|# course|# courses} to take over, {others:# left alone|# left alone}; {size}; about "
        "{minutes} min, {parallel} at a time. To do it: passerelle rollover apply {plan}",
    )
    size = spell_size(sum(line.size for line in todo), lang)
    figures: dict[str, Any] = {"size": size, "minutes": f"{made.seconds / 60:.0f}", "parallel": made.parallel}
    echo(worded(*said, n=len(todo), others=others, plan=made.id, **figures))


def _cells(line: PlanLine, lang: str) -> list[str]:
    mark = {Decision.DO: "+", Decision.SKIP: "·", Decision.REFUSE: "!"}[line.verdict]
    size = spell_size(line.size, lang) if line.size else ""
    return [mark, line.idnumber, line.fullname, size, " ".join(line.traps), _why(line, lang)]


def _why(line: PlanLine, lang: str) -> str:
    return say(line.why, lang, detail=line.detail, holds=line.detail) if line.why else ""


@rollover.command()
@click.argument("identity")
@_user
@on_a_stack
def apply(find_stack: Callable[[], Stack], identity: str, user: str) -> None:
    """Do what a plan says, a few at a time. Stopped (Ctrl-C) and started again, it goes on."""
    world = find_stack().world()
    made = plans.read(world, identity)
    person = person_on(world, made.site, user)
    configured = world.network.sites[made.site]
    if user.lower() not in {name.lower() for name in configured.administrators}:
        raise Refused("plan_not_yours", user=user, site=made.site)
    last = ""
    seen: dict[str, Rollover] = {}
    while True:
        progress = plans.apply_some(world, made, person, seen=seen)
        told = _progress(progress)
        if told != last:
            echo(told)
            last = told
        if progress.over:
            break
        time.sleep(PAUSE)
    bad = progress.states.get("failed", 0) + progress.states.get("refused", 0)
    sys.exit(FOUND if bad else 0)


def _plan_report(world: World, made: Plan, as_json: bool) -> None:
    lang = language()
    rows: list[PlanOutcome] = []
    for line, record in plans.outcomes(world, made):
        why = _why(line, lang)
        if record is not None and record.message is not None:
            why = note_text(record.message, lang)
        rows.append(
            {
                "course": line.course_id,
                "idnumber": line.idnumber,
                "fullname": line.fullname,
                "state": record.state.value if record else line.verdict.value,
                "why": why,
                "to_repair": sum(record.findings.values()) if record else 0,
                "rollover": record.id if record else "",
            }
        )
    if as_json:
        print_json({"plan": made.id, "courses": rows})
        return
    words = {one.value: state_word(one, lang) for one in RolloverState}
    words |= {one.value: pick(WORDS[f"verdict_{one.value}"], lang) for one in Decision}
    table(
        [words[row["state"]], row["idnumber"], row["fullname"], row["to_repair"] or "", row["why"]]
        for row in rows
    )
