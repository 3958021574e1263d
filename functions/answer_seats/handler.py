"""Shows the buyer the seats bought and takes the people named for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.seats_door import answer_buyer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_buyer(event, context)
