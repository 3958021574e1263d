"""Turns a paid order into a training session, and tells the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.events.queues import read_order
from passerelle.runtime.queue_door import take_each
from passerelle.usecases.orders import work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return take_each(event, context, read_order, work.work)
