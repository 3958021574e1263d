from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from passerelle.errors import TryAgain
from passerelle.store.archives import S3Archives
from passerelle.store.aws import AwsRefused
from tests.unit.store.conftest import BUCKET

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def archives_of(clock, *, style="virtual", endpoint=None, **more):
    config = Config(signature_version="s3v4", s3={"addressing_style": style})
    client = boto3.client("s3", region_name="eu-west-3", endpoint_url=endpoint, config=config, **KEYS)
    return S3Archives(client, BUCKET, clock, **more)


@pytest.mark.parametrize(
    ("style", "host"),
    [("virtual", "backups.s3.eu-west-3.amazonaws.com"), ("path", "s3.eu-west-3.amazonaws.com")],
)
def test_addresses_name_the_region_so_that_nothing_is_redirected(clock, style, host):
    address, _ = archives_of(clock, style=style).sign("a.mbz")
    assert urlsplit(address).hostname == host


def test_addresses_of_the_laptop_stay_on_its_own_host(clock):
    address, _ = archives_of(clock, style="path", endpoint="http://127.0.0.1:4566").sign("a.mbz")
    assert urlsplit(address)[:3] == ("http", "127.0.0.1:4566", "/backups/a.mbz")


def test_an_address_is_signed_with_version_four_for_one_hour_and_asks_for_no_header(clock):
    (address,) = archives_of(clock).sign_parts("a.mbz", "m", [3]).values()
    asked = parse_qs(urlsplit(address).query)
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert asked["X-Amz-Expires"] == ["3600"]
    assert asked["X-Amz-SignedHeaders"] == ["host"]
    assert (asked["partNumber"], asked["uploadId"]) == (["3"], ["m"])


def test_an_address_says_when_it_really_dies(clock):
    address, dies = archives_of(clock, lifetime=timedelta(minutes=10)).sign("a.mbz")
    assert dies == clock.now() + timedelta(minutes=10)
    assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["600"]


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(hours=1, seconds=1)])
def test_an_address_that_lives_longer_than_an_hour_cannot_be_had(clock, lifetime):
    with pytest.raises(ValueError, match="one hour"):
        archives_of(clock, lifetime=lifetime)


@pytest.mark.parametrize(
    "config", [Config(), Config(signature_version="s3v4"), Config(signature_version="s3")]
)
def test_a_client_that_signs_otherwise_is_not_taken(clock, config):
    client = boto3.client("s3", region_name="eu-west-3", config=config, **KEYS)
    with pytest.raises(ValueError, match="s3v4"):
        S3Archives(client, BUCKET, clock)


def test_a_name_with_accents_and_quotes_cannot_break_the_header(clock):
    address, _ = archives_of(clock).sign("a.mbz", filename='Été "24"\r\nX: y.mbz')
    (header,) = parse_qs(urlsplit(address).query)["response-content-disposition"]
    assert header == (
        'attachment; filename="_t_ _24___X_ y.mbz"; '
        "filename*=UTF-8''%C3%89t%C3%A9%20%2224%22%0D%0AX%3A%20y.mbz"
    )


def test_parts_are_listed_beyond_the_first_page(aws, clock):
    def page(number, *, more):
        return {
            "Parts": [{"PartNumber": number, "Size": 5, "ETag": '"e"'}],
            "IsTruncated": more,
            "NextPartNumberMarker": number,
            "PartNumberMarker": number - 1,
        }

    asked = {"Bucket": BUCKET, "Key": "a", "UploadId": "m"}
    with Stubber(aws.s3) as stub:
        stub.add_response("list_parts", page(1, more=True), asked)
        stub.add_response("list_parts", page(2, more=False), asked | {"PartNumberMarker": 1})
        found = S3Archives(aws.s3, BUCKET, clock).parts("a", "m")
    assert [(part.number, part.etag) for part in found] == [(1, "e"), (2, "e")]


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [("SlowDown", 503, TryAgain), ("InternalError", 500, TryAgain), ("AccessDenied", 403, AwsRefused)],
)
def test_what_s3_refuses_is_named_for_what_to_do(aws, clock, code, status, named):
    with Stubber(aws.s3) as stub:
        stub.add_client_error("complete_multipart_upload", code, "uploads/caen/u1.mbz", status)
        with pytest.raises(named) as failure:
            S3Archives(aws.s3, BUCKET, clock).complete("a", "m", [])
    assert "uploads/caen" not in str(failure.value)


def test_no_right_to_look_is_not_taken_for_nothing_there(aws, clock):
    with Stubber(aws.s3) as stub:
        stub.add_client_error("head_object", "403", "Forbidden", 403)
        with pytest.raises(AwsRefused):
            S3Archives(aws.s3, BUCKET, clock).size("a")
