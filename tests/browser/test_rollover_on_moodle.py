"""Last year's course on this year's platform, from the block's buttons in headless Chromium, on two real Moodles.

`tests/browser/moodle_pages.py` says which variables name the sites, LASTYEAR and THISYEAR (the network file gives the
one as `previous` of the other; the one offers *Vérifier mon cours*, the other last year's course); besides:

- `PASSERELLE_BROWSER_TEACHER`, `_COLLEAGUE`, `_ADMIN`: usernames on both sites; the last one is named as administrator
  of this year's platform in the network file

Every step has courses of its own, which are left on the sites.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.browser.moodle_pages import (
    PHONE,
    Desk,
    Site,
    browser,
    change_course,
    enrol,
    fill_course,
    make_course,
    named_site,
    said,
    sit_down,
    walked_on,
)

pytestmark = walked_on("LASTYEAR", "THISYEAR")

LAST_SEPTEMBER = 1756720800  # 1 September 2025; courses are made for the year after
SAVE = ".modal.show button[data-action=save]"
YES = ".modal.show .modal-footer .btn-primary"


@dataclass
class Years:
    """Two platforms, and who sits at them."""

    last: Site
    this: Site
    browser: Any
    desks: dict[tuple[str, str, str], Desk] = field(default_factory=dict)

    def desk(self, who: str, site: Site, **size: Any) -> Desk:
        key = (who, site.word, str(size))
        if key not in self.desks:
            self.desks[key] = sit_down(self.browser, site, said(who), **size)
            self.desks[key].speak("fr")  # whatever the account's own language is
        return self.desks[key]

    def pair(self, *, here: tuple[str, ...] = ("TEACHER",), filled: bool = True) -> tuple[int, int]:
        """A course of last year, the teacher's, and this year's empty one, taught by `here`."""
        mark = f"BR{secrets.token_hex(3).upper()}"
        before = make_course(self.last, 1, f"Chimie {mark}", mark, mark)
        change_course(self.last, before, startdate=LAST_SEPTEMBER)
        enrol(self.last, before, {said("TEACHER"): "editingteacher"})
        if filled:
            fill_course(self.last, before)
        now = make_course(self.this, 1, f"Chimie {mark}", mark, mark)
        enrol(self.this, now, {said(who): "editingteacher" for who in here})
        return before, now

    def panel(self, site: Site, courseid: int, who: str = "TEACHER", **size: Any) -> Desk:
        desk = self.desk(who, site, **size)
        desk.open(f"/local/passerelle/course.php?id={courseid}")
        desk.page.wait_for_selector("[data-region=year]")
        desk.page.wait_for_load_state("networkidle")
        return desk

    def form(self, desk: Desk, destination: str = "replace") -> None:
        """Press the button, and choose."""
        desk.page.click("button[data-action=rollover]")
        desk.page.check(f".modal.show input[name=destination][value={destination}]")

    def shown(self, desk: Desk, selector: str) -> Any:
        """What the panel shows once both sites have done their part."""
        found = desk.page.locator(selector)
        return desk.wait(lambda: found.first, selector, 180.0, self.work)

    def work(self) -> None:
        self.last.work()
        self.this.work()

    def came(self, desk: Desk) -> None:
        self.shown(desk, "[data-region=rollover] .alert-success")


@pytest.fixture(scope="module")
def years() -> Iterator[Years]:
    if said("SHOTS"):
        Path(said("SHOTS")).mkdir(parents=True, exist_ok=True)
    with browser() as opened:
        yield Years(named_site("LASTYEAR"), named_site("THISYEAR"), opened)


def activities(site: Site, courseid: int) -> list[str]:
    return [
        row[0]
        for row in site.rows(
            "SELECT m.name FROM {course_modules} cm JOIN {modules} m ON m.id = cm.module "
            f"WHERE cm.course = {courseid} AND cm.deletioninprogress = 0 ORDER BY m.name"
        )
    ]


def add_link(desk: Desk, courseid: int, name: str, address: str) -> None:
    """A link typed by a teacher, in Moodle's own form."""
    desk.open(f"/course/modedit.php?add=url&course={courseid}&section=1&return=0&sr=0")
    desk.page.fill("#id_name", name)
    desk.page.fill("#id_externalurl", address)
    desk.page.click("#id_submitbutton2")
    desk.page.wait_for_url(lambda url: "modedit" not in url, wait_until="commit")


