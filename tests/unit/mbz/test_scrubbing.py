"""P4: what a backup without users still says of people is taken out, and nothing else changes."""

import io
import re
import tarfile
import xml.etree.ElementTree as ET
import zipfile

import pytest

from passerelle.domain.backups.manifest import Means, Why
from passerelle.mbz import BytesSource, Limits, inspect, scrub
from tests.factories.mbz import Backup, StoredFile, gzipped, real_backup, tar_of, unpack, xml

pytestmark = pytest.mark.rule("P4")

SOUND = ["chimie-nousers-tgz", "chimie-nousers-zip", "empty-nousers-tgz"]


class Chunks(BytesSource):
    """A source that hands out tiny pieces, so that every element is split somewhere."""

    def __init__(self, data, length):
        super().__init__(data)
        self.length = length

    def stream(self, start=0, length=None, chunk=0):
        return super().stream(start, length, self.length)


def scrubbed(data, **options):
    source = data if isinstance(data, BytesSource) else BytesSource(data)
    out = io.BytesIO()
    report = scrub(source, out, **options)
    assert report.accepted, report.inspection.reasons
    assert (report.size, report.sha256) != (0, "")
    return out.getvalue(), report


def after(member, body, container="tgz"):
    """The member's text after scrubbing a backup that holds it, and the report."""
    out, report = scrubbed(getattr(Backup(files=()).with_member(member, body), container)())
    return unpack(out)[member].decode(), report


def values(text, element):
    return re.findall(rf"<{element}>([^<]*)</{element}>", text)


@pytest.mark.parametrize("name", SOUND)
def test_a_real_backup_keeps_its_members_order_and_sizes(name):
    before = real_backup(name)
    out, _ = scrubbed(before)
    if name.endswith("tgz"):
        with tarfile.open(fileobj=io.BytesIO(before)) as one, tarfile.open(fileobj=io.BytesIO(out)) as two:
            assert [(m.name, m.size, m.mtime, m.mode, m.type) for m in one] == [
                (m.name, m.size, m.mtime, m.mode, m.type) for m in two
            ]
        assert unpack(before)[".ARCHIVE_INDEX"] == unpack(out)[".ARCHIVE_INDEX"]
    else:
        with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(out)) as two:
            assert [(i.filename, i.file_size, i.date_time, i.external_attr) for i in one.infolist()] == [
                (i.filename, i.file_size, i.date_time, i.external_attr) for i in two.infolist()
            ]


@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip"])
def test_a_real_backup_changes_in_the_members_that_p4_names_only(name):
    before, (out, report) = unpack(real_backup(name)), scrubbed(real_backup(name))
    changed = unpack(out)
    assert [member for member in before if before[member] != changed[member]] == [
        "files.xml",
        "questions.xml",
    ]
    assert b"Curie" not in changed["files.xml"]
    assert values(changed["files.xml"].decode(), "userid") == ["0", "0"]
    assert values(changed["files.xml"].decode(), "author") == ["", "$@NULL@$"]
    for element in ("ownerid", "createdby", "modifiedby"):
        assert set(values(changed["questions.xml"].decode(), element)) == {"0"}
    assert {(trace.member, trace.element, trace.count) for trace in report.scrubbed} == {
        ("files.xml", "author", 1),
        ("files.xml", "userid", 2),
        ("questions.xml", "ownerid", 2),
        ("questions.xml", "createdby", 2),
        ("questions.xml", "modifiedby", 2),
    }


@pytest.mark.parametrize("name", SOUND)
def test_the_result_is_a_sound_backup_and_its_manifest_was_told(name):
    out, report = scrubbed(real_backup(name))
    inspection = inspect(BytesSource(out), verify_content=True)
    assert inspection.accepted
    assert inspection.manifest == report.manifest
    assert inspection.manifest.traces == ()


@pytest.mark.parametrize("name", SOUND)
def test_scrubbing_twice_finds_nothing_more_and_changes_nothing(name):
    once, _ = scrubbed(real_backup(name))
    twice, report = scrubbed(once)
    assert report.scrubbed == ()
    assert unpack(twice) == unpack(once)


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("length", [1, 7, 100])
def test_elements_split_over_chunks_are_scrubbed_like_whole_ones(length, threads):
    data = gzipped(Backup(files=(StoredFile(author="Zoë Ångström"),)).tar(), level=0)
    whole, _ = scrubbed(data)
    split, _ = scrubbed(Chunks(data, length), threads=threads)
    assert unpack(split) == unpack(whole)
    assert b"ngstr" not in unpack(split)["files.xml"]


