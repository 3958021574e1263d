"""What network.yaml may say, and what a site may ask: each limit where it still holds, and one step beyond."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.upload import PEOPLE_LARGEST, PEOPLE_SMALLEST
from passerelle.domain.connection import CODE_LIVES, KEY_BYTES, assignable_roles, offers, spell_code
from passerelle.domain.network import Assistance, Drop, Limits, Site
from passerelle.domain.night.policy import Ldap, NightRules
from passerelle.domain.orders.shop import Attachment, Product, ShopApi
from passerelle.domain.retention import Retention
from passerelle.domain.secret_names import names_to_move, secret_names
from passerelle.domain.site_commands import (
    AskPublication,
    AskRollover,
    EnterConsole,
    KeepToken,
    LeftOutThing,
    OpenConnection,
    OpenUpload,
    ReportedJob,
    ReportJobs,
    SearchCatalogue,
    SendPeople,
    SignParts,
    SiteCommand,
)
from passerelle.domain.sizes import parse_size, spell_size
from tests.factories.orders import a_shop
from tests.factories.records import SHA, a_network, a_person, a_site
from tests.factories.rollover import a_two_year_network

Make = Callable[[Any], object]


def of(kind: type[SiteCommand], **plain: Any) -> Callable[[str], Make]:
    """Makes such a request with one field as asked."""
    return lambda name: lambda value: kind(**{"site": "caen", "type": "x", **plain, name: value})


UPLOAD = of(
    OpenUpload,
    intent="share",
    courseid=4,
    idnumber="C",
    fullname="C",
    shortname="C",
    filesize=1,
    sha256=SHA,
)
PEOPLE = of(SendPeople, upload="u", sent=True, filesize=PEOPLE_SMALLEST, sha256=SHA)
NO_PEOPLE = of(SendPeople, upload="u", sent=False)
TOKEN = of(KeepToken, action="keep", wwwroot="https://caen.example")
BAD_HASHES = ("", SHA[1:], SHA + "0", SHA.upper(), SHA[1:] + "g", SHA[1:] + "X", SHA + "\n")
THING = LeftOutThing("activity", 1)

REQUESTS: list[tuple[Make, str, tuple[Any, ...], tuple[Any, ...]]] = [
    (UPLOAD("idnumber"), "idnumber", ("C",), ("", " ")),
    (UPLOAD("sha256"), "sha256", (SHA,), BAD_HASHES),
    (UPLOAD("filesize"), "filesize", (1,), (0, -1)),
    (PEOPLE("sha256"), "sha256", (SHA,), BAD_HASHES),
    (
        PEOPLE("filesize"),
        "filesize",
        (PEOPLE_SMALLEST, PEOPLE_LARGEST),
        (PEOPLE_SMALLEST - 1, PEOPLE_LARGEST + 1),
    ),
    (NO_PEOPLE("sha256"), "sha256", ("", "x"), ()),
    (of(SignParts, upload="u")("parts"), "parts", ((), tuple(range(100))), (tuple(range(101)),)),
    (of(AskPublication, action="fits")("plugins"), "plugins", (("x",) * 2_000,), (("x",) * 2_001,)),
    (of(SearchCatalogue)("plugins"), "plugins", (("x",) * 2_000,), (("x",) * 2_001,)),
    (of(SearchCatalogue)("limit"), "limit", (1, 50), (0, 51)),
    (of(AskRollover, action="start")("exclude"), "exclude", ((THING,) * 5_000,), ((THING,) * 5_001,)),
    (of(AskRollover, action="start")("confirmed"), "confirmed", (("x",) * 20,), (("x",) * 21,)),
    (of(OpenConnection, wwwroot="https://caen.example")("claim"), "claim", (SHA,), BAD_HASHES),
    (of(EnterConsole)("browser"), "browser", (SHA,), BAD_HASHES),
    (TOKEN("token"), "token", ("a1" * 8, "a1" * 64), ("a" * 15, "a" * 129, "a" * 15 + "-", "")),
    (of(ReportJobs)("jobs"), "jobs", ((ReportedJob("j"),) * 100,), ((ReportedJob("j"),) * 101,)),
]


def holds(make: Make, field: str, good: tuple[Any, ...], bad: tuple[Any, ...]) -> None:
    for value in good:
        make(value)
    for value in bad:
        with pytest.raises(ValueError, match=rf"\A{field}: "):
            make(value)


@pytest.mark.rule("P1", "P15", "P20", "R8", "K1", "H2")
@pytest.mark.parametrize(("make", "field", "good", "bad"), REQUESTS)
def test_a_request_out_of_its_limits_is_refused_naming_the_field(
    make: Make, field: str, good: tuple[Any, ...], bad: tuple[Any, ...]
) -> None:
    holds(make, field, good, bad)


@pytest.mark.rule("K1", "H1", "H2", "P21")
def test_each_request_has_a_route_of_its_own() -> None:
    routes = {kind.__name__: kind.route for kind in SiteCommand.__subclasses__() if "route" in vars(kind)}
    assert routes == {
        "OpenUpload": "uploads",
        "SignParts": "parts",
        "SendPeople": "people",
        "CompleteUpload": "complete",
        "AskPublication": "publications",
        "AskRetrieval": "retrievals",
        "AskRollover": "rollovers",
        "ManageBackups": "backups",
        "SearchCatalogue": "catalogue",
        "AskWhy": "why",
        "OpenConnection": "connection",
        "KeepToken": "token",
        "ReportJobs": "jobs",
        "SignSource": "source",
        "EnterConsole": "console",
    }


@pytest.mark.rule("K1")
def test_only_a_token_that_is_to_be_kept_is_looked_at() -> None:
    for action in ("check", "withdraw"):
        KeepToken(site="caen", type="token", action=action, wwwroot="https://caen.example")


@pytest.mark.rule("P10")
def test_a_request_is_answered_in_its_persons_language_and_without_one_in_english() -> None:
    assert SiteCommand(site="caen", type="x").lang == "en"
    assert SiteCommand(site="caen", type="x", person=a_person(lang="de")).lang == "de"


# -- network.yaml ---------------------------------------------------------------------------------------------


def site(name: str) -> Make:
    return lambda value: a_site("caen", **{name: value})


FILE: list[tuple[Make, str, tuple[Any, ...], tuple[Any, ...]]] = [
    (lambda value: Assistance(email=value), "email", ("", "a@b"), ("a.b",)),
    (lambda value: Drop(author=value), "author", ("ada",), ("", " ")),
    (site("parallel_restores"), "parallel_restores", (1,), (0,)),
    (site("parallel_backups"), "parallel_restores", (1,), (0,)),
    (site("max_concurrency"), "max_concurrency", (1,), (0,)),
    (site("calls_per_second"), "max_concurrency", (0.01,), (0, -1.0)),
    (
        site("url"),
        "url",
        ("http://a", "https://caen.example/moodle"),
        ("https://caen.example/", "ftp://a", "https://", "caen.example", " https://a", "https:///x"),
    ),
    (site("secrets"), "secrets", (("a",), ("a", "b")), ((), ("a", "b", "c"))),
    (lambda value: Limits(backups_kept=value), "backups_kept", (1,), (0,)),
    *(
        (lambda value, name=name: Retention(**{name: value}), name, (1,), (0, -1))
        for name in ("orders", "parked", "publications", "retrievals", "uploads")
    ),
    (lambda value: a_network(operators=(value,)), "operators", ("hub:root", "caen:a:b"), ("nowhere:a", "hub", "hub:")),
]  # fmt: skip


@pytest.mark.rule("P6", "P21", "R10", "R13", "G2", "H1", "H2")
@pytest.mark.parametrize(("make", "field", "good", "bad"), FILE)
def test_a_figure_or_a_name_of_the_file_out_of_its_limits_is_refused_naming_its_field(
    make: Make, field: str, good: tuple[Any, ...], bad: tuple[Any, ...]
) -> None:
    holds(make, field, good, bad)


@pytest.mark.parametrize(("name", "good"), [("a", True), ("a-1", True), ("0" * 39, True), ("0" * 40, False)]
                         + [(bad, False) for bad in ("", "A", "-a", "a.b", "a b", "é")])  # fmt: skip
def test_sites_and_shops_have_short_names_of_small_letters_digits_and_dashes(name: str, good: bool) -> None:
    network = a_network()

    def sites() -> object:
        return replace(network, sites={**network.sites, name: a_site("caen")})

    def shops() -> object:
        return replace(network, shops={name: a_shop(site="caen")})

    for make, room in ((sites, "sites"), (shops, "shops")):
        if good:
            make()
        else:
            with pytest.raises(ValueError, match=f"^{room}: '{name}' must be lower-case"):
                make()


@pytest.mark.rule("R1", "P8")
def test_what_one_part_of_the_file_names_stands_in_another() -> None:
    network = a_two_year_network()
    with pytest.raises(ValueError, match=r"hub\.site: 'x' is not one"):
        replace(network, hub=replace(network.hub, site="x"))
    with pytest.raises(ValueError, match=r"shops\.b\.site: 'x' is not one"):
        replace(network, shops={"b": a_shop(site="x")})
    for wrong in ("x", "vert"):
        with pytest.raises(ValueError, match=rf"sites\.vert\.previous: '{wrong}' is not another"):
            a_two_year_network(vert__previous=wrong)
    with pytest.raises(ValueError, match=r"sites\.bleu\.year: the button of 'vert' names it"):
        a_two_year_network(bleu__year="")
    assert network.previous_sites == ("bleu",)
    assert a_network().previous_sites == ()


@pytest.mark.rule("P8", "P11", "P18")
def test_where_courses_go_is_the_files_to_say() -> None:
    network = a_network()
    hub = replace(network.hub, category="DEPOT", categories={"SC": "SCIENCES"}, managers=("caen:grace",))
    network = replace(network, hub=hub)
    assert [network.hub_category(one) for one in ("SC", "DROIT", "")] == ["SCIENCES", "DEPOT", "DEPOT"]
    assert [network.is_manager("caen", one) for one in ("grace", "ada")] == [True, False]
    assert not network.is_manager("lille", "grace")

    def home(asked: str = "", *owned: str, **changes: Any) -> str:
        return a_site("caen", category="RETOUR", **changes).home_category(asked, owned)

    assert (home(), home("A"), home("A", "MINE")) == ("RETOUR", "A", "A")
    assert home("A", "MINE", "B", own_category=True) == "MINE"
    assert home("A", own_category=True) == "A"


@pytest.mark.rule("N17", "R12")
def test_a_sites_days_are_those_of_its_night_and_else_of_paris() -> None:
    assert str(a_site("caen").zone) == "Europe/Paris"
    assert str(a_site("caen", night=NightRules(timezone="Indian/Reunion")).zone) == "Indian/Reunion"
    for make in (lambda: a_site("caen", media_threshold="2 PB"), lambda: Limits(archive="much")):
        with pytest.raises(ValueError, match="is not a size"):
            make()
    assert a_site("caen", media_threshold="2 GB").media_threshold_bytes == 2_000_000_000
    assert Limits(archive="1 kB").archive_bytes == 1000


# -- sizes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000), ("20 GB", 20_000_000_000), ("500 Mo", 500_000_000), ("2 GiB", 2 * 1024**3),
        ("1.5 k", 1500), ("3 kio", 3072), ("1 MiB", 1024**2), ("2 TB", 2 * 10**12), ("1 tib", 1024**4),
        (" 7b ", 7), ("0", 0),
    ],
)  # fmt: skip
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "1,5 GB", "-1", "1 PB", "1 G B", "1 GBB", "1.", "1 GB x"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size such as 20 GB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "french", "english"),
    [
        (0, "0 o", "0 B"),
        (999, "999 o", "999 B"),
        (1000, "1,0 ko", "1.0 kB"),
        (99_940, "99,9 ko", "99.9 kB"),
        (100_000, "100 ko", "100 kB"),
        (999_000, "999 ko", "999 kB"),
        (1_000_000, "1,0 Mo", "1.0 MB"),
        (1_500_000_000, "1,5 Go", "1.5 GB"),
        (1_500_000_000_000, "1500 Go", "1500 GB"),
    ],
)
def test_a_size_is_told_with_two_or_three_digits(size: int, french: str, english: str) -> None:
    assert (spell_size(size, "fr_ca"), spell_size(size, "en")) == (french.replace(" ", "\u00a0"), english)


# -- connecting a Moodle ------------------------------------------------------------------------------------


@pytest.mark.rule("K1")
def test_a_code_is_the_address_the_site_and_a_key_of_32_bytes_worth_an_hour() -> None:
    assert (timedelta(hours=1), 32) == (CODE_LIVES, KEY_BYTES)
    code = spell_code("https://p.example/é", "caen", b"\xff\x01")
    assert code.startswith("psl1_")
    assert "=" not in code
    packed = code.removeprefix("psl1_")
    said = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    assert said.decode() == '{"address":"https://p.example/é","site":"caen","key":"/wE="}'
    assert json.loads(said)["site"] == "caen"


@pytest.mark.rule("K1", "P9", "S6")
def test_a_site_is_told_each_role_that_its_part_of_the_file_names_and_no_other() -> None:
    products = {
        "A": Product(handler="std_setuponecoursesession", parameters="coursename=C&supervisor=s&requiredroles=r1,r2"),
        "B": Product(handler="std_enrolonecourse", parameters="coursename=C&role=one"),
        "C": Product(handler="std_unheard_of", parameters="role=never"),
    }  # fmt: skip
    attachment = Attachment(over_new="on", over_existing="oe", back_over_new="bn", back_over_existing="be")
    shop = a_shop(
        site="caen", learner_role="l", tutor_role="t", owner_role="o", category_role="c",
        attachment=attachment, products=products,
    )  # fmt: skip
    network = a_network(shops={"b": shop, "other": replace(shop, site="lille", learner_role="elsewhere")})
    sites = {**network.sites, "caen": replace(network.sites["caen"], owner_role="mine")}
    network = replace(network, sites=sites, hub=replace(network.hub, author_role="writer"))
    always = {"student", "editingteacher", "teacher"}
    sold = {"mine", "l", "t", "o", "c", "on", "oe", "bn", "be", "s", "r1", "r2", "one"}
    assert assignable_roles(network, "caen") == tuple(sorted(always | sold))
    assert assignable_roles(network, "hub") == tuple(sorted(always | {"writer"}))
    assert "elsewhere" in assignable_roles(network, "lille")


@pytest.mark.rule("R1", "K1")
def test_last_years_platform_is_only_looked_at() -> None:
    network = a_two_year_network()
    told = {name: offers(network, name) for name in ("bleu", "vert", "hub")}
    assert told == {
        "bleu": {"publish": False, "retrieve": False, "rollover": False, "check": True},
        "vert": {"publish": True, "retrieve": True, "rollover": True, "check": False},
        "hub": {"publish": True, "retrieve": True, "rollover": False, "check": False},
    }


DIRECTORY = Ldap(url="ldaps://ldap.example", base="dc=x", password="/p/directory", ca="/p/directories/ca")


@pytest.mark.rule("G3")
def test_each_secret_lies_in_the_folder_of_its_kind_or_is_to_be_moved_there() -> None:
    sites: dict[str, Site] = {
        "caen": a_site("caen", token="/p/caen-token", secrets=("/p/signing/caen", "/p/caen-2")),
        "hub": a_site(
            "hub", token="/elsewhere/t", secrets=("/p/signing/hub",), night=NightRules(ldap=DIRECTORY)
        ),
    }
    shop = a_shop(site="caen", secrets=("/p/shop-1",), api=ShopApi(key="/p/shops/key"))
    network = a_network(sites=sites, shops={"b": shop}, seats_secrets=("/p/seats/a", "/p/b"))
    kinds = {one.name: one.kind for one in secret_names(network)}
    assert kinds == {
        "/p/caen-token": "tokens",
        "/p/signing/caen": "signing",
        "/p/caen-2": "signing",
        "/elsewhere/t": "tokens",
        "/p/signing/hub": "signing",
        "/p/directory": "directories",
        "/p/directories/ca": "directories",
        "/p/shop-1": "shops",
        "/p/shops/key": "shops",
        "/p/seats/a": "seats",
        "/p/b": "seats",
    }
    assert names_to_move(network, "/p/") == {
        "/p/caen-token": "/p/tokens/caen-token",
        "/p/caen-2": "/p/signing/caen-2",
        "/p/directory": "/p/directories/directory",
        "/p/shop-1": "/p/shops/shop-1",
        "/p/b": "/p/seats/b",
    }
