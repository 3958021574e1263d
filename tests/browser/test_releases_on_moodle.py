"""A newer Moodle's course and an older Moodle: refused before anything moves (P16), on two real sites.

`tests/browser/moodle_pages.py` says which variables name the sites: NEWER, a member and last year's platform;
OLDER, of an older major release, the hub and this year's platform.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.browser.moodle_pages import (
    Desk,
    Site,
    browser,
    enrol,
    fill_course,
    make_course,
    named_site,
    said,
    sit_down,
    walked_on,
)

pytestmark = [*walked_on("NEWER", "OLDER"), pytest.mark.rule("P16")]
SENTENCE = "plus récent que celui de la plateforme de destination"


class Pair:
    def __init__(self, opened: object) -> None:
        self.newer, self.older = named_site("NEWER"), named_site("OLDER")
        mark = f"REL{secrets.token_hex(3).upper()}"
        self.source = make_course(self.newer, 1, f"Chimie {mark}", mark, mark)
        fill_course(self.newer, self.source)
        self.target = make_course(self.older, 1, f"Chimie {mark}", mark, mark)
        for site, course in ((self.newer, self.source), (self.older, self.target)):
            enrol(site, course, {said("TEACHER"): "editingteacher"})
        self.opened = opened

    def panel(self, site: Site, course: int) -> Desk:
        desk = sit_down(self.opened, site, said("TEACHER"))
        desk.speak("fr")
        desk.open(f"/local/passerelle/course.php?id={course}")
        desk.page.wait_for_load_state("networkidle")
        return desk

    def jobs(self, site: Site) -> str:
        return site.one("SELECT COUNT(*) FROM {local_passerelle_job}")


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with browser() as opened:
        yield Pair(opened)


def test_a_course_for_an_older_hub_is_refused_before_its_backup_is_made(pair: Pair) -> None:
    before = pair.jobs(pair.newer)
    desk = pair.panel(pair.newer, pair.source)
    desk.page.click('[data-action="backup"]')
    desk.see(SENTENCE)
    desk.see("Référence")
    desk.shot("releases-01-hub")
    pair.newer.work()
    assert pair.jobs(pair.newer) == before


@pytest.mark.rule("R9")
def test_last_years_newer_course_is_refused_before_its_backup_is_made(pair: Pair) -> None:
    before = pair.jobs(pair.newer), pair.jobs(pair.older)
    desk = pair.panel(pair.older, pair.target)
    desk.page.click("button[data-action=rollover]")
    desk.page.check(".modal.show input[name=destination][value=replace]")
    desk.page.click('.modal.show [data-action="save"]')
    desk.see(SENTENCE)
    desk.shot("releases-02-year")
    for site in (pair.newer, pair.older):
        site.work()
    assert (pair.jobs(pair.newer), pair.jobs(pair.older)) == before
