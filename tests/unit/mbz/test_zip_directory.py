"""A zip's table of contents, field by field: what libzip would read from it, or a refusal."""

import stat
import struct
from dataclasses import replace

import pytest

from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.limits import Limits
from passerelle.mbz.sources import BytesSource
from passerelle.mbz.zip_directory import Directory, Entry, read_directory

pytestmark = pytest.mark.rule("P3")
MAX16, MAX32 = 0xFFFF, 0xFFFFFFFF
REGULAR = (stat.S_IFREG | 0o644) << 16
FIRST, SECOND = b"moodle_backup.xml", b"files.xml"
ROOM = 30 + len(FIRST) + 8  # bytes of the first member
BODY = ROOM + 30 + len(SECOND) + 5  # of both


def record(name=FIRST, *, extra=b"", comment=b"", **fields):
    """One row of the table; fields as in the format's own order."""
    told = {
        "made": 20,
        "system": 3,
        "needed": 20,
        "flags": 0,
        "method": 8,
        "time": 0,
        "date": 0,
        "crc": 7,
        "packed": 8,
        "size": 9,
        "disk": 0,
        "inner": 0,
        "outer": REGULAR,
        "offset": 0,
    } | fields
    values = list(told.values())
    lengths = [len(name), len(extra), len(comment)]
    head = struct.pack("<4s2B5H3L5H2L", b"PK\1\2", *values[:10], *lengths, *values[10:])
    return head + name + extra + comment


def second(**fields):
    return record(SECOND, **{"offset": ROOM, "packed": 5, "size": 5, "method": 0, **fields})


def zipped(*records, body=BODY, between=b"", comment=b"", **end):
    """Zeros in place of the members, which nobody reads here, the table, and the end record."""
    table = b"".join(records)
    told = {
        "disk": 0,
        "first_disk": 0,
        "here": len(records),
        "count": len(records),
        "length": len(table),
        "start": body,
        "comment": len(comment),
    } | end
    return bytes(body) + table + between + struct.pack("<4s4H2LH", b"PK\5\6", *told.values()) + comment


def two(**end):
    return zipped(record(), second(), **end)


class Strict(BytesSource):
    """As S3 answers: nothing that lies outside."""

    def read_range(self, start, length):
        assert 0 <= start <= start + length <= self.size
        return super().read_range(start, length)


def read(data, **limits):
    """The directory, and what was found against single members."""
    findings = Findings()
    found = read_directory(Strict(data), Limits(**limits), findings)
    return found, [(reason.what, reason.member, reason.details) for reason in findings.reasons()]


def refusal(data, **limits):
    with pytest.raises(Broken) as broken:
        read(data, **limits)
    return broken.value.reason.what, broken.value.reason.member


def only(*records, **end):
    """The one member of an archive that is taken."""
    found, reasons = read(zipped(*records, **end))
    assert reasons == []
    return found.entries[0]


A = Entry(
    name="moodle_backup.xml",
    raw_name=FIRST,
    record=record(),
    flags=0,
    method=8,
    crc=7,
    packed=8,
    size=9,
    offset=0,
    end=ROOM,
)
B = Entry("files.xml", SECOND, second(), 0, 0, 7, 5, 5, ROOM, BODY)


def test_members_are_told_in_the_order_of_their_bytes_each_with_where_the_next_one_starts():
    assert read(two()) == (Directory((A, B), (0, ROOM), BODY), [])
    assert read(zipped(second(), record())) == (Directory((A, B), (ROOM, 0), BODY), [])


def test_an_archive_of_nothing_has_an_empty_table():
    assert read(zipped(body=0)) == (Directory((), (), 0), [])


def test_a_table_longer_than_the_tail_that_is_read_at_once_is_read_whole():
    names = [bytes([65 + number]) * 60_000 for number in range(10)]
    room = 60_030
    records = [record(name, offset=room * place, packed=0, size=0) for place, name in enumerate(names)]
    found, _ = read(zipped(*records, body=room * 10))
    assert [entry.raw_name for entry in found.entries] == names
    assert [entry.end for entry in found.entries] == [room * place for place in range(1, 11)]