def test_every_length_of_piece_gives_the_same_bytes():
    from passerelle.mbz.xml import XmlReading

    class Silent:
        def start(self, *_, told=False):
            pass

        leaf = end = long_text = gone = start

        def personal(self, *_):
            return True

    text = xml(
        "<files>\n <file id='1'><userid>77</userid><author>M <![CDATA[x]]> &amp; é</author></file></files>"
    )
    outs = set()
    for length in range(1, len(text) + 1):
        reading = XmlReading("files.xml", Silent(), Limits(), editing=True)
        out = b""
        for place in range(0, len(text), length):
            reading.feed(text[place : place + length])
            out += reading.take()
        reading.finish()
        outs.add(out + reading.take())
    assert [len(out) for out in outs] == [len(text)]
    assert b"<userid>0</userid> <author></author> " in outs.pop()


PLACES = [
    (
        "files.xml",
        "<files><file id='1'><filename>.</filename><author>{}</author></file></files>",
        "author",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><usercreated>{}</usercreated></badge></badges>",
        "usercreated",
        "0",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><usermodified>{}</usermodified></badge></badges>",
        "usermodified",
        "0",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><issuercontact>{}</issuercontact></badge></badges>",
        "issuercontact",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><imageauthorname>{}</imageauthorname></badge></badges>",
        "imageauthorname",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><imageauthoremail>{}</imageauthoremail></badge></badges>",
        "imageauthoremail",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><imageauthorurl>{}</imageauthorurl></badge></badges>",
        "imageauthorurl",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><endorsement id='1'><issueremail>{}</issueremail></endorsement></badge></badges>",
        "issueremail",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><endorsement id='1'><issuername>{}</issuername></endorsement></badge></badges>",
        "issuername",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><manual_awards><manual_award id='1'><recipientid>{}</recipientid></manual_award></manual_awards></badge></badges>",
        "recipientid",
        "0",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><manual_awards><manual_award id='1'><issuerid>{}</issuerid></manual_award></manual_awards></badge></badges>",
        "issuerid",
        "0",
    ),
    (
        "course/contentbank.xml",
        "<contents><content id='1'><usercreated>{}</usercreated></content></contents>",
        "usercreated",
        "0",
    ),
    (
        "course/contentbank.xml",
        "<contents><content id='1'><usermodified>{}</usermodified></content></contents>",
        "usermodified",
        "0",
    ),
    ("course/calendar.xml", "<events><event id='1'><userid>{}</userid></event></events>", "userid", "0"),
    (
        "activities/page_79/calendar.xml",
        "<events><event id='1'><userid>{}</userid></event></events>",
        "userid",
        "0",
    ),
    (
        "scales.xml",
        "<scales_definition><scale id='1'><userid>{}</userid></scale></scales_definition>",
        "userid",
        "0",
    ),
    (
        "outcomes.xml",
        "<outcomes_definition><outcome id='1'><userid>{}</userid></outcome></outcomes_definition>",
        "userid",
        "0",
    ),
    (
        "outcomes.xml",
        "<outcomes_definition><outcome id='1'><usermodified>{}</usermodified></outcome></outcomes_definition>",
        "usermodified",
        "0",
    ),
    (
        "activities/lti_90/lti.xml",
        "<activity><lti id='1'><ltitype id='1'><createdby>{}</createdby></ltitype></lti></activity>",
        "createdby",
        "0",
    ),
    (
        "course/enrolments.xml",
        "<enrolments><enrols><enrol id='1'><password>{}</password></enrol></enrols></enrolments>",
        "password",
        "",
    ),
    (
        "badges.xml",
        "<badges><badge id='1'><endorsement id='1'><claimid>{}</claimid></endorsement></badge></badges>",
        "claimid",
        "",
    ),
    (
        "course/roles.xml",
        "<roles><role_overrides><override id='1'><modifierid>{}</modifierid></override></role_overrides></roles>",
        "modifierid",
        "0",
    ),
    (
        "activities/page_79/inforef.xml",
        "<inforef><userref><user><id>{}</id></user></userref></inforef>",
        "id",
        "0",
    ),
    (
        "groups.xml",
        "<groups><group id='1'><enrolmentkey>{}</enrolmentkey></group></groups>",
        "enrolmentkey",
        "",
    ),
]


