"""`passerelle publish FILE`: an archive at hand is published like one that a teacher sends (P21)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from passerelle.domain.backups.upload import Upload
from passerelle.domain.network import Drop
from passerelle.domain.publishing.publication import LIVE, Publication
from passerelle.domain.states import BackupState, PublicationState, state_word
from passerelle.ports import World
from passerelle.usecases.amend import list_all
from passerelle.usecases.publishing import ask, drop
from passerelle.usecases.publishing.refusals import refused_key
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.patience import PATIENCE
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import echo, language, worded

GIVEN = "given"  # no rule of S3 listens there


@click.command("publish")
@click.argument("archive", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", required=True, help="Whose course it is, as named in network.yaml.")
@click.option("--author", required=True, help="Username there of whoever answers for it.")
@click.option("--title", help="Default: the course's full name.")
@click.option("--summary", help="Default: the course's own.")
@click.option("--language", "course_language", help="Default: the course's own.")
@click.option("--level")
@click.option("--licence")
@click.option("--category", default="", help="Source category: the hub's table says where the copy goes.")
@click.option("--only-check", is_flag=True, help="Prove, scrub and keep it; publish nothing.")
@click.option(
    "--wait/--no-wait", default=True, help="Wait until it is published (default), ten minutes at most."
)
@on_a_stack
def publish(
    archive: Path,
    site: str,
    author: str,
    title: str | None,
    summary: str | None,
    course_language: str | None,
    level: str | None,
    licence: str | None,
    category: str,
    only_check: bool,
    wait: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Prove, scrub and publish a backup at hand, once.

    With it you declare that its works of third parties may be shared.
    """
    stack = find_stack()
    world = world_of(lambda: stack, site=site)
    told = {
        "title": title,
        "summary": summary,
        "language": course_language,
        "level": level,
        "licence": licence,
    }
    card = {name: value for name, value in told.items() if value}
    key = f"{GIVEN}/{site}/{archive.stem}.mbz"
    PATIENCE.doing(worded("Envoi de l’archive…", "Sending the archive…"))
    send(stack.client("s3"), archive, stack.backups_bucket, key)
    PATIENCE.doing(worded("Contrôle de l’archive…", "Checking the archive…"))
    try:
        upload = drop.take(
            world, site, key, Drop(author=author, category=category, publish=not only_check), card
        )
        if upload is None:
            echo(world.archives.text(refused_key(key)) or "", err=True)
            sys.exit(FOUND)
    finally:
        world.archives.delete(key)
        world.archives.delete(refused_key(key))
    echo(f"{upload.id}  {state_word(BackupState.ACCEPTED, language())}")
    if not only_check:
        _follow(world, upload, wait=wait)


def send(s3: Any, file: Path, bucket: str, key: str) -> None:
    """Of any size, in parts; `s3` is botocore's own client, which has no `upload_file`."""
    from boto3.s3.transfer import S3Transfer

    S3Transfer(s3).upload_file(str(file), bucket, key)


def _follow(world: World, upload: Upload, *, wait: bool, seconds: float = 600.0) -> None:
    until = time.monotonic() + seconds
    while True:
        found = [
            p
            for p in list_all(world.records, Publication, "course", upload.network_id)
            if p.upload == upload.id
        ]
        publication = max(found, key=lambda p: p.requested_at, default=None)
        under_way = publication is not None and publication.state in LIVE - {PublicationState.PUBLISHED}
        if publication is not None:
            PATIENCE.doing(f"{publication.id}  {state_word(publication.state, language())}")
        if not wait or not under_way or time.monotonic() > until:
            break
        time.sleep(0.5)
    if publication is None:
        return
    described = ask.describe(publication, language())
    echo(f"{publication.id}  {described['state_word']}  {publication.hub_url}")
    if described["message"]:
        echo(str(described["message"]), err=True)
    sys.exit(FAILED if publication.state == PublicationState.FAILED else 0)
