"""Addresses of the old platform: whether one is of it, what it leads to, and what Moodle writes back (R12)."""

from __future__ import annotations

import pytest

from passerelle.domain.rollover.links import (
    ENCODED,
    Leads,
    leads_to,
    lies_under,
    new_address,
    without_scheme,
    written_back,
)

pytestmark = pytest.mark.rule("R12")
ROOT = "https://bleu.example/MOODLE/X"
NEW = "https://vert.example"


@pytest.mark.parametrize(
    ("address", "rest"),
    [
        ("https://Bleu.Example/My", "bleu.example/My"),
        ("//bleu.example/my", "bleu.example/my"),
        ("https://bleu.example./my", "bleu.example/my"),
        ("https://ada:pw@bleu.example/my?a=1#b", "bleu.example/my?a=1#b"),
        ("https://bleu.example:443/", "bleu.example/"),
        ("HTTP://bleu.example:80/", "bleu.example/"),
        ("http://bleu.example:443/", "bleu.example:443/"),
        ("https://bleu.example:80/", "bleu.example:80/"),
        ("//bleu.example:443/", "bleu.example/"),
        ("https://bleu.example:8443/", "bleu.example:8443/"),
        ("https://bleu.example:x/", ""),
        ("https://[broken/", ""),
        ("/my/", "/my/"),
    ],
)
def test_scheme_user_default_port_and_the_hosts_case_say_nothing_of_where_an_address_leads(
    address: str, rest: str
) -> None:
    assert without_scheme(address) == rest


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("https://bleu.example/MOODLE/X", True),
        ("https://bleu.example/MOODLE/X/my", True),
        ("http://bleu.example/MOODLE/X?x", True),
        ("https://bleu.example/MOODLE/X#x", True),
        ("https://bleu.example/MOODLE/X2/my", False),
        ("https://bleu.example/my", False),
        ("https://vert.example/MOODLE/X/my", False),
        ("https://bleu.example.evil/MOODLE/X/my", False),
        ("https://[broken/", False),
    ],
)
def test_a_platform_in_a_folder_owns_that_folder_and_what_is_in_it(address: str, inside: bool) -> None:
    assert lies_under(address, ROOT) is inside
    assert lies_under(address, f"{ROOT}//") is inside
    assert not lies_under(address, ""), "a platform without address owns nothing"


@pytest.mark.parametrize(
    ("old", "leads", "new"),
    [
        ("/course/view.php?id=5", Leads("course", 5), "/course/view.php?id=105"),
        ("/course/?id=5", Leads("course", 5), "/course/view.php?id=105"),
        (
            "/course/view.php?id=5&section=3",
            Leads("course", 5, "&section=3"),
            "/course/view.php?id=105&section=3",
        ),
        ("/course/view.php?id=5&section=x#s-2", Leads("course", 5, "#s-2"), "/course/view.php?id=105#s-2"),
        ("/course/section.php?id=21#a", Leads("section", 21, "#a"), "/course/section.php?id=121#a"),
        (
            "/mod/book/view.php?id=79&chapterid=4#p",
            Leads("module", 79, "#p", "/mod/book/view.php"),
            "/mod/book/view.php?id=179#p",
        ),
        ("/course/view.php?id=6", Leads("course", 6), ""),
        (
            "/course/view.php?id=6&id=5&section=0",
            Leads("course", 5, "&section=0"),
            "/course/view.php?id=105&section=0",
        ),
        ("/course/view.php", Leads("other"), ""),
        (f"/course/view.php?id={'9' * 5000}", Leads("other"), ""),
        ("/course/view.php?id=0", Leads("other"), ""),
        ("/course/view.php?id=²", Leads("other"), ""),
        ("/course/section.php?id=x", Leads("other"), ""),
        ("/mod/page/view.php?q=79", Leads("other"), ""),
        ("/mod/page/view.php.bak?id=79", Leads("other"), ""),
        ("/mod/forum/discuss.php?d=79", Leads("other"), ""),
        ("/x/mod/page/view.php?id=79", Leads("other"), ""),
        ("/pluginfile.php/1/mod_page/content/0/a.png", Leads("file", rest="a.png"), ""),
        ("/draftfile.php/1/user/draft/9/b%20c.png", Leads("file", rest="b%20c.png"), ""),
        ("/webservice/pluginfile.php/1/x/d.png", Leads("file", rest="d.png"), ""),
        ("/my/pluginfile.php/1", Leads("other"), ""),
        ("?id=5", Leads("other"), ""),
        ("", Leads("other"), ""),
    ],
)
def test_what_an_address_leads_to_and_where_that_stands_on_the_new_platform(
    old: str, leads: Leads, new: str
) -> None:
    moved = {("course", 5): 105, ("section", 21): 121, ("module", 79): 179}
    assert leads_to(ROOT + old, f"{ROOT}/") == leads
    assert new_address(leads, moved, NEW) == (NEW + new if new else "")


