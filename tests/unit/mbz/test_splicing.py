"""The payload's deflate blocks are copied as they lie; what comes out unpacks to the same as before."""

import gzip
import hashlib
import io
import random
import zlib

import pytest

from passerelle.mbz import BytesSource, inspect, scrub, scrubbing
from passerelle.mbz.block_inflate import BlockInflate, available
from passerelle.mbz.splicing import empty_blocks, to_a_byte
from tests.factories.mbz import Backup, StoredFile, gzipped, scrubbed, unpack

pytestmark = pytest.mark.skipif(not available(), reason="no zlib library on this machine")
CHANCE = random.Random(7)
NOISE = CHANCE.randbytes(1_500_000)
TEXT = b"".join(b"ligne %d du cours, %d\n" % (n, n * n % 9973) for n in range(60_000))
PICTURES = {
    "noise": (NOISE,),
    "text": (TEXT,),
    "both": (NOISE[:400_000], TEXT, NOISE[400_000:900_000], TEXT[:300_000]),
    "many small ones": tuple(TEXT[n * 900 : n * 900 + 901] for n in range(900)),
    "zeros": (bytes(2_000_000),),
    "little": (b"un", b"deux"),
}


def backup(*contents: bytes) -> Backup:
    return Backup(files=tuple(StoredFile(content) for content in contents))


def plain(data: bytes, monkeypatch) -> bytes:
    """The tar that scrubbing makes where nothing can be copied."""
    with monkeypatch.context() as patch:
        patch.setattr(scrubbing, "available", lambda: False)
        out, report = scrubbed(data)
    assert report.copied == 0
    return gzip.decompress(out)


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("level", [1, 6, 9])
def test_what_is_copied_unpacks_to_the_same_and_is_accepted(picture, level, monkeypatch):
    data = gzipped(backup(*PICTURES[picture]).tar(), level)
    out, report = scrubbed(data)
    assert report.accepted
    assert gzip.decompress(out) == plain(data, monkeypatch)
    assert inspect(BytesSource(out)).accepted
    assert report.size == len(out) <= len(data) * (1.01 if level < 9 else 1.05) + 100
    assert "files.xml" in unpack(out)


@pytest.mark.parametrize("picture", ["noise", "text", "both"])
def test_almost_all_of_a_large_payload_is_copied(picture):
    _, report = scrubbed(gzipped(backup(*PICTURES[picture]).tar()))
    assert report.copied > 0.6 * report.size


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_said_to_stand_in_the_original_stands_there_byte_for_byte(picture):
    data = gzipped(backup(*PICTURES[picture]).tar())

    class Copying(io.BytesIO):
        copied = 0

        def copy(self, start, packed):
            assert packed == data[start : start + len(packed)]
            self.copied += self.write(packed)

    out = Copying()
    report = scrub(BytesSource(data), out, threads=False)
    assert report.accepted
    assert report.copied == out.copied
    assert hashlib.sha256(out.getvalue()).hexdigest() == report.sha256


@pytest.mark.parametrize("piece", [3, 7, 1000, 65_536, 1_000_000])
def test_the_pieces_an_archive_comes_in_change_nothing_that_is_read(piece, monkeypatch):
    class Pieces(BytesSource):
        def stream(self, start=0, length=None, chunk=0):
            return super().stream(start, length, piece)

    contents = PICTURES["both"] if piece > 100 else (NOISE[:50_000], TEXT[:40_000], NOISE[50_000:90_000])
    data = gzipped(backup(*contents).tar())
    out = io.BytesIO()
    assert scrub(Pieces(data), out, threads=False).accepted
    assert gzip.decompress(out.getvalue()) == plain(data, monkeypatch)


def test_several_gzip_members_are_one_and_only_of_the_first_blocks_are_copied(monkeypatch):
    tar = backup(NOISE, TEXT).tar()
    half = len(tar) // 2
    data = gzipped(tar[:half]) + gzipped(tar[half:])
    out, report = scrubbed(data)
    assert report.accepted
    assert gzip.decompress(out) == plain(data, monkeypatch)
    assert 0 < report.copied < len(data)


def test_members_that_are_left_out_in_the_middle_of_the_payload_are_left_out(monkeypatch):
    from tests.factories.mbz import tar_member, tar_of

    tar = tar_of(backup(NOISE[:700_000], TEXT).parts(), indexed=False)
    place = tar.index(b"files.xml\0")
    data = gzipped(tar[:place] + tar_member("marie-curie.csv", TEXT[:200_000]) + tar[place:])
    out, report = scrubbed(data)
    assert report.accepted
    assert b"marie-curie" not in gzip.decompress(out)
    assert gzip.decompress(out) == plain(data, monkeypatch)


def test_bytes_hidden_in_the_padding_between_contents_are_not_copied():
    tar = bytearray(backup(NOISE[:700_001], TEXT).tar())
    place = tar.index(NOISE[:1000]) + 700_001
    place = next(p for p in (place, tar.index(TEXT[:1000]) + len(TEXT)) if tar[p : p + 5] == bytes(5))
    tar[place : place + 5] = b"marie"
    out, report = scrubbed(gzipped(bytes(tar)))
    assert report.accepted
    assert b"marie" not in gzip.decompress(out)


@pytest.mark.parametrize("phase", [0, 2, 4, 6])
def test_empty_blocks_end_at_any_even_place_in_a_byte(phase):
    whole, carried = empty_blocks(phase)
    assert carried < 1 << phase
    deflated = whole + (bytes([carried]) if phase else b"")
    # Behind them, from that bit on, the last block: fixed code, end of block.
    value = int.from_bytes(deflated, "little") | (0b11 << (8 * len(whole) + phase))
    stream = value.to_bytes(len(deflated) + 3, "little")
    assert zlib.decompress(stream, -15) == b""


@pytest.mark.parametrize("phase", range(8))
def test_an_empty_stored_block_goes_from_any_place_to_a_byte(phase):
    bits = to_a_byte(0xFF, phase)
    assert bits[0] & ((1 << phase) - 1) == (1 << phase) - 1
    assert bits[0] >> phase == 0
    assert bits.endswith(b"\x00\x00\xff\xff")
    assert len(bits) == (5 if phase <= 5 else 6)


@pytest.mark.parametrize(("piece", "most"), [(1, 256 * 1024), (5_000, 700), (1_000_000, 256 * 1024)])
def test_from_where_a_block_is_said_to_end_the_rest_unpacks_by_itself(piece, most):
    whole = NOISE[:300_000] + TEXT[:400_000]
    data = gzipped(whole)
    inflate = BlockInflate()
    out, ends = bytearray(), []
    for place in range(0, len(data), piece):
        given = data[place : place + piece]
        while given or not (inflate.needs_input or inflate.eof):
            out += inflate.decompress(given, most)
            given = b""
            if inflate.boundary is not None:
                ends.append((inflate.boundary, len(out)))
    assert inflate.eof
    assert out == whole
    assert len(ends) > 1
    for bit, length in ends:
        # As a stream of its own: what came before as its dictionary, shifted to a whole byte.
        rest = int.from_bytes(data[bit // 8 :], "little") >> bit % 8
        alone = zlib.decompressobj(-15, zdict=bytes(out[max(0, length - 32_768) : length]))
        assert alone.decompress(rest.to_bytes(len(data) - bit // 8, "little")) == whole[length:]


@pytest.mark.parametrize("place", [30, 5_000, -3, -7])
def test_damage_is_damage_here_too(place):
    data = bytearray(gzipped(backup(TEXT).tar()))
    data[place] ^= 0x55
    _, report = scrubbed(bytes(data))
    assert not report.accepted
