"""Stale links in every place where a backup can hold one; and what looks like one and is none (R12)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from html import escape

import pytest

from passerelle.domain.rollover.survey import Survey
from passerelle.mbz.sources import BytesSource
from passerelle.mbz.survey import CannotSurvey, survey
from passerelle.store.documents import from_document, to_document
from tests.factories.mbz import WWWROOT, Backup, StoredFile, real_backup

OLD = f"{WWWROOT}/mod/page/view.php?id=991"
HTML = escape(f'<p>Voir <a href="{OLD}">ici</a></p>')


def activity(module: str, body: str, cm: int = 90, instance: int = 7) -> tuple[str, str]:
    return (
        f"activities/{module}_{cm}/{module}.xml",
        f'<activity id="{instance}" moduleid="{cm}" modulename="{module}" contextid="300">'
        f'<{module} id="{instance}"><name>Titre</name>{body}</{module}></activity>',
    )


def linked(address: str) -> str:
    return "<content>" + escape('<a href="' + address + '">x</a>') + "</content>"


def block(text: str) -> tuple[str, str]:
    serial = f'O:8:"stdClass":2:{{s:5:"title";s:6:"Rappel";s:4:"text";s:{len(text)}:"{text}";}}'
    config = base64.b64encode(serial.encode()).decode()
    return (
        "course/blocks/html_6/block.xml",
        f'<block id="6" contextid="400"><blockname>html</blockname><configdata>{config}</configdata></block>',
    )


def question(body: str) -> tuple[str, str]:
    return (
        "questions.xml",
        '<question_categories><question_category id="1"><name>Défaut</name><contextid>193</contextid>'
        '<question_bank_entries><question_bank_entry id="1"><question_version><question_versions id="1">'
        f'<questions><question id="9"><name>Atomes ?</name>{body}</question></questions>'
        "</question_versions></question_version></question_bank_entry></question_bank_entries>"
        "</question_category></question_categories>",
    )


def found(*members: tuple[str, str]) -> list[tuple[str, str, str, str]]:
    """Kind, part, field and address of each stale link."""
    backup = Backup()
    for name, content in members:
        backup = backup.with_member(name, content)
    seen = survey(BytesSource(backup.tgz())).links
    return [(link.place.kind, link.place.part, link.place.field, link.url) for link in seen]


COURSE = '<course id="5" contextid="193"><summary>{}</summary><format>topics</format></course>'
PLACES = [
    ("course summary", ("course/course.xml", COURSE.format(HTML)), ("course", "", "summary")),
    (
        "section summary",
        (
            "sections/section_21/section.xml",
            f'<section id="21"><number>1</number><name>Semaine 1</name><summary>{HTML}</summary></section>',
        ),
        ("section", "", "summary"),
    ),
    ("page", activity("page", f"<content>{HTML}</content>"), ("activity", "", "content")),
    ("page's description", activity("page", f"<intro>{HTML}</intro>"), ("activity", "", "intro")),
    ("label", activity("label", f"<intro>{HTML}</intro>"), ("activity", "", "intro")),
    ("url", activity("url", f"<externalurl>{escape(OLD)}</externalurl>"), ("activity", "", "externalurl")),
    ("forum's description", activity("forum", f"<intro>{HTML}</intro>"), ("activity", "", "intro")),
    (
        "forum post",
        activity(
            "forum",
            '<discussions><discussion id="1"><name>Bienvenue</name><posts><post id="3">'
            f"<subject>Règles</subject><message>{HTML}</message></post></posts></discussion></discussions>",
        ),
        ("activity", "Règles", "message"),
    ),
    (
        "book chapter",
        activity(
            "book",
            f'<chapters><chapter id="2"><title>Chapitre 2</title><content>{HTML}</content></chapter></chapters>',
        ),
        ("activity", "Chapitre 2", "content"),
    ),
    ("assignment", activity("assign", f"<activity>{HTML}</activity>"), ("activity", "", "activity")),
    (
        "lesson page",
        activity(
            "lesson", f'<pages><page id="1"><title>Début</title><contents>{HTML}</contents></page></pages>'
        ),
        ("activity", "Début", "contents"),
    ),
    (
        "glossary entry",
        activity(
            "glossary",
            f'<entries><entry id="1"><concept>Atome</concept><definition>{HTML}</definition></entry></entries>',
        ),
        ("activity", "Atome", "definition"),
    ),
    (
        "quiz question",
        question(f"<questiontext>{HTML}</questiontext>"),
        ("question", "Atomes ?", "questiontext"),
    ),
    (
        "quiz answer",
        question(
            f'<plugin_qtype_x_question><answers><answer id="1"><answertext>{HTML}</answertext></answer></answers>'
            "</plugin_qtype_x_question>"
        ),
        ("question", "Atomes ?", "answertext"),
    ),
    ("HTML block", block(f'<a href="{OLD}">x</a>'), ("block", "", "text")),
]


@pytest.mark.rule("R12")
@pytest.mark.rule("D19")
@pytest.mark.parametrize(("member", "place"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES])
def test_a_stale_link_is_found_where_it_stands(member: tuple[str, str], place: tuple[str, str, str]) -> None:
    assert found(member) == [(*place, OLD)]


@pytest.mark.rule("R12")
def test_a_file_name_that_is_an_address_is_found() -> None:
    name = "https%3A%2F%2Fecampus-bleu.example%2Fmod%2Fpage%2Fview.php%3Fid%3D991"
    backup = replace(Backup(), files=(StoredFile(name=name),))
    (link,) = survey(BytesSource(backup.tgz())).links
    assert (link.place.kind, link.url) == ("file", OLD)


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://ecampus-bleu.example/course/view.php?id=77", None),
        ("HTTPS://ECAMPUS-BLEU.EXAMPLE/course/view.php?id=77", None),
        ("https://ecampus-bleu.example:443/my/", None),
        ("https://ecampus-bleu.example", None),
        ("https://ecampus-bleu.example/pluginfile.php/123/mod_page/content/0/sch%C3%A9ma.png", None),
        ("https://ecampus-bleu.example/mod/quiz/view.php?id=4&amp;forceview=1", "…id=4&forceview=1"),
    ],
)
def test_however_it_is_written(written: str, address: str | None) -> None:
    member = activity("page", linked(written))
    ((_, _, _, url),) = found(member)
    wanted = address or written
    assert url.endswith(wanted.removeprefix("…"))


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    "html",
    [
        '<a href="//ecampus-bleu.example/course/view.php?id=77">sans protocole</a>',
        '<a href="https://proxy.univ.example/login?url=https%3A%2F%2Fecampus-bleu.example%2Fmy%2F">proxy</a>',
        '{"url":"https:\\/\\/ecampus-bleu.example\\/course\\/view.php?id=77"}',
    ],
)
def test_also_where_it_hides(html: str) -> None:
    assert len(found(activity("page", f"<content>{escape(html)}</content>"))) == 1


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("$@COURSEVIEWBYID*77@$", "/course/view.php?id=77"),
        ("$@PAGEVIEWBYID*991@$", "/mod/page/view.php?id=991"),
        ("$@FORUMINDEX*77@$", "/mod/forum/index.php?id=77"),
        ("$@GRADEINDEXBYID*77@$", "/grade/index.php?id=77"),
        ("$@QUIZVIEWBYQ*55@$", "/mod/quiz/view.php?q=55"),
        ("$@FORUMDISCUSSIONVIEW*12@$", "/mod/forum/discuss.php?d=12"),
        (
            "$@PLUGINFILEBYCONTEXT*123@$/mod_resource/content/0/p.pdf",
            "/pluginfile.php/123/mod_resource/content/0/p.pdf",
        ),
    ],
)
def test_what_moodle_left_unresolved_is_told_as_the_address_that_it_writes_back(
    code: str, address: str
) -> None:
    member = activity("page", linked(code))
    assert [url for *_, url in found(member)] == [WWWROOT + address]


NO_LINK = [
    ("a link to the course itself", "$@COURSEVIEWBYID*5@$"),
    ("a link to an activity that comes along", "$@PAGEVIEWBYID*79@$"),
    ("the list of forums of this course", "$@FORUMINDEX*5@$"),
    ("a file of an activity that comes along", "$@PLUGINFILEBYCONTEXT*194@$/mod_page/content/0/p.png"),
    ("an activity that comes along, by its instance", "$@PAGEVIEWBYP*1@$"),
    ("Moodle's null", "$@NULL@$"),
    ("an embedded file", '<img src="@@PLUGINFILE@@/sch%C3%A9ma.png">'),
    ("a host that ends like it", "https://www.not-ecampus-bleu.example/course/view.php?id=77"),
    ("a host that begins like it", "https://ecampus-bleu.example.org/course/view.php?id=77"),
    ("a host below it", "https://media.ecampus-bleu.example/v/1"),
    ("another port", "https://ecampus-bleu.example:8443/x"),
    ("an e-mail address", "mailto:aide@ecampus-bleu.example"),
    ("a user part that looks like it", "https://ecampus-bleu.example@evil.example/x"),
    ("its name in a sentence", "La plateforme ecampus-bleu.example ferme en juillet."),
    ("a search for it", "https://example.org/?q=ecampus-bleu.example"),
    ("a comment in a script", "// ecampus-bleu.example"),
    ("the new platform", "https://ecampus-vert.example/course/view.php?id=77"),
    ("an unknown code of a plugin", "$@WHOKNOWS*77@$"),
]


@pytest.mark.rule("R12")
@pytest.mark.parametrize("text", [text for _, text in NO_LINK], ids=[name for name, _ in NO_LINK])
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert found(activity("page", f"<content>{escape(text)}</content>")) == []


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    "member",
    [
        question(f"<stamp>{WWWROOT}+260101</stamp>"),
        (
            "activities/page_79/calendar.xml",
            f"<events><event><description>{HTML}</description></event></events>",
        ),
        ("activities/page_79/comments.xml", f"<x><content>{HTML}</content></x>"),
    ],
    ids=["a question's stamp", "calendar events, which do not come", "comments, which do not come"],
)
def test_what_nobody_reads_is_no_finding(member: tuple[str, str]) -> None:
    assert found(member) == []


def test_a_platform_in_a_folder_is_not_its_neighbour() -> None:
    backup = replace(Backup(), wwwroot=f"{WWWROOT}/moodle")
    for path, count in (("moodle/my/", 1), ("moodle2/my/", 0), ("", 0)):
        one = backup.with_member(*activity("page", f"<content>{WWWROOT}/{path}</content>"))
        assert len(survey(BytesSource(one.tgz())).links) == count


def test_the_same_link_twice_in_one_place_is_one_line_that_says_so() -> None:
    backup = Backup().with_member(*activity("page", f"<content>{HTML} {HTML}</content>"))
    (link,) = survey(BytesSource(backup.tgz())).links
    assert link.times == 2


@pytest.mark.rule("R12")
def test_dates_restrictions_heavy_files_badges_and_grade_settings_are_surveyed() -> None:
    heavy = StoredFile(name="film.mp4", mimetype="video/mp4", filesize=80_000_000)
    conditions = (
        '{"op":"&amp;","c":[{"type":"group","id":3},{"type":"completion","cm":79,"e":1},'
        '{"op":"|","c":[{"type":"date","d":"&gt;=","t":1756677600},{"type":"grouping","id":8}]}]}'
    )
    backup = replace(Backup(), files=(heavy,))
    backup = backup.with_member(
        *activity("assign", "<duedate>1760000000</duedate><cutoffdate>0</cutoffdate>")
    )
    backup = backup.with_member(
        "activities/assign_90/module.xml",
        f'<module id="90"><availability>{conditions}</availability></module>',
    )
    backup = backup.with_member("badges.xml", '<badges><badge id="1"><name>Or</name></badge></badges>')
    backup = backup.with_member(
        "gradebook.xml",
        "<gradebook><grade_items><grade_item id='1'><itemtype>manual</itemtype></grade_item></grade_items></gradebook>",
    )
    backup = backup.with_member(
        "groups.xml",
        '<groups><group id="3"><name>TD1</name><idnumber>Y2-TD1</idnumber></group><groupings></groupings></groups>',
    )
    seen = survey(BytesSource(backup.tgz()))
    assert [file.name for file in seen.files] == ["film.mp4"]
    assert sorted(date.place.field for date in seen.dates) == ["availability", "duedate"]
    assert {(one.kind, one.id) for one in seen.restrictions} == {
        ("group", 3),
        ("completion", 79),
        ("grouping", 8),
    }
    assert seen.badges == 1
    assert seen.grade_settings
    assert [(group.name, group.idnumber) for group in seen.groups] == [("TD1", "Y2-TD1")]


@pytest.mark.rule("R12")
@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip"])
def test_a_real_backup_of_a_real_moodle_is_surveyed_alike_as_tgz_and_zip(name: str) -> None:
    seen = survey(BytesSource(real_backup(name)))
    assert [(link.place.activity, link.url) for link in seen.links] == [
        ("", f"{WWWROOT}/course/view.php?id=77"),
        ("Plan du cours", f"{WWWROOT}/pluginfile.php/123/mod_resource/content/0/poly.pdf"),
        ("Ancien espace", f"{WWWROOT}/mod/page/view.php?id=991"),
    ]
    assert seen.links[1].place.section == "1"
    assert len(seen.activities) == 8
    assert from_document(Survey, json.loads(json.dumps(to_document(seen)))) == seen


def test_an_archive_damaged_since_says_so() -> None:
    with pytest.raises(CannotSurvey, match="damaged"):
        survey(BytesSource(Backup().tgz()[:-200]))


def test_memory_is_bounded_whatever_the_number_of_links() -> None:
    many = " ".join(f"{WWWROOT}/mod/page/view.php?id={n}" for n in range(20_000))
    backup = Backup().with_member(*activity("page", f"<content>{many}</content>"))
    seen = survey(BytesSource(backup.tgz()))
    assert len(seen.links) == 500
    assert seen.link_count == 10_000


@pytest.mark.parametrize("odd", ["²", "9" * 5_000, "٣", '{"c":' * 3_000, "[" * 5_000, "-1", "\u0085"])
def test_odd_text_anywhere_stops_no_report(odd):
    """The report of a change of year is about links and dates; what cannot be one is passed over."""
    import re

    for name, content in Backup().parts().items():
        if not name.endswith(".xml"):
            continue
        text = re.sub(r"</(\w+)>", lambda tag: f"{odd}{tag[0]}", content.decode())
        text = text.replace(' id="', f' id="{odd if "{" not in odd and "[" not in odd else ""}')
        survey(BytesSource(Backup().with_member(name, text.encode()).tgz()))
    module = f"<module id='79'><availability>{odd}</availability></module>"
    survey(BytesSource(Backup().with_member("activities/page_79/module.xml", module).tgz()))
