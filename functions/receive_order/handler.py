"""Takes what a shop delivers: verified, stored once, queued, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.shop_door import answer_shop

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_shop(event, context)
