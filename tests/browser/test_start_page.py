"""`passerelle up` as a stranger would try it: a course published and brought home, a year taken over, a held
night released, an order replayed, each page looked at by axe in light and dark (H3).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from passerelle.domain.night.plan.run import Run
from passerelle.domain.offer.stages import Stage
from passerelle.domain.orders.order import Order
from passerelle.domain.states import OrderState, RunState
from passerelle.usecases.amend import list_all
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.ready import make_ready
from passerelle_laptop.start_page import StartPage
from tests.browser.looks import faults

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENT = 60_000  # ms: functions of a laptop start cold

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.rule("H3"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def laptop() -> Iterator[Laptop]:
    with Laptop.start(lambda _french, _english: None) as started:
        make_ready(started, "fr")
        yield started


@pytest.fixture(scope="module")
def start(laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    page = StartPage(laptop, laptop.note_addresses(tmp_path_factory.mktemp("up") / "stack.json"))
    yield page.address
    page.close()


@pytest.fixture
def page() -> Iterator[Any]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        shown = opened.new_context(locale="fr-FR", bypass_csp=True).new_page()
        shown.set_default_timeout(PATIENT)
        yield shown
        opened.close()


def become(page: Any, start: str, who: str) -> None:
    page.goto(start)
    page.get_by_role("link", name=who, exact=True).click()


def act(page: Any, name: str) -> None:
    """Acts of the console open before they are done. It speaks the language of whoever started the laptop."""
    page.locator("summary", has_text=re.compile(f"^({name})$")).first.click()
    page.get_by_role("button", name=re.compile(f"^({name})$")).first.click()


def told(page: Any) -> str:
    return str(page.locator(".note").first.inner_text())


def test_the_start_page_and_the_mails_have_no_fault(page: Any, start: str) -> None:
    page.goto(start)
    assert faults(page) == []
    page.get_by_role("link", name="Messages envoyés").first.click()
    expect(page.get_by_text("Votre commande").first).to_be_visible()
    assert faults(page) == []


def test_a_course_is_published_and_brought_home(page: Any, start: str) -> None:
    become(page, start, "Vous êtes Ada, enseignante")
    assert faults(page) == []
    page.get_by_role("button", name="Rafraîchir").click()
    assert told(page) == "La sauvegarde est prête à mutualiser."
    page.get_by_role("link", name="Mutualiser une nouvelle version").click()
    assert faults(page) == []
    page.get_by_role("button", name="Mutualiser").click()
    assert told(page).startswith("Cochez la déclaration")
    page.get_by_label("Je déclare").check()
    page.get_by_role("button", name="Mutualiser").click()
    assert told(page) == "Le cours est mutualisé."
    become(page, start, "Vous êtes Grace, enseignante ailleurs")
    page.get_by_role("link", name="Rapatrier").click()
    page.get_by_label("Rechercher dans le catalogue").fill("chimie")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_role("link", name="Aperçu").click()
    assert faults(page) == []
    page.get_by_role("button", name="Rapatrier").click()
    assert told(page).startswith("Le cours est arrivé")


def test_last_year_s_course_is_checked_taken_over_and_undone(page: Any, start: str) -> None:
    become(page, start, "Vous êtes Ada, à la rentrée")
    page.get_by_role("button", name="Vérifier mon cours").click()
    assert told(page).startswith("Le cours de l’an passé est vérifié")
    page.get_by_role("link", name="Récupérer la sauvegarde 24/25").click()
    page.get_by_role("button", name="Récupérer la sauvegarde 24/25").click()
    assert faults(page) == []
    page.get_by_label("Oui, je confirme.").check()
    page.get_by_role("button", name="Récupérer la sauvegarde 24/25").click()
    assert told(page).startswith("Le cours de l’an passé est récupéré")
    page.get_by_role("button", name="Annuler cette restauration").click()
    assert told(page) == "Le cours est comme avant."


def test_the_desk_gets_an_answer_and_the_buyer_her_seats(page: Any, start: str) -> None:
    become(page, start, "Vous êtes le bureau d’aide")
    assert faults(page) == []
    page.get_by_label("Personne").fill("curie")
    page.get_by_label("Cours (code").fill("CHI101")
    page.get_by_role("button", name="Demander").click()
    expect(page.locator(".said")).to_contain_text("CHI101")
    become(page, start, "Vous êtes Rose, qui a acheté")
    expect(page).to_have_title("Vos places")


@pytest.mark.rule("N27")
def test_the_desk_sees_what_would_be_put_right_and_has_it_done(
    page: Any, start: str, laptop: Laptop, tmp_path: Path
) -> None:
    site = laptop.site("univ")
    course, person = site.course("CHI101"), site.user("curie")
    [lost] = [
        row for row in site.state.enrolments.values() if (row.courseid, row.userid) == (course.id, person.id)
    ]
    site.state.drop_enrolment(lost)
    become(page, start, "Vous êtes le bureau d’aide")
    page.get_by_label("Personne").fill("curie")
    page.get_by_label("Cours (code").fill("CHI101")
    page.get_by_role("button", name="Voir ce qui serait rétabli").click()
    expect(page.locator(".said")).to_contain_text("+ (CHI101) Chimie générale – Étu Curie (curie), étudiant")
    assert faults(page) == []
    for name, width, scheme in (("wide", 1200, "light"), ("phone", 390, "light"), ("dark", 1200, "dark")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 850})
        page.screenshot(path=tmp_path / f"repair-{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Le faire maintenant").click()
    expect(page.locator(".said")).to_contain_text("Fait dans Moodle : 2 opérations.")
    assert faults(page) == []
    page.screenshot(path=tmp_path / "repair-done.png")
    again = site.state.enrolment(lost.instance, person.id)
    assert again is not None
    page.get_by_role("button", name="Voir ce qui serait rétabli").click()
    expect(page.locator(".said")).to_contain_text("Rien à faire.")
    expect(page.get_by_role("button", name="Le faire maintenant")).to_have_count(0)


def test_a_held_night_is_released_and_an_order_replayed(page: Any, start: str, laptop: Laptop) -> None:
    become(page, start, "Vous exploitez le réseau")
    page.wait_for_url("**/console/home")
    world = laptop.world()
    page.locator("main a", has_text=re.compile("enrolments|inscriptions")).first.click()
    act(page, "Release and apply|Libérer et appliquer")
    become(page, start, "Vous exploitez le réseau")
    page.wait_for_url("**/console/home")
    (parked,) = list_all(world.records, Order, "state", OrderState.PARKED.value)
    page.locator("main a", has_text=parked.number).first.click()
    act(page, "Replay|Rejouer")
    for _ in range(300):
        order = world.records.get(Order, parked.id)
        held = [run for run in list_all(world.records, Run, "site", "univ") if run.state is RunState.HELD]
        if order is not None and order.state is OrderState.FULFILLED and not held:
            break
        page.wait_for_timeout(200)
    assert order is not None
    assert order.state is OrderState.FULFILLED
    assert not [run for run in held if run.stage is Stage.ENROLMENTS]
