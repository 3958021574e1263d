"""A folder of extracts, read for a command: what cannot be used is said on the way."""

from __future__ import annotations

import sys
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import click

from passerelle.domain.offer.model import Extracts, Table
from passerelle.sources.extracts import (
    ALL_TABLES,
    SourcesStopped,
    UnknownEncoding,
    lateness,
    read_extracts,
    require_whole,
)
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle.words.offer import say_file, say_row
from passerelle_cli.terminal import language


def read_sources(
    folder: Path, encoding: str, tables: Collection[Table] = ALL_TABLES, *, not_before: datetime | None = None
) -> Extracts:
    """`tables`: those wanted; what is wrong with another file stops nothing. Whoever names a folder may
    mean one that is older than the night (`not_before`): that is said, and does not stop him."""
    lang = language()
    try:
        reader = (
            read_oneroster([folder], encoding)
            if is_oneroster(folder)
            else read_extracts(folder, encoding, tables=tables)
        )
        extracts = require_whole(reader, tables)
    except SourcesStopped as stopped:
        for problem in stopped.problems:
            click.echo(say_file(problem, lang), err=True)
        sys.exit(1)
    except UnknownEncoding:
        french = f"L’encodage « {encoding} » n’existe pas. Essayez utf-8 ou iso-8859-1."
        english = f"There is no encoding “{encoding}”. Try utf-8 or iso-8859-1."
        click.echo(french if lang == "fr" else english, err=True)
        sys.exit(1)
    if not_before is not None:
        for problem in lateness(extracts.made_at, not_before):
            click.echo(say_file(problem, lang), err=True)
    for row in (*extracts.refused, *extracts.noted):
        click.echo(say_row(row, lang), err=True)
    if extracts.refused:
        french = "Ce que ces lignes désignent reste tel quel cette nuit. Corrigez-les à la source."
        english = "What these rows stand for stays as it is tonight. Correct them at the source."
        click.echo(french if lang == "fr" else english, err=True)
    return extracts