LARGE = 600 * 1024  # of whose bytes the first are not in that tail


def large():
    return record(packed=LARGE - 47, size=LARGE)


def test_a_table_at_the_end_of_a_large_archive_is_read_from_its_tail():
    entry = replace(A, record=large(), packed=LARGE - 47, size=LARGE, end=LARGE)
    assert read(zipped(large(), body=LARGE)) == (Directory((entry,), (0,), LARGE), [])
    wide = zipped(large(), body=LARGE, between=end64(large(), body=LARGE), start=MAX32)
    assert read(wide) == (Directory((entry,), (0,), LARGE), [])
    outside = zipped(large(), body=LARGE, between=end64(large(), body=LARGE, at=0), start=MAX32)
    assert refusal(outside) == DAMAGED


@pytest.mark.parametrize("name", [b"a/", b"a/b/"])
def test_a_name_that_ends_in_a_slash_is_a_folder(name):
    assert only(record(name, size=0)).directory
    assert not only(record(name + b"x")).directory


# --- the end record ---------------------------------------------------------------------------------

DAMAGED = ("contents_damaged", None)


@pytest.mark.parametrize(
    "end",
    [
        {"disk": 1},
        {"first_disk": 1},
        {"here": 1},
        {"here": 3},
        {"count": 1, "here": 1},
        {"count": 3, "here": 3},
        {"start": BODY - 1},
        {"start": BODY + 1},
        {"length": len(record() + second()) - 1},
        {"length": len(record() + second()) + 1},
        {"between": b"x"},
    ],
)
def test_an_end_record_that_does_not_add_up_is_damage(end):
    assert refusal(two(**end)) == DAMAGED


def test_the_comment_of_an_archive_ends_where_the_archive_ends():
    read(two(comment=b"bonjour"))
    assert refusal(two() + b"x") == ("bytes_outside", None)
    assert refusal(two(comment=b"bonjour")[:-1]) == ("bytes_outside", None)
    assert refusal(two(comment=b"bonjour") + b"x") == ("bytes_outside", None)


@pytest.mark.parametrize("lost", [1, 22, 23])
def test_an_archive_without_its_whole_end_record_is_cut(lost):
    assert refusal(two()[:-lost]) == ("cut_before_contents", None)


def test_as_many_members_as_the_limit_are_read_and_one_more_is_not():
    read(two(), members=2)
    assert refusal(two(), members=1) == ("too_many_members", None)