@pytest.mark.rule("R12")
def test_the_old_platform_looks_a_course_through_and_shows_what_to_correct(years: Years) -> None:
    before, _ = years.pair()
    desk = years.desk("TEACHER", years.last)
    gone = f"{years.last.address}/mod/page/view.php?id=99999999"
    add_link(desk, before, "Voir aussi", gone)
    desk = years.panel(years.last, before)
    assert desk.page.locator("[data-action=rollover]").count() == 0
    desk.page.click("[data-action=checkcourse]")
    desk.see("est en cours de sauvegarde et de vérification")
    desk.shot("annee-01-verifier")
    years.shown(desk, "[data-region=check] .alert-success")
    desk.page.get_by_role("link", name="Voir le rapport").click()
    link = desk.page.locator("section:has(#passerelle-stale_link) li").first
    link.wait_for()
    assert "Voir aussi" in link.inner_text()
    assert gone in link.inner_text()
    assert "remplacez ce lien" in link.inner_text()
    desk.shot("annee-02-rapport-avant")
    with desk.page.expect_download() as html:
        desk.page.get_by_role("link", name="sous forme de page").click()
    assert "Voir aussi" in Path(html.value.path()).read_text(encoding="utf-8")
    with desk.page.expect_download() as rows:
        desk.page.get_by_role("link", name="au format JSON").click()
    assert json.loads(Path(rows.value.path()).read_text(encoding="utf-8"))["before"] is True


@pytest.mark.rule("R2")
@pytest.mark.rule("R11")
@pytest.mark.rule("D19")
def test_one_button_brings_last_years_course_and_another_takes_it_away_again(years: Years) -> None:
    other, its_new = years.pair()
    desk = years.panel(years.this, its_new)
    years.form(desk)
    desk.page.click(SAVE)
    years.came(desk)
    before, now = years.pair()
    linking = years.desk("TEACHER", years.last)
    add_link(linking, before, "Voir aussi", f"{years.last.address}/course/view.php?id={other}")
    desk = years.panel(years.this, now)
    desk.page.click("button[data-action=rollover]")
    desk.page.wait_for_selector(SAVE)
    desk.shot("annee-03-demande")
    desk.page.click(SAVE)
    years.came(desk)
    desk.shot("annee-04-terminee")
    assert "quiz" in activities(years.this, now)
    desk.page.get_by_role("link", name="Voir le rapport").click()
    desk.page.get_by_role("link", name="Voir la nouvelle adresse").wait_for()
    new = desk.page.get_by_role("link", name="Voir la nouvelle adresse").get_attribute("href")
    assert new == f"{years.this.address}/course/view.php?id={its_new}"
    desk.shot("annee-05-rapport")
    # The line stands in the page as the server draws it, asking nobody.
    drawn = desk.page.request.get(f"{years.this.address}/local/passerelle/course.php?id={now}").text()
    assert "liens vers l’ancienne plateforme" in drawn
    desk = years.panel(years.this, now)
    desk.page.click("[data-action=undorollover]")
    desk.page.click(YES)
    desk.see("annulation en cours")
    desk.see("– annulée", meanwhile=years.work)
    desk.shot("annee-06-annulee")
    assert "quiz" not in activities(years.this, now)
    desk = years.panel(years.this, now)
    desk.see("– annulée")
    assert desk.page.locator("[data-action=undorollover]").count() == 0
    drawn = desk.page.request.get(f"{years.this.address}/local/passerelle/course.php?id={now}").text()
    assert "liens vers l’ancienne plateforme" not in drawn


