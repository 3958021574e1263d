"""The port `Queues` on SQS."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import TYPE_CHECKING

from passerelle.store.aws import aws_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.client import SQSClient

    from passerelle.ports import QueueName

LONGEST = timedelta(seconds=900)  # what SQS can hold a message back for


class SqsQueues:
    """`urls`: the address of each queue by its name. A queue missing there is a KeyError when used."""

    def __init__(self, client: SQSClient, urls: Mapping[QueueName, str]) -> None:
        self._client = client
        self._urls = dict(urls)

    def send(self, queue: QueueName, message: Mapping[str, str], *, delay: timedelta | None = None) -> None:
        if delay is not None and not timedelta() <= delay <= LONGEST:
            raise ValueError("a queue holds a message back for 0 to 900 seconds")
        seconds = 0 if delay is None else math.ceil(delay.total_seconds())
        with aws_named():
            self._client.send_message(
                QueueUrl=self._urls[queue],
                MessageBody=json.dumps(dict(message), ensure_ascii=False),
                DelaySeconds=seconds,
            )


def bring_back(client: SQSClient, url: str, receipt: str, seconds: int) -> None:
    """Have a message that was taken and not finished with delivered again after so many seconds."""
    with aws_named():
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)
