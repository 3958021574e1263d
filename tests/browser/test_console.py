"""The console in headless Chromium: every page and act, by forms alone, wide, and on a telephone in the dark."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from passerelle.domain.console import ConsoleAct, Operator
from passerelle.domain.moodle.core import Category
from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.states import OrderState, PublicationState, RolloverState, RunState
from passerelle.ports import World
from passerelle.runtime.console_door import answer
from passerelle.usecases.console.enter import invite
from passerelle.usecases.publishing.refusals import write_refusal
from tests.browser.gateway import served
from tests.factories.night import a_month, a_run
from tests.factories.orders import a_line
from tests.factories.records import a_publication
from tests.fakes.clock import FakeClock
from tests.scenes.rollover import YearScene
from tests.unit.console.conftest import FakeNights, a_console_world

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")]

ORDER = "boutique:1042"
PAGES = (
    "home",
    "nights",
    "orders",
    f"order?id={ORDER}",
    "publications",
    "publications?refused=1",
    "publication?id=publication1",
    "sites",
    "why",
    "people",
    "acts",
)


@pytest.fixture
def nights() -> FakeNights:
    return FakeNights()


@pytest.fixture
def world(nights: FakeNights) -> World:
    """A held night, a month of them, a parked order and a publication."""
    clock = FakeClock()
    clock.set(a_run().heard_at)
    world = a_console_world(clock, nights)
    for run in a_month():
        if run.id != a_run().id:
            world.records.add(run)
    world.records.add(a_run(state=RunState.HELD, counts={"suspend": 400}, removals=400))
    world.records.add(
        Order(
            id=ORDER,
            shop="boutique",
            number="1042",
            received_at=clock.now(),
            paid_at=clock.now(),
            state=OrderState.PARKED,
            why=(Note("amount_differs", {"lines": "4000", "total": "3000"}),),
            lines=(a_line(quantity=6),),
            lines_known=True,
            total=3000,
            currency="EUR",
        )
    )
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    refused = "drop/caen/étagère 2024/Chimie générale et minérale, première année.mbz"
    write_refusal(world, refused, [Note("users_inside", {"member": "users.xml"})])
    write_refusal(
        world, "drop/lille/droit.mbz", [Note("drop_older", {"made": "01/01/2025", "newer": "02/02/2025"})]
    )
    return world


@pytest.fixture
def operator() -> Operator:
    return Operator(site="hub", identity="root", name="Root", lang="fr")


def person_page(page: Any, console: str, who: str) -> None:
    page.goto(f"{console}/people")
    page.get_by_label("Adresse, identifiant ou code").fill(who)
    page.get_by_role("button", name="Rechercher").click()


@pytest.fixture
def console(world: World) -> Iterator[str]:
    """The console's address on this machine, as API Gateway would hand it to the function."""

    context = SimpleNamespace(function_name="passerelle-serve_console", aws_request_id="r1")
    with served(
        lambda event: answer(event, context, lambda: world),
        lambda path: {"proxy": unquote(path.removeprefix("/console").strip("/"))},
    ) as address:
        yield f"{address}/console"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


