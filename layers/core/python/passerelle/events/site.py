"""What a site's signed request asks, read from its raw bytes (infra/docs/design.md, "Routes").

The order is part of the rule: size, signature, JSON, then that the body repeats what its path says,
then the fields. Nothing of a body is looked at before its signature held.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from passerelle.domain import site_commands
from passerelle.domain.site_commands import SiteCommand
from passerelle.errors import Refused
from passerelle.events.bodies import raw_body
from passerelle.events.signatures import SignatureRefused, verify
from passerelle.events.validation_errors import FieldError, field_error

TEXT_LIMIT = 20_000  # characters of one field: a record must fit into one DynamoDB item
COURSE_IDNUMBER = 100  # characters that Moodle keeps; a key of the table must not be longer either
LARGEST_INT = 2**53  # what JSON carries faithfully between PHP and Python
LAST_SECOND = 253_402_300_799  # 9999-12-31, the last that datetime knows
IDS_IN_PATH = ("upload", "jobkey")
IDS = (*IDS_IN_PATH, "publication", "retrieval", "rollover", "permit")

_COMMANDS: Mapping[str, type[SiteCommand]] = {
    command.route: command
    for command in (
        site_commands.OpenUpload,
        site_commands.SignParts,
        site_commands.SendPeople,
        site_commands.CompleteUpload,
        site_commands.AskPublication,
        site_commands.AskRetrieval,
        site_commands.AskRollover,
        site_commands.ManageBackups,
        site_commands.SearchCatalogue,
        site_commands.ReportJobs,
        site_commands.SignSource,
        site_commands.AskWhy,
        site_commands.EnterConsole,
        site_commands.OpenConnection,
        site_commands.KeepToken,
    )
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What an older copy on the hub is called (P13): no course of a site's. MySQL's usual collations tell neither
# capitals nor spaces at the end apart.
_VERSION = re.compile(r"@v\d+\s*$", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9:._-]{1,100}")


class FieldRefused(Refused):
    """A field is missing, unreadable or out of range; `misfit` says which, never its value."""

    def __init__(self, field_error: FieldError) -> None:
        super().__init__("field", field=field_error.field, problem=field_error.worded("en"))
        self.misfit = field_error


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """A request as it came, believed by nobody yet. `headers` have lower-case names."""

    route: str
    site: str
    ids: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """A body whose signature held and which says what its path says."""

    request: str  # the webhook-id
    route: str
    site: str
    body_sha256: str
    lang: str  # of the person in it, or nothing
    document: Mapping[str, Any] = field(repr=False)


def read_request(event: Mapping[str, Any], route: str) -> SiteRequest:
    """From API Gateway's payload 2.0. Raises BodyTooLarge, SignatureRefused for what nobody can sign."""
    path = {name: unquote(value) for name, value in (event.get("pathParameters") or {}).items()}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    ids = {name: path[name] for name in IDS_IN_PATH if name in path}
    return SiteRequest(route, path.get("site", ""), ids, headers, raw_body(event))


def read_signed(request: SiteRequest, keys: Iterable[bytes], now: datetime) -> Signed:
    """The body, once its signature held. Raises SignatureRefused, FieldRefused where it is no JSON.

    A body that names another site, type or id than its path is as good as unsigned.
    """
    request_id = verify(request.headers, request.body, keys, now)
    try:
        document = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise FieldRefused(FieldError((), "not_json"))
    said = {"site": request.site, "type": request.route, **request.ids}
    if any(document.get(name) != value for name, value in said.items()):
        raise SignatureRefused
    person = document.get("person")
    lang = person.get("lang") if isinstance(person, dict) else None
    return Signed(
        request=request_id,
        route=request.route,
        site=request.site,
        body_sha256=hashlib.sha256(request.body).hexdigest(),
        lang=lang if isinstance(lang, str) else "",
        document=document,
    )


def read_command(signed: Signed) -> SiteCommand:
    """The typed command. Raises FieldRefused for the first field that does not fit."""
    try:
        command = _adapter(signed.route).validate_python({**signed.document, "request": signed.request})
    except ValidationError as error:
        first = field_error(error.errors(include_url=False, include_input=False)[0])
    else:
        _check_bounds((), command)
        return command
    # Outside the handler: not even as its context may pydantic's error go further, for it quotes values.
    raise FieldRefused(first)


@cache
def _adapter(route: str) -> TypeAdapter[SiteCommand]:
    return TypeAdapter(_COMMANDS[route])


def _check_bounds(path: tuple[str | int, ...], value: object) -> None:
    """What every field must keep to, so that no store and no clock stumbles over it later."""
    if isinstance(value, str):
        _check_text(path, value)
    elif isinstance(value, int):
        largest = LAST_SECOND if path[-1] == "lastchange" else LARGEST_INT
        if not 0 <= value <= largest:
            raise FieldRefused(FieldError(path, "out_of_range"))
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            _check_bounds((*path, place), item)
    elif is_dataclass(value):
        for one in fields(value):
            _check_bounds((*path, one.name), getattr(value, one.name))


def _check_text(path: tuple[str | int, ...], text: str) -> None:
    if len(text) > TEXT_LIMIT:
        raise FieldRefused(FieldError(path, "string_too_long", context={"max_length": TEXT_LIMIT}))
    if path[-1] == "idnumber" and "person" not in path and len(text) > COURSE_IDNUMBER:
        raise FieldRefused(FieldError(path, "string_too_long", context={"max_length": COURSE_IDNUMBER}))
    if "idnumber" in str(path[-1]) and (_CONTROL.search(text) or _VERSION.search(text)):
        raise FieldRefused(FieldError(path, "bad_idnumber"))
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise FieldRefused(FieldError(path, "string_unicode"))
    if path[-1] in IDS and text and not _ID.fullmatch(text):
        raise FieldRefused(FieldError(path, "bad_id"))
