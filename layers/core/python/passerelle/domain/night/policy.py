"""What an administrator decides about a site's nights, in network.yaml (`sites.NAME.night`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from passerelle.domain.offer.naming import Naming

FORBID_EXTRA = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Removals above `absolute`, or above `percent` of what is there once they are `at_least`, hold."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    percent: float
    absolute: int
    at_least: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100 or self.absolute < 0 or self.at_least < 1:
            raise ValueError("percent: from 0 to 100, absolute not below zero, at_least at least 1")

    def exceeded(self, count: int, there: int) -> str:
        """The limit that is exceeded, as a report prints it, or nothing."""
        if count > self.absolute:
            return str(self.absolute)
        if count >= self.at_least and count * 100 > self.percent * there:
            return f"{self.percent:g} %"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """N20. `source`: rows that a source file lost against the last good night."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    all: Limit = field(default_factory=lambda: Limit(percent=5, absolute=5000, at_least=50))
    category: Limit = field(default_factory=lambda: Limit(percent=20, absolute=2000, at_least=50))
    course: Limit = field(default_factory=lambda: Limit(percent=50, absolute=300, at_least=20))
    source: Limit = field(default_factory=lambda: Limit(percent=5, absolute=50_000, at_least=20))
    additions_go_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ldap:
    """The university's directory (SupannFr), where it replaces people.csv."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    url: str
    base: str
    filter: str = "(|(supannEtuId=*)(supannEmpId=*))"
    bind_dn: str = ""
    password: str = ""  # name of the SSM parameter that holds it
    start_tls: bool = True
    page_size: int = 500  # entries asked at a time; some directories give fewer
    ca: str = ""  # name of the SSM parameter that holds the university's own authority, as PEM
    ca_file: str = ""  # the same, as a file of the machine that runs this
    login: str = "uid"  # the attribute that people sign in with: uid, supannAliasLogin, …
    # Numbers of students (supannEtuId) and of staff (supannEmpId) are two spaces. Where both hold one number,
    # a prefix tells whose it is; the other sources must write codes in the same way.
    student_prefix: str = ""
    staff_prefix: str = ""

    def __post_init__(self) -> None:
        if self.page_size < 1:
            raise ValueError("page_size: at least 1")


@dataclass(frozen=True, slots=True)
class Freeze:
    """N18. Empty `years`, `categories` and `courses` freeze all of the offer; days are inclusive."""

    since: date
    until: date | None = None
    years: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # idnumbers, and all under them
    courses: tuple[str, ...] = ()
    people: bool = False
    cohorts: bool = False
    why: str = ""
    by: str = ""

    def holds_on(self, night: date, year: str) -> bool:
        return (
            self.since <= night
            and (self.until is None or night <= self.until)
            and (not self.years or year in self.years)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRules:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    timezone: str = "Europe/Paris"  # of the university: a night is named by its morning there
    encoding: str = "utf-8"  # of the extracts; Apogée often writes iso-8859-1
    sources: Literal["", "extracts", "oneroster"] = ""  # empty: by the manifest that lies in the folder
    ldap: Ldap | None = None
    naming: Naming = field(default_factory=Naming)
    removal_grace: int = 14  # nights between suspension and unenrolment (N24)
    leavers_after: int | None = None  # nights until an account that left the sources is suspended (N25)
    archive_category: str = ""  # idnumber: where archived courses go (N5); empty: they stay
    new_account_auth: str = "manual"  # how the night's new accounts sign in
    guard: Guard = field(default_factory=Guard)
    freezes: tuple[Freeze, ...] = ()
    report_to: tuple[str, ...] = ()  # usernames of who is sent each night's summary, through Moodle
    # Where you serve the reports of the state bucket to who may read them, such as
    # https://intranet.example/nights/{site}/{night}/report/{lang}.html; empty: the summary names a command.
    report_link: str = ""
    # What a complete deposit during the day brings at once (N29): its additions, or all under the guard.
    on_deposit: Literal["", "additions", "all"] = ""
    oldest_extracts: int = 24  # hours before the night's morning; older files are not this night's

    def __post_init__(self) -> None:
        if self.removal_grace < 0 or (self.leavers_after is not None and self.leavers_after < 0):
            raise ValueError("removal_grace: it and leavers_after are not below zero")
        if self.report_link and not self.link_to_report("caen", date(2026, 10, 6), "fr"):
            raise ValueError("report_link: an https address with {site}, {night} or {lang} in it")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"timezone: '{self.timezone}' is no time zone") from None

    def link_to_report(self, site: str, night: date, lang: str) -> str:
        """Empty where no such address was given."""
        try:
            link = self.report_link.format(site=site, night=night.isoformat(), lang=lang)
        except (KeyError, IndexError, ValueError):
            return ""
        return link if link.startswith(("https://", "http://")) else ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
