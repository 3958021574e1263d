"""*Rapatrier*: a published course comes home to a member site (P11, P12, R3, R5, R6)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from passerelle.domain.backups.compatibility import objections
from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.moodle.core import User
from passerelle.domain.moodle.plugin import (
    ArchiveAddress,
    Job,
    JobStatus,
    Owner,
    Restore,
    RestoreMode,
    spell_holds,
)
from passerelle.domain.publishing.publication import (
    Mode,
    Publication,
    Retrieval,
    home_idnumber,
)
from passerelle.domain.records import Note, Person, TargetLock, derived_id, network_id
from passerelle.domain.site_commands import AskRetrieval
from passerelle.domain.states import BackupState, PublicationState, RetrievalState, state_word
from passerelle.errors import Conflict, GiveUp, MoodleAway, MoodleRefused, NotFound, Refused
from passerelle.ports import Lms, World
from passerelle.usecases.amend import amend, amend_if, found_or_added
from passerelle.usecases.course_locks import is_alive
from passerelle.usecases.moodle_jobs import note_job, refused_by_moodle, warnings_of, why_failed
from passerelle.usecases.publishing.outcomes import end_retrieval
from passerelle.usecases.publishing.publish import LONGEST_FULLNAME, SHORTNAME_KEPT
from passerelle.words.notes import note_text

LOCK_LIVES = timedelta(hours=6)  # longer than any restore; a crash cannot leave it behind for ever


def answer_retrieval(world: World, command: AskRetrieval) -> Mapping[str, object]:
    if command.action == "status":
        retrieval = world.records.get(Retrieval, command.retrieval)
        if retrieval is None or retrieval.site != command.site:
            raise NotFound("retrieval_unknown")
        said = describe(retrieval, command.lang)
    else:
        said = ask(world, command)
    # Whom to write to where it failed (H1).
    return {**said, "assistance": world.network.sites[command.site].assistance.email}


def describe(retrieval: Retrieval, lang: str) -> dict[str, object]:
    return {
        "retrieval": retrieval.id,
        "publication": retrieval.publication,
        "version": retrieval.version,
        "state": retrieval.state.value,
        "state_word": state_word(retrieval.state, lang),
        "course_url": retrieval.course_url,
        "message": note_text(retrieval.message, lang) if retrieval.message else "",
        "warnings": [{"code": n.code, "message": note_text(n, lang)} for n in retrieval.warnings],
        "reference": retrieval.id[:8],
    }


def ask(world: World, command: AskRetrieval) -> dict[str, object]:
    if command.person is None:
        raise Refused("field", field="person", problem="missing")
    retrieval_id = derived_id("retrieval", command.site, command.request)
    retrieval = world.records.get(Retrieval, retrieval_id)
    target = command.target
    if retrieval is not None and (retrieval.publication, retrieval.mode, retrieval.target_course_id) != (
        command.publication,
        target.mode,
        target.courseid,
    ):
        raise Refused("other_body")  # an id used again after its request was forgotten
    if retrieval is None:
        publication = _on_offer(world, command.publication)
        _can_take(world, command.site, publication, command.lang)
        if target.mode != "new":
            _may_restore_into(
                world, command.site, target.courseid, command.person, target.mode, confirmed=target.confirmed
            )
            _not_busy(world, command.site, target.courseid, retrieval_id)
        # Watched before it is there: whoever is cut here is brought forward, or ends with a word.
        note_job(world, f"ret:{retrieval_id}", command.site, "retrieval", retrieval_id)
        retrieval = found_or_added(
            world.records,
            Retrieval(
                id=retrieval_id,
                publication=publication.id,
                version=publication.version,
                network_id=publication.network_id,
                site=command.site,
                person=command.person,
                mode=target.mode,
                target_course_id=target.courseid,
                category=target.category_idnumber,
                idnumber=home_idnumber(retrieval_id) if target.mode == "new" else target.idnumber,
                requested_at=world.clock.now(),
            ),
        )
    if retrieval.state == RetrievalState.REQUESTED:
        note_job(world, retrieval.jobkey, retrieval.site, "retrieval", retrieval.id)
        if retrieval.mode != "new":
            try:
                _lock(world, retrieval.site, retrieval.target_course_id, retrieval.id)
            except Refused as busy:
                end_retrieval(world, retrieval.id, RetrievalState.REFUSED, Note(busy.code))
                raise
        world.queues.send("retrievals", {"retrieval": retrieval.id})
    return describe(retrieval, command.lang)


def _on_offer(world: World, publication_id: str) -> Publication:
    publication = world.records.get(Publication, publication_id)
    offered = {PublicationState.PUBLISHED}
    if world.network.hub.older_versions == "visible":
        offered.add(PublicationState.SUPERSEDED)
    if publication is None or publication.state not in offered:
        raise NotFound("publication_unknown")
    upload = world.records.get(Upload, publication.upload)
    if upload is None or upload.state != BackupState.ACCEPTED:
        raise NotFound("publication_unknown")  # an older version outlives its backup (P6)
    return publication


def _can_take(world: World, site: str, publication: Publication, lang: str) -> None:
    """Raises Refused where the site cannot take the course (P16); a Moodle that is away is asked later."""
    with suppress(MoodleAway):
        against = objections(publication.contents, world.sites.lms(site).get_site(), lang)
        if against:
            raise Refused(against[0].code, **against[0].details)


def _may_restore_into(
    world: World, site: str, courseid: int, person: Person, mode: Mode, *, confirmed: bool
) -> None:
    """Asked of the target's Moodle, never taken from the request (R3); R5 and R6 for what it finds."""
    state = world.sites.lms(site).get_course_states([courseid]).get(courseid)
    if state is None or not state.exists:
        raise NotFound("target_unknown")
    if person.username not in state.editingteachers:
        raise Refused("not_editing_teacher")
    if state.restoredfrom:
        raise Refused("target_restored")
    if mode == "replace" and not state.empty:
        raise Refused("target_not_empty", holds=spell_holds(state.holds))
    if mode == "merge" and state.activities and not confirmed:
        raise Refused("merge_unconfirmed", activities=state.activities)


