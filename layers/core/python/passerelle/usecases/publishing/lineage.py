"""Where a publication comes from, what came of it, and who holds which version (P12, P13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import Notification
from passerelle.domain.publishing.changes import Changes, changes_between
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.states import PublicationState, RetrievalState
from passerelle.errors import MoodleRefused, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend, list_all
from passerelle.words.changes import changes_text

_SHARED = (PublicationState.PUBLISHED, PublicationState.SUPERSEDED, PublicationState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Branch:
    """One network course of a family: its versions, oldest first, and what was made from them."""

    network_id: str
    versions: tuple[Publication, ...]
    children: tuple[Branch, ...]


def family(world: World, publication_id: str) -> Branch:
    """The whole family tree that a publication belongs to, from its oldest known ancestor down."""
    root = world.records.get(Publication, publication_id)
    if root is None:
        raise NotFound("publication_unknown")
    seen = {root.network_id}
    while root.ancestor:
        older = world.records.get(Publication, root.ancestor)
        if older is None or older.network_id in seen:
            break
        root = older
        seen.add(root.network_id)
    return _branch(world, root.network_id, frozenset())


def _branch(world: World, network_id: str, above: frozenset[str]) -> Branch:
    found = list_all(world.records, Publication, "course", network_id)
    mine = sorted(found, key=lambda p: (p.sequence, p.version))
    above = above | {network_id}
    children = {
        child.network_id for one in mine for child in list_all(world.records, Publication, "ancestor", one.id)
    }
    return Branch(
        network_id, tuple(mine), tuple(_branch(world, one, above) for one in sorted(children - above))
    )


def in_lines(branch: Branch, depth: int = 0) -> list[tuple[Branch, int]]:
    """The tree as it is read from top to bottom, each course with its generation; only those once shared."""
    shown = tuple(p for p in branch.versions if p.state in _SHARED)
    own = [(Branch(branch.network_id, shown, branch.children), depth)] if shown else []
    return own + [line for child in branch.children for line in in_lines(child, depth + len(own))]


def holders(world: World, network_id: str) -> list[Retrieval]:
    """Who brought a version of this course home, oldest first."""
    found = list_all(world.records, Retrieval, "publication_course", network_id)
    return [r for r in found if r.state == RetrievalState.DONE]


def to_be_told(world: World, publication: Publication) -> list[Retrieval]:
    """Who holds an older version and was not told of this one yet; nobody while it is not on offer."""
    if publication.state != PublicationState.PUBLISHED:
        return []
    return _untold(world, publication)


def _untold(world: World, publication: Publication) -> list[Retrieval]:
    held = holders(world, publication.network_id)
    return [r for r in held if max(r.version, r.told_version) < publication.version]


def changes_since(world: World, publication: Publication, version: int) -> Changes | None:
    """From an older version of the same course to this one (P22); None where one of them is unknown."""
    published = list_all(world.records, Publication, "course", publication.network_id)
    older = next((p for p in published if p.version == version and version > 0), None)
    if older is None:
        return None
    before, after = (_manifest(world, p) for p in (older, publication))
    return None if before is None or after is None else changes_between(before, after)


def _manifest(world: World, publication: Publication) -> Manifest | None:
    upload = world.records.get(Upload, publication.upload)
    return None if upload is None else world.papers.load(Manifest, upload.manifest_key)


def tell_holders(world: World, publication_id: str) -> tuple[list[Retrieval], list[Retrieval]]:
    """Tell everybody who holds an older version that this one exists; each is told once (P13).

    Answers who was told, and who could not be because their site refused the message. Raises NotFound, and
    Refused `not_on_offer` of one that is withdrawn, replaced, failed or not yet there: nobody is sent to it.
    """
    publication = world.records.get(Publication, publication_id)
    if publication is None:
        raise NotFound("publication_unknown")
    if publication.state != PublicationState.PUBLISHED:
        raise Refused("not_on_offer", title=publication.card.title, state=publication.state)
    told: list[Retrieval] = []
    not_told: list[Retrieval] = []
    for retrieval in _untold(world, publication):
        message = Notification(
            key=f"{publication.jobkey}:newer:{retrieval.id}",
            username=retrieval.person.username,
            kind="new_version",
            lang=retrieval.person.lang,
            values={
                "title": publication.card.title,
                "version": str(publication.version),
                "huburl": publication.hub_url,
                "courseurl": retrieval.course_url,
                "changes": changes_text(
                    changes_since(world, publication, retrieval.version), retrieval.person.lang
                ),
            },
        )
        try:
            world.sites.lms(retrieval.site).notify([message])
        except MoodleRefused:
            not_told.append(retrieval)
        else:
            # After the message: cut in between, the same key sends nothing a second time.
            told.append(amend(world.records, Retrieval, retrieval.id, _told_of(publication.version)))
    return told, not_told


def _told_of(version: int) -> Callable[[Retrieval], Retrieval]:
    return lambda retrieval: replace(retrieval, told_version=max(retrieval.told_version, version))
