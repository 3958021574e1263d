"""Gives a Moodle a one-time way into the console for the person it vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.site_door import answer_site
from passerelle.usecases.console import enter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_site(event, context, "console", enter.answer)