def _not_busy(world: World, site: str, courseid: int, holder: str) -> None:
    stored = world.records.get(TargetLock, f"{site}:{courseid}")
    if stored is not None and _is_anothers(world, stored, holder):
        raise Refused("target_busy")


def _is_anothers(world: World, lock: TargetLock, holder: str) -> bool:
    """A lock whose holder has ended, or was never written down, is anybody's."""
    return lock.holder != holder and lock.until > world.clock.now() and is_alive(world, lock.holder)


def _lock(world: World, site: str, courseid: int, holder: str) -> None:
    """One restore at a time per target course (R5)."""
    now = world.clock.now()
    lock_id = f"{site}:{courseid}"
    wanted = TargetLock(id=lock_id, holder=holder, until=now + LOCK_LIVES)
    stored = found_or_added(world.records, wanted)
    if stored.holder == holder:
        return
    if _is_anothers(world, stored, holder):
        raise Refused("target_busy")
    try:
        world.records.change(stored, replace(wanted, revision=stored.revision))
    except Conflict as lost:
        raise Refused("target_busy") from lost


def _holds_target(world: World, retrieval: Retrieval) -> bool:
    """Taken at the door already, unless that was cut; the retrieval ends where somebody else has it."""
    if retrieval.mode == "new":
        return True
    try:
        _lock(world, retrieval.site, retrieval.target_course_id, retrieval.id)
    except Refused as busy:
        _end(world, retrieval, RetrievalState.REFUSED, Note(busy.code))
        return False
    return True


def _unlock(world: World, retrieval: Retrieval) -> None:
    if retrieval.mode == "new":
        return
    lock = world.records.get(TargetLock, f"{retrieval.site}:{retrieval.target_course_id}")
    if lock is not None and lock.holder == retrieval.id:
        world.records.delete(lock)


def retrieve(world: World, retrieval_id: str) -> None:
    """Ask the site whether it can, start the restore. Safe to repeat at any point."""
    retrieval = world.records.get(Retrieval, retrieval_id)
    if retrieval is None or retrieval.state == RetrievalState.DONE:
        return
    if retrieval.state in (RetrievalState.REFUSED, RetrievalState.FAILED):
        # Over; but whoever was cut here may have told nobody, and left the target locked.
        _end(world, retrieval, retrieval.state, retrieval.message)
        return
    if not _holds_target(world, retrieval):
        return
    try:
        publication = world.records.get(Publication, retrieval.publication)
        upload = world.records.get(Upload, publication.upload) if publication else None
    except GiveUp as unreadable:
        if retrieval.state == RetrievalState.REQUESTED:
            _end(world, retrieval, RetrievalState.FAILED, Note(unreadable.code))
        return  # one that its site restores by now ends with its job
    if publication is None or upload is None or upload.state != BackupState.ACCEPTED:
        _end(world, retrieval, RetrievalState.FAILED, Note("publication_unknown"))
        return
    _retrieve(world, retrieval, publication, upload)


