"""What `passerelle publications` and `passerelle catalogue` print with --json."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

from passerelle.domain.publishing.changes import Change, Changes
from passerelle_cli.answers.notes import Moment, Said


class PublicationWhole(TypedDict):
    id: str
    state: str
    state_word: str
    version: int
    title: str
    hub_url: str
    course_url: str
    published_at: datetime | None
    message: str
    warnings: list[Said]
    reference: str
    site: str
    idnumber: str
    network_id: str
    upload: str
    sequence: int
    author: str
    ancestor: str
    summary: str
    language: str
    level: str
    licence: str
    activities: dict[str, int]
    sections: list[str]
    history: list[Moment]


class Version(TypedDict):
    id: str
    version: int
    state: str


class FamilyTree(TypedDict):
    network_id: str
    versions: list[Version]
    children: list[FamilyTree]


class Holder(TypedDict):
    site: str
    version: int
    course_url: str


class PublicationShown(PublicationWhole):
    changes: Changes | None
    family: FamilyTree
    holders: list[Holder]


class PublicationsListed(TypedDict):
    publications: list[PublicationWhole]


class Relative(TypedDict):
    title: str
    author: str
    site_name: str
    version: int
    state: str
    depth: int
    here: bool
    hub_url: str


class ChangesSince(TypedDict):
    since: int
    added: list[Change]
    removed: list[Change]
    changed: list[Change]


class Card(TypedDict):
    publication: str
    title: str
    summary: str
    author: str
    site: str
    site_name: str
    language: str
    level: str
    licence: str
    version: int
    published_at: datetime | None
    activities: dict[str, int]
    size: int
    hub_url: str
    ancestor: str
    sections: list[str]
    titles: list[str]
    moodle_release: str
    plugins: list[str]
    changes: ChangesSince | None
    family: list[Relative]


class CardsFound(TypedDict):
    publications: list[Card]
