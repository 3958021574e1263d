"""`passerelle redrive`: dead letters back on their way, on AWS and on the laptop alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from passerelle.store.dead_letters import QUEUES
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import Named, echo, worded

UNDELIVERED = "undelivered"  # what no queue and no function got; each letter names whom it was for


@click.command("redrive")
@click.argument("queue", metavar="QUEUE", type=Named(QUEUES))
@on_a_stack
def redrive(queue: str, find_stack: Callable[[], Stack]) -> None:
    """Move the dead letters of QUEUE back into it; those of `undelivered` to whom they were for.

    Each is sent before it is deleted: cut in between, a message is delivered twice, which every consumer
    bears. (SQS's own StartMessageMoveTask is missing on the laptop.)
    """
    stack = find_stack()
    sqs = stack.client("sqs")
    dead = _address(stack, sqs, queue, dead=True)
    if queue == UNDELIVERED:
        moved = deliver(sqs, stack.client("lambda"), dead)
    else:
        moved = move_back(sqs, dead, _address(stack, sqs, queue))
    said = (
        "{n:Aucun message n’attendait|# message remis en route|# messages remis en route}.",
        "{n:No message waited|# message put back|# messages put back}.",
    )
    echo(worded(*said, n=moved))


def move_back(sqs: Any, dead: str, alive: str) -> int:
    """Between two addresses of queues; how many."""
    moved = 0
    for message in _letters(sqs, dead):
        sqs.send_message(QueueUrl=alive, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
        moved += 1
    return moved


def deliver(sqs: Any, functions: Any, dead: str) -> int:
    """Events, and calls of functions that failed, to the queue or function that each was for; how many."""
    moved = 0
    for message in _letters(sqs, dead):
        target, body = addressed(message)
        name = target.split(":")[5]  # arn:aws:sqs:region:account:name
        if target.split(":")[2] == "sqs":
            sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)
        else:
            functions.invoke(FunctionName=target, InvocationType="Event", Payload=body.encode())
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
        moved += 1
    return moved


def addressed(message: Mapping[str, Any]) -> tuple[str, str]:
    """For whom (an ARN), and what. A rule or schedule says it beside the letter, a function's own failure
    within it.
    """
    beside = message.get("MessageAttributes", {}).get("TARGET_ARN")
    if beside:
        return beside["StringValue"], message["Body"]
    failure = json.loads(message["Body"])
    target: str = failure["requestContext"]["functionArn"]
    return target.removesuffix(":$LATEST"), json.dumps(failure["requestPayload"])


def _letters(sqs: Any, dead: str) -> Iterator[Any]:
    asked = {"QueueUrl": dead, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while messages := sqs.receive_message(**asked).get("Messages", []):
        yield from messages


def _address(stack: Stack, sqs: Any, queue: str, *, dead: bool = False) -> str:
    """Queues are named after one another: `{stack}-publications`, `{stack}-publications-dead`."""
    known = stack.queues["publications"].rsplit("/", 1)[-1]
    name = known.removesuffix("publications") + queue + ("-dead" if dead else "")
    address: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return address
