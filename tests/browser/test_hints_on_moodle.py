"""What the block tells a course's teachers to look after (D4, D8), on a real Moodle in headless Chromium.

The variables are those of `test_publication_on_moodle`; only HOME is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.moodle_pages import (
    PHONE,
    Site,
    browser,
    change_course,
    enrol,
    fill_course,
    named_site,
    said,
    sit_down,
    walked_on,
)
from tests.live.ground import fresh

pytestmark = walked_on("HOME")


@pytest.fixture(scope="module")
def home() -> Site:
    return named_site("HOME")


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


def night_course(site: Site, prefix: str = "") -> int:
    """A course of the night, hidden and empty, its teacher and student enrolled by the night; begun long ago."""
    category, code = fresh("CAT"), fresh(f"{prefix}H")
    people = ((said("TEACHER"), "editingteacher"), (said("STUDENT"), "student"))
    done = site.ground.apply(
        {"op": "category_create", "idnumber": category, "name": "Indices"},
        {
            "op": "course_create",
            "idnumber": code,
            "shortname": code,
            "fullname": f"({code}) Chimie",
            "category": category,
            "startdate": 1700000000,
        },
        *(
            {"op": "enrol", "course": code, "username": username, "role": role, "source": "night"}
            for username, role in people
        ),
    )
    assert all(one["ok"] for one in done), done
    return int(site.one(f"SELECT id FROM {{course}} WHERE idnumber = '{code}'"))


def hints(
    opened: Any, site: Site, courseid: int, who: str, language: str = "fr", name: str = "", **size: Any
) -> str:
    desk = sit_down(opened, site, said(who), language, **size)
    desk.speak(language)
    desk.open(f"/local/passerelle/course.php?id={courseid}")
    told = desk.page.locator('[data-region="hint"]').all_inner_texts()
    if name:
        desk.shot(name)
    desk.page.context.close()
    return "\n".join(told)


@pytest.mark.rule("D8")
def test_a_hidden_course_that_has_begun_is_told_once_it_has_content_and_students(
    opened: Any, home: Site
) -> None:
    course = night_course(home)
    assert hints(opened, home, course, "TEACHER") == ""
    fill_course(home, course)
    told = hints(opened, home, course, "TEACHER", name="40-hint-hidden")
    assert "encore caché" in told
    assert "2023" in told
    assert "still hidden" in hints(opened, home, course, "TEACHER", "en", name="41-hint-phone", size=PHONE)
    change_course(home, course, visible=1)
    assert hints(opened, home, course, "TEACHER") == ""


@pytest.mark.rule("D8")
def test_a_visible_course_that_is_empty_is_told_to_its_teachers_only(opened: Any, home: Site) -> None:
    course = night_course(home)
    change_course(home, course, visible=1)
    assert "visible mais vide" in hints(opened, home, course, "TEACHER")
    assert hints(opened, home, course, "STUDENT") == ""
    fill_course(home, course)
    assert hints(opened, home, course, "TEACHER") == ""


@pytest.mark.rule("D4")
def test_a_distance_course_asks_for_a_teacher_enrolled_by_hand(opened: Any, home: Site) -> None:
    course = night_course(home, "FOAD-")
    assert "FOAD" in hints(opened, home, course, "TEACHER", name="42-hint-foad")
    enrol(home, course, {said("COLLEAGUE"): "teacher"})
    assert hints(opened, home, course, "TEACHER") == ""
