"""A site sends a backup: open, parts, complete (P14). Nothing is published by an upload."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from passerelle.domain.backups.upload import (
    CourseLine,
    Upload,
    expected_part,
    number,
    number_of,
    part_count,
    part_size,
)
from passerelle.domain.records import Moment, derived_id, network_id
from passerelle.domain.site_commands import CompleteUpload, OpenUpload, SendPeople, SignParts
from passerelle.domain.sizes import spell_size
from passerelle.domain.states import BackupState
from passerelle.errors import Conflict, NotFound, Refused
from passerelle.ports import Part, World
from passerelle.usecases.amend import amend, amend_if, found_or_added

ADDRESSES_LIVE = timedelta(hours=1)
LONGEST_NETWORK_ID = 93  # Moodle keeps 100 characters of an idnumber, and the hub adds @v and a version


def open_upload(world: World, command: OpenUpload) -> dict[str, object]:
    limit = world.network.limits.archive_bytes
    if command.filesize > limit:
        raise Refused(
            "too_large",
            size=spell_size(command.filesize, command.lang),
            limit=spell_size(limit, command.lang),
        )
    upload_id = derived_id("upload", command.site, command.request)
    upload = world.records.get(Upload, upload_id) or _open(world, command, upload_id)
    asked = (command.idnumber, command.intent, command.filesize, command.sha256)
    if (upload.idnumber, upload.intent, upload.filesize, upload.sha256) != asked:
        raise Refused("other_body")  # an id used again after its request was forgotten
    return {
        "upload": upload.id,
        "sequence": upload.sequence,
        "partsize": part_size(upload.filesize),
        "parts": part_count(upload.filesize),
        "expires": int((world.clock.now() + ADDRESSES_LIVE).timestamp()),
    }


def _open(world: World, command: OpenUpload, upload_id: str) -> Upload:
    if command.person is None:
        raise Refused("field", field="person", problem="missing")
    if command.intent == "share" and len(network_id(command.site, command.idnumber)) > LONGEST_NETWORK_ID:
        limit = LONGEST_NETWORK_ID - len(command.site) - 1
        raise Refused("idnumber_too_long", size=len(command.idnumber), limit=limit)
    now = world.clock.now()
    line_id = network_id(command.site, command.idnumber)
    found_or_added(world.records, CourseLine(id=line_id))
    line = amend(world.records, CourseLine, line_id, lambda line: number(upload_id, line))
    upload = Upload(
        id=upload_id,
        site=command.site,
        course_id=command.courseid,
        idnumber=command.idnumber,
        intent=command.intent,
        fullname=command.fullname,
        shortname=command.shortname,
        filesize=command.filesize,
        sha256=command.sha256,
        lastchange=moment_of(command.lastchange),
        person=command.person,
        sequence=number_of(upload_id, line),
        multipart="",
        created_at=now,
        history=(Moment(BackupState.UPLOADING.value, now, "opened by the site"),),
    )
    multipart = world.archives.open_multipart(upload.raw_key)
    stored = found_or_added(world.records, replace(upload, multipart=multipart))
    if stored.multipart != multipart:
        # The same request ran twice side by side; the one that was recorded is used.
        world.archives.abort(upload.raw_key, multipart)
    return stored


def moment_of(unix: int | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, UTC)


def own_upload(world: World, site: str, upload_id: str) -> Upload:
    """The upload if it is this site's; another site's looks as if it did not exist."""
    upload = world.records.get(Upload, upload_id)
    if upload is None or upload.site != site:
        raise NotFound("upload_unknown")
    return upload


def sign_parts(world: World, command: SignParts) -> dict[str, object]:
    """Addresses for the parts asked for, and what has arrived.

    Of a completed upload everything has: a site that was cut before it heard so asks, and goes on.
    """
    upload = own_upload(world, command.site, command.upload)
    count = part_count(upload.filesize)
    for part in command.parts:
        if not 1 <= part <= count:
            raise Refused("part_unknown", part=part, parts=count)
    have = None
    if upload.state == BackupState.UPLOADING:
        have = world.archives.parts(upload.raw_key, upload.multipart)
    urls: dict[int, str] = {}
    if have is None:
        if command.parts or (upload.state == BackupState.DELETED and _never_completed(upload)):
            raise Refused("upload_not_open")
        have = tuple(Part(n, expected_part(upload.filesize, n), "") for n in range(1, count + 1))
    else:
        urls = world.archives.sign_parts(upload.raw_key, upload.multipart, command.parts)
    return {
        "urls": {str(part): url for part, url in urls.items()},
        "have": [{"part": p.number, "size": p.size, "etag": p.etag} for p in have],
        "expires": int((world.clock.now() + ADDRESSES_LIVE).timestamp()),
    }


def send_people(world: World, command: SendPeople) -> dict[str, object]:
    """Where the hashes of the site's people go; a site that has switched this off says so (P20)."""
    upload = own_upload(world, command.site, command.upload)
    if upload.state != BackupState.UPLOADING:
        raise Refused("upload_not_open")

    def decide(before: Upload) -> Upload:
        return replace(
            before,
            people="sent" if command.sent else "off",
            people_sha256=command.sha256 if command.sent else "",
        )

    amend(world.records, Upload, upload.id, decide)
    if not command.sent:
        return {"upload": upload.id}
    return {
        "upload": upload.id,
        "url": world.archives.sign_put(upload.people_key, command.filesize),
        "expires": int((world.clock.now() + ADDRESSES_LIVE).timestamp()),
    }


def _never_completed(upload: Upload) -> bool:
    return all(m.state != BackupState.RECEIVED for m in upload.history)


def complete(world: World, command: CompleteUpload) -> dict[str, object]:
    upload = own_upload(world, command.site, command.upload)
    if upload.state == BackupState.DELETED and _never_completed(upload):
        raise Refused("upload_not_open")  # given up meanwhile: nothing of it is kept
    if upload.state == BackupState.UPLOADING:
        _complete_object(world, upload)
        upload = receive(world, upload, "completed by the site")
    return {"upload": upload.id, "state": upload.state.value}


def _complete_object(world: World, upload: Upload) -> None:
    have = world.archives.parts(upload.raw_key, upload.multipart)
    if have is None:
        # Completed before, and cut before it was written down; or aborted.
        if world.archives.size(upload.raw_key) is None:
            raise Refused("upload_not_open")
        return
    good = {p.number for p in have if p.size == expected_part(upload.filesize, p.number)}
    missing = [n for n in range(1, part_count(upload.filesize) + 1) if n not in good]
    if missing:
        raise Refused("parts_missing", count=len(missing), missing=missing[:100])
    world.archives.complete(upload.raw_key, upload.multipart, have)


def receive(world: World, upload: Upload, why: str) -> Upload:
    """`uploading → received`. The queue may have been quicker than the site: then it is left as it is."""
    try:
        return amend_if(world, upload, (BackupState.UPLOADING,), BackupState.RECEIVED, why)
    except Conflict:
        stored = world.records.get(Upload, upload.id)
        if stored is None or stored.state == BackupState.UPLOADING:
            raise
        return stored
