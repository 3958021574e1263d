"""*Mutualiser* as a teacher asks for it: publish, look, withdraw, reclassify (P5, P8, P14, P17, P18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from passerelle.domain.backups.compatibility import objections
from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import CourseLine, Upload, changed_since, newest
from passerelle.domain.publishing.publication import (
    Already,
    Card,
    Contents,
    Publication,
    WaitForCheck,
    choose_upload,
    publication_id,
)
from passerelle.domain.records import Note, Person, moved, network_id
from passerelle.domain.site_commands import AskPublication
from passerelle.domain.states import BackupState, PublicationState, state_word
from passerelle.errors import MoodleAway, MoodleRefused, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added, list_all
from passerelle.usecases.backups import inspect
from passerelle.usecases.backups.manage import describe_backup
from passerelle.usecases.backups.receive import moment_of
from passerelle.usecases.publishing import hub_copies, lineage
from passerelle.words.notes import note_text


def answer_publication(world: World, command: AskPublication) -> Mapping[str, object]:
    match command.action:
        case "status":
            return status(world, command)
        case "fits":
            return fits(world, command)
        case "publish":
            return ask(world, command)
        case "withdraw":
            return withdraw(world, command)
        case "tell_holders":
            return tell_holders(world, command)
        case "reclassify_list":
            return reclassify_list(world, command)


def ask(world: World, command: AskPublication) -> Mapping[str, object]:
    if command.person is None:
        raise Refused("field", field="person", problem="missing")
    if not command.declaration:
        raise Refused("declaration_needed")
    if not command.title.strip():
        raise Refused("title_needed")
    course = network_id(command.site, command.idnumber)
    publications = list_all(world.records, Publication, "course", course)
    uploads = list_all(world.records, Upload, "course", course)
    try:
        choice = choose_upload(uploads, publications)
    except Refused as refusal:
        if refusal.code == "backup_refused":
            reason = note_text(Note(str(refusal.details["reason"]) or "not_a_backup"), command.lang)
            raise Refused("backup_refused", reason=reason) from refusal
        raise
    if isinstance(choice, Already):
        publication = choice.publication
    else:
        line = world.records.get(CourseLine, course)
        if line is not None and choice.upload.sequence < line.published_sequence:
            # What came after it was withdrawn and deleted: it would be put aside without a word (P14).
            raise Refused("backup_outdated")
        publication = found_or_added(
            world.records,
            _requested(world, command, command.person, choice.upload, publications, line),
        )
    _set_going(world, publication)
    return {
        "publication": publication.id,
        "state": publication.state.value,
        "waiting_for_check": isinstance(choice, WaitForCheck),
        # Nothing will happen and no message will come: the page says so, and shows both links (P10).
        "already_published": publication.state == PublicationState.PUBLISHED,
        "version": publication.version,
        "hub_url": publication.hub_url,
        "course_url": publication.course_url,
    }


def _requested(
    world: World,
    command: AskPublication,
    author: Person,
    upload: Upload,
    publications: list[Publication],
    line: CourseLine | None,
) -> Publication:
    return Publication(
        id=publication_id(upload, publications),
        upload=upload.id,
        site=upload.site,
        idnumber=upload.idnumber,
        sequence=upload.sequence,
        author=author,
        card=Card(
            title=command.title.strip(),
            summary=command.summary.strip(),
            language=command.language.strip(),
            level=command.level.strip(),
            licence=command.licence.strip(),
        ),
        course_url=command.course_url,
        source_category=command.category_idnumber,
        requested_at=world.clock.now(),
        ancestor=line.ancestor if line else "",
    )


def _set_going(world: World, publication: Publication) -> None:
    """Queue it if its backup is proved by now; else the check's own follow-up will."""
    if publication.state != PublicationState.REQUESTED:
        return
    upload = world.records.get(Upload, publication.upload)
    if upload is None:
        return
    if upload.state == BackupState.ACCEPTED:
        world.queues.send("publications", {"publication": publication.id})
    elif upload.state == BackupState.REFUSED:
        # The verdict fell between our reading and our writing.
        inspect.follow_up(world, upload)


def fits(world: World, command: AskPublication) -> Mapping[str, object]:
    """Raises Refused where the hub cannot take the course (P16), before anything is made or moved.

    A hub that does not answer keeps nobody: it is asked again before it restores.
    """
    contents = _held(world, command)
    if contents is not None:
        with suppress(MoodleAway, MoodleRefused):
            facts = world.sites.lms(world.network.hub.site).get_site()
            against = objections(contents, facts, command.lang)
            if against:
                raise Refused(against[0].code, **against[0].details)
    return {"hub": world.network.hub_site.title}


def _held(world: World, command: AskPublication) -> Contents | None:
    """What the course holds as its site tells it now, else as its newest proved backup does."""
    if command.release:
        return Contents(activities={}, moodle_release=command.release, plugins=command.plugins)
    uploads = list_all(world.records, Upload, "course", network_id(command.site, command.idnumber))
    upload = newest(uploads, BackupState.ACCEPTED)
    manifest = world.papers.load(Manifest, upload.manifest_key) if upload else None
    return inspect.contents_of(manifest, upload.accepted_size) if upload and manifest else None


