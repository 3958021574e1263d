from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.connection import assignable_roles, offers, signing_key
from passerelle.domain.orders.shop import Product, Shop
from passerelle.domain.site_commands import KeepToken, OpenConnection
from passerelle.errors import Refused
from passerelle.events.signatures import read_secret
from passerelle.ports import World
from passerelle.usecases.network.connect import answer_token, code_key, invite, open_connection
from tests.factories.records import a_network, a_person, a_site_facts
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.lms import FakeLms
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.secrets import FakeSecrets

pytestmark = pytest.mark.rule("K1")

API = "https://passerelle.example"
CLAIM, OTHER = "a" * 64, "b" * 64
TOKEN = "0123456789abcdef" * 2


class Sites:
    def __init__(self, clock: FakeClock) -> None:
        self.moodles = {
            name: FakeLms(
                name, facts=a_site_facts(site=name, wwwroot=f"https://{name}.example", now=clock.now())
            )
            for name in ("caen", "lille", "hub")
        }

    def lms(self, site: str) -> FakeLms:
        return self.moodles[site]


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.secrets = FakeSecrets()
        archives = FakeArchives(self.clock)
        self.world = World(
            network=a_network(),
            records=FakeRecords(),
            archives=archives,
            papers=FakePapers(),
            backups=FakeBackups(archives),
            sites=Sites(self.clock),  # type: ignore[arg-type]
            queues=FakeQueues(),
            clock=self.clock,
            secrets=self.secrets,
        )

    def code(self, site: str = "caen") -> bytes:
        """The key in a new code."""
        code = invite(self.world, site, API)
        said = json.loads(base64.urlsafe_b64decode(code.removeprefix("psl1_") + "=="))
        assert (said["address"], said["site"]) == (API, site)
        return base64.b64decode(said["key"])

    def open(self, site: str = "caen", claim: str = CLAIM, wwwroot: str = "") -> dict[str, object]:
        address = wwwroot or self.world.network.sites[site].url
        command = OpenConnection(site=site, type="connection", wwwroot=address, claim=claim)
        return dict(open_connection(self.world, command))

    def token(self, action: str = "keep", wwwroot: str = "", site: str = "caen") -> dict[str, object]:
        address = wwwroot or self.world.network.sites[site].url
        command = KeepToken(site=site, type="token", action=action, wwwroot=address, token=TOKEN)  # type: ignore[arg-type]
        return dict(answer_token(self.world, command))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def refused(act) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


def test_the_code_s_key_signs_and_the_table_does_not_hold_it(scene):
    key = scene.code()
    assert code_key(scene.world, "caen") == (signing_key(key),)
    assert key != signing_key(key)


def test_without_a_code_no_key_fits(scene):
    assert code_key(scene.world, "caen") != code_key(scene.world, "caen")
    assert code_key(scene.world, "nowhere") != code_key(scene.world, "nowhere")


def test_a_moodle_that_shows_its_code_gets_a_secret_and_what_it_needs(scene):
    scene.code()
    told = scene.open()
    assert read_secret(str(told["secret"]))
    assert told["secret"] == scene.secrets["/passerelle/signing/caen"]
    assert told["hub"] is None
    assert "editingteacher" in told["roles"]
    assert "http" not in str(told["sources"]) or "127.0.0.1" in str(told["sources"])


def test_the_hub_is_told_of_its_category_and_its_viewers(scene):
    scene.code("hub")
    hub = scene.world.network.hub
    assert scene.open("hub")["hub"] == {"category": hub.category, "viewer_role": hub.viewer_role}


def test_who_took_the_code_may_ask_again_and_nobody_else(scene):
    scene.code()
    first = scene.open()
    assert scene.open() == first
    assert refused(lambda: scene.open(claim=OTHER)) == "code_used"


def test_a_code_is_worth_nothing_once_a_token_came(scene):
    scene.code()
    scene.open()
    scene.token()
    assert refused(scene.open) == "code_used"


def test_a_code_is_worth_an_hour(scene):
    scene.code()
    scene.clock.tick(timedelta(hours=1))
    scene.open()
    scene.clock.tick(timedelta(seconds=1))
    assert refused(scene.open) == "code_expired"


def test_a_newer_code_replaces_an_older_one_and_keeps_the_secret(scene):
    old = scene.code()
    secret = scene.secrets["/passerelle/signing/caen"]
    new = scene.code()
    assert code_key(scene.world, "caen") == (signing_key(new),) != (signing_key(old),)
    assert scene.secrets["/passerelle/signing/caen"] == secret


def test_another_moodle_than_network_yaml_names_is_refused(scene):
    scene.code()
    assert refused(lambda: scene.open(wwwroot="https://evil.example")) == "other_address"
    scene.open()
    assert refused(lambda: scene.token(wwwroot="https://evil.example")) == "other_address"
    assert "/passerelle/tokens/caen" not in scene.secrets


