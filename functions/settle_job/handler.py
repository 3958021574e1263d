"""Asks a Moodle how a job stands, and finishes what it was for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.events.queues import read_job
from passerelle.runtime.queue_door import take_each
from passerelle.usecases import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return take_each(event, context, read_job, jobs.settle, watched=True)