LOOKS = {
    "wide": {"viewport": {"width": 1200, "height": 900}},
    "telephone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


@pytest.fixture
def page(
    chromium: Any, console: str, world: World, operator: Operator, request: pytest.FixtureRequest
) -> Iterator[Any]:
    """Signed in as an operator of the network, without JavaScript unless axe needs it."""
    look = getattr(request, "param", "wide")
    context = chromium.new_context(locale="fr-FR", **LOOKS[look])
    tab = context.new_page()
    tab.set_default_timeout(5_000)
    tab.look = look
    tab.goto(f"{console}/enter/{invite(world, operator)}")
    tab.wait_for_url("**/console/home")
    yield tab
    context.close()


def shot(page: Any, name: str) -> None:
    folder = os.environ.get("PASSERELLE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/console-{name}-{page.look}.png", full_page=True)


def fits(page: Any, name: str) -> None:
    """Nothing stands beyond the screen's edge, and axe finds nothing."""
    shot(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name


@pytest.mark.rule("H2")
@pytest.mark.parametrize("page", list(LOOKS), indirect=True)
def test_every_page_fits_its_screen_and_axe_finds_nothing(page: Any, console: str):
    held = a_run().id
    for path in (*PAGES, f"run?id={held}"):
        page.goto(f"{console}/{path}")
        fits(page, re.sub(r"\W+", "-", path.replace("?id=", "?").partition(held)[0]))


@pytest.mark.rule("H2")
def test_a_held_night_is_released_from_the_first_page(page: Any, world: World, nights: FakeNights):
    page.get_by_role("link", name="inscriptions").first.click()
    page.get_by_text("Libérer et appliquer").first.click()
    page.get_by_role("button", name="Libérer et appliquer").click()
    assert page.get_by_role("status").inner_text() == "C’est fait."
    assert world.records[Run, a_run().id].released_by == "hub:root"
    assert nights.resumed == [a_run().id]


@pytest.mark.rule("H2")
def test_a_parked_order_is_released_with_a_reason_and_the_reason_is_shown(page: Any, world: World):
    page.get_by_role("link", name="1042").click()
    page.get_by_text("Valider malgré tout").first.click()
    form = page.locator("form", has=page.locator("input[value=order_release]"))
    form.get_by_role("button").click()  # the browser itself asks for the reason
    assert world.records.all(ConsoleAct) == ()
    form.get_by_label("Pourquoi").fill("remise convenue au téléphone")
    form.get_by_role("button").click()
    assert page.get_by_role("status").inner_text() == "C’est fait."
    assert "remise convenue au téléphone" in page.locator("ol.story").inner_text()
    assert world.records[Order, ORDER].released_by or not world.records[Order, ORDER].held


@pytest.mark.rule("N18")
def test_nights_are_frozen_and_held_from_their_page(page: Any, console: str, world: World):
    page.goto(f"{console}/nights")
    freeze = page.locator("form", has=page.locator("input[value=site_freeze][name=act]")).first
    page.get_by_text("Geler", exact=True).first.click()
    freeze.get_by_label("À partir du").fill("2026-10-10")
    freeze.get_by_label("Pourquoi").fill("préparation de la rentrée")
    freeze.get_by_role("button").click()
    (kept,) = world.records[NightDesk, "caen"].freezes
    assert kept.why == "préparation de la rentrée"
    assert "10/10/2026" in page.get_by_role("main").inner_text()


@pytest.mark.rule("P18")
@pytest.mark.parametrize("page", list(LOOKS), indirect=True)
def test_a_publication_is_withdrawn_and_leaving_ends_the_session(page: Any, console: str, world: World):
    page.goto(f"{console}/publication?id=publication1")
    page.get_by_text("Retirer", exact=True).first.click()
    page.get_by_label("Pourquoi").fill("image sans licence")
    with page.expect_navigation():
        page.get_by_role("button", name="Retirer").click()
    assert world.records[Publication, "publication1"].state is PublicationState.WITHDRAWN
    page.goto(f"{console}/acts")
    assert a_publication().card.title in page.locator("table").inner_text()
    fits(page, "acts-filled")
    with page.expect_navigation():
        page.get_by_role("button", name="Quitter").click()
    assert page.goto(f"{console}/home").status == 403


@pytest.mark.rule("G1")
@pytest.mark.rule("H2")
@pytest.mark.parametrize("page", list(LOOKS), indirect=True)
def test_a_person_is_looked_up_and_forgotten(page: Any, console: str, world: World):
    author = world.records[Publication, "publication1"].author
    person_page(page, console, author.username)
    assert "author" not in page.url
    assert page.get_by_role("link", name=world.records[Publication, "publication1"].card.title).is_visible()
    page.get_by_text("Oublier cette personne").first.click()
    fits(page, "person")
    page.get_by_label("Pourquoi").fill("demande par courrier")
    page.get_by_role("button", name="Oublier cette personne").click()
    assert "La personne est oubliée" in page.get_by_role("status").inner_text()
    fits(page, "forgotten")
    assert world.records[Publication, "publication1"].author.username.startswith("forgotten-")
    person_page(page, console, author.username)
    assert "Rien de ce qui est gardé ici" in page.get_by_role("status").inner_text()


@pytest.mark.rule("S12")
@pytest.mark.rule("H2")
def test_an_order_is_put_aside_moved_assigned_and_its_link_revoked(page: Any, console: str, world: World):
    def act(name: str, **fields: str) -> None:
        page.goto(f"{console}/order?id={ORDER}")
        form = page.locator("form", has=page.locator(f"input[name=act][value={name}]"))
        page.locator("details", has=form).locator("summary").click()
        for label, text in fields.items():
            form.locator(f"[name={label}]").fill(text)
        form.get_by_role("button").click()
        assert "C’est fait." in page.get_by_role("main").inner_text(), name

    act("order_release", why="virement vu")
    act("order_park", why="à revoir")
    act("order_release", why="revu")
    act("order_reschedule", by="+7D")
    act("order_assign", people="Recognisable;Zoé;zoe@client.example")
    act("order_revoke_link")
    act("order_replay")
    order = world.records[Order, ORDER]
    assert (order.shift, order.link_serial) == (7 * 86_400, 1)
    assert "Zoé" in [one.person.firstname for one in order.seats]
    story = page.get_by_role("listitem").all_inner_texts()
    assert any("à revoir" in one for one in story)
    shot(page, "order-story")
    page.goto(f"{console}/orders?q=recognisable")
    assert page.get_by_role("link", name="1042").is_visible()


@pytest.mark.rule("N18")
def test_nights_are_held_let_go_and_thawed_from_their_page(page: Any, console: str, world: World):
    def act(name: str, **fields: str) -> None:
        page.goto(f"{console}/nights")
        form = page.locator("form", has=page.locator(f"input[name=act][value={name}]")).first
        page.locator("details", has=form).first.locator("summary").click()
        for label, text in fields.items():
            form.locator(f"[name={label}]").fill(text)
        form.get_by_role("button").click()
        assert page.get_by_role("status").inner_text() == "C’est fait.", name

    act("site_hold", why="panne d’Apogée")
    assert world.records[NightDesk, "caen"].held_by == "hub:root"
    act("site_let_go")
    assert world.records[NightDesk, "caen"].held_by == ""
    act("site_freeze", since="2026-10-06", until="2026-10-20", why="rentrée")
    assert "20/10/2026" in page.get_by_role("main").inner_text()
    act("site_thaw")
    assert "20/10/2026" not in page.get_by_role("main").inner_text()


@pytest.mark.rule("H2")
def test_the_console_works_without_javascript(chromium: Any, console: str, world: World):
    context = chromium.new_context(locale="fr-FR", java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{console}/enter/{invite(world, Operator(site='hub', identity='root', lang='fr'))}")
    tab.wait_for_url("**/console/home")
    assert "Ce qui attend quelqu’un" in tab.get_by_role("heading", level=1).inner_text()
    context.close()


class TestAChangeOfYear:
    """A faculty of two years on a table, for an administrator of this year's site who is an operator as well."""

    @pytest.fixture
    def scene(self) -> YearScene:
        scene = YearScene()
        for lms in (scene.bleu, scene.vert):
            lms.categories += [Category(10, "Sciences", "SCIENCES")]
        for n in range(1, 8):
            taught = {"teacher": "ada", "categoryid": 10, "fullname": f"Chimie générale, partie {n}"}
            scene.bleu.add_course(f"SC{n}", holds=["Bohr"], **taught)
            scene.vert.add_course(f"SC{n}", holds=["Déjà là"] if n == 7 else [], **taught)
        scene.bleu.add_course("SC8", teacher="ada", holds=["Bohr"], categoryid=10, fullname="Cours arrêté")
        return scene

    @pytest.fixture
    def world(self, scene: YearScene) -> World:
        return replace(scene.world, network=replace(scene.world.network, operators=("vert:root",)))

    @pytest.fixture
    def operator(self) -> Operator:
        return Operator(site="vert", identity="root", name="Root", lang="fr")

    @pytest.mark.rule("R13")
    @pytest.mark.rule("H2")
    @pytest.mark.parametrize("page", list(LOOKS), indirect=True)
    def test_a_plan_is_made_let_run_stopped_and_let_run_to_its_end(
        self, page: Any, console: str, scene: YearScene
    ):
        def decide(name: str, **fields: str) -> None:
            page.locator("summary", has_text=name).click()
            for label, text in fields.items():
                page.locator(f"details[open] [name={label}]").fill(text)
            page.get_by_role("button", name=name).click()
            assert page.get_by_role("status").inner_text() == "C’est fait.", name

        page.goto(f"{console}/rollovers")
        fits(page, "rollovers-none")
        decide("Calculer un plan", category="SCIENCES")
        fits(page, "rollovers-plan")
        page.get_by_role("link", name="SCIENCES").click()
        fits(page, "faculty-made")
        (run,) = scene.records.all(PlanRun)

        decide("Appliquer le plan")
        assert "en cours" in page.locator("dl").inner_text()
        fits(page, "faculty-running")
        decide("Arrêter")
        assert "arrêté" in page.locator("dl").inner_text()
        assert scene.records[PlanRun, run.id].stopped_by == "vert:root"
        fits(page, "faculty-stopped")

        decide("Appliquer le plan")
        scene.deliver()
        page.goto(f"{console}/faculty?id={run.id}")
        fits(page, "faculty-done")
        states = [one.state for one in scene.records.all(Rollover)]
        assert states == [RolloverState.DONE] * run.total
        page.goto(f"{console}/rollovers")
        fits(page, "rollovers-done")
