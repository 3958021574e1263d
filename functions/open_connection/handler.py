"""Tells a Moodle that holds a connection code how to set itself up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.site_door import answer_site
from passerelle.runtime.wiring import connection_door
from passerelle.usecases.network import connect

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer_site(event, context, "connection", connect.open_connection, connection_door)
