from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.moodle.core import Category
from passerelle.domain.moodle.plugin import Plugin, SiteCron, SiteFacts, SiteLimits
from passerelle.domain.network import Assistance
from passerelle.domain.secret_names import KINDS
from passerelle.errors import FixAccess, InstallFunction, MoodleAway, NotFound
from passerelle.usecases.network.check import Doors, check, is_bad
from passerelle.usecases.network.findings import Finding, Level
from tests.factories.records import a_network, a_role, a_site, a_site_facts
from tests.fakes.clock import FakeClock
from tests.fakes.lms import FakeLms
from tests.fakes.moodle import TwinMoodle

ROOT = Path(__file__).parents[3]
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
VIEW, EDIT, LIST = "moodle/course:view", "moodle/course:update", "moodle/category:viewcourselist"


class Net:
    """Three Moodles that fit; a test spoils one thing."""

    def __init__(self) -> None:
        self.network = a_network(hub__author_role="networkteacher", hub__viewer_role="networkteacher")
        self.clock = FakeClock()
        self.secrets = {f"/passerelle/signing/{name}": SECRET for name in self.network.sites}
        self.status: int | None = 200
        self.plain: dict[str, TwinMoodle] = {}  # Moodles without plugins
        self.moodles = {name: FakeLms(name, facts=self.facts(name)) for name in self.network.sites}

    def facts(self, name: str, **changes: Any) -> SiteFacts:
        roles = (
            a_role("editingteacher", capabilities=(VIEW, EDIT)),
            a_role("networkteacher", contextlevels=("course", "coursecat"), capabilities=(VIEW, LIST)),
            a_role("student", capabilities=()),
            a_role("user", archetype="user", contextlevels=("system",), capabilities=()),
        )
        whole: dict[str, Any] = {
            "site": name,
            "wwwroot": f"https://{name}.example",
            "roles": roles,
            "limits": SiteLimits(5000, 1, 1, 0),
            "now": self.clock.now(),
        }
        return a_site_facts(**whole | changes)

    def spoil(self, name: str, **changes: Any) -> None:
        self.moodles[name].facts = self.facts(name, **changes)

    def role(self, name: str, shortname: str, **changes: Any) -> None:
        facts = self.moodles[name].facts
        roles = tuple(replace(one, **changes) if one.shortname == shortname else one for one in facts.roles)
        self.moodles[name].facts = replace(facts, roles=roles)

    def secret(self, name: str) -> str:
        if name not in self.secrets:
            raise NotFound("secret_missing", name=name)
        return self.secrets[name]

    def findings(self) -> list[Finding]:
        doors = Doors(
            lambda name: self.moodles[name],
            lambda name: self.plain[name].moodle(),
            self.secret,
            self.clock,
            lambda site, key: self.status,
        )
        return list(check(self.network, doors))

    def not_good(self) -> list[tuple[str, Level, str]]:
        return [(one.site, one.level, one.english) for one in self.findings() if one.level is not Level.GOOD]


@pytest.fixture
def net() -> Net:
    return Net()


def only(net: Net, site: str, level: Level, *words: str) -> None:
    """One finding that is not good, in both languages, of that site and level, with these words."""
    (found,) = [one for one in net.findings() if one.level is not Level.GOOD]
    assert (found.site, found.level) == (site, level)
    for word in words:
        assert word in found.english
        assert word in found.french
    assert found.english != found.french


@pytest.mark.rule("P9")
def test_a_network_that_fits_has_only_ticks(net: Net) -> None:
    assert net.not_good() == []
    assert not is_bad(net.findings())
    assert "✓ hub: “networkteacher” sees “RESEAU”, students do not" in [
        one.worded("en") for one in net.findings()
    ]


def test_a_moodle_that_does_not_answer_does_not_hide_the_others(net: Net) -> None:
    def away(category: str = "") -> SiteFacts:
        raise MoodleAway("caen", "maintenance")

    net.moodles["caen"].get_site = away
    only(net, "caen", Level.BAD, "https://caen.example", "maintenance")
    assert {one.site for one in net.findings() if one.level is Level.GOOD} == {"caen", "lille", "hub"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            FixAccess("lille", "local_passerelle_get_site", "invalidtoken"),
            ["/passerelle/tokens/lille", "invalidtoken"],
        ),
        (
            InstallFunction("lille", "local_passerelle_get_site", "invalidrecord"),
            ["local_passerelle_get_site"],
        ),
        (NotFound("secret_missing", name="/passerelle/tokens/lille"), ["/passerelle/tokens/lille", "SSM"]),
    ],
)
def test_what_keeps_us_out_says_what_to_repair(net: Net, error: Exception, words: list[str]) -> None:
    def refuse(category: str = "") -> SiteFacts:
        raise error

    net.moodles["lille"].get_site = refuse
    only(net, "lille", Level.BAD, *words)


