"""How much an archive may ask, each limit at its last byte, and which names it may bear."""

import pytest

from passerelle.domain.backups.manifest import Container, Means, Why
from passerelle.mbz.facts import Facts
from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.gunzip import Gunzip, Proportion
from passerelle.mbz.hashing import Lane
from passerelle.mbz.inspecting import recognise
from passerelle.mbz.limits import GIB, MIB, Limits
from passerelle.mbz.members import LOG, Emptied, Members
from passerelle.mbz.names import Names, is_left_out, judge_name, printable
from passerelle.mbz.sources import BytesSource
from passerelle.words.sentences import say
from tests.factories.mbz import gzipped

pytestmark = pytest.mark.rule("P3")


def refusal(act):
    with pytest.raises(Broken) as broken:
        act()
    return broken.value.reason.what, broken.value.reason.member, broken.value.reason.details


def told(findings):
    return [(reason.what, reason.member, reason.details) for reason in findings.reasons()]


def test_the_limits_let_through_whatever_moodle_makes_of_a_real_course():
    assert Limits() == Limits(
        archive=20 * GIB,
        unpacked=80 * GIB,
        ratio=100,
        ratio_floor=64 * MIB,
        members=200_000,
        xml_member=2 * GIB,
        xml_total=4 * GIB,
        xml_depth=100,
        xml_token=8 * MIB,
        gzip_members=1_000,
        index=64 * MIB,
        kept=64 * MIB,
    )


# --- sizes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "container"),
    [
        (b"PK\3\4", Container.ZIP),
        (b"PK\5\6", Container.ZIP),
        (b"PK\6\6", Container.ZIP),
        (b"\x1f\x8b", Container.TGZ),
        (b"\x1f\x8b\x08\0more", Container.TGZ),
        (b"PK\1\2", None),
        (b"PK", None),
        (b"\x1f", None),
        (b"", None),
        (b"x\x1f\x8b", None),
    ],
)
def test_an_archive_is_known_by_its_first_bytes(start, container):
    if container is None:
        assert refusal(lambda: recognise(BytesSource(start), Limits())) == ("not_an_archive", None, {})
    else:
        assert recognise(BytesSource(start), Limits()) is container


def test_an_archive_is_as_large_as_the_limit_and_a_larger_one_is_told_with_both_sizes():
    data = BytesSource(b"\x1f\x8b".ljust(3 * MIB))
    assert recognise(data, Limits(archive=3 * MIB)) is Container.TGZ
    what, member, details = refusal(lambda: recognise(data, Limits(archive=3 * MIB - 1)))
    assert (what, member, set(details)) == ("too_large", None, {"size", "limit"})


@pytest.mark.parametrize(
    ("limits", "packed", "most"),
    [
        ({"ratio_floor": 100, "ratio": 10}, 5, 100),
        ({"ratio_floor": 100, "ratio": 10}, 11, 110),
        ({"ratio_floor": 100, "ratio": 10, "unpacked": 105}, 11, 105),
        ({"ratio_floor": 100, "ratio": 10, "unpacked": 90}, 5, 90),
    ],
)
def test_an_archive_unpacks_to_its_share_or_to_what_harms_nobody_and_never_beyond(limits, packed, most):
    proportion = Proportion(Limits(**limits), packed)
    proportion.add(1)
    proportion.add(most - 1, "a.xml")
    assert proportion.unpacked == most
    assert refusal(lambda: proportion.add(1, "a.xml")) == ("unpacks_too_far", "a.xml", {"member": "a.xml"})


def gunzipped(*pieces, **limits):
    limits = Limits(**limits)
    gunzip = Gunzip(limits, Proportion(limits, sum(map(len, pieces))))
    out = b"".join(plain for piece in pieces for plain in gunzip.feed(piece))
    gunzip.finish()
    return out


def test_as_many_streams_in_a_row_as_the_limit_are_one_and_one_more_is_not():
    streams = [gzipped(b"a"), gzipped(b""), gzipped(b"c")]
    assert gunzipped(b"".join(streams), gzip_members=3) == b"ac"
    assert refusal(lambda: gunzipped(b"".join(streams), gzip_members=2)) == (
        "too_many_gzip_members",
        None,
        {},
    )


@pytest.mark.parametrize("piece", [1, 2, 5, 1000])
def test_streams_and_the_zeros_behind_them_are_one_in_whatever_pieces_they_come(piece):
    data = gzipped(b"bonjour ") + gzipped(b"tout le monde") + bytes(20)
    assert (
        gunzipped(*(data[at : at + piece] for at in range(0, len(data), piece))) == b"bonjour tout le monde"
    )


