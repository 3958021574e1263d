"""What the steps of a shared course's walk know of one another, and what each of them does again and again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.browser.moodle_pages import PATIENCE, Desk, Site, said, sit_down


@dataclass
class Walk:
    """What the steps know of one another."""

    home: Site
    hub: Site
    browser: Any
    source: int  # the course that is shared
    desks: dict[tuple[str, str, str], Desk] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    copies: list[int] = field(default_factory=list)  # on the hub, by version
    brought: int = 0  # the course that the colleague brought home
    mark: str = ""  # part of every name, so that one walk does not find another's courses
    reference: str = ""  # of a refusal on the way

    def desk(self, who: str, site: Site | None = None, language: str = "fr", **size: Any) -> Desk:
        site = site or self.home
        key = (who, site.word, language + str(size))
        if key not in self.desks:
            self.desks[key] = sit_down(self.browser, site, said(who), language, **size)
            self.desks[key].speak(language)
        return self.desks[key]

    def panel(self, courseid: int, who: str = "TEACHER", language: str = "fr") -> Desk:
        desk = self.desk(who, language=language)
        desk.open(f"/local/passerelle/course.php?id={courseid}")
        desk.page.wait_for_selector('[data-region="state"][aria-busy="false"]')
        return desk

    def catalogue(self, courseid: int, who: str = "COLLEAGUE") -> Desk:
        desk = self.desk(who)
        desk.open(f"/local/passerelle/catalogue.php?id={courseid}")
        desk.page.fill('input[name="query"]', self.mark)
        desk.page.get_by_role("button", name="Rechercher").or_(
            desk.page.get_by_role("button", name="Search")
        ).first.click()
        # What the page showed before the answer came is drawn anew with it, and a preview opened in it is gone.
        desk.page.locator('[data-region="results"][aria-busy="false"]').wait_for()
        return desk

    def card(self, desk: Desk, title: str) -> Any:
        card = desk.page.locator(f'article[data-title="{title}"]')
        card.wait_for()
        return card

    def back_up(self, courseid: int, who: str = "TEACHER") -> Desk:
        desk = self.panel(courseid, who)
        made = desk.page.locator('[data-region="state"]').inner_text()
        desk.page.click('[data-action="backup"]')
        desk.page.wait_for_timeout(300)
        self.home.work()
        until = time.monotonic() + PATIENCE
        while True:
            shown = desk.page.locator('[data-region="state"]').inner_text()
            if "prête à mutualiser" in shown and "Envoi" not in shown and shown != made:
                return desk
            assert time.monotonic() < until, shown
            desk.page.wait_for_timeout(500)

    def share(self, courseid: int, who: str = "TEACHER", title: str = "") -> Desk:
        desk = self.panel(courseid, who)
        desk.page.click('[data-action="publish"]')
        dialog = desk.page.locator(".modal.show")
        dialog.locator('[name="title"]').wait_for()
        if title:
            dialog.locator('[name="title"]').fill(title)
        dialog.locator('[name="level"]').fill("L1")
        dialog.locator('input[type="checkbox"][name="declaration"]').check()
        dialog.locator('[data-action="save"]').click()
        dialog.wait_for(state="detached")
        return desk

    def published(self, desk: Desk, version: int) -> int:
        """Wait until the panel names this version; gives the copy's id on the hub."""
        desk.see(f"version {version}", meanwhile=self.hub.work)
        desk.see("Aller au nouveau parcours créé", meanwhile=self.hub.work)
        href = desk.page.get_by_role("link", name="Aller au nouveau parcours créé").get_attribute("href")
        return int(href.rpartition("id=")[2])
