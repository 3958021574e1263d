"""Whether the embedded AWS did what the template asked.

It accepts much that it does not do. Rather than trust a status, what the processed templates promise is
compared with what the services say they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from passerelle_laptop.emulator import Emulator

Kept = Callable[["Emulator", str, dict[str, Any]], str | None]


def broken_promises(emulator: Emulator, stack: str) -> list[str]:
    """Sentences, one per thing that the template asks for and the emulator does not hold."""
    cloudformation = emulator.client("cloudformation")
    template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    if not isinstance(template, dict):
        raise TypeError("the processed template is no mapping")
    made: dict[str, dict[str, Any]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        made |= {row["LogicalResourceId"]: row for row in page["StackResourceSummaries"]}
    promised: dict[str, Any] = template["Resources"]
    broken: list[str] = []
    for logical, resource in promised.items():
        if logical not in made:
            if "Condition" not in resource:
                broken.append(f"{logical} ({resource['Type']}) was not made")
        elif resource["Type"] == "AWS::CloudFormation::Stack":
            broken += broken_promises(emulator, made[logical]["PhysicalResourceId"])
        elif complaint := _complaint(emulator, made[logical], resource):
            broken.append(f"{logical}: {complaint}")
    return broken + _missing_routes(emulator, promised, made)


def _complaint(emulator: Emulator, row: dict[str, Any], resource: dict[str, Any]) -> str | None:
    if row["ResourceStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return f"it is {row['ResourceStatus']}"
    check = _CHECKS.get(resource["Type"])
    if check is None:
        return None
    try:
        return check(emulator, row["PhysicalResourceId"], resource.get("Properties", {}))
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def _missing_routes(
    emulator: Emulator, promised: dict[str, Any], made: dict[str, dict[str, Any]]
) -> list[str]:
    apis = [
        made[logical]["PhysicalResourceId"]
        for logical, resource in promised.items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and logical in made
    ]
    wanted = {
        resource["Properties"]["RouteKey"]
        for resource in promised.values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    client = emulator.client("apigatewayv2")
    live = {route["RouteKey"] for api in apis for route in client.get_routes(ApiId=api)["Items"]}
    return [f"no route {key}" for key in sorted(wanted - live)]


def _function(emulator: Emulator, name: str, properties: dict[str, Any]) -> str | None:
    live = emulator.client("lambda").get_function_configuration(FunctionName=name)
    if len(live.get("Layers", [])) != len(properties.get("Layers", [])):
        return "its layer is not attached"
    wanted = set(properties.get("Environment", {}).get("Variables", {}))
    if set(live.get("Environment", {}).get("Variables", {})) < wanted:
        return "its environment is not complete"
    return None


def _mapping(emulator: Emulator, identifier: str, properties: dict[str, Any]) -> str | None:
    live = emulator.client("lambda").get_event_source_mapping(UUID=identifier)
    if live["State"] not in {"Enabled", "Creating", "Enabling"}:
        return f"it is {live['State']}"
    if live["BatchSize"] != int(properties["BatchSize"]):
        return "its batch size is another"
    if live.get("FunctionResponseTypes", []) != properties.get("FunctionResponseTypes", []):
        return "it reports no failures of single messages"
    return None


def _queue(emulator: Emulator, address: str, properties: dict[str, Any]) -> str | None:
    live = emulator.client("sqs").get_queue_attributes(QueueUrl=address, AttributeNames=["All"])["Attributes"]
    if "RedrivePolicy" in properties and "RedrivePolicy" not in live:
        return "it has no dead letters"
    if (
        "VisibilityTimeout" in properties
        and int(live["VisibilityTimeout"]) != properties["VisibilityTimeout"]
    ):
        return "its visibility timeout is another"
    return None


def _rule(emulator: Emulator, name: str, properties: dict[str, Any]) -> str | None:
    rule = name.rsplit("/", 1)[-1]
    live = emulator.client("events").list_targets_by_rule(Rule=rule)["Targets"]
    return None if len(live) == len(properties["Targets"]) else "it has no target"


def _schedule(emulator: Emulator, name: str, properties: dict[str, Any]) -> str | None:
    live = emulator.client("scheduler").get_schedule(Name=name.rsplit("/", 1)[-1])
    same = live["State"] == "ENABLED" and live["ScheduleExpression"] == _resolved(
        properties["ScheduleExpression"], live["ScheduleExpression"]
    )
    return None if same else "it does not run as asked"


def _resolved(asked: Any, live: str) -> str:
    # A processed template still holds its references; only a literal can be compared.
    return asked if isinstance(asked, str) else live


def _bucket(emulator: Emulator, name: str, properties: dict[str, Any]) -> str | None:
    s3 = emulator.client("s3")
    if "NotificationConfiguration" in properties:
        live = s3.get_bucket_notification_configuration(Bucket=name)
        if "EventBridgeConfiguration" not in live:
            return "it announces nothing to EventBridge"
    if "VersioningConfiguration" in properties and s3.get_bucket_versioning(Bucket=name).get("Status") != (
        "Enabled"
    ):
        return "it keeps no versions"
    return None


def _table(emulator: Emulator, name: str, properties: dict[str, Any]) -> str | None:
    dynamodb = emulator.client("dynamodb")
    live = dynamodb.describe_table(TableName=name)["Table"]
    wanted = {index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", [])}
    if {index["IndexName"] for index in live.get("GlobalSecondaryIndexes", [])} != wanted:
        return "its indexes are others"
    kept = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if kept.get("TimeToLiveStatus") != "ENABLED":
        return "time to live is off"
    if kept.get("AttributeName") != properties["TimeToLiveSpecification"]["AttributeName"]:
        return "time to live reads another attribute"
    return None


_CHECKS: dict[str, Kept] = {
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::SQS::Queue": _queue,
    "AWS::Events::Rule": _rule,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::S3::Bucket": _bucket,
    "AWS::DynamoDB::Table": _table,
}
