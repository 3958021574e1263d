"""All that is held, read whole from the real adapters; rewriting leaves no older version behind."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.store.inventory import AwsInventory
from passerelle.store.records import DynamoRecords
from tests.kept.write import console, orders, publications, rollovers
from tests.unit.store.conftest import TABLE

BUCKET = "state-kept"


@pytest.fixture
def inventory(aws: Any) -> AwsInventory:
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-3"}}
    aws.s3.create_bucket(Bucket=BUCKET, **where)
    aws.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return AwsInventory(aws.dynamodb, TABLE, aws.s3, BUCKET, DynamoRecords(aws.dynamodb, TABLE))


@pytest.mark.rule("G1")
def test_every_record_of_every_kind_is_read_once(aws: Any, inventory: AwsInventory) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    before = {(type(one), one.id) for one in inventory.records()}
    added = {}
    for scene in (orders(), publications(), rollovers(), console()):
        for record in scene.world.records:
            if (type(record), record.id) not in before | added.keys():
                added[type(record), record.id] = records.add(record)
    found = [one for one in inventory.records() if (type(one), one.id) in added]
    assert {(type(one), one.id): one for one in found} == added
    assert len(found) == len(added)


@pytest.mark.rule("G1")
def test_a_document_that_is_rewritten_leaves_no_older_version(aws: Any, inventory: AwsInventory) -> None:
    for text in ("one zoe", "two zoe"):
        aws.s3.put_object(Bucket=BUCKET, Key="nights/a.json", Body=text.encode(), ContentType="text/plain")
    aws.s3.put_object(Bucket=BUCKET, Key="nights/a.json.bak", Body=b"zoe")
    aws.s3.put_object(Bucket=BUCKET, Key="sis/x.zip", Body=b"\x00\xff")
    assert {"nights/a.json", "nights/a.json.bak", "sis/x.zip"} == set(inventory.documents())
    assert (inventory.text("nights/a.json"), inventory.text("sis/x.zip")) == ("two zoe", None)
    inventory.rewrite("nights/a.json", "two gone")
    versions = aws.s3.list_object_versions(Bucket=BUCKET, Prefix="nights/a.json")["Versions"]
    assert [row["IsLatest"] for row in versions if row["Key"] == "nights/a.json"] == [True]
    assert len(versions) == 2  # its neighbour keeps its own
    assert inventory.text("nights/a.json") == "two gone"
    kept = aws.s3.head_object(Bucket=BUCKET, Key="nights/a.json")
    assert kept["ContentType"] == "text/plain"
