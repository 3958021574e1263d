"""Pages for a person: in their language, whatever the archives hold stays text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def page():
    def get(site, path, lang="fr-FR,fr;q=0.9,en;q=0.5"):
        return requests.get(
            site.base_url + path, headers={"Accept-Language": lang} if lang else {}, timeout=5
        )

    return get


@pytest.fixture
def chimie(lycee):
    course = lycee.import_mbz(ARCHIVE, category="mut", teachers=["mcurie"])
    lycee.enrol(course, "etu1", "student", method="self")
    return course


def words(answer):
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2]).split())


def test_the_first_page_shows_categories_courses_and_people(lycee, chimie, page):
    lycee.add_course("CACHE", "Cours caché", "mut", visible=False)
    shown = words(page(lycee, "/"))
    for text in (
        "Mutualisation",
        "L1 Chimie générale — EC2",
        "8 activités, 2 questions",
        "Marie Curie",
        "Cours caché caché",
    ):
        assert text in shown


def test_a_course_shows_its_sections_people_methods_and_groups(lycee, chimie, page):
    shown = words(page(lycee, f"/course/view.php?id={chimie.id}"))
    for text in (
        "Plan du cours",
        "TD2 cemu",
        "Marie Curie Enseignant Inscription manuelle",
        "Ada Lovelace Étudiant Auto-inscription",
    ):
        assert text in shown
    assert "student" not in shown


def test_a_restored_course_says_where_it_came_from(hub, restore, page):
    job = restore(shortname="COPIE", visible=True)
    answer = page(hub, f"/course/view.php?id={job['courseid']}")
    assert "ecampus-bleu.example" in words(answer)
    assert 'href="https://ecampus-bleu.example/course/view.php?id=5"' in answer.text


def test_no_state_appears_in_english_on_a_french_page(hub, restore, page):
    restore(shortname="COPIE")
    restore(jobkey="pub:2", sha256="0" * 64)
    shown = words(page(hub, "/passerelle/jobs"))
    assert "terminé" in shown
    assert "en échec" in shown
    assert not re.search(r"\b(done|failed|running|queued|restore)\b", shown)


@pytest.mark.parametrize(("lang", "expected"), [("en-GB,en", "en"), ("fr", "fr"), ("de", "fr"), ("", "fr")])
def test_pages_speak_french_unless_english_is_asked_for(lycee, page, lang, expected):
    answer = page(lycee, "/", lang)
    assert f'<html lang="{expected}">' in answer.text
    assert ("Personnes" in answer.text) == (expected == "fr")


@pytest.mark.rule("P10")
def test_a_message_is_a_sentence_with_both_links(lycee, page):
    values = {
        "title": "Chimie",
        "version": "2",
        "huburl": "http://127.0.0.1:1/hub",
        "courseurl": "javascript:alert(1)",
    }
    pairs = [{"name": name, "value": value} for name, value in values.items()]
    note = {"key": "k", "username": "mcurie", "kind": "published", "lang": "fr", "values": pairs}
    lycee.call("local_passerelle_notify", notifications=[note])
    for path in ("/passerelle/messages", f"/user/view.php?id={lycee.user('mcurie').id}"):
        answer = page(lycee, path)
        assert "Votre cours « Chimie » est mutualisé (version 2)." in words(answer)
        assert '<a href="http://127.0.0.1:1/hub">Aller au nouveau parcours créé</a>' in answer.text
        assert "javascript:" not in answer.text


def test_what_anybody_typed_stays_text(lycee, page):
    user = lycee.add_user("x", HOSTILE, HOSTILE, idnumber=HOSTILE)
    course = lycee.add_course(HOSTILE, HOSTILE, summary=f"<p>{HOSTILE}</p>", idnumber=HOSTILE)
    module = lycee.change_course(
        course, add="page", name=HOSTILE, content=HOSTILE, rename_section=HOSTILE, summary=HOSTILE
    )
    lycee.enrol(course, "x")
    lycee.add_group(course, HOSTILE)
    lycee.call("core_message_send_instant_messages", messages=[{"touserid": user.id, "text": HOSTILE}])
    for path in (
        "/",
        f"/course/view.php?id={course.id}",
        f"/mod/page/view.php?id={module.id}",
        "/user/index.php?q=%3Cscript",
        f"/user/view.php?id={user.id}",
        "/passerelle/messages",
        "/passerelle/jobs",
    ):
        answer = page(lycee, path)
        assert answer.status_code == 200, path
        assert "<script" not in answer.text, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_people_are_searched_and_paged(lycee, page):
    for number in range(60):
        lycee.add_user(f"p{number:02d}", f"Prénom{number:02d}")
    first = page(lycee, "/user/index.php")
    assert "Page suivante" in first.text
    assert "Prénom59" not in first.text
    assert "Prénom59" in page(lycee, "/user/index.php?start=50").text
    assert words(page(lycee, "/user/index.php?q=p42")).count("Prénom") == 1


@pytest.mark.parametrize(
    "path", ["/course/view.php?id=999", "/user/view.php?id=x", "/mod/page/view.php?id=1", "/nosuch"]
)
def test_what_is_not_there_says_so_in_words(lycee, page, path):
    answer = page(lycee, path)
    assert answer.status_code == 404
    assert "Cette page n’existe pas sur ce site." in answer.text.replace("&#39;", "'")
