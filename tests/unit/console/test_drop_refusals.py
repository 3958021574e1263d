"""What drop folders hold that was refused: for operators, and for the administrators of the site (P21, H2)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from passerelle.domain.records import Note
from passerelle.domain.states import PublicationState
from passerelle.ports import World
from passerelle.usecases.console.views import MOST_LOOKED_UP
from passerelle.usecases.publishing.refusals import reasons_in, refusals, write_refusal
from tests.factories.records import a_publication
from tests.fakes.clock import FakeClock
from tests.unit.console.conftest import Browser

pytestmark = [pytest.mark.rule("P21"), pytest.mark.rule("H2")]
CAEN, LILLE, NOBODYS = "drop/caen/2024/chimie.mbz", "drop/lille/droit.mbz", "drop/rouen/histoire.mbz"
OLDER = Note("drop_older", {"made": "01/01/2025", "newer": "02/02/2025"})


@pytest.fixture
def world(world: World) -> World:
    write_refusal(world, CAEN, [OLDER])
    write_refusal(world, LILLE, [Note("drop_taken_before")])
    write_refusal(world, NOBODYS, [Note("drop_not_allowed", {"site": "rouen"})])
    return world


def archives(page: str) -> list[str]:
    return re.findall(r"<strong>([^<]+\.mbz)</strong>", page)


def test_an_operator_sees_those_of_every_folder_from_the_page_of_publications(browser: Browser):
    browser.sign_in("hub", "root")
    assert "publications?refused=1" in browser.ask("publications")["body"]
    page = browser.ask("publications?refused=1")["body"]
    assert archives(page) == ["caen/2024/chimie.mbz", "lille/droit.mbz", "rouen/histoire.mbz"]
    only = browser.ask("publications?refused=1&site=lille")["body"]
    assert archives(only) == ["lille/droit.mbz"]


@pytest.mark.parametrize("path", ["publications", "publications?refused=1&site=lille", "publications?site="])
def test_an_administrator_sees_those_of_the_site_and_no_publication(
    world: World, browser: Browser, path: str
):
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    browser.sign_in("caen", "ada")
    assert 'href="/console/publications"' in browser.ask("home")["body"]
    page = browser.ask(path)["body"]
    assert archives(page) == ["caen/2024/chimie.mbz"]
    assert a_publication().card.title not in page


def test_who_manages_the_hub_alone_sees_publications_and_no_folder(browser: Browser):
    browser.sign_in("caen", "grace")
    assert "refused=1" not in browser.ask("publications")["body"]
    assert browser.ask("publications?refused=1")["statusCode"] == 404


@pytest.mark.parametrize(
    ("lang", "said", "other", "when"),
    [
        ("fr", "Cette sauvegarde date du 01/01/2025", "This backup", "05/10/2026 10:00"),
        ("en", "This backup was made on 01/01/2025", "Cette sauvegarde", "2026-10-05 10:00"),
    ],
)
def test_each_says_its_reason_in_the_language_of_the_reader_and_when(
    browser: Browser, lang: str, said: str, other: str, when: str
):
    page = browser.sign_in("caen", "ada", lang).ask("publications")["body"]
    assert said in page
    assert other not in page
    assert when in page


def test_a_folder_where_nothing_is_refused_says_so(world: World, browser: Browser):
    world.archives.delete("drop/caen/2024/chimie.refused.txt")
    page = browser.sign_in("caen", "ada").ask("publications")["body"]
    assert "No dropped archive is refused." in page


def test_many_are_read_page_by_page_each_once_newest_first(world: World, browser: Browser, clock: FakeClock):
    names = [f"caen/{n * 7 % 30:02}.mbz" for n in range(2 * MOST_LOOKED_UP)]
    for name in names[1:]:
        clock.tick(timedelta(minutes=1))
        world.archives.put_text(f"drop/{name}", "an archive")
        write_refusal(world, f"drop/{name}", [OLDER])
    browser.sign_in("hub", "root")
    read, path, pages = [], "publications?refused=1&site=caen", 0
    while path:
        page = browser.ask(path)["body"]
        read += archives(page)
        more = re.search(r'href="/console/(publications\?[^"]*after=[^"]*)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
        pages += 1
    assert read == [*reversed(names[1:]), "caen/2024/chimie.mbz"]
    assert pages == 2


def test_a_folder_full_of_other_things_is_read_some_at_a_time(world: World):
    for n in range(7_000):
        world.archives.put_text(f"drop/caen/0/{n:04}.mbz", "")
    found, past = refusals(world, "caen", "fr", limit=15)
    assert (found, past) == ((), "0:drop/caen/0/4999.mbz")
    found, past = refusals(world, "caen", "fr", after=past or "", limit=15)
    assert [one.archive for one in found] == ["caen/2024/chimie.mbz"]
    assert past is None


@pytest.mark.parametrize(
    "after", ["%00", "%ED%A0%BD", "0:drop/lille/", "9999:", "0:" + "z" * 2000, "é" * 800, "٣:"]
)
def test_an_odd_place_to_go_on_from_breaks_nothing_and_opens_no_other_folder(browser: Browser, after: str):
    given = browser.sign_in("caen", "ada").ask(f"publications?after={after}")
    assert given["statusCode"] == 200
    assert not {"lille/droit.mbz", "rouen/histoire.mbz"} & set(archives(given["body"]))


def test_what_somebody_wrote_into_a_folder_is_text(world: World, browser: Browser):
    world.archives.put_text(
        "drop/caen/<script>alert(1)</script>.refused.txt", "<script>alert(2)</script>\n" * 50
    )
    page = browser.sign_in("caen", "ada").ask("publications")["body"]
    assert "<script" not in page
    assert page.count("alert(2)") == 10


def test_a_text_of_one_language_or_of_none_is_read_as_it_stands(world: World):
    whole = world.archives.text("drop/caen/2024/chimie.refused.txt") or ""
    french = whole[: whole.index("This archive")]
    assert reasons_in(french, "fr") == reasons_in(whole, "fr")
    assert reasons_in("by hand\n\n- do it again", "en") == ("by hand", "do it again")
    assert reasons_in("", "fr") == ()
