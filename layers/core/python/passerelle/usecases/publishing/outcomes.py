"""How a publication or a retrieval ended, written down and told to the person who asked."""

from __future__ import annotations

from passerelle.domain.moodle.plugin import Notification
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Note, Person, moved
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.errors import MoodleRefused
from passerelle.ports import World
from passerelle.usecases.amend import amend, amend_if
from passerelle.usecases.publishing.refusals import tell_drop
from passerelle.words.notes import note_text

UNDER_WAY = (PublicationState.REQUESTED, PublicationState.RESTORING)


def fail_publication(world: World, publication: Publication, why: Note) -> Publication:
    publication = amend_if(world, publication, UNDER_WAY, PublicationState.FAILED, why.code, message=why)
    if publication.state == PublicationState.FAILED:
        tell_author(world, publication, "publication_failed")
        tell_drop(world, publication.upload, why)
    return publication


def tell_author(world: World, publication: Publication, kind: str) -> None:
    """The message with both links (P10), or the sentence that says why not. The same key is sent once."""
    message = note_text(publication.message, publication.author.lang) if publication.message else ""
    _tell(
        world,
        publication.site,
        publication.author,
        key=f"{publication.jobkey}:{kind}",
        kind=kind,
        values={
            "title": publication.card.title,
            "huburl": publication.hub_url,
            "courseurl": publication.course_url,
            "version": str(publication.version),
            "message": message,
            "reference": publication.id[:8],
        },
    )


def end_retrieval(
    world: World,
    retrieval_id: str,
    state: RetrievalState,
    why: Note | None,
    *,
    course_id: int = 0,
    course_url: str = "",
    warnings: tuple[Note, ...] = (),
) -> Retrieval:
    now = world.clock.now()

    def decide(before: Retrieval) -> Retrieval:
        if before.state not in (RetrievalState.REQUESTED, RetrievalState.RESTORING):
            return before
        if before.state == RetrievalState.REQUESTED and state == RetrievalState.DONE:
            before = moved(before, RetrievalState.RESTORING, now, "started")
        return moved(
            before,
            state,
            now,
            why.code if why else "restored",
            message=why,
            course_id=course_id or before.course_id,
            course_url=course_url or before.course_url,
            warnings=(*before.warnings, *warnings),
        )

    retrieval = amend(world.records, Retrieval, retrieval_id, decide)
    publication = world.records.get(Publication, retrieval.publication)
    _tell(
        world,
        retrieval.site,
        retrieval.person,
        key=f"{retrieval.jobkey}:{retrieval.state.value}",
        kind="retrieved" if retrieval.state == RetrievalState.DONE else "retrieval_failed",
        values={
            "title": publication.card.title if publication else "",
            "courseurl": retrieval.course_url,
            "message": note_text(retrieval.message, retrieval.person.lang) if retrieval.message else "",
            "reference": retrieval.id[:8],
        },
    )
    return retrieval


def _tell(world: World, site: str, person: Person, *, key: str, kind: str, values: dict[str, str]) -> None:
    message = Notification(key=key, username=person.username, kind=kind, lang=person.lang, values=values)
    try:
        world.sites.lms(site).notify([message])
    except MoodleRefused:
        # The person may have left the site meanwhile. What happened is in the record and in the block;
        # a message that cannot be sent must not hold up or undo it.
        return
