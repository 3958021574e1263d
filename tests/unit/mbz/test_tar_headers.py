"""A tar stream, header by header and field by field, in whatever pieces it comes."""

import pytest

from passerelle.mbz.findings import Broken, Findings
from passerelle.mbz.tar import BLOCK, LEFT_OUT, Header, TarReading
from tests.factories.mbz import resealed, tar_member

pytestmark = pytest.mark.rule("P3")
END = bytes(2 * BLOCK)
PIECES = [1, 7, 511, 512, 513, 1024, 10**6]


class Taken:
    """A consumer that keeps what it gets."""

    def __init__(self):
        self.content, self.finished = b"", False

    def feed(self, data):
        self.content += bytes(data)

    def finish(self):
        self.finished = True


class Edited(Taken):
    """One that hands on dots, and what it holds back at the end."""

    edits = 0

    def __init__(self, held=0):
        super().__init__()
        self._held, self._out = held, 0

    def take(self):
        ready = len(self.content) if self.finished else max(self._out, len(self.content) - self._held)
        out, self._out = b"." * (ready - self._out), ready
        return out


class Replaced(Taken):
    def replacement(self):
        return b"new " + self.content


class Reading:
    """What was opened, told, found and handed on."""

    def __init__(self, *tars, piece=10**6, consumers=None, emitting=True):
        self.headers, self.taken, self.out = [], [], b""
        self.findings = Findings()
        self._consumers = consumers or {}
        self.tar = TarReading(self._open, self.findings, self._emit if emitting else None)
        data = b"".join(tars)
        for place in range(0, len(data), piece):
            self.tar.feed(data[place : place + piece])

    def _open(self, header):
        self.headers.append(header)
        consumer = self._consumers.get(header.name, Taken())
        self.taken.append(consumer)
        return consumer

    def _emit(self, data):
        self.out += bytes(data)

    @property
    def reasons(self):
        return [(reason.what, reason.member, reason.details) for reason in self.findings.reasons()]


def member(content=b"", *, name=None, **fields):
    """A member with other bytes at some places (`at_124=b"…"`), its checksum made anew."""
    data = tar_member("a.xml", content)
    header = data[:BLOCK]
    if name is not None:
        header = name.ljust(100, b"\0") + header[100:]
    for place, told in fields.items():
        at = int(place.removeprefix("at_"))
        header = header[:at] + told + header[at + len(told) :]
    return resealed(header) + data[BLOCK:]


def refusal(*tars, **options):
    with pytest.raises(Broken) as broken:
        Reading(*tars, **options)
    reason = broken.value.reason
    return reason.what, reason.member, reason.details


# --- pieces -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024])
def test_in_whatever_pieces_it_comes_each_member_gets_its_bytes_and_the_stream_goes_on_as_it_came(
    size, piece
):
    content = bytes(range(1, 256)) * 5
    tar = tar_member("a.xml", content[:size]) + tar_member("b/") + tar_member("b/c.xml", b"c") + END
    reading = Reading(tar, piece=piece)
    reading.tar.finish()
    assert reading.headers == [
        Header("a.xml", size, directory=False),
        Header("b/", 0, directory=True),
        Header("b/c.xml", 1, directory=False),
    ]
    assert [one.content for one in reading.taken] == [content[:size], b"", b"c"]
    assert all(one.finished for one in reading.taken)
    assert reading.out == tar
    assert reading.tar.verbatim == len(tar)
    assert reading.tar.lag == 0


@pytest.mark.parametrize("piece", PIECES)
def test_without_anybody_to_hand_on_to_members_get_the_same_bytes(piece):
    reading = Reading(tar_member("a.xml", b"x" * 600), END, piece=piece, emitting=False)
    reading.tar.finish()
    assert reading.taken[0].content == b"x" * 600


@pytest.mark.parametrize("fed", [1, 100, 511])
def test_a_header_that_has_not_come_whole_lags(fed):
    reading = Reading(tar_member("a.xml")[:fed])
    assert (reading.tar.lag, reading.out, reading.headers) == (fed, b"", [])


