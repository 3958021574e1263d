"""A stale link planted into each kind of text of a real Moodle's backup is found, and placed (R12).

Only the text of one element is changed; everything around it is as a Moodle 4.5.6 wrote it. What has no place
in an archive without people (forum posts) stands in the one with people: they are read alike.
"""

from __future__ import annotations

import base64
import io
import re
import tarfile
from functools import cache
from html import escape

import pytest

from passerelle.domain.rollover.survey import StaleLink
from passerelle.mbz.sources import BytesSource
from passerelle.mbz.survey import survey
from tests.factories.mbz import WWWROOT, real_backup

pytestmark = [pytest.mark.rule("R12"), pytest.mark.rule("D19")]

OLD = f"{WWWROOT}/mod/page/view.php?id=4711"
BEFORE = 1  # link of that archive's own


@cache
def xml_of_it() -> dict[str, bytes]:
    """Without the payload, which the survey streams past."""
    with tarfile.open(fileobj=io.BytesIO(real_backup("riche-users-tgz")), mode="r:gz") as tar:
        return {info.name: content.read() for info in tar if (content := tar.extractfile(info)) is not None}


def members() -> dict[str, bytes]:
    return dict(xml_of_it())


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def planted(member: str, element: str, nth: int = 0, text: str = "") -> StaleLink:
    """The one link more that is found once `element` of `member` (a pattern) holds it."""
    parts = members()
    (name,) = [one for one in parts if re.fullmatch(member, one)][:1]
    xml = parts[name].decode()
    places = list(re.finditer(rf"<{element}>([^<]*)</{element}>", xml))
    assert len(places) > nth, f"{name} has no {element}"
    place = places[nth]
    put = text or place[1] + escape(f'<p>Voir <a href="{OLD}">ici</a></p>')
    parts[name] = (xml[: place.start(1)] + put + xml[place.end(1) :]).encode()
    seen = survey(BytesSource(packed(parts)))
    found = [link for link in seen.links if "4711" in link.url]
    assert len(seen.links) == BEFORE + len(found)
    (link,) = found
    return link


@pytest.mark.parametrize(
    ("member", "element", "kind", "activity"),
    [
        (r"course/course\.xml", "summary", "course", ""),
        (r"sections/section_53/section\.xml", "summary", "section", ""),
        (r"activities/page_\d+/page\.xml", "content", "activity", "Un page"),
        (r"activities/page_\d+/page\.xml", "intro", "activity", "Un page"),
        (r"activities/label_\d+/label\.xml", "intro", "activity", None),
        (r"activities/forum_\d+/forum\.xml", "intro", "activity", "Un forum"),
        (r"activities/forum_\d+/forum\.xml", "message", "activity", "Un forum"),
        (r"activities/book_\d+/book\.xml", "content", "activity", "Un book"),
        (r"activities/assign_\d+/assign\.xml", "intro", "activity", "Un assign"),
        (r"activities/assign_\d+/assign\.xml", "activity", "activity", "Un assign"),
        (r"activities/lesson_\d+/lesson\.xml", "contents", "activity", "Un lesson"),
        (r"activities/glossary_\d+/glossary\.xml", "definition", "activity", "Un glossary"),
        (r"activities/workshop_\d+/workshop\.xml", "instructauthors", "activity", "Un workshop"),
        (r"activities/feedback_\d+/feedback\.xml", "page_after_submit", "activity", "Un feedback"),
        (r"activities/wiki_\d+/wiki\.xml", "intro", "activity", "Un wiki"),
        (r"activities/data_\d+/data\.xml", "description", "activity", "Un data"),
        (r"activities/quiz_\d+/quiz\.xml", "intro", "activity", "Un quiz"),
        (r"activities/folder_\d+/folder\.xml", "intro", "activity", "Un folder"),
        (r"activities/resource_\d+/resource\.xml", "intro", "activity", "Un resource"),
        (r"questions\.xml", "questiontext", "question", ""),
        (r"questions\.xml", "generalfeedback", "question", ""),
        (r"questions\.xml", "answertext", "question", ""),
    ],
)
def test_a_link_in_a_text_is_found_where_it_stands(
    member: str, element: str, kind: str, activity: str | None
) -> None:
    link = planted(member, element)
    assert (link.place.kind, link.place.field, link.url) == (kind, element, OLD)
    if activity is not None:
        assert link.place.activity == activity
    if kind == "question":
        assert link.place.part.startswith("Q ")


def test_a_forum_post_is_named_by_its_subject_and_a_chapter_by_its_title() -> None:
    post = planted(r"activities/forum_\d+/forum\.xml", "message", nth=1)
    assert post.place.part == "Forum post subject 1"
    assert planted(r"activities/book_\d+/book\.xml", "content").place.part == "Chapitre 1"


def test_the_address_of_a_url_activity_is_found() -> None:
    """In the place of the link that the archive came with."""
    parts = members()
    (name,) = [one for one in parts if re.fullmatch(r"activities/url_\d+/url\.xml", one)]
    parts[name] = re.sub(
        rb"<externalurl>[^<]*", b"<externalurl>" + escape(OLD).encode(), parts[name], count=1
    )
    (link,) = survey(BytesSource(packed(parts))).links
    assert (link.place.activity, link.place.field, link.url) == ("Un url", "externalurl", OLD)


def test_an_html_block_is_found_by_its_title() -> None:
    parts = members()
    (name,) = [one for one in parts if re.fullmatch(r"course/blocks/html_\d+/block\.xml", one)]
    encoded = re.search(rb"<configdata>([^<]*)", parts[name])
    assert encoded is not None
    config = base64.b64decode(encoded[1]).decode()
    text = re.search(r's:4:"text";s:\d+:"([^"]*)"', config)
    assert text is not None, config
    html = f"<a href='{OLD}'>x</a>"
    config = config.replace(text[0], f's:4:"text";s:{len(html)}:"{html}"')
    parts[name] = parts[name].replace(encoded[1], base64.b64encode(config.encode()))
    found = [link for link in survey(BytesSource(packed(parts))).links if "4711" in link.url]
    assert [(link.place.kind, link.place.module, link.url) for link in found] == [("block", "html", OLD)]


def test_an_embedded_file_that_is_named_by_its_address_is_found() -> None:
    """As a browser names what is dragged in from the old platform."""
    name = "https%3A%2F%2Fecampus-bleu.example%2Fmod%2Fpage%2Fview.php%3Fid%3D4711"
    link = planted(r"files\.xml", "filename", nth=1, text=name)
    assert (link.place.kind, link.url) == ("file", OLD)
