"""What is refused of a drop folder, said beside the archive in French and English (P21)."""

from __future__ import annotations

from collections.abc import Sequence

from passerelle.domain.backups.upload import Upload
from passerelle.domain.records import Note
from passerelle.ports import World
from passerelle.usecases.amend import if_readable
from passerelle.words.notes import note_text
from passerelle.words.sentences import say


def refused_key(key: str) -> str:
    """`drop/caen/2024/chimie.mbz` → `drop/caen/2024/chimie.refused.txt`"""
    return key[: -len(".mbz")] + ".refused.txt"


def write_refusal(world: World, key: str, why: Sequence[Note]) -> None:
    lines = [key.rsplit("/", 1)[-1], ""]
    for lang in ("fr", "en"):
        lines += [say("drop_refused", lang), *(f"- {note_text(note, lang)}" for note in why), ""]
    world.archives.put_text(refused_key(key), "\n".join(lines))


def tell_drop(world: World, upload_id: str, why: Note) -> None:
    """A publication has failed: whoever dropped its archive reads it where he left it."""
    upload = if_readable(world.records, Upload, upload_id)
    if upload is not None and upload.dropped:
        write_refusal(world, upload.dropped, [why])
