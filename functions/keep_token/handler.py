"""Keeps the token that a Moodle made for Passerelle, or forgets it, and says whether the Moodle fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.site_door import answer_site
from passerelle.usecases.network import connect

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_site(event, context, "token", connect.answer_token)
