"""*Gérer les sauvegardes*: list, download, delete (P6); and the nightly tidying."""

from __future__ import annotations

import re
from collections.abc import Mapping

from passerelle.domain.backups.upload import ABANDONED_AFTER, Upload, abandoned
from passerelle.domain.publishing.publication import Publication, protected
from passerelle.domain.records import Note, network_id
from passerelle.domain.site_commands import ManageBackups
from passerelle.domain.states import BackupState, state_word
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import list_all
from passerelle.usecases.backups import refresh
from passerelle.usecases.backups.inspect import discard
from passerelle.words.notes import note_text


def answer_backups(world: World, command: ManageBackups) -> Mapping[str, object]:
    course = network_id(command.site, command.idnumber)
    publications = list_all(world.records, Publication, "course", course)
    uploads = list_all(world.records, Upload, "course", course)
    if command.action == "list":
        kept = sorted((u for u in uploads if u.state != BackupState.DELETED), key=lambda u: -u.sequence)
        return {
            "backups": [
                {
                    **describe_backup(u, command.lang),
                    "protected": protected(u, publications) or refresh.serves(world, u),
                }
                for u in kept
            ]
        }
    upload = next((u for u in uploads if u.id == command.upload), None)
    if upload is None:
        raise NotFound("backup_unknown")
    if command.action == "download":
        return _download(world, upload)
    if protected(upload, publications):
        raise Refused("backup_protected")
    if refresh.serves(world, upload):
        raise Refused("backup_serves")
    gone = discard(world, upload, "deleted by a person of the site")
    return {"upload": gone.id, "state": gone.state.value}


def _download(world: World, upload: Upload) -> Mapping[str, object]:
    if upload.state != BackupState.ACCEPTED:
        raise Refused("backup_not_ready", state=upload.state)
    name = f"{upload.shortname or upload.idnumber}-{upload.created_at:%Y%m%d}.mbz"
    url, expires = world.archives.sign(upload.accepted_key, filename=name)
    return {"url": url, "expires": int(expires.timestamp())}


def tidy(world: World) -> int:
    """Give up uploads that were never completed, or never checked: as they came, they may name people.

    Answers how many.
    """
    now = world.clock.now()
    gone = 0
    for state in ABANDONED_AFTER:
        for upload in list_all(world.records, Upload, "state", state.value):
            if abandoned(upload, now):
                if upload.multipart:
                    world.archives.abort(upload.raw_key, upload.multipart)
                discard(
                    world, upload, "never completed" if state == BackupState.UPLOADING else "never checked"
                )
                gone += 1
    return gone


def describe_backup(upload: Upload, lang: str) -> dict[str, object]:
    return {
        "upload": upload.id,
        "sequence": upload.sequence,
        "state": upload.state.value,
        "state_word": state_word(upload.state, lang),
        "made_at": int(upload.created_at.timestamp()),
        "size": upload.accepted_size or upload.filesize,
        "reasons": [{"code": n.code, "message": note_text(n, lang)} for n in upload.reasons],
        "leave_out": [one for n in upload.reasons if (one := _writes_people(n)) is not None],
        "scrubbed": [{"code": n.code, "message": note_text(n, lang)} for n in _told(upload)],
    }


def _writes_people(reason: Note) -> dict[str, object] | None:
    """An activity without which the backup could be made again, by its number on the site (P4)."""
    found = re.match(r"activities/[^/]+_(\d+)/", reason.details.get("member", ""))
    if reason.code != "activity_writes_people" or found is None:
        return None
    return {"cmid": int(found[1]), "title": reason.details.get("title", "")}


def _told(upload: Upload) -> tuple[Note, ...]:
    """What was found, and why the texts were not held against the site's people, if they were not (P20)."""
    if upload.state != BackupState.ACCEPTED or upload.people == "compared":
        return upload.scrubbed
    why = "people_older" if upload.people == "unknown" else f"people_{upload.people}"
    return (*upload.scrubbed, Note(why))