def test_a_table_of_twice_the_limit_of_an_index_is_read_and_a_byte_more_is_not():
    data = zipped(record(FIRST + b"x"), second(offset=ROOM + 1), body=BODY + 1)
    length = 2 * 46 + len(FIRST + b"x") + len(SECOND)
    assert length % 2 == 1
    read(data, index=length // 2 + 1)
    assert refusal(data, index=length // 2) == ("too_many_members", None)
    even = two()
    read(even, index=(length - 1) // 2)


# --- 64 bits ----------------------------------------------------------------------------------------


def end64(*records, body=BODY, place=None, **fields):
    """The zip64 end record and its locator; fields as in the format's own order."""
    length = sum(map(len, records))
    at = fields.pop("at", body + length)
    locator = fields.pop("locator", b"PK\6\7")
    told = {
        "magic": b"PK\6\6",
        "rest": 44,
        "made": 45,
        "needed": 45,
        "disk": 0,
        "first_disk": 0,
        "here": len(records),
        "count": len(records),
        "length": length,
        "start": body,
    } | fields
    return struct.pack("<4sQ2H2L4Q", *told.values()) + struct.pack("<4sLQL", locator, 0, at, 1)


def wide(called_for=None, **fields):
    records = (record(), second())
    called_for = {"count": MAX16, "here": MAX16} if called_for is None else called_for
    return zipped(*records, between=end64(*records, **fields), **called_for)


@pytest.mark.parametrize(
    "called_for",
    [
        {"count": MAX16, "here": 2},
        {"length": MAX32},
        {"start": MAX32},
        {"count": MAX16, "here": 2, "length": MAX32, "start": MAX32},
    ],
)
def test_figures_of_64_bits_count_where_the_end_record_calls_for_them(called_for):
    assert read(wide(called_for)) == (Directory((A, B), (0, ROOM), BODY), [])


def test_figures_of_64_bits_that_nothing_calls_for_are_refused_as_libzip_would_follow_them():
    assert refusal(wide({})) == ("zip64_uncalled_for", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"magic": b"PK\6\5"},
        {"locator": b"PK\6\6"},
        {"rest": 43},
        {"rest": 45},
        {"disk": 1},
        {"first_disk": 1},
        {"here": 1},
        {"here": 3},
        {"count": 1, "here": 1},
        {"count": 3, "here": 3},
        {"length": 1},
        {"start": BODY + 1},
        {"at": 0},
        {"at": BODY},
        {"at": 10**9},
    ],
)
def test_a_zip64_record_that_does_not_add_up_is_damage(fields):
    assert refusal(wide({"start": MAX32}, **fields)) == DAMAGED


@pytest.mark.parametrize("called_for", [{"count": MAX16, "here": MAX16}, {"length": MAX32}, {"start": MAX32}])
def test_a_zip64_record_that_is_called_for_and_is_not_there_is_damage(called_for):
    assert refusal(two(**called_for)) == DAMAGED
    assert refusal(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, MAX16, 0, 0, 0)) == DAMAGED


def extra64(*values):
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ({"size": MAX32}, (9,)),
        ({"packed": MAX32}, (8,)),
        ({"offset": MAX32}, (0,)),
        ({"size": MAX32, "packed": MAX32}, (9, 8)),
        ({"size": MAX32, "offset": MAX32}, (9, 0)),
        ({"packed": MAX32, "offset": MAX32}, (8, 0)),
        ({"size": MAX32, "packed": MAX32, "offset": MAX32}, (9, 8, 0)),
        ({}, (1, 2, 3)),
    ],
)
def test_only_what_does_not_fit_stands_in_64_bits_and_in_the_order_of_the_format(told, values):
    entry = only(record(extra=extra64(*values), **told))
    assert (entry.size, entry.packed, entry.offset) == (9, 8, 0)


def test_another_field_may_stand_before_the_one_of_64_bits():
    other = struct.pack("<2H4s", 0x5455, 4, b"time")
    assert only(record(extra=other + extra64(9), size=MAX32)).size == 9


@pytest.mark.parametrize(
    ("told", "extra"),
    [
        ({"size": MAX32}, b""),
        ({"size": MAX32}, extra64()),
        ({"size": MAX32, "packed": MAX32}, extra64(9)),
        ({"size": MAX32}, struct.pack("<2H7s", 1, 7, bytes(7))),
        ({"size": MAX32}, struct.pack("<2H7s", 1, 7, bytes(7)) + bytes(4)),
        ({"size": MAX32}, struct.pack("<2HQ", 2, 8, 9)),
    ],
)
def test_what_does_not_fit_and_stands_nowhere_else_is_damage(told, extra):
    assert refusal(zipped(record(extra=extra, **told))) == DAMAGED


# --- a row ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        zipped(b"PK\1\3" + record()[4:]),
        zipped(record()[:-1], count=1, here=1),
        zipped(record() + b"x", count=1, here=1),
        zipped(record() + b"PK\1\2", count=1, here=1),
        zipped(record(comment=b"x")[:-1]),
        zipped(record(disk=1)),
        zipped(record(), second(offset=BODY)),
        zipped(record(), second(offset=MAX32 - 1)),
        zipped(record(extra=b"\0\0\1\0")),
        zipped(record(extra=b"\0\0\1")),
        zipped(record(extra=b"\0\0\1\0ab")),
    ],
)
def test_a_row_that_does_not_add_up_is_damage(data):
    assert refusal(data) == DAMAGED


