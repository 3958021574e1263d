"""The night's comparison goes on past one order, and one Moodle, that stops it (S12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from passerelle.domain.orders.ledger import LedgerPage
from passerelle.errors import FixAccess
from passerelle.moodle.site_api import Moodle
from passerelle.usecases.orders import reconcile
from tests.factories.orders import a_buyer, a_line, a_participant, a_selling_network, a_shop, some_facts
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.scenes.orders import OrderScene


def taken_out(scene: OrderScene, username: str) -> None:
    """By a hand, past Passerelle."""
    row = {"id": "1", "op": "unenrol", "course": "SPOC-1", "username": username, "source": "shop"}
    scene.world.sites.roster("caen").apply([{**row, "role": "student"}])
    assert username not in scene.enrolled()


def next_night(scene: OrderScene) -> None:
    scene.clock.tick(timedelta(days=1))
    reconcile.reconcile(scene.world)
    scene.deliver()


@pytest.mark.rule("S12", "S14")
@pytest.mark.parametrize("unreadable", ["order", "page"])
def test_what_another_order_lacks_is_found_past_a_record_that_cannot_be_read(unreadable: str) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    zoe = replace(a_line(), quantity=1, amount=1000, participants=(a_participant("zoe"),))
    scene.sell(some_facts("1043", buyer=a_buyer(email="rh2@client.example"), lines=(zoe,)))
    ana = scene.page("ana@client.example")
    broken = "Order#boutique:1042" if unreadable == "order" else f"{LedgerPage.__name__}#{ana.id}"
    scene.records.unreadable.add(broken)
    before = scene.enrolled()
    taken_out(scene, "zoe@client.example")
    next_night(scene)
    assert scene.enrolled() == before  # and those of the one that cannot be read stay


@dataclass
class OneRefuses:
    """The Moodles, of which lille knows its token no more."""

    sites: TwinSites

    def lms(self, site: str) -> Moodle:
        if site == "lille":
            raise FixAccess("lille", "core_webservice_get_site_info", "invalidtoken")
        return self.sites.lms(site)

    def roster(self, site: str) -> Moodle:
        return self.lms(site).for_many()


@pytest.mark.rule("S12")
def test_a_moodle_that_refuses_keeps_no_other_from_being_compared() -> None:
    network = a_selling_network()
    scene = OrderScene(network=replace(network, shops={"other": a_shop(site="lille"), **network.shops}))
    scene.sell(some_facts())
    taken_out(scene, "ana@client.example")
    scene.base = scene.world = replace(scene.base, sites=OneRefuses(TwinSites(None, scene.caen)))
    next_night(scene)
    assert "ana@client.example" in scene.enrolled()
    said = scene.world.papers.get(reconcile.REPORT)
    assert said is not None
    assert said["away"] == ["lille"]


@pytest.mark.rule("S12", "S14")
def test_a_moodle_that_a_shop_sold_on_before_it_moved_is_compared_as_ever() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    moved = a_selling_network(a_shop(site="lille"))
    sites = TwinSites(None, scene.caen, TwinMoodle("lille", scene.clock))
    scene.base = scene.world = replace(scene.base, network=moved, sites=sites)
    taken_out(scene, "ana@client.example")
    next_night(scene)
    assert "ana@client.example" in scene.enrolled()


@pytest.mark.rule("S12", "S19")
def test_a_shop_whose_own_record_cannot_be_read_keeps_no_other_seller_from_being_told() -> None:
    unknown = {"products": {}, "report_to": ("anne",)}
    network = a_selling_network(a_shop(**unknown))
    scene = OrderScene(network=replace(network, shops={"another": a_shop(**unknown), **network.shops}))
    scene.moodle.add_user("anne", "Anne", "Martin", email="anne@univ.example")
    scene.sell(some_facts())
    scene.records.unreadable.add("Hearing#another")
    assert reconcile.each_hour(scene.world) == 1
    assert scene.messages()["anne"] == 1
