"""Where a Moodle fetches the archive of a job that it was given."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.backups.upload import Upload
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import RunningJob
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import SignSource
from passerelle.domain.states import BackupState
from passerelle.errors import NotFound
from passerelle.ports import World


def sign_source(world: World, command: SignSource) -> Mapping[str, object]:
    """A fresh address for a job whose first one has expired."""
    job = world.records.get(RunningJob, command.jobkey)
    if job is None or job.site != command.site or job.ended:
        raise NotFound("job_unknown")
    upload = world.records.get(Upload, _upload_for(world, job))
    if upload is None or upload.state != BackupState.ACCEPTED:
        raise NotFound("job_unknown")
    url, expires = world.archives.sign(upload.accepted_key)
    return {
        "url": url,
        "sha256": upload.accepted_sha256,
        "filesize": upload.accepted_size,
        "expires": int(expires.timestamp()),
    }


def _upload_for(world: World, job: RunningJob) -> str:
    if job.about == "rollover":
        rollover = world.records.get(Rollover, job.about_id)
        return rollover.upload if rollover else ""
    publication_id = job.about_id
    if job.about == "retrieval":
        retrieval = world.records.get(Retrieval, job.about_id)
        publication_id = retrieval.publication if retrieval else ""
    publication = world.records.get(Publication, publication_id)
    return publication.upload if publication else ""