@pytest.mark.parametrize(
    ("pieces", "what"),
    [
        ([b""], "cut"),
        ([b"\x1f"], "cut"),
        ([gzipped(b"a")[:-1]], "cut"),
        ([gzipped(b"a"), b"\x1f"], "cut"),
        ([b"\0" + gzipped(b"a")], "bytes_outside"),
        ([b"x"], "bytes_outside"),
        ([gzipped(b"a"), b"\0\0x"], "bytes_outside"),
        ([gzipped(b"a"), b"\x1f", b"x"], "bytes_outside"),
        ([gzipped(b"a")[:-8] + bytes(8)], "checksum"),
    ],
)
def test_what_is_no_whole_stream_is_told_for_what_it_is(pieces, what):
    assert refusal(lambda: gunzipped(*pieces)) == (what, None, {})


# --- members ----------------------------------------------------------------------------------------


def opened(*members, **limits):
    facts = Facts(Limits(**limits), Findings())
    members_of = Members(facts, Lane(threaded=False))
    for name, size in members:
        members_of.open(name, size, directory=name.endswith("/"))
    return facts


THREE = [("course/", 0), ("course/a.xml", 10), ("b.xml", 11)]


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        ({"members": 3}, None),
        ({"members": 2}, ("too_many_members", None, {})),
        ({"xml_member": 11}, None),
        ({"xml_member": 10}, ("xml_too_large", "b.xml", {"member": "b.xml"})),
        ({"xml_total": 21}, None),
        ({"xml_total": 20}, ("xml_too_large", "b.xml", {"member": "b.xml"})),
    ],
)
def test_members_and_their_xml_are_as_many_and_as_large_as_the_limits(limits, refused):
    if refused is None:
        assert told(opened(*THREE, **limits).findings) == []
    else:
        assert refusal(lambda: opened(*THREE, **limits)) == refused


HASH = "0beec7b5ea3f0fdbc95d0d47f3c5bc275da8a331"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (f"files/0b/{HASH}", True),
        (f"files/0c/{HASH}", False),
        (f"files/0b/{HASH[:-1]}", False),
        (f"files/0b/{HASH}0", False),
        (f"files/0B/{HASH.upper()}", False),
        (f"files/0b/{HASH}.xml", False),
        ("files/a.xml", False),
    ],
)
def test_a_content_is_named_after_its_hash(name, good):
    found = opened((name, 3))
    assert told(found.findings) == ([] if good else [("content_misnamed", name, {"member": name})])
    assert found._contents == ({bytes.fromhex(HASH): 3} if good else {})


def test_members_left_out_are_told_and_a_folder_or_a_second_one_is_not():
    found = opened(("users.csv", 3), ("a.b/", 0), ("users.csv", 3), ("../x.csv", 3), ("./", 0))
    assert (found._left_out, found._left_out_count) == (["users.csv"], 1)
    assert [what for what, _, _ in told(found.findings)] == ["name_leaves_folder", "twice"]


