"""`passerelle sync`: the night, looked at and run by hand."""

from __future__ import annotations

from pathlib import Path

import click

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import as_lists
from passerelle.words.plan import say_untouched
from passerelle.words.things import say_thing
from passerelle_cli.extract_commands import COMMANDS as EXTRACT_COMMANDS
from passerelle_cli.extract_commands import sources_option
from passerelle_cli.extracts import read_sources
from passerelle_cli.night import COMMANDS
from passerelle_cli.night_report import report
from passerelle_cli.person import person
from passerelle_cli.terminal import echo, either, json_option, language, print_json


@click.group()
def sync() -> None:
    """The night: offer, groups and enrolments from the university's systems."""


@sync.command()
@sources_option
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files; Apogée: iso-8859-1.")
@json_option
def desired(sources: Path, encoding: str, as_json: bool) -> None:
    """Print what Moodle should hold, from the sources alone: asks and changes no Moodle."""
    extracts = read_sources(sources, encoding)
    lists = as_lists(build_desired(extracts))
    if as_json:
        print_json(lists)
        return
    for name, rows in lists.items():
        echo(either(f"# {_IN_FRENCH[name]} : {len(rows)}", f"# {name.replace('_', ' ')}: {len(rows)}"))
        for row in rows if name != "untouched" else (_untouched(*row) for row in rows):
            echo("\t".join(row))


_IN_FRENCH = {
    "users": "comptes",
    "cohorts": "cohortes",
    "cohort_members": "membres de cohortes",
    "categories": "catégories",
    "courses": "cours",
    "groups": "groupes",
    "enrolments": "inscriptions",
    "members": "membres de groupes",
    "untouched": "laissés tels quels",
}


def _untouched(kind: str, key: str, because: str) -> tuple[str, str, str]:
    lang = language()
    return say_thing(kind, lang), key, say_untouched(because, lang)


sync.add_command(report)
sync.add_command(person)


for _command in (*EXTRACT_COMMANDS, *COMMANDS):
    sync.add_command(_command)
