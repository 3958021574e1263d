"""The port `DeadLetters` on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.store.aws import aws_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.client import SQSClient

# infra/queues.yaml names each `{stack}-{queue}-dead`.
QUEUES = ("uploads", "publications", "retrievals", "rollovers", "jobs", "orders", "undelivered")


class SqsDeadLetters:
    """`orders`: the address of the queue of that name, beside which the others stand."""

    def __init__(self, client: SQSClient, orders: str) -> None:
        self._client = client
        self._beside = orders.removesuffix("orders")

    def counts(self) -> Mapping[str, int]:
        found = {}
        for name in QUEUES:
            with aws_named():
                answer = self._client.get_queue_attributes(
                    QueueUrl=f"{self._beside}{name}-dead", AttributeNames=["ApproximateNumberOfMessages"]
                )
            if count := int(answer["Attributes"]["ApproximateNumberOfMessages"]):
                found[name] = count
        return found
