"""Ends a stage: done, or failed where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.state_machine_door import take_step
from passerelle.usecases.night import state_machine

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return take_step(event, context, state_machine.finish)