def _retrieve(world: World, retrieval: Retrieval, publication: Publication, upload: Upload) -> None:
    note_job(world, retrieval.jobkey, retrieval.site, "retrieval", retrieval.id)
    lms = world.sites.lms(retrieval.site)
    if retrieval.state == RetrievalState.REQUESTED and retrieval.jobkey not in lms.get_jobs(
        [retrieval.jobkey]
    ):
        no_longer = _no_longer(world, retrieval, publication)
        if no_longer is not None:
            _end(world, retrieval, RetrievalState.REFUSED, no_longer)
            return
    against = objections(publication.contents, lms.get_site(), retrieval.person.lang)
    if against:
        _end(world, retrieval, RetrievalState.REFUSED, against[0])
        return
    found = lms.find_users("username", [retrieval.person.username]).get(retrieval.person.username)
    if not found:
        _end(world, retrieval, RetrievalState.REFUSED, Note("owner_unknown"))
        return
    try:
        lms.start_restore(_order(world, retrieval, publication, upload, found[0]))
    except MoodleRefused as refusal:
        _end(world, retrieval, RetrievalState.FAILED, refused_by_moodle(refusal))
        return
    restoring = RetrievalState.RESTORING
    amend_if(world, retrieval, (RetrievalState.REQUESTED,), restoring, "the site restores it")


def _no_longer(world: World, retrieval: Retrieval, publication: Publication) -> Note | None:
    """What has changed since it was asked for: a site may have been away for a day before it starts."""
    if publication.state == PublicationState.WITHDRAWN:
        return Note("publication_unknown")
    if retrieval.mode == "new":
        return None
    try:
        _lock(world, retrieval.site, retrieval.target_course_id, retrieval.id)
        _may_restore_into(
            world,
            retrieval.site,
            retrieval.target_course_id,
            retrieval.person,
            retrieval.mode,
            confirmed=True,
        )
    except (NotFound, Refused) as no:
        return Note(no.code, {name: str(value) for name, value in no.details.items()})
    return None


def _order(
    world: World, retrieval: Retrieval, publication: Publication, upload: Upload, owner: User
) -> Restore:
    url, _ = world.archives.sign(upload.accepted_key)
    site = world.network.sites[retrieval.site]
    source = ArchiveAddress(url=url, sha256=upload.accepted_sha256, filesize=upload.accepted_size)
    if retrieval.mode != "new":
        return Restore(
            jobkey=retrieval.jobkey,
            source=source,
            mode=RestoreMode(retrieval.mode),
            courseid=retrieval.target_course_id,
            person=retrieval.person.username,
        )
    return Restore(
        jobkey=retrieval.jobkey,
        source=source,
        mode=RestoreMode.NEW,
        category=site.home_category(retrieval.category, owner.categories),
        fullname=publication.card.title[:LONGEST_FULLNAME],
        shortname=f"{upload.shortname[:SHORTNAME_KEPT]} ({retrieval.idnumber})",
        idnumber=retrieval.idnumber,
        visible=False,
        owners=(Owner(username=retrieval.person.username, role=site.owner_role),),
        person=retrieval.person.username,
    )


def finish_retrieval(world: World, retrieval_id: str, job: Job) -> None:
    """The site's job has ended. Repeated until every step stands."""
    retrieval = world.records.get(Retrieval, retrieval_id)
    if retrieval is None:
        return
    if job.status != JobStatus.DONE:
        _end(world, retrieval, RetrievalState.FAILED, why_failed(job))
        return
    _name_ancestor(world, retrieval, world.sites.lms(retrieval.site), job)
    course_id = job.courseid or retrieval.target_course_id
    site = world.network.sites[retrieval.site]
    _end(
        world,
        retrieval,
        RetrievalState.DONE,
        None,
        course_id=course_id,
        course_url=job.courseurl or f"{site.url}/course/view.php?id={course_id}",
        warnings=warnings_of(job),
    )


def _name_ancestor(world: World, retrieval: Retrieval, lms: Lms, job: Job) -> None:
    """What is changed and offered again names where it came from (P12)."""
    idnumber = retrieval.idnumber
    if retrieval.mode != "new":
        course = lms.course(job.courseid or retrieval.target_course_id)
        idnumber = course.idnumber if course else ""
    if not idnumber:
        return
    line_id = network_id(retrieval.site, idnumber)
    found_or_added(world.records, CourseLine(id=line_id, ancestor=retrieval.publication))
    amend(
        world.records,
        CourseLine,
        line_id,
        lambda line: line if line.ancestor else replace(line, ancestor=retrieval.publication),
    )


def _end(
    world: World,
    retrieval: Retrieval,
    state: RetrievalState,
    why: Note | None,
    *,
    course_id: int = 0,
    course_url: str = "",
    warnings: tuple[Note, ...] = (),
) -> None:
    ended = end_retrieval(
        world, retrieval.id, state, why, course_id=course_id, course_url=course_url, warnings=warnings
    )
    _unlock(world, ended)
