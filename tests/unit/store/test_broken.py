"""One record that cannot be read stops itself only (S12): the others are listed, and somebody is told."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Broken
from passerelle.store.records import DynamoRecords
from tests.factories.records import a_publication
from tests.unit.store.conftest import TABLE


@pytest.mark.rule("S12")
@pytest.mark.parametrize("index", ["state", "course"])
def test_a_record_that_cannot_be_read_is_named_and_the_others_are_listed(
    aws: Any, index: str, caplog: pytest.LogCaptureFixture
) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    good, bad = records.add(a_publication("good")), records.add(a_publication("bad"))
    key = {"pk": {"S": f"Publication#{bad.id}"}, "sk": {"S": "Publication"}}
    aws.dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="REMOVE #r.#n",
        ExpressionAttributeNames={"#r": "record", "#n": "sequence"},
    )
    value = {"state": "requested", "course": good.network_id}[index]
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert records.list(Publication, index, value).items == (good,)
    (line, _) = caplog.records
    assert (line.record, line.kind) == ("bad", "Publication")  # type: ignore[attr-defined]
    assert "Lovelace" not in caplog.text
    (broken,) = records.list(Broken, "all", "all").items
    assert (broken.id, broken.code) == ("Publication#bad", "record_unreadable")
