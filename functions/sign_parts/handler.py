"""Hands out addresses for parts, and says which parts S3 has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.site_door import answer_site
from passerelle.usecases.backups import receive

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_site(event, context, "parts", receive.sign_parts)
