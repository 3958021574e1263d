"""The network as its administrators describe it in `network.yaml`.

pydantic fills these classes from the file (runtime.network_file) and adds the line to every message;
the rules that need no library stand in `__post_init__`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from passerelle.domain.night.policy import NightRules
from passerelle.domain.orders.shop import Shop
from passerelle.domain.retention import Retention
from passerelle.domain.sizes import parse_size

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
FORBID_EXTRA = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """Where a person who was refused may write (H1)."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    email: str = ""

    def __post_init__(self) -> None:
        if self.email and "@" not in self.email:
            raise ValueError("email: is not an e-mail address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """What becomes of archives that land in a site's drop folder (P21)."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    author: str  # username, on that site, of whoever answers for them
    category: str = ""  # as a source category: the hub's table says where its courses go
    publish: bool = True  # false: proved, scrubbed and kept, to be published by hand
    licence: str = ""

    def __post_init__(self) -> None:
        if not self.author.strip():
            raise ValueError("author: a username of the site is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    title: str
    url: str
    token: str  # name of the SSM parameter that holds the web-service token
    secrets: tuple[str, ...]  # names of one or two SSM parameters: the signing secrets now valid
    language: str = "fr"
    category: str = ""  # idnumber: where courses brought home arrive
    own_category: bool = False  # rather one that the teacher owns, where there is one (P11)
    owner_role: str = "editingteacher"
    assistance: Assistance = field(default_factory=Assistance)
    max_concurrency: int = 4
    calls_per_second: float = 20.0
    plugins: bool = True  # false: a Moodle without Passerelle's plugins, which can only be sold on
    role_ids: Mapping[str, int] = field(default_factory=dict)  # short name → id, where nothing can be asked
    # The change of year (R1–R13).
    year: str = ""  # as teachers read it: 25/26
    previous: str = ""  # name of the site that held the year before
    media_library: str = ""  # address of the *médiathèque*, where heavy files belong
    media_threshold: str = "50 MB"  # from here on a file is heavy (R12)
    administrators: tuple[str, ...] = ()  # usernames of who may go past R5 and allow a transfer (R3)
    night: NightRules | None = None  # none: no night comes to this site (N1–N25)
    drop: Drop | None = None  # none: archives in its drop folder are refused (P21)
    parallel_restores: int = 3  # of a faculty's plan, at a time (R13)
    parallel_backups: int = 2  # of the night's freshness, at a time (R10)

    def __post_init__(self) -> None:
        _ = self.media_threshold_bytes
        if self.parallel_restores < 1 or self.parallel_backups < 1:
            raise ValueError("parallel_restores: it and parallel_backups are at least 1")
        if not re.match(r"https?://[^\s/]+", self.url) or self.url.endswith("/"):
            raise ValueError("url: the address of the Moodle (its wwwroot), without a final slash")
        if not 1 <= len(self.secrets) <= 2:
            raise ValueError("secrets: one parameter is named, or two while a secret is being changed")
        if self.max_concurrency < 1 or self.calls_per_second <= 0:
            raise ValueError("max_concurrency: it and calls_per_second are above zero")

    def home_category(self, asked: str, owned: tuple[str, ...]) -> str:
        """Where a course brought home arrives (P11), by idnumber. `asked` is what the Moodle itself is set
        to, `owned` what its teacher owns there.
        """
        if self.own_category and owned:
            return owned[0]
        return asked or self.category

    @property
    def zone(self) -> ZoneInfo:
        """Of the days that its people read."""
        return (self.night or NightRules()).zone

    @property
    def media_threshold_bytes(self) -> int:
        return parse_size(self.media_threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    site: str
    category: str  # idnumber: the *catégorie prédéfinie* (P8)
    categories: Mapping[str, str] = field(default_factory=dict)  # source category → hub category
    author_role: str = "teacher"  # views, does not edit (P9)
    viewer_role: str = "teacher"  # what the teachers of the members hold on the hub's category
    older_versions: Literal["hidden", "visible"] = "hidden"
    unknown_author: Literal["warn", "create"] = "warn"
    new_account_auth: str = "manual"
    managers: tuple[str, ...] = ()  # `site:identity key` of who may withdraw and reclassify


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    archive: str = "20 GB"
    backups_kept: int = 3

    def __post_init__(self) -> None:
        if self.backups_kept < 1:
            raise ValueError("backups_kept: at least 1")
        _ = self.archive_bytes

    @property
    def archive_bytes(self) -> int:
        return parse_size(self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    name: str
    sites: Mapping[str, Site]
    hub: Hub
    identity: Literal["username", "email", "idnumber"] = "username"
    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)
    shops: Mapping[str, Shop] = field(default_factory=dict)
    operators: tuple[str, ...] = ()  # `site:identity key` of who may do everything in the console (H2)
    address: str = ""  # Passerelle's own, as people reach it: links to seats begin with it
    seats_secrets: tuple[str, ...] = ()  # SSM parameters that sign those links; one, or two in rotation

    def __post_init__(self) -> None:
        for name in self.sites:
            if not NAME.fullmatch(name):
                raise ValueError(f"sites: '{name}' must be lower-case letters, digits and dashes")
        if self.hub.site not in self.sites:
            raise ValueError(f"hub.site: '{self.hub.site}' is not one of the sites")
        self._check_operators()
        for name, shop in self.shops.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"shops: '{name}' must be lower-case letters, digits and dashes")
            if shop.site not in self.sites:
                raise ValueError(f"shops.{name}.site: '{shop.site}' is not one of the sites")
        for name, site in self.sites.items():
            if site.previous and (site.previous == name or site.previous not in self.sites):
                raise ValueError(f"sites.{name}.previous: '{site.previous}' is not another of the sites")
            if site.previous and not self.sites[site.previous].year:
                raise ValueError(f"sites.{site.previous}.year: the button of '{name}' names it")

    def _check_operators(self) -> None:
        for who in self.operators:
            site, _, identity = who.partition(":")
            if site not in self.sites or not identity:
                raise ValueError(f"operators: '{who}' must be site:identity")

    @property
    def hub_site(self) -> Site:
        return self.sites[self.hub.site]

    @property
    def previous_sites(self) -> tuple[str, ...]:
        """The sites whose courses another one takes over (R1)."""
        return tuple(sorted({site.previous for site in self.sites.values() if site.previous}))

    def hub_category(self, source_category: str) -> str:
        return self.hub.categories.get(source_category, self.hub.category)

    def is_manager(self, site: str, identity: str) -> bool:
        return f"{site}:{identity}" in self.hub.managers
