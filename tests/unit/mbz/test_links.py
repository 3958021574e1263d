"""Links to the platform of origin, as teachers' texts hold them."""

import base64
from dataclasses import replace
from xml.sax.saxutils import escape

import pytest

from passerelle.mbz import BytesSource, inspect
from tests.factories.mbz import WWWROOT, Backup

pytestmark = pytest.mark.rule("R12")
PAGE = "activities/page_79/page.xml"


def old_links(page, wwwroot=WWWROOT):
    """Of a page with this HTML, written into XML as Moodle does."""
    manifest = inspect(BytesSource(Backup(page=escape(page), wwwroot=wwwroot).tgz())).manifest
    assert all(link.member == PAGE for link in manifest.old_links)
    return [link.url for link in manifest.old_links]


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (
            '<a href="https://ecampus-bleu.example/mod/page/view.php?id=3">',
            "https://ecampus-bleu.example/mod/page/view.php?id=3",
        ),
        ('<a href="https://ecampus-bleu.example/a?x=1&amp;y=2">', "https://ecampus-bleu.example/a?x=1&y=2"),
        ("voir https://ecampus-bleu.example/my, puis", "https://ecampus-bleu.example/my"),
        ("(https://ecampus-bleu.example)", "https://ecampus-bleu.example"),
        ("https://ecampus-bleu.example/#x", "https://ecampus-bleu.example/#x"),
        ("<p>http://ecampus-bleu.example/old</p>", "http://ecampus-bleu.example/old"),
        ("https://ECAMPUS-BLEU.example/X", "https://ECAMPUS-BLEU.example/X"),
        ("https://ecampus-bleu.example:443/x", "https://ecampus-bleu.example:443/x"),
        ('{"url":"https:\\/\\/ecampus-bleu.example\\/h5p"}', "https://ecampus-bleu.example/h5p"),
        ("?to=https%3A%2F%2Fecampus-bleu.example%2Fmy", "https://ecampus-bleu.example/my"),
        ("&quot;https://ecampus-bleu.example/q&quot;", "https://ecampus-bleu.example/q"),
    ],
)
def test_an_address_of_the_old_platform_is_found_however_it_is_written(page, link):
    assert old_links(page) == [link]


@pytest.mark.parametrize(
    "page",
    [
        "https://ecampus-bleu.example.evil.org/x",
        "https://ecampus-bleu.examples/x",
        "https://www.ecampus-bleu.example/x",
        "https://moodle.org/?from=https",
        "https://ecampus-bleu.example:8443/x",
        "ecampus-bleu.example/x",
        "https://[broken/x",
    ],
)
def test_an_address_of_another_host_is_no_old_link(page):
    assert old_links(page) == []


def test_a_platform_in_a_folder_owns_that_folder_only():
    page = "https://univ.example/moodle/my https://univ.example/moodle2/my https://univ.example/wiki"
    assert old_links(page, "https://univ.example/moodle") == ["https://univ.example/moodle/my"]


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("$@PAGEVIEWBYID*79@$ $@COURSEVIEWBYID*5@$ $@FORUMINDEX*5@$", []),
        ("$@PAGEVIEWBYID*80@$", [f"{WWWROOT}/mod/page/view.php?id=80"]),
        ("$@COURSEVIEWBYID*6@$", [f"{WWWROOT}/course/view.php?id=6"]),
        ("$@FORUMINDEX*6@$", [f"{WWWROOT}/mod/forum/index.php?id=6"]),
        ("$@COURSESECTIONBYID*21@$", []),
        ("$@NULL@$ $@FILEPHP@$ $@SLASH@$ @@PLUGINFILE@@/x.png", []),
    ],
)
def test_an_encoded_link_is_old_where_its_target_is_not_inside(page, links):
    assert old_links(page) == links


def test_links_in_a_blocks_settings_are_found_though_they_are_base64():
    settings = base64.b64encode(
        b's:4:"text";s:40:"<a href=\\"https://ecampus-bleu.example/b\\">b</a>"'
    ).decode()
    block = f"<block id='1'><blockname>html</blockname><configdata>{settings}</configdata></block>"
    backup = Backup().with_member("course/blocks/html_6/block.xml", block)
    manifest = inspect(BytesSource(backup.tgz())).manifest
    assert [link.url for link in manifest.old_links] == ["https://ecampus-bleu.example/b"]
    assert "block_html" in manifest.plugins


def test_all_links_are_counted_and_the_first_five_hundred_listed():
    page = " ".join(f"https://ecampus-bleu.example/{number}" for number in range(2000))
    manifest = inspect(BytesSource(replace(Backup(), page=page).tgz())).manifest
    assert len(manifest.old_links) == 500
    assert manifest.old_link_count == 2000


def test_a_link_in_a_text_of_many_megabytes_is_found():
    page = "x" * 3_000_000 + " https://ecampus-bleu.example/end"
    assert old_links(page) == ["https://ecampus-bleu.example/end"]


def test_thousands_of_other_hosts_do_not_hide_the_old_one_that_came_first():
    page = "https://ecampus-bleu.example/a " + " ".join(f"https://h{n}.example/" for n in range(5000))
    assert old_links(page) == ["https://ecampus-bleu.example/a"]
