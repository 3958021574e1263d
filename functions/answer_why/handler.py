"""Says why somebody is, or is not, in a course; or what a reference was about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.site_door import answer_site
from passerelle.usecases.night import why_page

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_site(event, context, "why", why_page.answer)
