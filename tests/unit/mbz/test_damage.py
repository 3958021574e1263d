"""Whatever befalls an archive on its way, the answer is a refusal and never a crash."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.domain.backups.manifest import Why
from passerelle.mbz import BytesSource, inspect, scrub
from tests.factories.mbz import Backup, gzipped, real_backup, untar

TGZ = real_backup("chimie-nousers-tgz")
ZIP = real_backup("chimie-nousers-zip")
TAR = Backup().tar()
FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=5)


def flipped(data, flips):
    changed = bytearray(data)
    for share, mask in flips:
        changed[int(share * len(data))] ^= mask
    return bytes(changed)


def judged(data):
    inspection = inspect(BytesSource(data), verify_content=True)
    assert inspection.accepted == (not inspection.reasons)
    assert all(isinstance(reason.code, Why) and reason.message for reason in inspection.reasons)
    return inspection


@settings(max_examples=25)
@given(FLIPS)
def test_changed_bytes_of_a_tgz_are_refused(flips):
    data = flipped(TGZ, flips)
    # The gzip header holds a time and a system that no checksum covers and nobody reads.
    assert data[:10] != TGZ[:10] or data == TGZ or not judged(data).accepted
    judged(data)


@settings(max_examples=25)
@given(FLIPS)
def test_changed_bytes_of_a_zip_never_crash_the_reader_by_either_way(flips):
    data = flipped(ZIP, flips)
    judged(data)
    first_look = inspect(BytesSource(data))
    assert first_look.accepted == (not first_look.reasons)


@settings(max_examples=25)
@given(FLIPS)
def test_changed_bytes_under_a_whole_gzip_never_crash_the_reader_nor_the_scrubber(flips):
    data = gzipped(flipped(TAR, flips), level=1)
    inspection = judged(data)
    report = scrub(BytesSource(data), io.BytesIO())
    assert report.accepted == inspection.accepted


@pytest.mark.parametrize("whole", [TGZ, ZIP], ids=["tgz", "zip"])
@settings(max_examples=15)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_archive_is_refused(whole, share):
    assert not judged(whole[: int(share * len(whole))]).accepted


@settings(max_examples=25)
@given(st.binary(max_size=2000))
def test_no_bytes_at_all_look_like_a_backup(data):
    for start in (b"", b"\x1f\x8b\x08\0", b"PK\x03\x04"):
        assert not judged(start + data).accepted


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), st.integers(1, 2000))
def test_any_author_is_scrubbed_whatever_the_pieces_it_comes_in(author, length):
    from xml.sax.saxutils import escape

    body = f"<files><file id='1'><filename>.</filename><author>{escape(author)}</author></file></files>"
    data = gzipped(Backup(files=()).with_member("files.xml", body).tar(), level=0)

    class Pieces(BytesSource):
        def stream(self, start=0, length_=None, chunk=0):
            return super().stream(start, length_, length)

    out = io.BytesIO()
    assert scrub(Pieces(data), out, threads=False).accepted
    text = untar(out.getvalue())["files.xml"].decode()
    # What has no value (blank, 0, Moodle's null) stays as it is.
    assert "<author></author>" in text or author.strip() in ("", "0", "$@NULL@$")
