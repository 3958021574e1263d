"""Takes the pictures of the guides from the laptop's pages: `.venv/bin/python infra/docs/photograph.py`.

Each in French and English, into pictures/fr and pictures/en, as WebP that Chromium makes; it takes some
minutes. Take them again where a page has changed its looks. Chromium must be installed.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from passerelle_laptop.laptop import Laptop
from passerelle_laptop.ready import make_ready
from passerelle_laptop.start_page import StartPage
from passerelle_laptop.start_words import START

PICTURES = Path(__file__).parent / "pictures"
LANGUAGES = ("fr", "en")
WIDTH, SHORTEST, TALLEST = 1000, 400, 900  # CSS pixels
QUALITY = 60
PATIENT = 60_000  # ms: functions of a laptop start cold


class Photographer:
    def __init__(self, page: Any, start: str, lang: str) -> None:
        self.page, self.start, self.lang = page, start, lang
        self._folder = PICTURES / lang

    def become(self, who: str) -> None:
        self.page.goto(self.start)
        self.page.get_by_role("link", name=self.worded(START[who]), exact=True).click()
        self.page.wait_for_load_state("networkidle")

    def press(self, french: str, english: str) -> None:
        name = re.compile(f"^({french}|{english})$")
        pressed = self.page.get_by_role("link", name=name).or_(self.page.get_by_role("button", name=name))
        pressed.first.click()
        self.page.wait_for_load_state("networkidle")

    def worded(self, pair: tuple[str, str]) -> str:
        return pair[0] if self.lang == "fr" else pair[1]

    def take(self, name: str) -> None:
        """The page from its top, no taller than it must be."""
        self.page.evaluate("document.activeElement.blur()")
        height = self.page.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(height, TALLEST), "scale": 1}
        shot = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
        taken = self.page.context.new_cdp_session(self.page).send("Page.captureScreenshot", shot)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def start_page(photographer: Photographer) -> None:
    photographer.page.goto(photographer.start)
    photographer.take("start")


def sharing(photographer: Photographer) -> None:
    photographer.become("ada")
    photographer.take("share")


def catalogue(photographer: Photographer) -> None:
    photographer.become("grace")
    photographer.press("Rapatrier", "Bring a course home")
    photographer.take("catalogue")


def last_year(photographer: Photographer) -> None:
    photographer.become("year")
    photographer.take("last-year")


def desk(photographer: Photographer) -> None:
    photographer.become("desk")
    fields = photographer.page.locator("main input:not([type=hidden])")
    fields.nth(0).fill("curie")
    fields.nth(1).fill("CHI101")
    photographer.press("Demander", "Ask")
    photographer.take("why")


def seats(photographer: Photographer) -> None:
    photographer.become("buyer")
    if photographer.lang == "en":  # the page opens in the buyer's language
        photographer.press("English", "English")
    photographer.take("seats")


def console(photographer: Photographer) -> None:
    photographer.become("operator")
    photographer.page.wait_for_url("**/console/home")
    photographer.take("console")
    photographer.page.locator("main a", has_text=re.compile("enrolments|inscriptions")).first.click()
    photographer.page.wait_for_load_state("networkidle")
    photographer.take("night")


ALBUM: tuple[Callable[[Photographer], None], ...] = (
    start_page,
    sharing,
    catalogue,
    last_year,
    desk,
    seats,
    console,
)


def photograph(lang: str, names: list[str]) -> None:
    """Those named of the album; all of it without names."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with (
        Laptop.start(lambda _french, _english: None) as laptop,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        make_ready(laptop, lang)
        start = StartPage(laptop, laptop.note_addresses(Path(folder) / "stack.json"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        looks = {"width": WIDTH, "height": SHORTEST}
        context = browser.new_context(locale=f"{lang}-{lang.upper()}", viewport=looks)
        page = context.new_page()
        page.set_default_timeout(PATIENT)
        for shot in [one for one in ALBUM if not names or one.__name__ in names]:
            shot(Photographer(page, start.address, lang))
        browser.close()
        start.close()


def main() -> None:
    if sys.argv[1:]:  # a language, then functions of the album
        photograph(sys.argv[1], sys.argv[2:])
        return
    for lang in LANGUAGES:  # each in a process of its own: the laptop speaks the language of its environment
        environment = {**os.environ, "LC_ALL": f"{lang}_{lang.upper()}.UTF-8"}
        subprocess.run([sys.executable, __file__, lang], check=True, env=environment)  # noqa: S603 - ourselves


if __name__ == "__main__":
    main()
