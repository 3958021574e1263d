"""The door for sites: a signed request in, one use case called, an answer that a person can read out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from passerelle.domain.refusals import Refusal, discreet
from passerelle.domain.site_commands import (
    AskPublication,
    AskRetrieval,
    AskRollover,
    ManageBackups,
    SiteCommand,
)
from passerelle.errors import (
    Conflict,
    GiveUp,
    MoodleAway,
    MoodleRefused,
    NotFound,
    PasserelleError,
    Refused,
    SpeaksOtherwise,
    TryAgain,
)
from passerelle.events.signatures import ClockWrong, SignatureRefused
from passerelle.events.site import FieldRefused, Signed, SiteRequest, read_command, read_request, read_signed
from passerelle.events.validation_errors import FieldError
from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.doors import SiteDoor
from passerelle.runtime.observability import begin, reference
from passerelle.runtime.settings import is_ours
from passerelle.words.sentences import known, say

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

C = TypeVar("C", bound=SiteCommand)
Response = dict[str, Any]

WAIT_SECONDS = 30  # before trying again, where the Moodle that is away asks for nothing else

# What the site is told of a rule that says no; 409 where nothing else fits better.
STATUS_OF_REFUSAL: Mapping[str, int] = {
    "body_too_large": 413,
    "too_large": 413,
    "field": 422,
    "title_needed": 422,
    "declaration_needed": 422,
    "part_unknown": 422,
    "bad_cursor": 422,
    "not_yours": 403,
    "hub_only": 403,
    "not_editing_teacher": 403,
    "not_source_teacher": 403,
    "override_not_allowed": 403,
}

# Whose first answer is kept for a repetition. The others hand out addresses that die, or say how things
# stand now: asked again, they are worked out again.
KEPT: Mapping[str, frozenset[str]] = {
    "uploads": frozenset({""}),
    "complete": frozenset({""}),
    "publications": frozenset({"publish", "withdraw"}),
    "retrievals": frozenset({"start"}),
    "rollovers": frozenset({"undo", "permit", "fresh_start"}),
    "backups": frozenset({"delete"}),
}


class OtherBody(Refused):
    """The id of an earlier request came with another body."""

    def __init__(self) -> None:
        super().__init__("other_body")


@dataclass(slots=True)
class Caller:
    """What is known so far of who asks, for an answer that may have to be given at any moment."""

    route: str
    site: str = ""
    request: str = ""
    lang: str = "en"
    assistance: str = ""
    course: str = ""
    world: World | None = None  # once the signature held

    def recognise(self, signed: Signed, world: World) -> None:
        site = world.network.sites[signed.site]
        self.site, self.request = signed.site, signed.request
        self.lang = signed.lang or site.language
        self.assistance = site.assistance.email
        self.course = _course_of(signed.document)
        self.world = world

    def reference(self) -> str:
        return reference(self.site, self.request) if self.request else reference()


def answer_site(
    event: Mapping[str, Any],
    context: object,
    route: str,
    usecase: Callable[[World, C], Mapping[str, object]],
    open_door: Callable[[], SiteDoor] | None = None,
) -> Response:
    """API Gateway's response (payload 2.0) to one signed request of a site. It never raises."""
    log = begin(context)
    caller = Caller(route)
    try:
        given = _given(event, caller, usecase, open_door or wiring.site_door)
    except Exception as error:  # noqa: BLE001 - whatever it is, the site gets an answer with a reference
        return _refusal(error, caller, log)
    log.info("answered", extra={"route": route, "site": caller.site, "request": caller.request})
    return _response(200, given)


def _given(
    event: Mapping[str, Any],
    caller: Caller,
    usecase: Callable[[World, C], Mapping[str, object]],
    open_door: Callable[[], SiteDoor],
) -> Mapping[str, object]:
    request = read_request(event, caller.route)
    door, signed = _recognised(request, open_door())
    caller.recognise(signed, door.world)
    command: Any = read_command(signed)
    try:
        remembered = door.requests.remembered(signed.site, signed.request, signed.body_sha256)
    except Conflict:
        raise OtherBody from None
    if remembered is not None:
        return remembered
    given = usecase(door.world, command)
    if _kept(command):
        door.requests.remember(signed.site, signed.request, given)
    return given


def _recognised(request: SiteRequest, door: SiteDoor) -> tuple[SiteDoor, Signed]:
    """A site that was just connected is not refused because this container knew the network before."""
    try:
        return door, read_signed(request, door.keys(request.site), door.world.clock.now())
    except SignatureRefused:
        newer = door.newer()
        if newer is None:
            raise
    return newer, read_signed(request, newer.keys(request.site), newer.world.clock.now())


