"""Gives up uploads that were never completed; lets what is past its time name nobody (G2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.schedule_door import go_round
from passerelle.usecases import tidy

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's own
    return go_round(context, tidy.tidy)
