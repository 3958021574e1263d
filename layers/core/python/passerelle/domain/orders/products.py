"""What a product does: its handler (the shop's own name) and its parameters, read from one string (S8).

`coursename=SPOCM1&supervisor=tutor&starttime=1767225600` is how shops carry them. Dates are Unix seconds,
ISO 8601 or, from the day of payment, `+30D` and `+12H`; a bare duration counts days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl

from passerelle.errors import GiveUp


class Handler(StrEnum):
    SESSION = "std_setuponecoursesession"
    ENROL = "std_enrolonecourse"
    ENROL_AGAIN = "std_enrolonecoursemultiple"
    SEATS = "std_generateseats"
    ROLE = "std_assignroleoncontext"
    EXTEND = "std_extendenrolperiod"
    PROROGATE = "std_prorogate"
    COURSE = "std_createcourse"
    CATEGORY = "std_createcategory"
    REGISTER = "std_registeredproduct"


# Known to the shop, but resting on plugins that a plain Moodle lacks: an order for one is parked.
NEEDS_PLUGIN: Mapping[str, str] = {
    "std_createvinstance": "local_vmoodle",
    "std_addquizattempts": "quizaccess_attempts",
    "std_addtrainingcredits": "enrol_trainingcredits",
    "std_openltiaccess": "enrol_lti",
    "std_unlockpdfcertificate": "mod_pdcertificate",
}

_COURSE = ("coursename", "courseidnumber", "courseid")
_ENROL = frozenset({*_COURSE, "role", "starttime", "endtime", "duration", "groupname", "customersupport"})

KNOWN: Mapping[Handler, frozenset[str]] = {
    Handler.SESSION: frozenset(
        {
            "coursename",
            "supervisor",
            "starttime",
            "endtime",
            "duration",
            "customersupport",
            "requiredroles",
        }
    ),
    Handler.ENROL: _ENROL,
    Handler.ENROL_AGAIN: _ENROL,
    Handler.SEATS: frozenset({"courselist", "packsize", "supervisor"}),
    Handler.ROLE: frozenset({"contextlevel", "instance", "role", "foruser"}),
    Handler.EXTEND: frozenset({"coursename", "courseid", "enroltype", "extension"}),
    Handler.PROROGATE: frozenset({"timeshift"}),
    Handler.COURSE: frozenset({"coursecategory", "template", "duration"}),
    Handler.CATEGORY: frozenset({"parentcategory", "catname"}),
    Handler.REGISTER: frozenset({"customersupport"}),
}

# Each tuple holds alternatives: one of them is needed.
NEEDED: Mapping[Handler, tuple[tuple[str, ...], ...]] = {
    Handler.SESSION: (("coursename",),),
    Handler.ENROL: (_COURSE,),
    Handler.ENROL_AGAIN: (_COURSE,),
    Handler.ROLE: (("contextlevel",), ("instance",), ("role",)),
    Handler.EXTEND: (("coursename", "courseid"), ("extension",)),
    Handler.COURSE: (("coursecategory",), ("template",)),
    Handler.CATEGORY: (("parentcategory",),),
    Handler.REGISTER: (("customersupport",),),
}

TIMES = frozenset({"starttime", "endtime"})
SPANS = frozenset({"duration", "extension", "timeshift"})
LEVELS = ("system", "coursecat", "course", "module", "user")
_SHIFT = re.compile(r"\+?(\d{1,6})([DdHh])")
_DIGITS = re.compile(r"\d{1,6}")
_NAMES_OF_ROLES = re.compile(r"[a-z0-9_-]{1,100}")
_SECONDS = re.compile(r"\d{9,11}")  # from 1973 to the year 5138


class ParametersRefused(GiveUp):
    """`parameter` is the one that is missing, unknown or unreadable."""


@dataclass(frozen=True, slots=True)
class CourseName:
    """How a product names its course: by one of the three."""

    shortname: str = ""
    idnumber: str = ""
    id: int = 0

    def __str__(self) -> str:
        return self.shortname or self.idnumber or f"id {self.id}"


@dataclass(frozen=True, slots=True)
class Parameters:
    handler: Handler
    given: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.given.get(name, "")

    @property
    def course(self) -> CourseName:
        """Raises ParametersRefused where the id is no number."""
        return CourseName(self.text("coursename"), self.text("courseidnumber"), self.number("courseid"))

    def number(self, name: str, otherwise: int = 0) -> int:
        text = self.text(name)
        if not text:
            return otherwise
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise ParametersRefused("parameter_unreadable", parameter=name)
        return int(text)

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(word for word in re.split(r"[,;\s]+", self.text(name)) if word)

    def moment(self, name: str, paid_at: datetime) -> datetime | None:
        return read_moment(self.text(name), paid_at, name) if self.text(name) else None

    def span(self, name: str) -> timedelta | None:
        return read_span(self.text(name), name) if self.text(name) else None

    def window(self, paid_at: datetime) -> tuple[datetime, datetime | None]:
        """From when to when (S9): without an end, start and duration, else open."""
        start = self.moment("starttime", paid_at) or paid_at
        end = self.moment("endtime", paid_at)
        duration = self.span("duration")
        if end is None and duration is not None:
            end = start + duration
        if end is not None and end <= start:
            raise ParametersRefused("parameter_unreadable", parameter="endtime")
        return start, end


def read_parameters(handler: str, text: str) -> Parameters:
    """Raises ParametersRefused: `handler_needs_plugin`, `handler_unknown`, `parameter_unknown`,
    `parameter_missing`, `parameter_twice`, `parameter_unreadable`.
    """
    if handler in NEEDS_PLUGIN:
        raise ParametersRefused("handler_needs_plugin", handler=handler, plugin=NEEDS_PLUGIN[handler])
    try:
        which = Handler(handler)
    except ValueError:
        raise ParametersRefused("handler_unknown", handler=handler) from None
    given: dict[str, str] = {}
    for name, value in parse_qsl(text.strip().lstrip("?"), keep_blank_values=True):
        if name not in KNOWN[which]:
            raise ParametersRefused("parameter_unknown", parameter=name, handler=handler)
        if name in given:
            raise ParametersRefused("parameter_twice", parameter=name)
        if value.strip():
            given[name] = value.strip()
    for alternatives in NEEDED.get(which, ()):
        if not any(name in given for name in alternatives):
            raise ParametersRefused("parameter_missing", parameter=" / ".join(alternatives), handler=handler)
    parameters = Parameters(which, given)
    _check(parameters)
    return parameters


def _check(parameters: Parameters) -> None:
    """Everything that can be read without knowing the order is read now, not when it is paid."""
    someday = datetime(2026, 1, 1, tzinfo=UTC)
    for name in parameters.given.keys() & TIMES:
        parameters.moment(name, someday)
    for name in parameters.given.keys() & SPANS:
        parameters.span(name)
    for name in parameters.given.keys() & {"courseid", "packsize"}:
        if not parameters.number(name):
            raise ParametersRefused("parameter_unreadable", parameter=name)
    for name in parameters.given.keys() & {"supervisor", "role"}:
        if not _NAMES_OF_ROLES.fullmatch(parameters.text(name)):
            raise ParametersRefused("parameter_unreadable", parameter=name)
    if "contextlevel" in parameters.given and parameters.text("contextlevel") not in LEVELS:
        raise ParametersRefused("parameter_unreadable", parameter="contextlevel")


def read_moment(text: str, paid_at: datetime, name: str = "starttime") -> datetime:
    """Unix seconds, ISO 8601 (a day alone is its midnight, UTC), or `+30D`, `+12H` from the payment."""
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    # Without its plus sign too: in a URL a bare one is a space.
    if text.startswith("+") or _SHIFT.fullmatch(text):
        return paid_at + read_span(text, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ParametersRefused("parameter_unreadable", parameter=name) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_span(text: str, name: str = "duration") -> timedelta:
    """`30`, `30D`, `+30D` are days, `12H` hours."""
    if _DIGITS.fullmatch(text):
        span = timedelta(days=int(text))
    elif shift := _SHIFT.fullmatch(text):
        number, unit = int(shift[1]), shift[2].upper()
        span = timedelta(days=number) if unit == "D" else timedelta(hours=number)
    else:
        raise ParametersRefused("parameter_unreadable", parameter=name)
    if not timedelta() < span <= timedelta(days=36_500):
        raise ParametersRefused("parameter_unreadable", parameter=name)
    return span
