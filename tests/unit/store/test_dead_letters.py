from __future__ import annotations

from typing import Any

from passerelle.store.dead_letters import QUEUES, SqsDeadLetters
from tests.infra.templates import resources


def test_every_queue_of_dead_letters_is_looked_at() -> None:
    named = {one["QueueName"]["Fn::Sub"] for one in resources("infra/queues", "AWS::SQS::Queue").values()}
    assert {f"${{Name}}-{name}-dead" for name in QUEUES} == {name for name in named if name.endswith("-dead")}


def test_only_queues_with_dead_letters_are_told(aws: Any) -> None:
    urls = {
        name: aws.sqs.create_queue(QueueName=f"passerelle-{name}")["QueueUrl"]
        for name in ("orders", *(f"{queue}-dead" for queue in QUEUES))
    }
    letters = SqsDeadLetters(aws.sqs, urls["orders"])
    assert letters.counts() == {}
    aws.sqs.send_message(QueueUrl=urls["jobs-dead"], MessageBody="{}")
    assert letters.counts() == {"jobs": 1}
