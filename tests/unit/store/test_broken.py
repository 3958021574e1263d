"""One record that cannot be read stops itself only (S12): the others are listed, and somebody is told."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Broken
from passerelle.errors import GiveUp
from passerelle.store.records import DynamoRecords
from tests.factories.records import a_publication
from tests.unit.store.conftest import TABLE


def damage(aws: Any, publication: Publication, what: str = "REMOVE #r.#n") -> None:
    names = {"#r": "record", "#n": "sequence"}
    aws.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"Publication#{publication.id}"}, "sk": {"S": "Publication"}},
        UpdateExpression=what,
        ExpressionAttributeNames={name: full for name, full in names.items() if name in what},
    )


@pytest.mark.rule("S12")
@pytest.mark.parametrize("index", ["state", "course"])
def test_a_record_that_cannot_be_read_is_named_and_the_others_are_listed(
    aws: Any, index: str, caplog: pytest.LogCaptureFixture
) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    good = records.add(a_publication("good"))
    damage(aws, records.add(a_publication("bad")))
    value = {"state": "requested", "course": good.network_id}[index]
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert records.list(Publication, index, value).items == (good,)
    (line, _) = caplog.records
    assert (line.record, line.kind) == ("bad", "Publication")  # type: ignore[attr-defined]
    assert "Lovelace" not in caplog.text
    (broken,) = records.list(Broken, "all", "all").items
    assert (broken.id, broken.code) == ("Publication#bad", "record_unreadable")
    assert (broken.site, broken.username) == ("caen", good.author.username)


@pytest.mark.rule("S12")
@pytest.mark.parametrize("what", ["REMOVE #r.#n", "REMOVE #r"])
def test_one_that_is_asked_for_by_its_id_is_noted_too_until_it_can_be_read_again(aws: Any, what: str) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    bad = records.add(a_publication("bad"))
    whole = aws.dynamodb.get_item(
        TableName=TABLE, Key={"pk": {"S": "Publication#bad"}, "sk": {"S": "Publication"}}
    )["Item"]
    damage(aws, bad, what)
    with pytest.raises(GiveUp, match="record_unreadable"):
        records.get(Publication, "bad")
    (broken,) = records.list(Broken, "all", "all").items
    assert broken.id == "Publication#bad"
    assert not records.can_read("Publication", "bad")
    aws.dynamodb.put_item(TableName=TABLE, Item=whole)
    assert records.can_read("Publication", "bad")
    assert records.can_read("Publication", "never there")
    assert not records.can_read("Nothing", "known")
