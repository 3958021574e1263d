"""`passerelle why`: why somebody is, or is not, in a course; or what a reference was about."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from passerelle.domain.offer.model import Extracts, Table
from passerelle.domain.offer.naming import Naming
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.sources.oneroster import is_oneroster
from passerelle.usecases.night.plan_stage import rules_of, tonight, uncollected
from passerelle.usecases.night.why import NEEDED, Known, ask_why, known_of, look_up
from passerelle.words.sentences import say
from passerelle.words.why_reply import Telling
from passerelle_cli.exit_codes import FAILED
from passerelle_cli.extracts import opened, read_sources, sources_type
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import echo, json_option, language, moment_of, print_json

ZONE = ZoneInfo("Europe/Paris")


@click.command()
@click.argument("person")
@click.argument("course", required=False)
@click.option(
    "--sources",
    type=sources_type,
    help="Folder of extracts or OneRoster files, or a zip of it; without it, the site's newest.",
)
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files; Apogée: iso-8859-1.")
@click.option("--site", help="Name of the site in network.yaml: its Moodle is looked at as well.")
@json_option
@on_a_stack
def why(
    person: str,
    course: str | None,
    sources: Path | None,
    encoding: str,
    site: str | None,
    as_json: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Why PERSON is, or is not, in COURSE: cause, rows, who repairs it, when it takes effect.

    PERSON: login, e-mail, code or name. COURSE: code, idnumber, short name or a part of its name.
    With one argument: what the REFERENCE that somebody quotes was about.
    """
    lang = language()
    if course is None:
        _show(_looked_up(world_of(find_stack, site=site), site, person, lang), as_json=as_json)
        return
    if site is None:
        if sources is None:
            raise click.UsageError(say("why_sources", lang))
        known, zone = Known(read_sources(sources, encoding, NEEDED, quiet=True), Naming()), ZONE
    else:
        world = world_of(find_stack, site=site)
        zone = rules_of(world, site).zone
        with uncollected():
            extracts = _of_folder(world, site, sources, encoding) if sources else None
            known = known_of(world, site, person, course, extracts)
    _show(ask_why(known, person, course, Telling(lang, datetime.now(UTC), zone)), as_json=as_json)


def _of_folder(world: World, site: str, sources: Path, encoding: str) -> Extracts:
    """People come from the folder, or were last said by the site's directory."""
    night = tonight(rules_of(world, site), world.clock.now())
    with opened(sources) as folder:
        has_people = is_oneroster(folder) or (folder / Table.PEOPLE.value).is_file()
    if rules_of(world, site).ldap is None or has_people:
        return read_sources(sources, encoding, NEEDED, quiet=True)
    extracts = read_sources(sources, encoding, NEEDED - {Table.PEOPLE}, quiet=True)
    return world.sources.ask_directory(site, night, extracts, keep=False)


def _looked_up(world: World, site: str | None, reference: str, lang: str) -> dict[str, Any]:
    """On the site named, or on whichever knows it."""
    for name in [site] if site else sorted(world.network.sites):
        try:
            return look_up(world, name, reference, lang)
        except NotFound as unknown:
            missing = unknown
    raise missing


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({**answer, "at": moment_of(answer["at"])} if "at" in answer else answer)
    else:
        echo(answer["text"])
    if answer["kind"] not in ("answer", "reference"):
        sys.exit(FAILED)