def test_the_token_is_kept_and_the_moodle_checked(scene):
    scene.code()
    scene.open()
    found = scene.token()
    assert scene.secrets["/passerelle/tokens/caen"] == TOKEN
    assert found["fits"]
    assert {"level", "text"} == set(found["findings"][0])  # type: ignore[index]


def test_a_moodle_that_does_not_fit_is_connected_and_told_so(scene):
    scene.code()
    scene.open()
    moodle = scene.world.sites.lms("caen")
    moodle.facts = replace(moodle.facts, site="lille")
    found = scene.token()
    assert not found["fits"]
    assert "/passerelle/tokens/caen" in scene.secrets


def test_a_token_can_be_renewed_without_a_code(scene):
    assert scene.token()["connected"]


def test_who_disconnects_is_forgotten_and_comes_back_by_a_new_code(scene):
    scene.code()
    scene.open()
    scene.token()
    secret = scene.secrets["/passerelle/signing/caen"]
    assert not scene.token("withdraw")["connected"]
    assert not {"/passerelle/tokens/caen", "/passerelle/signing/caen"} & set(scene.secrets._held)
    scene.code()
    assert scene.open(claim=OTHER)["secret"] != secret


def test_a_token_is_letters_and_digits():
    with pytest.raises(ValueError, match="token"):
        KeepToken(site="caen", type="token", action="keep", wwwroot="https://x", token="../../etc/passwd")


def test_the_account_may_give_the_roles_that_the_site_s_shops_name():
    product = Product(handler="std_setuponecoursesession", parameters="coursename=X&supervisor=coach")
    shop = Shop(kind="standard", site="caen", learner_role="stagiaire", products={"X": product})
    network = replace(a_network(), shops={"boutique": shop})
    assert {"stagiaire", "coach"} <= set(assignable_roles(network, "caen"))
    assert not {"stagiaire", "coach"} & set(assignable_roles(network, "lille"))


def test_last_year_s_platform_offers_to_check_a_course_and_nothing_else():
    network = a_network()
    this, last = (
        replace(network.sites["caen"], previous="lille"),
        replace(network.sites["lille"], year="24/25"),
    )
    years = replace(network, sites={**network.sites, "caen": this, "lille": last})
    assert offers(years, "lille") == {"publish": False, "retrieve": False, "rollover": False, "check": True}
    assert offers(years, "caen")["rollover"]


def test_a_moodle_is_told_what_network_yaml_says_of_it_and_no_more(scene):
    network = scene.world.network
    last = replace(network.sites["lille"], year="24/25")
    this = replace(network.sites["caen"], previous="lille", category="L1")
    sites = {**network.sites, "caen": this, "lille": last}
    scene.world = replace(scene.world, network=replace(network, sites=sites))
    scene.code()
    told = scene.open()
    secret = scene.secrets["/passerelle/signing/caen"]
    assert {name: told[name] for name in told if name not in ("roles", "offers", "sources")} == {
        "network": network.name,
        "title": this.title,
        "secret": secret,
        "last_year": "24/25",
        "category": "L1",
        "hub": None,
    }
    scene.code("lille")
    assert scene.open("lille")["last_year"] == ""


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://s3.example/archives/x?sig=1", "s3.example"),
        ("https://s3.example:443/archives/x", "s3.example"),
        ("https://s3.example:444/archives/x", "https://s3.example:444"),
        ("http://s3.example/archives/x", "http://s3.example"),
        ("http://127.0.0.1:9000/archives/x", "http://127.0.0.1:9000"),
    ],
)
def test_archives_come_from_a_host_or_where_it_is_not_plain_https_from_a_whole_origin(scene, address, named):
    scene.world.archives.sign = lambda _key: (address, scene.clock.now())
    scene.code()
    assert scene.open()["sources"] == [named]


def test_whoever_disconnects_is_told_that_nothing_is_connected_and_the_token_is_only_checked_else(scene):
    scene.code()
    scene.open()
    scene.token()
    assert scene.token("withdraw") == {"connected": False, "fits": False, "findings": []}
    assert scene.token("check")["connected"]
    assert "/passerelle/tokens/caen" not in scene.secrets


def test_a_code_names_the_api_without_a_slash_at_its_end(scene):
    code = invite(scene.world, "caen", f"{API}/")
    assert json.loads(base64.urlsafe_b64decode(code.removeprefix("psl1_") + "=="))["address"] == API


def test_the_check_is_told_in_the_language_that_was_asked_for(scene):
    moodle = scene.world.sites.lms("caen")
    moodle.facts = replace(moodle.facts, site="lille")
    address = scene.world.network.sites["caen"].url

    def told(lang: str) -> list[tuple[str, str]]:
        person = a_person(lang=lang)
        command = KeepToken(site="caen", type="token", action="check", wwwroot=address, person=person)
        return [(one["level"], one["text"]) for one in answer_token(scene.world, command)["findings"]]  # type: ignore[union-attr]

    french, english = told("fr"), told("en")
    assert [level for level, _ in french] == [level for level, _ in english]
    assert dict(french)["bad"].startswith("le plugin se croit")
    assert dict(english)["bad"].startswith("the plugin ")
