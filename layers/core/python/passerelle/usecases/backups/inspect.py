"""A backup has arrived: prove it, scrub it or refuse it, and stop there (P3–P6, P16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from passerelle.domain.backups.manifest import Inspection, Manifest, Means, PersonalTrace, Section
from passerelle.domain.backups.upload import Upload
from passerelle.domain.publishing.publication import Contents, Publication, past_keeping
from passerelle.domain.records import Note
from passerelle.domain.states import BackupState, PublicationState
from passerelle.ports import Cleaned, PeopleFile, World
from passerelle.usecases.amend import amend, amend_if, list_all
from passerelle.usecases.backups import receive, refresh

NOTES_KEPT = 50  # of each kind, in a report
NAMES_KEPT = 500  # of sections and activities: enough to preview, bounded for the record's size


def inspect_backup(world: World, key: str) -> None:
    """`key` is the object that S3 announced, `uploads/{site}/{upload}.mbz`. Safe to repeat."""
    upload = world.records.get(Upload, PurePosixPath(key).stem)
    if upload is None or upload.raw_key != key:
        return
    if upload.state == BackupState.UPLOADING:
        upload = receive.receive(world, upload, "arrived in the bucket")
    if upload.state == BackupState.RECEIVED:
        upload = check(world, upload, upload.raw_key)
    follow_up(world, upload)


def check(world: World, upload: Upload, key: str) -> Upload:
    """Prove and scrub the archive that lies under `key`; the verdict stands in the record."""
    cleaned = world.backups.clean(
        key,
        upload.accepted_key,
        people=PeopleFile(upload.people_key, upload.people_sha256) if upload.people_sha256 else None,
        keep_keys=upload.intent == "rollover",
    )
    inspection = cleaned.inspection
    reasons = _reasons(upload, inspection)
    arrived = (BackupState.RECEIVED,)
    if reasons or inspection.manifest is None:
        world.archives.delete(upload.accepted_key)
        return amend_if(world, upload, arrived, BackupState.REFUSED, reasons[0].code, reasons=reasons)
    manifest = inspection.manifest
    world.papers.keep(upload.manifest_key, manifest)
    return amend_if(
        world,
        upload,
        arrived,
        BackupState.ACCEPTED,
        "proved and scrubbed",
        scrubbed=_report(cleaned, manifest),
        people=cleaned.people if upload.people_sha256 else upload.people,
        accepted_size=cleaned.size,
        accepted_sha256=cleaned.sha256,
    )


def reasons_of(inspection: Inspection) -> tuple[Note, ...]:
    """Why an archive is refused, as notes with sentences."""
    return tuple(
        Note(
            reason.what or reason.code.value,
            {**reason.details, "detail": reason.message, "member": reason.member or ""},
        )
        for reason in inspection.reasons
    )


def _reasons(upload: Upload, inspection: Inspection) -> tuple[Note, ...]:
    reasons = reasons_of(inspection)
    manifest = inspection.manifest
    if manifest is not None and manifest.size != upload.filesize:
        reasons = (*reasons, Note("size_differs"))
    elif manifest is not None and manifest.sha256 != upload.sha256:
        reasons = (*reasons, Note("sha256_differs"))
    if not inspection.accepted and not reasons:
        reasons = (Note("not_a_backup"),)
    return reasons


def _report(cleaned: Cleaned, manifest: Manifest) -> tuple[Note, ...]:
    """What was scrubbed and what was left, by place and number, never by value (P4, P20)."""
    titles = {f"activities/{a.plugin}_{a.module_id}": a.title for a in manifest.activities}
    wiped = sum(t.count for t in cleaned.traces if t.scrubbed and t.means is not Means.KEY)
    keys = [t for t in cleaned.traces if t.means is Means.KEY]
    notes = [Note("traces_scrubbed", {"count": str(wiped)})] if wiped else []
    notes += [
        Note("keys_emptied" if t.scrubbed else "keys_kept", _where(t, titles)) for t in keys[:NOTES_KEPT]
    ]
    left = [t for t in cleaned.traces if not t.scrubbed and t.means is not Means.KEY]
    notes += [Note(_LEFT.get(t.means, "traces_left"), _where(t, titles)) for t in left[:NOTES_KEPT]]
    if manifest.left_out:
        names = ", ".join(manifest.left_out[:5])
        notes.append(Note("members_left_out", {"count": str(manifest.left_out_count), "names": names}))
    return tuple(notes)


_LEFT = {
    Means.TEXT: "addresses_in_texts",
    Means.INFOREF: "people_in_unknown_fields",
    Means.PEOPLE: "people_of_the_site",
}


def _where(trace: PersonalTrace, titles: Mapping[str, str]) -> dict[str, str]:
    """An activity by its title, anything else by its file."""
    title = titles.get("/".join(trace.member.split("/")[:2]), "")
    return {
        "count": str(trace.count),
        "element": trace.element,
        "member": trace.member,
        "place": title or trace.member,
    }


def contents_of(manifest: Manifest, size: int) -> Contents:
    return Contents(
        activities=dict(sorted(Counter(a.plugin for a in manifest.activities).items())),
        sections=tuple(_section_name(s) for s in manifest.sections if s.number or _named(s))[:NAMES_KEPT],
        titles=tuple(a.title for a in manifest.activities)[:NAMES_KEPT],
        size=size,
        moodle_release=manifest.moodle_release,
        plugins=manifest.plugins,
    )


def _named(section: Section) -> bool:
    """Moodle writes the number of a section that nobody named as its title."""
    return section.name not in ("", str(section.number))


def _section_name(section: Section) -> str:
    return section.name if _named(section) else f"Section {section.number}"


def follow_up(world: World, upload: Upload) -> None:
    """What a verdict sets going. Repeated with every delivery, so that a crash in between loses nothing."""
    if upload.state not in (BackupState.ACCEPTED, BackupState.REFUSED):
        return
    # The raw archive may name people: it goes as soon as the verdict stands, before any Moodle is asked.
    world.archives.delete(upload.raw_key)
    if upload.people_sha256:
        world.archives.delete(upload.people_key)
    if upload.intent == "rollover":
        refresh.wake(world, upload.site, upload.course_id)
    retain(world, upload.network_id)
    for publication in list_all(world.records, Publication, "course", upload.network_id):
        # Also where it was refused: its author is told by a message that a Moodle away does not stop.
        if publication.upload == upload.id and publication.state == PublicationState.REQUESTED:
            world.queues.send("publications", {"publication": publication.id})


def retain(world: World, network_id: str) -> None:
    """Keep the newest N backups of a course, those a live publication rests on (P6), and those in use."""
    uploads_ = list_all(world.records, Upload, "course", network_id)
    publications = list_all(world.records, Publication, "course", network_id)
    for upload in past_keeping(uploads_, publications, world.network.limits.backups_kept):
        if not refresh.serves(world, upload):
            discard(world, upload, "older than the backups kept")


def discard(world: World, upload: Upload, why: str) -> Upload:
    """Delete a backup: the record first, so that nobody relies on an archive that is going."""
    deleted = amend_if(world, upload, tuple(BackupState), BackupState.DELETED, why)
    if deleted.purged:
        return deleted
    world.archives.delete(upload.accepted_key)
    world.archives.delete(upload.raw_key)
    if upload.people_sha256:
        world.archives.delete(upload.people_key)
    # It quotes the archive's texts: no longer than the archive itself.
    world.papers.delete(upload.survey_key)
    return amend(world.records, Upload, upload.id, lambda before: replace(before, purged=True))