def standing(net: Net, **releases: str) -> list[tuple[str, Level, str]]:
    """What is found where the sites run these releases."""
    for name, release in releases.items():
        net.moodles[name].facts = replace(net.moodles[name].facts, release=f"{release}.1 (Build: 20260101)")
    return net.not_good()


@pytest.mark.rule("P16")
def test_every_pair_of_sites_whose_releases_cannot_work_is_named(net: Net) -> None:
    assert standing(net, caen="5.1", lille="4.5", hub="5.0") == [
        (
            "caen",
            Level.BAD,
            "its courses cannot be shared on hub: Moodle 5.1 here, 5.0 there; upgrade hub",
        ),
        (
            "caen",
            Level.WARNING,
            "its courses cannot be brought home to lille: Moodle 5.1 here, 4.5 there; upgrade lille",
        ),
    ]
    assert standing(net, caen="4.5", lille="5.0", hub="5.1") == [
        (
            "lille",
            Level.WARNING,
            "its courses cannot be brought home to caen: Moodle 5.0 here, 4.5 there; upgrade caen",
        )
    ]


@pytest.mark.rule("P16")
def test_plugins_that_a_partner_lacks_are_named(net: Net) -> None:
    page, booking, zoom = Plugin("mod_page"), Plugin("mod_booking"), Plugin("mod_zoom")
    net.spoil("hub", modules=(page,))
    net.spoil("lille", modules=(page,))
    net.spoil("caen", modules=(page, zoom, booking))
    only(net, "caen", Level.WARNING, "hub", "mod_booking, mod_zoom")


@pytest.mark.rule("P16")
@pytest.mark.rule("R13")
def test_a_year_that_its_next_one_cannot_take_over_is_named() -> None:
    net = Net()
    lille = replace(net.network.sites["lille"], previous="caen")
    caen = replace(net.network.sites["caen"], year="24/25")
    net.network = replace(net.network, sites={**net.network.sites, "caen": caen, "lille": lille})
    found = standing(net, caen="5.0", lille="4.5", hub="5.0")
    assert (
        "caen",
        Level.BAD,
        "its courses cannot be taken over by lille: Moodle 5.0 here, 4.5 there; upgrade lille",
    ) in found


@pytest.mark.rule("P16")
def test_releases_that_go_together_are_said_in_one_line(net: Net) -> None:
    assert standing(net, caen="4.5", lille="4.5", hub="5.0") == []
    assert "✓ hub: releases and plugins of the sites go together" in [
        one.worded("en") for one in net.findings()
    ]


@pytest.mark.parametrize("release", ["4.4.9 (Build: 20250101)", "3.11", "?"])
def test_a_moodle_older_than_4_5_is_refused(net: Net, release: str) -> None:
    net.spoil("caen", release=release)
    only(net, "caen", Level.BAD, "4.5")


@pytest.mark.parametrize("release", ["4.5", "5.0.1 (Build: 20250611)", "10.1"])
def test_4_5_and_later_will_do(net: Net, release: str) -> None:
    for name in net.moodles:
        net.spoil(name, release=release)
    assert net.not_good() == []


def test_a_site_without_the_plugins_is_refused(net: Net) -> None:
    net.spoil("caen", plugins={"block_passerelle": 1})
    only(net, "caen", Level.BAD, "local_passerelle, enrol_passerelle")


def test_a_site_without_the_block_is_only_warned(net: Net) -> None:
    net.spoil("caen", plugins={"local_passerelle": 1, "enrol_passerelle": 1, "block_passerelle": 0})
    only(net, "caen", Level.WARNING, "block_passerelle")


def test_a_plugin_that_believes_it_is_another_site_is_refused(net: Net) -> None:
    net.spoil("caen", site="lille")
    only(net, "caen", Level.BAD, "lille")


def test_another_wwwroot_is_refused(net: Net) -> None:
    net.spoil("caen", wwwroot="https://www.caen.example")
    only(net, "caen", Level.BAD, "https://www.caen.example", "https://caen.example")


@pytest.mark.parametrize(
    ("seconds", "level"), [(31, Level.WARNING), (-32, Level.WARNING), (241, Level.BAD), (-242, Level.BAD)]
)
def test_a_clock_that_is_off_is_told(net: Net, seconds: int, level: Level) -> None:
    net.spoil("caen", now=net.clock.now() + timedelta(seconds=seconds))
    only(net, "caen", level, "NTP")


def test_a_slow_answer_is_no_clock_that_is_off(net: Net) -> None:
    facts = net.facts("caen")

    def slow(category: str = "") -> SiteFacts:
        net.clock.tick(timedelta(seconds=50))
        return replace(facts, now=net.clock.now() - timedelta(seconds=25))

    net.moodles["caen"].get_site = slow
    net.moodles["hub"].facts = replace(net.moodles["hub"].facts, now=None)
    net.moodles["lille"].facts = replace(net.moodles["lille"].facts, now=None)
    assert net.not_good() == []


