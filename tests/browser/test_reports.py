"""The reports that are files of their own, in Chromium: wide, on a telephone, light and dark; axe finds nothing.

Screenshots go to the folder that PASSERELLE_SCREENSHOTS names, for a person to look at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.rollover.report import Aftermath, Report, judge
from passerelle.domain.rollover.survey import DateFound, HeavyFile
from passerelle.pages.night_report import as_page as night_page
from passerelle.pages.rollover_report import as_page as rollover_page
from tests.browser.looks import faults
from tests.factories.night import PARIS, a_report
from tests.factories.records import NOW
from tests.factories.rollover import LAST_YEAR, NEW, THIS_YEAR, a_place, a_survey

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def rollover_report() -> Report:
    address = "https://vert.example/course/view.php?id=9"
    survey = replace(
        a_survey(),
        dates=(DateFound(a_place(), LAST_YEAR),),
        files=(HeavyFile(a_place(kind="file"), "conférence-d-ouverture.mp4", 812_000_000),),
        badges=2,
    )
    after = Aftermath(
        before=False,
        wwwroot=NEW,
        course="Chimie",
        course_url=address,
        moved={("course", 100): 9, ("module", 11): 911},
        year_starts=THIS_YEAR,
    )
    return judge(survey, after, NOW)


def written(kind: str, lang: str) -> str:
    return night_page(a_report(), lang, PARIS) if kind == "night" else rollover_page(rollover_report(), lang)


@pytest.mark.parametrize("size", [(1200, 900), (360, 740)], ids=["wide", "telephone"])
@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("kind", ["night", "rollover"])
def test_a_report_fits_and_axe_finds_nothing(
    browser: Any, tmp_path: Path, kind: str, lang: str, size: tuple[int, int]
) -> None:
    file = tmp_path / f"{kind}.html"
    file.write_text(written(kind, lang), encoding="utf-8")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(file.as_uri())

    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits)
    if folder := os.environ.get("PASSERELLE_SCREENSHOTS"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            name = f"{kind}-{lang}-{size[0]}-{scheme}.png"
            page.screenshot(path=str(Path(folder) / name), full_page=True)
    assert faults(page) == []
    context.close()
