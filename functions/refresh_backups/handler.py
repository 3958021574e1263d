"""Backs up last year's courses that changed since their last backup, a few at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.schedule_door import go_round
from passerelle.usecases.backups import refresh

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Lambda's own
    return go_round(context, refresh.refresh)