@pytest.mark.parametrize(
    ("encoded", "inside", "outside"),
    [
        ("COURSEVIEWBYID*{}", 5, "/course/view.php?id={}"),
        ("COURSEVIEWSECTIONBYID*{}*2", 5, "/course/view.php?id={}"),
        ("GRADEINDEXBYID*{}", 5, "/grade/index.php?id={}"),
        ("GRADEREPORTINDEXBYID*{}", 5, "/grade/report/index.php?id={}"),
        ("BADGESVIEWBYID*{}", 5, "/badges/view.php?id={}"),
        ("USERINDEXVIEWBYID*{}", 5, "/user/index.php?id={}"),
        ("COURSESECTIONBYID*{}", 21, "/course/section.php?id={}"),
        ("PLUGINFILEBYCONTEXT*{}*%2Fmod_page%2Fcontent", 193, "/pluginfile.php/{}"),
        ("FORUMINDEX*{}", 5, "/mod/forum/index.php?id={}"),
        ("FORUMDISCUSSIONVIEW*{}", None, "/mod/forum/discuss.php?d={}"),
        ("FORUMDISCUSSIONVIEWINSIDE*{}*3", None, "/mod/forum/discuss.php?d={}"),
        ("PAGEVIEWBYID*{}", 79, "/mod/page/view.php?id={}"),
        ("BOOKVIEWBYIDCH*{}*4", 79, "/mod/book/view.php?id={}"),
        ("HVPEMBEDBYID*{}", 79, "/mod/hvp/embed.php?id={}"),
        ("WIKIPAGEBYID*{}", 79, "/mod/wiki/view.php?pageid={}"),
        ("FORUMVIEWBYF*{}", 7, "/mod/forum/view.php?f={}"),
        ("QUIZVIEWBYQ*{}", None, "/mod/quiz/view.php?q={}"),
    ],
)
def test_of_an_encoded_link_moodle_writes_the_old_address_back_where_its_target_is_not_in_the_archive(
    encoded: str, inside: int | None, outside: str
) -> None:
    assert written(encoded.format(996)) == ROOT + outside.format(996)
    for number in (5, 21, 79, 193, 7):
        here = "" if number == inside else ROOT + outside.format(number)
        assert written(encoded.format(number)) == here, number


def written(encoded: str) -> str:
    """By an archive of course 5 with section 21, page 79 in context 193, forum 7."""
    match = ENCODED.fullmatch(f"$@{encoded}@$")
    assert match
    return written_back(
        match[1],
        tuple(match[2].split("*")[1:]),
        ROOT,
        course=5,
        modules=[79],
        sections=[21],
        contexts=[193],
        instances={("forum", 7): 79},
    )


def test_a_code_that_only_its_own_module_understands_stays_in_the_page() -> None:
    assert written("GAMEPLAYBYID*996*k-1") == "$@GAMEPLAYBYID*996*k-1@$"
    assert written("GAMEPLAYBYID*79") == ""


@pytest.mark.parametrize("encoded", ["NULLPART*996", "VIEWBYF*996", "FORUMVIEWBYFX*996"])
def test_a_code_without_an_address_is_no_stale_link(encoded: str) -> None:
    assert written(encoded) == ""


@pytest.mark.parametrize("number", ["abc", "9" * 5000])
def test_a_number_that_is_none_of_moodles_leads_to_nothing_in_the_archive(number: str) -> None:
    assert written(f"PAGEVIEWBYID*{number}") == f"{ROOT}/mod/page/view.php?id=0"
