"""A folder of extracts, or a zip of one, read for a command: what cannot be used is said on the way."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click

from passerelle.domain.offer.model import Extracts, FileProblem, Table
from passerelle.sources.extracts import (
    ALL_TABLES,
    SourcesStopped,
    UnknownEncoding,
    lateness,
    read_extracts,
    require_whole,
)
from passerelle.sources.mistakes import Mistake, survey
from passerelle.sources.oneroster import is_oneroster, read_oneroster
from passerelle.sources.zipped import unpack
from passerelle.words.formatter import fill
from passerelle.words.mistakes import say_mistake
from passerelle.words.offer import say_files
from passerelle_cli.exit_codes import FAILED
from passerelle_cli.terminal import echo, either, language, refuse, worded

sources_type = click.Path(exists=True, path_type=Path)


@contextmanager
def opened(sources: Path) -> Iterator[Path]:
    """The folder itself, or what a zip holds, for as long as it is needed."""
    if sources.is_dir():
        _refuse_a_folder_above(sources)
        yield sources
        return
    with tempfile.TemporaryDirectory(prefix="passerelle-sources-") as scratch:
        folder = Path(scratch)
        unpack(sources, folder)
        yield folder


def _refuse_a_folder_above(sources: Path) -> None:
    """Whoever unpacks a zip often finds a folder in the folder."""
    if any(path.is_file() for path in sources.iterdir()):
        return
    below = [path for path in sources.iterdir() if path.is_dir() and any(path.glob("*.csv"))]
    if len(below) == 1:
        french = "Pas de fichier dans {folder} ; il y en a un cran plus bas : --sources {below}."
        english = "There is no file in {folder}; there are some one folder below: --sources {below}."
        refuse("--sources", worded(french, english, folder=sources, below=below[0]))


def read_folder(
    sources: Path,
    encoding: str,
    tables: Collection[Table] = ALL_TABLES,
    night: date | None = None,
    year: str = "",
    announced: bool = True,
) -> Extracts:
    """Whatever can be read of it; `problems` says what cannot. `night`: on which dates are looked at; `year`,
    or not `announced`: without the manifest."""
    with opened(sources) as folder:
        try:
            if is_oneroster(folder):
                day = night or date.today()  # noqa: DTZ011 - here
                return read_oneroster([folder], encoding, night=day, announced=announced)
            return read_extracts(folder, encoding, tables=tables, year=year)
        except UnknownEncoding:
            french = "L’encodage « {encoding} » n’existe pas. Essayez utf-8 ou iso-8859-1."
            english = "There is no encoding “{encoding}”. Try utf-8 or iso-8859-1."
            refuse("--encoding", worded(french, english, encoding=encoding))


def read_sources(
    sources: Path,
    encoding: str,
    tables: Collection[Table] = ALL_TABLES,
    *,
    night: date | None = None,
    not_before: datetime | None = None,
    quiet: bool = False,
) -> Extracts:
    """`tables`: those wanted; what is wrong with another file stops nothing. Whoever names a folder may
    mean one that is older than the night (`not_before`): that is said, and stops nobody. `quiet`: of rows
    nothing is said."""
    try:
        extracts = require_whole(read_folder(sources, encoding, tables, night), tables)
    except SourcesStopped as stopped:
        say_problems(stopped.problems)
        sys.exit(FAILED)
    if not_before is not None:
        say_problems(lateness(extracts.made_at, not_before))
    if quiet:
        return extracts
    found = [one for one in survey(extracts).mistakes if not one.is_note]
    for mistake in found:
        echo(say_of(mistake), err=True)
    if extracts.refused:
        french = "Ce que les lignes refusées désignent reste tel quel cette nuit. Corrigez-les à la source."
        english = "What refused rows stand for stays as it is tonight. Correct them at the source."
        echo(either(french, english), err=True)
    return extracts


def say_problems(problems: Collection[FileProblem] | Iterator[FileProblem]) -> None:
    for sentence in say_files(problems, language()):
        echo(sentence, err=True)


def say_of(mistake: Mistake) -> str:
    """With its file before it."""
    return fill(
        ("{file} : {said}", "{file}: {said}"), language(), {"file": mistake.file, "said": say(mistake)}
    )


def say(mistake: Mistake) -> str:
    return say_mistake(
        mistake.kind.value,
        language(),
        column=mistake.column,
        count=mistake.count,
        right=mistake.right,
        examples=[(one.line, one.value) for one in mistake.examples],
    )
