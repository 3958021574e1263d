"""`passerelle why`: why somebody is, or is not, in a course; or what a reference was about."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from passerelle.domain.offer.model import Extracts, Table
from passerelle.domain.offer.naming import Naming
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.sources.extracts import UnknownEncoding, read_extracts, require_whole
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle.usecases.night.plan_stage import rules_of, uncollected
from passerelle.usecases.night.why import Known, ask_why, known_of, look_up
from passerelle.words.sentences import say
from passerelle.words.why_reply import Telling
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import language

ZONE = ZoneInfo("Europe/Paris")


@click.command()
@click.argument("person")
@click.argument("course", required=False)
@click.option(
    "--sources",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of extracts, or of OneRoster CSV files; without it, the site's newest.",
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
        known, zone = Known(_read(sources, encoding, _NEEDED), Naming()), ZONE
    else:
        world = find_stack().world()
        zone = rules_of(world, site).zone
        with uncollected():
            known = known_of(world, site, person, course, _read(sources, encoding) if sources else None)
    _show(ask_why(known, person, course, Telling(lang, datetime.now(UTC), zone)), as_json=as_json)


def _looked_up(world: World, site: str | None, reference: str, lang: str) -> dict[str, Any]:
    """On the site named, or on whichever knows it."""
    for name in [site] if site else sorted(world.network.sites):
        try:
            return look_up(world, name, reference, lang)
        except NotFound as unknown:
            missing = unknown
    raise missing


# Without these nobody, or no course, would answer to any name.
_NEEDED = frozenset({Table.PEOPLE, Table.ELEMENTS})


def _read(folder: Path, encoding: str, needed: Collection[Table] = ()) -> Extracts:
    """Whatever can be read: a file that cannot is an answer, not an end, but for those `needed`."""
    try:
        if is_oneroster(folder):
            extracts = read_oneroster([folder], encoding)
        else:
            extracts = read_extracts(folder, encoding)
    except UnknownEncoding:
        raise click.BadParameter(encoding, param_hint="--encoding") from None
    return require_whole(extracts, needed)


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1) if as_json else answer["text"])
    if answer["kind"] not in ("answer", "reference"):
        sys.exit(1)
