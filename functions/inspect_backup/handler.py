"""Proves a backup that has arrived, scrubs or refuses it; publishes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.events.s3 import read_created
from passerelle.runtime.queue_door import take_each
from passerelle.usecases.publishing import drop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return take_each(event, context, read_created, drop.take_arrived)