@pytest.mark.parametrize("extra", [b"", b"\0\0\0\0", b"\0\0\1\0a", b"\0\0\1\0a\2\0\0\0"])
def test_extra_fields_that_add_up_are_none_of_our_business(extra):
    assert only(record(extra=extra)) == replace(A, record=record(extra=extra), end=BODY)


def test_the_comment_of_a_row_and_a_second_name_in_its_extra_field_are_refused_with_the_name():
    assert refusal(zipped(record(b"a\1.xml", comment=b"x"))) == ("zip_comment", "a?.xml")
    unicode_path = struct.pack("<2H5s4s", 0x7075, 9, bytes(5), b"evil")
    for extra in (unicode_path, b"\0\0\0\0" + unicode_path):
        assert refusal(zipped(record(b"a\1.xml", extra=extra))) == ("name_in_unicode_field", "a?.xml")


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        ("é.xml".encode(), 0x800, "é.xml"),
        ("é.xml".encode(), 0, "é.xml"),
        (b"\x82.xml", 0, "é.xml"),  # as DOS wrote it
        (b"./a.xml", 0, "a.xml"),
        (b"././a.xml", 0, "./a.xml"),
        (b"./", 0, "./"),
    ],
)
def test_a_name_is_read_as_libzip_reads_it_and_without_a_dot_before_it(raw, flags, name):
    entry = only(record(raw, flags=flags, size=0 if raw.endswith(b"/") else 9))
    assert (entry.name, entry.raw_name, entry.flags) == (name, raw, flags)


def test_a_name_that_is_called_utf_8_and_is_none_is_refused():
    assert refusal(zipped(record(b"\x82.xml", flags=0x800))) == ("name_not_utf8", None)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"flags": 0x1}, "encrypted"),
        ({"flags": 0x40}, "encrypted"),
        ({"flags": 0x2000}, "encrypted"),
        ({"flags": 0x2}, None),
        ({"flags": 0x8}, None),
        ({"needed": 9}, "method_unknown"),
        ({"needed": 10}, None),
        ({"needed": 45}, None),
        ({"needed": 46}, "method_unknown"),
        ({"needed": 20 + 256}, "method_unknown"),
        ({"method": 0, "size": 8}, None),
        ({"method": 0, "size": 9}, "sizes_differ"),
        ({"method": 0, "size": 7}, "sizes_differ"),
        ({"method": 8, "size": 8}, None),
        ({"method": 1}, "method_unknown"),
        ({"method": 7}, "method_unknown"),
        ({"method": 9}, "method_unknown"),
        ({"method": 14}, "method_unknown"),
    ],
)
def test_a_member_is_packed_as_moodle_can_read(fields, what):
    data = zipped(record(**fields))
    if what is None:
        assert read(data)[1] == []
    else:
        assert refusal(data) == (what, "moodle_backup.xml")


def test_a_folder_holds_nothing():
    assert only(record(b"a/", size=0)).size == 0
    assert refusal(zipped(record(b"a/", size=1))) == ("folder_with_content", "a/")


@pytest.mark.parametrize(
    ("system", "mode", "found"),
    [
        (3, stat.S_IFLNK | 0o777, "0o120000"),
        (3, stat.S_IFIFO, "0o10000"),
        (3, stat.S_IFSOCK, "0o140000"),
        (3, stat.S_IFREG | 0o644, None),
        (3, stat.S_IFDIR | 0o755, None),
        (3, 0o644, None),
        (0, stat.S_IFLNK | 0o777, None),  # those bits say nothing where no Unix packed it
        (10, stat.S_IFLNK | 0o777, None),
    ],
)
def test_a_link_or_device_is_found_by_its_mode_where_a_unix_packed_it(system, mode, found):
    _, reasons = read(zipped(record(system=system, outer=mode << 16 | 0xFFFF)))
    name = "moodle_backup.xml"
    assert reasons == ([("link_or_device", name, {"member": name, "kind": found})] if found else [])