def test_few_input_variables_are_a_warning(net: Net) -> None:
    net.spoil("caen", limits=SiteLimits(1000, 1, 1, 0))
    only(net, "caen", Level.WARNING, "max_input_vars", "5000")


@pytest.mark.rule("H4")
@pytest.mark.parametrize(
    ("cron", "said"),
    [
        (SiteCron(None), "cron"),
        (SiteCron(901, 60), " 15 min"),
        (SiteCron(901, 60, atonce=True), " 15 min"),  # what was cut, or waits, still needs it
        (SiteCron(30, 300), " 5 min"),
    ],
)
def test_a_cron_that_people_wait_for_is_a_warning(net: Net, cron: SiteCron, said: str) -> None:
    net.spoil("caen", cron=cron)
    only(net, "caen", Level.WARNING, said)


@pytest.mark.parametrize("cron", [None, SiteCron(0, 60), SiteCron(900, 150), SiteCron(30, 300, atonce=True)])
def test_a_cron_that_nobody_waits_for_is_none(net: Net, cron: SiteCron | None) -> None:
    net.spoil("caen", cron=cron)
    assert net.not_good() == []


def test_a_missing_language_pack_is_a_warning(net: Net) -> None:
    net.spoil("caen", languages=("en",))
    only(net, "caen", Level.WARNING, "fr")


def test_a_missing_assistance_address_is_a_warning(net: Net) -> None:
    sites = net.network.sites | {"caen": a_site("caen", assistance=Assistance())}
    net.network = replace(net.network, sites=sites)
    only(net, "caen", Level.WARNING, "assistance.email")


def test_a_category_that_is_not_there_is_refused(net: Net) -> None:
    net.moodles["caen"].categories = [Category(1, "Autre", "AUTRE")]
    only(net, "caen", Level.BAD, "PARTAGE")


@pytest.mark.rule("P8")
def test_every_category_of_the_hubs_table_must_exist(net: Net) -> None:
    hub = replace(net.network.hub, categories={"CHIMIE": "SCIENCES"})
    net.network = replace(net.network, hub=hub)
    only(net, "hub", Level.BAD, "SCIENCES")


def test_an_owner_role_that_no_course_takes_is_refused(net: Net) -> None:
    net.role("caen", "editingteacher", contextlevels=("system",))
    only(net, "caen", Level.BAD, "owner_role", "editingteacher")


def test_an_owner_role_that_the_site_does_not_let_passerelle_give_is_refused(net: Net) -> None:
    net.role("caen", "editingteacher", allowed=False)
    only(net, "caen", Level.BAD, "owner_role", "editingteacher")


def test_a_role_that_does_not_exist_is_refused(net: Net) -> None:
    net.network = replace(net.network, sites=net.network.sites | {"caen": a_site("caen", owner_role="boss")})
    only(net, "caen", Level.BAD, "owner_role", "boss")


@pytest.mark.rule("P9")
@pytest.mark.parametrize("capability", [EDIT, "moodle/course:manageactivities"])
def test_an_authors_role_that_edits_is_refused(net: Net, capability: str) -> None:
    net.network = a_network(hub__author_role="editor", hub__viewer_role="networkteacher")
    facts = net.moodles["hub"].facts
    editor = a_role("editor", capabilities=(VIEW, capability))
    net.moodles["hub"].facts = replace(facts, roles=(*facts.roles, editor))
    only(net, "hub", Level.BAD, "hub.author_role", capability)


@pytest.mark.rule("P9")
def test_a_viewers_role_that_does_not_view_is_refused(net: Net) -> None:
    net.role("hub", "networkteacher", capabilities=(LIST,))
    only(net, "hub", Level.BAD, "RESEAU", VIEW)


@pytest.mark.rule("P9")
def test_a_viewers_role_that_misses_quizzes_and_assignments_is_warned_of_by_name(net: Net) -> None:
    seen = ("mod/assign:view", "mod/forum:viewdiscussion", "mod/quiz:view")
    net.role("hub", "student", capabilities=seen)
    net.role("hub", "user", capabilities=("mod/forum:viewdiscussion",))
    only(net, "hub", Level.WARNING, "networkteacher", "mod/assign:view, mod/quiz:view")
    net.role("hub", "networkteacher", capabilities=(VIEW, LIST, "mod/assign:view", "mod/quiz:view"))
    assert net.not_good() == []


@pytest.mark.rule("P9")
def test_a_viewers_role_that_no_category_takes_is_refused(net: Net) -> None:
    net.role("hub", "networkteacher", contextlevels=("course",))
    only(net, "hub", Level.BAD, "hub.viewer_role")


