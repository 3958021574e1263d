"""What the queue does of a publication: claim, restore on the hub, make current (P7–P10, P13, P14, P16)."""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.backups.compatibility import objections
from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.moodle.plugin import ArchiveAddress, Job, JobStatus, Owner, Restore, RestoreMode
from passerelle.domain.publishing.publication import (
    Publication,
    Skip,
    claim,
    copy_idnumber,
    make_current,
    version_of,
)
from passerelle.domain.records import Note
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import GiveUp, MoodleRefused, NotFound, PaperUnreadable, TryAgain
from passerelle.ports import Lms, World
from passerelle.usecases.amend import amend, amend_if, list_all
from passerelle.usecases.backups import inspect
from passerelle.usecases.broken import note_broken
from passerelle.usecases.moodle_jobs import note_job, refused_by_moodle, warnings_of, why_failed
from passerelle.usecases.publishing import hub_copies
from passerelle.usecases.publishing.outcomes import UNDER_WAY, fail_publication, tell_author

ROUNDS = 5  # how often what a version takes its place among is looked at anew
LONGEST_FULLNAME = 254  # characters that Moodle 4.5 keeps of a course's name; of a short name, 255
SHORTNAME_KEPT = 120  # of the source's, so that what makes it the only one is never cut off


def publish(world: World, publication_id: str) -> None:
    """Claim, ask the hub whether it can, start the restore. Safe to repeat at any point."""
    publication = world.records.get(Publication, publication_id)
    if publication is None or publication.state not in (
        PublicationState.REQUESTED,
        PublicationState.RESTORING,
    ):
        if publication is not None:
            _say_again(world, publication)
        return
    try:
        upload = world.records.get(Upload, publication.upload)
    except GiveUp as unreadable:  # one that the hub restores by now ends with its job
        if publication.state == PublicationState.REQUESTED:
            fail_publication(world, publication, Note(unreadable.code))
    else:
        _publish(world, publication, upload)


def _publish(world: World, publication: Publication, upload: Upload | None) -> None:
    if upload is not None and upload.state in (BackupState.UPLOADING, BackupState.RECEIVED):
        return  # the end of its check sends another message
    note_job(world, publication.jobkey, world.network.hub.site, "publication", publication.id)
    if upload is None or upload.state != BackupState.ACCEPTED:
        why = upload.reasons[0] if upload is not None and upload.reasons else Note("backup_unknown")
        fail_publication(world, publication, why)
        return
    claimed = _claim(world, publication)
    if claimed is None:
        return
    lms = world.sites.lms(world.network.hub.site)
    try:
        prepared = _prepare(world, claimed, upload)
    except PaperUnreadable as cut:
        note_broken(world, cut)
        fail_publication(world, claimed, Note(cut.code, {"paper": cut.paper}))
        return
    facts = lms.get_site()
    against = objections(prepared.contents, facts, prepared.author.lang)
    if against:
        fail_publication(world, prepared, against[0])
        return
    owner, warnings = _author_on_hub(world, lms, prepared)
    try:
        lms.start_restore(_order(world, prepared, upload, owner))
    except MoodleRefused as refusal:
        fail_publication(world, prepared, refused_by_moodle(refusal))
        return
    _restoring(world, prepared, warnings)


def _say_again(world: World, publication: Publication) -> None:
    """What is over is not begun again; but whoever was cut here may have told nobody, nor hidden a copy."""
    if publication.state == PublicationState.FAILED:
        tell_author(world, publication, "publication_failed")
    elif publication.hide_due:
        hub_copies.hide(world, publication)


def _claim(world: World, publication: Publication) -> Publication | None:
    """Its version number, or None where a later upload stands already and it is put aside (P14)."""
    verdicts: list[Skip] = []

    def decide(line: CourseLine) -> CourseLine:
        verdict = claim(publication, line)
        if isinstance(verdict, Skip):
            verdicts.append(verdict)
            return line
        return verdict

    line = amend(world.records, CourseLine, publication.network_id, decide)
    if verdicts:
        why = verdicts[0].why
        amend_if(world, publication, UNDER_WAY, PublicationState.SUPERSEDED, why, message=Note(why))
        return None
    version = version_of(publication.id, line)
    return amend(world.records, Publication, publication.id, lambda before: replace(before, version=version))


def _prepare(world: World, publication: Publication, upload: Upload) -> Publication:
    """Write what the archive holds into the publication, for the catalogue and the question to the hub."""
    manifest = world.papers.load(Manifest, upload.manifest_key)
    if manifest is None:
        return publication
    contents = inspect.contents_of(manifest, upload.accepted_size)
    return amend(
        world.records, Publication, publication.id, lambda before: replace(before, contents=contents)
    )


def _author_on_hub(world: World, lms: Lms, publication: Publication) -> tuple[Owner | None, tuple[Note, ...]]:
    """Who the author is on the hub (P9): found by the identity key, made if so configured, or a warning."""
    identity = world.network.identity
    wanted = publication.author.key(identity)
    if not wanted:
        return None, (Note("author_unknown"),)
    found = [u for u in lms.find_users(identity, [wanted]).get(wanted, ()) if not u.suspended]
    if not found and world.network.hub.unknown_author == "create":
        lms.create_account(publication.author, world.network.hub.new_account_auth)
        found = [u for u in lms.find_users(identity, [wanted]).get(wanted, ()) if not u.suspended]
    if not found:
        return None, (Note("author_unknown"),)
    if len(found) > 1:
        return None, (Note("author_ambiguous"),)
    return Owner(username=found[0].username, role=world.network.hub.author_role), ()


