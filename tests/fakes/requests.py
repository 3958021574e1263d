from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from passerelle.errors import Conflict
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passerelle.ports import Clock

KEPT_FOR = timedelta(days=3)


class FakeRequests:
    """`("caen", "msg_1") in requests` once it was answered; `requests["caen", "msg_1"]` is the answer."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._bound: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._answers: dict[tuple[str, str], str] = {}

    def remembered(self, site: str, request_id: str, body_sha256: str) -> Mapping[str, object] | None:
        key, now = (site, request_id), self._clock.now()
        body, until = self._bound.get(key, ("", now))
        if until <= now:
            self._bound[key] = (body_sha256, now + KEPT_FOR)
            self._answers.pop(key, None)
            return None
        if body != body_sha256:
            raise Conflict("this request id came with another body")
        return self[key] if key in self._answers else None

    def remember(self, site: str, request_id: str, answer: Mapping[str, object]) -> None:
        self._answers.setdefault((site, request_id), json.dumps(answer))

    def __contains__(self, key: object) -> bool:
        return key in self._answers

    def __getitem__(self, key: tuple[str, str]) -> Mapping[str, object]:
        answer: Mapping[str, object] = json.loads(self._answers[key])
        return answer

    def __len__(self) -> int:
        return len(self._answers)
