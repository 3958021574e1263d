from __future__ import annotations

import json
from pathlib import Path

import pytest

from passerelle.events.queues import Unreadable, read_job, read_publication, read_retrieval
from passerelle.events.s3 import read_created

EVENTS = Path(__file__).parents[2] / "events"


def body_of(name: str) -> str:
    event = json.loads((EVENTS / name).read_text())
    return str(event["Records"][0]["body"])


def created(key: object, **changes: object) -> str:
    event = json.loads(body_of("sqs_s3_object_created.json")) | changes
    event["detail"]["object"]["key"] = key
    return json.dumps(event)


def test_the_messages_of_our_queues_are_read() -> None:
    assert read_publication(body_of("sqs_publication.json")) == ("publication1",)
    assert read_retrieval(body_of("sqs_retrieval.json")) == ("retrieval1",)
    assert read_job(body_of("sqs_job.json")) == ("hub", "pub:publication1")


def test_s3_announces_the_key_of_what_was_created() -> None:
    assert read_created(body_of("sqs_s3_object_created.json")) == (
        "uploads/caen/8a3c1f0e5b7d9a2c4e6f8091.mbz",
    )


@pytest.mark.parametrize("key", ["uploads/a+b.mbz", "uploads/a%20b.mbz", "uploads/été 1.mbz"])
def test_eventbridge_carries_keys_as_they_are_so_nothing_is_decoded(key: str) -> None:
    assert read_created(created(key)) == (key,)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        created(None),
        created(""),
        created("uploads/x", source="aws.ec2"),
        created("uploads/x", **{"detail-type": "Object Deleted"}),
        '{"Service":"Amazon S3","Event":"s3:TestEvent"}',
    ],
)
def test_what_is_no_arrival_in_s3_goes_to_the_dead_letters(body: str) -> None:
    with pytest.raises(Unreadable):
        read_created(body)


@pytest.mark.parametrize("body", ["", "[]", "7", "{}", '{"publication": 7}', '{"publication": ""}'])
def test_what_is_no_message_of_ours_goes_to_the_dead_letters(body: str) -> None:
    with pytest.raises(Unreadable):
        read_publication(body)


def test_an_unreadable_message_is_not_quoted() -> None:
    with pytest.raises(Unreadable) as caught:
        read_job('{"site": "caen", "token": "secret-word"}')
    assert "secret-word" not in str(caught.value)
