"""In and out of the console: what is forged, replayed, expired, stolen or another's opens nothing (H2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from passerelle.domain.console import (
    SESSION_LIVES,
    TICKET_LIVES,
    ConsoleAct,
    ConsoleSession,
    ConsoleTicket,
    Operator,
    Reach,
    Seen,
    digest,
    form_mark,
    reach_of,
)
from passerelle.domain.site_commands import EnterConsole
from passerelle.errors import Refused
from passerelle.ports import World
from passerelle.usecases.console import enter
from tests.factories.records import a_person
from tests.fakes.clock import FakeClock
from tests.unit.console.conftest import Browser

ADA = Operator(site="caen", identity="ada", name="Ada")


def asks(site: str, username: str, browser: str = "0" * 64) -> EnterConsole:
    return EnterConsole(
        request="msg_1", site=site, type="console", person=a_person(username), browser=browser
    )


@pytest.mark.rule("H2")
def test_an_administrator_reaches_the_site_that_vouches_and_no_other(world: World):
    reach = reach_of(world.network, "caen", "ada")
    assert (reach.sites, reach.shops) == ({"caen"}, {"boutique"})
    assert not (reach.publications)
    assert not (reach.everything)
    assert reach_of(world.network, "lille", "ada").nothing  # another site's Ada


@pytest.mark.rule("H2")
def test_a_manager_of_the_hub_reaches_publications_and_an_operator_everything(world: World):
    assert reach_of(world.network, "caen", "grace").publications
    everything = reach_of(world.network, "hub", "ROOT")
    assert everything.everything
    assert everything.sites == set(world.network.sites)


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("site", "identity", "sites", "shops", "publications", "everything"),
    [
        ("caen", "ADA", {"caen"}, {"boutique"}, False, False),
        ("hub", "ada", set(), set(), False, False),
        ("lille", "linus", {"lille"}, set(), False, False),
        ("caen", "Grace", set(), set(), True, False),
        ("lille", "grace", set(), set(), False, False),
        ("caen", "both", {"caen"}, {"boutique"}, True, False),
        ("Hub", "Root", {"caen", "lille", "hub"}, {"boutique", "autre"}, True, True),
        ("caen", "root", set(), set(), False, False),
        ("nowhere", "ada", set(), set(), False, False),
    ],
)
def test_a_site_speaks_only_for_itself_and_network_yaml_says_how_far(
    world: World,
    site: str,
    identity: str,
    sites: set[str],
    shops: set[str],
    publications: bool,
    everything: bool,
):
    network = world.network
    named = {
        "caen": replace(network.sites["caen"], administrators=("Ada", "both")),
        "lille": replace(network.sites["lille"], administrators=("linus",)),
        "hub": replace(network.sites["hub"], administrators=()),
    }
    hub = replace(network.hub, managers=("caen:GRACE", "caen:both"))
    boutique = network.shops["boutique"]
    shops_ = {"boutique": replace(boutique, site="caen"), "autre": replace(boutique, site="hub")}
    network = replace(network, sites=named, hub=hub, shops=shops_, operators=("hub:ROOT",))
    reach = reach_of(network, site, identity)
    assert reach == Reach(
        sites=frozenset(sites), shops=frozenset(shops), publications=publications, everything=everything
    )
    assert reach.nothing is not bool(sites or shops or publications or everything)


@pytest.mark.rule("H2")
def test_each_way_of_reaching_something_is_something():
    assert Reach().nothing
    some = [
        Reach(sites=frozenset("a")),
        Reach(shops=frozenset("a")),
        Reach(publications=True),
        Reach(everything=True),
    ]
    assert [one.nothing for one in some] == [False] * 4


@pytest.mark.rule("H2")
def test_a_way_in_lives_a_minute_and_a_session_eight_hours_and_the_rest_is_derived():
    """What an earlier release made is known again: cookies, forms and records outlive it."""
    assert (timedelta(minutes=1), timedelta(hours=8)) == (TICKET_LIVES, SESSION_LIVES)
    assert digest("x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert form_mark("x") == "cfe0f1182c95abb2a1c517c19b90ec5f"
    assert ADA.id == "caen:ada"
    act = ConsoleAct(
        id="a", at=datetime(2026, 10, 5, 23, 59, tzinfo=UTC), by="caen:ada", act="release", about="b:1"
    )
    assert act.day == "2026-10-05"
    assert [Seen(id=one, at=act.at).about for one in ("site:caen", "webhook:b:c", "x")] == ["caen", "b:c", ""]


@pytest.mark.rule("H2")
def test_a_person_whom_network_yaml_does_not_name_gets_no_way_in(world: World):
    with pytest.raises(Refused) as refused:
        enter.answer(world, asks("caen", "mallory"))
    assert refused.value.code == "console_not_allowed"


@pytest.mark.rule("H2")
def test_moodle_and_the_browser_come_together_to_a_session(world: World, browser: Browser):
    begun = browser.ask("begin?site=caen")
    target = urlsplit(begun["headers"]["location"])
    assert target.path == "/local/passerelle/console.php"
    code = enter.answer(world, asks("caen", "ada", parse_qs(target.query)["browser"][0]))["code"]
    entered = browser.ask(f"enter/{code}")
    assert entered["statusCode"] == 200
    assert entered["headers"]["refresh"] == "0; url=/console/home"
    session = next(one for one in entered["cookies"] if "passerelle_console=" in one)
    assert session.startswith("__Host-")
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= {
        part.strip() for part in session.split(";")
    }
    assert browser.ask("home")["statusCode"] == 200


@pytest.mark.rule("H2")
def test_a_way_in_that_another_browser_holds_opens_nothing(world: World, browser: Browser):
    code = enter.invite(world, ADA, browser=digest("what the other browser holds"))
    assert browser.ask(f"enter/{code}")["statusCode"] == 403
    assert browser.cookies == {}


@pytest.mark.rule("H2")
def test_a_way_in_opens_once(world: World, browser: Browser):
    code = enter.invite(world, ADA)
    assert browser.ask(f"enter/{code}")["statusCode"] == 200
    assert Browser(world).ask(f"enter/{code}")["statusCode"] == 403


@pytest.mark.rule("H2")
def test_a_way_in_lives_a_minute(world: World, browser: Browser, clock: FakeClock):
    code = enter.invite(world, ADA)
    clock.tick(timedelta(seconds=61))
    assert browser.ask(f"enter/{code}")["statusCode"] == 403


@pytest.mark.rule("H2")
@pytest.mark.parametrize("cookie", ["", "forged", "a" * 5000, "x; y=z"])
def test_a_forged_cookie_opens_nothing(world: World, cookie: str):
    browser = Browser(world, cookies={"__Host-passerelle_console": cookie})
    assert browser.ask("home")["statusCode"] == 403


@pytest.mark.rule("H2")
def test_a_cookie_stolen_is_worth_nothing_once_its_session_was_left(world: World, browser: Browser):
    browser.sign_in()
    thief = Browser(world, cookies=dict(browser.cookies))
    assert thief.ask("home")["statusCode"] == 200
    browser.ask("leave", {"mark": browser.mark()})
    assert thief.ask("home")["statusCode"] == 403


@pytest.mark.rule("H2")
def test_a_session_ends_after_eight_hours(world: World, browser: Browser, clock: FakeClock):
    browser.sign_in()
    clock.tick(timedelta(hours=8, seconds=1))
    assert browser.ask("home")["statusCode"] == 403


@pytest.mark.rule("H2")
def test_whom_network_yaml_no_longer_names_is_out_at_once(world: World, browser: Browser):
    browser.sign_in()
    caen = replace(world.network.sites["caen"], administrators=())
    browser.world = replace(
        world, network=replace(world.network, sites={**world.network.sites, "caen": caen})
    )
    assert browser.ask("home")["statusCode"] == 403


@pytest.mark.rule("H2")
def test_the_table_keeps_neither_code_nor_cookie(world: World, browser: Browser):
    code = enter.invite(world, ADA)
    browser.ask(f"enter/{code}")
    kept = [one.id for kind in (ConsoleTicket, ConsoleSession) for one in world.records.all(kind)]
    assert code not in kept
    assert not set(browser.cookies.values()) & set(kept)


@pytest.mark.rule("H2")
def test_on_a_laptop_without_tls_the_cookie_is_kept_to_the_consoles_path(world: World):
    browser = Browser(world, host="127.0.0.1:4566").sign_in()
    assert "passerelle_console" in browser.cookies
    assert browser.ask("home")["statusCode"] == 200


@pytest.mark.rule("H2")
def test_no_page_may_run_a_script_or_stand_in_a_frame(browser: Browser):
    policy = browser.sign_in().ask("home")["headers"]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
