from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from passerelle.errors import NotFound, Refused
from passerelle.ports import Part
from tests.unit.store.conftest import both

pytestmark = both

KEY = "uploads/caen/u1.mbz"
FIVE_MIB = 5 * 1024 * 1024  # the least that S3 takes for a part that is not the last


def _sent(bucket, *contents: bytes, key: str = KEY) -> str:
    multipart = bucket.archives.open_multipart(key)
    addresses = bucket.archives.sign_parts(key, multipart, range(1, len(contents) + 1))
    for number, content in enumerate(contents, 1):
        bucket.put_part(addresses[number], content)
    return multipart


def test_parts_that_were_sent_to_their_addresses_become_one_archive(bucket):
    whole = (b"a" * FIVE_MIB, b"rest")
    multipart = _sent(bucket, *whole)
    parts = bucket.archives.parts(KEY, multipart)
    assert [(p.number, p.size) for p in parts] == [(1, FIVE_MIB), (2, 4)]
    assert bucket.archives.size(KEY) is None
    bucket.archives.complete(KEY, multipart, parts)
    assert bucket.archives.size(KEY) == FIVE_MIB + 4
    address, _ = bucket.archives.sign(KEY)
    assert bucket.fetch(address) == b"".join(whole)


def test_only_the_parts_asked_for_are_signed(bucket):
    multipart = bucket.archives.open_multipart(KEY)
    assert list(bucket.archives.sign_parts(KEY, multipart, [2, 7])) == [2, 7]


def test_a_new_upload_has_no_part_and_an_unknown_one_no_answer(bucket):
    multipart = bucket.archives.open_multipart(KEY)
    assert bucket.archives.parts(KEY, multipart) == ()
    assert bucket.archives.parts(KEY, "unknown") is None


def test_a_part_sent_again_counts_once(bucket):
    multipart = _sent(bucket, b"first try")
    (address,) = bucket.archives.sign_parts(KEY, multipart, [1]).values()
    bucket.put_part(address, b"second")
    assert [p.size for p in bucket.archives.parts(KEY, multipart)] == [6]


def test_two_uploads_of_one_key_do_not_mix(bucket):
    first, second = _sent(bucket, b"one"), _sent(bucket, b"three")
    assert [p.size for p in bucket.archives.parts(KEY, first)] == [3]
    assert [p.size for p in bucket.archives.parts(KEY, second)] == [5]


def test_completing_again_is_well(bucket):
    multipart = _sent(bucket, b"all")
    parts = bucket.archives.parts(KEY, multipart)
    bucket.archives.complete(KEY, multipart, parts)
    assert bucket.archives.parts(KEY, multipart) is None
    bucket.archives.complete(KEY, multipart, parts)
    assert bucket.archives.size(KEY) == 3


def test_completing_what_was_aborted_says_that_it_is_gone(bucket):
    multipart = _sent(bucket, b"all")
    parts = bucket.archives.parts(KEY, multipart)
    bucket.archives.abort(KEY, multipart)
    with pytest.raises(NotFound) as missing:
        bucket.archives.complete(KEY, multipart, parts)
    assert missing.value.code == "multipart_gone"


def test_an_object_of_another_size_does_not_pass_for_the_completed_one(bucket):
    multipart = _sent(bucket, b"all")
    parts = bucket.archives.parts(KEY, multipart)
    bucket.archives.abort(KEY, multipart)
    bucket.put(KEY, b"something else")
    with pytest.raises(NotFound):
        bucket.archives.complete(KEY, multipart, parts)


def test_parts_that_never_came_are_refused_and_the_upload_stays_open(bucket):
    multipart = _sent(bucket, b"all")
    with pytest.raises(Refused) as refusal:
        bucket.archives.complete(KEY, multipart, [Part(2, 3, "0" * 32)])
    assert refusal.value.code == "parts_invalid"
    assert len(bucket.archives.parts(KEY, multipart)) == 1


def test_aborting_twice_is_well_and_leaves_nothing(bucket):
    multipart = _sent(bucket, b"all")
    bucket.archives.abort(KEY, multipart)
    bucket.archives.abort(KEY, multipart)
    assert bucket.archives.parts(KEY, multipart) is None
    assert bucket.archives.size(KEY) is None


def test_deleting_twice_is_well(bucket):
    bucket.put(KEY, b"all")
    bucket.archives.delete(KEY)
    bucket.archives.delete(KEY)
    assert bucket.archives.size(KEY) is None


def test_what_lies_below_a_prefix_is_listed_by_key_some_at_a_time(bucket):
    for name in ("drop/caen/b", "drop/caen/é à côté", "drop/caen/a", "drop/caenaise/x", "accepted/caen/y"):
        bucket.put(name, b"x")
    listed = bucket.archives.below("drop/caen/")
    assert [one.key for one in listed] == ["drop/caen/a", "drop/caen/b", "drop/caen/é à côté"]
    assert all(one.at.tzinfo for one in listed)
    assert [one.key for one in bucket.archives.below("drop/caen/", limit=1)] == ["drop/caen/a"]
    rest = bucket.archives.below("drop/caen/", after="drop/caen/b")
    assert [one.key for one in rest] == ["drop/caen/é à côté"]
    assert bucket.archives.below("drop/lille/") == ()


def test_an_address_says_when_it_dies_and_that_is_within_the_hour(bucket, clock):
    bucket.put(KEY, b"all")
    _, dies = bucket.archives.sign(KEY)
    assert clock.now() < dies <= clock.now() + timedelta(hours=1)


def test_a_download_may_be_given_a_name(bucket):
    bucket.put(KEY, b"all")
    address, _ = bucket.archives.sign(KEY, filename="Chimie été.mbz")
    assert bucket.fetch(address) == b"all"
    asked = " ".join(value for values in parse_qs(urlsplit(address).query).values() for value in values)
    assert "Chimie" in asked