# --- where the members stand ------------------------------------------------------------------------


def test_nothing_stands_before_the_first_member():
    assert refusal(zipped(record(offset=1))) == ("bytes_outside", None)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (zipped(record(packed=9), second()), "moodle_backup.xml"),
        (zipped(record(), second(offset=ROOM - 1)), "moodle_backup.xml"),
        (zipped(record(), second(packed=6, size=6)), "files.xml"),
        (two(body=BODY - 1), "files.xml"),
        (zipped(record(packed=0), second(offset=0)), "moodle_backup.xml"),
    ],
)
def test_a_member_that_reaches_into_the_next_one_or_the_table_is_refused_by_name(data, name):
    assert refusal(data) == ("members_overlap", name)


# --- a second table ---------------------------------------------------------------------------------


def with_second_end(at, *, table=b"PK\1\2", count=1, length=4, start=None, before=b"", body=70_000):
    """An end record, and what stands where it says that its table is, within the first member's bytes."""
    inner = table + before
    start = at if start is None else start
    inner += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, start, 0)
    data = bytearray(zipped(record(packed=body - 60, size=body - 60), body=body))
    data[at : at + len(inner)] = inner
    return bytes(data)


SEARCHED = 0xFFFF + 22 + 20


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({}, True),
        ({"table": b"PK\1\3"}, False),
        ({"count": 0}, False),
        ({"length": 5}, False),
        ({"length": 3}, True),
        ({"start": 0}, False),
        ({"start": 10**9}, False),
        ({"count": 0, "before": b"PK\6\7" + bytes(16)}, True),
        ({"count": 0, "before": b"PK\6\6" + bytes(16)}, False),
        ({"count": 0, "before": b"PK\6\7" + bytes(17)}, False),
    ],
)
def test_a_second_end_record_is_refused_where_libzip_would_follow_it(options, refused):
    data = with_second_end(30_000, **options)
    if refused:
        assert refusal(data) == ("two_tables_of_contents", None)
    else:
        read(data)


@pytest.mark.parametrize(("nearer", "refused"), [(0, True), (-1, False)])
def test_a_second_end_record_counts_as_far_back_as_libzip_looks(nearer, refused):
    size = len(with_second_end(30_000))
    data = with_second_end(size - SEARCHED - 4 + nearer)
    if refused:
        assert refusal(data) == ("two_tables_of_contents", None)
    else:
        read(data)


def test_a_second_end_record_is_refused_in_a_large_archive_too():
    assert refusal(with_second_end(LARGE - 30_000, body=LARGE)) == ("two_tables_of_contents", None)
    read(with_second_end(LARGE - 30_000, body=LARGE, start=30_000))


def test_a_locator_of_64_bits_is_followed_from_the_first_byte_on():
    locator = b"PK\6\7" + bytes(16)
    data = bytearray(with_second_end(0, table=b"", count=0, before=locator, body=2_000))
    assert refusal(bytes(data)) == ("two_tables_of_contents", None)
    assert refusal(locator + zipped(body=0, start=20)) == ("zip64_uncalled_for", None)


def test_after_an_end_record_of_no_harm_in_the_first_byte_the_next_one_is_looked_at():
    data = bytearray(with_second_end(1_000, body=2_000))
    data[:22] = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    assert refusal(bytes(data)) == ("two_tables_of_contents", None)


def test_after_a_second_end_record_of_no_harm_the_next_one_is_looked_at():
    harmless = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    data = bytearray(with_second_end(30_000))
    data[20_000:20_022] = harmless
    assert refusal(bytes(data)) == ("two_tables_of_contents", None)


def test_the_start_of_an_end_record_in_the_comment_is_none():
    read(two(comment=b"x"))
    assert refusal(two(comment=b"PK\5\6")) == ("cut_before_contents", None)