@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 512 + 10, 512 + 511, 1024], ids="{} bytes".format)
def test_a_stream_that_ends_before_its_empty_blocks_is_cut(length):
    reading = Reading((tar_member("a.xml", b"x" * 10) + END)[:length])
    with pytest.raises(Broken, match=r"^cut$"):
        reading.tar.finish()


@pytest.mark.parametrize("blocks", [1, 2, 20])
def test_one_empty_block_ends_a_stream_and_more_do_no_harm(blocks):
    Reading(tar_member("a.xml"), bytes(blocks * BLOCK)).tar.finish()


def test_a_piece_of_an_empty_block_is_no_end():
    reading = Reading(tar_member("a.xml"), bytes(BLOCK + 5))
    with pytest.raises(Broken, match=r"^cut$"):
        reading.tar.finish()


@pytest.mark.parametrize("blocks", [1, 2])
def test_a_member_behind_an_empty_block_is_refused_as_moodle_would_unpack_it(blocks):
    assert refusal(tar_member("a.xml"), bytes(blocks * BLOCK), tar_member("b.xml")) == (
        "after_the_end",
        None,
        {},
    )


# --- checksum and kind of tar -----------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{:06o}\0 ", "{:07o}\0", "{:6o}\0 ", "{:o}\0\0\0\0", "{:08o}"])
def test_a_checksum_is_read_in_each_way_that_packers_write_it(written):
    blank = member()[:148] + b" " * 8 + member()[156:]
    told = written.format(sum(blank)).encode()[:8].ljust(8, b"\0")
    Reading(blank[:148] + told + blank[156:], END).tar.finish()


@pytest.mark.parametrize("place", [0, 99, 100, 124, 147, 156, 265, 345, 511])
@pytest.mark.parametrize("change", [1, -1])
def test_a_header_whose_checksum_does_not_hold_is_damage_and_the_first_one_no_tar(place, change):
    data = bytearray(member())
    data[place] = (data[place] + change) % 256
    assert refusal(bytes(data)) == ("no_tar_inside", None, {})
    assert refusal(tar_member("a.xml"), bytes(data)) == ("header_damaged", None, {})


@pytest.mark.parametrize("told", [b"        ", b"00000x\0 ", b"\x80\0\0\0\0\0\0\0"])
def test_a_checksum_that_is_no_number_is_damage(told):
    data = member()
    assert refusal(data[:148] + told + data[156:]) == ("no_tar_inside", None, {})


@pytest.mark.parametrize(
    ("magic", "taken"),
    [(b"ustar\x0000", True), (b"ustar  \0", True), (bytes(8), False), (b"ustar\1  ", False)],
)
def test_a_tar_says_that_it_is_ustar_or_gnus(magic, taken):
    data = member(at_257=magic)
    if taken:
        assert Reading(data).headers == [Header("a.xml", 0, directory=False)]
    else:
        assert refusal(data) == ("foreign_tar", None, {})


# --- kind and size ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [b"0", b"\0"])
def test_a_file_is_told_with_its_size(kind):
    assert Reading(member(b"abc", at_156=kind)).headers == [Header("a.xml", 3, directory=False)]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (b"x", "an extended (pax) header"),
        (b"g", "an extended (pax) header"),
        (b"L", "a long name (GNU)"),
        (b"K", "a long link (GNU)"),
        (b"S", "a sparse file"),
    ],
)
def test_a_header_that_moodle_takes_for_a_file_is_refused_by_its_kind(kind, word):
    assert refusal(member(at_156=kind)) == ("extended_header", "a.xml", {"member": "a.xml", "kind": word})


@pytest.mark.parametrize("kind", [b"7", b"8", b"A", b"V", b"M"])
def test_a_header_of_a_kind_that_nobody_knows_is_refused(kind):
    assert refusal(member(at_156=kind)) == ("kind_unknown", "a.xml", {"member": "a.xml"})


@pytest.mark.parametrize("kind", [b"0", b"\0"])
def test_a_file_called_like_a_folder_is_refused(kind):
    assert refusal(member(name=b"a/", at_156=kind)) == ("kind_unknown", "a/", {"member": "a/"})


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (b"1", "a hard link"),
        (b"2", "a symbolic link"),
        (b"3", "a device"),
        (b"4", "a device"),
        (b"6", "a pipe"),
    ],
)
def test_a_link_or_device_is_told_by_its_kind_and_is_opened_as_nothing(kind, word):
    reading = Reading(member(at_156=kind))
    assert reading.reasons == [("link_or_device", "a.xml", {"member": "a.xml", "kind": word})]
    assert reading.headers == [Header("a.xml", 0, directory=True)]


