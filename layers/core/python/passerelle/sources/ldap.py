"""People from an LDAP directory of the SupannFr kind → the rows of people.csv."""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import ldap3
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInappropriateAuthenticationResult,
    LDAPInsufficientAccessRightsResult,
    LDAPInvalidCredentialsResult,
    LDAPInvalidFilterError,
    LDAPNoSuchObjectResult,
)
from ldap3.core.results import RESULT_SUCCESS
from ldap3.utils.dn import parse_dn

from passerelle.domain.offer.model import Because, Kind, Table
from passerelle.errors import GiveUp, TryAgain
from passerelle.sources.collecting import Collected, refuse_shared_usernames
from passerelle.sources.directory_paper import FILE, PeopleRead
from passerelle.sources.extracts import make_rows
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.tables import Fault

_STUDENT_CODE, _STAFF_CODE = "supannEtuId", "supannEmpId"
_ATTRIBUTES = (_STUDENT_CODE, _STAFF_CODE, "sn", "givenName", "mail", "eduPersonAffiliation")
_PAGES = "1.2.840.113556.1.4.319"  # the control of RFC 2696


class DirectoryAway(TryAgain):
    """The directory did not answer, or stopped in the middle: nothing of it may be used."""


class DirectoryRefused(GiveUp):
    """Wrong password, base or filter, or a certificate that is not trusted. `code` says which."""


@dataclass(frozen=True, slots=True)
class Directory:
    url: str  # ldaps://ldap.univ.example, or ldap:// with start_tls
    base: str
    filter: str = "(|(supannEtuId=*)(supannEmpId=*))"
    bind_dn: str = ""  # empty: anonymous
    password: str = field(default="", repr=False)
    start_tls: bool = True
    ca_file: str | None = None  # the university's own authority
    ca: str | None = None  # the same, as PEM text
    page_size: int = 500
    login: str = "uid"
    student_prefix: str = ""
    staff_prefix: str = ""
    timeout: timedelta = timedelta(seconds=30)


def read_directory(directory: Directory) -> PeopleRead:
    """The whole list or nothing: a search that is cut raises, for half a list reads as departures."""
    try:
        with _connect(directory) as connection:
            return collect_people(_search(connection, directory), directory)
    except (
        LDAPInvalidCredentialsResult,
        LDAPInappropriateAuthenticationResult,
        LDAPInsufficientAccessRightsResult,
    ):
        raise DirectoryRefused("ldap_not_allowed") from None
    except LDAPNoSuchObjectResult:
        raise DirectoryRefused("ldap_no_such_base", base=directory.base) from None
    except LDAPInvalidFilterError:
        raise DirectoryRefused("ldap_bad_filter", filter=directory.filter) from None
    except LDAPException as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise DirectoryRefused("ldap_certificate_not_trusted", url=directory.url) from None
        # Only the kind: ldap3 puts what it was sent into its texts.
        raise DirectoryAway(type(error).__name__) from None


@contextmanager
def _connect(directory: Directory) -> Iterator[ldap3.Connection]:
    secure = directory.url.startswith("ldaps://")
    tls = None
    if secure or directory.start_tls:
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED, ca_certs_file=directory.ca_file, ca_certs_data=directory.ca
        )
    seconds = directory.timeout.total_seconds()
    server = ldap3.Server(
        directory.url, use_ssl=secure, tls=tls, connect_timeout=seconds, get_info=ldap3.NONE
    )
    connection = ldap3.Connection(
        server,
        user=directory.bind_dn or None,
        password=directory.password or None,
        receive_timeout=int(seconds),
        raise_exceptions=True,
        read_only=True,
        auto_referrals=False,  # a referral would send the password to another server
    )
    try:
        connection.open()
        if directory.start_tls and not secure:
            connection.start_tls()  # before the password is sent
        connection.bind()
        yield connection
    finally:
        with suppress(LDAPException):
            connection.unbind()


Entry = Mapping[str, Any]  # ldap3's: dn, raw_attributes {name: [bytes]}


def _search(connection: ldap3.Connection, directory: Directory) -> Iterator[Entry]:
    """Page by page. ldap3's own paged search takes a size or time limit for the end of the list, even
    where it is told to raise: the result of each page is looked at here."""
    cookie: bytes | None = None
    while True:
        connection.search(
            directory.base,
            directory.filter,
            attributes=[directory.login, *_ATTRIBUTES],
            paged_size=directory.page_size,
            paged_criticality=True,  # better no answer than one that is not in pages
            paged_cookie=cookie,
        )
        if connection.result["result"] != RESULT_SUCCESS:
            raise DirectoryAway(connection.result["description"])
        for entry in connection.response or ():
            if entry["type"] == "searchResEntry":  # referrals are not followed
                yield entry
        cookie = connection.result.get("controls", {}).get(_PAGES, {}).get("value", {}).get("cookie")
        if not cookie:
            return


