from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from passerelle.domain.console import Operator
from passerelle.domain.night.policy import NightRules
from passerelle.domain.orders.shop import Shop
from passerelle.ports import World
from passerelle.runtime import console_door
from passerelle.usecases.console import enter
from tests.factories.orders import a_shop
from tests.factories.records import a_network
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.lms import FakeLms
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.shops import FakeShops

ADDRESS = "https://passerelle.example"


@dataclass
class FakeNights:
    resumed: list[str] = field(default_factory=list)

    def resume(self, run: str) -> None:
        self.resumed.append(run)


@dataclass
class FakeDeadLetters:
    kept: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        return {name: count for name, count in self.kept.items() if count}


class FakeSites:
    def lms(self, site: str) -> FakeLms:
        return FakeLms(site)


def a_console_network() -> Any:
    """Caen has nights, a shop and an administrator; Lille has another; Grace manages the hub, Root does all."""
    network = a_network()
    shops: dict[str, Shop] = {"boutique": a_shop(), "lilloise": a_shop(site="lille")}
    sites = {
        **network.sites,
        "caen": replace(network.sites["caen"], night=NightRules(), administrators=("ada",)),
        "lille": replace(network.sites["lille"], night=NightRules(), administrators=("lea",)),
    }
    hub = replace(network.hub, managers=("caen:grace",))
    return replace(network, sites=sites, shops=shops, hub=hub, address=ADDRESS, operators=("hub:root",))


@dataclass
class Browser:
    """What a person's browser does with the console: holds cookies, follows redirections, fills forms in."""

    world: World
    host: str = "passerelle.example"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        parts = urlsplit(path)
        event = {
            "pathParameters": {"proxy": parts.path.strip("/")},
            "rawQueryString": parts.query,
            "requestContext": {"http": {"method": method or ("GET" if form is None else "POST")}},
            "headers": {"host": self.host, "accept-language": "en", **(headers or {})},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "body": urlencode(form) if form is not None else None,
        }
        context = SimpleNamespace(function_name="passerelle-serve_console", aws_request_id="5ca1ab1e-0000")
        given = console_door.answer(event, context, lambda: self.world)
        for cookie in given.get("cookies", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return given

    def sign_in(self, site: str = "caen", identity: str = "ada", lang: str = "en") -> Browser:
        operator = Operator(site=site, identity=identity, name=f"{identity} of {site}", lang=lang)
        self.ask(f"enter/{enter.invite(self.world, operator)}")
        return self

    def mark(self) -> str:
        found = re.search(r'name="mark" value="([0-9a-f]+)"', self.ask("home")["body"])
        assert found
        return found[1]

    def do(self, act: str, about: str, **fields: str) -> dict[str, Any]:
        return self.ask("do", {"mark": self.mark(), "act": act, "about": about, **fields})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def nights() -> FakeNights:
    return FakeNights()


def a_console_world(clock: FakeClock, nights: FakeNights) -> World:
    archives = FakeArchives(clock)
    network = a_console_network()
    return World(
        network=network,
        records=FakeRecords(),
        archives=archives,
        papers=FakePapers(),
        backups=FakeBackups(archives),
        sites=FakeSites(),
        queues=FakeQueues(),
        clock=clock,
        shops=FakeShops(network),
        nights=nights,
        dead_letters=FakeDeadLetters(),
    )


@pytest.fixture
def world(clock: FakeClock, nights: FakeNights) -> World:
    return a_console_world(clock, nights)


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)
