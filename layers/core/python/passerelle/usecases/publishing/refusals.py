"""What is refused of a drop folder, said beside the archive in French and English (P21)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from passerelle.domain.backups.upload import Upload
from passerelle.domain.records import Note
from passerelle.ports import Stored, World
from passerelle.usecases.amend import if_readable
from passerelle.words.notes import note_text
from passerelle.words.sentences import say

FOLDER = "drop/"
_ENDING = ".refused.txt"
_KEYS_A_REQUEST = 1000
_MOST_REQUESTS = 5  # for one page of refusals, however much else lies in the folder
_CURSOR = re.compile(r"(\d{1,5}):(.*)", re.ASCII | re.DOTALL)  # how many were shown of those past which name


@dataclass(frozen=True, slots=True)
class DropRefusal:
    archive: str  # where it was dropped, below `drop/`: `caen/2024/chimie.mbz`
    at: datetime
    reasons: tuple[str, ...]  # sentences of one language


def refused_key(key: str) -> str:
    """`drop/caen/2024/chimie.mbz` → `drop/caen/2024/chimie.refused.txt`"""
    return key[: -len(".mbz")] + _ENDING


def write_refusal(world: World, key: str, why: Sequence[Note]) -> None:
    lines = [key.rsplit("/", 1)[-1], ""]
    for lang in ("fr", "en"):
        lines += [say("drop_refused", lang), *(f"- {note_text(note, lang)}" for note in why), ""]
    world.archives.put_text(refused_key(key), "\n".join(lines))


def refusals(
    world: World, site: str, lang: str, *, after: str = "", limit: int
) -> tuple[tuple[DropRefusal, ...], str | None]:
    """What is refused of a site's drop folder, or of all (`site` empty), newest first; and where to go on,
    None at the end. Of a folder of more than `_MOST_REQUESTS` listings, those of the first names come first.
    """
    found = _CURSOR.fullmatch(after)
    shown, begin = (int(found[1]), found[2]) if found else (0, "")
    listed, past = _listed(world, f"{FOLDER}{site}/" if site else FOLDER, begin)
    listed.sort(key=lambda one: one.at, reverse=True)
    page = listed[shown : shown + limit]
    following = f"0:{past}" if past else None
    return tuple(
        DropRefusal(
            archive=f"{one.key[len(FOLDER) : -len(_ENDING)]}.mbz",
            at=one.at,
            reasons=reasons_in(world.archives.text(one.key) or "", lang),
        )
        for one in page
    ), f"{shown + limit}:{begin}" if shown + limit < len(listed) else following


def _listed(world: World, prefix: str, after: str) -> tuple[list[Stored], str | None]:
    """What is refused among so many names past one; and the last of them, if others follow."""
    found: list[Stored] = []
    for _ in range(_MOST_REQUESTS):
        some = world.archives.below(prefix, after=after, limit=_KEYS_A_REQUEST)
        found += (one for one in some if one.key.endswith(_ENDING))
        if len(some) < _KEYS_A_REQUEST:
            return found, None
        after = some[-1].key
    return found, after


def reasons_in(text: str, lang: str) -> tuple[str, ...]:
    """What `write_refusal` wrote, in one language; all lines of a text that says nothing in it."""
    _, _, told = text.partition(say("drop_refused", lang))
    for other in ("fr", "en"):
        told = told.partition(say("drop_refused", other))[0]
    lines = [line.strip() for line in (told or text).splitlines()]
    return tuple(line.removeprefix("- ") for line in lines if line)


def tell_drop(world: World, upload_id: str, why: Note) -> None:
    """A publication has failed: whoever dropped its archive reads it where they left it."""
    upload = if_readable(world.records, Upload, upload_id)
    if upload is not None and upload.dropped:
        write_refusal(world, upload.dropped, [why])
