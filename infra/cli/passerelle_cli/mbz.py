"""`passerelle mbz`: a backup looked at, or rid of the people it names, without any Moodle."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from passerelle.domain.backups.manifest import Inspection, Manifest, PersonalTrace
from passerelle.domain.sizes import spell_size
from passerelle.errors import TryAgain
from passerelle.mbz import (
    BadPeople,
    CannotRead,
    FileSource,
    People,
    ScrubReport,
    Source,
    inspect,
    major_release,
    scrub,
)
from passerelle.words.archives import means_word
from passerelle.words.sentences import say
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.failures import aws_cause, explain
from passerelle_cli.patience import PATIENCE
from passerelle_cli.terminal import echo, either, json_option, language, print_json

_LISTED = 10


@click.group("mbz")
def mbz() -> None:
    """Moodle backups: inspect one, or scrub what it says of people."""


@mbz.command("inspect")
@click.argument("archive")
@click.option("--target-release", metavar="R", help="The Moodle that is to take it, such as 4.5.")
@json_option
@click.option("--quick", is_flag=True, help="Of a zip, read only its XML: no hash of contents or archive.")
@click.option("--people", metavar="FILE", help="people.bin, as the site's plugin writes it (P20).")
def inspect_command(
    archive: str, target_release: str | None, as_json: bool, quick: bool, people: str | None
) -> None:
    """Say what a backup holds and whether it may be published.

    ARCHIVE is a file or s3://bucket/key.
    """
    if target_release is not None and major_release(target_release) is None:
        raise click.BadParameter(either("4.5, par exemple", "such as 4.5"), param_hint="--target-release")
    PATIENCE.doing(either("Examen de l’archive…", "Inspecting the archive…"))
    with _outside_the_file(archive, as_json=as_json):
        source = open_source(archive)
        inspection = inspect(
            source,
            target_release=target_release,
            verify_content=not quick,
            people=None if people is None else _read_people(people),
        )
    if as_json:
        print_json(inspection)
    else:
        _print_inspection(inspection)
    sys.exit(0 if inspection.accepted else FOUND)


@mbz.command("scrub")
@click.argument("archive", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option("--people", metavar="FILE", help="people.bin, as the site's plugin writes it (P20).")
@click.option("--keep-keys", is_flag=True, help="Keep passwords of quizzes, lessons and meetings.")
@click.option("--force", is_flag=True, help="Write over OUT if it is there.")
def scrub_command(archive: str, out: str, people: str | None, keep_keys: bool, force: bool) -> None:
    """Write IN to OUT without what it says of people: same members, sizes and index.

    IN is a file or s3://bucket/key, OUT a file. Nothing is written unless IN is a sound backup without
    users.
    """
    target = Path(out)
    with _outside_the_file(archive):
        source = open_source(archive)
    if target.is_dir() or not target.absolute().parent.is_dir():
        _stop(
            either(
                f"{out} ne peut pas être un fichier. Donnez un nom de fichier dans un dossier qui existe.",
                f"{out} cannot be a file. Give the name of a file in a folder that exists.",
            )
        )
    if isinstance(source, FileSource) and target.exists() and target.samefile(source.path):
        _stop(
            either(
                "L’original ne peut pas être écrasé : donnez un autre nom au résultat.",
                "The original cannot be overwritten: give the result another name.",
            )
        )
    if target.exists() and not force:
        _stop(
            either(
                f"{out} existe déjà : donnez un autre nom, ou --force pour l’écraser.",
                f"{out} exists already: give another name, or --force to write over it.",
            )
        )
    PATIENCE.doing(either("Nettoyage de l’archive…", "Scrubbing the archive…"))
    with _outside_the_file(archive):
        report = _write(
            source, target, people=None if people is None else _read_people(people), keep_keys=keep_keys
        )
    if not report.accepted:
        _print_reasons(report.inspection)
        sys.exit(FOUND)
    _print_scrubbed(report, out)


def open_source(archive: str) -> Source:
    """Raises CannotRead."""
    if not archive.startswith("s3://"):
        return FileSource(archive)
    import boto3

    from passerelle.mbz.sources_s3 import S3Source

    bucket, _, key = archive.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise CannotRead("missing")
    return S3Source(boto3.client("s3"), bucket, key)


def _write(source: Source, target: Path, *, people: People | None, keep_keys: bool) -> ScrubReport:
    """Beside the target first, in its place only when all is written and accepted."""
    descriptor, name = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=".part", dir=target.absolute().parent
    )
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            report = scrub(source, file, people=people, keep_keys=keep_keys)
            file.flush()
            os.fsync(file.fileno())
        if report.accepted:
            _give_usual_rights(part)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return report


def _read_people(path: str) -> People:
    """Raises CannotRead; a file of another form ends the command."""
    source = FileSource(path)
    try:
        return People(source.read_range(0, source.size))
    except BadPeople:
        _stop(say("people_unreadable", language()))


def _give_usual_rights(part: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    part.chmod(0o666 & ~mask)


@contextmanager
def _outside_the_file(archive: str, *, as_json: bool = False) -> Iterator[None]:
    """What is no fault of the archive ends the command with status 1 and a sentence."""
    try:
        yield
    except CannotRead as error:
        message = _outside(archive, error.code)
    except TryAgain as error:
        message = _silent(archive, error)
    except OSError:
        message = _outside(archive, "disk")
    except Exception as error:
        # boto3's own errors (no credentials, no region) have no common root with ours.
        if not type(error).__module__.startswith("botocore"):
            raise
        message = f"{archive}{either(' :', ':')} {explain(error, language())}"
    else:
        return
    if as_json:
        print_json({"accepted": False, "reasons": [], "error": message})
    _stop(message)


def _silent(archive: str, error: TryAgain) -> str:
    """S3 was not reached; without credentials or a region it was not even asked."""
    cause = aws_cause(str(error), language())
    return f"{archive}{either(' :', ':')} {cause}" if cause else _outside(archive, "away")


def _outside(archive: str, code: str) -> str:
    french, english = _OUTSIDE.get(code, _OUTSIDE["storage"])
    return either(f"{archive} : {french}", f"{archive}: {english}")


_OUTSIDE = {
    "missing": ("introuvable. Vérifiez le nom.", "not found. Check the name."),
    "forbidden": (
        "lecture interdite. Demandez le droit de lire ce fichier.",
        "reading is forbidden. Ask for the right to read this file.",
    ),
    "directory": ("c’est un dossier. Donnez un fichier .mbz.", "this is a folder. Give an .mbz file."),
    "changed": (
        "le fichier a changé pendant la lecture. Recommencez.",
        "the file changed while it was read. Try again.",
    ),
    "away": (
        "S3 ne répond pas. Vérifiez le réseau et l’adresse (AWS_ENDPOINT_URL), puis recommencez.",
        "S3 does not answer. Check the network and the address (AWS_ENDPOINT_URL), then try again.",
    ),
    "disk": (
        "lecture ou écriture impossible. Vérifiez la place et les droits sur le disque.",
        "reading or writing failed. Check the disk's space and rights.",
    ),
    "storage": (
        "la lecture a échoué. Vérifiez le support, puis recommencez.",
        "reading failed. Check the storage, then try again.",
    ),
}


def _print_inspection(inspection: Inspection) -> None:
    if inspection.manifest is not None:
        _print_manifest(inspection.manifest)
    if inspection.accepted:
        echo(either("Verdict : acceptée.", "Verdict: accepted."))
    else:
        _print_reasons(inspection)


def _print_manifest(manifest: Manifest) -> None:
    origin, lang = manifest.origin, language()
    size = spell_size(manifest.size, lang)
    echo(f"{origin.fullname} ({origin.shortname}{f', {origin.idnumber}' if origin.idnumber else ''})")
    echo(
        either(
            f"Sauvegarde {manifest.container} de {size}, faite le {manifest.backup_date:%d/%m/%Y} "
            f"par Moodle {manifest.moodle_release} ({origin.wwwroot})",
            f"{manifest.container} backup of {size}, made on {manifest.backup_date:%Y-%m-%d} "
            f"by Moodle {manifest.moodle_release} ({origin.wwwroot})",
        )
    )
    files = manifest.files
    bytes_ = spell_size(files.total_bytes, lang)
    echo(
        either(
            f"Sections : {len(manifest.sections)} · activités : {len(manifest.activities)} · "
            f"groupes : {len(manifest.groups)} · fichiers : {files.count} ({bytes_})",
            f"Sections: {len(manifest.sections)} · activities: {len(manifest.activities)} · "
            f"groups: {len(manifest.groups)} · files: {files.count} ({bytes_})",
        )
    )
    echo(f"{either('Plugins :', 'Plugins:')} {', '.join(manifest.plugins)}")
    _list(
        either("Liens vers l’ancienne plateforme", "Links to the old platform"),
        [f"{link.member}: {link.url}" for link in manifest.old_links],
        count=manifest.old_link_count,
    )
    _list(either("Personnes", "People"), list(manifest.people_evidence))
    _print_traces(
        either("Données personnelles à retirer", "Personal data to scrub"),
        [trace for trace in manifest.traces if trace.scrubbed],
    )
    _print_traces(
        either("Données peut-être personnelles, non retirées", "Possibly personal data, not scrubbed"),
        [trace for trace in manifest.traces if not trace.scrubbed],
    )
    _list(
        either("Laissés de côté, car Moodle ne les écrit jamais", "Left out, as Moodle never writes them"),
        list(manifest.left_out),
        count=manifest.left_out_count,
    )
    if manifest.sha256:
        echo(f"{either('SHA-256 :', 'SHA-256:')} {manifest.sha256}")


def _print_reasons(inspection: Inspection) -> None:
    echo(either("Verdict : refusée.", "Verdict: refused."))
    for reason in inspection.reasons:
        spoken = say(reason.what or reason.code, language(), **reason.details)
        where = f" [{reason.member}]" if reason.member and reason.member not in spoken else ""
        echo(f"- {reason.code}: {spoken}{where}")


def _print_scrubbed(report: ScrubReport, out: str) -> None:
    if report.scrubbed:
        _print_traces(either("Retiré", "Scrubbed"), list(report.scrubbed))
    else:
        echo(either("Rien à retirer.", "Nothing to scrub."))
    _print_traces(
        either("À vérifier, laissé tel quel", "To be looked at, left as it is"), list(report.reported)
    )
    size = spell_size(report.size, language())
    echo(either(f"Écrit : {out} ({size})", f"Written: {out} ({size})"))


def _print_traces(title: str, traces: list[PersonalTrace]) -> None:
    lang = language()
    lines = [
        f"{trace.member}: {trace.element} × {trace.count} ({means_word(trace.means, lang)})"
        for trace in traces
    ]
    _list(title, lines, limit=40)


def _list(title: str, lines: list[str], *, limit: int = _LISTED, count: int | None = None) -> None:
    if not lines:
        return
    colon = either(" :", ":")
    echo(f"{title} ({len(lines) if count is None else count}){colon}")
    for line in lines[:limit]:
        echo(f"  {line}")
    if len(lines) > limit:
        echo("  …")


def _stop(message: str) -> NoReturn:
    echo(message, err=True)
    sys.exit(FAILED)
