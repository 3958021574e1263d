"""`passerelle redrive`: dead letters back on their way, on AWS and on the laptop alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import Named, echo, worded

QUEUES = ("uploads", "publications", "retrievals", "rollovers", "jobs", "orders")


@click.command("redrive")
@click.argument("queue", type=Named(QUEUES))
@on_a_stack
def redrive(queue: str, find_stack: Callable[[], Stack]) -> None:
    """Move the dead letters of QUEUE back into it.

    Each is sent before it is deleted: cut in between, a message is delivered twice, which every consumer
    bears. (SQS's own StartMessageMoveTask is missing on the laptop.)
    """
    stack = find_stack()
    sqs = stack.client("sqs")
    alive = _address(stack, sqs, queue)
    dead = _address(stack, sqs, queue, dead=True)
    moved = move_back(sqs, dead, alive)
    echo(
        worded(
            "{n:# message remis|# messages remis} en route.", "{n:# message|# messages} put back.", n=moved
        )
    )


def move_back(sqs: Any, dead: str, alive: str) -> int:
    """Between two addresses of queues; how many."""
    moved = 0
    while messages := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            sqs.send_message(QueueUrl=alive, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _address(stack: Stack, sqs: Any, queue: str, *, dead: bool = False) -> str:
    """Queues are named after one another: `{stack}-publications`, `{stack}-publications-dead`."""
    known = stack.queues["publications"].rsplit("/", 1)[-1]
    name = known.removesuffix("publications") + queue + ("-dead" if dead else "")
    address: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return address
