"""Takes a rollover as far as it can go now: backup, survey, restore or stash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.events.queues import read_rollover
from passerelle.runtime.queue_door import take_each
from passerelle.usecases.rollover import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return take_each(event, context, read_rollover, steps.proceed, watched=True)
