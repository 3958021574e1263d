"""The port `Nights` on Step Functions: a released run goes on in an execution of its own."""

from __future__ import annotations

import json
from typing import Any, Protocol

from passerelle.store.aws import aws_named


class StartsExecutions(Protocol):
    """The one call of boto3's client of Step Functions that is made here."""

    def start_execution(self, *, stateMachineArn: str, input: str) -> Any: ...  # noqa: A002, N803 - AWS's names


class MachineNights:
    """`machine`: the ARN of the state machine `night`."""

    def __init__(self, client: StartsExecutions, machine: str) -> None:
        self._client = client
        self._machine = machine

    def resume(self, run: str) -> None:
        """Several executions of one run wait for one another by its lease."""
        with aws_named():
            self._client.start_execution(stateMachineArn=self._machine, input=json.dumps({"run": run}))
