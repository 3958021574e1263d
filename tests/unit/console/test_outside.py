"""What the hourly round finds outside stands on the first page, which itself asks nobody (H2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from passerelle.domain.console import Seen
from passerelle.domain.night.plan.run import Run
from passerelle.domain.orders.shop import Webhook
from passerelle.domain.states import RunState
from passerelle.errors import MoodleAway
from passerelle.ports import World
from passerelle.usecases.console.look_around import look
from tests.factories.night import a_run
from tests.factories.records import a_running_job
from tests.fakes.lms import FakeLms
from tests.fakes.shops import FakeShops
from tests.unit.console.conftest import Browser


class Away(FakeLms):
    def get_site(self, category: str = "") -> object:
        raise MoodleAway("lille", "timeout")


@dataclass
class SomeAway:
    away: set[str] = field(default_factory=set)
    asked: int = 0

    def lms(self, site: str) -> FakeLms:
        self.asked += 1
        return Away(site) if site in self.away else FakeLms(site)


class SomeShops(FakeShops):
    off: str = ""

    def webhook(self, shop: str) -> Webhook | None:
        return Webhook("off") if shop == self.off else Webhook("on")


@pytest.fixture
def sites() -> SomeAway:
    return SomeAway()


@pytest.fixture
def world(world: World, sites: SomeAway) -> World:
    return replace(world, sites=sites, shops=SomeShops(world.network))


@pytest.mark.rule("H2")
def test_a_moodle_that_is_silent_waits_since_it_fell_silent_until_it_answers(
    world: World, browser: Browser, sites: SomeAway, clock
):
    browser.sign_in("hub", "root")
    assert "not looked at yet" in browser.ask("home")["body"]
    sites.away = {"lille"}
    assert look(world) == 1
    fell = clock.now()
    clock.tick(timedelta(hours=1))
    look(world)
    sites.asked = 0
    shown = browser.ask("home")["body"]
    assert sites.asked == 0
    assert "Moodle that does not answer" in shown
    assert "sites?ask=lille" in shown
    assert "sites?ask=caen" not in shown
    assert world.records[Seen, "site:lille"].since == fell
    sites.away = set()
    assert look(world) == 0
    assert "does not answer" not in browser.ask("home")["body"]


@pytest.mark.rule("H2")
@pytest.mark.rule("S17")
def test_a_webhook_that_is_off_waits_for_its_own_administrator(world: World, browser: Browser):
    world.shops.off = "lilloise"
    look(world)
    assert "has switched its webhook off" in browser.sign_in("lille", "lea").ask("home")["body"]
    assert "webhook off" not in Browser(world).sign_in("caen", "ada").ask("home")["body"]


@pytest.mark.rule("H2")
def test_the_page_of_sites_tells_the_last_answer_and_what_runs_there(
    world: World, browser: Browser, sites: SomeAway
):
    sites.away = {"lille"}
    look(world)
    world.records.add(a_running_job("j1", site="caen"))
    world.records.add(a_running_job("j2", site="caen", ended=True))
    shown = browser.sign_in("hub", "root").ask("sites")["body"]
    assert shown.count("does not answer since") == 1
    assert shown.count(">2026-10-05") == 3  # the last answers of the others, and the job
    other = Browser(world).sign_in("lille", "lea").ask("sites")["body"]
    assert ">2026-10-05" not in other


@pytest.mark.rule("H2")
def test_a_site_that_left_network_yaml_waits_for_nobody(world: World, browser: Browser, sites: SomeAway):
    sites.away = {"lille"}
    look(world)
    sites_left = {name: site for name, site in world.network.sites.items() if name != "lille"}
    network = replace(world.network, sites=sites_left, shops={})
    without = Browser(replace(world, network=network)).sign_in("hub", "root")
    assert "does not answer" not in without.ask("home")["body"]


@pytest.mark.rule("H2")
def test_extracts_that_did_not_come_are_named_as_such(world: World, browser: Browser, clock):
    clock.set(a_run().heard_at)
    run: Run = a_run(state=RunState.FAILED, error="night_sources_stopped")
    world.records.add(run)
    shown = browser.sign_in("caen", "ada").ask("home")["body"]
    assert "Extracts that did not come" in shown
    assert "files are missing, cut, or not this night" in shown
    assert "night_sources_stopped" not in shown


@pytest.mark.rule("H2")
def test_a_round_that_lasts_too_long_leaves_the_rest_as_it_was_seen(
    world: World, sites: SomeAway, clock, monkeypatch
):
    look(world)
    before = {one.id: one.at for one in world.records.all(Seen)}
    clock.tick(timedelta(hours=1))
    monkeypatch.setattr("passerelle.usecases.console.look_around.LONGEST", timedelta(seconds=-1))
    look(world)
    assert {one.id: one.at for one in world.records.all(Seen)} == before
