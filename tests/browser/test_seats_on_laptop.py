"""The buyer's page of seats through the whole stack: deployed template, guard and all, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.order import Order, SeatState
from passerelle.shops.vendor import SampleOrder
from passerelle_laptop.boutique import SITE, send
from passerelle_laptop.laptop import Laptop
from tests.browser.test_seats import CHROMIUM, browser, page, shot

__all__ = ["browser", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here"),
]

ANA = Participant("ana@client.example", "Ana", "Martin")


@pytest.fixture
def laptop() -> Iterator[Laptop]:
    with Laptop.start(lambda _french, _english: None) as started:
        for name in ("SPOCM1", "SUPPORT"):
            started.site(SITE).add_course(name, f"Cours {name}", "sciences", idnumber=f"CAT-{name}")
        yield started


def buy(laptop: Laptop, order: SampleOrder) -> Order:
    shop = laptop.document["shops"]["boutique"]
    kept = laptop.emulator.client("ssm").get_parameter(Name=shop["secrets"][0], WithDecryption=True)
    status = send(laptop.stack.api, "boutique", shop["kind"], kept["Parameter"]["Value"], order)
    assert status == 200
    return until(laptop, order.number, 1)


def until(laptop: Laptop, number: str, done: int) -> Order:
    world = laptop.world()
    for _ in range(600):
        order = world.records.get(Order, f"boutique:{number}")
        if order is not None and [seat.state for seat in order.seats].count(SeatState.DONE) == done:
            return order
        time.sleep(0.1)
    raise AssertionError(f"order {number} has not {done} people enrolled")


def link_in_the_message(laptop: Laptop) -> str:
    for _ in range(300):
        for message in laptop.site(SITE).messages_to("rh@client.example"):
            found = re.search(r"https?://\S+/seats/[^\s\"<]+", str(message.values["text"]))
            if found:
                return found.group()
        time.sleep(0.1)
    raise AssertionError("the buyer was sent no link")


@pytest.mark.rule("S11")
def test_the_buyer_follows_her_link_and_gives_the_free_seat(laptop: Laptop, page: Any) -> None:
    buy(laptop, SampleOrder(number="4711", product="SPOCM1", quantity=2, people=(ANA,)))
    posted: list[dict[str, str]] = []
    page.on("request", lambda r: posted.append(r.all_headers()) if r.method == "POST" else None)

    page.goto(link_in_the_message(laptop))
    assert "Cours SPOCM1" in page.inner_text("body")
    form = page.locator("form:has(input[name=action][value=name])")
    for name, value in (("lastname", "Blanc"), ("firstname", "Zoé"), ("email", "zoe@client")):
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").click()
    email = form.locator("[name=email]")
    assert email.get_attribute("aria-invalid") == "true"
    assert form.locator("[name=firstname]").input_value() == "Zoé"
    assert "Ligne 1" not in page.inner_text("main")  # that is for rows that were pasted
    shot(page, "laptop-error")

    email.fill("zoe@client.example")
    form.locator("button").click()
    assert "C’est enregistré" in page.inner_text("main")
    shot(page, "laptop-named")

    assert [sent["origin"] for sent in posted] == ["null", "null"]  # what the guard must let through
    until(laptop, "4711", 2)