@pytest.mark.rule("P4")
def test_a_log_is_emptied_to_its_length_and_told_once_where_it_says_anything():
    facts = Facts(Limits(), Findings())
    log = Emptied(LOG, facts, editing=True)
    log.feed(memoryview(b" \n"))
    assert (log.edits, dict(facts.traces)) == (0, {})
    log.feed(memoryview(b"by Marie"))
    log.feed(memoryview(b"Curie"))
    assert (log.edits, dict(facts.traces)) == (1, {(LOG, "log", Means.PLACE, True): 1})
    assert (log.take(), log.take()) == (b" " * 15, b"")


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("a" * 1024, None),
        ("a" * 1025, "name_absurd"),
        ("", "name_absurd"),
        ("/a.xml", "name_absolute"),
        ("\\a.xml", "name_absolute"),
        ("C:a.xml", "name_absolute"),
        ("z:/a.xml", "name_absolute"),
        ("9:a.xml", "name_cleaned"),
        ("..", "name_leaves_folder"),
        ("../a", "name_leaves_folder"),
        ("a/..", "name_leaves_folder"),
        ("a/../", "name_leaves_folder"),
        ("a\\..\\b", "name_leaves_folder"),
        ("a..b", "name_cleaned"),
        ("a/./b", "name_cleaned"),
        ("a//b", "name_cleaned"),
        ("a/..X", "name_cleaned"),
        ("a\\b", "name_cleaned"),
        (".", "name_cleaned"),
        ("a/", None),
        ("a/b.c-d_e.xml", None),
        (".ARCHIVE_INDEX", None),
        *((f"é{sign}b", "name_cleaned") for sign in "\0\x1f\x7f\x80\x9f\ufffe\uffff&<>\"`|':"),
        *((f"a{sign}b", None) for sign in " \xa0é!#$%()*+,;=?@[]^{}~"),
    ],
)
def test_a_name_is_safe_where_moodle_reads_it_as_it_stands(name, wrong):
    assert judge_name(name) == wrong


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("files.xml", False),
        ("FILES.XML", False),
        ("course/blocks/html_1/block.xml", False),
        ("a-b_c.d.xml", False),
        ("moodle_backup.log", False),
        ("course/moodle_backup.log", True),
        ("moodle_backup.log.xml", False),
        ("a.xml.bak", True),
        ("a.xml\n", True),
        (".a.xml", True),
        ("a.b/c.xml", True),
        ("a b.xml", True),
        ("files/ab/x", False),
        ("FILES/ab/x", False),
        ("files/.DS_Store", True),
        ("__MACOSX/a.xml", True),
        ("__MACOSXa.xml", False),
        ("course/._a.xml", True),
        ("Thumbs.db", True),
        ("course/desktop.ini", True),
        ("users.csv", True),
    ],
)
def test_a_member_that_moodle_never_writes_is_left_out(name, left_out):
    assert is_left_out(name, directory=False) is left_out


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("course", False),
        ("course/", False),
        ("a/b-c_d/", False),
        ("a.b/", True),
        ("__MACOSX", True),
        ("é/", True),
    ],
)
def test_a_folder_that_moodle_never_makes_is_left_out(name, left_out):
    assert is_left_out(name, directory=True) is left_out


def test_names_are_admitted_once_and_told_where_they_are_not():
    findings = Findings()
    names = Names(findings)
    asked = ["a/b.xml", "a/b.xml", "A/B.xml", "a/b.xml/", "c.xml", "a\x01b"]
    assert [names.admit(name) for name in asked] == [True, False, False, False, True, False]
    assert told(findings) == [
        ("name_cleaned", "a?b", {"member": "a?b"}),
        ("twice", "a/b.xml", {"member": "a/b.xml"}),
        ("twice_but_for_writing", "A/B.xml", {"member": "A/B.xml"}),
        ("twice", "a/b.xml/", {"member": "a/b.xml/"}),
    ]
    assert len(names) == 2
    assert [name in names for name in ("a/b.xml", "A/B.xml", "c.xml", "d.xml")] == [True, False, True, False]
    assert list(names.folders) == ["a"]


def test_names_that_differ_in_their_last_letter_are_two():
    findings = Findings()
    names = Names(findings)
    assert [names.admit(name) for name in ("a", "aX")] == [True, True]


def test_the_first_twenty_uppermost_folders_are_kept():
    names = Names(Findings())
    for number in range(21):
        names.admit(f"{number}/a/b.xml")
    assert list(names.folders) == [str(number) for number in range(20)]


def test_a_name_is_shown_without_what_cannot_be_printed_and_not_longer_than_two_hundred_signs():
    assert printable("a\x00é\u202e" + "b" * 300) == "a?é?" + "b" * 196


# --- reasons ----------------------------------------------------------------------------------------


def test_reasons_are_told_once_each_those_that_say_most_first_and_of_a_kind_five():
    findings = Findings()
    assert not findings
    for number in (1, 1, 2, 3, 4, 5, 6):
        findings.add("content_not_inside", f"{number}")
    findings.add("users_inside", "users.xml")
    findings.add("files_off")
    assert findings
    assert [reason.message for reason in findings.reasons()][:2] == [
        say("users_inside", "en", member="users.xml"),
        say("files_off", "en"),
    ]
    assert [(reason.code, reason.member) for reason in findings.reasons()] == [
        (Why.PEOPLE_INSIDE, "users.xml"),
        (Why.FILES_LEFT_OUT, None),
        (Why.CONTENT_MISSING, "1"),
        (Why.CONTENT_MISSING, "2"),
        (Why.CONTENT_MISSING, "3"),
        (Why.CONTENT_MISSING, "4"),
    ]
