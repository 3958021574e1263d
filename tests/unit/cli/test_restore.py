"""`passerelle restore`: table and papers as they were at a moment; said first, done on asking, safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from passerelle_cli.main import cli
from passerelle_cli.stack import Stack

KEYS = [("pk", "HASH"), ("sk", "RANGE")]
EVENING = datetime(2026, 10, 5, 18, 0, tzinfo=UTC)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    with mock_aws():
        made = {name: boto3.client(name, region_name="eu-west-3") for name in ("s3", "dynamodb")}
        stack = SimpleNamespace(client=made.__getitem__, table="kept", state_bucket="state")
        monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
        yield SimpleNamespace(**made)


def run(*words: str) -> str:
    return CliRunner().invoke(cli, ["restore", *words], catch_exceptions=False).output.replace("\u00a0", " ")


def a_table(dynamodb: Any, name: str, items: dict[str, str]) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in KEYS],
        BillingMode="PAY_PER_REQUEST",
    )
    for key, value in items.items():
        dynamodb.put_item(TableName=name, Item={"pk": {"S": key}, "sk": {"S": "-"}, "v": {"S": value}})


def items(dynamodb: Any, name: str) -> dict[str, str]:
    return {one["pk"]["S"]: one["v"]["S"] for one in dynamodb.scan(TableName=name)["Items"]}


def test_the_table_becomes_what_its_copy_is_once_it_is_asked_for(aws: Any) -> None:
    then = {f"kept-{number}": "1" for number in range(60)} | {"changed": "old", "lost": "1"}
    a_table(aws.dynamodb, "copy", then)
    a_table(aws.dynamodb, "kept", then | {"changed": "new", "later": "1"})
    aws.dynamodb.delete_item(TableName="kept", Key={"pk": {"S": "lost"}, "sk": {"S": "-"}})
    said = run("table", "copy")
    assert "2 éléments à remettre, 1 à supprimer, 60 pareils." in said
    assert "--yes" in said
    assert items(aws.dynamodb, "kept") != then
    run("table", "copy", "--yes")
    assert items(aws.dynamodb, "kept") == items(aws.dynamodb, "copy") == then
    assert "0 élément à remettre, 0 à supprimer, 62 pareils." in run("table", "copy", "--yes")


def test_the_table_is_no_copy_of_itself(aws: Any) -> None:
    a_table(aws.dynamodb, "kept", {"a": "1"})
    assert CliRunner().invoke(cli, ["restore", "table", "kept", "--yes"]).exit_code == 2
    assert items(aws.dynamodb, "kept") == {"a": "1"}


def test_papers_become_what_they_were_and_what_stands_stays_as_a_version(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"LocationConstraint": "eu-west-3"}
    aws.s3.create_bucket(Bucket="state", CreateBucketConfiguration=place)
    aws.s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Enabled"})

    def put(key: str, body: str) -> None:
        aws.s3.put_object(Bucket="state", Key=key, Body=body.encode())

    def bodies() -> dict[str, str]:
        rows = aws.s3.list_objects_v2(Bucket="state").get("Contents", [])
        keys = [row["Key"] for row in rows]
        return {key: aws.s3.get_object(Bucket="state", Key=key)["Body"].read().decode() for key in keys}

    monkeypatch.setattr("moto.s3.models.utcnow", lambda: EVENING.replace(tzinfo=None))
    put("config/network.yaml", "good")
    put("config/network.json", "same")
    put("nights/caen/a", "plan")
    monkeypatch.setattr("moto.s3.models.utcnow", lambda: (EVENING + timedelta(hours=2)).replace(tzinfo=None))
    put("config/network.yaml", "bad")
    put("config/new", "later")
    aws.s3.delete_object(Bucket="state", Key="nights/caen/a")
    at = (EVENING + timedelta(hours=1)).astimezone().strftime("%Y-%m-%dT%H:%M")
    said = run("papers", "--at", at).splitlines()
    assert said[:3] == ["+ config/network.yaml", "- config/new", "+ nights/caen/a"]
    assert "--yes" in said[3]
    assert bodies()["config/network.yaml"] == "bad"
    run("papers", "--at", at, "--under", "config/", "--yes")
    assert bodies() == {"config/network.yaml": "good", "config/network.json": "same"}
    run("papers", "--at", at, "--yes")
    assert bodies()["nights/caen/a"] == "plan"
    assert len(aws.s3.list_object_versions(Bucket="state", Prefix="config/network.yaml")["Versions"]) >= 3
