"""Each port by its fake, and by its adapter on moto and on the laptop's emulator.

The emulator also checks that what moto lets pass is not moto's kindness, and the other way round.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import boto3
import pytest
import yaml
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend

from passerelle.store.archives import S3Archives
from passerelle.store.papers import S3Papers
from passerelle.store.queues import SqsQueues
from passerelle.store.records import DynamoRecords
from passerelle.store.requests import DynamoRequests
from passerelle_laptop.emulator import Emulator
from tests.fakes.archives import FakeArchives
from tests.fakes.clock import FakeClock
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.requests import FakeRequests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STATE = Path(__file__).parents[3] / "infra" / "state.yaml"
BUCKET = "backups"
PAPERS = "state"
TABLE = "records"

# Truthy where the adapter is meant.
both = pytest.mark.parametrize(
    "real", ["", "moto", pytest.param("emulator", marks=pytest.mark.slow)], ids=lambda real: real or "fake"
)


class _CloudFormation(yaml.SafeLoader):
    """Reads a template and takes no interest in its functions."""


_CloudFormation.add_multi_constructor("!", lambda _loader, _tag, _node: None)


@cache
def table_definition() -> dict[str, Any]:
    """As infra/state.yaml has it: adapter and template cannot drift apart unnoticed."""
    resources = yaml.load(STATE.read_text(encoding="utf-8"), Loader=_CloudFormation)["Resources"]
    properties = resources["Table"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {"TableName": TABLE} | {name: properties[name] for name in wanted}


@dataclass
class Aws:
    """moto's AWS with one table, two buckets and three queues."""

    dynamodb: Any
    s3: Any
    sqs: Any
    ssm: Any
    urls: dict[str, str]


def _complete_as_s3_does(backend: S3Backend, bucket: str, multipart: str, body: Any) -> Any:
    """moto fails with a KeyError on an aborted upload; S3 says NoSuchUpload, and is what is meant."""
    if multipart not in backend.get_bucket(bucket).multiparts:
        raise NoSuchUpload(upload_id=multipart)
    return _moto_completes(backend, bucket, multipart, body)


_moto_completes = S3Backend.complete_multipart_upload


REGION = "eu-west-3"


SIGNING = Config(signature_version="s3v4", s3={"addressing_style": "path"})


@pytest.fixture(scope="session")
def clients() -> dict[str, Any]:
    """Made once, since making them is slow; after moto was imported, or it would miss them."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    session = boto3.Session(region_name=REGION, **keys)
    plain = Config(ignore_configured_endpoint_urls=True)
    return {
        name: session.client(name, config=plain.merge(SIGNING) if name == "s3" else plain)
        for name in ("dynamodb", "sqs", "ssm", "s3")
    }


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator.start() as started:
        yield started


@pytest.fixture
def aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Empty but for one table, two buckets and three queues; moto's where the test does not say."""
    if "real" in request.fixturenames and request.getfixturevalue("real") == "emulator":
        emulator = request.getfixturevalue("emulator")
        again = Request(f"{emulator.endpoint}/_ministack/reset", method="POST")
        with urlopen(again, timeout=10):
            pass
        yield furnished({name: emulator.client(name) for name in ("dynamodb", "sqs", "ssm", "s3")})
        return
    monkeypatch.setattr(S3Backend, "complete_multipart_upload", _complete_as_s3_does)
    with mock_aws():
        yield furnished(request.getfixturevalue("clients"))


def furnished(clients: dict[str, Any]) -> Aws:
    clients["dynamodb"].create_table(**table_definition())
    for bucket in (BUCKET, PAPERS):
        place = {"LocationConstraint": REGION}
        clients["s3"].create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    clients["s3"].put_bucket_versioning(Bucket=PAPERS, VersioningConfiguration={"Status": "Enabled"})
    queues = ("publications", "retrievals", "jobs")
    urls = {name: clients["sqs"].create_queue(QueueName=name)["QueueUrl"] for name in queues}
    return Aws(**clients, urls=urls)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records(real: str, request: pytest.FixtureRequest) -> DynamoRecords | FakeRecords:
    if not real:
        return FakeRecords()
    return DynamoRecords(request.getfixturevalue("aws").dynamodb, TABLE)


@pytest.fixture
def requests(real: str, request: pytest.FixtureRequest, clock: FakeClock) -> DynamoRequests | FakeRequests:
    if not real:
        return FakeRequests(clock)
    return DynamoRequests(request.getfixturevalue("aws").dynamodb, TABLE, clock)


@pytest.fixture
def papers(real: str, request: pytest.FixtureRequest) -> S3Papers | FakePapers:
    return S3Papers(request.getfixturevalue("aws").s3, PAPERS) if real else FakePapers()


@dataclass
class Bucket:
    """The archives and the far end of their addresses, whichever kind they are."""

    archives: S3Archives | FakeArchives
    put_part: Callable[[str, bytes], None]
    fetch: Callable[[str], bytes]
    put: Callable[[str, bytes], None]


@pytest.fixture
def bucket(real: str, request: pytest.FixtureRequest, clock: FakeClock) -> Bucket:
    if not real:
        fake = FakeArchives(clock)
        return Bucket(fake, fake.put_part, fake.fetch, fake.put)
    s3 = request.getfixturevalue("aws").s3
    return Bucket(
        S3Archives(s3, BUCKET, clock),
        put_part=lambda address, content: _send(s3, "PUT", address, content),
        fetch=lambda address: _send(s3, "GET", address),
        put=lambda key, content: s3.put_object(Bucket=BUCKET, Key=key, Body=content),
    )


def _send(s3: Any, method: str, address: str, content: bytes = b"") -> bytes:
    """A bare HTTP request as a site makes it: no AWS header, only what the address itself carries."""
    prepared = AWSRequest(method, address, data=content).prepare()
    answers = s3.meta.events.emit("before-send.s3.Presigned", request=prepared)
    answer = next((moto for _, moto in answers if moto is not None), None) or URLLib3Session().send(prepared)
    assert answer.status_code == 200, urlsplit(address).path
    return bytes(answer.content)


@dataclass
class Queue:
    queues: SqsQueues | FakeQueues
    take: Callable[[str], Any]


@pytest.fixture
def queue(real: str, request: pytest.FixtureRequest) -> Queue:
    if not real:
        fake = FakeQueues()
        return Queue(fake, fake.take)
    aws = request.getfixturevalue("aws")

    def take(name: str) -> Any:
        found = aws.sqs.receive_message(QueueUrl=aws.urls[name]).get("Messages", [])
        return json.loads(found[0]["Body"]) if found else None

    return Queue(SqsQueues(aws.sqs, aws.urls), take)
