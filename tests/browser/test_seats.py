"""The page of seats in a real browser: Chromium, wide and as a telephone, in French and English.

Screenshots go to the folder that PASSERELLE_SCREENSHOTS names, for a person to look at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from passerelle.events.seats import sign_link
from passerelle.runtime.doors import SeatsDoor
from passerelle.runtime.seats_door import answer_buyer
from tests.browser.gateway import Asked, served
from tests.browser.looks import faults
from tests.factories.orders import a_line, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")]

KEY = b"a secret of the installation's own"


class Context:
    function_name, aws_request_id = "answer_seats", "r1"


@dataclass
class Open:
    """A scene whose page of seats answers at `url`; `asked` are the paths and headers of every request."""

    scene: OrderScene
    url: str
    asked: list[Asked]

    def link(self, **changes: Any) -> str:
        until = changes.get("until", self.scene.clock.now() + timedelta(days=30))
        return f"{self.url}/seats/{sign_link(KEY, 'boutique:1042', until)}"


@pytest.fixture
def opened() -> Iterator[Open]:
    scene = OrderScene()
    line = replace(a_line(), quantity=6, amount=6000)
    scene.sell(some_facts(lines=(line,)))
    asked: list[Asked] = []
    door = SeatsDoor(scene.world, lambda: (KEY,))
    with served(
        lambda event: answer_buyer(event, Context(), lambda: door),
        lambda path: {"token": unquote(path.rpartition("/")[2])},
        asked,
    ) as address:
        yield Open(scene, address, asked)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A telephone, where a test does not ask for more."""
    width, height = getattr(request, "param", (360, 740))
    context = browser.new_context(viewport={"width": width, "height": height}, locale="fr-FR")
    tab = context.new_page()
    tab.set_default_timeout(5_000)
    tab.size = "wide" if width > 600 else "telephone"
    yield tab
    context.close()


def shot(page: Any, name: str) -> None:
    folder = os.environ.get("PASSERELLE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}-{page.size}.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{folder}/{name}-{page.size}-dark.png", full_page=True)
        page.emulate_media(color_scheme="light")


def fits(page: Any) -> bool:
    """Nothing sticks out to the side, and every field and button is big enough for a thumb."""
    wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    low = page.evaluate(
        "[...document.querySelectorAll('button,input:not([type=hidden]),select')]"
        ".filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
    )
    return bool(wide) and all(height >= 40 for height in low)


@pytest.mark.rule("S3")
@pytest.mark.parametrize("page", [(1100, 900), (360, 740)], ids=["wide", "telephone"], indirect=True)
def test_the_buyer_names_a_person_and_many_and_swaps_one(opened: Open, page: Any) -> None:  # noqa: PLR0915
    page.goto(opened.link())
    # The token is out of the address at once, and in a cookie that no script reads.
    assert page.url == f"{opened.url}/seats/me"
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""
    assert page.locator("html").get_attribute("lang") == "fr"
    assert "2 à attribuer" in page.inner_text("main")
    assert fits(page)
    assert faults(page) == []
    shot(page, "1-seats")

    form = page.locator("form:has(input[name=action][value=name])")
    form.locator("[name=lastname]").fill("Leroy")
    form.locator("[name=firstname]").fill("Dan")
    form.locator("[name=email]").fill("dan@client.example")
    form.locator("button").click()
    assert "C’est enregistré" in page.inner_text("main")
    assert "1 à attribuer" in page.inner_text("main")
    shot(page, "2-named")

    page.locator("summary", has_text="plusieurs").click()
    page.locator("textarea").fill(
        "Nom;Prénom;Courriel\nBlanc;Eve;eve@client.example\nNoir;Max;max(at)client.example"
    )
    page.get_by_role("button", name="Inscrire toutes ces personnes").click()
    alert = page.get_by_role("alert").inner_text()
    assert "Ligne 3" in alert
    assert "pas valable" in alert
    # What was pasted is still there to be corrected.
    assert "eve@client.example" in page.locator("textarea").input_value()
    assert fits(page)
    assert faults(page) == []
    shot(page, "3-row-errors")
    page.locator("textarea").fill("Blanc;Eve;eve@client.example\nNoir;Max;max@client.example")
    page.get_by_role("button", name="Inscrire toutes ces personnes").click()
    assert "pas assez de places libres\u00a0: 1" in page.get_by_role("alert").inner_text()
    page.locator("textarea").fill("Blanc;Eve;eve@client.example")
    page.get_by_role("button", name="Inscrire toutes ces personnes").click()
    assert "C’est enregistré" in page.inner_text("main")

    opened.scene.deliver()
    assert {"dan@client.example", "eve@client.example"} <= set(opened.scene.enrolled())
    row = page.locator("li", has_text="bob@client.example")
    row.locator("summary").click()
    row.locator("[name=lastname]").fill("Petit")
    row.locator("[name=firstname]").fill("Zoé")
    row.locator("[name=email]").fill("zoe@client.example")
    assert faults(page) == []
    shot(page, "4-swap")
    with page.expect_navigation():
        row.get_by_role("button", name="Remplacer").click()
    opened.scene.deliver()
    page.reload()
    assert "Zoé Petit" in page.inner_text("main")
    assert "bob@client.example" not in page.inner_text("main")
    assert "bob@client.example" not in opened.scene.enrolled()
    shot(page, "5-done")

    page.get_by_role("link", name="English").click()
    assert "Your seats" in page.inner_text("main")
    assert page.locator("html").get_attribute("lang") == "en"
    shot(page, "6-english")


