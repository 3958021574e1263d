"""Searching the catalogue (P15): words anywhere in a card or its contents, accents and case aside."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from passerelle.domain.publishing.publication import Publication
from passerelle.domain.states import PublicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    query: str = ""
    language: str = ""
    level: str = ""
    licence: str = ""
    author: str = ""
    activity: str = ""
    from_site: str = ""


def folded(text: str) -> str:
    """`Chimie générale` → `chimie generale`."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def fits(publication: Publication, wanted: Wanted) -> bool:
    if publication.state != PublicationState.PUBLISHED:
        return False
    card = publication.card
    contents = publication.contents
    if wanted.from_site and publication.site != wanted.from_site:
        return False
    for asked, has in (
        (wanted.language, card.language),
        (wanted.level, card.level),
        (wanted.licence, card.licence),
    ):
        if asked and folded(asked) != folded(has):
            return False
    if wanted.author and folded(wanted.author) not in folded(publication.author.fullname):
        return False
    if wanted.activity and wanted.activity.removeprefix("mod_") not in contents.activities:
        return False
    text = folded(
        " ".join(
            (
                card.title,
                card.summary,
                card.level,
                publication.idnumber,
                publication.author.fullname,
                *contents.sections,
                *contents.titles,
            )
        )
    )
    return all(word in text for word in folded(wanted.query).split())