@pytest.mark.rule("R5")
@pytest.mark.rule("R8")
def test_sections_activities_and_groups_are_chosen_by_keyboard_and_the_other_teacher_is_named(
    years: Years,
) -> None:
    _, now = years.pair(here=("TEACHER", "COLLEAGUE"))
    desk = years.panel(years.this, now)
    page = desk.page
    years.form(desk)
    page.check(".modal.show input[name=groups][type=checkbox]")
    page.check(".modal.show input[name=choose][type=checkbox]")
    page.click(SAVE)
    desk.see("se prépare")
    desk.shot("annee-07-liste-en-cours")
    years.shown(desk, ".modal.show input[type=checkbox][name^=activity_]")
    assert page.locator(".modal.show input[name=groups][type=checkbox]").is_checked()
    lines = page.locator(".modal.show input[type=checkbox][name^=activity_]")
    quiz = page.get_by_role("checkbox", name=re.compile("^(Quiz|Test) – "))
    quiz.focus()
    page.keyboard.press("Space")
    assert not quiz.is_checked()
    last = page.locator(".modal.show input[type=checkbox][name^=section_]").last
    last.focus()
    page.keyboard.press("Space")
    assert lines.last.is_disabled()
    desk.shot("annee-08-choix")
    page.locator(SAVE).focus()
    page.keyboard.press("Enter")
    desk.see("D’autres enseignent dans ce cours")
    [[first, name]] = years.this.rows(
        f"SELECT firstname, lastname FROM {{user}} WHERE username = '{said('COLLEAGUE')}'"
    )
    assert f"{first} {name}" in page.inner_text(".modal.show")
    desk.shot("annee-09-cours-partage")
    page.click(YES)
    years.came(desk)
    left = activities(years.this, now)
    assert "page" in left
    assert "quiz" not in left
    told = years.this.rows(
        "SELECT n.fullmessage FROM {notifications} n JOIN {user} u ON u.id = n.useridto "
        f"WHERE u.username = '{said('COLLEAGUE')}' AND n.fullmessage LIKE '%course.php?id={now}#%'"
    )
    assert told


@pytest.mark.rule("R11")
@pytest.mark.rule("H1")
def test_an_undo_that_would_erase_work_is_refused_in_a_sentence_with_a_mail_begun(years: Years) -> None:
    _, now = years.pair()
    desk = years.panel(years.this, now)
    years.form(desk)
    desk.page.click(SAVE)
    years.came(desk)
    add_link(desk, now, "Ajouté depuis", "https://example.org/")
    desk = years.panel(years.this, now)
    desk.page.click("[data-action=undorollover]")
    desk.page.click(YES)
    desk.see("l’annuler effacerait ce travail", meanwhile=years.work)
    desk.shot("annee-10-annulation-refusee")
    region = desk.page.locator("[data-region=rollover]")
    assert "Référence" in region.inner_text()
    mail = unquote(str(region.locator("a[href^='mailto:']").first.get_attribute("href")))
    assert "l’annuler effacerait ce travail" in mail
    assert "Ajouté depuis" in desk_text_of(desk, now)


def desk_text_of(desk: Desk, courseid: int) -> str:
    desk.open(f"/course/view.php?id={courseid}")
    return desk.text()


@pytest.mark.rule("R4")
def test_the_backup_can_be_laid_into_the_private_area_only(years: Years) -> None:
    _, now = years.pair()
    desk = years.panel(years.this, now)
    years.form(desk, "stash")
    desk.shot("annee-11-zone-privee")
    assert not desk.page.locator(".modal.show input[name=groups][type=checkbox]").is_visible()
    desk.page.click(SAVE)
    years.came(desk)
    desk.shot("annee-12-deposee")
    desk.page.get_by_role("link", name="zone de sauvegarde privée").click()
    desk.page.get_by_text("24-25_").first.wait_for()
    desk.shot("annee-13-zone")
    assert "quiz" not in activities(years.this, now)


@pytest.mark.rule("R6")
def test_a_merge_says_how_many_resources_will_be_doubled(years: Years) -> None:
    _, now = years.pair()
    names = years.last.rows(
        "SELECT u.name FROM {url} u JOIN {course} c ON c.id = u.course JOIN {course_modules} cm ON cm.instance = u.id "
        "JOIN {modules} m ON m.id = cm.module AND m.name = 'url' WHERE c.fullname = "
        f"(SELECT '{course_name(years.this, now)}')"
    )
    desk = years.desk("TEACHER", years.this)
    add_link(desk, now, names[0][0], "https://example.org/")
    desk = years.panel(years.this, now)
    years.form(desk, "merge")
    desk.page.click(SAVE)
    # The link of the same name, and the announcements: Moodle makes a second forum of them.
    desk.see("2 ressources que votre cours contient déjà seront doublées")
    desk.shot("annee-14-fusion")
    desk.page.click(YES)
    years.came(desk)
    assert activities(years.this, now).count("url") == 2


def course_name(site: Site, courseid: int) -> str:
    return site.one(f"SELECT fullname FROM {{course}} WHERE id = {courseid}")


