"""Moodle's web-service protocol without a network: calls become bytes, bytes become answers.

Nothing here tells a token, a parameter or a word of an answer to anyone: errors carry the names of
the site and the function, Moodle's error code and paths of keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Generic, NoReturn, TypeVar
from urllib.parse import urlencode

from passerelle.errors import (
    FixAccess,
    GiveUp,
    InstallFunction,
    LookFirst,
    MoodleAway,
    MoodleRefused,
    SpeaksOtherwise,
)
from passerelle.moodle.decode import Mismatch, shaped

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Params = Mapping[str, object]

PATH = "/webservice/rest/server.php"
OWN_VARIABLES = 3  # wstoken, wsfunction, moodlewsrestformat


class Repeat(Enum):
    """Whether sending a call twice leaves the site as sending it once."""

    READ = "read"
    SAME = "same"  # a write whose second time changes nothing
    UNSAFE = "unsafe"  # doubles, or fails because of its first time


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One call of one web-service function and how its answer is read."""

    function: str
    params: Params = field(repr=False)
    read: Callable[[Any], T_co] = field(repr=False)
    repeat: Repeat = Repeat.READ


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


# -- building ---------------------------------------------------------------------------------------


def encode(call: Call[Any], token: str) -> bytes:
    """The body of the POST. PHP drops what exceeds its limit from the end, so token and function lead.

    Raises GiveUp `unencodable` for a text that is not Unicode (a lone surrogate).
    """
    own = [("wstoken", token), ("wsfunction", call.function), ("moodlewsrestformat", "json")]
    try:
        return urlencode([*own, *variables(call.params)]).encode("ascii")
    except UnicodeEncodeError:
        # The original error holds the whole text: not even as a cause may it go further.
        raise GiveUp("unencodable", function=call.function) from None


def variables(params: Params) -> Iterator[tuple[str, str]]:
    """Each leaf as PHP names it: `users[0][username]`. None and empty lists cannot be sent."""
    for name, value in params.items():
        yield from _flat(name, value)


def count_variables(params: Params) -> int:
    """What PHP counts against `max_input_vars`, without the call's own three."""
    return sum(1 for _ in variables(params))


def row_params(row: Any, *, empty: bool = True) -> dict[str, object]:
    """A dataclass as Moodle's parameters of the same names. None is left out; "" too unless `empty`."""
    left_out: tuple[object, ...] = (None,) if empty else (None, "")
    given = {one.name: getattr(row, one.name) for one in fields(row)}
    return {name: value for name, value in given.items() if value not in left_out}


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]", item)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _flat(f"{name}[{place}]", item)
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    return str(value.value) if isinstance(value, Enum) else str(value)


# -- reading ----------------------------------------------------------------------------------------

# What speaks of the caller or the site, not of the rows that were sent.
ACCESS_CODES = frozenset(
    {
        "invalidtoken",
        "accessexception",
        "invalidtimedtoken",
        "forbiddenwsuser",
        "wsaccessuserdeleted",
        "wsaccessusersuspended",
        "wsaccessusernologin",
        "wsaccessuserunconfirmed",
        "wsaccessuserexpired",
        "passwordisexpired",
        "servicenotavailable",
        "restrictedcontextexception",
        "sitepolicynotagreed",
    }
)
AWAY_CODES = frozenset({"sitemaintenance", "upgraderunning", "dbconnectionfailed", "ratelimit"})

PERMANENT_REDIRECTS = (301, 308)
REDIRECTS = range(300, 400)
CLOSED_DOORS = (401, 403, 404, 405)
TOO_BUSY, TIMED_OUT = 429, 408
FIRST_CLIENT_ERROR, FIRST_SERVER_ERROR = 400, 500
LOOK_AT = 65_536  # of a page: enough to know it


def read_answer(site: str, call: Call[T], answer: Answer) -> T:
    """The typed answer of `call`.

    Raises MoodleAway (LookFirst where repeating is not safe), MoodleRefused and its children, or
    SpeaksOtherwise.
    """
    _check_status(site, call, answer)
    decoded = _decode(site, call, answer.body)
    if isinstance(decoded, dict) and "exception" in decoded:
        _raise(site, call, decoded)
    try:
        return call.read(decoded)
    except Mismatch as mismatch:
        raise SpeaksOtherwise(site, call.function, mismatch.where) from None


def lost(site: str, call: Call[Any], reason: str, retry_after: timedelta | None = None) -> MoodleAway:
    """The error for an answer that did not come, or not readably, after the call may have been done."""
    kind = LookFirst if call.repeat is Repeat.UNSAFE else MoodleAway
    return kind(site, reason, retry_after=retry_after)


