"""A message that was taken comes again when its queue is asked to bring it back, and not before."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from passerelle.store.aws import AwsRefused
from passerelle.store.queues import bring_back


@pytest.mark.parametrize("real", ["moto", pytest.param("emulator", marks=pytest.mark.slow)])
def test_a_message_that_was_taken_comes_again_at_once_if_its_queue_is_told(aws, real):
    url = aws.urls["jobs"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    [taken] = aws.sqs.receive_message(QueueUrl=url)["Messages"]
    assert not aws.sqs.receive_message(QueueUrl=url).get("Messages")
    arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bring_back(aws.sqs, SQSRecord({"eventSourceARN": arn}).queue_url, taken["ReceiptHandle"], 0)
    [again] = aws.sqs.receive_message(QueueUrl=url)["Messages"]
    assert again["MessageId"] == taken["MessageId"]


@pytest.mark.parametrize("real", ["moto"])
def test_a_receipt_that_the_queue_does_not_know_is_a_refusal_without_aws_words(aws, real):
    with pytest.raises(AwsRefused) as caught:
        bring_back(aws.sqs, aws.urls["jobs"], "nobody's", 0)
    assert "nobody" not in str(caught.value)
