"""`passerelle rollover`: last year's courses into this year's, one by one or as a faculty (R1–R13)."""

from __future__ import annotations

import json
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
from passerelle.domain.states import state_word
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.store.documents import to_document
from passerelle.usecases.rollover import ask, plans
from passerelle.words.sentences import say
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, language

PAUSE = 2.0  # seconds between two looks at what is under way

_site = click.option("--site", required=True, help="This year's platform, by its name in network.yaml.")
_user = click.option("--user", required=True, help="Username of who asks, on that platform.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


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
@_json
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
    """Ask for last year's course, as its teacher would. Exit status 1 where a question is open."""
    world = find_stack().world()
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
    if as_json:
        echo(json.dumps(answer, ensure_ascii=False, indent=1))
    elif answer["rollover"] is None:
        for question in _dicts(answer["questions"]):
            echo(f"{question['message']}  (--yes {question['code']})")
    else:
        echo(f"{answer['rollover']}  {answer['state_word']}")
    sys.exit(0 if answer["rollover"] else 1)


@rollover.command()
@_site
@_user
@click.option("--course", "course_id", type=int, required=True, help="Id of the course to check.")
@on_a_stack
def check(find_stack: Callable[[], Stack], site: str, user: str, course_id: int) -> None:
    """*Vérifier mon cours*: a backup of last year's course, and what to repair in it."""
    world = find_stack().world()
    answer = ask.answer_rollover(world, _command(world, site, user, "check", courseid=course_id))
    echo(f"{answer['rollover']}  {answer['state_word']}")


@rollover.command()
@click.argument("identity")
@_json
@on_a_stack
def status(find_stack: Callable[[], Stack], identity: str, as_json: bool) -> None:
    """How a request (its id) or a plan stands."""
    world = find_stack().world()
    lang = language()
    record = world.records.get(Rollover, identity)
    if record is None:
        plan = plans.read(world, identity)
        progress = plans.progress(world, plan)
        echo(f"{progress.begun}/{progress.total}  {json.dumps(progress.states)}")
        return
    described = ask.describe(world, record, lang)
    if as_json:
        echo(json.dumps(described, ensure_ascii=False, indent=1))
        return
    echo(f"{record.id}  {state_word(record.state, lang)}  {record.course_url or record.fullname}")
    for said in (described["message"], described["undo_message"]):
        if said:
            echo(said)


@rollover.command()
@click.argument("identity")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page.")
@_json
@on_a_stack
def report(find_stack: Callable[[], Stack], identity: str, page: Path | None, as_json: bool) -> None:
    """What to repair after (or before) a request; or, of a plan, what became of each course."""
    world = find_stack().world()
    record = world.records.get(Rollover, identity)
    if record is None:
        _plan_report(world, plans.read(world, identity), as_json)
        return
    asked = _as(record, "report", format="html" if page else "json")
    answer = ask.answer_rollover(world, asked)
    if page is not None:
        page.write_text(str(answer["html"]), encoding="utf-8")
        echo(str(page))
        return
    told: Any = answer["report"]
    if as_json:
        echo(json.dumps(told, ensure_ascii=False, indent=1))
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
    world = find_stack().world()
    answer = ask.answer_rollover(world, _command(world, site, user, "permit", permit=identity))
    echo(f"{answer['permit']}  {answer['state']}")


@rollover.command()
@click.argument("identity")
@_json
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
        echo(json.dumps(answer, ensure_ascii=False, indent=1))
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
        person=_person(world, site, user),
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


def _person(world: World, site: str, username: str) -> Person:
    """As that Moodle knows him. Raises NotFound."""
    if site not in world.network.sites:
        raise NotFound("site_unknown", site=site)
    found = world.sites.lms(site).find_users("username", [username]).get(username, ())
    if not found:
        raise NotFound("owner_unknown")
    user = found[0]
    return Person(
        username=user.username,
        idnumber=user.idnumber,
        email=user.email or "",
        firstname=user.firstname,
        lastname=user.lastname,
        lang=language(),
    )


# --- a faculty ------------------------------------------------------------------------------------------


@rollover.command()
@_site
@_user
@click.option("--category", required=True, help="ID number of the category, with all below it.")
@_json
@on_a_stack
def plan(find_stack: Callable[[], Stack], site: str, user: str, category: str, as_json: bool) -> None:
    """Say what would be done of a faculty, what not and why. Changes nothing."""
    made = plans.make(find_stack().world(), site, category, user)
    if as_json:
        echo(json.dumps(to_document(made), ensure_ascii=False, indent=1))
        return
    _say_plan(made, language())


def _say_plan(made: Plan, lang: str) -> None:
    french = lang.startswith("fr")
    for line in made.lines:
        echo(_say_line(line, lang))
    if made.without_twin:
        echo("Sans équivalent cette année :" if french else "Without a twin this year:")
        for number, idnumber, fullname in made.without_twin:
            echo(f"  {idnumber or number}  {fullname}")
    todo = made.to_do()
    size = spell_size(sum(line.size for line in todo), lang)
    minutes = made.seconds / 60
    others = len(made.lines) - len(todo)
    echo(
        f"{len(todo)} cours à récupérer, {others} laissés ; {size} ; environ {minutes:.0f} min, "
        f"{made.parallel} à la fois. Pour le faire : passerelle rollover apply {made.id}"
        if french
        else f"{len(todo)} courses to take over, {others} left alone; {size}; about {minutes:.0f} min, "
        f"{made.parallel} at a time. To do it: passerelle rollover apply {made.id}"
    )


def _say_line(line: PlanLine, lang: str) -> str:
    mark = {Decision.DO: "+", Decision.SKIP: "·", Decision.REFUSE: "!"}[line.verdict]
    why = say(line.why, lang, detail=line.detail, holds=line.detail) if line.why else ""
    about = spell_size(line.size, lang) if line.size else ""
    traps = " ".join(line.traps)
    return "  ".join(part for part in (mark, line.idnumber, line.fullname, about, traps, why) if part)


@rollover.command()
@click.argument("identity")
@_user
@on_a_stack
def apply(find_stack: Callable[[], Stack], identity: str, user: str) -> None:
    """Do what a plan says, a few at a time. Stopped (Ctrl-C) and started again, it goes on."""
    world = find_stack().world()
    made = plans.read(world, identity)
    person = _person(world, made.site, user)
    configured = world.network.sites[made.site]
    if user.lower() not in {name.lower() for name in configured.administrators}:
        raise Refused("override_not_allowed")
    last = ""
    seen: dict[str, Rollover] = {}
    while True:
        progress = plans.apply_some(world, made, person, seen=seen)
        told = f"{progress.begun}/{progress.total}  {json.dumps(progress.states)}"
        if told != last:
            echo(told)
            last = told
        if progress.over:
            break
        time.sleep(PAUSE)
    bad = progress.states.get("failed", 0) + progress.states.get("refused", 0)
    sys.exit(1 if bad else 0)


def _plan_report(world: World, made: Plan, as_json: bool) -> None:
    lang = language()
    rows = []
    for line, record in plans.outcomes(world, made):
        why = say(line.why, lang, detail=line.detail, holds=line.detail) if line.why else ""
        if record is not None and record.message is not None:
            why = say(record.message.code, lang, **record.message.details)
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
        echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        echo(
            "  ".join(
                str(row[name]) for name in ("state", "idnumber", "fullname", "to_repair", "why") if row[name]
            )
        )