@pytest.mark.parametrize("container", ["tgz", "zip"])
@pytest.mark.parametrize(
    ("member", "body", "element", "left"), PLACES, ids=[f"{p[0]} {p[2]}" for p in PLACES]
)
def test_every_place_that_p4_names_is_scrubbed_and_reported(member, body, element, left, container):
    text, report = after(member, body.format("104"), container)
    assert values(text, element) == [left]
    assert [(trace.member, trace.element, trace.count) for trace in report.scrubbed] == [(member, element, 1)]
    assert {trace.means for trace in report.reported} <= {Means.INFOREF}
    ET.fromstring(text)


@pytest.mark.parametrize(
    ("member", "body", "element", "left"), PLACES, ids=[f"{p[0]} {p[2]}" for p in PLACES]
)
def test_moodles_null_and_empty_values_stay_as_they_are(member, body, element, left):
    for value in ("$@NULL@$", "", "0"):
        text, report = after(member, body.format(value))
        assert values(text, element) == [value]
        assert report.scrubbed == ()


@pytest.mark.parametrize(
    "author",
    [
        "A",
        "Zoë Ångström-黃",
        "Marie &amp; Pierre &lt;Curie&gt;",
        "<![CDATA[Marie <Curie>]]>",
        "<b>Marie</b> Curie",
        "Marie<!-- </author> -->Curie",
        "&#77;arie",
        "  Marie  ",
        "x" * 100_000,
        "0 Marie",
    ],
)
def test_an_author_however_written_leaves_nothing_and_the_size_stands(author):
    body = f"<files><file id='1'><filename>.</filename><author>{author}</author><license>cc</license></file></files>"
    text, report = after("files.xml", body)
    assert len(text.encode()) == len(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())
    assert re.search(r"<author></author> *<license>cc</license>", text)
    assert [trace.element for trace in report.scrubbed] == ["author"]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('<author lang="fr>">Marie</author>', '<author lang="fr>"></author>     '),
        ("<author lang='f\"r' >Marie</author >", "<author lang='f\"r' ></author >     "),
        ("<author\n>Marie</author\n>", "<author\n></author\n>     "),
        ("<author/>", "<author/>"),
        ('<author lang="fr"/>', '<author lang="fr"/>'),
        ("<author></author>", "<author></author>"),
        ("<author><!-- nobody --></author>", "<author><!-- nobody --></author>"),
    ],
)
def test_start_tags_with_attributes_and_elements_without_value_are_understood(written, left):
    body = "<files><file id='1'><filename>.</filename>{}</file></files>"
    text, _ = after("files.xml", body.format(written))
    assert text.endswith(body.format(left))


def test_question_comments_go_with_all_they_say():
    body = (
        "<question_categories><question id='1'><plugin_qbank_comment_question><comments>"
        "<comment id='9'><content>Bravo Marie</content><userid>104</userid></comment>"
        "<comment id='10'><content>Merci</content><userid>105</userid></comment>"
        "</comments></plugin_qbank_comment_question></question></question_categories>"
    )
    text, report = after("questions.xml", body)
    assert "Marie" not in text
    assert "<comment " not in text
    assert re.search(r"<comments> +</comments>", text)
    assert [(trace.element, trace.count) for trace in report.scrubbed] == [("comment", 2)]


def test_a_surveys_answers_go_with_who_gave_them_and_its_questions_stay():
    body = (
        "<activity><survey id='1'><questions>65,67</questions><answers><answer id='1'><userid>104</userid>"
        "<answer1>4</answer1></answer></answers><analysis><analys id='2'><userid>104</userid>"
        "<notes>Marie va mieux</notes></analys></analysis></survey></activity>"
    )
    text, report = after("activities/survey_7/survey.xml", body)
    assert "Marie" not in text
    assert "104" not in text
    assert "<questions>65,67</questions>" in text
    assert {trace.element: trace.count for trace in report.scrubbed} == {"answer": 1, "analys": 1}
    assert report.reported == ()