def status(world: World, command: AskPublication) -> Mapping[str, object]:
    course = network_id(command.site, command.idnumber)
    uploads = list_all(world.records, Upload, "course", course)
    publications = list_all(world.records, Publication, "course", course)
    latest = newest(
        uploads,
        BackupState.UPLOADING,
        BackupState.RECEIVED,
        BackupState.ACCEPTED,
        BackupState.REFUSED,
    )
    good = newest(uploads, BackupState.RECEIVED, BackupState.ACCEPTED)
    shown = max(publications, key=lambda p: (p.requested_at, p.sequence), default=None)
    return {
        "backup": None if latest is None else describe_backup(latest, command.lang),
        "publication": None if shown is None else describe(shown, command.lang),
        "changed_since": changed_since(good, moment_of(command.lastchange)),
        "older_holders": 0 if shown is None else len(lineage.to_be_told(world, shown)),
        # Whom to write to about a publication that failed (H1).
        "assistance": world.network.sites[command.site].assistance.email,
    }


def describe(publication: Publication, lang: str) -> dict[str, object]:
    return {
        "id": publication.id,
        "state": publication.state.value,
        "state_word": state_word(publication.state, lang),
        "version": publication.version,
        "title": publication.card.title,
        "hub_url": publication.hub_url,
        "course_url": publication.course_url,
        "published_at": int(publication.published_at.timestamp()) if publication.published_at else None,
        "message": note_text(publication.message, lang) if publication.message else "",
        "warnings": [{"code": n.code, "message": note_text(n, lang)} for n in publication.warnings],
        "reference": publication.id[:8],
    }


def withdraw(world: World, command: AskPublication) -> Mapping[str, object]:
    publication = _own(world, command)
    reason = f": {command.reason.strip()}" if command.reason.strip() else ""
    withdrawn = take_out(world, publication.id, f"withdrawn by {command.site}{reason}")
    return {"publication": withdrawn.id, "state": withdrawn.state.value}


def tell_holders(world: World, command: AskPublication) -> Mapping[str, object]:
    """The author says when a version is worth a message to those who hold an older one (P13)."""
    publication = _own(world, command)
    if publication.state != PublicationState.PUBLISHED:
        raise NotFound("publication_unknown")
    told_to, not_told = lineage.tell_holders(world, publication.id)
    return {"told": len(told_to), "not_told": len(not_told)}


def _own(world: World, command: AskPublication) -> Publication:
    """The publication that is asked about, for its author or a hub manager."""
    publication = world.records.get(Publication, command.publication)
    on_hub = command.site == world.network.hub.site
    if publication is None or (publication.site != command.site and not on_hub):
        raise NotFound("publication_unknown")
    _is_authors(world, command, publication)
    return publication


def _is_authors(world: World, command: AskPublication, publication: Publication) -> None:
    if command.person is None:
        raise Refused("not_yours")
    identity = command.person.key(world.network.identity)
    is_author = identity != "" and identity == publication.author.key(world.network.identity)
    if not is_author and not world.network.is_manager(command.site, identity):
        raise Refused("not_yours")


def take_out(world: World, publication: str, why: str) -> Publication:
    """Out of the catalogue first, then hidden on the hub; copies brought home stay (P18).

    A hub that is away hides it when it is back: watch_jobs sees to that.
    """
    now = world.clock.now()

    def decide(before: Publication) -> Publication:
        if before.state == PublicationState.WITHDRAWN:
            return before
        if before.state not in (PublicationState.PUBLISHED, PublicationState.SUPERSEDED):
            raise Refused("withdraw_too_early", state=before.state)
        return moved(before, PublicationState.WITHDRAWN, now, why, hide_due=True)

    withdrawn = amend(world.records, Publication, publication, decide)
    with suppress(MoodleAway):
        hub_copies.hide(world, withdrawn)
    return withdrawn


def reclassify_list(world: World, command: AskPublication) -> Mapping[str, object]:
    """*À reclasser*: copies that still stand where the hub's configuration put them (P8)."""
    if command.site != world.network.hub.site:
        raise Refused("hub_only")
    return {
        "courses": [
            {
                "publication": p.id,
                "course_url": p.hub_url,
                "title": p.card.title,
                "author": p.author.fullname,
                "site": p.site,
                "site_name": world.network.sites[p.site].title if p.site in world.network.sites else p.site,
            }
            for p in to_reclassify(world)
        ]
    }


def to_reclassify(world: World) -> list[Publication]:
    """One question to the hub for each category that it configures, and one to the table for each course that
    stands there, however many were published.
    """
    return list(standing_where_put(world))


def standing_where_put(world: World) -> Iterator[Publication]:
    hub = world.network.hub
    lms = world.sites.lms(hub.site)
    for name in dict.fromkeys((hub.category, *hub.categories.values())):
        category = lms.category_by_idnumber(name)
        for course in lms.courses_in(category.id) if category else ():
            # On the hub the newest copy has the network identifier as idnumber (P13).
            for one in list_all(world.records, Publication, "course", course.idnumber):
                put = (one.category_id, one.hub_course_id) == (category.id, course.id) if category else False
                if put and one.state is PublicationState.PUBLISHED:
                    yield one
