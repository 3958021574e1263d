"""`passerelle sync`: the night, looked at and run by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import as_lists
from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.sentences import say_file, say_row
from passerelle.sources.extracts import SourcesStopped, UnknownEncoding, read_extracts, require_whole
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle_cli.main import language
from passerelle_cli.night_report import report


@click.group()
def sync() -> None:
    """The night: offer, groups and enrolments from the university's systems."""


@sync.command()
@click.option(
    "--sources",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of extracts, or of OneRoster CSV files.",
)
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files; Apogée: iso-8859-1.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object of sorted lists.")
def desired(sources: Path, encoding: str, as_json: bool) -> None:
    """Print what Moodle should hold, from the sources alone: asks and changes no Moodle."""
    extracts = _read(sources, encoding)
    lists = as_lists(build_desired(extracts))
    if as_json:
        click.echo(json.dumps(lists, ensure_ascii=False, indent=1))
        return
    for name, rows in lists.items():
        click.echo(f"# {name}: {len(rows)}")
        for row in rows:
            click.echo("\t".join(row))


def _read(folder: Path, encoding: str) -> Extracts:
    lang = language()
    try:
        reader = (
            read_oneroster([folder], encoding) if is_oneroster(folder) else read_extracts(folder, encoding)
        )
        extracts = require_whole(reader)
    except SourcesStopped as stopped:
        for problem in stopped.problems:
            click.echo(say_file(problem, lang), err=True)
        sys.exit(1)
    except UnknownEncoding:
        french = f"L'encodage « {encoding} » n'existe pas."
        click.echo(french if lang == "fr" else f"There is no encoding “{encoding}”.", err=True)
        sys.exit(1)
    for row in (*extracts.refused, *extracts.noted):
        click.echo(say_row(row, lang), err=True)
    return extracts


sync.add_command(report)