def _kept(command: SiteCommand) -> bool:
    acting = (AskPublication, AskRetrieval, AskRollover, ManageBackups)
    action = command.action if isinstance(command, acting) else ""
    return action in KEPT.get(command.type, ())


# -- saying no --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _No:
    status: int
    code: str
    details: Mapping[str, object]
    retry_after: int | None = None
    ours: bool = False  # nothing the site could have done better


def _refusal(error: Exception, caller: Caller, log: Logger) -> Response:
    no = _read(error)
    quoted = caller.reference()
    facts = {
        "reference": quoted,
        "code": no.code,
        "status": no.status,
        "route": caller.route,
        "site": caller.site,
        "request": caller.request,
    }
    if no.ours:
        log.error("failed", extra=facts, exc_info=error)
    elif isinstance(error, PasserelleError) and not isinstance(error, Refused | NotFound):
        log.warning("not done", extra=facts, exc_info=error)
    else:
        log.info("refused", extra=facts)
    if isinstance(error, SignatureRefused) and not isinstance(error, ClockWrong):
        return _response(no.status, {"error": no.code})  # it says no more
    _remember(no, quoted, caller, log)
    details = _worded(no, error, caller.lang)
    body = {
        **details,
        "error": no.code,
        "message": say(no.code, caller.lang, **details),
        "reference": quoted,
        "assistance": caller.assistance,
    }
    headers = {"retry-after": str(no.retry_after)} if no.retry_after is not None else {}
    return _response(no.status, body, headers)


def _course_of(document: Mapping[str, Any]) -> str:
    """As the site names it; short, since it was read before its fields were checked."""
    idnumber, number = document.get("idnumber"), document.get("courseid")
    if isinstance(idnumber, str) and idnumber:
        return idnumber[:100]
    return f"#{number}" if isinstance(number, int) and number else ""


def _remember(no: _No, quoted: str, caller: Caller, log: Logger) -> None:
    """So that the help desk can look the reference up (H1). What goes wrong here spoils no answer."""
    if caller.world is None:
        return
    try:
        caller.world.references.keep(
            Refusal(
                reference=quoted,
                site=caller.site,
                code=no.code,
                route=caller.route,
                at=caller.world.clock.now(),
                course=caller.course,
                details=discreet(no.details),
            )
        )
    except Exception as error:  # the refusal itself is what the person must get
        log.warning("reference not kept", extra={"reference": quoted, "site": caller.site}, exc_info=error)


def _read(error: Exception) -> _No:
    if is_ours(error):
        return _broken()
    if isinstance(error, TryAgain):
        return _later(error)
    if isinstance(error, Conflict):
        return _No(409, "conflict", {})
    return _never(error) if isinstance(error, GiveUp) else _broken()


def _later(error: TryAgain) -> _No:
    asked = error.retry_after if isinstance(error, MoodleAway) else None
    seconds = WAIT_SECONDS if asked is None else max(1, math.ceil(asked.total_seconds()))
    site = {"site": error.site} if isinstance(error, MoodleAway) else {}
    return _No(503, "away", site, retry_after=seconds)


def _never(error: GiveUp) -> _No:
    match error:
        case ClockWrong():
            return _No(401, error.code, error.details)
        case SignatureRefused():
            return _No(401, "signature", {})
        case NotFound():
            return _No(404, error.code, error.details)
        case MoodleRefused() | SpeaksOtherwise():
            return _No(502, "moodle_refused", {"site": error.site, "errorcode": error.code})
    if isinstance(error, Refused) or known(error.code):
        return _No(STATUS_OF_REFUSAL.get(error.code, 409), error.code, error.details)
    return _broken()


def _broken() -> _No:
    return _No(500, "internal", {}, ours=True)


def _worded(no: _No, error: Exception, lang: str) -> Mapping[str, object]:
    """The details as the sentence takes them: what does not fit is said in the person's language."""
    if isinstance(error, FieldRefused):
        return {**no.details, "problem": error.misfit.worded(lang)}
    if no.code == "field":
        problem = FieldError((str(no.details.get("field", "")),), str(no.details.get("problem", "")))
        return {**no.details, "problem": problem.worded(lang)}
    return no.details


def _response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return {
        "statusCode": status,
        # An answer may hold an address that opens an archive: nobody on the way keeps it.
        "headers": {"content-type": "application/json", "cache-control": "no-store", **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False, default=str),
        "isBase64Encoded": False,
    }
