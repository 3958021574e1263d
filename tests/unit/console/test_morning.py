"""One message a day says what waits, if anything does (H2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.night.policy import NightRules
from passerelle.domain.orders.order import Order
from passerelle.domain.records import Broken
from passerelle.domain.states import OrderState
from passerelle.ports import World
from passerelle.usecases.console.morning import tell_what_waits
from tests.factories.night import a_run
from tests.fakes.lms import FakeLms


class OneSite:
    def __init__(self) -> None:
        self.moodle = FakeLms("caen")

    def lms(self, site: str) -> FakeLms:
        assert site == "caen"
        return self.moodle


@pytest.fixture
def told(world: World) -> tuple[World, OneSite]:
    rules = NightRules(report_to=("ada",))
    sites = {**world.network.sites, "caen": replace(world.network.sites["caen"], night=rules)}
    here = OneSite()
    today = world.clock.now().astimezone(rules.zone).date().isoformat()
    world.records.add(replace(a_run(), night=today))
    return replace(world, network=replace(world.network, sites=sites), sites=here), here


@pytest.mark.rule("H2")
def test_what_waits_is_counted_by_kind_and_linked_and_said_once_a_day(told):
    world, here = told
    parked = Order(id="boutique:1", shop="boutique", received_at=world.clock.now(), state=OrderState.PARKED)
    world.records.add(parked)
    world.records.add(replace(parked, id="lilloise:2", shop="lilloise"))  # not this site's
    tell_what_waits(world, "caen")
    (message,) = here.moodle.messages.values()
    assert message.username == "ada"
    assert "Commande à traiter : 1" in message.values["text"].replace("\u00a0", " ")
    assert message.values["text"].endswith("/console/begin?site=caen")
    tell_what_waits(world, "caen")
    assert len(here.moodle.messages) == 1


@pytest.mark.rule("H2")
def test_nothing_that_waits_is_no_message(told):
    world, here = told
    tell_what_waits(world, "caen")
    assert here.moodle.messages == {}


@pytest.mark.rule("H2", "S12")
def test_what_cannot_be_read_waits_for_whoever_administers_its_site(told):
    world, here = told
    noted = Broken(
        id="Publication#p1", kind="Publication", code="record_unreadable", at=world.clock.now(), site="lille"
    )
    world.records.add(noted)
    tell_what_waits(world, "caen")
    assert here.moodle.messages == {}
    world.records.add(replace(noted, id="nights/caen/memory.json", kind="document", site=""))
    tell_what_waits(world, "caen")
    (message,) = here.moodle.messages.values()
    assert "Donnée illisible : 1" in message.values["text"].replace("\u00a0", " ")
