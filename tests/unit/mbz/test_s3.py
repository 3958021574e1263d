"""Archives in S3, on moto's double: which requests, how many bytes, and what goes wrong outside the archive."""

import hashlib
import io

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from passerelle.mbz import BytesSource, CannotRead, inspect, scrub
from passerelle.mbz.sources_s3 import S3Sink, S3Source, StorageAway
from tests.factories.mbz import Backup, StoredFile, real_backup, unpack

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def storage():
    """One for all tests: what a client costs is read from disk anew for each."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        made = boto3.client("s3", region_name="eu-west-3")
        made.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        yield made


@pytest.fixture
def client(storage):
    yield storage
    for stored in storage.list_objects_v2(Bucket="bucket").get("Contents", []):
        storage.delete_object(Bucket="bucket", Key=stored["Key"])


def put(client, data, key="k"):
    client.put_object(Bucket="bucket", Key=key, Body=data)
    return S3Source(client, "bucket", key, pause=0)


def test_a_tgz_is_read_in_one_pass(client):
    source = put(client, real_backup("chimie-nousers-tgz"))
    assert inspect(source, target_release="4.5").accepted
    assert source.requests == 2  # its first bytes, then all of it


def many_members(activities, size=200_000):
    """A course of the shape of a real one: twelve small XML files per activity, and contents."""
    import random

    noise = random.Random(1).randbytes(size)
    files = tuple(StoredFile(noise[n * 1000 :]) for n in range(20))
    backup = Backup(files=files)
    members = dict(backup.members)
    for number in range(1000, 1000 + activities):
        for name in (
            "grade_history",
            "inforef",
            "roles",
            "grades",
            "filters",
            "competencies",
            "calendar",
            "module",
            "page",
        ):
            members[f"activities/page_{number}/{name}.xml"] = f"<a><b>{number}{name}</b></a>".encode()
    from dataclasses import replace

    return replace(backup, members=members)


def test_a_zip_is_read_by_a_few_ranges_that_leave_its_contents_alone(client):
    data = many_members(30).zip()
    source = put(client, data)
    inspection = inspect(source)
    assert inspection.accepted
    assert source.requests <= 8
    assert source.bytes_read < len(data) / 4


def test_a_zip_read_through_is_read_once(client):
    data = many_members(5).zip()
    source = put(client, data)
    assert inspect(source, verify_content=True).accepted
    assert source.bytes_read < len(data) * 2


@pytest.mark.parametrize(("bucket", "key"), [("bucket", "nowhere"), ("nobucket", "k")])
def test_an_object_that_is_not_there_is_missing(client, bucket, key):
    with pytest.raises(CannotRead) as caught:
        S3Source(client, bucket, key)
    assert caught.value.code == "missing"


def test_an_object_that_changes_while_it_is_read_is_said_to_have_changed(client):
    source = put(client, real_backup("chimie-nousers-tgz"))
    client.put_object(Bucket="bucket", Key="k", Body=real_backup("empty-nousers-tgz"))
    with pytest.raises(CannotRead) as caught:
        inspect(source)
    assert caught.value.code == "changed"


class Failing:
    """A client whose answers break off after some bytes, or never come."""

    def __init__(self, client, after=5000, error=None):
        self._client, self._after, self._error = client, after, error
        self.asked = []

    def head_object(self, **arguments):
        return self._client.head_object(**arguments)

    def get_object(self, **arguments):
        self.asked.append(arguments["Range"])
        if self._error is not None:
            raise self._error
        body = self._client.get_object(**arguments)["Body"].read()
        return {"Body": Breaking(body, self._after)}


class Breaking(io.BytesIO):
    def __init__(self, data, after):
        super().__init__(data)
        self._after = after

    def read(self, size=-1):
        if self.tell() >= self._after:
            raise ConnectionResetError
        return super().read(min(size, self._after - self.tell()))


def test_a_cut_answer_is_taken_up_where_it_was_cut(client):
    put(client, real_backup("chimie-nousers-tgz"))
    failing = Failing(client)
    inspection = inspect(S3Source(failing, "bucket", "k", pause=0))
    assert inspection == inspect(S3Source(client, "bucket", "k"))
    assert "bytes=5000-15809" in failing.asked


def test_a_storage_that_stays_away_is_to_be_tried_again_and_is_no_verdict(client):
    put(client, real_backup("chimie-nousers-tgz"))
    failing = Failing(client, error=EndpointConnectionError(endpoint_url="http://s3.example"))
    with pytest.raises(StorageAway):
        inspect(S3Source(failing, "bucket", "k", pause=0))
    assert len(failing.asked) == 5


def test_a_forbidden_object_is_said_to_be_forbidden(client):
    put(client, b"x")
    error = ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
    with pytest.raises(CannotRead) as caught:
        inspect(S3Source(Failing(client, error=error), "bucket", "k", pause=0))
    assert caught.value.code == "forbidden"


def test_a_scrubbed_archive_is_there_only_once_it_is_complete(client):
    source = put(client, real_backup("chimie-nousers-tgz"))
    with S3Sink(client, "bucket", "clean") as sink:
        report = scrub(source, sink)
        assert "clean" not in keys(client)
        sink.complete()
    written = client.get_object(Bucket="bucket", Key="clean")["Body"].read()
    assert len(written) == report.size
    assert b"Curie" not in unpack(written)["files.xml"]


def test_a_sink_left_without_completing_leaves_nothing(client):
    with S3Sink(client, "bucket", "clean") as sink:
        sink.write(b"x" * 20_000_000)
    assert keys(client) == set()
    assert client.list_multipart_uploads(Bucket="bucket").get("Uploads", []) == []


def test_a_large_archive_is_written_in_parts(client):
    data = bytes(range(256)) * 80_000
    with S3Sink(client, "bucket", "large") as sink:
        for place in range(0, len(data), 1_000_000):
            sink.write(data[place : place + 1_000_000])
        sink.complete()
    answer = client.get_object(Bucket="bucket", Key="large")
    assert answer["ETag"].endswith('-3"')
    assert answer["Body"].read() == data


def keys(client):
    return {row["Key"] for row in client.list_objects_v2(Bucket="bucket").get("Contents", [])}


def test_what_stands_in_the_source_is_copied_by_s3_itself(client):
    import random

    noise = random.Random(5).randbytes(24 * MIB)
    data = Backup(files=(StoredFile(noise[: 18 * MIB]), StoredFile(noise[18 * MIB :]))).tgz()
    client.put_object(Bucket="bucket", Key="uploads/x.mbz", Body=data)
    source = S3Source(client, "bucket", "uploads/x.mbz")
    sink = S3Sink(client, "bucket", "accepted/x.mbz", source=source)
    report = scrub(source, sink)
    sink.complete()
    written = client.get_object(Bucket="bucket", Key="accepted/x.mbz")["Body"].read()
    assert hashlib.sha256(written).hexdigest() == report.sha256
    assert inspect(BytesSource(written)).accepted
    assert report.size - sink.copied < 6 * MIB
    assert "Uploads" not in client.list_multipart_uploads(Bucket="bucket")


@pytest.mark.parametrize(
    ("before", "run", "after", "copied"),
    [
        (0, 12 * MIB, 100, 12 * MIB),
        (100, 12 * MIB, 0, 7 * MIB + 100),
        (6 * MIB, 5 * MIB, 3, 5 * MIB),
        (6 * MIB, 5 * MIB - 1, 3, 0),
        (100, 9 * MIB, 9 * MIB, 0),
        (9 * MIB, 11 * MIB, 9 * MIB, 7 * MIB),
    ],
)
def test_parts_are_of_a_size_that_s3_takes_whatever_is_copied(client, before, run, after, copied):
    data = bytes(range(256)) * (run // 256 + 1)
    client.put_object(Bucket="bucket", Key="source", Body=data)
    sink = S3Sink(client, "bucket", "target", source=S3Source(client, "bucket", "source"))
    sink.write(b"a" * before)
    for place in range(0, run, 300_000):
        sink.copy(place, data[place : min(run, place + 300_000)])
    sink.write(b"z" * after)
    sink.complete()
    written = client.get_object(Bucket="bucket", Key="target")["Body"].read()
    assert written == b"a" * before + data[:run] + b"z" * after
    assert sink.copied == copied


def test_two_places_of_the_source_are_two_runs(client):
    client.put_object(Bucket="bucket", Key="source", Body=b"x" * (12 * MIB))
    sink = S3Sink(client, "bucket", "target", source=S3Source(client, "bucket", "source"))
    sink.copy(0, b"x" * (6 * MIB))
    sink.copy(6 * MIB + 5, b"x" * (5 * MIB + 7))
    sink.complete()
    assert client.head_object(Bucket="bucket", Key="target")["ContentLength"] == 11 * MIB + 7
    assert sink.copied == 11 * MIB + 7


def test_a_source_that_changed_meanwhile_is_not_copied(client):
    client.put_object(Bucket="bucket", Key="source", Body=b"x" * (12 * MIB))
    source = S3Source(client, "bucket", "source")
    asked = source.copy_source(0, 10)
    assert asked["CopySourceIfMatch"] == client.head_object(Bucket="bucket", Key="source")["ETag"]
    assert asked["CopySourceRange"] == "bytes=0-9"
