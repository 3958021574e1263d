"""A folder of extracts, read for a command: what cannot be used is said on the way."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from passerelle.domain.offer.model import Extracts
from passerelle.domain.offer.sentences import say_file, say_row
from passerelle.sources.extracts import SourcesStopped, UnknownEncoding, read_extracts, require_whole
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle_cli.main import language


def read_sources(folder: Path, encoding: str) -> Extracts:
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
