"""Searching the catalogue and looking into one publication before bringing it home (P15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from passerelle.domain.backups.compatibility import objections, told_facts
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.publishing.search import Wanted, fits
from passerelle.domain.records import Note
from passerelle.domain.site_commands import SearchCatalogue
from passerelle.domain.states import PublicationState
from passerelle.errors import NotFound
from passerelle.ports import Page, World
from passerelle.usecases.publishing import lineage
from passerelle.words.notes import note_text

READ_AT_ONCE = 100  # records: a search with few answers still reads the whole catalogue


def answer_search(world: World, command: SearchCatalogue) -> Mapping[str, object]:
    if command.publication:
        publication = world.records.get(Publication, command.publication)
        if publication is None or publication.state != PublicationState.PUBLISHED:
            raise NotFound("publication_unknown")
        return {"publications": [_as_seen_by(world, command, publication, preview=True)], "next": None}
    wanted = Wanted(
        query=command.query,
        language=command.language,
        level=command.level,
        licence=command.licence,
        author=command.author,
        activity=command.activity,
        from_site=command.from_site,
    )
    found, after = search(world, wanted, after=command.after, limit=command.limit)
    return {"publications": [_as_seen_by(world, command, p, preview=False) for p in found], "next": after}


def _as_seen_by(
    world: World, command: SearchCatalogue, publication: Publication, *, preview: bool
) -> dict[str, object]:
    """The card, and why the site that asks could not take the course, by what it says it has (P16)."""
    against: tuple[Note, ...] = ()
    if command.release:
        site = told_facts(command.release, command.plugins)
        against = objections(publication.contents, site, command.lang)
    return {
        **card(world, publication, preview=preview),
        "cannot_come": [note_text(note, command.lang) for note in against],
    }


def search(
    world: World, wanted: Wanted, *, after: str | None = None, limit: int = 20
) -> tuple[list[Publication], str | None]:
    """At most `limit` publications that fit, and the cursor to go on from; None at the end."""
    found: list[Publication] = []
    while True:
        page = _read(world, after, READ_AT_ONCE)
        room = limit - len(found)
        places = [place for place, p in enumerate(page.items) if fits(p, wanted)]
        if len(places) > room:
            # Read again up to the last one given: the cursor stands exactly behind it.
            page = _read(world, after, places[room - 1] + 1)
        found += [p for p in page.items if fits(p, wanted)]
        after = page.next
        if after is None or len(found) >= limit:
            return found, after


def _read(world: World, after: str | None, limit: int) -> Page[Publication]:
    return world.records.list(
        Publication, "state", PublicationState.PUBLISHED.value, after=after, limit=limit
    )


def card(world: World, publication: Publication, *, preview: bool) -> dict[str, object]:
    site = world.network.sites.get(publication.site)
    shown: dict[str, object] = {
        "publication": publication.id,
        "title": publication.card.title,
        "summary": publication.card.summary,
        "author": publication.author.fullname,
        "site": publication.site,
        "site_name": site.title if site else publication.site,
        "language": publication.card.language,
        "level": publication.card.level,
        "licence": publication.card.licence,
        "version": publication.version,
        "published_at": int(publication.published_at.timestamp()) if publication.published_at else None,
        "activities": publication.contents.activities,
        "size": publication.contents.size,
        "hub_url": publication.hub_url,
        "ancestor": publication.ancestor,
    }
    if preview:
        shown["sections"] = list(publication.contents.sections)
        shown["titles"] = list(publication.contents.titles)
        shown["moodle_release"] = publication.contents.moodle_release
        shown["plugins"] = list(publication.contents.plugins)
        shown["changes"] = _changes(world, publication)
        shown["family"] = [
            relative(world, each, depth, here=each.network_id == publication.network_id)
            for each, depth in lineage.in_lines(lineage.family(world, publication.id))
        ]
    return shown


def _changes(world: World, publication: Publication) -> dict[str, object] | None:
    """Against the version before (P22)."""
    changes = lineage.changes_since(world, publication, publication.version - 1)
    if changes is None:
        return None
    return {"since": publication.version - 1, **asdict(changes)}


def relative(world: World, branch: lineage.Branch, depth: int, *, here: bool) -> dict[str, object]:
    """One course of a family tree, as a line of it: `depth` counts generations from the oldest (P12)."""
    newest = branch.versions[-1]
    site = world.network.sites.get(newest.site)
    on_offer = newest.state == PublicationState.PUBLISHED
    return {
        "title": newest.card.title,
        "author": newest.author.fullname,
        "site_name": site.title if site else newest.site,
        "version": newest.version,
        "state": newest.state.value,
        "depth": depth,
        "here": here,
        "hub_url": newest.hub_url if on_offer else "",
    }