@pytest.mark.rule("P9")
@pytest.mark.parametrize("shortname", ["student", "user"])
@pytest.mark.parametrize("capability", [LIST, VIEW])
def test_a_category_that_students_see_is_refused(net: Net, shortname: str, capability: str) -> None:
    net.role("hub", shortname, capabilities=(capability,))
    only(net, "hub", Level.BAD, shortname, "RESEAU")


@pytest.mark.rule("P9")
def test_what_counts_is_what_the_roles_may_do_in_that_category(net: Net) -> None:
    net.role("hub", "user", capabilities=(LIST,))  # Moodle's default, overridden in the category
    overridden = net.moodles["hub"].facts
    net.moodles["hub"].facts_in["RESEAU"] = replace(
        overridden,
        roles=tuple(
            replace(one, capabilities=()) if one.shortname == "user" else one for one in overridden.roles
        ),
    )
    assert net.not_good() == []


@pytest.mark.rule("P9")
def test_what_cannot_be_proved_is_a_warning(net: Net) -> None:
    facts = net.moodles["hub"].facts
    net.moodles["hub"].facts = replace(
        facts, roles=tuple(one for one in facts.roles if one.shortname != "user")
    )
    only(net, "hub", Level.WARNING, "RESEAU")


def test_a_secret_that_is_not_in_ssm_is_refused(net: Net) -> None:
    del net.secrets["/passerelle/signing/caen"]
    only(net, "caen", Level.BAD, "/passerelle/signing/caen", "SecureString")


def test_a_secret_of_another_shape_is_refused_and_not_shown(net: Net) -> None:
    net.secrets["/passerelle/signing/caen"] = "hunter2hunter2hunter2"
    only(net, "caen", Level.BAD, "whsec_")
    assert not any("hunter2" in one.english + one.french for one in net.findings())


@pytest.mark.parametrize(("status", "level"), [(401, Level.BAD), (None, Level.WARNING), (500, Level.BAD)])
def test_a_secret_is_tried_at_our_own_door(net: Net, status: int | None, level: Level) -> None:
    net.status = status
    assert {(one[0], one[1]) for one in net.not_good()} == {(name, level) for name in net.network.sites}


@pytest.mark.parametrize("status", [500, 503, 404, 302])
def test_a_door_that_answers_otherwise_is_told_with_what_it_answers(net: Net, status: int) -> None:
    net.status = status
    said = net.not_good()
    assert {level for _, level, _ in said} == {Level.BAD}
    assert all(f"answers {status}" in words and "report_job" in words for _, _, words in said)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"token": "/elsewhere/caen/token"}, "sites.caen.token"),
        ({"secrets": ("/passerelle/signing/caen", "passerelle/caen/new")}, "sites.caen.secrets"),
    ],
)
def test_a_parameter_that_functions_may_not_read_is_refused_though_this_command_can(
    net: Net, changes: dict[str, Any], where: str
) -> None:
    net.secrets["passerelle/caen/new"] = SECRET
    net.network = replace(net.network, sites=net.network.sites | {"caen": a_site("caen", **changes)})
    only(net, "caen", Level.BAD, where, "/passerelle/")


def test_a_secret_that_lies_outside_its_folder_is_said_with_what_moves_it(net: Net) -> None:
    net.secrets["/passerelle/caen/secret"] = SECRET
    old = a_site("caen", secrets=("/passerelle/caen/secret",))
    net.network = replace(net.network, sites=net.network.sites | {"caen": old})
    only(net, "caen", Level.WARNING, "/passerelle/signing/", "network push")


def test_every_parameter_that_the_file_can_name_is_looked_at() -> None:
    """A new field for one must be known to the check."""
    source = "".join(
        (ROOT / "layers/core/python/passerelle/domain" / name).read_text()
        for name in ("network.py", "orders/shop.py", "night/policy.py")
    )
    named = re.findall(r"^    (\w+): .*#.*\bSSM parameter", source, re.MULTILINE)
    assert len(named) >= 7
    assert set(named) <= set(KINDS)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_moodle_without_plugins_is_asked_whether_people_are_found_by_email(net: Net, allowed: bool) -> None:
    net.network = replace(net.network, sites=net.network.sites | {"caen": a_site("caen", plugins=False)})
    net.plain["caen"] = TwinMoodle("caen", net.clock, plugins=False)
    net.plain["caen"].site.settings.service_sees_identity = allowed
    if allowed:
        assert net.not_good() == []
    else:
        only(net, "caen", Level.BAD, "moodle/site:viewuseridentity")


def test_a_category_that_the_account_may_not_see_is_not_said_to_be_missing(net: Net) -> None:
    net.moodles["caen"].categories = []
    only(net, "caen", Level.BAD, "PARTAGE", "moodle/category:viewcourselist")
