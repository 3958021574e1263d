"""Each defect of a zip gets its own reason, read through or by ranges."""

import stat
import struct

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.mbz import BytesSource, Limits, inspect
from tests.factories.mbz import Backup, StoredFile, real_backup, with_byte_changed, zip_end, zip_of

MIB = 1024 * 1024


def verdict(data, *, quick=False, **limits):
    return inspect(BytesSource(data), verify_content=not quick, limits=Limits(**limits))


def codes(data, **options):
    return {reason.code for reason in verdict(data, **options).reasons}


def both_ways(data, **options):
    """Read through and by ranges: one answer."""
    through, quick = codes(data, **options), codes(data, quick=True, **options)
    assert through == quick
    return through


def place_of_entry(data, name):
    """Where the directory's record of a member starts."""
    _, _, start = zip_end(data)
    return data.rfind(b"PK\x01\x02", start, data.index(name.encode(), start))


def test_the_factorys_own_backup_is_accepted():
    assert both_ways(Backup().zip()) == set()


def test_an_empty_zip_is_no_backup():
    assert both_ways(zip_of({})) == {Why.NOT_A_BACKUP}


def test_a_zip_of_something_else_is_no_backup():
    assert both_ways(zip_of({"word/document.xml": b"<w/>"})) == {Why.NOT_A_BACKUP}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_zip_is_truncated(share):
    data = real_backup("chimie-nousers-zip")
    assert both_ways(data[: int(len(data) * share)]) == {Why.TRUNCATED}


def test_a_changed_byte_of_an_xml_member_is_damage():
    data = real_backup("chimie-nousers-zip")
    place = data.index(b"course/course.xml") + 40
    assert both_ways(with_byte_changed(data, place)) == {Why.DAMAGED}


def test_a_changed_byte_of_a_content_is_damage_when_contents_are_read():
    content = bytes(range(256)) * 1000
    data = zip_of(Backup(files=(StoredFile(content),)).parts(), change=stored)
    changed = with_byte_changed(data, data.index(content) + 5)
    assert codes(changed) == {Why.DAMAGED}


def stored(info):
    info.compress_type = 0


def test_a_content_without_its_hash_is_altered_when_contents_are_read():
    file = StoredFile()
    altered = Backup(files=(file,)).with_member(file.member, b"un contenX").zip()
    assert codes(altered) == {Why.CONTENT_ALTERED}


def test_a_content_that_is_not_inside_is_missing_either_way():
    file = StoredFile()
    assert both_ways(Backup(files=(file,)).with_member(file.member, None).zip()) == {Why.CONTENT_MISSING}


def test_a_directory_that_lies_about_a_checksum_is_damage():
    data = bytearray(Backup().zip())
    data[place_of_entry(bytes(data), "badges.xml") + 16] ^= 1
    assert both_ways(bytes(data)) == {Why.DAMAGED}


def test_a_directory_that_gives_a_member_another_name_is_unsafe():
    data = Backup().with_member("usefs.xml", "<users><user/></users>").zip()
    _, _, start = zip_end(data)
    renamed = data[:start] + data[start:].replace(b"usefs.xml", b"notes.xml")
    assert both_ways(renamed) == {Why.UNSAFE_MEMBER}


def test_bytes_between_members_are_damage():
    data = zip_of(Backup().parts())
    _, _, start = zip_end(data)
    hidden = b"hidden" * 10
    moved = data[:start] + hidden + data[start:-6] + struct.pack("<LH", start + len(hidden), 0)
    assert codes(moved) == {Why.DAMAGED}


def test_bytes_after_the_archive_are_damage():
    assert both_ways(Backup().zip() + b"more") == {Why.DAMAGED}


def test_a_miscounting_directory_is_damage():
    data = bytearray(Backup().zip())
    data[data.rfind(b"PK\x05\x06") + 10] += 1
    assert both_ways(bytes(data)) == {Why.DAMAGED}


def test_overlapping_members_are_out_of_proportion():
    data = bytearray(Backup().zip())
    first, second = (place_of_entry(bytes(data), name) for name in ("files.xml", "groups.xml"))
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert both_ways(bytes(data)) == {Why.OUT_OF_PROPORTION}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.xml",
        "/etc/passwd",
        "\\windows\\evil",
        "C:evil.xml",
        "a\\..\\..\\b",
        "us|ers.xml",
        "a//b",
    ],
)
def test_a_member_that_leaves_the_folder_or_that_moodle_would_rename_is_unsafe(name):
    pairs = [*Backup().parts().items(), (name, b"<x/>")]
    assert both_ways(zip_of(pairs)) == {Why.UNSAFE_MEMBER}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices_are_unsafe(kind):
    def change(info):
        if info.filename == "badges.xml":
            info.external_attr = (kind | 0o777) << 16

    assert both_ways(zip_of(Backup().parts(), change=change)) == {Why.UNSAFE_MEMBER}


@pytest.mark.parametrize("second", ["badges.xml", "BADGES.xml", "Badges.XML", "ｂadges.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_or_differing_in_writing_only_is_a_duplicate(second):
    pairs = [*Backup().parts().items(), (second, b"<badges/>")]
    assert both_ways(zip_of(pairs)) == {Why.DUPLICATE_MEMBER}


def test_an_encrypted_member_is_unsafe():
    data = bytearray(Backup().zip())
    data[place_of_entry(bytes(data), "badges.xml") + 8] |= 1
    assert both_ways(bytes(data)) == {Why.UNSAFE_MEMBER}


def test_a_member_packed_as_moodle_cannot_read_is_unsafe():
    data = bytearray(Backup().zip())
    data[place_of_entry(bytes(data), "badges.xml") + 10] = 14
    assert both_ways(bytes(data)) == {Why.UNSAFE_MEMBER}


def test_a_zip_that_unpacks_a_hundredfold_is_out_of_proportion():
    bomb = Backup().with_member("zeros.bin", bytes(6 * MIB)).zip()
    assert both_ways(bomb, ratio_floor=4 * MIB) == {Why.OUT_OF_PROPORTION}


def test_a_member_larger_than_the_directory_says_is_damage_and_unpacked_no_further():
    data = bytearray(Backup(page="x" * MIB).zip())
    for place in (
        place_of_entry(bytes(data), "activities/page_79/page.xml") + 24,
        data.index(b"activities/page_79/page.xml") - 30 + 22,
    ):
        data[place : place + 4] = struct.pack("<L", 100)
    assert both_ways(bytes(data)) == {Why.DAMAGED}


def test_absurdly_many_members_are_out_of_proportion():
    assert both_ways(Backup().zip(), members=5) == {Why.OUT_OF_PROPORTION}


def test_xml_with_entities_is_unsafe():
    body = '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><badges>&x;</badges>'
    assert both_ways(Backup().with_member("badges.xml", body).zip()) == {Why.UNSAFE_XML}


def test_a_zip_with_64_bit_sizes_and_data_descriptors_is_read():
    import io
    import zipfile

    class Unseekable(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in Backup().parts().items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
    assert both_ways(out.getvalue()) == set()