@pytest.mark.rule("R5")
@pytest.mark.rule("H1")
def test_a_course_that_is_not_empty_is_replaced_only_past_a_refusal_by_who_is_allowed_and_says_why(
    years: Years,
) -> None:
    _, now = years.pair()
    desk = years.desk("TEACHER", years.this)
    add_link(desk, now, "Mon travail", "https://example.org/")
    desk = years.panel(years.this, now)
    years.form(desk)
    desk.page.click(SAVE)
    desk.see("Votre cours n’est pas vide")
    desk.shot("annee-15-refus")
    region = desk.page.locator("[data-region=rollover]")
    assert region.locator("a[href^='mailto:']").count() == 1
    assert "Référence" in region.inner_text()
    assert region.locator("[data-action=override]").count() == 0

    desk = years.panel(years.this, now, "ADMIN")
    years.form(desk)
    desk.page.click(SAVE)
    desk.page.wait_for_selector("[data-action=override]")
    desk.page.click("[data-action=override]")  # no reason, no way past
    assert desk.page.locator("[data-region=why].is-invalid").count() == 1
    desk.page.fill("[data-region=why]", "Demandé par le responsable, ticket 12")
    desk.shot("annee-16-passer-outre")
    desk.page.click("[data-action=override]")
    desk.see("D’autres enseignent dans ce cours")  # its teacher is told of what an administrator does
    desk.page.click(YES)
    years.came(desk)
    desk.see("Demandé par le responsable, ticket 12")
    desk.shot("annee-17-outrepasse")
    assert "quiz" in activities(years.this, now)


@pytest.mark.rule("R3")
def test_who_taught_it_last_year_allows_a_colleague_one_transfer_by_a_link(years: Years) -> None:
    _, now = years.pair(here=("COLLEAGUE",))
    desk = years.panel(years.this, now, "COLLEAGUE")
    years.form(desk)
    desk.page.click(SAVE)
    desk.see("Une demande d’autorisation")
    desk.shot("annee-18-pas-enseignant")
    [[message]] = years.last.rows(
        "SELECT replace(n.fullmessage, chr(10), ' ') FROM {notifications} n JOIN {user} u ON u.id = n.useridto "
        f"WHERE u.username = '{said('TEACHER')}' AND n.fullmessage LIKE '%permit.php%' ORDER BY n.id DESC LIMIT 1"
    )
    link = message[message.index("/local/passerelle/permit.php") :].split()[0]
    other = years.desk("COLLEAGUE", years.last)
    other.open(link)
    other.see("Seul un enseignant éditeur de ce cours")
    owner = years.desk("TEACHER", years.last)
    owner.open(link)
    assert course_name(years.this, now) in owner.text()
    owner.shot("annee-19-autoriser")
    owner.page.get_by_role("button", name="Autoriser ce seul transfert").click()
    owner.see("C’est autorisé")
    owner.shot("annee-20-autorise")
    desk = years.panel(years.this, now, "COLLEAGUE")
    years.form(desk)
    desk.page.click(SAVE)
    years.came(desk)
    owner.open(link)
    owner.see("a eu lieu")


@pytest.mark.rule("R13")
def test_starting_from_scratch_is_one_choice_and_one_way_back_by_keyboard(years: Years) -> None:
    _, now = years.pair(filled=False)
    desk = years.panel(years.this, now)
    desk.page.locator("[data-action=freshstart]").focus()
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector(YES)
    desk.shot("annee-21-zero-question")
    desk.page.click(YES)
    desk.see("Vous repartez de zéro")
    assert not desk.page.locator("[data-action=rollover]").is_visible()
    desk = years.panel(years.this, now)
    desk.see("Vous repartez de zéro")
    desk.shot("annee-22-zero")
    desk.page.locator("[data-action=nofreshstart]").focus()
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("[data-action=rollover]:focus")
    assert "Vous repartez de zéro" not in desk.text()


def test_on_a_phone_nothing_runs_over_the_edge(years: Years) -> None:
    before, now = years.pair()
    desk = years.panel(years.last, before, size=PHONE)
    desk.page.click("[data-action=checkcourse]")
    years.shown(desk, "[data-region=check] .alert-success")
    desk.shot("annee-23-telephone-verifie")
    desk.page.get_by_role("link", name="Voir le rapport").click()
    desk.page.wait_for_load_state("load")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    desk.shot("annee-24-telephone-rapport")
    desk = years.panel(years.this, now, size=PHONE)
    years.form(desk)
    desk.shot("annee-25-telephone-demande")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