@pytest.mark.parametrize("kind", [b"1", b"2", b"5"])
def test_a_folder_or_a_link_with_content_is_refused(kind):
    assert refusal(member(b"x", at_156=kind)) == ("folder_with_content", "a.xml", {"member": "a.xml"})


@pytest.mark.parametrize(
    ("told", "size"),
    [
        (b"00000000003\0", 3),
        (b"00000000003 ", 3),
        (b"          3\0", 3),
        (b"3          \0", 3),
        (b"3\0\0\0\0\0\0\0\0\0\0\0", 3),
        (b"00000000017\0", 15),
        (b"77777777777\0", 8**11 - 1),
        (b"000000000003", None),
        (b"00000000003x", None),
        (b"00000000008\0", None),
        (b"0000000000x\0", None),
        (b"-0000000003\0", None),
        (b"           \0", None),
        (bytes(12), None),
        (b"3  0       \0", None),
        (b"\x80" + bytes(10) + b"\3", None),
    ],
)
def test_a_size_is_octal_and_ends_as_moodle_reads_it(told, size):
    data = member(at_124=told)
    if size is None:
        assert refusal(data) == ("size_unreadable", "a.xml", {"member": "a.xml"})
    else:
        assert Reading(data).headers == [Header("a.xml", size, directory=False)]


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "prefix", "read"),
    [
        (b"a" * 100, b"", "a" * 100),
        (b"a" * 100, b"p" * 155, "p" * 155 + "/" + "a" * 100),
        (b"a", b"p", "p/a"),
        ("é".encode(), "è".encode(), "è/é"),
        (b"./a", b"", "a"),
        (b"././a", b"", "./a"),
        (b"a", b".", "a"),
        (b"a", b"./p", "p/a"),
        (b"./", b"", "./"),
    ],
)
def test_a_name_is_its_prefix_and_itself_without_a_dot_before_it(name, prefix, read):
    kind = b"5" if name.endswith(b"/") else b"0"
    data = member(name=name, at_345=prefix.ljust(155, b"\0"), at_156=kind)
    assert [header.name for header in Reading(data).headers] == [read]


@pytest.mark.parametrize(("place", "hidden"), [(344, False), (345, True), (499, True), (500, False)])
def test_what_gnu_writes_where_moodle_reads_the_start_of_a_name_is_refused(place, hidden):
    data = member(**{"at_257": b"ustar  \0", f"at_{place}": b"x"})
    if hidden:
        assert refusal(data) == ("name_hidden_in_fields", None, {})
    else:
        assert Reading(data).headers == [Header("a.xml", 0, directory=False)]


@pytest.mark.parametrize(
    ("name", "what", "told"),
    [
        (b"a\0b", "name_after_nul", "a?b"),
        (b"\0a", "name_after_nul", "?a"),
        (b"a\xff", "name_not_utf8", None),
    ],
)
def test_a_name_that_moodle_reads_otherwise_is_refused(name, what, told):
    assert refusal(member(name=name)) == (what, told, {} if told is None else {"member": told})


# --- what is handed on ------------------------------------------------------------------------------


def header_of(name=b"a.xml", size=0, prefix=b""):
    """As Moodle writes one: nobody's login, no dot."""
    return member(
        name=name, at_124=f"{size:011o}\0".encode(), at_345=prefix.ljust(155, b"\0"), at_265=bytes(64)
    )[:BLOCK]


