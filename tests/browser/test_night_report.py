"""A night's report in headless Chromium: painted, wide and narrow, and printed; nothing in it runs."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from passerelle.pages.night_report import as_page
from tests.browser.test_twin_pages import CHROMIUM, FLAGS, PHONE, WIDE, pixels
from tests.factories.night import PARIS, a_report

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    report = a_report()
    struck = "<img src=x onerror=document.title='struck'><script>document.title='struck'</script>"
    named = dict(report.people) | {next(iter(report.people)): struck}
    called = dict(report.courses) | {next(iter(report.courses)): struck}
    file = tmp_path_factory.mktemp("report") / "fr.html"
    file.write_text(as_page(replace(report, people=named, courses=called), "fr", PARIS), encoding="utf-8")
    return file


def run(tmp_path, *arguments):
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]
    return subprocess.run([CHROMIUM, *flags, *arguments], capture_output=True, timeout=60, check=True).stdout


def test_the_report_is_rendered_and_nothing_in_it_runs(page, tmp_path):
    seen = run(tmp_path, "--dump-dom", page.as_uri()).decode()
    assert "struck</title>" not in seen.split("<body", 1)[0]
    assert "Rapport de la nuit – eCampus Caen" in seen
    assert seen.count('<svg viewBox="0 0 720') == 2


@pytest.mark.parametrize(("size", "down"), [(WIDE, 390), (PHONE, 620)], ids=["wide", "phone"])
def test_the_report_is_painted_with_its_colours(page, tmp_path, size, down):
    picture = tmp_path / "report.png"
    run(tmp_path, f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", page.as_uri())
    width, rows = pixels(picture, down)
    assert width == size[0]
    # Blue of what was added stands on top of the figures; letters stand in the heading.
    depth = len(rows[0]) // width
    colours = {bytes(row[at : at + 3]) for row in rows for at in range(0, len(row), depth * 7)}
    assert bytes((0x1F, 0x6F, 0xB2)) in colours
    assert len({bytes(row) for row in rows[:90]}) > 20


def test_the_report_prints(page, tmp_path):
    paper = tmp_path / "report.pdf"
    run(tmp_path, f"--print-to-pdf={paper}", "--no-pdf-header-footer", page.as_uri())
    content = paper.read_bytes()
    assert content.startswith(b"%PDF")
    assert 1 < content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") < 12
    assert shutil.which(CHROMIUM)