def _order(world: World, publication: Publication, upload: Upload, owner: Owner | None) -> Restore:
    url, _ = world.archives.sign(upload.accepted_key)
    return Restore(
        jobkey=publication.jobkey,
        source=ArchiveAddress(url=url, sha256=upload.accepted_sha256, filesize=upload.accepted_size),
        mode=RestoreMode.NEW,
        category=world.network.hub_category(publication.source_category),
        fullname=publication.card.title[:LONGEST_FULLNAME],
        # The network identifier makes it the only one: a source's short name comes back with a new course.
        shortname=f"{upload.shortname[:SHORTNAME_KEPT]} ({publication.network_id} v{publication.version})",
        # Every copy is born as its version; it takes the network identifier when it is whole (hub.py).
        idnumber=copy_idnumber(publication, current=False),
        visible=False,
        owners=(owner,) if owner else (),
        person=owner.username if owner else "",
    )


def _restoring(world: World, publication: Publication, warnings: tuple[Note, ...]) -> Publication:
    requested = (PublicationState.REQUESTED,)
    then = PublicationState.RESTORING
    return amend_if(world, publication, requested, then, "the hub restores it", warnings=warnings)


def finish_publication(world: World, publication_id: str, job: Job) -> None:
    """The hub's job has ended. Repeated until every step stands."""
    publication = world.records.get(Publication, publication_id)
    if publication is None:
        return
    if publication.state == PublicationState.REQUESTED:
        publication = _restoring(world, publication, ())
    if job.status != JobStatus.DONE:
        fail_publication(world, publication, why_failed(job))
        return
    if publication.state == PublicationState.RESTORING:
        arrived = _arrived(world, publication, job)
        if arrived is None:
            fail_publication(world, publication, Note("copy_gone"))
            return
        publication = arrived
    publication = _take_its_place(world, publication)
    if any(moment.state == PublicationState.PUBLISHED for moment in publication.history):
        tell_author(world, publication, "published")


def arrange_again(world: World, publication_id: str) -> None:
    """Of a job that is over: a worker beside the one that ended it may have been cut while the copies stood
    as an older decision had them, and its message comes once more.
    """
    publication = world.records.get(Publication, publication_id)
    if publication is not None and publication.hub_course_id and publication.state in hub_copies.ON_HUB:
        _take_its_place(world, publication)


def _take_its_place(world: World, publication: Publication) -> Publication:
    """Which version is current, how the copies on the hub stand, and which are put aside are one decision:
    where another version came in between, all of it is taken again.
    """
    for _ in range(ROUNDS):
        if publication.state == PublicationState.RESTORING:
            line = _make_current(world, publication)
        else:
            line = _line_of(world, publication)
        hub_copies.arrange_copies(world, publication.network_id, beside=publication)
        publication = _publish_or_put_aside(world, publication, current=line.current == publication.id)
        _put_former_aside(world, publication)
        if _line_of(world, publication).current == line.current:
            return world.records.get(Publication, publication.id) or publication
    raise TryAgain("versions of this course keep arriving")


def _line_of(world: World, publication: Publication) -> CourseLine:
    line = world.records.get(CourseLine, publication.network_id)
    if line is None:
        raise NotFound("not_found", kind="CourseLine")
    return line


def _arrived(world: World, publication: Publication, job: Job) -> Publication | None:
    """None where somebody deleted the copy on the hub before we saw it."""
    lms = world.sites.lms(world.network.hub.site)
    course_id = job.courseid or 0
    course = lms.course(course_id)
    if course is None:
        return None
    url = job.courseurl or f"{world.network.hub_site.url}/course/view.php?id={course_id}"

    def decide(before: Publication) -> Publication:
        if before.hub_course_id:
            return before
        return replace(
            before,
            hub_course_id=course_id,
            hub_url=url,
            category_id=course.categoryid,
            warnings=(*before.warnings, *warnings_of(job)),
        )

    return amend(world.records, Publication, publication.id, decide)


def _make_current(world: World, publication: Publication) -> CourseLine:
    def decide(line: CourseLine) -> CourseLine:
        return make_current(publication, line) or line

    return amend(world.records, CourseLine, publication.network_id, decide)


def _publish_or_put_aside(world: World, publication: Publication, *, current: bool) -> Publication:
    restoring, now = (PublicationState.RESTORING,), world.clock.now()
    if current:
        then = PublicationState.PUBLISHED
        return amend_if(world, publication, restoring, then, "restored", published_at=now)
    later = Note("later_published")
    then = PublicationState.SUPERSEDED
    return amend_if(world, publication, restoring, then, later.code, message=later, published_at=now)


def _put_former_aside(world: World, publication: Publication) -> None:
    line = world.records.get(CourseLine, publication.network_id)
    if line is None:
        return
    published = (PublicationState.PUBLISHED,)
    for other in list_all(world.records, Publication, "course", publication.network_id):
        if other.state == PublicationState.PUBLISHED and other.id != line.current:
            amend_if(world, other, published, PublicationState.SUPERSEDED, "later_published")
