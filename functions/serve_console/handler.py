"""Serves the console to whoever runs the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.console_door import answer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(event, context)
