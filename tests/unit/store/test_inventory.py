"""All that is held, read whole from the real adapters; rewriting leaves no older version behind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.people import nobody
from passerelle.domain.refusals import Refusal
from passerelle.errors import GiveUp
from passerelle.store.inventory import AwsInventory
from passerelle.store.records import DynamoRecords
from passerelle.store.references import DynamoReferences
from passerelle.store.requests import DynamoRequests
from tests.factories.records import NOW, a_publication
from tests.fakes.clock import FakeClock
from tests.kept.write import console, orders, publications, rollovers
from tests.unit.store.conftest import TABLE
from tests.unit.store.test_broken import damage

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
    asked: list[str] = []
    aws.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **_: asked.append(model.name), unique_id="asked"
    )
    found = [one for one in inventory.records() if (type(one), one.id) in added]
    aws.dynamodb.meta.events.unregister("before-call.dynamodb", unique_id="asked")
    assert asked.count("GetItem") == 0  # but for those that are too large for one item
    assert {(type(one), one.id): one for one in found} == added
    assert len(found) == len(added)


@pytest.mark.rule("G2", "S12")
def test_a_record_that_cannot_be_read_is_left_out_where_the_others_are_enough(
    aws: Any, inventory: AwsInventory
) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    good, bad = records.add(a_publication("whole")), records.add(a_publication("damaged"))
    damage(aws, bad)
    found = [one.id for one in inventory.records(readable_only=True)]
    assert good.id in found
    assert bad.id not in found
    paged, after = inventory.page(None, 1)
    while after is not None:
        more, after = inventory.page(after, 1)
        paged += more
    assert good in paged
    assert bad.id not in {one.id for one in paged}
    with pytest.raises(GiveUp, match="record_unreadable"):
        list(inventory.records())
    aws.dynamodb.delete_item(
        TableName=TABLE, Key={"pk": {"S": "Publication#damaged"}, "sk": {"S": "Publication"}}
    )


@pytest.mark.rule("G1")
def test_a_document_that_is_rewritten_leaves_no_older_version(aws: Any, inventory: AwsInventory) -> None:
    for text in ("one zoe", "two zoe"):
        aws.s3.put_object(Bucket=BUCKET, Key="nights/a.json", Body=text.encode(), ContentType="text/plain")
    aws.s3.put_object(Bucket=BUCKET, Key="nights/a.json.bak", Body=b"zoe")
    aws.s3.put_object(Bucket=BUCKET, Key="sis/x.zip", Body=b"\x00\xff")
    assert {"nights/a.json", "nights/a.json.bak", "sis/x.zip"} == set(inventory.documents())
    assert (inventory.text("nights/a.json"), inventory.text("sis/x.zip")) == ("two zoe", None)
    assert inventory.text("nights/none.json") is None
    inventory.rewrite("nights/a.json", "two gone")
    versions = aws.s3.list_object_versions(Bucket=BUCKET, Prefix="nights/a.json")["Versions"]
    assert [row["IsLatest"] for row in versions if row["Key"] == "nights/a.json"] == [True]
    assert len(versions) == 2  # its neighbour keeps its own
    assert inventory.text("nights/a.json") == "two gone"
    kept = aws.s3.head_object(Bucket=BUCKET, Key="nights/a.json")
    assert kept["ContentType"] == "text/plain"


@pytest.mark.rule("G1")
def test_answers_refusals_and_older_versions_are_found_and_dropped(aws: Any, inventory: AwsInventory) -> None:
    clock = FakeClock()
    refusal = Refusal(reference="AB12", site="caen", code="x", route="r", at=NOW, details={"asked": "Zoé"})
    DynamoReferences(aws.dynamodb, TABLE, clock).keep(refusal)
    requests = DynamoRequests(aws.dynamodb, TABLE, clock)
    requests.remembered("caen", "msg_1", "ab")
    requests.remember("caen", "msg_1", {"text": "zoe"})
    for key, texts in {"nights/b.json": ("one", "two"), "config/network.yaml": ("three", "four")}.items():
        for text in texts:
            aws.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    aws.s3.put_object(Bucket=BUCKET, Key="nights/gone.json", Body=b"five")
    aws.s3.delete_object(Bucket=BUCKET, Key="nights/gone.json")
    mine = ("Reference/caen/", "Request/caen/", "nights/b", "nights/gone", "config/")
    found = {one.id: one for one in inventory.leftovers() if one.id.startswith(mine)}
    said = {one.kind: json.loads(one.text) for one in found.values() if one.kind != "version"}
    assert (said["refusal"]["details"], said["answer"]) == ({"asked": "Zoé"}, {"text": "zoe"})
    assert {one.id: one.text for one in found.values() if one.kind == "version"} == {
        "nights/b.json": "one",
        "nights/gone.json": "five",
        "config/network.yaml": "three",
    }
    later = [one.id for one in inventory.leftovers("nights/b.json")]
    assert later == sorted(one for one in later if one > "nights/b.json")
    assert "nights/gone.json" in later
    for one in found.values():
        inventory.drop(one)
    assert [one for one in inventory.leftovers() if one.id.startswith(mine)] == []
    assert inventory.text("nights/b.json") == "two"
    assert requests.remembered("caen", "msg_1", "ab") is None


@pytest.mark.rule("G1", "G2")
def test_a_record_of_any_kind_that_names_nobody_any_more_can_be_written_and_read(aws: Any) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    seen = set()
    for scene in (orders(), publications(), rollovers(), console()):
        for record in scene.world.records:
            gone = nobody(record, "gone-1")
            kept = records.get(type(record), record.id) or records.add(record)
            changed = records.change(kept, replace(gone, revision=kept.revision))
            assert records.get(type(record), record.id) == changed
            seen.add(type(record))
    assert len(seen) > 12