@pytest.mark.parametrize(
    ("fields", "tidy"),
    [
        ({"name": b"./a.xml"}, header_of()),
        ({"name": b"./" + b"a" * 98}, header_of(b"a" * 98)),
        ({"at_265": b"mcurie"}, header_of()),
        ({"at_297": b"physique"}, header_of()),
        ({"at_328": b"x"}, header_of()),
        ({"at_345": b"./p"}, header_of(prefix=b"p")),
        ({"at_345": b"."}, header_of()),
        ({"at_345": b".p"}, header_of(prefix=b".p")),
        ({"name": b"./a.xml", "at_345": b"p"}, header_of(b"./a.xml", prefix=b"p")),
    ],
)
def test_a_header_is_handed_on_without_a_dot_before_the_name_and_without_a_login(fields, tidy):
    data = member(b"abc", **fields)
    reading = Reading(data, END)
    reading.tar.finish()
    expected = resealed(tidy[:124] + b"00000000003\0" + tidy[136:]) + data[BLOCK:] + END
    assert reading.out == expected
    # The header was changed: what has gone on as it came starts behind it.
    assert reading.tar.verbatim == (
        len(expected) - BLOCK if data[:BLOCK] != expected[:BLOCK] else len(expected)
    )


@pytest.mark.parametrize("fields", [{"at_329": b"0000001"}, {"at_337": b"0000001"}, {"at_264": b"1"}])
def test_what_names_nobody_in_a_header_stands(fields):
    data = member(**fields)
    assert Reading(data).out == data


def test_a_gnu_headers_name_loses_its_dot_as_well():
    data = member(name=b"./a.xml", at_257=b"ustar  \0")
    assert Reading(data).out == member(name=b"a.xml", at_257=b"ustar  \0", at_265=bytes(64))


@pytest.mark.parametrize("piece", PIECES)
def test_what_hid_behind_a_content_is_not_handed_on(piece):
    data = tar_member("a.xml", b"abc")
    hiding = data[: BLOCK + 3] + b"Marie Curie".ljust(BLOCK - 3, b"\0")
    reading = Reading(hiding, END, piece=piece)
    assert reading.out == data + END
    assert reading.taken[0].content == b"abc"


def test_after_what_hid_the_bytes_in_a_row_are_counted_anew():
    data = tar_member("a.xml", b"abc")
    hiding = data[: BLOCK + 3] + b"x" * (BLOCK - 3)
    assert Reading(hiding).tar.verbatim == 0
    assert Reading(hiding, bytes(BLOCK)).tar.verbatim == BLOCK


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("held", [0, 5, 10_000])
def test_an_edited_content_goes_on_edited_in_the_place_of_the_one_that_came(held, piece):
    first, last = tar_member("a.xml", b"x" * 700), tar_member("b.xml", b"y")
    reading = Reading(first, last, END, piece=piece, consumers={"a.xml": Edited(held)})
    assert reading.out == tar_member("a.xml", b"." * 700) + last + END
    assert reading.tar.verbatim == len(first) - BLOCK - 700 + len(last + END)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [0, 3, 508, 509, 600])
def test_a_replaced_content_goes_on_with_a_header_that_tells_its_own_size(size, piece):
    first, last = tar_member("a.xml", b"x" * size), tar_member("b.xml", b"y")
    reading = Reading(first, last, END, piece=piece, consumers={"a.xml": Replaced()})
    assert reading.out == tar_member("a.xml", b"new " + b"x" * size) + last + END
    assert reading.tar.verbatim == len(last + END)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [0, 3, 512, 600])
def test_what_is_left_out_leaves_nothing_behind(size, piece):
    left, last = tar_member("a.txt", b"x" * size), tar_member("b.xml", b"y")
    reading = Reading(last, left, last, END, piece=piece, consumers={"a.txt": LEFT_OUT})
    assert reading.out == last + last + END
    assert reading.tar.verbatim == len(last + END)


@pytest.mark.parametrize("consumer", [LEFT_OUT, Edited(), Replaced()])
def test_in_the_middle_of_what_goes_on_otherwise_nothing_has_gone_on_as_it_came(consumer):
    assert Reading(tar_member("a.xml", b"x" * 600)[:800], consumers={"a.xml": consumer}).tar.verbatim == 0


def test_where_nobody_takes_a_content_it_goes_on_as_it_came():
    class Nobody(Reading):
        def _open(self, header):
            self.headers.append(header)

    tar = tar_member("a.xml", b"x" * 600) + END
    reading = Nobody(tar)
    reading.tar.finish()
    assert (reading.out, reading.tar.verbatim) == (tar, len(tar))
