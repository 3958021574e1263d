"""What `passerelle why` prints with --json."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import TypedDict


class WhyPerson(TypedDict):
    code: str
    username: str
    label: str


class WhyCourse(TypedDict):
    element: str
    title: str
    only: str
    bearer: str


class WhyRow(TypedDict):
    file: str
    line: int


class WhyReason(TypedDict):
    cause: str
    weight: str
    rule: str
    check: str
    repairs: str
    repairs_name: str
    stage: str
    takes_effect: str
    rows: list[WhyRow]
    details: dict[str, Any]
    sentence: str


class WhyPlace(TypedDict):
    course: str
    fullname: str
    foad: bool
    verdict: str
    roles: list[str]
    sentence: str
    reasons: list[WhyReason]


class WhyAnswer(TypedDict):
    kind: str  # answer
    night: NotRequired[str]  # the one whose papers were read, of a site
    person: WhyPerson
    course: WhyCourse
    verdict: str
    places: list[WhyPlace]
    notes: list[WhyReason]
    text: str


class WhyReference(TypedDict):
    kind: str  # reference
    reference: str
    code: str
    route: str
    course: str
    at: datetime
    message: str
    text: str


class WhyCandidates(TypedDict):
    night: NotRequired[str]
    kind: str  # which of person or course is meant, or not found
    candidates: list[dict[str, str]]
    count: int
    text: str
