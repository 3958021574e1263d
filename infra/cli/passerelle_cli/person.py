"""`passerelle sync person`: one person repaired at once, by the night's rules (N27)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from passerelle.domain.night.why.effects import say_day
from passerelle.usecases.night.person import Repair, plan_for, repair
from passerelle.usecases.night.plan_stage import rules_of, tonight
from passerelle.words.plan import say_summary
from passerelle.words.stages import say_scope
from passerelle_cli.answers.night import PersonRepaired
from passerelle_cli.exit_codes import FOUND
from passerelle_cli.extracts import read_sources
from passerelle_cli.night import site_option, sources_option
from passerelle_cli.night_lines import lines_of, print_lines
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import echo, either, json_option, language, print_json, worded


@click.command()
@click.argument("who")
@site_option
@click.option("--course", default="", help="In this course only: code, idnumber or a part of its name.")
@sources_option
@click.option("--apply", "at_once", is_flag=True, help="Do it; without, the plan is printed.")
@json_option
@on_a_stack
def person(
    who: str,
    site: str,
    course: str,
    sources: Path | None,
    at_once: bool,
    as_json: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Plan one person alone, from the newest extracts, and apply it at once; removals under the guard.

    WHO: code, login, e-mail or name.
    """
    world = world_of(find_stack, site=site)
    rules = rules_of(world, site)
    night = tonight(rules, world.clock.now())
    extracts = read_sources(sources, rules.encoding, night=night, quiet=True) if sources else None
    done = (repair if at_once else plan_for)(world, site, who, course, extracts)
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done, applied=at_once)
    if done.made.held or (done.run is not None and done.run.failed):
        sys.exit(FOUND)


def _print(done: Repair, *, applied: bool) -> None:
    lang, plan = language(), done.made.plan
    day = say_day(done.night, lang)
    from_night = either(f"extractions de la nuit du {day}", f"extracts of the night of {day}")
    echo(f"# {done.person.label} – {from_night}")
    lines = lines_of(plan.operations, plan.files)
    print_lines(lines, plan.names)
    if plan.frozen:
        echo(either("Gelé, et non fait :", "Frozen, and not done:"))
        print_lines(lines_of(plan.frozen, plan.files), plan.names)
    if done.made.held:
        why = ", ".join(say_scope(one.scope, one.key, lang) for one in done.made.holds)
        echo(either(f"Retenu, et non fait ({why}) :", f"Held, and not done ({why}):"))
        print_lines(lines_of(done.made.held, plan.files), plan.names)
    for place in done.made.waits:
        echo(either(f"{place} : à créer par la nuit d’abord.", f"{place}: the night has to make it first."))
    echo(say_summary(lines, lang))
    if done.run is not None:
        refused = worded(
            ", {n:# refusée|# refusées} par Moodle", ", {n:#|#} refused by Moodle", n=done.run.failed
        )
        said = either(f"Fait : {done.run.done}", f"Done: {done.run.done}")
        echo(said + (refused if done.run.failed else ""))
    elif lines and not applied:
        echo(either("Pour le faire maintenant : --apply", "To do it now: --apply"))


def _as_json(done: Repair) -> PersonRepaired:
    plan = done.made.plan
    return {
        "person": done.person.code,
        "night": done.night.isoformat(),
        "operations": lines_of(plan.operations, plan.files),
        "frozen": lines_of(plan.frozen, plan.files),
        "held": lines_of(done.made.held, plan.files),
        "holds": list(done.made.holds),
        "waits": list(done.made.waits),
        "run": done.run.id if done.run else "",
        "done": done.run.done if done.run else 0,
        "refused": done.run.failed if done.run else 0,
    }
