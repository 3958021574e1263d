"""Each night: orders that stalled, where Moodle and the ledger differ, what shops never delivered. Each hour:
what was missed since, what waits for a seller, and which Moodles and webhooks are not well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passerelle.runtime.observability import measure
from passerelle.runtime.schedule_door import go_round
from passerelle.runtime.wiring import hurried_world
from passerelle.usecases.console import look_around
from passerelle.usecases.orders import reconcile

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    if event.get("round") != "hour":
        return go_round(context, reconcile.reconcile)
    waiting = go_round(context, reconcile.each_hour)
    measure("OrdersWaiting", waiting["count"])
    go_round(context, look_around.look, hurried_world)
    return waiting
