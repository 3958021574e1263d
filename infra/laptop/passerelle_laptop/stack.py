"""template.yaml itself, deployed into the embedded AWS, and what a caller needs of it afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from passerelle_laptop.emulator import REGION
from passerelle_laptop.packaging import House, packed_template
from passerelle_laptop.promises import broken_promises

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passerelle_laptop.emulator import Emulator

NAME = "passerelle"
# On a laptop time is short and cores are few; the interpreter is the one that runs the emulator.
LAPTOP = {"JobsRate": "rate(1 minute)", "Concurrency": "2", "Protected": "false", "OnlyTls": "false"}

_PACKAGES = "passerelle-packages"
_PATIENCE = 60.0
_POLL = 0.05


class DeploymentFailedError(RuntimeError):
    """The stack could not be made; the message says which resource and why."""


class DroppedError(RuntimeError):
    """The emulator accepted something in the template and did not do it."""


@dataclass
class Stack:
    """A deployed stack."""

    name: str
    outputs: dict[str, str]
    emulator: Emulator = field(repr=False)

    @property
    def api(self) -> str:
        """The address a site is given: `{api}/sites/{site}/uploads`. No trailing slash."""
        # execute-api hosts end in .localhost, which not every resolver knows; the path does the same.
        identifier = self.outputs["ApiAddress"].split("//", 1)[1].split(".", 1)[0]
        return f"{self.emulator.endpoint}/_aws/execute-api/{identifier}/$default"

    def queue(self, name: str, *, dead: bool = False) -> str:
        """The address of queue `uploads`, `publications`, … or of its dead letters."""
        suffix = "-dead" if dead else ""
        found: str = self.emulator.client("sqs").get_queue_url(QueueName=f"{self.name}-{name}{suffix}")[
            "QueueUrl"
        ]
        return found

    def waiting(self, name: str, *, dead: bool = False) -> int:
        """How many messages a queue holds, those being worked on and those delayed included."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        counted = self.emulator.client("sqs").get_queue_attributes(
            QueueUrl=self.queue(name, dead=dead), AttributeNames=names
        )["Attributes"]
        return sum(int(counted[each]) for each in names)

    def invoke(self, function: str, event: Mapping[str, object] | None = None) -> None:
        """Calls a scheduled function now, and raises if it failed."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=f"{self.name}-{function}", Payload=json.dumps(event or {}).encode()
        )
        if "FunctionError" in answer:
            raise RuntimeError(f"{function}: {answer['Payload'].read().decode(errors='replace')[:2000]}")


@dataclass(frozen=True)
class _Bucket:
    """The shelf of packages: a bucket of the emulator, keys by content."""

    emulator: Emulator

    def put(self, name: str, content: bytes) -> tuple[str, str]:
        key = f"{hashlib.sha256(content).hexdigest()[:24]}/{name}"
        self.emulator.client("s3").put_object(Bucket=_PACKAGES, Key=key, Body=content)
        return _PACKAGES, key

    def address(self, bucket: str, key: str) -> str:
        return f"{self.emulator.endpoint}/{bucket}/{key}"


def deploy(
    emulator: Emulator,
    parameters: Mapping[str, str] | None = None,
    *,
    house: House | None = None,
    name: str = NAME,
) -> Stack:
    """Creates the stack, or updates it if it exists, and checks that nothing was dropped on the way."""
    s3 = emulator.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=_PACKAGES, CreateBucketConfiguration={"LocationConstraint": REGION})
    chosen = {**LAPTOP, **(parameters or {})}
    shelf = _Bucket(emulator)
    bucket, key = shelf.put("template.json", packed_template(house or House.here(), shelf, chosen))
    request = {
        "StackName": name,
        "TemplateURL": shelf.address(bucket, key),
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in chosen.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    cloudformation = emulator.client("cloudformation")
    if _exists(cloudformation, name):
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates" not in str(error):
                raise
    else:
        cloudformation.create_stack(**request, OnFailure="DO_NOTHING")
    outputs = _finished(cloudformation, name)
    _keep_time_to_live(emulator, outputs["Table"])
    missing = broken_promises(emulator, name)
    if missing:
        raise DroppedError("the embedded AWS dropped: " + "; ".join(missing))
    return Stack(name, outputs, emulator)


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError:
        return False
    return True


def _finished(cloudformation: Any, name: str) -> dict[str, str]:
    until = time.monotonic() + _PATIENCE
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status: str = stack["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if "IN_PROGRESS" not in status or time.monotonic() > until:
            why = "; ".join(_complaints(cloudformation, name)) or stack.get("StackStatusReason", "")
            raise DeploymentFailedError(f"stack {name}: {status}: {why}")
        time.sleep(_POLL)


def _complaints(cloudformation: Any, name: str) -> Iterator[str]:
    for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]:
        if event["ResourceStatus"].endswith("FAILED"):
            yield f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"


def _keep_time_to_live(emulator: Emulator, table: str) -> None:
    # The emulator takes TimeToLiveSpecification in a template and forgets it.
    dynamodb = emulator.client("dynamodb")
    kept = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if kept.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
