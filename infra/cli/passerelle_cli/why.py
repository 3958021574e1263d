"""`passerelle why`: why somebody is, or is not, in a course; or what a reference was about."""

from __future__ import annotations

import json
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
from passerelle_cli.extracts import opened, read_sources, sources_type
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, language

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
@click.option("--json", "as_json", is_flag=True, help="One JSON object with the typed causes.")
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
        _show(_looked_up(find_stack().world(), site, person, lang), as_json=as_json)
        return
    if site is None:
        if sources is None:
            raise click.UsageError(say("why_sources", lang))
        known, zone = Known(read_sources(sources, encoding, NEEDED, quiet=True), Naming()), ZONE
    else:
        world = find_stack().world()
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
    echo(json.dumps(answer, ensure_ascii=False, indent=1) if as_json else answer["text"])
    if answer["kind"] not in ("answer", "reference"):
        sys.exit(1)
