"""What a stranger may send to a door that anybody reaches: odd of every kind, and never more than a refusal."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from passerelle.events.bodies import read_json
from passerelle.events.seats import read_link, sign_link
from passerelle.runtime import console_door, seats_door, shop_door, site_door
from passerelle.runtime.doors import SeatsDoor, ShopDoor, SiteDoor
from passerelle.shops.registry import read_facts
from passerelle.store.items import to_items
from tests.factories.orders import a_payload, a_shop, some_facts
from tests.factories.records import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.requests import FakeRequests
from tests.scenes.orders import OrderScene
from tests.unit.console.conftest import Browser, FakeNights, a_console_world

KEY = b"k" * 32
CONTEXT = SimpleNamespace(function_name="f", aws_request_id="1")
ODD = (
    None, "", "\x00", "\ud800", "%00", "%zz", "../../x", "a" * 5000, "\r\nset-cookie: a=b", "<script>", "{}", "[]",
    "null", "1e999", "\u202e", "%F0%9F%98", "²", ";;==", "; =; \x01", "[" * 3000,
)  # fmt: skip
HEADERS = ("cookie", "host", "sec-fetch-site", "accept-language", "webhook-id", "webhook-signature")
FIELDS = ("lang", "after", "id", "site", "q", "day", "ask", "night", "shop", "state")
PAGES = (*console_door.PAGES, "begin", "enter/x", "do", "leave", "")

Door = Callable[[dict[str, Any]], dict[str, Any]]


def doors() -> Iterator[tuple[str, Door, dict[str, tuple[Any, ...]]]]:
    """Each with what it takes where nothing is odd: whoever signed in or holds a link sends odd things too."""
    scene = OrderScene()
    token = sign_link(KEY, scene.sell(some_facts()).id, NOW + timedelta(days=3))
    world = a_console_world(FakeClock(), FakeNights())
    signed_in = [f"{name}={value}" for name, value in Browser(world).sign_in().cookies.items()]
    seats, shop = SeatsDoor(scene.world, lambda: (KEY,)), ShopDoor(scene.world, lambda _: (KEY,))
    site = SiteDoor(scene.world, FakeRequests(scene.clock), lambda _: (KEY,), lambda: None)
    yield (
        "seats",
        lambda event: seats_door.answer_buyer(event, CONTEXT, lambda: seats),
        {"token": (token, "me"), "cookies": ([f"__Host-{seats_door.COOKIE}={token}"],)},
    )
    yield (
        "console",
        lambda event: console_door.answer(event, CONTEXT, lambda: world),
        {"proxy": PAGES, "cookies": (signed_in, signed_in)},
    )
    yield "shop", lambda event: shop_door.answer_shop(event, CONTEXT, lambda: shop), {"shop": ("boutique",)}
    yield (
        "site",
        lambda event: site_door.answer_site(event, CONTEXT, "uploads", lambda *_: {}, lambda: site),
        {"site": ("caen",)},
    )


def an_event(chance: random.Random, fits: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    names = [name for name in fits if name != "cookies"]
    return {
        "headers": {chance.choice(HEADERS): chance.choice(ODD) or ""} if chance.random() < 0.8 else None,
        "requestContext": {"http": {"method": chance.choice(("GET", "POST", "PUT"))}},
        "rawQueryString": f"{chance.choice(FIELDS)}={chance.choice(ODD)}" if chance.random() < 0.9 else None,
        "body": chance.choice(ODD),
        "isBase64Encoded": chance.random() < 0.5,
        "pathParameters": {name: chance.choice((*fits[name], *fits[name], *ODD)) or "" for name in names},
        "cookies": chance.choice((None, [chance.choice(ODD) or ""], *fits.get("cookies", ()))),
    }


@pytest.fixture(scope="module")
def opened() -> dict[str, tuple[Door, dict[str, tuple[Any, ...]]]]:
    return {name: (answer, fits) for name, answer, fits in doors()}


@pytest.mark.parametrize("door", ["seats", "console", "shop", "site"])
def test_nothing_that_is_sent_breaks_a_door_or_reaches_a_header(door: str, opened: Any) -> None:
    answer, fits = opened[door]
    chance = random.Random(door)
    for _ in range(400):
        event = an_event(chance, fits)
        told = answer(event)
        assert told["statusCode"] < 500, event
        for value in (*told["headers"].values(), *told.get("cookies", ())):
            assert not set(value) & set("\r\n\x00"), event


@pytest.mark.rule("S17")
def test_half_a_character_in_a_name_stops_no_order() -> None:
    """An emoji that a shop cut in two: valid JSON, and no text that could be kept or sent."""
    body = a_payload(some_facts()).replace(b'"Rose"', b'"Ros\\ud83d"')
    assert b"\\ud83d" in body
    facts = read_facts(a_shop(), "order.paid", body)
    assert facts is not None
    assert facts.buyer.firstname == "Ros\ufffd"
    scene = OrderScene()
    order = scene.sell(facts)
    assert json.dumps(to_items(order, "0" * 32), default=str, ensure_ascii=False).encode()
    assert read_json('{"a": "\\ud83d\\ude00", "\\ude00": ["x\\ud83d"]}') == {"a": "😀", "\ufffd": ["x\ufffd"]}


@pytest.mark.parametrize("order", ["b:1#0", "b:1#7", "b:#", "b:1"])
@pytest.mark.parametrize("serial", [0, 3])
def test_a_link_opens_its_own_order_whatever_the_shop_calls_it(order: str, serial: int) -> None:
    link = read_link(sign_link(KEY, order, NOW + timedelta(days=1), serial), (KEY,), NOW)
    assert (link.order, link.serial) == (order, serial)
