"""`.ARCHIVE_INDEX`, line by line: believed in nothing, and right in everything."""

import pytest

from passerelle.mbz.archive_index import ArchiveIndex
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.limits import Limits
from passerelle.mbz.tar import Header

pytestmark = pytest.mark.rule("P3")
TITLE = b"Moodle archive file index. Count: 2\n"
FOLDER, FILE = Header("course/", 0, directory=True), Header("course/a.xml", 10, directory=False)
LINES = b"course/\td\t0\t?\ncourse/a.xml\tf\t10\t1795294556\n"
INDEX = ".ARCHIVE_INDEX"


def index_of(text, *, piece=10**6, limit=10**6):
    findings = Findings()
    index = ArchiveIndex(Limits(index=limit), findings)
    for place in range(0, len(text), piece):
        index.feed(memoryview(text[place : place + piece]))
    index.finish()
    return index, findings


def compared(text, *headers, left_out=(), **options):
    index, findings = index_of(text, **options)
    for header in headers:
        index.compare(header, left_out=header.name in left_out)
    index.close()
    return [(reason.what, reason.member) for reason in findings.reasons()]


@pytest.mark.parametrize("piece", [1, 7, 10**6])
@pytest.mark.parametrize(
    "text", [TITLE + LINES, (TITLE + LINES).rstrip(b"\n"), TITLE + LINES.replace(b"/\t", b"\t")]
)
def test_an_index_that_tells_each_member_in_its_order_is_right(text, piece):
    assert compared(text, FOLDER, FILE, piece=piece) == []


@pytest.mark.parametrize(
    ("text", "member"),
    [
        (b"", INDEX),
        (LINES, INDEX),
        (TITLE.replace(b"2", b"x") + LINES, INDEX),
        (TITLE.replace(b"2", b"3") + LINES, INDEX),
        (TITLE.replace(b"2", b"1") + LINES, INDEX),
        (TITLE + LINES.replace(b"\t10\t", b"\t11\t"), "course/a.xml"),
        (TITLE + LINES.replace(b"\tf\t", b"\td\t"), "course/a.xml"),
        (TITLE + LINES.replace(b"\td\t", b"\tf\t"), "course/"),
        (TITLE + LINES.replace(b"a.xml", b"b.xml"), "course/a.xml"),
        (TITLE + LINES.replace(b"a.xml", b"a.xmlX"), "course/a.xml"),
        (TITLE + LINES.replace(b"\t1795294556", b""), "course/a.xml"),
        (TITLE + LINES.replace(b"\t1795294556", b"\t1\t2"), "course/a.xml"),
        (TITLE + LINES.split(b"\n")[0], "course/a.xml"),
    ],
)
def test_an_index_that_says_what_is_not_so_is_a_lie_told_once_with_its_place(text, member):
    assert compared(text, FOLDER, FILE) == [("index_lies", member)]


def test_members_in_another_order_than_the_index_tells_are_a_lie():
    assert compared(TITLE + LINES, FILE, FOLDER) == [("index_lies", "course/a.xml")]


@pytest.mark.parametrize(
    ("more", "member"),
    [
        (b"users.xml\tf\t10\t1\n", "users.xml"),
        (b"x" * 300 + b"\tf\t10\t1\n", "x" * 200),
        (b"\xff.xml\tf\t10\t1\n", "\ufffd.xml"),
    ],
)
def test_a_member_that_is_promised_and_does_not_come_is_named(more, member):
    text = TITLE.replace(b"2", b"3") + LINES + more
    assert compared(text, FOLDER, FILE) == [("promised_by_index", member)]


def test_a_member_is_compared_unless_it_is_said_to_be_left_out():
    index, findings = index_of(TITLE + LINES)
    index.compare(LITTER)
    assert findings


def test_an_archive_without_an_index_is_compared_with_nothing():
    findings = Findings()
    index = ArchiveIndex(Limits(), findings)
    index.compare(FILE)
    index.close()
    assert not findings


@pytest.mark.parametrize(("limit", "read"), [(36, True), (35, False)])
def test_an_index_is_as_long_as_the_limit(limit, read):
    assert len(TITLE) == 36
    for piece in (10, 100):
        if read:
            index_of(TITLE, limit=limit, piece=piece)
        else:
            with pytest.raises(Broken) as broken:
                index_of(TITLE, limit=limit, piece=piece)
            assert (broken.value.reason.what, broken.value.reason.member) == ("index_too_large", INDEX)


LITTER = Header(".DS_Store", 3, directory=False)


def test_litter_that_the_index_tells_is_compared_and_litter_that_came_later_is_not():
    told = TITLE.replace(b"2", b"3") + b".DS_Store\tf\t3\t1\n" + LINES
    assert compared(told, LITTER, FOLDER, FILE, left_out=[".DS_Store"]) == []
    assert compared(told.replace(b"\t3\t", b"\t4\t"), LITTER, FOLDER, FILE, left_out=[".DS_Store"]) == [
        ("index_lies", ".DS_Store")
    ]
    folder = Header("__MACOSX/", 0, directory=True)
    packed = TITLE.replace(b"2", b"3") + b"__MACOSX\td\t0\t?\n" + LINES
    assert compared(packed, folder, FOLDER, FILE, left_out=["__MACOSX/"]) == []
    later = TITLE + LINES
    assert compared(later, FOLDER, LITTER, FILE, LITTER, left_out=[".DS_Store"]) == []
    assert compared(later, FOLDER, LITTER, FILE) == [("index_lies", ".DS_Store")]


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (TITLE + LINES, TITLE + LINES),
        (TITLE.replace(b"2", b"3") + LINES + b".DS_Store\tf\t3\t1\n", TITLE + LINES),
        (TITLE.replace(b"2", b"12") + b"__MACOSX/\td\t0\t?\n" + LINES, TITLE + LINES),
        (TITLE.replace(b"2", b"9") + b"a.b/\td\t0\t?\n" + LINES, TITLE + LINES),
        (TITLE.replace(b"2", b"9") + b"a.b/\tf\t0\t?\n" + LINES, TITLE + LINES),
        (TITLE.replace(b"2", b"9") + LINES, TITLE.replace(b"2", b"9") + LINES),
    ],
)
def test_the_index_of_the_scrubbed_archive_tells_and_counts_what_is_left_in_it(text, scrubbed):
    assert index_of(text)[0].replacement() == scrubbed