def collect_people(entries: Iterable[Entry], directory: Directory | None = None) -> PeopleRead:
    """Of an attribute with several values the smallest is taken, but for logins (`_Said.login`)."""
    told = directory or Directory("", "")
    collected = Collected(LAYOUTS[Table.PEOPLE], Table.PEOPLE, FILE)
    other_codes: dict[str, tuple[str, ...]] = {}
    spaces: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)  # number → whose space, which line
    # A directory answers in no order: lines must be those of the night before.
    for line, entry in enumerate(sorted(entries, key=lambda one: str(one["dn"]).casefold()), 1):
        collected.read += 1
        values, fault, others, numbers = _read(entry, told)
        for space, code in numbers:
            spaces[code].add((space, line))
        if fault is None:
            collected.good.setdefault(values, line)
            other_codes[values[0]] = others
        else:
            collected.refuse(line, tuple(value or None for value in values), fault)
    _refuse_shared_codes(collected, other_codes, spaces)
    refuse_shared_usernames(collected)
    people = tuple(replace(person, other_codes=other_codes[person.code]) for person in make_rows(collected))
    return PeopleRead(people, tuple(collected.refused), collected.read)


def _read(
    entry: Entry, directory: Directory
) -> tuple[tuple[str, ...], Fault | None, tuple[str, ...], list[tuple[str, str]]]:
    """Values in the order of people.csv, what is wrong, the person's further codes, and all with their
    space."""
    said = _Said(entry)
    prefixes = ((_STUDENT_CODE, directory.student_prefix), (_STAFF_CODE, directory.staff_prefix))
    numbers = [(name, prefix + number) for name, prefix in prefixes for number in said.all(name)]
    codes = [*dict.fromkeys(code for _, code in numbers)]
    username, several = said.login(directory.login)
    affiliations = {value.lower() for value in said.all("eduPersonAffiliation")}
    student = "student" in affiliations or (not affiliations and bool(said.all(_STUDENT_CODE)))
    values = (
        codes[0] if codes else "",
        username.lower(),
        said.first("sn"),
        said.first("givenName"),
        said.first("mail"),
        (Kind.STUDENT if student else Kind.STAFF).value,
    )
    fault: Fault | None = None
    if said.unreadable:
        fault = Fault(Because.BAD_ENCODING, said.unreadable[0])
    elif not codes:
        fault = Fault(Because.MISSING_VALUE, "code")
    elif several:
        fault = Fault(Because.SEVERAL_VALUES, "username")
    return values, fault, tuple(codes[1:]), numbers


class _Said:
    """One entry's attributes. A directory gives several values in no order: where one is wanted the
    smallest is taken, so that names do not change from night to night."""

    def __init__(self, entry: Entry) -> None:
        self.unreadable: list[str] = []
        self._dn = str(entry["dn"])
        self._values: dict[str, list[str]] = {}
        for name, raw in entry["raw_attributes"].items():
            self._values[name.lower()] = sorted(self._text(name, raw))

    def _text(self, name: str, raw: list[bytes]) -> Iterator[str]:
        for value in raw:
            try:
                text = value.decode().strip()
            except UnicodeDecodeError:
                self.unreadable.append(name)
                continue
            if "\x00" in text:
                self.unreadable.append(name)
            elif text:
                yield text

    def all(self, name: str) -> list[str]:
        return self._values.get(name.lower(), [])

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def login(self, attribute: str) -> tuple[str, bool]:
        """The one value, or of several the one that names the entry; else it cannot be told."""
        logins = self.all(attribute)
        if len(logins) < 2:
            return self.first(attribute), False
        (name, value, _), *_ = parse_dn(self._dn)
        if name.lower() == attribute.lower():
            for login in logins:
                if login.lower() == value.lower():
                    return login, False
        return "", True


def _refuse_shared_codes(
    collected: Collected,
    other_codes: Mapping[str, tuple[str, ...]],
    spaces: Mapping[str, set[tuple[str, int]]],
) -> None:
    """Two entries with one code, be it the first of one and the second of the other; or a number that is a
    student's in one and an employee's in the other."""
    for values in list(collected.good):
        claims = [spaces[code] for code in (values[0], *other_codes[values[0]])]
        shared = [claim for claim in claims if len({line for _, line in claim}) > 1]
        if shared:
            both = all(len({space for space, _ in claim}) > 1 for claim in shared)
            fault = Fault(Because.SAME_NUMBER if both else Because.DIFFERENT_VALUES)
            collected.refuse(collected.good.pop(values), values, fault)
