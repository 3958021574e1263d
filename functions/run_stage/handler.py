"""Opens a stage of the night for every site that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.steps import take_step
from passerelle.usecases import night_steps

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return take_step(event, context, night_steps.open_nights)