def _check_status(site: str, call: Call[Any], answer: Answer) -> None:
    status = answer.status
    if status in REDIRECTS:
        # Never followed: the token would go with it. A permanent one wants network.yaml corrected.
        if status in PERMANENT_REDIRECTS:
            raise FixAccess(site, call.function, f"http{status}")
        raise MoodleAway(site, "redirect", sent=False)
    if status == TOO_BUSY:
        # Turned away at the door: nothing was done, even an unsafe call may come again.
        raise MoodleAway(site, "busy", sent=False, retry_after=_retry_after(answer))
    if status >= FIRST_SERVER_ERROR or status == TIMED_OUT:
        reason = "maintenance" if _tells_of_maintenance(answer.body) else "http"
        raise lost(site, call, reason, _retry_after(answer))
    if status in CLOSED_DOORS:
        raise FixAccess(site, call.function, f"http{status}")
    if status >= FIRST_CLIENT_ERROR:
        raise MoodleRefused(site, call.function, f"http{status}")


def _retry_after(answer: Answer) -> timedelta | None:
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - datetime.now(UTC), timedelta())


def _tells_of_maintenance(body: bytes) -> bool:
    return b"maintenance" in body[:LOOK_AT].lower()


def _decode(site: str, call: Call[Any], body: bytes) -> Any:
    # Broken UTF-8 (a name cut in the middle by a plugin) spoils one character, not the answer.
    text = body.decode("utf-8-sig", errors="replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    head = text[:LOOK_AT].lower()
    if "<html" in head or "<!doctype" in head:
        raise lost(site, call, "maintenance" if _tells_of_maintenance(body) else "html")
    try:
        decoded, end = json.JSONDecoder().raw_decode(text, _NOTICES.match(text).end())  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        pass
    else:
        if _NOTICES.fullmatch(text, end):
            return decoded
    raise lost(site, call, "maintenance" if _tells_of_maintenance(body) else "garbled")


# With display_errors on, PHP prints its notices before or after the answer. Only whole notices are
# skipped: to search for the next brace would read one row of a cut list as the answer.
_NOTICES = re.compile(
    r"""\s*(?:
        <br\ />\s*<b>[^<]{3,30}</b>:[^\n]{0,2000}?on\ line\ <b>\d+</b><br\ />\s*
      | (?:PHP\ )?(?:Warning|Notice|Deprecated|Strict\ Standards):[^\n]{0,2000}?on\ line\ \d+\s*
    )*""",
    re.VERBOSE,
)

_CODE = re.compile(r"[a-z0-9_/:.-]{1,64}")


def _raise(site: str, call: Call[Any], said: Mapping[str, object]) -> NoReturn:
    code = said.get("errorcode")
    if not isinstance(code, str) or not code:
        # A PHP Error has no code: it crashed on its way, perhaps half done.
        raise MoodleRefused(site, call.function, "phperror")
    code = code if _CODE.fullmatch(code.lower()) else "unreadable"
    if code in AWAY_CODES:
        raise MoodleAway(site, "maintenance" if code != "ratelimit" else "busy", sent=False)
    if code in ACCESS_CODES:
        raise FixAccess(site, call.function, code)
    # The only sign of a function the site lacks: the table's name, the same in every language.
    if code == "invalidrecord" and "external_functions" in str(said.get("message", "")):
        raise InstallFunction(site, call.function, code)
    raise MoodleRefused(site, call.function, code)


# -- readers ----------------------------------------------------------------------------------------


def reads(wanted: type[T]) -> Callable[[Any], T]:
    """A reader of the whole answer as `wanted`."""
    return lambda answer: shaped(wanted, answer)


def reads_rows(wanted: type[T], count: int) -> Callable[[Any], tuple[T, ...]]:
    """A reader of one row for each that was sent. Fewer means that PHP cut the call short."""

    def read(answer: Any) -> tuple[T, ...]:
        rows = shaped(tuple[wanted, ...], answer)  # type: ignore[valid-type]
        if len(rows) != count:
            raise Mismatch("answer.length")
        return rows

    return read


def reads_key(key: str, wanted: type[T]) -> Callable[[Any], T]:
    """A reader of one key of the answer, the rest of which says nothing more."""

    def read(answer: Any) -> T:
        if not isinstance(answer, dict) or key not in answer:
            raise Mismatch(f"answer.{key}")
        return shaped(wanted, answer[key], f"answer.{key}")

    return read


def reads_nothing(answer: Any) -> None:
    """Functions that return nothing answer the literal `null`."""
    if answer not in (None, [], ""):
        raise Mismatch("answer")


@dataclass(frozen=True, slots=True)
class Warned:
    """One row of `warnings`. Moodle's sentence may name people, so only its code is shown."""

    warningcode: str
    item: str = ""
    itemid: int | None = None
    message: str = field(default="", repr=False)


def reads_warnings(answer: Any) -> tuple[Warned, ...]:
    """Of functions that judge row by row; some releases answer `null` for no warnings."""
    if answer is None:
        return ()
    if not isinstance(answer, dict):
        raise Mismatch("answer")
    return shaped(tuple[Warned, ...], answer.get("warnings"), "answer.warnings")
