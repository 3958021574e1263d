"""`passerelle redrive`: every queue that has dead letters, each letter to whom it was for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from passerelle_cli import redrive
from tests.infra.templates import resources

FUNCTION = "arn:aws:lambda:eu-west-3:123456789012:function:passerelle-watch-jobs"


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-west-3")


class Functions:
    def __init__(self) -> None:
        self.called: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - AWS's own
        assert InvocationType == "Event"
        self.called.append((FunctionName, json.loads(Payload)))


def bodies(sqs: Any, address: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages", [])
    return [one["Body"] for one in found]


def test_every_queue_of_the_template_that_has_dead_letters_can_be_named() -> None:
    named = [row["QueueName"]["Fn::Sub"] for row in resources("infra/queues", "AWS::SQS::Queue").values()]
    dead = {name.removeprefix("${Name}-").removesuffix("-dead") for name in named if name.endswith("-dead")}
    assert set(redrive.QUEUES) == dead


def test_letters_go_back_into_their_queue(sqs: Any) -> None:
    dead, alive = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("p-orders-dead", "p-orders"))
    for number in range(12):
        sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    assert redrive.move_back(sqs, dead, alive) == 12
    assert bodies(sqs, dead) == []
    assert len(bodies(sqs, alive)) == 10  # of twelve, as many as one call gives


def test_what_reached_nobody_goes_to_the_queue_or_function_it_was_for(sqs: Any) -> None:
    dead = sqs.create_queue(QueueName="p-undelivered-dead")["QueueUrl"]
    uploads = sqs.create_queue(QueueName="p-uploads")["QueueUrl"]

    def letter(body: object, target: str = "") -> None:
        attributes = {"TARGET_ARN": {"DataType": "String", "StringValue": target}} if target else {}
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(body), MessageAttributes=attributes)

    letter({"detail-type": "Object Created"}, "arn:aws:sqs:eu-west-3:123456789012:p-uploads")  # a rule's
    letter({"scheduled": True}, FUNCTION)  # a schedule's
    letter({"requestContext": {"functionArn": f"{FUNCTION}:$LATEST"}, "requestPayload": {"failed": True}})
    functions = Functions()
    assert redrive.deliver(sqs, functions, dead) == 3
    assert [json.loads(body) for body in bodies(sqs, uploads)] == [{"detail-type": "Object Created"}]
    assert functions.called == [(FUNCTION, {"scheduled": True}), (FUNCTION, {"failed": True})]
    assert bodies(sqs, dead) == []
