from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from passerelle.ports import World
from passerelle.runtime import observability
from tests.factories.records import a_network
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.lms import FakeLms
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords

EVENTS = Path(__file__).parents[2] / "events"


class FakeSites:
    def __init__(self) -> None:
        self.moodles = {name: FakeLms(name) for name in ("caen", "lille", "hub")}

    def lms(self, site: str) -> FakeLms:
        return self.moodles[site]


class Lines:
    """What was logged: `lines.text` as it went out, and each line as JSON."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (json.loads(line) for line in self.text.splitlines())

    @property
    def last(self) -> dict[str, Any]:
        return list(self)[-1]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    stream = io.StringIO()
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    built = observability.build_logger(stream, name=f"passerelle-test-{id(stream)}")
    monkeypatch.setattr(observability, "warm_logger", lambda: built)
    return Lines(stream)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    archives = FakeArchives(clock)
    return World(
        network=a_network(),
        records=FakeRecords(),
        archives=archives,
        papers=FakePapers(),
        backups=FakeBackups(archives),
        sites=FakeSites(),
        queues=FakeQueues(),
        clock=clock,
    )


@pytest.fixture
def context() -> SimpleNamespace:
    return SimpleNamespace(function_name="passerelle-open_upload", aws_request_id="5ca1ab1e-0000")


@pytest.fixture
def recorded() -> Callable[[str], dict[str, Any]]:
    """A real payload of tests/events by its file name."""
    return lambda name: json.loads((EVENTS / name).read_text())