def test_what_an_inforef_says_of_other_things_than_users_stays():
    body = "<inforef><fileref><file><id>12</id></file></fileref><userref><user><id>104</id></user></userref></inforef>"
    text, _ = after("course/inforef.xml", body)
    assert values(text, "id") == ["12", "0"]


def test_a_badges_own_issuer_is_an_institution_and_stays():
    body = "<badges><badge id='1'><issuername>Université</issuername></badge></badges>"
    text, report = after("badges.xml", body)
    assert "Université" in text
    assert report.scrubbed == ()


@pytest.mark.parametrize(
    ("member", "element"),
    [
        ("activities/page_79/grading.xml", "usermodified"),
        ("activities/page_80/page.xml", "reviewuserid"),
        ("activities/page_80/page.xml", "contactemail"),
        ("course/blocks/x_1/block.xml", "userid"),
        ("course/course.xml", "usercreated"),
    ],
)
def test_other_elements_of_such_names_are_reported_and_left(member, element):
    body = f"<course><page><{element}>somebody</{element}><{element}>$@NULL@$</{element}></page></course>"
    text, report = after(member, body)
    assert values(text, element) == ["somebody", "$@NULL@$"]
    assert [(trace.member, trace.element, trace.count, trace.means) for trace in report.reported] == [
        (member, element, 1, Means.NAME)
    ]
    assert "somebody" not in repr(report)


def test_attributes_of_such_names_are_reported():
    _, report = after("activities/page_80/page.xml", "<activity><page userid='104' id='7'/></activity>")
    assert [trace.element for trace in report.reported] == ["page@userid"]


def test_a_large_content_that_does_not_shrink_is_stored_and_one_that_does_is_deflated(monkeypatch):
    import random

    noise = random.Random(4).randbytes(3_000_000)
    text = b"du texte qui se repete, " * 100_000
    data = gzipped(Backup(files=(StoredFile(noise), StoredFile(text), StoredFile(noise[::-1]))).tar())
    out, _ = scrubbed(data)
    assert unpack(out)[StoredFile(noise).member] == noise
    assert unpack(out)[StoredFile(text).member] == text
    assert len(data) * 0.99 < len(out) < len(data) * 1.05


@pytest.mark.parametrize("container", ["tgz", "zip"])
def test_what_is_not_a_sound_backup_is_not_scrubbed(container):
    backup = Backup().with_member("users.xml", "<users><user id='1'/></users>")
    report = scrub(BytesSource(getattr(backup, container)()), io.BytesIO())
    assert not report.accepted
    assert {reason.code for reason in report.inspection.reasons} == {Why.PEOPLE_INSIDE}
    assert report.manifest is None


@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip"])
def test_a_cut_backup_is_not_scrubbed(name):
    report = scrub(BytesSource(real_backup(name)[:9000]), io.BytesIO())
    assert {reason.code for reason in report.inspection.reasons} == {Why.TRUNCATED}


def test_a_value_of_absurd_length_is_refused_not_held():
    body = f"<files><file id='1'><author>{'x' * 3_000_000}</author></file></files>"
    source = Chunks(Backup(files=()).with_member("files.xml", body).tgz(), 1000)
    report = scrub(source, io.BytesIO(), limits=Limits(xml_token=50_000))
    assert {reason.code for reason in report.inspection.reasons} == {Why.OUT_OF_PROPORTION}


def test_bytes_hidden_in_the_padding_of_a_tar_are_not_handed_on():
    tar = bytearray(tar_of(Backup().parts()))
    place = tar.index(b"badges.xml\0") + 512 + 300
    assert tar[place : place + 6] == bytes(6)
    tar[place : place + 6] = b"secret"
    out, _ = scrubbed(gzipped(bytes(tar)))
    import gzip

    assert b"secret" not in gzip.decompress(out)


def test_a_failing_sink_is_the_callers_error():
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="space"):
        scrub(BytesSource(real_backup("chimie-nousers-tgz")), Full())


def test_a_zip_with_data_descriptors_is_scrubbed_into_one_that_reads():
    class Unseekable(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

    made = Unseekable()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in Backup().parts().items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
    out, _ = scrubbed(made.getvalue())
    assert b"Curie" not in unpack(out)["files.xml"]
    assert inspect(BytesSource(out), verify_content=True).accepted