def test_nothing_of_the_token_leaves_with_a_request(opened: Open, page: Any) -> None:
    page.goto(opened.link())
    page.get_by_role("link", name="English").click()
    token = opened.link().rpartition("/")[2]
    for _, path, headers in opened.asked[1:]:
        assert token not in path
        assert token not in headers.get("Referer", "")


def test_a_form_of_another_site_changes_nothing(opened: Open, page: Any) -> None:
    page.goto(opened.link())
    before = len(opened.scene.order().seats)
    page.route(
        "https://evil.example/*",
        lambda route: route.fulfill(body=FORGED.format(url=opened.url), content_type="text/html"),
    )
    page.goto("https://evil.example/")
    page.locator("button").click()
    page.wait_for_load_state()
    assert len(opened.scene.order().seats) == before
    assert any(method == "POST" for method, _, _ in opened.asked)


FORGED = """<form method=post action="{url}/seats/me"><input name=action value=name><input name=line value=1>
<input name=lastname value=X><input name=firstname value=Y><input name=email value=x@evil.example>
<input name=mark value=guess><button>ok</button></form>"""


def test_a_link_past_its_day_or_altered_opens_nothing(opened: Open, page: Any) -> None:
    for link in (
        opened.link(until=NOW - timedelta(days=1)),
        opened.link()[:-2] + "xx",
        f"{opened.url}/seats/me",
    ):
        answered = page.goto(link)
        assert answered.status == 410
        assert "n’est plus valable" in page.inner_text("body")
        assert faults(page) == []
        assert "Ana" not in page.content()
    shot(page, "7-dead")


def test_too_many_tries_are_stopped(opened: Open, page: Any) -> None:
    page.goto(opened.link())
    form = "form:has(input[name=action][value=name])"
    statuses = []
    mark = page.locator(f"{form} [name=mark]").get_attribute("value")
    for _ in range(45):
        sent = page.context.request.post(
            f"{opened.url}/seats/me",
            form={"mark": mark, "action": "name", "line": "1", "email": "x"},
            max_redirects=0,
        )
        statuses.append(sent.status)
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_a_person_with_a_tutor_s_kind_takes_a_seat_of_his_own(opened: Open, page: Any) -> None:
    page.goto(opened.link())
    form = page.locator("form:has(input[name=action][value=name])")
    for name, value in (("lastname", "Roux"), ("firstname", "Ida"), ("email", "ida@client.example")):
        form.locator(f"[name={name}]").fill(value)
    form.locator("[name=kind]").select_option("tutor")
    with page.expect_navigation():
        form.locator("button").click()
    opened.scene.deliver()
    assert opened.scene.enrolled()["ida@client.example"] == ("teacher",)
