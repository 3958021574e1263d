"""What answers of several commands hold: why something is so, what was said, when it changed."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict


class Reason(TypedDict):
    code: str
    sentence: str


class Said(TypedDict):
    code: str
    message: str


class Moment(TypedDict):
    state: str
    at: datetime
    why: str
