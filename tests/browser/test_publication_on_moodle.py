"""The walk of a shared course on two real Moodles, from the block's buttons in headless Chromium (P1–P18).

`tests/browser/moodle_pages.py` says which variables name the sites, HOME (a member) and HUB; besides:

- `PASSERELLE_BROWSER_TEACHER`, `_COLLEAGUE`, `_STUDENT`, `_ADMIN`: usernames on both sites; the two teachers hold the
  hub's viewer role, the administrator may ask *Pourquoi ?*
- `PASSERELLE_BROWSER_WHY`: `person,course` that the stack's night sources know, for that page

The steps follow one another, on courses made for the walk; they are left on the sites.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest

from passerelle_cli.stack import Stack
from tests.browser import course_rows
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
    walked_on,
)
from tests.browser.publication_walk import Walk

pytestmark = walked_on("HOME", "HUB")

VIDEO = "cours-01.mp4"
TITLE = "Chimie du vivant"


def name_of(site: Site, courseid: int) -> str:
    return site.one(f"SELECT idnumber FROM {{course}} WHERE id = {courseid}")


@contextmanager
def switched_on(site: Site, module: str) -> Iterator[None]:
    """An activity that the site has and does not offer is offered meanwhile."""
    offered = "UPDATE {modules} SET visible = %d WHERE name = '%s'"
    site.rows(offered % (1, module))
    try:
        yield
    finally:
        site.rows(offered % (0, module))


def same_person_mail(desk: Desk, region: str = "body") -> tuple[str, str]:
    """The reference that a refusal shows, and the mail it has begun."""
    refusal = desk.page.locator(f'{region} [data-region="refusal"]').last
    refusal.wait_for()
    reference = refusal.inner_text().partition("Référence")[2].split()[1]  # behind a colon
    return reference, unquote(refusal.locator("a").get_attribute("href"))


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    home, hub = named_site("HOME"), named_site("HUB")
    mark = f"M{int(time.time()) % 1_000_000}"
    source = make_course(home, 1, f"{TITLE} {mark}", f"CHV-{mark}")
    fill_course(home, source)
    people = {said("TEACHER"): "editingteacher", said("COLLEAGUE"): "teacher", said("STUDENT"): "student"}
    enrol(home, source, people)
    with browser() as opened:
        yield Walk(home, hub, opened, source, mark=mark)


@pytest.mark.rule("P1")
@pytest.mark.rule("P5")
def test_looking_gives_no_number_and_without_a_backup_a_sentence_says_what_to_do(walk: Walk) -> None:
    desk = walk.desk("TEACHER")
    desk.open(f"/course/view.php?id={walk.source}")
    assert desk.page.locator('a[href*="/local/passerelle/course.php"]').count(), "not in the course menu"
    desk = walk.panel(walk.source)
    desk.shot("01-nothing-yet")
    desk.page.click('[data-action="publish"]')
    desk.see("cliquez d’abord sur « Sauvegarder »")
    assert desk.page.locator(".modal.show").count() == 0
    assert desk.page.evaluate("document.activeElement.dataset.action") == "backup"
    assert name_of(walk.home, walk.source) == ""


@pytest.mark.rule("P1")
@pytest.mark.rule("P2")
@pytest.mark.rule("P5")
def test_backing_up_gives_the_number_and_stops_at_ready_to_share(walk: Walk) -> None:
    walk.before = course_rows.everything(walk.home, walk.source)
    desk = walk.panel(walk.source)
    desk.page.click('[data-action="backup"]')
    desk.see("La sauvegarde est demandée")
    desk.shot("02-asked")
    walk.home.work()
    desk.see("prête à mutualiser", meanwhile=walk.home.work)
    desk.shot("03-ready")
    assert name_of(walk.home, walk.source).startswith("psl-")
    # Nothing is shared by a backup, and Moodle's own list of backups knows nothing of it.
    assert "version" not in desk.page.inner_text('[data-region="state"]')
    context = walk.home.one(
        f"SELECT id FROM {{context}} WHERE contextlevel = 50 AND instanceid = {walk.source}"
    )
    kept = walk.home.one(
        f"SELECT COUNT(*) FROM {{files}} WHERE contextid = {context} AND component = 'backup' AND filename <> '.'"
    )
    assert kept == "0"


@pytest.mark.rule("P17")
def test_sharing_asks_once_what_the_catalogue_needs_and_takes_nothing_without_the_declaration(
    walk: Walk,
) -> None:
    desk = walk.panel(walk.source)
    desk.page.focus('[data-action="publish"]')
    desk.page.keyboard.press("Enter")
    dialog = desk.page.locator(".modal.show")
    dialog.locator('[name="title"]').wait_for()
    assert dialog.locator('[name="title"]').input_value() == f"{TITLE} {walk.mark}"
    assert "l'an passé" in dialog.locator('[name="summary"]').input_value()
    assert dialog.locator('[name="language"]').input_value() == "fr"
    desk.shot("04-form")
    dialog.locator('[data-action="save"]').click()
    desk.see("qu’avec cette déclaration")
    desk.shot("05-form-declaration")
    dialog.locator('[name="level"]').fill("L1")
    dialog.locator('input[type="checkbox"][name="declaration"]').check()
    dialog.locator('[data-action="save"]').click()
    desk.see("La mutualisation est demandée")
    walk.copies.append(walk.published(desk, 1))
    desk.shot("06-shared")


@pytest.mark.rule("P9")
@pytest.mark.rule("P10")
def test_both_links_lead_where_they_say_and_the_copy_is_seen_by_teachers_only(walk: Walk) -> None:
    desk = walk.panel(walk.source)
    back = desk.page.get_by_role("link", name="Revenir", exact=True)
    assert back.get_attribute("href") == f"{walk.home.address}/course/view.php?id={walk.source}"
    copy = f"/course/view.php?id={walk.copies[0]}"
    for who in ("TEACHER", "COLLEAGUE"):
        seen = walk.desk(who, walk.hub)
        seen.open(copy)
        assert "Plan du cours" in seen.text()
        assert "QCM 1" in seen.text(), "the hub's viewer role hides quizzes"
        assert seen.page.locator('input[name="setmode"]').count() == 0, f"{who} may edit"
    walk.desk("TEACHER", walk.hub).shot("07-copy-on-the-hub")
    student = walk.desk("STUDENT", walk.hub)
    student.open(copy)
    assert "Plan du cours" not in student.text()


@pytest.mark.rule("P7")
def test_the_source_is_row_by_row_what_it_was(walk: Walk) -> None:
    after = course_rows.everything(walk.home, walk.source)
    assert after.keys() == walk.before.keys()
    for table, rows in walk.before.items():
        assert after[table] == rows, table


@pytest.mark.rule("P3")
@pytest.mark.rule("P4")
@pytest.mark.rule("P7")
@pytest.mark.rule("P19")
def test_the_copy_has_the_same_sections_activities_questions_and_files_and_nobody_but_the_author(
    walk: Walk,
) -> None:
    copy = walk.copies[0]
    source, made = course_rows.shape(walk.home, walk.source), course_rows.shape(walk.hub, copy)
    for what, things in source.items():
        assert things, f"the source has no {what}"
        assert made[what] == things, what
    [(author, _)] = course_rows.enrolled(walk.hub, copy)
    assert author == said("TEACHER")
    assert any(written for written, _ in course_rows.file_authors(walk.home, walk.source))
    # Nobody is named as having written them, and all are the author's (P19).
    assert course_rows.file_authors(walk.hub, copy) == [("", said("TEACHER"))]
    contents = []
    for site, course in ((walk.home, walk.source), (walk.hub, copy)):
        address = course_rows.file_address(site, course, VIDEO)
        contents.append(walk.desk("TEACHER", site).page.context.request.get(address).body())
    assert contents[0] == contents[1]
    hashed = hashlib.sha1(contents[0], usedforsecurity=False).hexdigest()
    assert hashed in {row[-1] for row in source["files"]}


@pytest.mark.rule("P11")
@pytest.mark.rule("P15")
def test_a_colleague_finds_it_looks_into_it_and_brings_it_home_as_a_new_course(walk: Walk) -> None:
    desk = walk.catalogue(walk.source)
    card = walk.card(desk, f"{TITLE} {walk.mark}")
    desk.shot("08-catalogue")
    card.get_by_role("button", name="Aperçu").click()
    desk.see("Sections")
    for shown in ("QCM", "Test", "Quiz"):
        if shown in card.inner_text():
            break
    else:
        pytest.fail(card.inner_text())
    assert "D’où vient ce cours" not in card.inner_text(), "a course without relatives is no family"
    desk.shot("09-preview")
    card.locator('[data-action="new"]').click()
    desk.see("nouveau cours masqué")
    desk.shot("10-bring-ask")
    desk.page.locator('.modal.show [data-action="save"]').click()
    desk.see("Aller au cours", meanwhile=walk.home.work)
    desk.shot("11-brought")
    walk.brought = int(
        desk.page.get_by_role("link", name="Aller au cours").get_attribute("href").rpartition("id=")[2]
    )
    [[visible, number]] = walk.home.rows(
        f"SELECT visible, idnumber FROM {{course}} WHERE id = {walk.brought}"
    )
    assert visible == "0"
    assert number.startswith("psl-")
    assert number != name_of(walk.home, walk.source)
    assert (said("COLLEAGUE"), "editingteacher") in course_rows.enrolled(walk.home, walk.brought)


@pytest.mark.rule("P5")
@pytest.mark.rule("P13")
def test_a_changed_course_is_refreshed_and_shared_again_as_a_new_version(walk: Walk) -> None:
    change_course(walk.home, walk.source, fullname=f"{TITLE} {walk.mark}, revu")
    desk = walk.panel(walk.source)
    desk.see("Le cours a changé depuis sa sauvegarde")
    desk.shot("12-changed")
    assert desk.page.inner_text('[data-action="backup"]') == "Rafraîchir"
    walk.back_up(walk.source)
    walk.copies.append(walk.published(walk.share(walk.source), 2))
    number = f"lycee:{name_of(walk.home, walk.source)}".partition(":")[2]
    older, newer = (name_of(walk.hub, copy) for copy in walk.copies)
    assert newer.partition(":")[2] == number
    assert older == f"{newer}@v1"


@pytest.mark.rule("P13")
def test_the_author_has_told_who_holds_an_older_version(walk: Walk) -> None:
    desk = walk.panel(walk.source)
    desk.see("Personnes qui ont rapatrié une version plus ancienne : 1")
    desk.shot("13-older-holders")
    desk.page.click('[data-action="tellholders"]')
    desk.see("Personnes prévenues de cette version : 1")
    told = walk.desk("COLLEAGUE")
    told.open("/message/output/popup/notifications.php")
    told.see(f"{TITLE} {walk.mark}, revu")
    told.page.get_by_text(f"{TITLE} {walk.mark}, revu").first.click()
    told.see("Ce qui a changé depuis votre copie")
    told.shot("14-told")


@pytest.mark.rule("P16")
@pytest.mark.rule("P22")
def test_an_activity_that_the_hub_lacks_is_told_before_a_backup_is_made_and_left_out(walk: Walk) -> None:
    """Moodle 5 has no survey any more: a real activity of a real pair."""
    survey = "SELECT id FROM {modules} WHERE name = 'survey'"
    if walk.hub.rows(survey) or not walk.home.rows(survey):
        pytest.skip("both Moodles have surveys, or neither")
    source = make_course(walk.home, 1, f"Enquête {walk.mark}", f"ENQ-{walk.mark}")
    fill_course(walk.home, source)
    enrol(walk.home, source, {said("TEACHER"): "editingteacher"})
    desk = walk.desk("TEACHER")
    with switched_on(walk.home, "survey"):
        desk.open(f"/course/modedit.php?add=survey&type=&course={source}&section=1&return=0&sr=0")
        desk.page.fill("#id_name", "Enquête COLLES")
        desk.page.select_option("#id_template", index=1)
        desk.page.click('[name="submitbutton2"]')
        desk.page.wait_for_load_state("networkidle")
        backups = (
            f"SELECT COUNT(*) FROM {{local_passerelle_job}} WHERE kind = 'backup' AND courseid = {source}"
        )
        before = walk.home.one(backups)
        desk = walk.panel(source)
        desk.page.click('[data-action="backup"]')
        desk.see("n’a pas ces plugins : mod_survey")
        desk.see("Enquête COLLES")
        desk.shot("14a-hub-lacks")
        assert walk.home.one(backups) == before, "a backup was made that could not come"
        desk.page.get_by_role("button", name="Sauvegarder sans cette activité").click()
        desk.see("La sauvegarde est demandée")
        walk.home.work()
        desk.see("prête à mutualiser", meanwhile=walk.home.work)
        copy = walk.published(walk.share(source), 1)
    names = [name for _, _, name, *_ in course_rows.shape(walk.hub, copy)["activities"]]
    assert "QCM 1" in names
    assert "Enquête COLLES" not in names


@pytest.mark.rule("P6")
@pytest.mark.rule("H1")
def test_backups_are_listed_downloaded_and_deleted_but_not_one_that_a_shared_course_rests_on(
    walk: Walk, tmp_path: Path
) -> None:
    desk = walk.desk("TEACHER")
    page = f"/local/passerelle/backups.php?id={walk.source}"
    desk.open(page)
    rows = desk.page.locator('[data-region="list"] tbody tr')
    rows.first.wait_for()
    assert rows.count() == len(walk.copies)
    assert rows.nth(0).locator('[data-action="delete"]').count() == 0
    assert "repose dessus" in rows.nth(0).inner_text()
    rows.nth(0).locator("summary").click()
    desk.shot("15-backups")
    with desk.page.expect_download() as download:
        rows.nth(0).locator('[data-action="download"]').click()
    download.value.save_as(tmp_path / "kept.mbz")
    assert (tmp_path / "kept.mbz").read_bytes()[:2] == b"\x1f\x8b"
    # Somebody deletes it in another tab: what this one still shows is refused, with a way to ask.
    tab = desk.page.context.new_page()
    tab.goto(walk.home.address + page)
    tab.locator('[data-action="delete"]').last.click()
    tab.locator('.modal.show [data-action="delete"]').or_(
        tab.locator('.modal.show [data-action="save"]')
    ).first.click()
    tab.get_by_text("La sauvegarde est supprimée").first.wait_for()
    tab.close()
    rows.last.locator('[data-action="download"]').click()
    walk.reference, mail = same_person_mail(desk, '[data-region="said"]')
    desk.shot("16-backups-refused")
    assert mail.startswith("mailto:")
    assert walk.reference in mail
    assert f"id={walk.source}" in mail


@pytest.mark.rule("P11")
@pytest.mark.rule("H1")
def test_it_is_brought_into_the_course_where_one_stands_once(walk: Walk) -> None:
    target = make_course(walk.home, 1, f"TD de chimie {walk.mark}", f"TD-{walk.mark}")
    enrol(walk.home, target, {said("COLLEAGUE"): "editingteacher"})
    desk = walk.desk("COLLEAGUE")
    desk.open(f"/course/modedit.php?add=url&type=&course={target}&section=1&return=0&sr=0")
    desk.page.fill('[name="name"]', "À garder")
    desk.page.fill('[name="externalurl"]', "https://example.org/")
    desk.page.click('[name="submitbutton2"]')
    desk.page.wait_for_load_state("networkidle")
    for again in (False, True):
        desk = walk.catalogue(target)
        walk.card(desk, f"{TITLE} {walk.mark}, revu").locator('[data-action="merge"]').click()
        desk.see("activités qu’il contient déjà : 1" if not again else "activités qu’il contient déjà")
        desk.shot("17-merge-ask" if not again else "19-merge-again")
        desk.page.locator('.modal.show [data-action="save"]').click()
        if not again:
            desk.see("Aller au cours", meanwhile=walk.home.work)
            desk.shot("18-merged")
    reference, mail = same_person_mail(desk, '[data-region="answer"]')
    desk.shot("20-merge-refused")
    assert reference in mail
    names = [name for _, _, name, *_ in course_rows.shape(walk.home, target)["activities"]]
    assert "À garder" in names
    assert names.count("QCM 1") == 1


@pytest.mark.rule("P12")
def test_what_was_brought_home_and_shared_again_names_its_family(walk: Walk) -> None:
    title = f"Chimie des TD {walk.mark}"
    change_course(walk.home, walk.brought, fullname=title)
    walk.back_up(walk.brought, "COLLEAGUE")
    walk.published(walk.share(walk.brought, "COLLEAGUE"), 1)
    desk = walk.catalogue(walk.brought)
    for shown in (title, f"{TITLE} {walk.mark}, revu"):
        card = walk.card(desk, shown)
        card.get_by_role("button", name="Aperçu").click()
        card.get_by_text("D’où vient ce cours").wait_for()
        family = card.locator("ul.list-unstyled").first.inner_text()
        assert family.index(TITLE) < family.index("Cours qui en sont issus") < family.index(title)
        assert "celui-ci" in family
    desk.shot("21-family")


@pytest.mark.rule("P18")
def test_a_shared_course_is_withdrawn_and_shared_again(walk: Walk) -> None:
    desk = walk.panel(walk.source)
    desk.page.get_by_role("button", name="Retirer la mutualisation").click()
    desk.see("Les copies rapatriées restent")
    desk.shot("22-withdraw-ask")
    desk.page.locator('.modal.show [data-action="save"]').click()
    desk.see("retirée")
    desk.shot("23-withdrawn")
    assert walk.hub.one(f"SELECT visible FROM {{course}} WHERE id = {walk.copies[-1]}") == "0"
    looking = walk.catalogue(walk.brought)
    walk.card(looking, f"Chimie des TD {walk.mark}")
    assert looking.page.locator(f'article[data-title="{TITLE} {walk.mark}, revu"]').count() == 0
    walk.copies.append(walk.published(walk.share(walk.source), len(walk.copies) + 1))


@pytest.mark.rule("P8")
def test_the_hub_lists_what_stands_where_it_arrived_until_somebody_moves_it(walk: Walk) -> None:
    desk = walk.desk("ADMIN", walk.hub)
    desk.open("/local/passerelle/reclassify.php")
    row = desk.page.locator("tr", has_text=f"{TITLE} {walk.mark}, revu")
    row.wait_for()
    desk.shot("24-reclassify")
    row.locator("a").first.click()
    assert f"id={walk.copies[-1]}" in desk.page.url
    change_course(walk.hub, walk.copies[-1], categoryid=1)
    desk.open("/local/passerelle/reclassify.php")
    desk.see(f"Chimie des TD {walk.mark}")
    assert desk.page.locator("tr", has_text=f"{TITLE} {walk.mark}, revu").count() == 0


@pytest.mark.rule("H1")
def test_why_explains_a_reference_and_a_person_in_a_course(walk: Walk) -> None:
    desk = walk.desk("ADMIN")
    desk.open("/local/passerelle/why.php")
    desk.page.fill('[name="reference"]', walk.reference)
    desk.page.click("#id_submitbutton")
    desk.see(walk.reference)
    assert "ne peut pas être téléchargée" in desk.text()
    desk.shot("25-why-reference")
    if said("WHY"):
        person, course = said("WHY").split(",")
        desk.open("/local/passerelle/why.php")
        desk.page.fill('[name="who"]', person)
        desk.page.fill('[name="course"]', course)
        desk.page.click("#id_submitbutton")
        answer = desk.page.locator(".alert-info")
        answer.wait_for()
        assert course in answer.inner_text()
        desk.shot("26-why-person")


@pytest.mark.rule("H1")
@pytest.mark.rule("P5")
def test_a_refusal_of_the_form_carries_its_reference_and_a_mail(walk: Walk) -> None:
    course = make_course(walk.home, 1, f"Sans rien {walk.mark}", f"SR-{walk.mark}")
    enrol(walk.home, course, {said("TEACHER"): "editingteacher"})
    desk = walk.back_up(course)
    desk.page.click('[data-action="publish"]')
    dialog = desk.page.locator(".modal.show")
    dialog.locator('[name="title"]').wait_for()
    # Meanwhile its only backup goes.
    tab = desk.page.context.new_page()
    tab.goto(f"{walk.home.address}/local/passerelle/backups.php?id={course}")
    tab.locator('[data-action="delete"]').click()
    tab.locator('.modal.show [data-action="delete"]').or_(
        tab.locator('.modal.show [data-action="save"]')
    ).first.click()
    tab.get_by_text("La sauvegarde est supprimée").first.wait_for()
    tab.close()
    dialog.locator('input[type="checkbox"][name="declaration"]').check()
    dialog.locator('[data-action="save"]').click()
    reference, mail = same_person_mail(desk, '[data-region="said"]')
    desk.shot("27-form-refused")
    assert reference in mail
    assert f"id={course}" in mail


@pytest.mark.rule("P16")
@pytest.mark.rule("H1")
def test_a_backup_over_the_networks_limit_is_refused_with_both_sizes(walk: Walk) -> None:
    stack = Stack.from_file(Path(said("STACK")))
    store, key = stack.client("s3"), "config/network.json"
    kept = store.get_object(Bucket=stack.state_bucket, Key=key)["Body"].read()
    small = json.loads(kept)
    small.setdefault("limits", {})["archive"] = "2 KB"
    store.put_object(Bucket=stack.state_bucket, Key=key, Body=json.dumps(small).encode())
    try:
        time.sleep(65)  # functions follow the file within a minute
        desk = walk.panel(walk.source)
        desk.page.click('[data-action="backup"]')
        desk.page.wait_for_timeout(500)
        walk.home.work()
        desk.see("dépasse la limite du réseau", meanwhile=walk.home.work)
        reference, mail = same_person_mail(desk, '[data-region="state"]')
        desk.shot("28-too-large")
        assert reference in mail
    finally:
        store.put_object(Bucket=stack.state_bucket, Key=key, Body=kept)
    asked = walk.desk("ADMIN")
    asked.open("/local/passerelle/why.php")
    asked.page.fill('[name="reference"]', reference)
    asked.page.click("#id_submitbutton")
    asked.see("dépasse la limite")


def test_a_phone_and_an_english_page_show_it_all(walk: Walk) -> None:
    phone = walk.desk("TEACHER", size=PHONE)
    for name, path in (("course", "course"), ("backups", "backups"), ("catalogue", "catalogue")):
        phone.open(f"/local/passerelle/{path}.php?id={walk.source}")
        phone.page.wait_for_load_state("networkidle")
        phone.shot(f"30-phone-{name}")
        wide = phone.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"] + 1, f"{name}: {wide} wide"
    english = walk.desk("TEACHER", language="en")
    english.open(f"/local/passerelle/backups.php?id={walk.source}")
    english.see("ready to share")
    english.shot("31-english-backups")
    english = walk.panel(walk.source, language="en")
    english.see("Shared course:")
    english.shot("32-english-panel")
